"""EncodedStore: what stores that keep records as bytes have in common."""

from __future__ import annotations

import threading
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..exceptions import ObjectAlreadyExists, ObjectNotFound, ObjectStoreException
from ..schema import StructMeta
from . import BaseStore
from .buffer import Backend, WriteBuffer
from .encoding import Encodings, without_status
from .live import KeyFilter, LiveRecords

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import DiffSyncModel
    from .encoding import RecordEncoding

PAGE_SIZE = 1000
"""Number of records that are read from the backend, and held in memory, at a time."""

BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of records that are collected before they are written."""


class EncodedStore(BaseStore):
    """A store that keeps records as MessagePack, outside the process's memory.

    Records are written in batches: `flush`, `close`, leaving a `with` block, and the end of the process write what is
    left, and whatever lists or counts records does so first. Changes that the library makes to a record's attributes,
    status and children are written without being asked to; what a program assigns itself needs `update`. While a
    program holds a record, the store returns that very object for it.

    Threads of one process may use a store at the same time.
    """

    def __init__(self, backend: Backend, *args: Any, batch_bytes: int = BATCH_BYTES, **kwargs: Any) -> None:
        """Make a store on a backend.

        Args:
            backend: Where the bytes are kept.
            *args: As for `BaseStore`.
            batch_bytes: Bytes of records that are collected before they are written.
            **kwargs: As for `BaseStore`.
        """
        super().__init__(*args, **kwargs)
        self._backend = backend
        self._buffer = WriteBuffer(backend, batch_bytes)
        self._encodings = Encodings()
        self._classes: dict[str, type[DiffSyncModel]] = {}
        self._live = LiveRecords()
        self._filter = KeyFilter()
        self._is_filtered: dict[str, bool] = {}
        self._lock = threading.RLock()
        self._finalizer = weakref.finalize(self, _finish, self._buffer, backend)

    # ---- life ----

    def flush(self) -> None:
        """Write all changes that have not been written yet.

        Raises:
            ObjectStoreException: If that fails; the changes are kept for the next attempt.
        """
        with self._opened():
            self._buffer.flush()

    def close(self) -> None:
        """Write what is left and let go of the file or the connection; closing twice does nothing.

        Raises:
            ObjectStoreException: If writing fails; then the store stays open.
        """
        if self._finalizer.alive:
            self.flush()
            self._finalizer()

    def __enter__(self) -> EncodedStore:
        """Return the store, to be closed at the end of the `with` block."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close the store."""
        self.close()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Write all changes made inside the `with` block together, when it ends: all of them, or none.

        Listing or counting records inside the block writes what has been changed so far.

        Raises:
            ObjectStoreException: If writing fails; the changes are kept for the next attempt.
        """
        with self._buffer.hold():
            yield
        self.flush()

    # ---- reading ----

    def get_all_model_names(self) -> set[str]:
        """Return the type names of which there are records."""
        with self._opened():
            self._buffer.flush()
            return self._backend.modelnames()

    def get(self, *, model: str | DiffSyncModel | type[DiffSyncModel], identifier: str | dict[str, Any]) -> DiffSyncModel:
        """Return one record; see `BaseStore.get`.

        Raises:
            ObjectStoreException: If the record's bytes cannot be read, or there is no class for them.
        """
        object_class, modelname = self._get_object_class_and_model(model)
        return self.get_by_uids(uids=[self._get_uid(model, object_class, identifier)], model=model)[0]

    def get_by_uids(
        self, *, uids: list[str], model: str | DiffSyncModel | type[DiffSyncModel]
    ) -> list[DiffSyncModel]:
        """Return records of one type by their unique ids, read together; see `BaseStore.get_by_uids`.

        Raises:
            ObjectStoreException: If a record's bytes cannot be read, or there is no class for them.
        """
        modelname = model if isinstance(model, str) else model.get_type()
        with self._opened():
            found = {uid: self._live.get((modelname, uid)) for uid in uids}
            absent = [uid for uid, obj in found.items() if obj is None]
            if absent:
                encoding = self._encoding_for(model)
                for uid, data in zip(absent, self._read_encoded(modelname, absent), strict=True):
                    if data is None:
                        message = f"{modelname} {uid} not present in {self}"
                        raise ObjectNotFound(message)
                    found[uid] = self._make_live(modelname, uid, data, encoding)
            return [found[uid] for uid in uids]  # type: ignore[misc]

    def get_all(self, *, model: str | DiffSyncModel | type[DiffSyncModel]) -> list[DiffSyncModel]:
        """Return all records of a type; see `iterate`."""
        return list(self.iterate(model=model))

    def iterate(self, *, model: str | DiffSyncModel | type[DiffSyncModel]) -> Iterator[DiffSyncModel]:
        """Yield all records of a type, in the order in which they were added if the store keeps it.

        At most a page of records is held at a time.

        Raises:
            ObjectStoreException: If a record's bytes cannot be read, or there is no class for them.
        """
        modelname = model if isinstance(model, str) else model.get_type()
        encoding: RecordEncoding | None = None
        for page in self._pages(modelname, by_uid=False):
            encoding = encoding or self._encoding_for(model)
            with self._lock:
                records = [
                    self._live.get((modelname, uid)) or self._make_live(modelname, uid, data, encoding)
                    for uid, data in page
                ]
            yield from records

    def scan_encoded(self, *, model: str | DiffSyncModel | type[DiffSyncModel]) -> Iterator[tuple[str, bytes]]:
        """Yield (unique id, bytes) of all records of a type, sorted by unique id if the store has an order."""
        modelname = model if isinstance(model, str) else model.get_type()
        for page in self._pages(modelname, by_uid=True):
            yield from page

    def count(self, *, model: str | DiffSyncModel | type[DiffSyncModel] | None = None) -> int:
        """Return the number of records of a type, or of all types for None, without reading them."""
        modelname = model if isinstance(model, str) or model is None else model.get_type()
        with self._opened():
            self._buffer.flush()
            return self._backend.count(modelname or None)

    # ---- writing ----

    def add(self, *, obj: DiffSyncModel) -> None:
        """Store a new record; adding a record equal to the one that is there does nothing.

        Raises:
            ObjectAlreadyExists: If a record with other values has the type and unique id.
            ObjectStoreException: If a value cannot be stored, or an earlier change cannot be written.
        """
        key = self._key_of(obj)
        with self._opened():
            encoding = self._encodings.of(type(obj))
            data = encoding.encode(obj)
            if self._may_contain(key):
                live = self._live.get(key)
                stored = self._read_encoded(key[0], [key[1]])[0] if live is not obj else None
                if stored is not None:
                    self._check_equal(obj, stored, data)
                    return
            self._put(key, data, obj)

    def update(self, *, obj: DiffSyncModel) -> None:
        """Store a record, replacing the one with its unique id, if any.

        Raises:
            ObjectStoreException: If a value cannot be stored, or an earlier change cannot be written.
        """
        key = self._key_of(obj)
        with self._opened():
            self._may_contain(key)
            self._put(key, self._encodings.of(type(obj)).encode(obj), obj)

    def remove_item(self, modelname: str, uid: str) -> None:
        """Remove one record; see `BaseStore.remove_item`."""
        key = (modelname, uid)
        with self._opened():
            if self._read_encoded(modelname, [uid])[0] is None:
                message = f"{modelname} {uid} not present in {self}"
                raise ObjectNotFound(message)
            self._buffer.remove(key)
            self._live.discard(key)

    def remove(self, *, obj: DiffSyncModel, remove_children: bool = False) -> None:
        """Remove a record, and with `remove_children` all below it in one batch; see `BaseStore.remove`."""
        with self._buffer.hold():
            super().remove(obj=obj, remove_children=remove_children)

    def record_changed(self, *, obj: DiffSyncModel) -> None:
        """Take note that the library has changed a record; one that is not in the store is left alone."""
        key = (obj.get_type(), obj.get_unique_id())
        with self._opened():
            if self._live.get(key) is obj:
                self._buffer.change(key, self._encodings.of(type(obj)), obj)

    # ---- inner works ----

    @contextmanager
    def _opened(self) -> Iterator[None]:
        with self._lock:
            if not self._finalizer.alive:
                message = f"{self} is closed; make a new store to go on"
                raise ObjectStoreException(message)
            if self._buffer.forget_if_forked() and not self._backend.survives_fork:
                message = f"{self} was opened by another process; a child process must make a store of its own"
                raise ObjectStoreException(message)
            yield

    def _put(self, key: tuple[str, str], data: bytes, obj: DiffSyncModel) -> None:
        if obj.adapter is None:
            obj.adapter = self.adapter
        self._buffer.put(key, data, obj)
        self._live.put(key, obj)
        self._classes[key[0]] = type(obj)

    @staticmethod
    def _key_of(obj: DiffSyncModel) -> tuple[str, str]:
        modelname, uid = obj.get_type(), obj.get_unique_id()
        if not isinstance(uid, str):
            message = f"{modelname} {uid!r}: a unique id must be a str to be stored, not {type(uid).__name__}"
            raise ObjectStoreException(message)
        return modelname, uid

    def _may_contain(self, key: tuple[str, str]) -> bool:
        """Whether a record may be there; False spares a look. A type that was empty at first is followed from then on."""
        is_filtered = self._is_filtered.get(key[0])
        if is_filtered is None:
            is_filtered = self._is_filtered[key[0]] = self._backend.count(key[0]) == 0
        return self._filter.put(key) or not is_filtered

    def _read_encoded(self, modelname: str, uids: list[str]) -> list[bytes | None]:
        """Return the bytes of records as they will be when all is written."""
        if self._buffer.is_empty():
            return self._backend.read(modelname, uids)
        found: dict[str, bytes | None] = {}
        for uid in uids:
            key = (modelname, uid)
            data = self._buffer.find(key)
            if data is not None or self._buffer.is_removed(key):
                found[uid] = data
        absent = [uid for uid in uids if uid not in found]
        if absent:
            found.update(zip(absent, self._backend.read(modelname, absent), strict=True))
        return [found[uid] for uid in uids]

    def _pages(self, modelname: str, *, by_uid: bool) -> Iterator[list[tuple[str, bytes]]]:
        with self._opened():
            self._buffer.flush()
        pages = self._backend.pages(modelname, PAGE_SIZE, by_uid=by_uid)
        while True:
            with self._opened():
                page = next(pages, None)
            if page is None:
                return
            yield page

    def _make_live(self, modelname: str, uid: str, data: bytes, encoding: RecordEncoding) -> DiffSyncModel:
        obj = encoding.decode(data, uid, self.adapter)
        self._live.put((modelname, uid), obj)
        return obj

    def _encoding_for(self, model: str | DiffSyncModel | type[DiffSyncModel]) -> RecordEncoding:
        """Return the encoding of the class that records of a type are made of: the adapter's, if it has one."""
        modelname = model if isinstance(model, str) else model.get_type()
        cls: Any = getattr(self.adapter, modelname, None)
        if not isinstance(cls, StructMeta):
            given = None if isinstance(model, str) else model if isinstance(model, type) else type(model)
            cls = given or self._classes.get(modelname)
        if cls is None:
            message = (
                f"{self} has records of type {modelname!r}, but no class to make them of; give the adapter an attribute "
                f"{modelname!r} that is the model class, or pass the class in place of the name"
            )
            raise ObjectStoreException(message)
        return self._encodings.of(cls)

    def _check_equal(self, obj: DiffSyncModel, stored: bytes, data: bytes) -> None:
        """Raise if a record that is added differs from the one that is there, whatever their statuses."""
        if without_status(stored) == without_status(data):
            return
        uid = obj.get_unique_id()
        existing = self._encodings.of(type(obj)).decode(stored, uid, self.adapter)
        if existing.dict() != obj.dict():
            message = f"Object {uid} already present"
            raise ObjectAlreadyExists(message, obj)


def _finish(buffer: WriteBuffer, backend: Backend) -> None:
    """Write what is left and close, unless this is a child process to which nothing of it belongs."""
    if buffer.forget_if_forked():
        return
    try:
        buffer.flush()
    finally:
        backend.close()
