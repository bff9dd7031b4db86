"""When two values are equal, as both kernels ask Python."""

from __future__ import annotations

from typing import Any

from ..dumping.copies import SCALARS, as_data

IDENTITY_TYPES = SCALARS - {float}
"""The types of whose values those that are one object are equal."""


def is_same(value: Any, other: Any) -> bool:
    """Whether two identifiers are equal in the way in which dicts compare their values."""
    return value is other or bool(value == other)


def differ(value: Any, other: Any) -> bool:
    """Whether two attribute values differ: Python's `!=`, of nested records that of their dicts."""
    if not value != other:  # noqa: SIM202 - `==` may be answered by another method
        return False
    return type(value) in SCALARS or bool(as_data(value) != as_data(other))
