"""What pydantic lets a class body say and a Struct would not heed: it is refused, with what to write in its place.

pydantic need not be there for this: what it makes is told by the module that its class is from.
"""

from __future__ import annotations

import sys
import typing
from contextlib import suppress
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

from .annotations import own_annotations, resolve_annotation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FIELD = (
    "write the default itself, or `msgspec.field(default_factory=..., name=...)` for one that is made and for an "
    "alias, and bounds as `Annotated[int, msgspec.Meta(ge=0)]`"
)
_CHECKED = "check and convert values in `__post_init__(self)`, where the fields have their types already"
_DUMPED = "override `dict` or `get_attrs`"
_SETTINGS = (
    "class keywords say it: `class Device(DiffSyncModel, forbid_unknown_fields=True, validate_assignment=True)`; types "
    "of any kind are allowed anyway"
)

_NAMES = {
    "model_config": ("`model_config`", _SETTINGS),
    "Config": ("`class Config`", _SETTINGS),
    "model_post_init": ("`model_post_init`", "call it `__post_init__(self)`"),
    "__pydantic_init_subclass__": ("`__pydantic_init_subclass__`", "call it `__init_subclass__`"),
}
_VALUES = {
    "FieldInfo": ("`Field(...)`", _FIELD),
    "ModelPrivateAttr": (
        "`PrivateAttr(...)`",
        "write the default itself, `_cache = None`, or `msgspec.field(default_factory=dict)`",
    ),
}
_DECORATORS = {
    "field_serializer": _DUMPED,
    "model_serializer": _DUMPED,
    "computed_field": "a plain `@property` can be read, and named among `_identifiers`; to dump it, override `dict`",
}
_INIT = "derive values in `__post_init__(self)`, or write a class method that makes the record"
_CREATE_MODEL = "declare a class, or have `types.new_class` make one"


def refuse_constructs(name: str, bases: tuple[type, ...], namespace: Mapping[str, Any]) -> None:
    """Check that neither a class body nor a plain mixin says what only pydantic would heed.

    Args:
        name: The class's name.
        bases: What it derives from; those classes of which it is not known yet are plain mixins.
        namespace: The class body.

    Raises:
        TypeError: If one does.
    """
    _refuse_names(name, namespace)
    for base in bases:
        for klass in () if hasattr(base, "__struct_fields__") else base.__mro__[:-1]:
            title = f"{name}, by way of {klass.__name__}"
            if is_from_pydantic(type(klass)):
                _refuse(title, "a pydantic model among its bases", "declare its fields anew, or in a plain mixin")
            _refuse_names(title, vars(klass))
            for attribute, annotation in own_annotations(klass).items():
                refuse_in(f"{name}.{attribute}, by way of {klass.__name__}", annotation)


def refuse_keywords(name: str, keywords: Iterable[str]) -> None:
    """Check that a class is not made by `pydantic.create_model`, which gives it class keywords of its own.

    Raises:
        TypeError: If it is.
    """
    if any("pydantic" in keyword or keyword.startswith("_create_model") for keyword in keywords):
        _refuse(name, "what `pydantic.create_model` says", _CREATE_MODEL)


def refuse_annotations(cls: type[Any]) -> None:
    """Check that no annotation of a class itself has metadata that only pydantic would heed.

    An annotation that names what is not there yet is looked at when the first record is made.

    Raises:
        TypeError: If one has.
    """
    if "pydantic" not in sys.modules:
        return
    for name, annotation in own_annotations(cls).items():
        resolved = annotation
        with suppress(Exception):  # whatever it is, it comes again with the first record
            resolved = resolve_annotation(cls, name)
        refuse_in(f"{cls.__name__}.{name}", resolved)


def refuse_in(title: str, annotation: Any) -> None:
    """Check that no part of an annotation has metadata that only pydantic would heed.

    Args:
        title: What is annotated, for the message.
        annotation: The annotation, resolved.

    Raises:
        TypeError: If one has.
    """
    waiting = [annotation]
    while waiting:
        part = waiting.pop()
        for entry in getattr(part, "__metadata__", ()):
            refuse_metadata(title, entry)
        waiting.extend(typing.get_args(part))


def refuse_metadata(title: str, entry: Any) -> None:
    """Check that a thing that stands in `Annotated` is not for pydantic alone.

    Args:
        title: What is annotated, for the message.
        entry: The metadata.

    Raises:
        TypeError: If it is.
    """
    if is_from_pydantic(entry):
        kind = entry.__name__ if isinstance(entry, type) else type(entry).__name__
        construct, instead = _VALUES.get(kind, (f"`{kind}`", _CHECKED))
        _refuse(title, f"{construct} in `Annotated`", instead)


def is_from_pydantic(value: Any) -> bool:
    """Whether a value, or the class that it is, was written by pydantic."""
    kind = value if isinstance(value, type) else type(value)
    return kind.__module__.partition(".")[0] == "pydantic"


def _refuse_names(name: str, namespace: Mapping[str, Any]) -> None:
    # Python itself gives one to protocols.
    if isinstance(namespace.get("__init__"), FunctionType) and not namespace.get("_is_protocol"):
        _refuse(name, "an `__init__`", _INIT)
    for attribute, (construct, instead) in _NAMES.items():
        if attribute in namespace and (attribute != "Config" or isinstance(namespace[attribute], type)):
            _refuse(name, construct, instead)
    for attribute, value in namespace.items():
        kind = type(value).__name__
        if not is_from_pydantic(value) or isinstance(value, type):
            continue
        if kind in _VALUES:
            _refuse(f"{name}.{attribute}", *_VALUES[kind])
        if hasattr(value, "decorator_info"):
            decorator = str(getattr(value.decorator_info, "decorator_repr", kind)).lstrip("@")
            _refuse(f"{name}.{attribute}", f"`@{decorator}`", _DECORATORS.get(decorator, _CHECKED))


def _refuse(title: str, construct: str, instead: str) -> NoReturn:
    """Raise that a construct is not heeded here, and what to write in its place."""
    message = f"{title}: a model that is a msgspec Struct does not heed {construct}; {instead}"
    raise TypeError(message)
