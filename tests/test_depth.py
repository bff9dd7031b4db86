"""A chain of many thousand records, one below the other, goes through everything without recursion."""

from __future__ import annotations

import pytest

from .interpreters import run_file
from .profile import by_profile

LEVELS = by_profile(desk=5_000, ci=100_000)
"""Five times what Python's recursion limit allows; and on the program's stack, 52 bytes for each level."""


def run(kernel: str, task: str, levels: int) -> None:
    """Run a task of `programs/deep_chain.py`, in a thread with a small stack, and assert that it ends well."""
    done = run_file(kernel, "deep_chain.py", task, str(levels))
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
    """A chain of records far deeper than any stack is compared, synced, counted and freed."""
    run(kernel, task, LEVELS)


@pytest.mark.parametrize("task", ["print_diff", "describe", "describe_cycle"])
def test_texts_of_a_deep_chain(kernel: str, task: str) -> None:
    """Texts are indented by depth, so that they grow with its square; a chain of 3,000 has one of some 40 MB."""
    run(kernel, task, 3_000)
