"""Runs each measurement once, in a process of its own, and remembers what it found."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent


class Measurement(NamedTuple):
    """What is to be measured, and on what."""

    name: str
    """Module and function, such as "cases.diff", or "shapes.cases.diff:UUID", where the function takes one of many."""

    library: str
    """Which of "diffsync" and "fastdiffsync" is measured; "" for what needs neither."""

    records: int
    kernel: str = "c"
    """Which of fastdiffsync's kernels: "c", the default, or "python"."""


class Result(NamedTuple):
    """What came of it."""

    values: list[float]
    evidence: Any

    @property
    def median(self) -> float:
        """The median of all runs."""
        return statistics.median(self.values)


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

    def measure_in_turn(self, wanted: Iterable[Measurement], rounds: int) -> None:
        """Run all measurements some times over, one after the other, so that what `measure` returns is of all rounds.

        What else a machine has to do comes and goes by the minute. Measured in turn, both sides of a ratio have their
        share of it; what fails here is left to `measure`, which says why.
        """
        each = [measurement for measurement in dict.fromkeys(wanted) if measurement not in self._results]
        for _ in range(rounds):
            for measurement in each:
                with suppress(RuntimeError):
                    earlier = self._results.pop(measurement, None)
                    found = self.measure(measurement)
                    if earlier is not None:
                        self._results[measurement] = Result(earlier.values + found.values, found.evidence)

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
        try:
            found = json.loads(worker.stdout)
        except ValueError as error:
            message = f"measuring {wanted} gave no answer that can be read: {worker.stdout[-100:]!r}"
            raise RuntimeError(message) from error
        return Result(found["values"], found["evidence"])
