"""All exceptions of the library, with diffsync's names."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from .diff import DiffElement
    from .model import DiffSyncModel


class ObjectCrudException(Exception):
    """A create, update or delete failed; raise one of the three below from your own methods."""


class ObjectNotCreated(ObjectCrudException):
    """A create failed."""


class ObjectNotUpdated(ObjectCrudException):
    """An update failed."""


class ObjectNotDeleted(ObjectCrudException):
    """A delete failed."""


class ObjectStoreException(Exception):
    """A store could not do what it was asked."""


class ObjectAlreadyExists(ObjectStoreException):
    """A record, child or element is there already.

    As text it is its message. A pickle of it has the record as it is, but not the adapter that it belongs to.

    Attributes:
        existing_object: The record or element that was to be added.
    """

    def __init__(self, message: str, existing_object: DiffSyncModel | DiffElement, *args: Any, **kwargs: Any) -> None:
        """Raise with a message and the object that was to be added."""
        self.existing_object = existing_object
        super().__init__(message, existing_object, *args, **kwargs)

    def __str__(self) -> str:
        """Return the message."""
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> Any:
        """Pickle without the adapter of the record, which would bring its store and all other records."""
        existing: Any = self.existing_object
        if getattr(existing, "adapter", None) is not None:
            existing = copy.copy(existing)
            existing.adapter = None
        args = tuple(existing if value is self.existing_object else value for value in self.args)
        return type(self), args, {**self.__dict__, "existing_object": existing}


class ObjectNotFound(ObjectStoreException):
    """A record or child is not there."""


class ObjectStoreWrongType(ObjectStoreException):
    """A record is of a type that cannot stand where it was put."""


class ChildrenCycle(ObjectStoreException):
    """A record is among its own descendants."""


class DiffException(Exception):
    """Something is wrong with a diff."""


class DiffClassMismatch(DiffException):
    """A given diff is not of the class that was asked for."""


class ValidationError(msgspec.ValidationError, ValueError):
    """A record cannot be made of the given values: one is missing or of the wrong type. It is a `ValueError`.

    Attributes:
        field: The field whose value is of the wrong type; None if fields are missing, or if it is not known.
    """

    field: str | None = None

    _details: tuple[tuple[str, tuple[str, ...], str, Any], ...] = ()

    def with_details(self, *details: tuple[str, tuple[str, ...], str, Any]) -> ValidationError:
        """Return the error itself, which from now on says in `errors` what is wrong.

        Args:
            *details: For each wrong value a type of error, the place in the data, what is wrong with it, and the value.
        """
        self._details = details
        return self

    def errors(self, **_options: Any) -> list[dict[str, Any]]:
        """Return what is wrong, value by value, in pydantic's form.

        Returns:
            Dicts with `type` ("missing", or "value_error" for all else), `loc` (the place in the data, a tuple), `msg`
            and `input` (the value; the values of the record where one is missing). There is one for each field that is
            missing, and one for the first value that is of the wrong type.
        """
        details = self._details or (("value_error", () if self.field is None else (self.field,), str(self), None),)
        return [dict(zip(("type", "loc", "msg", "input"), each, strict=True)) for each in details]

    def error_count(self) -> int:
        """Return the number of `errors`."""
        return len(self.errors())


class RejectedRow(NamedTuple):
    """What is wrong with one row of a bulk load.

    Attributes:
        type: The type that the row is of.
        row: Its number among the rows of its type, from 0 on.
        unique_id: The unique id of its record; None if it cannot be told.
        identifiers: The identifiers of its record, as far as the row has them.
        field: The field that is missing or of the wrong type; None if something else is wrong.
        reason: What is wrong, for people.
        error: What loading the row raised.
    """

    type: str
    row: int
    unique_id: str | None
    identifiers: dict[str, Any]
    field: str | None
    reason: str
    error: Exception

    def __str__(self) -> str:
        """Return one line that names the row and what is wrong."""
        name = self.unique_id if self.unique_id is not None else self.identifiers or ""
        of_field = "" if self.field is None else f"field {self.field!r}: "
        return f"row {self.row} of {self.type}{f' ({name})' if name else ''}: {of_field}{self.reason}"


class RecordsRejected(ObjectStoreException, ValueError):
    """Rows of a bulk load that cannot be loaded, together; none of the rows has been.

    Attributes:
        errors: What is wrong, in the order of the rows; several entries for a row of which several fields are wrong.
        is_complete: Whether that is all; False if there were so many that the rest has not been looked at.
    """

    def __init__(self, errors: list[RejectedRow], is_complete: bool = True) -> None:
        """Raise with what is wrong."""
        self.errors = errors
        self.is_complete = is_complete
        super().__init__(errors, is_complete)

    def __str__(self) -> str:
        """Return what is wrong, one line each."""
        rows = len({(error.type, error.row) for error in self.errors})
        lines = [f"{rows} {'row' if rows == 1 else 'rows'} cannot be loaded, so none has been"]
        lines += [f"  {error}" for error in self.errors]
        if not self.is_complete:
            lines.append("  the rest has not been looked at")
        return "\n".join(lines)
