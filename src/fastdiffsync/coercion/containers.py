"""Lists, sets, tuples and mappings. What comes out is always a new container; a record never shares one."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .objects import instance_of
from .validator import ANYTHING, LAX, STRICT, CoercionError, State, Validator, form_of


def validate_items(values: Iterable[Any], item: Validator, state: State, *, any_is_strict: bool = False) -> list[Any]:
    """Return the values, each validated, in a new list.

    Args:
        values: The values.
        item: The type of each.
        state: The validation that this is part of.
        any_is_strict: Whether values of any type make the fit strict only. pydantic says so of all containers but
            lists and deques.

    """
    if item is ANYTHING:
        result = list(values)
        if result and any_is_strict:
            state.lower(STRICT)
        return result
    exact, validate = item.exact, item.validate
    result = []
    for index, value in enumerate(values):
        if type(value) in exact:
            result.append(value)
            continue
        try:
            result.append(validate(value, state))
        except CoercionError as error:
            error.inside(index)
            raise
    return result


def validate_one(value: Any, validator: Validator, key: object, state: State) -> Any:
    """Return the value that stands at `key` of a container, validated."""
    if type(value) in validator.exact:
        return value
    try:
        return validator.validate(value, state)
    except CoercionError as error:
        error.inside(key)
        raise


def iterate(value: Any, expected: str, state: State) -> Iterable[Any]:
    """Return the values of what may stand for a list: any iterable but text, bytes and mappings."""
    if not isinstance(value, (str, bytes, bytearray, Mapping)):
        try:
            values = iter(value)
        except TypeError:
            pass
        else:
            return state.drain(values) if values is value else values
    raise CoercionError(expected, value)


def list_of(item: Validator, kind: type = list) -> Validator:
    """Compile `list[item]`, or one of its kin: set, frozenset, a tuple of any length."""

    def validate(value: Any, state: State) -> Any:
        if not isinstance(value, kind):
            state.lower(LAX)
        values = validate_items(iterate(value, kind.__name__, state), item, state, any_is_strict=kind is not list)
        if kind is list:
            return values
        try:
            return kind(values)
        except TypeError:  # a set was given something that has no hash
            msg = f"{kind.__name__} of hashable values"
            raise CoercionError(msg, value) from None

    return Validator(validate, form=form_of(kind.__name__, item))


def deque_of(item: Validator) -> Validator:
    """Compile `deque[item]`. A bound on the length is kept."""

    def validate(value: Any, state: State) -> deque[Any]:
        if not isinstance(value, deque):
            state.lower(LAX)
        values = validate_items(iterate(value, "deque", state), item, state)
        return deque(values, value.maxlen if isinstance(value, deque) else None)

    return Validator(validate)


def tuple_of(items: tuple[Validator, ...]) -> Validator:
    """Compile a tuple of a fixed length."""

    def validate(value: Any, state: State) -> tuple[Any, ...]:
        if not isinstance(value, tuple):
            state.lower(LAX)
        values = list(iterate(value, "tuple", state))
        if len(values) != len(items):
            msg = f"tuple of {len(items)} values"
            raise CoercionError(msg, value)
        return tuple(
            validate_one(element, validator, index, state)
            for index, (element, validator) in enumerate(zip(values, items, strict=True))
        )

    return Validator(validate, form=form_of("fixed tuple", *items))


def iterable_of(item: Validator) -> Validator:
    """Compile `Iterable[item]`: the values, in a list."""

    def validate(value: Any, state: State) -> list[Any]:
        state.lower(LAX)
        try:
            values = iter(value)
        except TypeError:
            msg = "iterable"
            raise CoercionError(msg, value) from None
        return validate_items(values, item, state)

    return Validator(validate)


def sequence_of(item: Validator) -> Validator:
    """Compile `Sequence[item]`: any sequence but text, and the result is of the same class.

    A bare `Sequence` takes any sequence as it is.
    """
    if item is ANYTHING:
        return instance_of(Sequence)

    def validate(value: Any, state: State) -> Any:
        kind: Any = type(value)
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes, bytearray)):
            msg = "Sequence"
            raise CoercionError(msg, value)
        if not isinstance(value, list) and kind is not tuple:
            state.lower(LAX)
        values = validate_items(value, item, state)
        if kind is list or issubclass(kind, range):
            return values
        return kind(*values) if hasattr(kind, "_fields") else kind(values)

    return Validator(validate)


def mapping_of(key: Validator, value: Validator, kind: type = dict) -> Validator:
    """Compile `dict[key, value]`, or one of its kin that are built from a dict."""
    return _mapping(key, value, kind, lambda items, _given: items if kind is dict else kind(items))


def defaultdict_of(key: Validator, value: Validator, factory: Callable[[], Any] | None) -> Validator:
    """Compile `defaultdict[key, value]`: the factory of the given one stays, else `factory` becomes it."""
    return _mapping(
        key,
        value,
        defaultdict,
        lambda items, given: defaultdict(given.default_factory if isinstance(given, defaultdict) else factory, items),
    )


def _mapping(key: Validator, value: Validator, kind: type, build: Callable[[dict[Any, Any], Any], Any]) -> Validator:
    def validate(given: Any, state: State) -> Any:
        if not isinstance(given, Mapping):
            raise CoercionError(kind.__name__, given)
        if kind is not dict and not isinstance(given, kind):
            state.lower(LAX)
        items: dict[Any, Any] = {}
        for name, element in given.items():
            checked = name if type(name) in key.exact else validate_one(name, key, name, state)
            items[checked] = element if type(element) in value.exact else validate_one(element, value, name, state)
        return build(items, given)

    return Validator(validate, form=form_of("dict", key, value) if kind is dict else None)
