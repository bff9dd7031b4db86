"""Asking an adapter for the children of a record."""

from __future__ import annotations

from typing import Any

from ..exceptions import ObjectNotFound


def get_children(adapter: Any, parent: Any, field: str, uids: Any, child_type: str) -> Any:
    """Return the children of one type of a record, as the adapter's `get_by_uids` does.

    Args:
        adapter: The adapter.
        parent: The record.
        field: Its field that lists the children.
        uids: What is in the field.
        child_type: The children's type.

    Raises:
        ObjectNotFound: If one of them is not there; it says which record lists it.
    """
    try:
        return adapter.get_by_uids(uids, child_type)
    except ObjectNotFound as error:
        if type(error) is ObjectNotFound and len(error.args) == 1:
            way_out = "add the record, or take its unique id out of the list"
            error.args = (f"{error.args[0]}: {parent!r} of {adapter} lists it in {field}; {way_out}",)
        raise
