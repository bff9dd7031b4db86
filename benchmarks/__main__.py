"""`python -m benchmarks`: measure everything once and print the tables."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from . import report
from .calls.marks import call_marks
from .marks import GROWTH, OURS, Mark, marks, sizes, store_marks
from .runner import Measurement, Result, Runner
from .shapes.marks import shape_marks

if TYPE_CHECKING:
    from collections.abc import Iterator


def _agree(mark: Mark, ours: Result, theirs: Result) -> None:
    """Make sure that both did the same work, if both were given the same.

    Raises:
        RuntimeError: If one of them found something else in the data than the other.
    """
    if isinstance(mark.theirs, Measurement) and mark.theirs.records != mark.ours.records:
        return
    expected, found = theirs.evidence, ours.evidence
    if isinstance(expected, dict) and isinstance(found, dict):
        found = {name: found.get(name) for name in expected}
    if expected is not None and found is not None and expected != found:
        message = f"{mark.what}, {mark.peer}: the peer found {expected}, fastdiffsync {found}"
        raise RuntimeError(message)


def _rows(runner: Runner, wanted: list[Mark]) -> Iterator[report.Row]:
    """Measure the marks and yield their rows; one that cannot be measured has the reason in place of its figures."""
    for mark in wanted:
        try:
            theirs = Result([mark.theirs], None) if isinstance(mark.theirs, float) else runner.measure(mark.theirs)
            ours = runner.measure(mark.ours)
            _agree(mark, ours, theirs)
            yield report.Row(mark, ours.median, theirs.median)
        except RuntimeError as error:
            yield report.Row(mark, error=str(error))


def _measurements(wanted: list[Mark]) -> Iterator[Measurement]:
    """Yield all that the marks need, what is compared with each other side by side."""
    for mark in wanted:
        yield mark.ours
        if isinstance(mark.theirs, Measurement):
            yield mark.theirs


def _growth_table(runner: Runner, wanted: list[tuple[str, str, str]], counts: list[int]) -> str:
    """Measure what is to grow linearly and return the time per record at each size."""
    rows = []
    for what, name, kernel in wanted:
        medians = [runner.measure(Measurement(name, OURS, records, kernel)).median for records in counts]
        cells = [f"{median / records * 1e6:.3f}" for median, records in zip(medians, counts, strict=True)]
        rows.append((what, *cells))
    return report.table(("µs per record", *[f"{records:,}" for records in counts]), rows)


def _groups(options: argparse.Namespace) -> list[list[Mark]]:
    """Return the marks of each table that is asked for."""
    quick = options.quick
    shapes, calls = shape_marks(quick=quick), call_marks()
    if options.shapes or options.calls:
        return [each for each, wanted in ((shapes, options.shapes), (calls, options.calls)) if wanted]
    return [marks(quick=quick), store_marks(quick=quick), shapes, calls]


def _print(rows: list[report.Row]) -> None:
    """Print the table of one group, what its rows leave unsaid, and how many marks are met."""
    print("", report.table(report.HEADINGS, [row.cells() for row in rows]), sep="\n")
    texts = report.notes([row.mark for row in rows]), report.overview(rows), report.count(rows)
    for text in filter(None, texts):
        print("", text, sep="\n", flush=True)


def main() -> None:
    """Measure what the options ask for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="11,000 records everywhere; of the shapes, 1,000 for diffsync"
    )
    parser.add_argument("--shapes", action="store_true", help="only the shapes, unless other groups are named too")
    parser.add_argument("--calls", action="store_true", help="only the calls, unless other groups are named too")
    parser.add_argument("--large", action="store_true", help="cost per record at 5,000,000 records too (needs 16 GB)")
    parser.add_argument("--only", metavar="PATTERN", default="", help="only rows whose caption matches")
    parser.add_argument("--repeats", type=int, default=7, help="runs of each measurement (default: 7)")
    parser.add_argument("--slow-repeats", type=int, default=3, help="runs of each measurement of diffsync (default: 3)")
    parser.add_argument("--rounds", type=int, default=1, help="how often all that is done, in turn (default: 1)")
    options = parser.parse_args()

    chosen = re.compile(options.only, re.IGNORECASE)
    runner = Runner(options.repeats, options.slow_repeats)
    print(report.machine())
    for every in _groups(options):
        wanted = [mark for mark in every if chosen.search(f"{mark.what} / {mark.peer}")]
        runner.measure_in_turn(_measurements(wanted), options.rounds)
        if wanted:
            _print(list(_rows(runner, wanted)))
    growing = [row for row in GROWTH if chosen.search(row[0]) and not (options.shapes or options.calls)]
    if growing:
        print("", _growth_table(runner, growing, sizes(quick=options.quick, large=options.large)), sep="\n")


if __name__ == "__main__":
    main()
