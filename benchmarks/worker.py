"""Runs one measurement in a process of its own and prints what it found as JSON.

A fresh process for each keeps one measurement's garbage, caches and interned strings out of the next.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import sys
import time
from typing import Any

from . import cases, models


def resolve(name: str) -> tuple[Any, ...]:
    """Return the function of a measurement's name, and what it takes last, if anything."""
    path, _, variant = name.partition(":")
    module, _, function = path.rpartition(".")
    make = getattr(importlib.import_module(f"benchmarks.{module}"), function)
    return (make, variant) if variant else (make,)


def find(name: str, library: str, records: int) -> cases.Case | list[float]:
    """Prepare the measurement of this name, or take it, if it is one that a clock has no part in.

    Args:
        name: Module and function, such as "cases.diff", and after a colon what the function takes last, if anything.
        library: "diffsync", "fastdiffsync", or "" for a measurement that needs neither.
        records: Number of records a side.
    """
    make, *last = resolve(name)
    return make(models.load_library(library), records, *last) if library else make(records, *last)  # type: ignore[no-any-return]


def timed(case: cases.Case, repeats: int) -> dict[str, Any]:
    """Repeat the case, garbage collected before each run and the collector on while it runs, as users have it.

    Returns:
        `values`, each run's seconds for one of its operations, and `evidence`, made of the last run's result.
    """
    values = []
    for _ in range(repeats):
        result = None
        arguments = case.setup()
        while gc.collect():
            pass  # what one collection has freed may have kept more alive, which belongs to an earlier run as well
        start = time.perf_counter()
        result = case.run(*arguments)
        values.append((time.perf_counter() - start) / case.operations)
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
    made = find(options.name, options.library, options.records)
    found = timed(made, options.repeats) if isinstance(made, cases.Case) else {"values": made, "evidence": None}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
