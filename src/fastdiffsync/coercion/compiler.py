"""From an annotation to what the kernel calls."""

from __future__ import annotations

import dataclasses
import re
import sys
import types
import typing
from enum import Enum
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    ForwardRef,
    NamedTuple,
    NewType,
    TypeVar,
    get_args,
    get_origin,
)

import msgspec

from ..classes.annotations import own_annotations, resolve_annotation, substitute
from . import choices, objects, records
from .constraints import constrain
from .generics import compile_generic, compile_union
from .scalars import SCALARS
from .temporal import TEMPORAL
from .validator import ANYTHING, Form, Reference, State, Validator

if TYPE_CHECKING:
    from collections.abc import Callable


class FieldType(NamedTuple):
    """What a field's annotation compiles to.

    Attributes:
        exact: Types whose instances need nothing: `type(value) in exact`. Empty where every value must be looked at.
        convert: Returns the value as the type has it: coerced, copied or as it is; raises `CoercionError`, which is a
            ValueError. None: whatever the value, it stays as it is.
        form: What the compiled kernel converts by itself; None if it has nothing to go by.

    """

    exact: tuple[type, ...]
    convert: Callable[[Any], Any] | None
    form: Form | None = None


def compile_type(annotation: Any) -> FieldType:
    """Compile an annotation, as `typing.get_type_hints(include_extras=True)` gives it.

    Args:
        annotation: A class, an alias, a union, or anything else that may stand behind the colon.

    Returns:
        The exact types and the conversion.

    Raises:
        TypeError: A name inside the annotation, or inside a class that it names, cannot be resolved; or a tuple has an
            unpacked part, as in `tuple[int, *tuple[str, ...]]`.

    """
    validator = _Compiler().compile(annotation)
    if validator is ANYTHING:
        return FieldType((), None)
    validate = validator.validate

    return FieldType(validator.exact, lambda value: validate(value, State()), validator.form)


_SIMPLE: Final[dict[Any, Validator]] = {
    **SCALARS,
    **TEMPORAL,
    **objects.OBJECTS,
    Any: ANYTHING,
    object: ANYTHING,
}
_INIT_ONLY: Final = re.compile(r"^\s*(?:\w+\s*\.\s*)?InitVar\s*\[(.*)\]\s*$", re.DOTALL)
"""Text of an annotation, as the dataclasses module recognises it."""

_REQUIRED_MARKS: Final = {"Required": True, "NotRequired": False, "ReadOnly": None}


class _Compiler:
    """One compilation. It knows the named types that it is inside of, since those may mention themselves."""

    def __init__(self) -> None:
        self._open: dict[Any, Reference] = {}

    def compile(self, annotation: Any) -> Validator:
        if isinstance(annotation, (str, ForwardRef)):
            msg = f"the annotation {annotation!r} is not resolved"
            raise TypeError(msg)
        origin = get_origin(annotation)
        if origin is Annotated:
            return constrain(self.compile(annotation.__origin__), annotation.__metadata__)
        if origin is None:
            return self._compile_bare(annotation)
        if _is_alias(origin):
            return self._compile_named(annotation, lambda: self.compile(_alias_value(origin)[get_args(annotation)]))
        if _mark(origin):
            return self.compile(get_args(annotation)[0])
        return self._compile_class(annotation, origin)

    def _compile_bare(self, annotation: Any) -> Validator:
        try:
            known = _SIMPLE.get(annotation)
        except TypeError:  # an object without a hash is no type either
            known = ANYTHING
        if known is not None:
            return known
        if isinstance(annotation, TypeVar):
            return self._compile_type_variable(annotation)
        if isinstance(annotation, NewType):
            return self.compile(annotation.__supertype__)
        if _is_alias(annotation):
            return self._compile_named(annotation, lambda: self.compile(_alias_value(annotation)))
        return self._compile_class(annotation, annotation)

    def _compile_type_variable(self, variable: Any) -> Validator:
        if getattr(variable, "has_default", bool)():
            return self.compile(variable.__default__)
        if variable.__constraints__:
            return compile_union(self.compile, variable.__constraints__)
        return ANYTHING if variable.__bound__ is None else self.compile(variable.__bound__)

    def _compile_class(self, annotation: Any, cls: Any) -> Validator:
        known = compile_generic(self.compile, annotation, cls) or _SIMPLE.get(cls)
        if known is not None:
            return known
        if not isinstance(cls, type):  # nothing that a value could be held against
            return ANYTHING
        if hasattr(cls, "get_attrs") and issubclass(cls, msgspec.Struct):
            return records.model(cls)
        build = self._record_builder(cls)
        if build is not None:
            return self._compile_named(annotation, lambda: build(cls, get_args(annotation)))
        return choices.enum_of(cls) if issubclass(cls, Enum) and len(cls) else objects.instance_of(cls)

    def _record_builder(self, cls: Any) -> Callable[[Any, tuple[Any, ...]], Validator] | None:
        if issubclass(cls, dict) and hasattr(cls, "__total__"):
            return self._compile_typed_dict
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):
            return self._compile_named_tuple
        if issubclass(cls, msgspec.Struct):
            return self._compile_struct
        return self._compile_dataclass if dataclasses.is_dataclass(cls) else None

    def _compile_typed_dict(self, cls: Any, args: tuple[Any, ...]) -> Validator:
        hints = _field_hints(cls, args)
        fields = {name: self.compile(hint) for name, hint in hints.items()}
        required = frozenset(name for name, hint in hints.items() if _is_required(cls, name, hint))
        return records.typed_dict(cls.__name__, fields, required)

    def _compile_named_tuple(self, cls: Any, args: tuple[Any, ...]) -> Validator:
        hints = _field_hints(cls, args)
        return records.named_tuple(cls, {name: self.compile(hints.get(name, Any)) for name in cls._fields})

    def _compile_dataclass(self, cls: Any, args: tuple[Any, ...]) -> Validator:
        hints = _field_hints(cls, args)
        fields = {
            field.name: self.compile(hints[field.name])
            for field in cls.__dataclass_fields__.values()  # unlike dataclasses.fields(), with the init-only ones
            if field.init and field.name in hints
        }
        return records.dataclass(cls, fields)

    def _compile_struct(self, cls: Any, args: tuple[Any, ...]) -> Validator:
        names = cls.__struct_fields__
        bound = dict(zip(getattr(cls, "__parameters__", ()), args, strict=False))
        try:
            fields = {name: self.compile(substitute(resolve_annotation(cls, name), bound)) for name in names}
        except TypeError:  # somebody else's class, with names that are there for type checkers alone
            return objects.instance_of(cls)
        first_default = len(names) - len(cls.__struct_defaults__)
        without = [
            name
            for name, default in zip(names[first_default:], cls.__struct_defaults__, strict=True)
            if default is msgspec.NODEFAULT
        ]
        return records.struct(cls, fields, frozenset((*names[:first_default], *without)))

    def _compile_named(self, key: Any, build: Callable[[], Validator]) -> Validator:
        """Compile a type that may mention itself: inside its own definition it is a reference, resolved at the end."""
        if key in self._open:
            reference = self._open[key]
            reference.used = True
            return reference
        reference = self._open[key] = Reference()
        try:
            validator = build()
        finally:
            del self._open[key]
        if not reference.used:
            return validator
        reference.resolve(validator)
        return reference


