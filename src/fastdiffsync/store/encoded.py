"""EncodedStore: what stores that keep records as bytes have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from .. import _kernel as kernel
from ..exceptions import ObjectNotFound, ObjectStoreException
from ..kernel.identity import refuse_taken
from .buffer import Batch
from .comparison import Comparison
from .reading import EncodedReader, process

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model import DiffSyncModel
    from . import BaseStore
    from .encoding import RecordEncoding

_READING = frozenset({"get", "get_all", "get_by_uids", "find_by_uids", "iterate"})


class EncodedStore(EncodedReader):
    """A store that keeps records as MessagePack, outside the process's memory.

    Records are written in batches: `flush`, `close`, leaving a `with` block, and the end of the process write what is
    left, and whatever lists or counts records does so first. Changes that the library makes to a record's attributes,
    status and children are written without being asked to; what a program assigns itself needs `update`. While a
    program holds a record, the store returns that very object for it.

    Threads of one process may use a store at the same time.

    Attributes:
        is_open: Whether the store has not been closed.
        is_read_only: Whether the store refuses every change.
    """

    keeps_copies = True
    fetches_in_batches = True

    # ---- comparing ----

    def comparison_with(self, other: BaseStore) -> Comparison | None:
        """Return what compares records of both stores by their bytes; see `BaseStore.comparison_with`."""
        if not isinstance(other, EncodedStore) or self._reads_otherwise() or other._reads_otherwise():
            return None
        return Comparison(self, other)

    def encoding_of(self, modelname: str) -> RecordEncoding:
        """Return how records of a type are written and read.

        Raises:
            ObjectStoreException: If no class is known for the type.
        """
        return self._encoding_for(modelname)

    def read_encoded(self, modelname: str, uids: list[str]) -> list[bytes | None]:
        """Return the bytes of records of a type as they will be when all is written, None where there is none."""
        with self._lock:
            self._check_open()
            return self._read_encoded(modelname, uids)

    def flush_and_list_held(self, modelname: str, uids: list[str]) -> set[str]:
        """Write what has not been written, and return those of the unique ids whose objects a program holds.

        Of all others the bytes that are written are all there is to know.
        """
        with self._lock:
            self._check_open()
            self._buffer.flush()
            return self._live.held_among(modelname, uids)

    def _reads_otherwise(self) -> bool:
        """Whether a subclass or the instance overrides how records are read."""
        cls = type(self)
        is_own = all(getattr(cls, name) is getattr(EncodedStore, name) for name in _READING)
        return not is_own or not _READING.isdisjoint(self.__dict__)

    # ---- writing ----

    def add(self, *, obj: DiffSyncModel) -> None:
        """Store a new record; adding a record equal to the one that is there does nothing.

        Raises:
            ObjectAlreadyExists: If a record with other values has the type and unique id.
            ObjectStoreException: If a value cannot be stored, an earlier change cannot be written, or the store is
                read-only.
        """
        key = kernel.key_of(obj)
        # Loads come here with each record. A call in Python takes 0.1 µs of the 3.5 that are needed, so `_check_open`
        # and `_is_followed` are only called if they have anything to do; the lock's `with` would take 0.1 µs more.
        self._lock.acquire()
        try:
            if self._process != process.id or not self.is_open:
                self._check_open()
            data = self._encodings.of(type(obj)).encode(obj)
            is_followed = self._followed.get(key[0]) or self._is_followed(key[0])
            if (self._filter.put(key) or not is_followed) and self._has_equal(key, obj):
                return
            self._put(key, data, obj)
        finally:
            self._lock.release()

    @property
    def takes_whole_tables(self) -> bool:
        """Whether `find_present` and `add_tables` do what asking and adding one by one would do."""
        is_own = type(self).add is EncodedStore.add and "add" not in self.__dict__
        return is_own and not self._reads_otherwise()

    def find_present(self, modelname: str, uids: Iterable[str]) -> dict[str, DiffSyncModel]:
        """Return those of some records of a type, about to be added, that are there already, by unique id.

        Raises:
            ObjectStoreException: If a record's bytes cannot be read, or one is not there and the store is read-only.
        """
        with self._lock:
            self._check_open()
            is_followed = self._is_followed(modelname)
            known = self._filter.put_many(modelname, uids)
            doubtful = known if is_followed else list(uids)
            present = self.find_by_uids(uids=doubtful, model=modelname) if doubtful else {}
            if self.is_read_only:
                for uid in uids:
                    if uid not in present:
                        self._refuse_change("add", modelname, uid)
            return present

    def add_tables(self, tables: dict[str, dict[str, DiffSyncModel]]) -> None:
        """Store new records of which none is there yet, and nobody holds one: all of them, or none.

        Args:
            tables: `{modelname: {unique id: record}}`.

        Raises:
            ObjectStoreException: If a value cannot be stored.
        """
        with self._lock:
            self._check_open()
            encoded = {}
            for modelname, records in tables.items():
                if not {str}.issuperset(map(type, records)):
                    for obj in records.values():
                        kernel.key_of(obj)
                encode = {cls: self._encodings.of(cls).encode for cls in set(map(type, records.values()))}
                encoded[modelname] = {uid: encode[type(obj)](obj) for uid, obj in records.items()}
                for cls in encode:
                    self._classes[modelname] = cls
            for modelname, table in encoded.items():
                self._buffer.put_table(modelname, table)
                self._live.changed_many(modelname, table)

    def update(self, *, obj: DiffSyncModel) -> None:
        """Store a record, replacing the one with its unique id, if any.

        Raises:
            ObjectStoreException: If a value cannot be stored, an earlier change cannot be written, or the store is
                read-only.
        """
        key = kernel.key_of(obj)
        with self._lock:
            self._check_open()
            self._is_followed(key[0])
            self._filter.put(key)
            self._put(key, self._encodings.of(type(obj)).encode(obj), obj)

    def remove_item(self, modelname: str, uid: str) -> None:
        """Remove one record; see `BaseStore.remove_item`.

        Raises:
            ObjectStoreException: If an earlier change cannot be written, or the store is read-only.
        """
        key = (modelname, uid)
        with self._lock:
            self._check_open()
            if self._live.get(key) is None and self._read_encoded(modelname, [uid])[0] is None:
                message = f"{modelname} {uid} not present in {self}"
                raise ObjectNotFound(message)
            if self.is_read_only:
                self._refuse_change("remove", modelname, uid)
            self._buffer.remove(key)
            self._live.discard(key)

    def remove(self, *, obj: DiffSyncModel, remove_children: bool = False) -> None:
        """Remove a record, and with `remove_children` all below it in one batch; see `BaseStore.remove`."""
        if not remove_children:
            super().remove(obj=obj)
            return
        self._buffer.hold()
        try:
            super().remove(obj=obj, remove_children=True)
        finally:
            self._buffer.release()

    def record_changed(self, *, obj: DiffSyncModel) -> None:
        """Take note that the library has changed a record; one that is not in the store is left alone.

        Raises:
            ObjectStoreException: If the store is read-only: it then has the record as it was, apart from the object;
                or if an earlier change cannot be written.
        """
        key = (obj.get_type(), obj.get_unique_id())
        with self._lock:
            self._check_open()
            if self._live.get(key) is obj:
                if self.is_read_only:
                    self._live.discard(key)
                    self._refuse_change("change", *key)
                self._live.changed(key)
                self._buffer.change(key, self._encodings.of(type(obj)), obj)

    def put_encoded(self, modelname: str, records: Iterable[tuple[str, bytes]]) -> int:
        """Write records of a type as the bytes that a store of any kind has for them, in batches.

        Args:
            modelname: The type.
            records: (Unique id, bytes) of each.

        Returns:
            The number of records.

        Raises:
            ObjectStoreException: If writing fails; the batches before are written. If the store is read-only.
        """
        if self.is_read_only:
            self._refuse_change("add", modelname)
        self._write_changes()
        self._live.forget_notes(modelname)
        self._followed[modelname] = False
        count = size = 0
        batch: dict[str, bytes] = {}
        for uid, data in records:
            batch[uid] = data
            count += 1
            size += len(data)
            if size >= self._batch_bytes:
                self._write_encoded(modelname, batch)
                batch, size = {}, 0
        self._write_encoded(modelname, batch)
        return count

    def _write_encoded(self, modelname: str, records: dict[str, bytes]) -> None:
        with self._lock:
            self._check_open()
            if records:
                self._backend.write(Batch(written={modelname: records}))

    # ---- inner works ----

    def _put(self, key: tuple[str, str], data: bytes, obj: DiffSyncModel) -> None:
        if self.is_read_only:
            self._refuse_change("add or update", *key)
        kernel.claim(obj, self.adapter)
        self._buffer.put(key, data, obj)
        self._live.put(key, obj)
        self._classes[key[0]] = type(obj)

    def _refuse_change(self, operation: str, modelname: str, uid: str | None = None) -> NoReturn:
        what = f"{modelname} records" if uid is None else f"{modelname} {uid!r}"
        message = f"cannot {operation} {what}: {self} was opened with read_only=True; open it without, to change it"
        raise ObjectStoreException(message)

    def _is_followed(self, modelname: str) -> bool:
        """Whether all unique ids of a type are in the filter: it was empty when its first record was added."""
        is_followed = self._followed.get(modelname)
        if is_followed is None:
            is_followed = self._followed[modelname] = self._backend.count(modelname) == 0
        return is_followed

    def _has_equal(self, key: tuple[str, str], obj: DiffSyncModel) -> bool:
        """Whether another object with equal values is there; raise if there is one with other values."""
        existing = self._live.get(key)
        if existing is None:
            data = self._read_encoded(key[0], [key[1]])[0]
            if data is not None:
                existing = self._encodings.of(type(obj)).decode(data, key[1], self.adapter)
        if existing is None or existing is obj:
            return False
        if existing.dict() != obj.dict():
            refuse_taken(obj, key[1])
        return True
