"""SQLiteFile: one store in an SQLite file, as bytes."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..exceptions import ObjectStoreException

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .buffer import Batch

SCHEMA_VERSION = 1
"""Version of the tables, kept in the file's `user_version`."""

IN_MEMORY = ":memory:"
"""The path that stands for no file."""

MOST_PROBLEMS = 100
"""How many lines a check returns of one kind."""

_APPLICATION_ID = 0x66647379
_READ_CHUNK = 500
_CACHE_KIB = 32 * 1024
_COMPARE_CACHE_KIB = 8 * 1024
_PAGE_BYTES = 8192
_WAL_PAGES = 2000

# Each is read in full: by its name the table's own order is forced, where SQLite would count in the shorter index.
_COUNT_IN_INDEX = "SELECT model, count(*) FROM record INDEXED BY record_position GROUP BY model"
_COUNT_IN_TABLE = (
    "SELECT model, count(*), count(DISTINCT position) FROM record INDEXED BY sqlite_autoindex_record_1 GROUP BY model"
)

# Fails at once if a file cannot be read, or SQLite was built without JSON. With a comma in place of CROSS JOIN, SQLite
# goes through all pairs of records first.
_PROBE = "SELECT 1 FROM json_each('[]') CROSS JOIN main.record CROSS JOIN other.record"

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


