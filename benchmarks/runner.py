"""Runs each measurement once, in a process of its own, and remembers what it found."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Measurement(NamedTuple):
    """What is to be measured, and on what."""

    name: str
    """Module and function, such as "cases.diff"."""

    library: str
    """Which of "diffsync" and "fastdiffsync" is measured; "" for what needs neither."""

    records: int
    kernel: str = "c"
    """Which of fastdiffsync's kernels: "c", the default, or "python"."""


class Result(NamedTuple):
    """What came of it."""

    median: float
    evidence: Any


@dataclass
class Runner:
    """Measures, each thing once however many marks ask for it.

    Args:
        repeats: How often fastdiffsync and the peers other than diffsync run.
        slow_repeats: How often diffsync runs, which takes minutes where the others take seconds.
    """

    repeats: int
    slow_repeats: int
    _results: dict[Measurement, Result] = field(default_factory=dict)

    def measure(self, wanted: Measurement) -> Result:
        """Return the result, running the measurement if nobody has asked for it yet.

        Raises:
            RuntimeError: If the measurement failed; its own output is in the message.
        """
        if wanted not in self._results:
            print(f"{wanted.name} {wanted.library} {wanted.kernel} {wanted.records:,}", file=sys.stderr, flush=True)
            self._results[wanted] = self._run(wanted)
        return self._results[wanted]

    def _run(self, wanted: Measurement) -> Result:
        """Start a worker for the measurement and read its answer."""
        repeats = self.slow_repeats if wanted.library == "diffsync" else self.repeats
        arguments = [wanted.name, wanted.library, str(wanted.records), str(repeats)]
        environment = dict(os.environ)
        if wanted.library == "fastdiffsync":
            environment["FASTDIFFSYNC_IMPLEMENTATION"] = wanted.kernel
        worker = subprocess.run(
            [sys.executable, "-m", "benchmarks.worker", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if worker.returncode:
            message = f"measuring {wanted} failed with exit status {worker.returncode}"
            raise RuntimeError(message)
        found = json.loads(worker.stdout)
        return Result(statistics.median(found["values"]), found["evidence"])
