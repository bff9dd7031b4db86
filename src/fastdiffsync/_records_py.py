"""The kernel in Python, first part: making records, their keys and their lists of children.

The twin of `_records.pyx`, function for function; `_kernel.py` chooses. Whoever changes one changes both.
"""

from __future__ import annotations

from typing import Any

import msgspec

from .dump import plain
from .enum import DiffSyncStatus
from .exceptions import ObjectAlreadyExists, ObjectNotFound, ObjectStoreWrongType
from .rules import INSTANCE_OVERRIDES, REBUILDING, coerce, raise_construction_error
from .schema import Schema, StructMeta, copied, schema_of

__all__ = [
    "REBUILDING",
    "RecordData",
    "add_child",
    "add_record",
    "construct",
    "create_record",
    "forget_plans",
    "get_attrs",
    "get_identifiers",
    "get_unique_id",
    "initialise",
    "install_constructor",
    "rebuild",
    "release_records",
    "remove_child",
    "set_attribute",
    "set_status",
    "unique_id_of",
]

# Below this many children a search through the list is cheaper than keeping an index of it.
INDEX_CHILDREN_FROM = 24

_set_slot = msgspec.Struct.__setattr__
_construct = StructMeta.__call__


# ---- making records ----


def install_constructor(cls: Any) -> None:
    """Make calls of the model class `cls` validate, coerce and compute the key; here the metaclass's call does."""


def forget_plans() -> None:
    """Drop what was derived from schemas; here nothing is."""


def construct(cls: Any, args: tuple[Any, ...], values: dict[str, Any]) -> Any:
    """Make a record of the model class `cls`: what calling the class does."""
    try:
        model = _construct(cls, *args, **values)
    except TypeError as error:
        schema = schema_of(cls)
        known = {name: value for name, value in values.items() if name in cls.__struct_fields__}
        if args or schema.forbid_unknown_fields or len(known) == len(values):
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


def unique_id_key(model: Any, schema: Schema) -> str | None:
    """Return the unique id that the library's own hooks give the record, or None if hooks are overridden."""
    return plain_key(model, schema) if schema.plain_unique_id else None


def plain_key(model: Any, schema: Schema) -> str:
    """Return the unique id that the library's own `create_unique_id` and `get_identifiers` give the record."""
    identifiers = schema.identifiers
    if len(identifiers) == 1:
        value = getattr(model, identifiers[0])
        return value if type(value) is str else str(plain(value))
    return "__".join([str(plain(getattr(model, name))) for name in identifiers])


def set_attribute(model: Any, name: str, value: Any) -> None:
    """Assign an attribute of a record: `DiffSyncModel.__setattr__`.

    An assigned identifier changes the key; a method replaced on the instance makes the record's hooks be called.

    Raises:
        ValueError: If the name is neither a field, nor private, nor an attribute of the class.
    """
    cls = type(model)
    schema = schema_of(cls)
    if name in schema.slots:
        _set_slot(model, name, value)
        if name in schema.identifiers and model._unique_id is not INSTANCE_OVERRIDES:
            _set_slot(model, "_unique_id", unique_id_key(model, schema))
        return
    if not name.startswith("_") and not hasattr(cls, name):
        message = f'"{cls.__name__}" object has no field "{name}"'
        raise ValueError(message)
    _set_slot(model, name, value)
    if name in model.__dict__ and callable(getattr(cls, name, None)):
        _set_slot(model, "_unique_id", INSTANCE_OVERRIDES)


def rebuild(cls: Any) -> Any:
    """Return a record of the model class `cls` with no values yet, for a pickle or a copy to fill."""
    return _construct(cls, **dict.fromkeys(schema_of(cls).required), model_flags=REBUILDING)


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
    return key if type(key) is str and schema_of(type(model)).plain_unique_id else model.get_unique_id()


# ---- reading records ----


def get_unique_id(self: Any) -> str:
    """Return the unique id, computed when the record was made or an identifier was last assigned."""
    key = self._unique_id
    if type(key) is str:
        return key
    schema = schema_of(type(self))
    if key is not INSTANCE_OVERRIDES and schema.makes_plain_key:
        return plain_key(self, schema)
    return self.create_unique_id(**self.get_identifiers())  # type: ignore[no-any-return]


