"""How a sync gets at the records that change and passes over the others: in memory, and in a store outside of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .. import _kernel as kernel
from ..exceptions import ObjectStoreException
from ..schema import schema_of
from .operation import Operation, of_called, of_record, of_unread

if TYPE_CHECKING:
    from .._kernel import FlatArray
    from ..adapter import Adapter
    from ..model import DiffSyncModel
    from ..views.flat import FlatDiff

BATCH = 1000
"""How many of the records that a sync will come to are read from a store at a time."""


class LocalRecords:
    """The destination's records of a sync, in a dict in memory.

    Attributes:
        models: By index, the destination's records of elements that have been created or deleted.
    """

    def __init__(self, flat: FlatDiff, dest: Adapter, data: Any, *, may_change: bool) -> None:
        """Prepare to walk a diff.

        Args:
            flat: The diff.
            dest: Its destination.
            data: The `{modelname: {unique id: record}}` of the destination's local store.
            may_change: Whether changes may be made without the executor: no method need be called but those of records
                that create, update and delete, and nobody is told.
        """
        self.models: dict[int, DiffSyncModel | None] = {-1: None}
        self._flat = flat
        self._data = data
        self._classes = {modelname: getattr(dest, modelname) for modelname in flat.array.types()}
        self._changes = kernel.DirectChanges(
            flat.array, data, self._classes if may_change else None, dest, self.models, flat.elements
        )

    def pass_over(self, index: int, stop: int) -> int:
        """Deal with records from `index` on, and return the first one that is left to the executor, or `stop`."""
        return self._changes.pass_over(index, stop)

    def operation(self, index: int, parent_model: DiffSyncModel | None) -> Operation | None:
        """Return what is to be done about a record; None if its element is to be asked."""
        array = self._flat.array
        called = self._changes.called
        if called is not None:
            self._changes.called = None
            return of_called(self._flat, index, parent_model, self._classes[array.type(index)], called)
        if index in self._flat.elements or not array.action(index):
            return None
        return of_record(self._flat, index, parent_model, self._classes[array.type(index)], self._data)


class StoredRecords:
    """The destination's records of a sync, in a store where every request costs.

    Those that change and those above them are read some at a time before the sync comes to them.

    Attributes:
        models: As those of `LocalRecords`.
    """

    def __init__(self, flat: FlatDiff, dest: Adapter) -> None:
        """Prepare to walk a diff whose destination has a store that keeps copies."""
        self.models: dict[int, DiffSyncModel | None] = {-1: None}
        self._flat = flat
        self._dest = dest
        self._classes = {modelname: getattr(dest, modelname) for modelname in flat.array.types()}
        self._found = {modelname: _Finder(dest, cls) for modelname, cls in self._classes.items()}
        self._route = _Route(flat.array)
        self._read_until = 0

    def pass_over(self, index: int, stop: int) -> int:
        """Mark unchanged records from `index` on, and return the first one that needs more than that, or `stop`."""
        following = min(self._route.next_stop(index), stop)
        array = self._flat.array
        passed: dict[str, list[str]] = {modelname: [] for modelname in self._classes}
        for place in range(index, following):
            dest = array.dest(place)
            if type(dest) is not str:
                if dest is None or not schema_of(type(dest)).knows_status:
                    following = place
                    break
                dest = dest.get_unique_id()
            passed[array.type(place)].append(dest)
        for modelname, uids in passed.items():
            if uids:
                self._dest.store.mark_unchanged(uids=uids, model=modelname)
        return following

    def operation(self, index: int, parent_model: DiffSyncModel | None) -> Operation | None:
        """Return what is to be done about a record; None if its element is to be asked."""
        if index >= self._read_until:
            self._read_ahead(index)
        array = self._flat.array
        if index in self._flat.elements:
            return None
        model_class = self._classes[array.type(index)]
        if array.action(index):
            return of_record(self._flat, index, parent_model, model_class, self._found)
        if type(array.dest(index)) is str:
            return of_unread(self._flat, index, parent_model, model_class, self._found)
        return None

    def _read_ahead(self, index: int) -> None:
        """Have the store read the next records that the sync will come to, beginning with `index`."""
        array = self._flat.array
        route = _Route(array)
        uids: dict[str, list[str]] = {}
        for _ in range(BATCH):
            if index == len(array):
                break
            uids.setdefault(array.type(index), []).append(self._uid(index))
            index = route.next_stop(index + 1)
        self._read_until = index
        for modelname, asked in uids.items():
            # What cannot be read is an error in its turn.
            with suppress(ObjectStoreException):
                self._dest.store.read_ahead(uids=asked, model=modelname)

    def _uid(self, index: int) -> str:
        """Return the unique id that the destination's record of an element has, or will have."""
        dest = self._flat.array.dest(index)
        uid: str
        if dest is None:
            uid = self._classes[self._flat.array.type(index)].create_unique_id(**self._flat.keys(index))
        else:
            uid = dest if type(dest) is str else dest.get_unique_id()
        return uid


class _Finder:
    """One type's records in a store, asked for like those in a dict."""

    def __init__(self, dest: Adapter, model_class: type[DiffSyncModel]) -> None:
        self._dest = dest
        self._model_class = model_class

    def get(self, uid: str) -> DiffSyncModel | None:
        return self._dest.get_or_none(self._model_class, uid)


class _Route:
    """The records of a diff that a sync has to come to: those that change, and those above them."""

    def __init__(self, array: FlatArray) -> None:
        self._array = array
        # The next record that changes, and of those above it the ones that are still ahead, the next one last.
        self._ahead: list[int] = []

    def next_stop(self, index: int) -> int:
        """Return the first of these records from `index` on, or the number of records; `index` must not decrease."""
        ahead = self._ahead
        while ahead and ahead[-1] < index:
            ahead.pop()
        if not ahead:
            place = self._array.next_changed(index, len(self._array))
            ahead.append(place)
            while place < len(self._array) and (place := self._array.parent(place)) >= index:
                ahead.append(place)
        return ahead[-1]
