"""Making records.

The twin of `construction.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..enum import DiffSyncModelFlags, DiffSyncStatus
from ..schema import StructMeta, copied, schema_of
from .constants import REBUILDING
from .construction_errors import coerce, raise_construction_error
from .fields_py import set_attribute, unique_id_key

__all__ = [
    "REBUILDING",
    "construct",
    "create_record",
    "initialise",
    "install_constructor",
    "rebuild",
    "restore_record",
]

_set_slot = msgspec.Struct.__setattr__
_construct = StructMeta.__call__


def install_constructor(cls: Any) -> None:
    """Make calls of the model class `cls` validate, coerce and compute the key; here the metaclass's call does."""


def construct(cls: Any, args: tuple[Any, ...], values: dict[str, Any]) -> Any:
    """Make a record of the model class `cls`: what calling the class does."""
    try:
        model = _construct(cls, *args, **values)
    except TypeError as error:
        schema = schema_of(cls)
        known = schema.named(values)
        if not schema.forbid_unknown_fields:
            known = {name: value for name, value in known.items() if name in schema.slots}
        if args or known.keys() == values.keys():
            raise_construction_error(cls, args, values, error)
        try:
            model = _construct(cls, **known)
        except TypeError as second_error:
            raise_construction_error(cls, args, known, second_error)
    if not hasattr(cls, "__post_init__"):
        initialise(model)
    return model


def create_record(cls: Any, adapter: Any, ids: dict[str, Any], attrs: dict[str, Any]) -> Any:
    """Make a record of the model class `cls` and mark it as created: `DiffSyncModel.create_base`."""
    model = cls(**ids, adapter=adapter, **attrs)
    model.set_status(DiffSyncStatus.SUCCESS, "Created successfully")
    return model


def restore_record(cls: Any, names: tuple[str, ...], values: tuple[Any, ...], adapter: Any) -> Any:
    """Make a record of the model class `cls` of values for these fields: its own, and exactly of their types."""
    return cls(**dict(zip(names, values, strict=True)), adapter=adapter)


def initialise(model: Any) -> None:
    """Validate and coerce the fields of a new record, give it its own containers, and compute its key."""
    schema = schema_of(type(model))
    if schema.validate:
        defaults = schema.defaults
        for name, field_type in schema.field_types.items():
            value = getattr(model, name)
            if type(value) not in field_type.exact and value is not defaults[name]:
                _set_slot(model, name, coerce(model, schema, name, field_type, value))
    for name in schema.children.values():
        value = getattr(model, name)
        if type(value) is list:
            _set_slot(model, name, value.copy())
    if schema.private_defaults:
        for name, value in copied(schema.private_defaults).items():
            set_attribute(model, name, value)
    _set_slot(model, "_unique_id", unique_id_key(model, schema))


def rebuild(cls: Any) -> Any:
    """Return a record of the model class `cls` with no values and no flags yet, for a pickle or a copy to fill."""
    model = _construct(cls, **dict.fromkeys(schema_of(cls).required), model_flags=REBUILDING)
    _set_slot(model, "model_flags", DiffSyncModelFlags.NONE)
    return model
