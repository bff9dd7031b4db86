"""Reading the fields of records, and assigning to them.

The twin of `fields.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ..dumping.copies import SCALARS, as_data
from ..enum import DiffSyncModelFlags
from ..runtime.arguments import check_model_flags
from ..schema import Schema, schema_of
from .constants import INSTANCE_OVERRIDES
from .construction_errors import checked

if TYPE_CHECKING:
    from ..enum import DiffSyncStatus

__all__ = [
    "forget_plans",
    "get_attrs",
    "get_identifiers",
    "get_shortname",
    "get_unique_id",
    "put_attribute",
    "set_attribute",
    "set_status",
    "unique_id_of",
]

_set_slot = msgspec.Struct.__setattr__


def forget_plans() -> None:
    """Drop what was derived from schemas; here nothing is."""


def set_status(self: Any, status: DiffSyncStatus, message: str = "") -> None:
    """Record how the last create, update or delete of this record went.

    Args:
        self: The record.
        status: The outcome, a `DiffSyncStatus`.
        message: An explanation for people.
    """
    self._status = status
    self._status_message = message


def unique_id_of(model: Any) -> Any:
    """Return the unique id of any record: its key where that is valid, otherwise what its hook says."""
    key = model._unique_id
    return key if type(key) is str and schema_of(type(model)).knows_unique_id else model.get_unique_id()


# ---- reading records ----


def get_unique_id(self: Any) -> str:
    """Return the unique id, computed when the record was made or an identifier was last assigned."""
    key = self._unique_id
    if type(key) is str:
        return key
    schema = schema_of(type(self))
    if key is not INSTANCE_OVERRIDES and schema.computes_key:
        return compute_key(self, schema)
    return self.create_unique_id(**self.get_identifiers())  # type: ignore[no-any-return]


def get_shortname(self: Any) -> str:
    """Return the name among siblings, made of the `_shortname` fields; the unique id if there are none."""
    if self._shortname:
        return "__".join([str(getattr(self, name)) for name in self._shortname])
    return self.get_unique_id()  # type: ignore[no-any-return]


def get_identifiers(self: Any) -> dict[str, Any]:
    """Return the identifier fields and their values, in field order."""
    schema = schema_of(type(self))
    if not schema.reads_fields:
        return self.dict(include=set(self._identifiers))  # type: ignore[no-any-return]
    return fields_of(self, schema.identifier_fields)


def get_attrs(self: Any) -> dict[str, Any]:
    """Return the attribute fields and their values, in field order; containers are copies."""
    schema = schema_of(type(self))
    if not schema.reads_fields:
        return self.dict(include=set(self._attributes))  # type: ignore[no-any-return]
    return fields_of(self, schema.attributes)


def fields_of(model: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return some fields and their values as plain data, in a new dict."""
    # What `as_data` begins with stands here: for most values a call would take as long as all else.
    return {name: value if type(value := getattr(model, name)) in SCALARS else as_data(value) for name in names}


# ---- attributes ----


def unique_id_key(model: Any, schema: Schema) -> str | None:
    """Return the unique id that the library's own hooks give the record, or None if hooks are overridden."""
    return compute_key(model, schema) if schema.knows_unique_id else None


def compute_key(model: Any, schema: Schema) -> str:
    """Return the unique id that the library's own `create_unique_id` and `get_identifiers` give the record."""
    identifiers = schema.identifiers
    if len(identifiers) == 1:
        value = getattr(model, identifiers[0])
        return value if type(value) is str else str(as_data(value))
    values = [getattr(model, name) for name in identifiers]
    return "__".join([value if type(value) is str else str(as_data(value)) for value in values])


def set_attribute(model: Any, name: str, value: Any) -> None:
    """Assign an attribute of a record: `DiffSyncModel.__setattr__`.

    A class with `validate_assignment=True` has the value checked and converted first. An assigned identifier changes
    the key; a method replaced on the instance makes the record's hooks be called.

    Raises:
        ValueError: If the name is neither a field, nor private, nor an attribute of the class.
        ValidationError: If the value is checked and cannot be made one of the field's type.
        TypeError: If `model_flags` is to be anything but `DiffSyncModelFlags`.
    """
    schema = schema_of(type(model))
    if name == "model_flags" and type(value) is not DiffSyncModelFlags:
        check_model_flags(value, repr(model))
    _put(model, schema, name, checked(model, schema, name, value) if schema.validates_assignment else value)


def put_attribute(model: Any, name: str, value: Any) -> None:
    """Set an attribute of a record as `set_attribute` does, unchecked: the value has been a record's before.

    Raises:
        ValueError: If the name is neither a field, nor private, nor an attribute of the class.
    """
    _put(model, schema_of(type(model)), name, value)


def _put(model: Any, schema: Schema, name: str, value: Any) -> None:
    if name in schema.slots:
        if name in schema.identifiers:
            put_identifier(model, schema, name, value)
        else:
            _set_slot(model, name, value)
        return
    cls = schema.cls
    if not name.startswith("_") and not hasattr(cls, name):
        message = f'"{cls.__name__}" object has no field "{name}"'
        raise ValueError(message)
    # All that may fail comes first.
    values = model.__dict__
    is_method = callable(getattr(cls, name, None))
    _set_slot(model, name, value)
    if is_method and name in values:
        _set_slot(model, "_unique_id", INSTANCE_OVERRIDES)


def put_identifier(model: Any, schema: Schema, name: str, value: Any) -> None:
    """Set an identifier and the key that is made of it, or neither."""
    before, key = getattr(model, name, msgspec.UNSET), model._unique_id
    try:
        _set_slot(model, name, value)
        if key is not INSTANCE_OVERRIDES:
            _set_slot(model, "_unique_id", unique_id_key(model, schema))
    except BaseException:
        if before is not msgspec.UNSET:
            _set_slot(model, name, before)
            _set_slot(model, "_unique_id", key)
        raise
