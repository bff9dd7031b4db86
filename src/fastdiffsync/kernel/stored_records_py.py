"""Getting records from a local store, counting them, and removing all below one.

The twin of `stored_records.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from typing import Any

from ..exceptions import ObjectNotFound
from ..schema import schema_of
from .checks import modelname_of

__all__ = [
    "count_records",
    "find_record",
    "get_all_records",
    "get_record",
    "get_records_by_uids",
    "join_identifiers",
    "note_lookups",
    "remove_plain",
]


def note_lookups(cls: Any) -> None:
    """Note what the base class of stores has to tell what is looked up; here every store is asked."""


# ---- getting ----


def join_identifiers(cls: Any, /, **identifiers: Any) -> str:
    """Return the unique id that a record with these identifiers has.

    Args:
        cls: The model class.
        **identifiers: Identifier fields and their values, as `get_identifiers` returns them.

    Raises:
        KeyError: If an identifier is missing.
    """
    return "__".join([str(identifiers[name]) for name in cls._identifiers])


def get_record(self: Any, *, model: Any, identifier: Any) -> Any:
    """Return one record; see `BaseStore.get`."""
    object_class, modelname = self._get_object_class_and_model(model)
    uid = self._get_uid(model, object_class, identifier)
    try:
        return self._data[modelname][uid]
    except KeyError:
        raise self._not_found(modelname, uid) from None


def find_record(store: Any, model: Any, identifier: Any) -> Any:
    """Return one record of any store, or None if there is no such record; see `BaseStore.get`."""
    try:
        return store.get(model=model, identifier=identifier)
    except ObjectNotFound:
        return None


def get_all_records(self: Any, *, model: Any) -> list[Any]:
    """Return all records of a type in the order in which they were added."""
    return list(self._data[modelname_of(model)].values())


def get_records_by_uids(self: Any, *, uids: list[str], model: Any) -> list[Any]:
    """Return records of one type by their unique ids; see `BaseStore.get_by_uids`."""
    modelname = modelname_of(model)
    found = []
    for uid in uids:
        try:
            found.append(self._data[modelname][uid])
        except KeyError:
            raise self._not_found(modelname, uid) from None
    return found


def count_records(self: Any, *, model: Any = None) -> int:
    """Return the number of records of a type, or of all types for None."""
    return len(self._data[modelname_of(model)]) if model else sum(map(len, self._data.values()))


# ---- removing ----


def remove_plain(self: Any, waiting: list[Any]) -> None:
    """Remove records and all below them from a local store, up to one that needs somebody's code.

    Args:
        self: The store, whose methods are the library's own.
        waiting: What `BaseStore._remove_all` is given; that record is then on top of it. It is whole after an error.
    """
    while waiting and isinstance(waiting[-1], tuple):
        modelname, uid, _, _ = waiting[-1]
        records = self._data.get(modelname)
        record = None if records is None else records.get(uid)
        if record is None or type(record._unique_id) is not str or record._unique_id != uid:
            return
        schema = schema_of(type(record))
        is_known = schema.knows_type and schema.knows_unique_id and schema.knows_children and schema.assigns_directly
        if not is_known or schema.modelname != modelname:
            return
        below: list[Any] = [
            (child_type, child_id, modelname, uid)
            for child_type, field in schema.children.items()
            for child_id in getattr(record, field)
        ]
        waiting[-1] = record  # an interruption may come after each of these steps
        record.adapter = None
        del records[uid]
        waiting[-1:] = below[::-1]
