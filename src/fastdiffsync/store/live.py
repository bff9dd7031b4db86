"""What a store that keeps bytes knows without asking: which objects stand for its records, and which keys are new."""

from __future__ import annotations

import weakref
from array import array
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

    With it a load into an empty store need not ask for each new record whether it is there already. It takes 8 MiB,
    however many keys there are: at 5 million about one new key in a hundred is looked up in vain.
    """

    _WORDS = 1 << 20

    def __init__(self) -> None:
        """Make a filter with no keys."""
        self._words = array("Q", bytes(8 * self._WORDS))

    def put(self, key: Key) -> bool:
        """Add a key; return whether it may have been there before."""
        number = hash(key)
        place = number & (self._WORDS - 1)
        bits = 1 << (number >> 20 & 63) | 1 << (number >> 26 & 63) | 1 << (number >> 32 & 63) | 1 << (number >> 38 & 63)
        word = self._words[place]
        if word & bits == bits:
            return True
        self._words[place] = word | bits
        return False
