"""Nothing stays behind: neither memory nor references, also where the user's code raises in the middle."""

from __future__ import annotations

import json
import sys

import msgspec
import pytest

from .interpreters import run_file
from .profile import by_profile

ROUNDS = by_profile(desk="30", ci="60")  # of a kilobyte each, more than Python 3.10 may leave
ALLOWED = {"objects": 20, "bytes": 1500 if sys.version_info >= (3, 11) else 30_000}
"""What all rounds of a program that leaks nothing may leave: the results of the measurement itself, and chance.

Python 3.10 adds what it remembers of instructions that have run a thousand times.
"""

KEPT_BY_MSGSPEC = {"making_classes": 15_000} if [*map(int, msgspec.__version__.split(".")[:2])] < [0, 22] else {}
"""How many bytes more a program may leave that makes classes: before 0.22, msgspec keeps some 200 of each Struct."""


def growth(kernel: str, name: str) -> dict[str, int]:
    """Run a program over and over in a process of its own, and return what has grown beyond what is allowed."""
    done = run_file(kernel, "leaks.py", name, ROUNDS, PYTHONMALLOC="default")
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured.keys() > ALLOWED.keys()
    measured["bytes"] -= KEPT_BY_MSGSPEC.get(name, 0)
    return {what: amount for what, amount in measured.items() if amount > ALLOWED.get(what, 20)}


@pytest.mark.parametrize(
    "name",
    [
        "loading",
        "bad_input",
        "bulk_loading",
        "diffing",
        "dumping",
        "copying",
        "removing",
        "abandoned_diff",
        "syncing",
        "raising_comparison",
        "raising_hook",
        "raising_methods",
        "raising_callback",
        "cycle",
        "making_classes",
        "sqlite_store",
    ],
)
def test_nothing_stays_behind(kernel: str, name: str) -> None:
    """However often a piece of work is done, memory, objects and references stay as many as they were."""
    assert growth(kernel, name) == {}


def test_a_leak_would_be_seen(kernel: str) -> None:
    """A program that keeps a kilobyte in each round is told from one that does not."""
    assert growth(kernel, "leaking").keys() == {"bytes"}


def test_a_leaked_reference_would_be_seen(kernel: str) -> None:
    """A program that keeps one reference to an old object in each round is told from one that does not."""
    assert "references to a value" in growth(kernel, "leaking_a_reference")
