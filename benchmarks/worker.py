"""Runs one measurement in a process of its own and prints what it found as JSON.

A fresh process for each keeps one measurement's garbage, caches and interned strings out of the next.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from typing import Any

from . import cases, footprint, models, peers


def find(name: str, library: str, records: int) -> cases.Case:
    """Prepare the measurement of this name.

    Args:
        name: A function of `cases` or, without a library, `peers`.
        library: "diffsync", "fastdiffsync", or "" for a peer.
        records: Number of records a side.

    Raises:
        AttributeError: If there is no such measurement.
    """
    if not library:
        return getattr(peers, name)(records)  # type: ignore[no-any-return]
    return getattr(cases, name)(models.load_library(library), records)  # type: ignore[no-any-return]


def timed(case: cases.Case, repeats: int) -> dict[str, Any]:
    """Repeat the case, garbage collected before each run and the collector on while it runs, as users have it.

    Returns:
        `values`, each run's seconds, and `evidence`, made of the last run's result.
    """
    values = []
    for _ in range(repeats):
        result = None
        arguments = case.setup()
        gc.collect()
        start = time.perf_counter()
        result = case.run(*arguments)
        values.append(time.perf_counter() - start)
        del arguments
    return {"values": values, "evidence": case.evidence(result)}


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worker", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("library")
    parser.add_argument("records", type=int)
    parser.add_argument("repeats", type=int)
    options = parser.parse_args()
    if hasattr(footprint, options.name):
        found = {"values": getattr(footprint, options.name)(options.library, options.records), "evidence": None}
    else:
        found = timed(find(options.name, options.library, options.records), options.repeats)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
