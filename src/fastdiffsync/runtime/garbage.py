"""Pausing the garbage collector where many objects are made at once and none of them can be garbage."""

from __future__ import annotations

import gc


class PausedCollection:
    """Keeps the cyclic garbage collector from running on its own in a `with` block, and leaves it as it was found.

    To leave the block takes no memory, so that it is left well when there is none.
    """

    __slots__ = ("_was_enabled",)

    def __enter__(self) -> None:
        """Stop the collector."""
        self._was_enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_exception: object) -> None:
        """Start the collector if it was running."""
        if self._was_enabled:
            gc.enable()
