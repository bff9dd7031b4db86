"""What a store that keeps bytes knows without asking: which objects stand for its records, and which keys are new."""

from __future__ import annotations

import mmap
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model import DiffSyncModel

    Key = tuple[str, str]


class LiveRecords:
    """The objects that a store has taken or handed out, as long as somebody holds them.

    While a program holds a record, asking for it again returns that very object, as from a `LocalStore`; two copies
    that are changed independently would overwrite each other's changes.
    """

    _PURGE_FROM = 10_000

    def __init__(self) -> None:
        """Know no object yet."""
        self._references: dict[str, dict[str, weakref.ref[DiffSyncModel]]] = {}
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
        """Note that `obj` stands for the record from now on."""
        self._references.setdefault(key[0], {})[key[1]] = weakref.ref(obj)
        self._until_purge -= 1
        if not self._until_purge:
            self._purge()

    def discard(self, key: Key) -> None:
        """Forget the object for a record that has been removed."""
        self._references.get(key[0], {}).pop(key[1], None)

    def _purge(self) -> None:
        """Forget objects that nobody holds any more; the next time is when as many again have come."""
        for modelname, references in self._references.items():
            held = {uid: reference for uid, reference in references.items() if reference() is not None}
            self._references[modelname] = held
        self._until_purge = max(self._PURGE_FROM, sum(map(len, self._references.values())))


class KeyFilter:
    """Tells keys that have certainly never been put from those that may have been: a Bloom filter of fixed size.

    With it a load into an empty store need not ask for each new record whether it is there already. It takes 16 MiB at
    most, however many keys there are: after 5 million, one new key in 27 is looked up in vain.
    """

    _BITS = 1 << 27

    def __init__(self) -> None:
        """Make a filter with no keys."""
        # Unlike a bytearray, a mapping takes memory only for the pages that have been written to.
        self._bits = mmap.mmap(-1, self._BITS // 8)

    def put(self, key: Key) -> bool:
        """Add a key; return whether it may have been there before."""
        number = hash(key) & (self._BITS - 1)
        place, bit = number >> 3, 1 << (number & 7)
        word = self._bits[place]
        if word & bit:
            return True
        self._bits[place] = word | bit
        return False
