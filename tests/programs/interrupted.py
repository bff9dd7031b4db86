"""Work that Ctrl-C interrupts: `interrupted.py <kind of work> <kind of records>:<step> ...`; see `work.py`.

`KeyboardInterrupt` is raised at a line of the library, as if the signal had come there.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from work import Work, run

import fastdiffsync

if TYPE_CHECKING:
    from types import FrameType

LIBRARY = str(Path(fastdiffsync.__file__).parent)


class Interruption:
    """Raises `KeyboardInterrupt` once, when so many lines of the library have been begun, or functions left."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.has_come = False

    def trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        """Count lines, as a function for `sys.settrace`."""
        if not frame.f_code.co_filename.startswith(LIBRARY):
            return None
        if event in {"line", "return"} and not self.has_come:
            self.left -= 1
            if self.left < 0:
                self.has_come = True
                raise KeyboardInterrupt
        return self.trace


def fails(work: Work, number: int) -> bool:
    """Do some work that is interrupted at a line; return whether it was."""
    interruption = Interruption(number)
    sys.settrace(interruption.trace)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


if __name__ == "__main__":
    run(fails)
