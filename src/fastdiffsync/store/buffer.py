"""The write buffer of a store that keeps bytes: changes collect here and are written in batches.

What the file or the server holds is at any time the outcome of a beginning of what the program did: all of it up to
some point and nothing after. Points between a record's coming and its parent's learning of it are avoided, whichever
of the two the program does first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..model import DiffSyncModel
    from .encoding import RecordEncoding

    Key = tuple[str, str]

_SIZE_OF_REMOVAL = 128
_SIZE_OF_CHANGE = 512


@dataclass
class Batch:
    """Changes that are to be written together; removals come before writes.

    Attributes:
        removed: `{type name: unique ids}` of records to delete.
        written: `{type name: {unique id: bytes}}` of records to insert, in that order, or to replace where they are.
    """

    removed: dict[str, list[str]] = field(default_factory=dict)
    written: dict[str, dict[str, bytes]] = field(default_factory=dict)

    @property
    def modelnames(self) -> list[str]:
        """The types that the batch touches."""
        return list(dict.fromkeys([*self.removed, *self.written]))


class Backend(Protocol):
    """Where bytes are kept: all that differs between one encoded store and another.

    Every method raises `ObjectStoreException`, naming the operation and the way out, if it cannot do its work.
    """

    survives_fork: bool
    """Whether a child process may go on with what its parent has opened."""

    def read(self, modelname: str, uids: Sequence[str]) -> list[bytes | None]:
        """Return the bytes of records of a type, None where there is none, in as few requests as possible."""

    def write(self, batch: Batch) -> None:
        """Apply a batch as a whole or not at all; applying it twice does no harm."""

    def pages(self, modelname: str, size: int, *, by_uid: bool) -> Iterator[list[tuple[str, bytes]]]:
        """Yield all (unique id, bytes) of a type once, `size` at a time.

        Args:
            modelname: The type.
            size: Number of records in a page.
            by_uid: Whether in order of unique ids (as UTF-8) and not of insertion; backends without order ignore it.
        """

    def count(self, modelname: str | None) -> int:
        """Return the number of records of a type, or of all types, without reading records."""

    def modelnames(self) -> set[str]:
        """Return the types of which there are records."""

    def close(self) -> None:
        """Let go of the file or the connection."""


class WriteBuffer:
    """Collects changes and hands them to the backend in batches.

    A batch is due when it has `batch_bytes`, or as many bytes as were written for changed records the last time:
    a parent whose list of children is long is so written again only when as much has come in new.
    """

    def __init__(self, backend: Backend, batch_bytes: int) -> None:
        """Make an empty buffer.

        Args:
            backend: Where batches go.
            batch_bytes: Bytes of records in a batch.
        """
        self._backend = backend
        self._batch_bytes = batch_bytes
        self._limit = batch_bytes
        self._holds = 0
        self.clear()

    def clear(self) -> None:
        """Drop what has been collected."""
        self._removed: dict[Key, None] = {}
        self._written: dict[str, dict[str, bytes]] = {}
        self._changed: dict[Key, tuple[RecordEncoding, DiffSyncModel]] = {}
        self._size = 0
        self._last_changed: DiffSyncModel | None = None
        self._last_was_change = True

    def find(self, key: Key) -> bytes | None:
        """Return the bytes that are to be written for a record, None if there are none."""
        records = self._written.get(key[0])
        return None if records is None else records.get(key[1])

    def is_removed(self, key: Key) -> bool:
        """Whether a record is to be deleted, and no new one is to take its place."""
        return key in self._removed and self.find(key) is None

    def is_empty(self) -> bool:
        """Whether all has been written."""
        return not (self._written or self._removed or self._changed)

    def put(self, key: Key, data: bytes, obj: DiffSyncModel) -> None:
        """Collect a record that has been added or replaced."""
        with_parent = False
        if self._size >= self._limit and not self._holds:
            with_parent = _lists_last(self._last_changed, obj)
            if not with_parent:
                self.flush()
        if self._changed:
            self._changed.pop(key, None)
        modelname, uid = key
        try:
            self._written[modelname][uid] = data
        except KeyError:
            self._written[modelname] = {uid: data}
        self._size += len(data)
        self._last_changed = None
        self._last_was_change = False
        if with_parent:
            self.flush()

    def put_table(self, modelname: str, records: dict[str, bytes]) -> None:
        """Collect new records of a type; the batch that they are in is written when it is next due."""
        if records:
            self._written.setdefault(modelname, {}).update(records)
            self._size += sum(map(len, records.values()))
            self._last_changed = None
            self._last_was_change = False

    def remove(self, key: Key) -> None:
        """Collect the removal of a record."""
        is_due = self._size >= self._limit and not self._holds
        with_parent = is_due and _no_longer_lists(self._last_changed, key)
        if is_due and not with_parent:
            self.flush()
        self._changed.pop(key, None)
        self._written.get(key[0], {}).pop(key[1], None)
        self._removed[key] = None
        self._size += _SIZE_OF_REMOVAL
        self._last_changed = None
        self._last_was_change = False
        if with_parent:
            self.flush()

    def change(self, key: Key, encoding: RecordEncoding, obj: DiffSyncModel) -> None:
        """Collect a record whose object has changed; it is encoded when it is written, with what changes until then."""
        if obj is self._last_changed:
            return
        if key not in self._changed:
            try:
                if self._last_was_change and self._size >= self._limit and not self._holds:
                    self.flush()
            finally:
                # The object has changed, whatever becomes of the changes before.
                self._changed[key] = (encoding, obj)
                self._size += _SIZE_OF_CHANGE
        self._last_changed = obj
        self._last_was_change = True

    @property
    def is_held(self) -> bool:
        """Whether what changes is to go into one batch, which is not complete yet."""
        return self._holds > 0

    def hold(self) -> None:
        """Write no batch on the buffer's own account until `release`, so that all until then goes into one."""
        self._holds += 1

    def release(self) -> None:
        """End what `hold` began."""
        self._holds -= 1

    def flush(self) -> None:
        """Write all that has been collected; if that fails, it stays collected.

        Raises:
            ObjectStoreException: If a record cannot be encoded, or the backend fails.
        """
        if self.is_empty():
            return
        rewritten = [(key, encoding.encode(obj)) for key, (encoding, obj) in self._changed.items()]
        batch = Batch(written=self._written)
        for modelname, uid in self._removed:
            batch.removed.setdefault(modelname, []).append(uid)
        for (modelname, uid), data in rewritten:
            batch.written.setdefault(modelname, {})[uid] = data
        self._backend.write(batch)
        self.clear()
        self._limit = max(self._batch_bytes, sum(len(data) for _, data in rewritten))


def _lists_last(parent: DiffSyncModel | None, obj: DiffSyncModel) -> bool:
    """Whether the newest child that a record lists is `obj`."""
    uids = _children_of_type(parent, obj.get_type())
    return uids is not None and uids[-1:] == [obj.get_unique_id()]


def _no_longer_lists(parent: DiffSyncModel | None, key: Key) -> bool:
    """Whether a record may have just let go of a child: it has children of the type, and does not list this one."""
    uids = _children_of_type(parent, key[0])
    return uids is not None and key[1] not in uids


def _children_of_type(parent: DiffSyncModel | None, modelname: str) -> list[str] | None:
    name = None if parent is None else parent.get_children_mapping().get(modelname)
    return None if name is None else getattr(parent, name)
