"""What is given in place of what is wanted is refused before anything is done: arguments of a diff or a sync, flags."""

from __future__ import annotations

import reprlib
from typing import Any

from ..enum import DiffSyncFlags, DiffSyncModelFlags


def check_adapter(value: Any, where: str) -> None:
    """Check that a value is an adapter: something that has a store.

    Args:
        value: The value.
        where: What it has been given as, such as "diff_from: source".

    Raises:
        TypeError: If it is none.
    """
    if not isinstance(value, type) and getattr(value, "store", None) is not None:
        return
    hint = ""
    if isinstance(value, type) and hasattr(value, "diff_from"):
        hint = f"; make one of the class, {value.__name__}(), and load it"
    elif hasattr(value, "diff_from"):
        hint = f" without a store; let {type(value).__name__}.__init__ call super().__init__()"
    elif isinstance(value, dict):
        hint = "; load the dict into an adapter, by load_from_dict or load_records"
    message = f"{where} must be an adapter, not {described(value)}{hint}"
    raise TypeError(message)


def check_run(where: str, flags: Any, callback: Any) -> None:
    """Check what a diff or a sync is told besides the two adapters.

    Args:
        where: What is to be run, such as "diff".
        flags: What should be its flags.
        callback: What should be called with (stage, done, total), or is false.

    Raises:
        TypeError: If they are something else.
    """
    if not isinstance(flags, DiffSyncFlags):
        hint = "; flags of records are set on models, as model_flags" if isinstance(flags, DiffSyncModelFlags) else ""
        message = f"{where}: flags must be DiffSyncFlags, not {described(flags)}{hint}"
        raise TypeError(message)
    if callback and not callable(callback):
        message = f"{where}: callback must be a function of (stage, done, total), not {described(callback)}"
        raise TypeError(message)


def check_model_flags(value: Any, where: str) -> None:
    """Check what is to be the flags of a record, or of all records of a class.

    Args:
        value: The value.
        where: The record or the class.

    Raises:
        TypeError: If it is something else.
    """
    if not isinstance(value, DiffSyncModelFlags):
        hint = "; flags of a diff or a sync are given to that" if isinstance(value, DiffSyncFlags) else ""
        message = f"{where}: model_flags must be DiffSyncModelFlags, not {described(value)}{hint}"
        raise TypeError(message)


def described(value: Any) -> str:
    """Return what a value is, for an error."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return f"{type(value).__name__} {' '.join(_SHORT.repr(value).split())}"


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
