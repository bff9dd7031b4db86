"""`python -m benchmarks.instructions`: fail if a record takes more instructions than it may, in one of `KINDS`.

valgrind counts the instructions of a process that prepares the data and does nothing more, and of one that also does
the work some times over. The difference, divided by the times and the records, is the work's own cost: it depends on
the code, the compiler and the Python version, but neither on the clock nor on what else the machine does.

Where `ceilings.json` has none for this version of Python and this kernel it says so, counts nothing and passes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from .workload import MOST_TIMES, RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

CEILINGS = Path(__file__).with_name("ceilings.json")
KINDS = (
    *("diff", "load", "bulk", "sync"),
    *("diff:ticket", "load:ticket", "sync:ticket", "text:UUID"),
    *("diff:network", "load:network", "sync:network"),
)
"""What is counted: work on the benchmarks' own data, or after a colon on a shape's, such as "diff:UUID"."""

TIMES = 5
HEAVIER_TIMES = 6
MARGIN = 1.10

assert TIMES * 1.2 == HEAVIER_TIMES <= MOST_TIMES


def count(kind: str, times: int, kernel: str) -> int:
    """Return the number of instructions of one process.

    Args:
        kind: One of `KINDS`.
        times: How often the work is done after the preparation.
        kernel: "c" or "python".

    Raises:
        RuntimeError: If the process failed, or valgrind's output has no count.
    """
    counter = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    finished = _work(kind, times, kernel, counter)
    collected = re.search(r"Collected : (\d+)", finished.stderr)
    if not collected:
        message = f"valgrind gave no count:\n{finished.stderr}"
        raise RuntimeError(message)
    return int(collected[1])


def _work(kind: str, times: int, kernel: str, counter: list[str]) -> subprocess.CompletedProcess[str]:
    """Do the work in a process under the counter, a command to which ours is appended; arguments as for `count`."""
    finished = subprocess.run(
        [*counter, sys.executable, "-m", "benchmarks.workload", kind, str(times)],
        cwd=CEILINGS.parent.parent,
        env={**os.environ, "PYTHONHASHSEED": "0", "FASTDIFFSYNC_IMPLEMENTATION": kernel},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        message = f"{kind}, {times} times, failed with exit status {finished.returncode}:\n{finished.stderr}"
        raise RuntimeError(message)
    return finished


def per_record(kernel: str, times: int, kinds: Iterable[str] = KINDS) -> dict[str, float]:
    """Return each kind's instructions per record; `times` other than `TIMES` makes the work that much heavier."""
    kinds = list(kinds)
    _work(KINDS[0], 0, kernel, [])  # leaves compiled bytecode behind, so that no counted process has to make it
    preparations = {kind: kind.partition(":")[2] for kind in kinds}
    one_each = {shape: kind for kind, shape in preparations.items()}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        nothing = {shape: pool.submit(count, kind, 0, kernel) for shape, kind in one_each.items()}
        work = {kind: pool.submit(count, kind, times, kernel) for kind in kinds}
    prepared = {shape: future.result() for shape, future in nothing.items()}
    return {kind: (future.result() - prepared[preparations[kind]]) / TIMES / RECORDS for kind, future in work.items()}


def too_heavy(measured: dict[str, float], ceilings: dict[str, int]) -> list[str]:
    """Print each kind's figures and return the kinds that are above their ceiling."""
    for kind, found in measured.items():
        print(f"{kind}: {found:,.0f} instructions a record, ceiling {ceilings[kind]:,}")
    return [kind for kind, found in measured.items() if found > ceilings[kind]]


def main() -> None:
    """Count and compare, or do what the options say instead."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.instructions", description=__doc__)
    parser.add_argument("--kernel", choices=("c", "python"), default="c")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--prove", action="store_true", help="do 20 %% more work and fail unless it is noticed")
    action.add_argument("--update", action="store_true", help="set this Python's ceilings 10 %% above what is counted")
    options = parser.parse_args()

    version = ".".join(platform.python_version_tuple()[:2])
    known = json.loads(CEILINGS.read_text(encoding="utf-8"))
    if options.kernel not in known.get(version, {}) and not options.update:
        missing = f"no ceilings for Python {version} and the kernel {options.kernel!r}: set them with --update"
        if options.prove:
            sys.exit(missing)
        print(missing)
        return
    kinds = KINDS if options.update else known[version][options.kernel]
    measured = per_record(options.kernel, HEAVIER_TIMES if options.prove else TIMES, kinds)
    if options.update:
        known.setdefault(version, {})[options.kernel] = {kind: round(n * MARGIN) for kind, n in measured.items()}
        CEILINGS.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    above = too_heavy(measured, known[version][options.kernel])
    if options.prove:
        unnoticed = sorted(set(measured) - set(above))
        sys.exit(f"20 % more work went unnoticed: {', '.join(unnoticed)}" if unnoticed else 0)
    sys.exit(f"too many instructions: {', '.join(above)}" if above else 0)


if __name__ == "__main__":
    main()