class SQLiteFile:
    """One store in an SQLite file, as bytes: the backend of `SQLiteStore`."""

    survives_fork = False

    def __init__(self, path: str | os.PathLike[str], store_id: str, *, read_only: bool, timeout: float) -> None:
        """Open the file and check what it is; the arguments are those of `SQLiteStore`."""
        self._path = os.fspath(path)
        self._read_only = read_only
        self._timeout = timeout
        self._store_id = store_id
        self._numbers: dict[str, int] = {}
        # What the file was like when it was opened, if that was without locks.
        self._stamp: tuple[int, ...] | None = None
        self._check_path()
        with self.explaining("open the file"):
            try:
                self._open()
            except sqlite3.OperationalError as error:
                is_alone = Path(self._path).is_file() and not self._has_wal()
                if not (read_only and is_alone and _may_not_write(error)):
                    raise
                self._stamp = self._look_at_file()
                self._open()

    def _check_path(self) -> None:
        """Refuse what SQLite would take for a file of its own that is gone when it is closed."""
        if not self._path:
            message = "SQLiteStore needs the path of a file, and got an empty one: is a variable not set?"
            raise ObjectStoreException(message)
        if self._path == IN_MEMORY and self._read_only:
            message = f"SQLiteStore({IN_MEMORY!r}) begins without records: with read_only=True there is nothing to read"
            raise ObjectStoreException(message)

    def _open(self) -> None:
        address = self._address(Path(self._path).absolute()) if self._read_only else self._path
        self._connection = sqlite3.connect(
            address, uri=self._read_only, timeout=self._timeout, isolation_level=None, check_same_thread=False
        )
        _open_connections.add(self._connection)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _address(self, path: Path) -> str:
        """Return the URI under which the file is read; it takes no locks where it may make no files for them."""
        return path.as_uri() + ("?mode=ro" if self._stamp is None else "?mode=ro&immutable=1")

    def _has_wal(self) -> bool:
        """Whether batches lie beside the file that have not been moved into it yet."""
        return self._wal_path.exists() and self._wal_path.stat().st_size > 0

    @property
    def _wal_path(self) -> Path:
        path = Path(self._path).resolve()
        return path.with_name(f"{path.name}-wal")

    def _look_at_file(self) -> tuple[int, ...]:
        """Return what changes when another process writes to the file."""
        status = Path(self._path).stat()
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, self._has_wal()

    def _prepare(self) -> None:
        """Check the file's identity and version; make the tables if it is empty."""
        execute = self._connection.execute
        execute("PRAGMA synchronous = NORMAL")
        if not self._has_tables():
            if self._read_only:
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
        addresses = [file._address(Path(path)) for file, path in zip((self, other), paths, strict=True)]
        connection = sqlite3.connect(addresses[0], uri=True, timeout=self._timeout, check_same_thread=False)
        try:
            connection.execute("ATTACH ? AS other", (addresses[1],))
            for name in ("main", "other"):
                connection.execute(f"PRAGMA {name}.cache_size = -{_COMPARE_CACHE_KIB}")
            connection.execute(_PROBE)
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
                    chunk = [uid for uid in uids[start : start + _READ_CHUNK] if is_text(uid)]
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
        return set(self.ordered_modelnames())

    def ordered_modelnames(self) -> list[str]:
        """Return the types of which there are records in the order in which their first ones were written."""
        query = (
            "SELECT modelname FROM model WHERE store_id = ? "
            "AND EXISTS (SELECT 1 FROM record WHERE record.model = model.number) ORDER BY number"
        )
        with self.explaining("list the types of records"):
            return [modelname for (modelname,) in self._connection.execute(query, (self._store_id,))]

    def check(self) -> list[str]:
        """Return what is wrong with the file's tables and pages, one line each; nothing if all is well."""
        problems = []
        with self.explaining("check the file"):
            for look in (self._check_listings, self._check_pages):
                try:
                    problems += look()
                except sqlite3.OperationalError:
                    raise
                except sqlite3.DatabaseError as error:
                    problems.append(f"the file cannot be read to its end: {error}")
        return problems

    def _check_pages(self) -> list[str]:
        rows = self._connection.execute(f"PRAGMA integrity_check({MOST_PROBLEMS})").fetchall()
        lines = [line for (text,) in rows for line in text.splitlines()]
        return [line for line in lines if line != "ok" and not line.startswith("***")]

    def _check_listings(self) -> list[str]:
        """Count the records of each type in both orders: what the index leaves out is missing from every listing."""
        problems = []
        execute = self._connection.execute
        names = dict(execute("SELECT number, modelname FROM model"))
        listed = dict(execute(_COUNT_IN_INDEX))
        for number, count, positions in execute(_COUNT_IN_TABLE):
            name = names.get(number, f"(type {number}, which has no name)")
            if listed.get(number) != count or positions != count or number not in names:
                found = min(positions, listed.get(number, 0)) if number in names else 0
                problems.append(f"{name}: of {count} records, {found} are in the order in which records are listed")
        return problems

    def close(self) -> None:
        """Close the file."""
        with self.explaining("close the file"):
            self._connection.close()
        _open_connections.discard(self._connection)

    def _value(self, query: str, *parameters: Any) -> Any:
        row = self._connection.execute(query, parameters).fetchone()
        return None if row is None else row[0]

    def number(self, modelname: str) -> int | None:
        """Return the number of a type in the file, None if it has none yet."""
        number = self._numbers.get(modelname)
        if number is None and is_text(modelname):
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
        what = f"cannot {operation} in SQLite store {self._store_id!r} of {self._path}"
        try:
            yield
        except (sqlite3.Error, UnicodeEncodeError) as error:
            message = f"{what}: {error}; {self._way_out(error)}"
            raise ObjectStoreException(message) from error
        if self._stamp is not None and self._stamp != self._look_at_file():
            message = f"{what}: another process has changed the file, which is read without locks; open the store again"
            raise ObjectStoreException(message)

    def _way_out(self, error: Exception) -> str:
        if self._read_only and _may_not_write(error) and self._has_wal():
            return (
                f"the last changes are in {self._wal_path}, and to read them SQLite must write beside it: let the "
                "program that writes close its store, or copy both files to a directory that may be written to"
            )
        return next((advice for sign, advice in _WAYS_OUT.items() if sign in str(error)), "see the cause")


def _may_not_write(error: Exception) -> bool:
    """Whether SQLite says that it may not make the files that it needs beside the one that it reads."""
    return "readonly" in str(error) or "unable to open" in str(error)


def is_text(value: str) -> bool:
    """Whether SQLite can hold a text: lone surrogates cannot be written as UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


# A store and its adapter hold each other, so the garbage collector frees them. It finalises what it frees in any order;
# were the connection among that, Python 3.13 would warn that it is not closed, before the store can close it.
_open_connections: set[sqlite3.Connection] = set()
