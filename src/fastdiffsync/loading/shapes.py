"""What `load_records` and `load_from_dict` are given: whether it has the shape that they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..runtime.arguments import described
from ..schema import is_model_class

_FRAME_METHODS = {"to_pylist": "to_pylist()", "to_dicts": "to_dicts()", "to_dict": 'to_dict("records")'}
"""What makes a list of rows of a table: pyarrow's, Polars' and pandas' methods."""


def check_tables(rows: Any) -> None:
    """Check that rows come as a mapping of type names.

    Raises:
        TypeError: If they do not.
    """
    if not isinstance(rows, Mapping):
        message = (
            f"load_records takes a dict of the rows of each type, {{modelname: rows}}, not {described(rows)}; "
            f"write load_records({{modelname: {_rows_of(rows)}}})"
        )
        raise TypeError(message)
    for modelname in rows:
        if not isinstance(modelname, str):
            name = f"; write {modelname._modelname!r}" if is_model_class(modelname) else ""
            message = f"the keys of what load_records takes are type names, not {described(modelname)}{name}"
            raise TypeError(message)


def check_rows(modelname: str, rows: Any) -> None:
    """Check that the rows of one type can be gone through one by one, and do not come as a mapping or a table.

    Raises:
        TypeError: If not.
    """
    can_be_iterated = hasattr(type(rows), "__iter__") or hasattr(type(rows), "__getitem__")
    if can_be_iterated and not isinstance(rows, (Mapping, str, bytes, bytearray)) and not _is_frame(rows):
        return
    message = f"the rows of {modelname} must be a list, or another iterable, of mappings of field names to values"
    if isinstance(rows, Mapping):
        values = list(rows.values())
        if values and all(isinstance(value, Mapping) for value in values):
            way_out = "if its values are the rows, give its .values(); load_from_dict takes {type: {unique id: row}}"
        else:
            way_out = "if it is one row, put it into a list"
        message = f"{message}, not {described(rows)}; {way_out}"
    else:
        advice = f"; give {_rows_of(rows)}" if _is_frame(rows) else ""
        message = f"{message}, not {described(rows)}{advice}"
    raise TypeError(message)


def check_nested(data: Any) -> None:
    """Check that what `load_from_dict` is given is a mapping.

    Raises:
        TypeError: If it is not.
    """
    if not isinstance(data, Mapping):
        form = "{modelname: {unique id: {field: value}}}"
        message = f"load_from_dict takes {form}, as dict() returns it, not {described(data)}"
        raise TypeError(message)


def check_nested_rows(modelname: str, rows: Any) -> None:
    """Check that the records of one type that `load_from_dict` is given are a mapping of mappings.

    Raises:
        TypeError: If they are not.
    """
    if not isinstance(rows, Mapping):
        message = (
            f"load_from_dict takes {{unique id: {{field: value}}}} for {modelname}, not {described(rows)}; "
            "load_records takes lists of rows"
        )
        raise TypeError(message)
    for uid, row in rows.items():
        if not isinstance(row, Mapping):
            message = f"load_from_dict takes {{field: value}} for {modelname} {uid}, not {described(row)}"
            raise TypeError(message)


def _is_frame(rows: Any) -> bool:
    return hasattr(rows, "columns") and any(hasattr(rows, method) for method in _FRAME_METHODS)


def _rows_of(rows: Any) -> str:
    """Return how a message names the rows that a value stands for."""
    if not _is_frame(rows):
        return "rows"
    return "frame." + next(call for method, call in _FRAME_METHODS.items() if hasattr(rows, method))
