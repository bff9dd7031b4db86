"""Records in a local store.

The twin of `local_records.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ..schema import LIBRARY_ATTRIBUTE
from .checks import check_record
from .copying_py import deepcopy_stored, remember
from .fields_py import unique_id_of
from .identity import refuse_taken

__all__ = ["RecordData", "add_record", "hides_records", "release_records", "remove_record"]


def hides_records(cls: Any) -> bool:  # noqa: ARG001 - the compiled kernel asks it
    """Whether records of the model class `cls` are out of the collector's sight in a local store; here none is."""
    return False


def release_records(self: Any) -> None:
    """Keep an adapter that is about to go, if any of its records stays; here records hold it by themselves."""


class RecordData(dict[str, dict[str, Any]]):
    """A local store's `{modelname: {unique id: record}}`; asking for a type makes its dict."""

    def __missing__(self, modelname: str) -> dict[str, Any]:
        """Make the dict of a type that has no records yet."""
        records = self[modelname] = {}
        return records

    def __deepcopy__(self, memo: dict[int, Any]) -> RecordData:
        """Return a copy with copies of all records, without the copy module's detours for each of them."""
        made = RecordData()
        memo[id(self)] = made
        for modelname, records in self.items():
            if type(records) is not dict or id(records) in memo:
                made[modelname] = deepcopy(records, memo)
                continue
            copies = made[modelname]
            remember(records, copies, memo)
            for uid, record in records.items():
                copies[uid] = deepcopy_stored(record, memo)
        return made


def add_record(self: Any, *, obj: Any) -> None:
    """Store a new record and claim it for the store's adapter: `LocalStore.add`.

    Raises:
        TypeError: If it is no record.
        ObjectAlreadyExists: If a different record of the type has the unique id.
    """
    if not hasattr(type(obj), LIBRARY_ATTRIBUTE):
        check_record(obj, "add")
    records = self._data[obj.get_type()]
    uid = unique_id_of(obj)
    count = len(records)
    try:
        existing = records.setdefault(uid, obj)
        if existing is obj and len(records) > count and obj.adapter is None:
            obj.adapter = self.adapter
    except BaseException:
        if len(records) > count:
            del records[uid]
        raise
    if existing is not obj:
        refuse_taken(obj, uid)


def remove_record(self: Any, obj: Any) -> bool:
    """Remove a record from a local store and from its adapter; False, and nothing is done, if it is not there."""
    records = self._data.get(obj.get_type())
    uid = unique_id_of(obj)
    if records is None or uid not in records:
        return False
    adapter = obj.adapter
    try:
        if adapter is not None:
            obj.adapter = None
        del records[uid]
    except BaseException:
        if uid in records:
            obj.adapter = adapter
        raise
    return True
