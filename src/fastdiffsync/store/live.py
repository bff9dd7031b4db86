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
        self._references: dict[Key, weakref.ref[DiffSyncModel]] = {}
        self._purge_at = self._PURGE_FROM

    def get(self, key: Key) -> DiffSyncModel | None:
        """Return the object for a (type name, unique id), or None if nobody holds one."""
        reference = self._references.get(key)
        return None if reference is None else reference()

    def put(self, key: Key, obj: DiffSyncModel) -> None:
        """Note that `obj` stands for the record from now on."""
        references = self._references
        references[key] = weakref.ref(obj)
        if len(references) >= self._purge_at:
            self._references = {known: reference for known, reference in references.items() if reference() is not None}
            self._purge_at = max(self._PURGE_FROM, 2 * len(self._references))

    def discard(self, key: Key) -> None:
        """Forget the object for a record that has been removed."""
        self._references.pop(key, None)


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
