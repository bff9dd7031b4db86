"""Where memory runs out nothing crashes and nothing is left half done, and the next call works."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from .interpreters import PROGRAMS

IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE", "") == "ci"


def run(kernel: str, *arguments: str) -> None:
    """Run a program of `programs/`, and assert that it ends well."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(PROGRAMS / arguments[0]), *arguments[1:]],
        env={**os.environ, "FASTDIFFSYNC_IMPLEMENTATION": kernel},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.fixture(scope="module")
def _failing_allocations() -> None:
    """Skip where no allocation can be made to fail, or the interpreter itself does not survive it."""
    if find_spec("_testcapi") is None:
        pytest.skip(f"{sys.executable} has no _testcapi; Debian has it in the package libpython3.x-testsuite")
    program = PROGRAMS / "interpreter_without_memory.py"
    if subprocess.run([sys.executable, program], capture_output=True, check=False).returncode:
        pytest.skip(f"Python {sys.version.split()[0]} crashes by itself when an allocation fails: {program.name}")


STEPS = {
    "Constructing": 1,
    "Assigning": 1,
    "BulkLoading": 3,
    "Comparing": 3,
    "Syncing": 3,
    "Viewing": 29,
    "Dumping": 7,
    "Copying": 7,
}
"""How far the allocations are from each other that fail on a desk, for records with nothing special about them."""
if IS_THOROUGH:
    STEPS["ComparingAndSyncing"] = 1


@pytest.mark.usefixtures("_failing_allocations")
@pytest.mark.parametrize("work", STEPS)
def test_failing_allocation(kernel: str, work: str) -> None:
    """An allocation that fails, whichever it is, is a MemoryError after which all is as it was, or as it should be."""
    step, other_step = (1, 1) if IS_THOROUGH else (STEPS[work], 59)
    changing_step = step if work == "Syncing" else other_step
    kinds = f"Plain:{step}", f"Changing:{changing_step}", f"Own:{other_step}", f"Flagged:{other_step}"
    run(kernel, "failing_memory.py", work, *kinds)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses memory beyond the limit of a process")
def test_bulk_load_beyond_memory(kernel: str) -> None:
    """A load for which there is not enough memory leaves nothing behind, though undoing it finds no memory either."""
    run(kernel, "little_memory.py")
