"""Comparing the records of two stores that keep bytes by these bytes, so that only what may differ is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .encoding import without_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .encoded import EncodedStore
    from .encoding import RecordEncoding


class Comparison:
    """Tells which records of two stores may differ, by reading their bytes from both."""

    def __init__(self, source: EncodedStore, dest: EncodedStore) -> None:
        """Prepare to compare the records of two stores."""
        self._source = source
        self._dest = dest

    def settles(self, modelname: str) -> bool:
        """Whether equal bytes in both stores are equal records of a type, unless they say that they settle nothing."""
        return self._source.encoding_of(modelname).writes_like(self._dest.encoding_of(modelname))

    def doubtful(self, modelname: str, uids: list[str]) -> set[str]:
        """Return those of the unique ids of a type of which it is not certain that both stores have equal records.

        Certain are records that both stores have, that nobody holds, and whose bytes are equal and leave no question
        open, such as that of a NaN.

        Raises:
            ObjectStoreException: If bytes cannot be read or written.
        """
        return self._list_held(modelname, uids) | self._unequal(modelname, uids, self._source.encoding_of(modelname))

    def equal_parents(self, modelname: str, uids: list[str]) -> dict[str, Any]:
        """Return the lists of children, as attributes, of those records of a type that are certainly equal.

        Raises:
            ObjectStoreException: If bytes cannot be read or written.
        """
        held = self._list_held(modelname, uids)
        encoding = self._source.encoding_of(modelname)
        equal = self._equal(modelname, uids, encoding)
        found = {uid: encoding.children_of(data) for uid, data in equal if uid not in held}
        return {uid: lists for uid, lists in found.items() if lists is not None}

    def source_uids(self, modelname: str) -> Iterator[str]:
        """Yield the unique ids of all records of a type in the source, in the order in which it lists them."""
        return (uid for uid, _ in self._source.scan_encoded(model=modelname, by_uid=False))

    def dest_uids(self, modelname: str) -> Iterator[str]:
        """Yield the unique ids of all records of a type in the destination, in the order in which it lists them."""
        return (uid for uid, _ in self._dest.scan_encoded(model=modelname, by_uid=False))

    def absent_from_source(self, modelname: str, uids: list[str]) -> list[str]:
        """Return those of the unique ids of a type of which the source has no record."""
        found = self._source.read_encoded(modelname, uids)
        return [uid for uid, data in zip(uids, found, strict=True) if data is None]

    def close(self) -> None:
        """Let go of what the comparison has opened."""

    def _list_held(self, modelname: str, uids: list[str]) -> set[str]:
        return self._source.flush_and_list_held(modelname, uids) | self._dest.flush_and_list_held(modelname, uids)

    def _equal(self, modelname: str, uids: list[str], encoding: RecordEncoding) -> Iterable[tuple[str, bytes]]:
        """Return unique ids and bytes of the source's records that are certainly equal."""
        source, dest = self._source.read_encoded(modelname, uids), self._dest.read_encoded(modelname, uids)
        return [
            (uid, data)
            for uid, data, other in zip(uids, source, dest, strict=True)
            if data is not None and are_certainly_equal(data, other, encoding)
        ]

    def _unequal(self, modelname: str, uids: list[str], encoding: RecordEncoding) -> set[str]:
        """Return the unique ids of records that are not certainly equal."""
        return set(uids).difference(uid for uid, _ in self._equal(modelname, uids, encoding))


def are_certainly_equal(data: bytes | None, other: bytes | None, encoding: RecordEncoding) -> bool:
    """Whether two records' bytes prove that they are equal but for their statuses."""
    if data is None or other is None:
        return False
    if data == other and data.startswith(encoding.settled_prefixes):
        return True
    try:
        data, other = without_status(data), without_status(other)
    except msgspec.DecodeError:
        return False  # whoever reads the record says what is wrong with it
    return data == other and data.startswith(encoding.settled_prefixes)
