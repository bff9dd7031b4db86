"""How many threads compare two datasets."""

from __future__ import annotations

import os

DEFAULT_THREADS = 2

_settings: dict[str, int | None] = {"threads": None}


def set_compare_threads(count: int | None) -> None:
    """Say how many threads share the part of a diff that needs no Python; the result is the same whatever their number.

    Args:
        count: 1 or more; None for the default, which is 2 where the process may use two processors, and otherwise 1.

    Raises:
        ValueError: If the number is not positive.
    """
    if count is not None and count < 1:
        message = f"a diff needs at least 1 thread, not {count}"
        raise ValueError(message)
    _settings["threads"] = count


def compare_threads() -> int:
    """Return how many threads share the part of a diff that needs no Python."""
    return _settings["threads"] or min(DEFAULT_THREADS, _usable_processors())


def _usable_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
