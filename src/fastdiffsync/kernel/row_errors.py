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
from ..runtime.arguments import described
from ..schema import is_model_class

REFUSALS = frozenset(
    {
        ValidationError,
        ValueError,
        TypeError,
        ObjectAlreadyExists,
        ObjectNotFound,
        ObjectStoreException,
        ObjectStoreWrongType,
    }
)
"""What is raised if a row cannot be loaded, by the library or by a model's `__post_init__`.

All else is the user's own, or an accident, and comes through as it is.
"""


def as_dict(row: Any) -> dict[str, Any]:
    """Return a row of a bulk load as a dict.

    Raises:
        TypeError: If it is no mapping.
    """
    try:
        return {**row}
    except TypeError:
        message = f"a row must be a mapping of field names to values, not {described(row)}{_way_out(row)}"
        raise TypeError(message) from None


def _way_out(row: Any) -> str:
    """Return how to make a mapping of some values that are easily taken for rows; nothing for others."""
    if is_model_class(type(row)):
        return "; store a record with add"
    if hasattr(row, "_asdict"):
        return "; give its _asdict()"
    if hasattr(type(row), "__dataclass_fields__"):
        return "; give dataclasses.asdict(row)"
    if isinstance(row, (tuple, list)):
        return "; give dict(zip(names, row))"
    return ""


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
    if isinstance(error, StopIteration):
        # Whoever loads inside of an iterator would take it for the iterator's end.
        message = f"row {number} of {modelname}: StopIteration was raised"
        raise RuntimeError(message) from error  # noqa: TRY004 - what Python raises for it in a generator
    if type(error) is ObjectAlreadyExists:
        raise ObjectAlreadyExists(message, error.existing_object) from error
    if type(error) is ValidationError:
        refusal = ValidationError(message)
        refusal.field = error.field
        refusal.with_details(*error._details)
        raise refusal from error
    if type(error) in REFUSALS:
        raise type(error)(message) from error
    raise error
