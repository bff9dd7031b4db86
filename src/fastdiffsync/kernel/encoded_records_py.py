"""What a store that keeps bytes asks of every record that is added.

The twin of `encoded_records.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

import weakref
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..schema import LIBRARY_ATTRIBUTE
from .checks import check_record
from .fields_py import unique_id_of
from .identity import refuse_unique_id

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FieldReader", "KeyFilter", "claim", "key_of", "refer"]

_FILTER_BITS = 1 << 27


def key_of(obj: Any) -> tuple[str, str]:
    """Return the type name and the unique id of a record.

    Raises:
        TypeError: If it is no record.
        ObjectStoreException: If the unique id is no `str`.
    """
    if not hasattr(type(obj), LIBRARY_ATTRIBUTE):
        check_record(obj, "a store")
    modelname, uid = obj.get_type(), unique_id_of(obj)
    if not isinstance(uid, str):
        refuse_unique_id(modelname, uid)
    return modelname, uid


def claim(obj: Any, adapter: Any) -> None:
    """Make a record that of a store's adapter, unless it has another."""
    if obj.adapter is None:
        obj.adapter = adapter


def refer(references: dict[str, dict[str, weakref.ref[Any]]], key: tuple[str, str], obj: Any) -> None:
    """Note a weak reference to the record with a (type name, unique id) in `{type name: {unique id: reference}}`."""
    modelname, uid = key
    of_type = references.get(modelname)
    if of_type is None:
        of_type = references[modelname] = {}
    of_type[uid] = weakref.ref(obj)


class FieldReader:
    """Reads the values of certain fields of the records of a class."""

    def __init__(self, cls: type[Any], names: Iterable[str]) -> None:  # noqa: ARG002 - what the compiled twin needs
        """Prepare to read the named fields."""
        self._names = tuple(names)
        self._get_values: Any = attrgetter(*self._names) if len(self._names) > 1 else self._get_few

    def _get_few(self, obj: Any) -> tuple[Any, ...]:
        return tuple(getattr(obj, name) for name in self._names)

    def read(self, obj: Any) -> tuple[tuple[type, ...], tuple[Any, ...]]:
        """Return the types of the values, and the values.

        Raises:
            AttributeError: If a field has none.
        """
        values = self._get_values(obj)
        return tuple(map(type, values)), values


class KeyFilter:
    """Tells keys that have certainly never been put from those that may have been: a Bloom filter of fixed size.

    With it a load into an empty store need not ask for each new record whether it is there already. It takes 16 MiB at
    most, however many keys there are: after 5 million, one new key in 27 is looked up in vain.
    """

    def __init__(self) -> None:
        """Make a filter with no keys."""
        from mmap import mmap  # noqa: PLC0415 - most programs have no such store

        # Unlike a bytearray, a mapping takes memory only for the pages that have been written to.
        self._bits = mmap(-1, _FILTER_BITS // 8)

    def put(self, key: tuple[str, str]) -> bool:
        """Add a key; return whether it may have been there before."""
        number = hash(key) & (_FILTER_BITS - 1)
        place, bit = number >> 3, 1 << (number & 7)
        word = self._bits[place]
        if word & bit:
            return True
        self._bits[place] = word | bit
        return False

    def put_many(self, modelname: str, uids: Iterable[str]) -> list[str]:
        """Add the keys of records of a type, as `put` does; return the unique ids of those that may have been there."""
        return [uid for uid in uids if self.put((modelname, uid))]
