"""A chain of 100,000 records, one below the other, goes through everything without recursion."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "deep_chain.py"


def run(kernel: str, task: str, levels: int) -> None:
    """Run a task of `programs/deep_chain.py`, in a thread with a small stack, and assert that it ends well."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(PROGRAM), task, str(levels)],
        env={**os.environ, "FASTDIFFSYNC_IMPLEMENTATION": kernel},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    assert (done.stdout, done.returncode) == ("done\n", 0)


@pytest.mark.parametrize(
    "task",
    [
        "create_all",
        "delete_all",
        "delete_upwards",
        "delete_at_once",
        "change_bottom",
        "read_diff",
        "walk_elements",
        "cycle",
    ],
)
def test_deep_chain(kernel: str, task: str) -> None:
    """A chain of 100,000 records is compared, synced, counted and freed."""
    run(kernel, task, 100_000)


@pytest.mark.parametrize("task", ["print_diff", "describe", "describe_cycle"])
def test_texts_of_a_deep_chain(kernel: str, task: str) -> None:
    """Texts are indented by depth, so that they grow with its square; a chain of 3,000 has one of some 40 MB."""
    run(kernel, task, 3_000)
