"""What both kernels know by one name: the marks that stand in slots, and the numbers of actions."""

from __future__ import annotations

REBUILDING = object()
"""Stands in `model_flags` while a record is rebuilt from a pickle or a copy."""

NO_ACTION, CREATE, UPDATE, DELETE = range(4)

INSTANCE_OVERRIDES = object()
"""Stands in for the key of a record that has a method replaced on the instance: its hooks are called."""
