"""SQLiteStore: records in an SQLite file, for data that must outlive the process or does not fit in memory."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..exceptions import ObjectStoreException
from .comparison import Comparison, are_certainly_equal
from .encoded import EncodedStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from . import BaseStore
    from .buffer import Batch
    from .encoding import RecordEncoding

SCHEMA_VERSION = 1
"""Version of the tables, kept in the file's `user_version`."""

_APPLICATION_ID = 0x66647379
_READ_CHUNK = 500
_CACHE_KIB = 32 * 1024
_COMPARE_CACHE_KIB = 8 * 1024
_PAGE_BYTES = 8192
_WAL_PAGES = 2000

# `position` keeps the order in which records were added. The table is in the order of unique ids, so that two stores
# can be compared in one pass; the index leads through it in the order of positions. No two records of a type have the
# same; to have SQLite check that would take an eighth of the time of a load.
_SCHEMA = """
CREATE TABLE model (
    number INTEGER PRIMARY KEY,
    store_id TEXT NOT NULL,
    modelname TEXT NOT NULL,
    UNIQUE (store_id, modelname)
);
CREATE TABLE record (
    model INTEGER NOT NULL REFERENCES model (number),
    uid TEXT NOT NULL,
    position INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (model, uid)
) WITHOUT ROWID;
CREATE INDEX record_position ON record (model, position);
"""

_INSERT = """
INSERT INTO record (model, uid, position, data) VALUES (?, ?, ?, ?)
ON CONFLICT (model, uid) DO UPDATE SET data = excluded.data
"""

# SQLite asks for the records in the order of a CROSS JOIN or a LEFT JOIN; of any other it might read all, for each id.
_JOINED = """
FROM json_each(?) AS asked
{join} main.record AS a ON a.model = ? AND a.uid = asked.value
{join} other.record AS b ON b.model = ? AND b.uid = asked.value
"""
_ARE_EQUAL = "a.data = b.data AND (a.data >= ? AND a.data < ? OR a.data >= ? AND a.data < ?)"
_EQUAL = f"SELECT asked.key, a.data {_JOINED.format(join='CROSS JOIN')} WHERE {_ARE_EQUAL}"
_UNEQUAL = f"SELECT asked.key, a.data, b.data {_JOINED.format(join='LEFT JOIN')} WHERE NOT coalesce({_ARE_EQUAL}, 0)"

# Releases of SQLite differ in what they make of this.
_JSON_NUL = "\\u0000"

_WAYS_OUT = {
    "full": "make room on the disk; what was not written is kept and written with the next batch",
    "readonly": "make the file and its directory writable, or open it with read_only=True",
    "locked": "another process is writing; let it finish, or give a longer `timeout`",
    "busy": "another process is writing; let it finish, or give a longer `timeout`",
    "malformed": "the file is damaged; restore it from a backup, or delete it and load the records again",
    "not a database": "the file is something else, or damaged; give the path of a store, or of a file yet to be made",
    "unable to open": "check that the directory exists and that the file may be read and written",
    "disk I/O": "check the disk and the limits on file sizes; what was not written is kept for the next batch",
}


class SQLiteStore(EncodedStore):
    """Keeps records in an SQLite file, in the order in which they were added.

    One file can hold the records of several adapters, each under its own `store_id`. Any number of processes may read
    while one writes; two that write the same records overwrite each other's. The store belongs to the process that
    made it: a forked child makes its own. Batches are transactions, in write-ahead mode: a process that is killed
    leaves a file with every batch that was written and nothing of any other.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *args: Any,
        store_id: str = "default",
        read_only: bool = False,
        timeout: float = 5.0,
        **kwargs: Any,
    ) -> None:
        """Open a file, or make it.

        Args:
            path: The file.
            *args: As for `BaseStore`.
            store_id: Which of the stores in the file.
            read_only: Whether to refuse every change; the file must exist.
            timeout: Seconds to wait for another process that writes.
            **kwargs: As for `EncodedStore`.

        Raises:
            ObjectStoreException: If the file cannot be opened, is no store, or one of a later version.
        """
        self._store_id = store_id
        self._backend: SQLiteFile
        super().__init__(SQLiteFile(path, store_id, read_only=read_only, timeout=timeout), *args, **kwargs)

    def __str__(self) -> str:
        """Return the store's name and id."""
        return f"{self.name} ({self._store_id})"

    def comparison_with(self, other: BaseStore) -> Comparison | None:
        """Return what compares records of both stores by their bytes; that of two files leaves the work to SQLite."""
        comparison = super().comparison_with(other)
        if comparison is None or not isinstance(other, SQLiteStore):
            return comparison
        with suppress(sqlite3.Error):
            connection = self._backend.connect_with(other._backend)
            return SQLiteComparison(self, other, connection) if connection else comparison
        return comparison


