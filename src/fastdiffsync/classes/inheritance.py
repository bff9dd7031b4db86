"""Models that inherit from several models: one of them gives the memory layout, the others their fields and methods.

Every model that declares fields adds slots to its records, and Python cannot lay out a record that gets slots from
two unrelated classes. The last parent gives the layout; those before it take part as stand-ins: plain classes with
the same methods and annotations, of which the new class makes fields of its own. They come before the last parent, as
they would, when a method is looked up. `isinstance` and `issubclass` know of the parents all the same.
"""

from __future__ import annotations

import abc
import types
import typing
from typing import Any

import msgspec

from ..dumping.dump import factory_of
from ..schema import StructMeta, field_defaults
from .annotations import STANDS_IN, own_annotations

STOOD_IN_FOR = "__stood_in_for__"
"""Name under which a class keeps the parents that stand-ins have taken the place of."""

_MADE_BY_CLASSES = frozenset({"__dict__", "__weakref__", "__doc__", "__module__", "__annotations__", "__slots__"})
_MADE_BY_PROTOCOLS = frozenset(
    {
        *("__init__", "__subclasshook__", "__parameters__", "__orig_bases__", "__abstractmethods__", "_abc_impl"),
        *("_is_protocol", "_is_runtime_protocol", "__protocol_attrs__", "__non_callable_proto_members__"),
        *("__callable_proto_members_only__", "__annotate__", "__annotate_func__", "__annotations_cache__"),
        *("__qualname__", "__type_params__", "__static_attributes__", "__firstlineno__"),
    }
)


def without_layout_conflicts(bases: tuple[type, ...]) -> tuple[tuple[type, ...], tuple[type, ...]]:
    """Return the bases of a new class with stand-ins for those whose slots conflict, and the classes stood in for."""
    models = [base for base in bases if isinstance(base, StructMeta)]
    all_fields = {name for model in models for name in _fields_of(model)}
    if any(_fields_of(model) == all_fields for model in models) or not models:
        return bases, ()
    main = models[-1]
    stand_ins: dict[type, type] = {}
    replaced = [_stand_in(base, main, stand_ins) if base in models[:-1] else base for base in bases]
    return tuple(replaced), tuple(stand_ins)


def without_protocols(bases: tuple[type, ...]) -> tuple[type, ...]:
    """Return the bases of a new class with plain classes in place of protocols, to which Python gives an `__init__`.

    A Struct refuses that. Which objects are of a protocol is told by their methods, so that it need not be an ancestor.
    """
    made: dict[type, type] = {}
    return tuple(_plain(base, made) if vars(base).get("_is_protocol") else base for base in bases)


def _plain(protocol: type, made: dict[type, type]) -> type:
    """Return a plain class in place of a protocol, below those in place of the protocols above it."""
    if protocol not in made:
        above = [base for base in protocol.__bases__ if base not in {object, typing.Generic, typing.Protocol}]
        namespace = {
            "__module__": protocol.__module__,
            "__qualname__": protocol.__qualname__,
            "__annotations__": dict(own_annotations(protocol)),
        }
        stand_in: Any = abc.ABCMeta(protocol.__name__, tuple(_plain(base, made) for base in above), namespace)
        for name, value in vars(protocol).items():
            if not _is_made(name):
                setattr(stand_in, name, _rebound(value, protocol, stand_in))
        made[protocol] = abc.update_abstractmethods(stand_in)
    return made[protocol]


def _is_made(name: str) -> bool:
    """Whether Python has put an attribute of this name into a protocol by itself."""
    return name in _MADE_BY_CLASSES or name in _MADE_BY_PROTOCOLS


def is_stood_in_for(cls: type, parent: type) -> bool:
    """Return whether `parent` is an ancestor of `cls` by way of a stand-in."""
    return any(parent in model.__mro__ for klass in cls.__mro__ for model in klass.__dict__.get(STOOD_IN_FOR, ()))


def _stand_in(cls: Any, main: type, stand_ins: dict[type, type]) -> type:
    """Return a plain class in place of a model, or the model itself if it brings no slots that `main` does not have."""
    if not isinstance(cls, StructMeta) or cls in main.__mro__ or set(cls.__struct_fields__) <= _fields_of(main):
        real: type = cls
        return real
    if cls not in stand_ins:
        bases = tuple(
            _stand_in(base, main, stand_ins)
            for base in cls.__bases__
            if base not in main.__mro__ and base is not typing.Generic
        )
        annotations = dict(own_annotations(cls))
        defaults = field_defaults(cls)
        namespace: dict[str, Any] = {
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__annotations__": annotations,
            STANDS_IN: True,
        }
        aliases = dict(zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True))
        for name in annotations:
            if name in defaults:
                namespace[name] = _declared(defaults[name], aliases[name])
        stand_in = type(cls.__name__, bases or (object,), namespace)
        for name, value in cls.__dict__.items():
            if name not in _MADE_BY_CLASSES and not name.startswith("__struct") and not _is_slot(value):
                setattr(stand_in, name, _rebound(value, cls, stand_in))
        stand_ins[cls] = stand_in
    return stand_ins[cls]


def _fields_of(main: Any) -> set[str]:
    return set(main.__struct_fields__)


def _is_slot(value: Any) -> bool:
    return isinstance(value, (types.MemberDescriptorType, types.GetSetDescriptorType))


def _declared(default: Any, alias: str) -> Any:
    """Return what a class body says for a field with this default, and with this name in data."""
    factory = factory_of(default)
    if factory is not None:
        return msgspec.field(default_factory=factory, name=alias)
    return msgspec.field(default=default, name=alias)


def _rebound(value: Any, cls: type, stand_in: type) -> Any:
    """Return a method whose `super()` and `__class__` mean the stand-in."""
    if isinstance(value, (classmethod, staticmethod)):
        return type(value)(_rebound(value.__func__, cls, stand_in))
    if isinstance(value, property):
        get, put, delete = (part and _rebound(part, cls, stand_in) for part in (value.fget, value.fset, value.fdel))
        return property(get, put, delete, value.__doc__)
    if not isinstance(value, types.FunctionType) or value.__closure__ is None:
        return value
    cells = tuple(
        types.CellType(stand_in) if name == "__class__" else cell
        for name, cell in zip(value.__code__.co_freevars, value.__closure__, strict=True)
    )
    function = types.FunctionType(value.__code__, value.__globals__, value.__name__, value.__defaults__, cells)
    function.__kwdefaults__ = value.__kwdefaults__
    function.__dict__.update(value.__dict__)
    function.__doc__, function.__qualname__ = value.__doc__, value.__qualname__
    return function
