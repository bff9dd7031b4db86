"""Running a piece of a test on a small stack, where recursion that is no deeper than some thousand calls is a crash."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STACK = (1024 if sys.version_info >= (3, 13) else 256) * 1024
"""At 5,000 levels, 52 bytes are left for each: less than a main thread's 8 MiB leave for each of 100,000.

From Python 3.13 on the interpreter itself frees what is nested with some thousand calls in each other, however small
the stack is. There it is four times that: 210 bytes, with which no call of C that does anything makes do.
"""


def on_small_stack(function: Callable[[], None]) -> None:
    """Call a function in a thread whose stack is small, and raise here what it raises there."""
    raised: list[BaseException] = []

    def call() -> None:
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - raised again below
            raised.append(error)

    before = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=call)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if raised:
        raise raised[0]