class SQLiteComparison(Comparison):
    """Tells which records of two SQLite stores may differ; the bytes of equal ones do not leave SQLite."""

    def __init__(self, source: SQLiteStore, dest: SQLiteStore, connection: sqlite3.Connection) -> None:
        """Prepare to compare the records of two stores, by a connection that reads both files."""
        super().__init__(source, dest)
        self._files = source._backend, dest._backend
        self._connection = connection

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _equal(self, modelname: str, uids: list[str], encoding: RecordEncoding) -> Iterable[tuple[str, bytes]]:
        rows = self._select(_EQUAL, modelname, uids, encoding)
        return super()._equal(modelname, uids, encoding) if rows is None else [(uids[key], data) for key, data in rows]

    def _unequal(self, modelname: str, uids: list[str], encoding: RecordEncoding) -> set[str]:
        rows = self._select(_UNEQUAL, modelname, uids, encoding)
        if rows is None:
            return super()._unequal(modelname, uids, encoding)
        return {uids[key] for key, data, other in rows if not are_certainly_equal(data, other, encoding)}

    def _select(self, query: str, modelname: str, uids: list[str], encoding: RecordEncoding) -> list[Any] | None:
        """Return what a query finds of these records; None if JSON cannot carry the unique ids."""
        asked = json.dumps(uids, ensure_ascii=False)
        if _JSON_NUL in asked or not _is_text(asked):
            return None
        numbers = [file.number(modelname) for file in self._files]
        ranges = [
            end for prefix in encoding.settled_prefixes for end in (prefix, prefix[:-1] + bytes([prefix[-1] + 1]))
        ]
        with self._files[0].explaining(f"compare {modelname} records"):
            return self._connection.execute(query, (asked, *numbers, *ranges)).fetchall()


