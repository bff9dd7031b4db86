"""Values with named fields: typed dicts, named tuples, dataclasses and Structs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import msgspec

from .containers import iterate, validate_one
from .validator import LAX, STRICT, CoercionError, State, Validator, form_of


def typed_dict(name: str, fields: dict[str, Validator], required: frozenset[str]) -> Validator:
    """Compile a TypedDict: a new dict of its own keys. Other keys are left out, as pydantic leaves them."""

    def validate(value: Any, state: State) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise CoercionError(name, value)
        result = _validate_fields(name, fields, required, value, state)
        state.add_fields(len(result))
        return result

    names = tuple(fields)
    return Validator(validate, form=form_of("typed dict", *fields.values(), names=names, required=required))


def _validate_fields(
    name: str, fields: dict[str, Validator], required: frozenset[str], value: Mapping[str, Any], state: State
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, validator in fields.items():
        if key in value:
            result[key] = validate_one(value[key], validator, key, state)
        elif key in required:
            msg = f"{name} with {key!r}"
            raise CoercionError(msg, value)
    return result


def named_tuple(cls: Any, fields: dict[str, Validator]) -> Validator:
    """Compile a NamedTuple: an instance, or the values of its fields in order or by name."""
    required = frozenset(fields) - frozenset(cls._field_defaults)

    def validate(value: Any, state: State) -> Any:
        if not isinstance(value, cls):
            state.lower(STRICT if isinstance(value, (tuple, Mapping)) else LAX)
        if isinstance(value, Mapping):
            given: Mapping[str, Any] = value
        else:
            values = list(iterate(value, cls.__name__, state))
            if len(values) > len(fields):
                msg = f"{cls.__name__} of {len(fields)} values"
                raise CoercionError(msg, value)
            given = dict(zip(fields, values, strict=False))
        unknown = [key for key in given if key not in fields]
        if unknown:
            msg = f"{cls.__name__} without {unknown[0]!r}"
            raise CoercionError(msg, value)
        return cls(**_validate_fields(cls.__name__, fields, required, given, state))

    return Validator(validate)


def dataclass(cls: Any, fields: dict[str, Validator]) -> Validator:
    """Compile a dataclass: an instance as it is, or a dict of its fields."""
    required = frozenset(
        name
        for name, field in cls.__dataclass_fields__.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    )

    def validate(value: Any, state: State) -> Any:
        if isinstance(value, cls):
            return value
        state.lower(STRICT)
        if not isinstance(value, dict):
            raise CoercionError(cls.__name__, value)
        given = _validate_fields(cls.__name__, fields, required, value, state)
        state.add_fields(len(given))
        try:
            return cls(**given)
        except (ValueError, AssertionError, msgspec.ValidationError) as error:  # a ValueError from msgspec 0.21 on
            msg = f"{cls.__name__} ({error})"
            raise CoercionError(msg, value) from error

    return Validator(validate, (cls,))


def struct(cls: Any, fields: dict[str, Validator], required: frozenset[str]) -> Validator:
    """Compile a msgspec Struct: an instance as it is, or a mapping of its fields, by their names or those in data."""
    names = dict(zip(cls.__struct_encode_fields__, cls.__struct_fields__, strict=True))
    aliases = {name: alias for alias, name in names.items()}
    config = cls.__struct_config__

    def validate(value: Any, state: State) -> Any:
        if isinstance(value, cls):
            return value
        state.lower(LAX)
        if not isinstance(value, Mapping) or value.get(config.tag_field, config.tag) != config.tag:
            raise CoercionError(cls.__name__, value)
        # A field's own name is unknown where its name in data is given too.
        others = [key for key in value if key not in names and key != config.tag_field]
        unknown = [key for key in others if aliases.get(key, key) in value]
        if unknown and config.forbid_unknown_fields:
            msg = f"{cls.__name__} without {unknown[0]!r}"
            raise CoercionError(msg, value)
        named = {key: value[key] for key in others}
        named.update({name: value[alias] for alias, name in names.items() if alias in value})
        given = _validate_fields(cls.__name__, fields, required, named, state)
        state.add_fields(len(given))
        return _made(cls, given, value)

    return Validator(validate, (cls,))


def model(cls: Any) -> Validator:
    """Compile a model: an instance as it is, or a mapping of the values that one is made of."""
    keywords = {*cls.__struct_fields__, *cls.__struct_encode_fields__}

    def validate(value: Any, state: State) -> Any:
        if isinstance(value, cls):
            return value
        state.lower(LAX)
        if not isinstance(value, Mapping):
            raise CoercionError(cls.__name__, value)
        state.add_fields(len(keywords & value.keys()))
        return _made(cls, value, value)

    return Validator(validate, (cls,))


def _made(cls: Any, given: Mapping[str, Any], value: Any) -> Any:
    """Return an object of a class, made of values for its fields that `value` has given."""
    try:
        return cls(**given)
    except (ValueError, TypeError, msgspec.ValidationError) as error:  # the last is a ValueError from msgspec 0.21 on
        msg = f"{cls.__name__} ({error})"
        raise CoercionError(msg, value) from error
