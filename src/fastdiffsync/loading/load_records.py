"""Bulk loading: rows of many types into an adapter, linked to their parents, all of them or none.

Where nothing of the adapter's or the store's is overridden, the kernel makes records, stores them and links them to
their parents, some rows at a time; records whose parents may come later are linked when all are there. Otherwise the
ordinary methods are called, as they are to find all that is wrong with rows of which one has been refused.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import _kernel as kernel
from ..exceptions import ObjectAlreadyExists, ObjectNotFound, ValidationError
from ..kernel.identity import refuse_taken
from ..kernel.row_errors import REFUSALS, raise_at_row
from ..runtime.arguments import described
from ..runtime.garbage import PausedCollection
from ..store.local import LocalStore
from .by_methods import load_by_methods
from .journal import Journal
from .rejections import Rejections
from .shapes import check_tables
from .tables import make_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..adapter import Adapter
    from ..model import DiffSyncModel
    from ..store.encoded import EncodedStore
    from .tables import Table


class Stage(LocalStore):
    """Records on their way into a store that keeps bytes, which takes an equal record for the one that it has."""

    def add(self, *, obj: DiffSyncModel) -> None:
        """Store a new record, unless an equal one is there.

        Raises:
            ObjectAlreadyExists: If a record with other values has the type and unique id.
        """
        existing = self._data[obj.get_type()].get(obj.get_unique_id())
        if existing is None or existing.dict() != obj.dict():
            super().add(obj=obj)


def load_records(adapter: Adapter, rows: Mapping[str, Iterable[Mapping[str, Any]]], errors: str = "first") -> int:
    """Add a record for each row and link it to its parent; see `Adapter.load_records`."""
    check_tables(rows)
    if errors not in {"first", "all"}:
        message = f"errors must be 'first' or 'all', not {described(errors)}"
        raise ValueError(message)
    tables = make_tables(adapter, rows)
    if errors == "all":
        for table in tables:
            table.rows = list(table.rows)
    load = _loader(adapter)
    # Where the collector sees no record it has little to do, and comes upon the store's dict while that is short; after
    # a pause it would read all of it.
    is_hidden = load is _load_in_kernel and all(kernel.hides_records(table.cls) for table in tables)
    collection = nullcontext() if is_hidden else PausedCollection()
    store = adapter.store
    with collection, store.batch() if store.keeps_copies else nullcontext():
        if errors == "all":
            return _load_or_reject(adapter, tables, load)
        return _load_or_undo(adapter, tables, load)


def _loader(adapter: Adapter) -> Callable[[Any, list[Table], Journal], int]:
    """Return the quickest way to load that passes over no method of the user's."""
    access = adapter._access()
    if access.adds_directly:
        return _load_in_kernel
    return _load_encoded if access.adds_tables else load_by_methods


def _load_or_undo(adapter: Adapter, tables: list[Table], load: Callable[[Any, list[Table], Journal], int]) -> int:
    journal = Journal(adapter.store)
    try:
        return load(adapter, tables, journal)
    except BaseException:
        journal.undo()
        raise


def _load_or_reject(adapter: Adapter, tables: list[Table], load: Callable[[Any, list[Table], Journal], int]) -> int:
    """Load; if a row is refused, go through all of them again, one by one, for all that is wrong.

    Raises:
        RecordsRejected: If rows are refused.
    """
    if load is not load_by_methods:
        try:
            return _load_or_undo(adapter, [table.fresh() for table in tables], load)
        except Exception as error:
            if type(error) not in REFUSALS:
                raise
    rejections = Rejections([table.modelname for table in tables])
    return _load_or_undo(adapter, tables, partial(load_by_methods, rejections=rejections))


def _load_in_kernel(adapter: Adapter, tables: list[Table], journal: Journal) -> int:
    """Load into a local store where no method of the user's would have to be called for it."""
    store = adapter.store
    count = sum([kernel.load_table(store, table, journal) for table in tables])
    for table in tables:
        if table.links_later:
            kernel.link_table(store, table, journal)
    return count


def _load_encoded(adapter: Adapter, tables: list[Table], journal: Journal) -> int:
    """Load into a store that keeps bytes: records are made and linked in memory, then encoded and forgotten."""
    store: Any = adapter.store
    stage = Stage()
    for table in tables:
        table.links_later = True
    count = sum([kernel.load_table(stage, table, journal) for table in tables])
    for table in tables:
        table.are_distinct = stage.count() == count
    new = {modelname: dict(records) for modelname, records in (stage.local_data() or {}).items()}
    for modelname, records in new.items():
        present = store.find_present(modelname, records)
        for uid, existing in present.items():
            _check_equal(tables, records.pop(uid), existing)
            stage.update(obj=existing)
    try:
        _link_tables(stage, tables, journal)
    except ObjectNotFound:
        journal.unlink()
        _stage_parents(store, stage, tables)
        _link_tables(stage, tables, journal)
    store.add_tables(new)
    return count


def _link_tables(stage: Stage, tables: list[Table], journal: Journal) -> None:
    for table in tables:
        kernel.link_table(stage, table, journal)


def _check_equal(tables: list[Table], record: Any, existing: DiffSyncModel) -> None:
    """Check that a record made of a row has the values of the one that is in the store already.

    Raises:
        ObjectAlreadyExists: If it has others, with the number of the row.
    """
    if existing.dict() == record.dict():
        return
    try:
        refuse_taken(record, record.get_unique_id())
    except ObjectAlreadyExists as error:
        for table in tables:
            for number, other in enumerate(table.records):
                if other is record:
                    raise_at_row(error, table.modelname, number)


def _stage_parents(store: EncodedStore, stage: Stage, tables: list[Table]) -> None:
    """Put parents that rows name, and that are not among the rows, beside the records, as far as they are there."""
    missing: dict[str, dict[str, None]] = {}
    data = stage.local_data() or {}
    for table in tables:
        for record, row in zip(table.records, table.kept_rows, strict=True):
            found = table.find_parent_key(record, row)
            if found is None:
                continue
            key, values = found
            # A value that makes no unique id is an error when the record is linked.
            with suppress(ValidationError):
                uid = key.unique_id(values)
                if uid not in data.get(key.modelname, {}):
                    missing.setdefault(key.modelname, {})[uid] = None
    for modelname, uids in missing.items():
        for parent in store.find_by_uids(uids=list(uids), model=modelname).values():
            stage.update(obj=parent)
