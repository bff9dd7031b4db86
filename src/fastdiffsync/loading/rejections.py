"""What is wrong with the rows of a bulk load, if all of it is asked for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..exceptions import RecordsRejected, RejectedRow, ValidationError
from ..kernel.row_errors import REFUSALS, as_dict, raise_at_row
from ..schema import schema_of
from .tables import as_identifier

if TYPE_CHECKING:
    from ..schema import Schema
    from .tables import Table

MAX_REJECTED = 50
"""After so many entries the rest is not looked at."""


class Rejections:
    """Notes which rows are refused, and why.

    A row whose parent is among the refused ones is no fault of its own, and is not noted.
    """

    def __init__(self, modelnames: list[str]) -> None:
        """Begin with none.

        Args:
            modelnames: The types of the rows, in their order.
        """
        self._modelnames = modelnames
        self._entries: list[RejectedRow] = []
        self._refused: set[tuple[str, str]] = set()
        self._types_of_unknown: set[str] = set()

    def note(self, table: Table, number: int, row: Any, record: Any, error: Any) -> None:
        """Note that a row is refused.

        Args:
            table: The rows of the type.
            number: The row's number.
            row: The row.
            record: The record that was made of it, None if none could be made.
            error: Why it is refused.

        Raises:
            RecordsRejected: If there are so many by now that the rest need not be looked at.
            Exception: The error itself, if it is none that a row is refused for.
        """
        if type(error) not in REFUSALS:
            raise_at_row(error, table.modelname, number)
        identifiers, uid = _identity(table, row) if record is None else _identity_of(record)
        if uid is None:
            self._types_of_unknown.add(table.modelname)
        else:
            self._refused.add((table.modelname, uid))
        is_made = record is not None or type(error) is not ValidationError
        reasons: list[tuple[str | None, str]] = [] if is_made else _wrong_fields(table, row)
        if not reasons:
            reasons = [(getattr(error, "field", None), str(error))]
        for field, reason in reasons:
            self._entries.append(RejectedRow(table.modelname, number, uid, identifiers, field, reason, error))
        if len(self._entries) >= MAX_REJECTED:
            self._raise(is_complete=False)

    def may_have(self, modelname: str, uid: str) -> bool:
        """Whether a record that is not there may be that of a refused row."""
        return (modelname, uid) in self._refused or modelname in self._types_of_unknown

    def raise_if_any(self) -> None:
        """Raise what is wrong.

        Raises:
            RecordsRejected: If rows are refused.
        """
        if self._entries:
            self._raise(is_complete=True)

    def _raise(self, *, is_complete: bool) -> None:
        self._entries.sort(key=lambda entry: (self._modelnames.index(entry.type), entry.row))
        raise RecordsRejected(self._entries, is_complete)


def _identity_of(record: Any) -> tuple[dict[str, Any], str | None]:
    """Return identifiers and unique id of a record; none if its hooks do not tell."""
    with suppress(Exception):
        return record.get_identifiers(), record.get_unique_id()
    return {}, None


def _identity(table: Table, row: Any) -> tuple[dict[str, Any], str | None]:
    """Return the identifiers of a row, and the unique id that its record would have, None if that is not known."""
    schema = schema_of(table.cls)
    values = _values(schema, row)
    identifiers = {name: values[name] for name in schema.identifiers if name in values}
    # What makes no identifier makes no unique id, whatever it raises.
    with suppress(Exception):
        converted = {name: as_identifier(schema, name, values[name]) for name in schema.identifiers}
        return identifiers, table.cls.create_unique_id(**converted)
    return identifiers, None


def _wrong_fields(table: Table, row: Any) -> list[tuple[str | None, str]]:
    """Return each field that a row lacks, or has a value of the wrong type for, and what is wrong."""
    schema = schema_of(table.cls)
    values = _values(schema, row)
    required = set(schema.required)
    wrong: list[tuple[str | None, str]] = []
    for name in schema.fields:
        field_type = schema.field_types.get(name)
        if name not in values:
            if name in required:
                wrong.append((name, "is missing"))
        elif field_type is not None and field_type.convert is not None and values[name] is not schema.defaults[name]:
            try:
                field_type.convert(values[name])
            except (ValueError, TypeError) as error:
                wrong.append((name, str(error)))
    return wrong


def _values(schema: Schema, row: Any) -> dict[str, Any]:
    """Return the values of a row by the names of their fields, none if it is no mapping."""
    values: dict[str, Any] = {}
    with suppress(TypeError):
        values = as_dict(row)
        values = schema.named(values)
    return values
