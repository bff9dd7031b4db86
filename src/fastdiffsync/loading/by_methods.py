"""Loading by calling the adapter's, the store's and the models' own methods, for each row and each record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _kernel as kernel
from ..exceptions import ObjectNotFound
from ..kernel.row_errors import REFUSALS, raise_at_row, raise_parent_missing

if TYPE_CHECKING:
    from ..adapter import Adapter
    from ..model import DiffSyncModel
    from .journal import Journal
    from .rejections import Rejections
    from .tables import Table

BLOCK_SIZE = 64
"""Rows that are made into records together, as long as none of them is refused."""


def load_by_methods(
    adapter: Adapter, tables: list[Table], journal: Journal, rejections: Rejections | None = None
) -> int:
    """Make records of all rows, add them, and link them to their parents.

    Args:
        adapter: The adapter.
        tables: The rows.
        journal: Told what is about to change, so that it can be undone.
        rejections: What notes which rows are refused, so that the others can be looked at; None if the first one that
            is ends the load.

    Returns:
        The number of rows.

    Raises:
        RecordsRejected: If rows are refused, and there is something to note it.
        Exception: What making, adding and linking raise, with the number of the row.
    """
    for table in tables:
        if rejections is None:
            kernel.construct_table(table)
        else:
            _construct(table, rejections)
    for table in tables:
        _add(adapter, table, journal, rejections)
    parents: dict[tuple[str, str], DiffSyncModel] = {}
    for table in tables:
        _link(adapter, table, journal, parents, rejections)
    if rejections is not None:
        rejections.raise_if_any()
    journal.tell_store()
    return sum([len(table.records) for table in tables])


def _construct(table: Table, rejections: Rejections) -> None:
    """Make a record of each row, None of one that is refused."""
    rows: list[Any] = list(table.rows)
    for start in range(0, len(rows), BLOCK_SIZE):
        block = rows[start : start + BLOCK_SIZE]
        part = table.fresh(block)
        try:
            kernel.construct_table(part)
        except Exception as error:
            if type(error) not in REFUSALS:
                raise
            for number, row in enumerate(block, start):
                _construct_one(table, number, row, rejections)
        else:
            table.keep(part.records, part.kept_rows)


def _construct_one(table: Table, number: int, row: Any, rejections: Rejections) -> None:
    one = table.fresh([row])
    try:
        kernel.construct_table(one)
    except Exception as error:
        if type(error) not in REFUSALS:
            raise
        rejections.note(table, number, row, None, error.__cause__ or error)
        table.keep([None], [{}])
    else:
        table.keep(one.records, one.kept_rows)


def _add(adapter: Adapter, table: Table, journal: Journal, rejections: Rejections | None) -> None:
    for number, record in enumerate(table.records):
        if record is None:
            continue
        try:
            journal.will_add(record)
            adapter.add(record)
        except Exception as error:  # noqa: BLE001 - noted, or raised again
            _refuse(table, number, error, rejections)


def _link(
    adapter: Adapter,
    table: Table,
    journal: Journal,
    parents: dict[tuple[str, str], DiffSyncModel],
    rejections: Rejections | None,
) -> None:
    for number, (record, row) in enumerate(zip(table.records, table.kept_rows, strict=True)):
        if record is None:
            continue
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
                    if rejections is not None and rejections.may_have(*identity):
                        continue
                    raise_parent_missing(*identity)
                journal.will_link(parents[identity])
            parents[identity].add_child(record)
        except Exception as error:  # noqa: BLE001 - noted, or raised again
            _refuse(table, number, error, rejections)


def _refuse(table: Table, number: int, error: Exception, rejections: Rejections | None) -> None:
    """Raise what was met at a row, or note it, and that the row has no record."""
    if rejections is None:
        raise_at_row(error, table.modelname, number)
    rejections.note(table, number, table.kept_rows[number], table.records[number], error)
    table.records[number] = None
