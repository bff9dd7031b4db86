"""What a bulk load has changed, so that it can be undone."""

from __future__ import annotations

from collections import deque
from itertools import repeat, starmap
from typing import TYPE_CHECKING, Any

from ..exceptions import ObjectNotFound

if TYPE_CHECKING:
    from ..model import DiffSyncModel
    from ..store import BaseStore

_RESERVE = 1 << 14
"""Bytes of memory that are kept until they are needed to undo a load because of which there are none left."""

_exhaust = deque[Any](maxlen=0).extend
"""Runs an iterator to its end."""


class Journal:
    """What a bulk load has changed, so that it can be undone.

    That must go well where memory has just run out, and when Ctrl-C comes a second time. So what is undone only
    shrinks, in steps that may be done twice, each in one call of the interpreter's own, and for the little that it
    takes to make these calls there is a reserve.

    Attributes:
        begun: Lists of children that were empty before.
    """

    def __init__(self, store: BaseStore) -> None:
        """Take note of what there is in the adapter's store."""
        self.begun: list[list[str]] = []
        self._reserve: bytes | None = bytes(_RESERVE)
        self._store = store
        self._data = store.local_data()
        self._sizes = {modelname: len(records) for modelname, records in (self._data or {}).items()}
        self._added: list[tuple[str, str, DiffSyncModel]] = []
        self._parents: dict[int, tuple[Any, dict[str, list[str]]]] = {}

    def will_add(self, record: DiffSyncModel) -> None:
        """Take note that a record is about to be added; of a store's records in memory, that is seen afterwards."""
        if self._data is None:
            modelname, uid = record.get_type(), record.get_unique_id()
            if self._store.keeps_copies or self._find(modelname, uid) is None:
                self._added.append((modelname, uid, record))

    def will_link(self, parent: Any) -> None:
        """Keep a parent's lists of children as they are before the first of its children is added."""
        if id(parent) not in self._parents:
            fields = parent.get_children_mapping().values()
            self._parents[id(parent)] = parent, {name: list(getattr(parent, name)) for name in fields}

    def tell_store(self) -> None:
        """Let a store that hands out copies have the changed parents; other stores know of them."""
        if self._data is None and not self._store.keeps_copies:
            for parent, _ in self._parents.values():
                self._store.update(obj=parent)

    def unlink(self) -> None:
        """Take children out of their parents' lists."""
        for parent, children in self._parents.values():
            for name, uids in children.items():
                _shorten(getattr(parent, name), uids)
            if parent._side_data is not None:
                parent._side_data.clear()  # what is known of these lists
        for uids in self.begun:
            uids.clear()

    def undo(self) -> None:
        """Take children out of their parents' lists, and records out of the store."""
        self._reserve = None
        interruption = None
        while True:
            try:
                self._undo()
            except KeyboardInterrupt as error:
                interruption = error
            else:
                break
        if interruption is not None:
            raise interruption

    def _undo(self) -> None:
        self.unlink()
        self.tell_store()
        if self._data is None:
            self._remove_from_store()
        else:
            self._remove_from_memory(self._data)

    def _remove_from_memory(self, data: dict[str, dict[str, DiffSyncModel]]) -> None:
        for modelname, records in list(data.items()):
            # The newest ones go first: `popitem` takes the last entry.
            _exhaust(starmap(records.popitem, repeat((), len(records) - self._sizes.get(modelname, 0))))
            if modelname not in self._sizes:
                del data[modelname]

    def _remove_from_store(self) -> None:
        for modelname, uid, record in reversed(self._added):
            found = self._find(modelname, uid)
            # Where an equal record was there before, the store has kept that one.
            if found is not None and (found is record or not self._store.keeps_copies):
                self._store.remove_item(modelname, uid)
        for parent, _ in self._parents.values():
            self._store.record_changed(obj=parent)

    def _find(self, modelname: str, uid: str) -> DiffSyncModel | None:
        try:
            return self._store.get(model=modelname, identifier=uid)
        except ObjectNotFound:
            return None


def _shorten(uids: list[str], former: list[str]) -> None:
    """Give a list the items that it has had, mostly by dropping the last ones: that takes no memory."""
    _exhaust(starmap(uids.pop, repeat((), len(uids) - len(former))))
    if uids != former:
        uids[:] = former
