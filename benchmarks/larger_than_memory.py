"""`python -m benchmarks.larger_than_memory`: compare two SQLite files under a limit of memory, and say what it took.

The files are made in a folder, without ever holding more than a batch; then a process of its own, whose address space
is limited, compares them and prints what it held before, what the diff has added for each pair, and its peak.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import data, models
from .stores import load_children_first

if TYPE_CHECKING:
    from collections.abc import Iterable

MIB = 1024 * 1024


def open_side(folder: Path, name: str) -> Any:
    """Return an adapter on the SQLite file of this name."""
    library = models.load_library("fastdiffsync")
    store = __import__("fastdiffsync.store.sqlite", fromlist=["SQLiteStore"]).SQLiteStore(folder / f"{name}.sqlite")
    return models.adapter_class(library, models.scalar_models(library))(name, internal_storage_engine=store)


def fill(folder: Path, name: str, rows: Iterable[data.SiteRow]) -> None:
    """Make the SQLite file of this name."""
    adapter = open_side(folder, name)
    load_children_first(adapter, rows)
    adapter.store.close()


def compare(folder: Path) -> dict[str, Any]:
    """Compare the two files and return what it took, in bytes and seconds."""
    source, target = open_side(folder, "source"), open_side(folder, "target")
    before = _resident()
    start = time.perf_counter()
    diff = target.diff_from(source)
    seconds = time.perf_counter() - start
    return {
        "before": before,
        "after": _resident(),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "pairs": len(diff),
        "summary": diff.summary(),
        "seconds": seconds,
    }


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def measure(folder: Path, limit: int) -> dict[str, Any]:
    """Run `compare` in a process of its own whose address space is limited.

    Args:
        folder: Where the two files are.
        limit: Bytes that the process may have.

    Raises:
        subprocess.CalledProcessError: If the process failed, be it for want of memory.
    """
    program = [sys.executable, "-m", "benchmarks.larger_than_memory", "--compare", os.fspath(folder)]
    finished = subprocess.run(
        program,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    return json.loads(finished.stdout)  # type: ignore[no-any-return]


def main() -> None:
    """Do what the options ask for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.larger_than_memory", description=__doc__)
    parser.add_argument("records", type=int, nargs="?", default=1_000_000, help="records a side (default: 1,000,000)")
    parser.add_argument("--limit", type=int, default=1024, help="MiB that the process may have (default: 1,024)")
    parser.add_argument("--compare", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.compare:
        json.dump(compare(options.compare), sys.stdout)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side in ("source", "target"):
            fill(folder, side, data.tree(options.records, side))
            size = (folder / f"{side}.sqlite").stat().st_size
            print(f"{side}: {options.records:,} records, a file of {size / MIB:,.0f} MiB", flush=True)
        found = measure(folder, options.limit * MIB)
    print(f"{found['pairs']:,} pairs in {found['seconds']:.1f} s: {found['summary']}")
    before, after, peak = (found[name] / MIB for name in ("before", "after", "peak"))
    print(f"resident before {before:.0f} MiB, after {after:.0f}, peak {peak:.0f}")
    print(f"added for each pair: {(found['peak'] - found['before']) / found['pairs']:.0f} bytes")


if __name__ == "__main__":
    main()
