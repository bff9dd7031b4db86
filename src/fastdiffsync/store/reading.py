"""EncodedReader: how stores that keep records as bytes live, and how they are read."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .. import _kernel as kernel
from ..exceptions import ObjectNotFound, ObjectStoreException
from ..kernel.checks import modelname_of
from ..runtime.garbage import PausedCollection
from ..schema import StructMeta
from . import BaseStore
from .buffer import Backend, WriteBuffer
from .encoding import Encodings
from .live import LiveRecords

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

    from ..model import DiffSyncModel
    from .encoding import RecordEncoding

PAGE_SIZE = 1000
"""Number of records that are read from the backend, and held in memory, at a time."""

BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of records that are collected before they are written."""


class _Process:
    """The id of the process, which every call of a store compares: asking the system each time takes 0.2 µs."""

    def __init__(self) -> None:
        """Learn the id, and again in each child that is forked; where there is no fork, it never changes."""
        self.learn_id()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.learn_id)

    def learn_id(self) -> None:
        """Ask the system."""
        self.id = os.getpid()


process = _Process()


class EncodedReader(BaseStore):
    """The half of an `EncodedStore` that opens, flushes, closes and reads.

    Attributes:
        is_open: Whether the store has not been closed.
        is_read_only: Whether the store refuses every change.
    """

    is_read_only = False

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
        self._batch_bytes = batch_bytes
        self._buffer = WriteBuffer(backend, batch_bytes)
        self._encodings = Encodings()
        self._classes: dict[str, type[DiffSyncModel]] = {}
        self._live = LiveRecords()
        self._filter = kernel.KeyFilter()
        self._followed: dict[str, bool] = {}
        self._lock = threading.RLock()
        self._process = process.id
        self.is_open = True
        _open_stores.add(self)

    # ---- life ----

    def flush(self) -> None:
        """Write all changes that have not been written yet; inside a `batch` block, the block's end does so.

        Raises:
            ObjectStoreException: If that fails; the changes are kept for the next attempt.
        """
        self._live.forget_ahead()
        if not self._buffer.is_held:
            self._write_changes()

    def _write_changes(self) -> None:
        with self._lock:
            self._check_open()
            self._buffer.flush()

    def discard(self) -> None:
        """Give up all changes that have not been written yet."""
        with self._lock:
            self._check_open()
            self._buffer.clear()
            self._live = LiveRecords()

    def close(self) -> None:
        """Write what is left and let go of the file or the connection; closing twice does nothing.

        Raises:
            ObjectStoreException: If writing fails; then the store stays open.
        """
        with self._lock:
            if self.is_open:
                self._write_changes()
                self.is_open = False
                self._backend.close()
                _open_stores.discard(self)

    def __del__(self) -> None:
        """Close a store that nobody holds any more."""
        if getattr(self, "is_open", False) and self.is_of_this_process():
            try:
                self.close()
            finally:
                if self.is_open:
                    self._backend.close()  # with what could not be written: nobody can try again

    def is_of_this_process(self) -> bool:
        """Whether this process made the store, and not its parent before a fork."""
        return os.getpid() == self._process

    def __enter__(self) -> Self:
        """Return the store, to be closed at the end of the `with` block."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close the store, also after an exception: what was done before it is written."""
        self.close()

    @contextmanager
    def batch(self, *, writes: bool = True) -> Iterator[None]:
        """Write all changes made inside the `with` block together, when it ends: all of them, or none.

        Of blocks inside each other the outermost counts. Listing or counting records inside the block writes what has
        been changed so far.

        Args:
            writes: Whether to write when the block ends, and not with the next batch that is due.

        Raises:
            ObjectStoreException: If writing fails; the changes are kept for the next attempt.
        """
        self._buffer.hold()
        try:
            yield
        finally:
            self._buffer.release()
        if writes:
            self.flush()

    # ---- reading ----

    def get_all_model_names(self) -> set[str]:
        """Return the type names of which there are records."""
        with self._lock:
            self._check_open()
            self._buffer.flush()
            return self._backend.modelnames()

    def get(
        self, *, model: str | DiffSyncModel | type[DiffSyncModel], identifier: str | dict[str, Any]
    ) -> DiffSyncModel:
        """Return one record; see `BaseStore.get`.

        Raises:
            ObjectStoreException: If the record's bytes cannot be read, or there is no class for them.
        """
        object_class, _ = self._get_object_class_and_model(model)
        return self.get_by_uids(uids=[self._get_uid(model, object_class, identifier)], model=model)[0]

    def get_by_uids(self, *, uids: list[str], model: str | DiffSyncModel | type[DiffSyncModel]) -> list[DiffSyncModel]:
        """Return records of one type by their unique ids, read together; see `BaseStore.get_by_uids`.

        Raises:
            ObjectStoreException: If a record's bytes cannot be read, or there is no class for them.
        """
        found = self.find_by_uids(uids=uids, model=model)
        for uid in uids:
            if uid not in found:
                modelname = modelname_of(model)
                message = f"{modelname} {uid} not present in {self}"
                raise ObjectNotFound(message)
        return [found[uid] for uid in uids]

    def find_by_uids(
        self, *, uids: list[str], model: str | DiffSyncModel | type[DiffSyncModel]
    ) -> dict[str, DiffSyncModel]:
        """Return those of the records of one type that are there, read together; see `BaseStore.find_by_uids`.

        Raises:
            ObjectStoreException: If a record's bytes cannot be read, or there is no class for them.
        """
        modelname = modelname_of(model)
        with self._lock:
            self._check_open()
            held = {uid: self._live.get((modelname, uid)) for uid in uids}
            found = {uid: obj for uid, obj in held.items() if obj is not None}
            absent = [uid for uid, obj in held.items() if obj is None]
            if absent:
                encoding = self._encoding_for(model)
                encoded = zip(absent, self._read_encoded(modelname, absent), strict=True)
                with PausedCollection():  # it would look at all records made so far, again and again
                    for uid, data in encoded:
                        if data is not None:
                            found[uid] = self._make_live(modelname, uid, data, encoding)
            return found

    def read_ahead(self, *, uids: list[str], model: str | DiffSyncModel | type[DiffSyncModel]) -> None:
        """Read records together that will be asked for one by one; see `BaseStore.read_ahead`.

        Raises:
            ObjectStoreException: If a record's bytes cannot be read, or there is no class for them.
        """
        modelname = modelname_of(model)
        with self._lock:
            found = self.find_by_uids(uids=uids, model=model)
            self._live.hold_ahead(modelname, found, set(uids).difference(found))

    def mark_unchanged(self, *, uids: list[str], model: str | DiffSyncModel | type[DiffSyncModel]) -> None:
        """Remember, without writing it, that records have the status UNKNOWN; see `BaseStore.mark_unchanged`."""
        modelname = modelname_of(model)
        with self._lock:
            self._live.mark_unchanged(modelname, uids)

    def get_all(self, *, model: str | DiffSyncModel | type[DiffSyncModel]) -> list[DiffSyncModel]:
        """Return all records of a type; see `iterate`."""
        return list(self.iterate(model=model))

    def iterate(self, *, model: str | DiffSyncModel | type[DiffSyncModel]) -> Iterator[DiffSyncModel]:
        """Yield all records of a type, in the order in which they were added if the store keeps it.

        At most a page of records is held at a time.

        Raises:
            ObjectStoreException: If a record's bytes cannot be read, or there is no class for them.
        """
        modelname = modelname_of(model)
        encoding: RecordEncoding | None = None
        for page in self._pages(modelname, by_uid=False):
            encoding = encoding or self._encoding_for(model)
            with self._lock, PausedCollection():
                records = [
                    self._live.get((modelname, uid)) or self._make_live(modelname, uid, data, encoding)
                    for uid, data in page
                ]
            yield from records

    def scan_encoded(
        self, *, model: str | DiffSyncModel | type[DiffSyncModel], by_uid: bool = True
    ) -> Iterator[tuple[str, bytes]]:
        """Yield (unique id, bytes) of all records of a type; at most a page of them is held at a time.

        Args:
            model: A type name, or a model class or record of the type.
            by_uid: Whether to sort by unique id, or by when they were added; a store without order ignores it.
        """
        modelname = modelname_of(model)
        for page in self._pages(modelname, by_uid=by_uid):
            yield from page

    def count(self, *, model: str | DiffSyncModel | type[DiffSyncModel] | None = None) -> int:
        """Return the number of records of a type, or of all types for None, without reading them."""
        modelname = None if model is None else modelname_of(model)
        with self._lock:
            self._check_open()
            self._buffer.flush()
            return self._backend.count(modelname or None)

    # ---- inner works ----

    def _check_open(self) -> None:
        """Check that the store may be used, and in a child process leave its parent's changes to the parent."""
        if self.is_open and self._process == process.id:
            return
        if not self.is_open:
            message = f"{self} is closed; make a new store to go on"
            raise ObjectStoreException(message)
        if not self._backend.survives_fork:
            message = f"{self} was opened by another process; a child process must make a store of its own"
            raise ObjectStoreException(message)
        self._process = process.id
        self._buffer.clear()

    def _read_encoded(self, modelname: str, uids: list[str]) -> list[bytes | None]:
        """Return the bytes of records as they will be when all is written."""
        known_absent = self._live.absent_among(modelname, uids)
        if self._buffer.is_empty() and not known_absent:
            return self._backend.read(modelname, uids)
        found: dict[str, bytes | None] = dict.fromkeys(known_absent)
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
        self._write_changes()
        pages = self._backend.pages(modelname, PAGE_SIZE, by_uid=by_uid)
        while True:
            with self._lock:
                self._check_open()
                page = next(pages, None)
            if page is None:
                return
            yield page

    def _make_live(self, modelname: str, uid: str, data: bytes, encoding: RecordEncoding) -> DiffSyncModel:
        obj = encoding.decode(data, uid, self.adapter)
        self._live.put_read((modelname, uid), obj)
        return obj

    def _encoding_for(self, model: str | DiffSyncModel | type[DiffSyncModel]) -> RecordEncoding:
        """Return the encoding of the class that records of a type are made of: the adapter's, if it has one."""
        modelname = modelname_of(model)
        cls: Any = getattr(self.adapter, modelname, None)
        if not isinstance(cls, StructMeta):
            given = None if isinstance(model, str) else model if isinstance(model, type) else type(model)
            cls = given or self._classes.get(modelname)
        if cls is None:
            message = (
                f"{self} has records of type {modelname!r}, but no class to make them of; give the adapter an "
                f"attribute {modelname!r} that is the model class, or pass the class in place of the name"
            )
            raise ObjectStoreException(message)
        return self._encodings.of(cls)


def _close_all() -> None:
    """At the end of the process, write what programs have left unwritten."""
    for store in list(_open_stores):
        if store.is_of_this_process():
            store.close()


_open_stores: weakref.WeakSet[EncodedReader] = weakref.WeakSet()
atexit.register(_close_all)
