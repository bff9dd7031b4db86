"""Many records at once, from dicts into a local store and below their parents.

The twin of `tables.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..schema import schema_of
from .row_errors import as_dict, raise_at_row, raise_parent_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..loading.journal import Journal
    from ..loading.tables import Table

__all__ = ["construct_table", "link_table", "load_table"]


def construct_table(table: Table) -> None:
    """Make a record of each row, validated and coerced as by calling the class, and keep both with the table.

    Raises:
        ValidationError, TypeError: As the class raises them, with the number of the row.
    """
    for _, record, row in made(table):
        table.keep([record], [row])


def load_table(store: Any, table: Table, journal: Journal) -> int:
    """Make a record of each row, store it as `LocalStore.add` does, and link it if its parent is there by now.

    Args:
        store: A local store, whose `add` is `LocalStore.add` but for a record whose unique id is taken.
        table: The rows. If it `links_later`, records and rows are kept with it, for `link_table`.
        journal: Told which parents are about to change, so that it can be undone.

    Returns:
        The number of rows.

    Raises:
        ValidationError, TypeError: As the class raises them, with the number of the row.
        ObjectAlreadyExists: If a unique id is taken.
        Exception: What `link_table` raises.
    """
    linker = Linker(store, table, journal)
    place = -1
    for place, record, row in made(table):
        try:
            store.add(obj=record)
            if not table.links_later:
                linker.link(record, row)
        except Exception as error:  # noqa: BLE001 - raised again
            raise_at_row(error, table.modelname, place)
        if table.links_later:
            table.keep([record], [row])
    return place + 1


def made(table: Table) -> Iterator[tuple[int, Any, dict[str, Any]]]:
    """Yield the number, the record and the row of each row."""
    cls = table.cls
    schema = schema_of(cls)
    for number, given in enumerate(table.rows):
        try:
            row = given if type(given) is dict else as_dict(given)
            if row.keys() <= schema.keywords:
                record = cls(**row)
            elif schema.forbid_unknown_fields:
                record = cls(**{name: value for name, value in row.items() if name not in table.extra})
            else:
                record = cls(**{name: value for name, value in row.items() if name in schema.keywords})
        except Exception as error:  # noqa: BLE001 - raised again
            raise_at_row(error, table.modelname, number)
        yield number, record, row


class Linker:
    """Appends records to their parents' children; children of one parent that come in a run cost one look-up."""

    def __init__(self, store: Any, table: Table, journal: Journal) -> None:
        """Begin with no parent."""
        self.data = store._data
        self.table = table
        self.journal = journal
        self.found: Any = None
        self.parent: Any = None

    def link(self, record: Any, row: dict[str, Any]) -> None:
        """Append a record to its parent's children, if it has a parent."""
        found = self.table.find_parent_key(record, row)
        if found is None:
            return
        if found != self.found:
            key, values = found
            uid = key.unique_id(values)
            self.found = None
            self.parent = self.data.get(key.modelname, {}).get(uid)
            if self.parent is None:
                raise_parent_missing(key.modelname, uid)
            self.journal.will_link(self.parent)
            self.found = found
        self.parent.add_child(record)


def link_table(store: Any, table: Table, journal: Journal) -> None:
    """Append each record that a table has kept to its parent's children, as `add_child` does.

    Args:
        store: The local store that has the records.
        table: Rows and records.
        journal: Told which parents are about to change, so that it can be undone.

    Raises:
        ObjectNotFound: If a parent is not there.
        ObjectStoreWrongType: If a parent cannot have children of the type.
        ObjectAlreadyExists: If a parent has the child already.
    """
    linker = Linker(store, table, journal)
    for place, (record, row) in enumerate(zip(table.records, table.kept_rows, strict=True)):
        try:
            linker.link(record, row)
        except Exception as error:  # noqa: BLE001 - raised again
            raise_at_row(error, table.modelname, place)