def _is_alias(annotation: Any) -> bool:
    return type(annotation).__name__ == "TypeAliasType"  # typing's, from 3.12 on, or typing_extensions'


def _alias_value(alias: Any) -> Any:
    """Return what an alias stands for. Before 3.12, one that mentions itself has to do so by a name in quotes."""
    names = vars(sys.modules[alias.__module__])
    holder = types.SimpleNamespace(__annotations__={"value": alias.__value__})
    try:
        return typing.get_type_hints(holder, names, include_extras=True)["value"]
    except NameError as error:
        msg = f"the alias {alias} is not resolved: {error}"
        raise TypeError(msg) from error


def _mark(origin: Any) -> str | None:
    """Return the name of a mark that a typed dict puts on a field, told by name: typing_extensions has its own."""
    name = None if isinstance(origin, type) else getattr(origin, "_name", None)
    return name if name in _REQUIRED_MARKS else None


def _is_required(cls: Any, name: str, hint: Any) -> bool:
    while (origin := get_origin(hint)) is not None:
        required = _REQUIRED_MARKS.get(_mark(origin) or "")
        if required is not None:
            return required
        if origin is not Annotated and not _mark(origin):
            break
        hint = get_args(hint)[0]
    return name in cls.__required_keys__


def _resolvable(cls: Any) -> Any:
    """Return a class whose annotations are those of `cls` and can be resolved: mostly itself.

    Python 3.10 resolves no text `InitVar[int]`, which it takes for no type, so there a class stands in that says `int`.
    It has as many bases, since names are looked up in the module of the class that declares a field.
    """
    bases: tuple[type[Any], ...] = cls.__mro__[:-1]
    stand_in: type[Any] = object
    if sys.version_info >= (3, 11) or not dataclasses.is_dataclass(cls):
        return cls
    for base in reversed(bases):
        annotations = {
            name: _INIT_ONLY.sub(r"\1", hint) if isinstance(hint, str) else hint
            for name, hint in own_annotations(base).items()
        }
        stand_in = type(base.__name__, (stand_in,), {"__annotations__": annotations, "__module__": base.__module__})
    return stand_in


def _field_hints(cls: Any, args: tuple[Any, ...]) -> dict[str, Any]:
    """Return the annotations of a record class, with its type variables replaced."""
    try:
        hints = typing.get_type_hints(_resolvable(cls), include_extras=True)
    except NameError as error:
        msg = f"an annotation of {cls.__name__} is not resolved: {error}"
        raise TypeError(msg) from error
    bound = dict(zip(getattr(cls, "__parameters__", ()), args, strict=False))
    return {
        name: substitute(hint.type if isinstance(hint, dataclasses.InitVar) else hint, bound)
        for name, hint in hints.items()
        if get_origin(hint) is not ClassVar
    }
