"""LocalStore: records in a dict in memory, the default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _kernel as kernel
from ..exceptions import ObjectNotFound
from ..kernel.checks import check_record
from . import BaseStore

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..model import DiffSyncModel


class LocalStore(BaseStore):
    """Keeps records in memory, by type and unique id, in the order in which they were added."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make an empty store; the arguments are those of `BaseStore`."""
        super().__init__(*args, **kwargs)
        self._data: dict[str, dict[str, DiffSyncModel]] = kernel.RecordData()

    def get_all_model_names(self) -> set[str]:
        """Return the type names that have been stored or asked for."""
        return set(self._data)

    def _names_by_first_use(self) -> Collection[str]:
        return self._data

    get = kernel.get_record
    get_all = kernel.get_all_records
    get_by_uids = kernel.get_records_by_uids
    count = kernel.count_records
    add = kernel.add_record

    def update(self, *, obj: DiffSyncModel) -> None:
        """Store a record, replacing the one with its unique id, if any; see `BaseStore.update`."""
        check_record(obj, "update")
        self._data[obj.get_type()][obj.get_unique_id()] = obj

    def _remove_one(self, obj: DiffSyncModel) -> None:
        is_own = type(self).remove_item is _CHANGING["remove_item"] and "remove_item" not in self.__dict__
        if not (is_own and kernel.remove_record(self, obj)):
            super()._remove_one(obj)

    def _remove_all(self, waiting: list[Any]) -> None:
        while waiting:
            if _has_own(self, _REMOVING):
                kernel.remove_plain(self, waiting)
            if waiting:
                self._remove_next(waiting)

    def remove_item(self, modelname: str, uid: str) -> None:
        """Remove one record; see `BaseStore.remove_item`."""
        try:
            del self._data[modelname][uid]
        except KeyError:
            raise self._not_found(modelname, uid) from None

    def local_data(self) -> dict[str, dict[str, DiffSyncModel]] | None:
        """Return the dict of records, unless a subclass or the instance overrides how they are read."""
        return self._data if _has_own(self, _READING) else None

    def _not_found(self, modelname: str, uid: str) -> ObjectNotFound:
        return ObjectNotFound(f"{modelname} {uid} not present in {self}")


_READING = {name: getattr(LocalStore, name) for name in ("get", "get_all", "get_by_uids")}
_ADDING = {"add": LocalStore.add}
_CHANGING = {name: getattr(LocalStore, name) for name in ("add", "remove", "remove_item", "_remove_one")}
_REMOVING = {name: getattr(LocalStore, name) for name in ("get", "remove_item", "_remove_one", "_stored_children")}


def adds_directly(store: BaseStore) -> bool:
    """Whether a store keeps records in memory, and nobody has overridden how it adds them."""
    return isinstance(store, LocalStore) and _has_own(store, _ADDING)


def changes_directly(store: BaseStore) -> bool:
    """Whether a store keeps records in memory, and nobody has overridden how it adds and removes them."""
    return isinstance(store, LocalStore) and _has_own(store, _CHANGING)


def _has_own(store: LocalStore, methods: dict[str, Any]) -> bool:
    """Whether these methods are the library's own, neither overridden in a subclass nor replaced anywhere."""
    cls = type(store)
    return methods.keys().isdisjoint(store.__dict__) and all(getattr(cls, name) is methods[name] for name in methods)
