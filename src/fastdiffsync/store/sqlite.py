"""SQLiteStore: records in an SQLite file, for data that must outlive the process or does not fit in memory."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..exceptions import ObjectStoreException
from ..schema import StructMeta
from .comparison import Comparison, are_certainly_equal
from .encoded import EncodedStore
from .encoding import SETTLED_PREFIXES
from .reading import PAGE_SIZE
from .sqlite_file import MOST_PROBLEMS, SCHEMA_VERSION, SQLiteFile, is_text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from . import BaseStore
    from .encoding import RecordEncoding

__all__ = ["SCHEMA_VERSION", "SQLiteStore"]

# SQLite asks for the records in the order of a CROSS JOIN or a LEFT JOIN; of any other it might read all, for each id.
_JOINED = """
FROM json_each(?) AS asked
{join} main.record AS a ON a.model = ? AND a.uid = asked.value
{join} other.record AS b ON b.model = ? AND b.uid = asked.value
"""
_ARE_EQUAL = f"a.data = b.data AND ({' OR '.join(['a.data >= ? AND a.data < ?'] * SETTLED_PREFIXES)})"
_EQUAL = f"SELECT asked.key, a.data {_JOINED.format(join='CROSS JOIN')} WHERE {_ARE_EQUAL}"
_UNEQUAL = f"SELECT asked.key, a.data, b.data {_JOINED.format(join='LEFT JOIN')} WHERE NOT coalesce({_ARE_EQUAL}, 0)"

# Releases of SQLite differ in what they make of this.
_JSON_NUL = "\\u0000"


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
            path: The file; `:memory:` keeps records in memory, until the store is closed.
            *args: As for `BaseStore`.
            store_id: Which of the stores in the file.
            read_only: Whether to refuse every change; the file must exist, and may be in a place where nothing can be
                written.
            timeout: Seconds to wait for another process that writes.
            **kwargs: As for `EncodedStore`.

        Raises:
            ObjectStoreException: If the path is empty, or the file cannot be opened, is no store, or one of a later
                version.
        """
        self._store_id = store_id
        self._backend: SQLiteFile
        super().__init__(SQLiteFile(path, store_id, read_only=read_only, timeout=timeout), *args, **kwargs)
        self.is_read_only = read_only

    def __str__(self) -> str:
        """Return the store's name and id."""
        return f"{self.name} ({self._store_id})"

    def _names_by_first_use(self) -> list[str]:
        with self._lock:
            return self._backend.ordered_modelnames()

    def comparison_with(self, other: BaseStore) -> Comparison | None:
        """Return what compares records of both stores by their bytes; that of two files leaves the work to SQLite."""
        comparison = super().comparison_with(other)
        if comparison is None or not isinstance(other, SQLiteStore):
            return comparison
        with suppress(sqlite3.Error):
            connection = self._backend.connect_with(other._backend)
            return SQLiteComparison(self, other, connection) if connection else comparison
        return comparison

    def check(self) -> list[str]:
        """Look for damage to the file, and return what there is, one line each; an empty list if all is well.

        The whole file is read: SQLite's own `integrity_check`; the records of each type, counted in the table and in
        the index by which they are listed; and each record of this store whose class the adapter has. What has not
        been written yet is left out. A value whose bytes have been changed to those of another value is not noticed.

        Raises:
            ObjectStoreException: If the file cannot be read for another reason than damage, such as a failing disk.
        """
        with self._lock:
            self._check_open()
            problems = self._backend.check()
        return problems or list(islice(self._find_unreadable(), MOST_PROBLEMS))

    def _find_unreadable(self) -> Iterator[str]:
        """Yield what is wrong with each record that is."""
        for modelname in self._backend.ordered_modelnames():
            if not isinstance(getattr(self.adapter, modelname, None), StructMeta):
                continue
            encoding = self.encoding_of(modelname)
            for page in self._backend.pages(modelname, PAGE_SIZE, by_uid=True):
                for uid, data in page:
                    try:
                        found = encoding.decode(data, uid, self.adapter).get_unique_id()
                    except ObjectStoreException as error:
                        yield str(error)
                    else:
                        if found != uid:
                            yield f"{modelname} {uid!r} has become {found!r}"


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
        if _JSON_NUL in asked or not is_text(asked):
            return None
        numbers = [file.number(modelname) for file in self._files]
        ranges = [
            end for prefix in encoding.settled_prefixes for end in (prefix, prefix[:-1] + bytes([prefix[-1] + 1]))
        ]
        with self._files[0].explaining(f"compare {modelname} records"):
            return self._connection.execute(query, (asked, *numbers, *ranges)).fetchall()
