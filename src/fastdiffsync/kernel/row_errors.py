"""Rows of a bulk load: what they must be, and errors that say which row they are about."""

from __future__ import annotations

from typing import Any, NoReturn

from ..exceptions import (
    ObjectAlreadyExists,
    ObjectNotFound,
    ObjectStoreException,
    ObjectStoreWrongType,
    ValidationError,
)


def as_dict(row: Any) -> dict[str, Any]:
    """Return a row of a bulk load as a dict.

    Raises:
        TypeError: If it is no mapping.
    """
    try:
        return {**row}
    except TypeError:
        message = f"a row must be a mapping of field names to values, not {type(row).__name__}"
        raise TypeError(message) from None


def raise_parent_missing(modelname: str, uid: Any) -> NoReturn:
    """Raise that a row's parent is not there."""
    message = f"its parent, {modelname} {uid}, is not there; give its row in the same call, or add it before"
    raise ObjectNotFound(message)


def raise_at_row(error: Exception, modelname: str, number: int) -> NoReturn:
    """Raise an error of the library with the row that it is about, any other as it is.

    Args:
        error: What was raised.
        modelname: The type that the row is of.
        number: Number of the row among those of its type, from 0 on.
    """
    message = f"row {number} of {modelname}: {error.args[0] if error.args else error}"
    if type(error) is ObjectAlreadyExists:
        raise ObjectAlreadyExists(message, error.existing_object) from error
    if type(error) in {ValidationError, TypeError, ObjectNotFound, ObjectStoreException, ObjectStoreWrongType}:
        raise type(error)(message) from error
    raise error
