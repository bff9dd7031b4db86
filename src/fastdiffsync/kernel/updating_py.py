"""Updating a record at once.

The twin of `updating.pyx`; whoever changes one changes both. Here all updates are left to `model.py`.
"""

from __future__ import annotations

from typing import Any

__all__ = ["update_directly"]


def update_directly(model: Any, attrs: dict[str, Any]) -> bool:  # noqa: ARG001 - as in the compiled kernel
    """Set attributes of a record and mark it as updated, if that is nothing but writing to its slots.

    Args:
        model: The record.
        attrs: The attributes and their values.

    Returns:
        Whether it was; if not, nothing has been done.
    """
    return False
