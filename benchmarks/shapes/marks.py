"""The marks of the shapes: one row for each shape and each thing that is done with it."""

from __future__ import annotations

from benchmarks.marks import DIFFSYNC, OURS, Mark
from benchmarks.runner import Measurement

from .table import GROUPS, SHAPES

QUICK_RECORDS = 1_000
"""How many records diffsync has, where there is little time."""


class _Rows:
    """Makes the rows, at the numbers of records that there is time for."""

    def __init__(self, *, quick: bool) -> None:
        """Make rows in which diffsync has few records if it is to be quick."""
        self._quick = quick

    def against_diffsync(self, name: str, done: str, case: str, bound: float, kernel: str = "c") -> Mark:
        """Return the row of something done on both libraries.

        Args:
            name: The shape's.
            done: What is done, for the caption.
            case: The function's name.
            bound: How often ours has to fit into diffsync's.
            kernel: Which kernel is measured.
        """
        shape = SHAPES[name]
        theirs = QUICK_RECORDS if self._quick else shape.records
        peer = f"diffsync, at {theirs:,} records" if self._quick else "diffsync"
        return Mark(
            f"shape: {shape.what}: {done}",
            peer,
            Measurement(f"shapes.{case}:{name}", OURS, shape.records, kernel),
            Measurement(f"shapes.{case}:{name}", DIFFSYNC, theirs),
            bound,
        )

    def diffs(self) -> list[Mark]:
        """Return the rows of comparing, on either kernel."""
        rows = []
        for name, shape in SHAPES.items():
            rows += [
                self.against_diffsync(name, "diff", "cases.diff", shape.mark),
                self.against_diffsync(name, "diff, kernel in Python", "cases.diff", shape.python_mark, "python"),
            ]
        changed = ["str", "date", "UUID", "Decimal", "list[str]", "40 attributes", *GROUPS["mixes"]]
        rows += [
            self.against_diffsync(name, "diff, 1 % changed", "cases.diff_changed", SHAPES[name].mark)
            for name in changed
        ]
        return rows


def shape_marks(*, quick: bool) -> list[Mark]:
    """Return the marks of all shapes.

    Args:
        quick: Give diffsync a small part of the records; the times are per record in any case.
    """
    return _Rows(quick=quick).diffs()