class SQLiteFile:
    """One store in an SQLite file, as bytes: the backend of `SQLiteStore`."""

    survives_fork = False

    def __init__(self, path: str | os.PathLike[str], store_id: str, *, read_only: bool, timeout: float) -> None:
        """Open the file and check what it is; the arguments are those of `SQLiteStore`."""
        self._path = os.fspath(path)
        self._timeout = timeout
        self._store_id = store_id
        self._numbers: dict[str, int] = {}
        with self.explaining("open the file"):
            self._connection = self._connect(read_only=read_only, timeout=timeout)
            try:
                self._prepare(read_only=read_only)
            except BaseException:
                self._connection.close()
                raise

    def _connect(self, *, read_only: bool, timeout: float) -> sqlite3.Connection:
        address, is_uri = self._path, False
        if read_only:
            address, is_uri = Path(self._path).absolute().as_uri() + "?mode=ro", True
        return sqlite3.connect(address, uri=is_uri, timeout=timeout, isolation_level=None, check_same_thread=False)

    def _prepare(self, *, read_only: bool) -> None:
        """Check the file's identity and version; make the tables if it is empty."""
        execute = self._connection.execute
        execute("PRAGMA synchronous = NORMAL")
        if not self._has_tables():
            if read_only:
                message = "the file is empty; open it once without read_only, and load records"
                raise ObjectStoreException(message)
            execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            execute("PRAGMA journal_mode = WAL")
            with self._transaction():
                if not self._has_tables():
                    for statement in _SCHEMA.split(";"):
                        execute(statement)
                    execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                    execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._check_identity()
        execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")

    def _has_tables(self) -> bool:
        return bool(self._value("SELECT count(*) FROM sqlite_master"))

    def _check_identity(self) -> None:
        if self._value("PRAGMA application_id") != _APPLICATION_ID:
            message = f"{self._path} is an SQLite database of another program; give the path of a store or a new file"
            raise ObjectStoreException(message)
        version = self._value("PRAGMA user_version")
        if version != SCHEMA_VERSION:
            message = (
                f"{self._path} is a store of schema version {version}, and this release reads version "
                f"{SCHEMA_VERSION}; use the release that wrote it, or load the records into a new file"
            )
            raise ObjectStoreException(message)

    def connect_with(self, other: SQLiteFile) -> sqlite3.Connection | None:
        """Return a connection that reads this file as `main` and another as `other`; None if one is in memory only."""
        paths = [file._value("SELECT file FROM pragma_database_list WHERE name = 'main'") for file in (self, other)]
        if not all(paths):
            return None
        addresses = [Path(path).as_uri() + "?mode=ro" for path in paths]
        connection = sqlite3.connect(addresses[0], uri=True, timeout=self._timeout, check_same_thread=False)
        try:
            connection.execute("ATTACH ? AS other", (addresses[1],))
            for name in ("main", "other"):
                connection.execute(f"PRAGMA {name}.cache_size = -{_COMPARE_CACHE_KIB}")
            connection.execute(_EQUAL, ("[]", *(None,) * 6))
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def read(self, modelname: str, uids: Sequence[str]) -> list[bytes | None]:
        """Return the bytes of records of a type, None where there is none."""
        found: dict[str, bytes] = {}
        with self.explaining(f"read {modelname} records"):
            number = self.number(modelname)
            if number is not None:
                for start in range(0, len(uids), _READ_CHUNK):
                    chunk = [uid for uid in uids[start : start + _READ_CHUNK] if _is_text(uid)]
                    marks = ",".join("?" * len(chunk))
                    query = f"SELECT uid, data FROM record WHERE model = ? AND uid IN ({marks})"  # noqa: S608 - marks
                    found.update(self._connection.execute(query, (number, *chunk)))
        return [found.get(uid) for uid in uids]

    def write(self, batch: Batch) -> None:
        """Apply a batch in one transaction."""
        with self.explaining(f"write {', '.join(batch.modelnames)} records"), self._transaction():
            for modelname, uids in batch.removed.items():
                number = self.number(modelname)
                removals = ((number, uid) for uid in sorted(uids))
                self._connection.executemany("DELETE FROM record WHERE model = ? AND uid = ?", removals)
            for modelname, records in batch.written.items():
                number = self.number(modelname) or self._new_number(modelname)
                last = self._value("SELECT max(position) FROM record WHERE model = ?", number)
                first = 0 if last is None else last + 1
                rows = [(number, uid, place, data) for place, (uid, data) in enumerate(records.items(), first)]
                # In the table's order a row goes next to the last one, four times as fast as at random.
                rows.sort()
                self._connection.executemany(_INSERT, rows)

    def pages(self, modelname: str, size: int, *, by_uid: bool) -> Iterator[list[tuple[str, bytes]]]:
        """Yield all (unique id, bytes) of a type, `size` at a time; nothing stays open between two pages."""
        column = "uid" if by_uid else "position"
        start: Any = "" if by_uid else -1
        comparison = ">="
        while True:
            query = (
                f"SELECT uid, data, {column} FROM record WHERE model = ? AND {column} {comparison} ? "  # noqa: S608
                f"ORDER BY {column} LIMIT ?"
            )
            with self.explaining(f"read {modelname} records"):
                rows = self._connection.execute(query, (self.number(modelname), start, size)).fetchall()
            if rows:
                yield [row[:2] for row in rows]
            if len(rows) < size:
                return
            start, comparison = rows[-1][2], ">"

    def count(self, modelname: str | None) -> int:
        """Return the number of records of a type, or of all types."""
        with self.explaining("count records"):
            if modelname is not None:
                return int(self._value("SELECT count(*) FROM record WHERE model = ?", self.number(modelname)))
            query = "SELECT count(*) FROM record WHERE model IN (SELECT number FROM model WHERE store_id = ?)"
            return int(self._value(query, self._store_id))

    def modelnames(self) -> set[str]:
        """Return the types of which there are records."""
        query = (
            "SELECT modelname FROM model WHERE store_id = ? "
            "AND EXISTS (SELECT 1 FROM record WHERE record.model = model.number)"
        )
        with self.explaining("list the types of records"):
            return {modelname for (modelname,) in self._connection.execute(query, (self._store_id,))}

    def close(self) -> None:
        """Close the file."""
        with self.explaining("close the file"):
            self._connection.close()

    def _value(self, query: str, *parameters: Any) -> Any:
        row = self._connection.execute(query, parameters).fetchone()
        return None if row is None else row[0]

    def number(self, modelname: str) -> int | None:
        """Return the number of a type in the file, None if it has none yet."""
        number = self._numbers.get(modelname)
        if number is None and _is_text(modelname):
            query = "SELECT number FROM model WHERE store_id = ? AND modelname = ?"
            number = self._value(query, self._store_id, modelname)
            if number is not None and not self._connection.in_transaction:
                self._numbers[modelname] = number
        return number

    def _new_number(self, modelname: str) -> int | None:
        insertion = "INSERT INTO model (store_id, modelname) VALUES (?, ?)"
        return self._connection.execute(insertion, (self._store_id, modelname)).lastrowid

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit what the `with` block does, or none of it if it or the commit fails."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def explaining(self, operation: str) -> Iterator[None]:
        """Turn what SQLite raises into an ObjectStoreException that says what failed, where, and what to do."""
        try:
            yield
        except (sqlite3.Error, UnicodeEncodeError) as error:
            way_out = next((advice for sign, advice in _WAYS_OUT.items() if sign in str(error)), "see the cause")
            message = f"cannot {operation} in SQLite store {self._store_id!r} of {self._path}: {error}; {way_out}"
            raise ObjectStoreException(message) from error


def _is_text(value: str) -> bool:
    """Whether SQLite can hold a text: lone surrogates cannot be written as UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