def get_identifiers(self: Any) -> dict[str, Any]:
    """Return the identifier fields and their values, in field order."""
    schema = schema_of(type(self))
    if not schema.reads_fields:
        return self.dict(include=set(self._identifiers))  # type: ignore[no-any-return]
    return {name: plain(getattr(self, name)) for name in schema.identifier_fields}


def get_attrs(self: Any) -> dict[str, Any]:
    """Return the attribute fields and their values, in field order; containers are copies."""
    schema = schema_of(type(self))
    if not schema.reads_fields:
        return self.dict(include=set(self._attributes))  # type: ignore[no-any-return]
    return {name: plain(getattr(self, name)) for name in schema.attributes}


# ---- children and stores ----


def add_child(self: Any, child: Any) -> None:
    """Record a child's unique id in the field that `_children` names for its type; the child itself is not stored.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectAlreadyExists: If the child's unique id is already there.
    """
    child_type = child.get_type()
    if child_type not in self._children:
        message = (
            f"Unable to store {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}"
        )
        raise ObjectStoreWrongType(message)
    field = self._children[child_type]
    uids = getattr(self, field)
    uid = unique_id_of(child)
    index = child_index(self, field, uids) if len(uids) >= INDEX_CHILDREN_FROM and type(uid) is str else None
    if uid in (uids if index is None else index):
        message = f"Already storing a {child_type} with unique_id {uid}"
        raise ObjectAlreadyExists(message, child)
    uids.append(uid)
    if index is not None:
        index[uid] = None
    tell_store(self)


def remove_child(self: Any, child: Any) -> None:
    """Take a child's unique id out of the field that `_children` names for its type.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectNotFound: If the child's unique id is not there.
    """
    child_type = child.get_type()
    if child_type not in self._children:
        message = (
            f"Unable to find and delete {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}"
        )
        raise ObjectStoreWrongType(message)
    field = self._children[child_type]
    uids = getattr(self, field)
    uid = unique_id_of(child)
    try:
        uids.remove(uid)
    except ValueError:
        message = f"{child} was not found as a child in {field}"
        raise ObjectNotFound(message) from None
    if self._side_data is not None and field in self._side_data:
        of_list, index = self._side_data[field]
        if of_list is uids:
            index.pop(uid, None)
    tell_store(self)


def child_index(model: Any, field: str, uids: list[Any]) -> dict[Any, None] | None:
    """Return the ids in a long list of children as a dict, kept with the record; None if the list has repetitions.

    diffsync searches the list, which makes loading a wide parent quadratic. The index is rebuilt when it is not of
    this very list, or the list has been changed behind its back: another length, or another last id.
    """
    indexes = model._side_data
    if indexes is None:
        indexes = {}
        _set_slot(model, "_side_data", indexes)
    of_list, index = indexes.get(field, (None, None))
    if of_list is not uids or len(index) != len(uids) or uids[-1] not in index:
        index = dict.fromkeys(uids)
        if len(index) != len(uids):
            return None
        indexes[field] = (uids, index)
    return index  # type: ignore[no-any-return]


def tell_store(model: Any) -> None:
    """Tell the store of a record's adapter that the record has changed, so that it need not be told by the user."""
    adapter = model.adapter
    if adapter is not None and adapter.store.keeps_copies:
        adapter.store.record_changed(obj=model)


def release_records(self: Any) -> None:
    """Keep an adapter that is about to go, if any of its records stays; here records hold it by themselves."""


class RecordData(dict[str, dict[str, Any]]):
    """A local store's `{modelname: {unique id: record}}`; asking for a type makes its dict."""

    def __missing__(self, modelname: str) -> dict[str, Any]:
        """Make the dict of a type that has no records yet."""
        records = self[modelname] = {}
        return records


def add_record(self: Any, *, obj: Any) -> None:
    """Store a new record and claim it for the store's adapter: `LocalStore.add`.

    Raises:
        ObjectAlreadyExists: If a different record of the type has the unique id.
    """
    records = self._data[obj.get_type()]
    uid = unique_id_of(obj)
    count = len(records)
    existing = records.setdefault(uid, obj)
    if existing is not obj:
        message = f"Object {uid} already present"
        raise ObjectAlreadyExists(message, obj)
    if len(records) > count and obj.adapter is None:
        obj.adapter = self.adapter
