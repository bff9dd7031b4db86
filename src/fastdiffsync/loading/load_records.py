"""Bulk loading: rows of many types into an adapter, linked to their parents, all of them or none.

Where nothing of the adapter's or the store's is overridden, the kernel makes records, stores them and links them to
their parents, some rows at a time; records whose parents may come later are linked when all are there. Otherwise the
ordinary methods are called.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, cast

from .. import _kernel as kernel
from ..exceptions import ObjectAlreadyExists, ObjectNotFound, ValidationError
from ..kernel.identity import refuse_taken
from ..kernel.row_errors import raise_at_row, raise_parent_missing
from ..runtime.garbage import paused_collection
from ..store.local import LocalStore
from .journal import Journal
from .tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..adapter import Adapter
    from ..model import DiffSyncModel
    from ..store import BaseStore
    from ..store.encoded import EncodedStore


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


def load_records(adapter: Adapter, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> int:
    """Add a record for each row and link it to its parent; see `Adapter.load_records`."""
    later = list(rows)
    tables = [Table(adapter, modelname, own, set(later[place:])) for place, (modelname, own) in enumerate(rows.items())]
    store = adapter.store
    journal = Journal(store)
    access = adapter._access()
    # Where the collector sees no record it has little to do, and comes upon the store's dict while that is short; after
    # a pause it would read all of it.
    is_hidden = access.adds_directly and all(kernel.hides_records(table.cls) for table in tables)
    collection = nullcontext() if is_hidden else paused_collection()
    with collection, store.batch() if store.keeps_copies else nullcontext():
        try:
            if access.adds_directly:
                return _load_in_kernel(store, tables, journal)
            if access.adds_tables:
                return _load_encoded(cast("EncodedStore", store), tables, journal)
            return _load(adapter, tables, journal)
        except BaseException:
            journal.undo()
            raise


def _load_in_kernel(store: BaseStore, tables: list[Table], journal: Journal) -> int:
    """Load into a local store where no method of the user's would have to be called for it."""
    count = sum([kernel.load_table(store, table, journal) for table in tables])
    for table in tables:
        if table.links_later:
            kernel.link_table(store, table, journal)
    return count


def _load_encoded(store: EncodedStore, tables: list[Table], journal: Journal) -> int:
    """Load into a store that keeps bytes: records are made and linked in memory, then encoded and forgotten."""
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


def _load(adapter: Adapter, tables: list[Table], journal: Journal) -> int:
    """Load by calling the adapter's and the models' methods."""
    for table in tables:
        kernel.construct_table(table)
    for table in tables:
        _add(adapter, table, journal)
    parents: dict[tuple[str, str], DiffSyncModel] = {}
    for table in tables:
        _link(adapter, table, journal, parents)
    journal.tell_store()
    return sum([len(table.records) for table in tables])


def _add(adapter: Adapter, table: Table, journal: Journal) -> None:
    for number, record in enumerate(table.records):
        try:
            journal.will_add(record)
            adapter.add(record)
        except Exception as error:  # noqa: BLE001 - raised again
            raise_at_row(error, table.modelname, number)


def _link(adapter: Adapter, table: Table, journal: Journal, parents: dict[tuple[str, str], DiffSyncModel]) -> None:
    for number, (record, row) in enumerate(zip(table.records, table.kept_rows, strict=True)):
        try:
            found = table.find_parent_key(record, row)
            if found is None:
                continue
            key, values = found
            identity = key.modelname, key.unique_id(values)
            if identity not in parents:
                try:
                    parents[identity] = adapter.get(*identity)
                except ObjectNotFound:
                    raise_parent_missing(*identity)
                journal.will_link(parents[identity])
            parents[identity].add_child(record)
        except Exception as error:  # noqa: BLE001 - raised again
            raise_at_row(error, table.modelname, number)
