"""What a store that keeps bytes knows without asking.

Which objects stand for its records, what has been read ahead, what a sync has found unchanged, and which keys are new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .. import _kernel as kernel
from ..enum import DiffSyncStatus

if TYPE_CHECKING:
    import weakref
    from collections.abc import Iterable

    from ..model import DiffSyncModel

    Key = tuple[str, str]


_set_slot = msgspec.Struct.__setattr__


class LiveRecords:
    """The objects that a store has taken or handed out, as long as somebody holds them.

    While a program holds a record, asking for it again returns that very object, as from a `LocalStore`; two copies
    that are changed independently would overwrite each other's changes.

    What is read ahead is held here until it is forgotten. The status UNKNOWN that a sync gives to records that it finds
    unchanged is remembered here too, and given to each when it is read: writing it would be to write every record.
    """

    _PURGE_FROM = 10_000

    def __init__(self) -> None:
        """Know no object yet."""
        self._references: dict[str, dict[str, weakref.ref[DiffSyncModel]]] = {}
        self._unchanged: dict[str, set[str]] = {}
        self._held: dict[str, dict[str, DiffSyncModel]] = {}
        self._absent: dict[str, set[str]] = {}
        self._until_purge = self._PURGE_FROM

    def get(self, key: Key) -> DiffSyncModel | None:
        """Return the object for a (type name, unique id), or None if nobody holds one."""
        reference = self._references.get(key[0], {}).get(key[1])
        return None if reference is None else reference()

    def held_among(self, modelname: str, uids: list[str]) -> set[str]:
        """Return those of the unique ids of a type for which somebody holds the object."""
        references = self._references.get(modelname)
        if not references:
            return set()
        return {uid for uid in references.keys() & uids if references[uid]() is not None}

    def put(self, key: Key, obj: DiffSyncModel) -> None:
        """Note that `obj`, which has been added or replaced, stands for the record from now on."""
        self._refer(key, obj)
        if self._unchanged or self._absent:
            self.changed(key)

    def put_read(self, key: Key, obj: DiffSyncModel) -> None:
        """Note that `obj`, which has been read, stands for the record from now on."""
        self._refer(key, obj)
        if self._unchanged and key[1] in self._unchanged.get(key[0], ()):
            _mark_unknown(obj)

    def _refer(self, key: Key, obj: DiffSyncModel) -> None:
        kernel.refer(self._references, key, obj)
        self._until_purge -= 1
        if not self._until_purge:
            self._purge()

    def discard(self, key: Key) -> None:
        """Forget the object for a record that has been removed."""
        self._references.get(key[0], {}).pop(key[1], None)
        self.changed(key)

    def changed(self, key: Key) -> None:
        """Forget what is no longer true of a record that has changed."""
        if self._unchanged:
            self._unchanged.get(key[0], set()).discard(key[1])
        if self._absent:
            self._absent.get(key[0], set()).discard(key[1])

    def changed_many(self, modelname: str, uids: Iterable[str]) -> None:
        """Forget what is no longer true of records of a type that have changed."""
        for notes in (self._unchanged, self._absent):
            if modelname in notes:
                notes[modelname].difference_update(uids)

    def mark_unchanged(self, modelname: str, uids: list[str]) -> None:
        """Give records of a type the status UNKNOWN: those that somebody holds now, others when they are read."""
        self._unchanged.setdefault(modelname, set()).update(uids)
        for uid in self.held_among(modelname, uids):
            obj = self.get((modelname, uid))
            if obj is not None:
                _mark_unknown(obj)

    def hold_ahead(self, modelname: str, found: dict[str, DiffSyncModel], absent: set[str]) -> None:
        """Hold what has been read of a type, and know what is not there, in place of what was read before."""
        self._held[modelname] = found
        self._absent[modelname] = absent

    def absent_among(self, modelname: str, uids: list[str]) -> set[str]:
        """Return those of the unique ids of a type that are known not to be there."""
        return self._absent[modelname].intersection(uids) if modelname in self._absent else set()

    def forget_ahead(self) -> None:
        """Let go of what has been read ahead."""
        self._held.clear()
        self._absent.clear()

    def forget_notes(self, modelname: str) -> None:
        """Forget what is known of the records of a type, but for the objects."""
        for notes in (self._unchanged, self._held, self._absent):
            notes.pop(modelname, None)

    def _purge(self) -> None:
        """Forget objects that nobody holds any more; the next time is when as many again have come."""
        for modelname, references in self._references.items():
            held = {uid: reference for uid, reference in references.items() if reference() is not None}
            self._references[modelname] = held
        self._until_purge = max(self._PURGE_FROM, sum(map(len, self._references.values())))


def _mark_unknown(obj: DiffSyncModel) -> None:
    _set_slot(obj, "_status", DiffSyncStatus.UNKNOWN)
    _set_slot(obj, "_status_message", "")
