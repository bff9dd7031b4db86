"""Telling a callback how far a diff or a sync has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = 1000
"""How many calls a long run makes, about."""


class Progress:
    """Counts what is done and calls back: at every step of a short run, about 1,000 times in a long one.

    Attributes:
        stage, total: As given.
        done: How much is done.
        interval: How much may be done before `advance` is to be called.
    """

    __slots__ = ("_callback", "_reported", "done", "interval", "stage", "total")

    def __init__(self, stage: str, total: int, callback: Callable[[str, int, int], None] | None) -> None:
        """Count from 0 to `total`.

        Args:
            stage: "diff" or "sync", the callback's first argument.
            total: What `done` is to reach, the callback's third argument.
            callback: Whom to call, or None to count only.
        """
        self.stage = stage
        self.total = total
        self.done = 0
        self._callback = callback
        self._reported = 0
        self.interval = max(1, total // CALLS) if callback is not None else max(1, total)

    @property
    def is_watched(self) -> bool:
        """Whether there is a callback."""
        return self._callback is not None

    @property
    def until_report(self) -> int:
        """How much is to be done before the next call is due."""
        return self.interval - (self.done - self._reported)

    def advance(self, delta: int) -> None:
        """Add `delta` to what is done; nothing happens for 0."""
        self.done += delta
        if self._callback is not None and self.done - self._reported >= self.interval:
            self._report()

    def finish(self) -> None:
        """Report the final count if it has not been."""
        if self._callback is not None and self.done > self._reported:
            self._report()

    def _report(self) -> None:
        self._reported = self.done
        if self._callback is not None:
            self._callback(self.stage, self.done, self.total)
