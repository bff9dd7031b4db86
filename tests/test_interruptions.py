"""Ctrl-C is heeded in the middle of long work, and leaves all whole, whenever it comes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .interpreters import CAN_FORK, PROGRAMS

IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE", "") == "ci"


def run(kernel: str, *arguments: str) -> None:
    """Run a program of `programs/`, and assert that it ends well."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(PROGRAMS / arguments[0]), *arguments[1:]],
        env={**os.environ, "FASTDIFFSYNC_IMPLEMENTATION": kernel},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.parametrize("work", ["Constructing", "BulkLoading", "Comparing", "Syncing", "Viewing"])
def test_interruption_at_a_line(kernel: str, work: str) -> None:
    """At whatever line of the library Ctrl-C comes, all is as it was, or as it should be, and the next call works."""
    step = 1 if IS_THOROUGH else 199 if work == "Viewing" else 97
    run(kernel, "interrupted.py", work, *(f"{kind}:{step}" for kind in ("Plain", "Changing", "Own", "Flagged")))


WORK = ["loading", "comparing", "creating", "deleting"]
if IS_THOROUGH:
    WORK += ["linking later", "comparing what differs", "comparing what is asked for", "updating", "removing"]


@pytest.mark.skipif(
    not CAN_FORK, reason="another process sends the signals, and this system has neither forks nor signals"
)
@pytest.mark.parametrize("work", WORK)
def test_signals_during_long_work(kernel: str, work: str) -> None:
    """The handler of Ctrl-C runs while records are loaded, compared and changed, and may make an end of that."""
    run(kernel, "signals.py", work)
