"""Assigning several attributes of a record: all of them, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .. import _kernel as kernel

if TYPE_CHECKING:
    from collections.abc import Iterable

_STATUS = ("_status", "_status_message")


def former_values(record: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return what `restore` needs: the values of attributes that are about to be assigned, and the record's status."""
    return {name: getattr(record, name, msgspec.UNSET) for name in (*names, *_STATUS)}


def restore(record: Any, former: dict[str, Any]) -> None:
    """Give a record back its values after an assignment has failed in the middle.

    Args:
        record: The record.
        former: What `former_values` has returned; attributes that the record did not have are left as they are.
    """
    for name, value in former.items():
        if value is not msgspec.UNSET and getattr(record, name, msgspec.UNSET) is not value:
            kernel.put_attribute(record, name, value)
