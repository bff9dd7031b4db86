"""Runs one program after the other, each in a fork of this process: as apart as interpreters are, without their start.

`forks.py BEGINNING` runs the program that all begin with. Each line of its input is then a program as JSON; the answer,
a line as well, is its exit code, what it printed, and what it printed as errors.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
import tempfile
import traceback

TIMEOUT = 300
"""Seconds after which the system ends a program."""


def run(program: str) -> tuple[int, str, str]:
    """Run a program in a fork."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as printed,
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
    ):
        process = os.fork()
        if process == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(printed.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            run_and_exit(program)
        _, status = os.waitpid(process, 0)
        printed.seek(0)
        errors.seek(0)
        return os.waitstatus_to_exitcode(status), printed.read(), errors.read()


def run_and_exit(program: str) -> None:
    """Run a program and end the process, as an interpreter does."""
    faulthandler.enable()
    signal.alarm(TIMEOUT)
    status = 0
    try:
        exec(program, {"__name__": "__main__"})  # noqa: S102 - it is the tests' own
    except BaseException:  # noqa: BLE001 - a fork must not go on as what it was forked from
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    exec(sys.argv[1], {"__name__": "__main__"})  # noqa: S102 - it is the tests' own
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()
