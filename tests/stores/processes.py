"""Running a piece of a test in a forked child process."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def run_in_child(function: Callable[[], Any]) -> Any:
    """Call a function in a forked child process and return what it returned there; its failure is raised here."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reader)
        _run_and_exit(function, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        answer = answers.read()
    _, status = os.waitpid(process, 0)
    assert status == 0, "the child process failed"
    return pickle.loads(answer)


def _run_and_exit(function: Callable[[], Any], writer: int) -> None:
    status = 1
    try:
        result = function()
        with os.fdopen(writer, "wb") as answers:
            pickle.dump(result, answers)
        status = 0
    except BaseException:  # noqa: BLE001 - a child of the test runner must not go on as one
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def kill_after_steps(function: Callable[[Callable[[], None]], None], steps: int) -> bool:
    """Call a function in a forked child process and kill it once it has reported a number of steps.

    Args:
        function: Is given a function to call at each step.
        steps: How many steps to let it take.

    Returns:
        Whether it died of that: the function may have been done before.
    """
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.close(reader)
            function(lambda: os.write(writer, b"."))  # type: ignore[arg-type, return-value]
        except BaseException:  # noqa: BLE001 - a child of the test runner must not go on as one
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writer)
    seen = 0
    while seen < steps:
        got = len(os.read(reader, steps - seen))
        if not got:
            break
        seen += got
    os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    os.close(reader)
    return os.WIFSIGNALED(status)
