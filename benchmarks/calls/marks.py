"""The marks of the calls: a row for each call of the table."""

from __future__ import annotations

from benchmarks.marks import DIFFSYNC, OURS, Mark
from benchmarks.runner import Measurement

from .table import GROUPS
from .worlds import RECORDS


def call_marks() -> list[Mark]:
    """Return the marks of all calls; times are those of one call."""
    return [
        Mark(
            f"call: {group}: `{each.caption}`" if not each.what else f"call: {group}: {each.caption}",
            DIFFSYNC,
            Measurement(f"calls.measure.call:{group}: {each.caption}", OURS, RECORDS),
            Measurement(f"calls.measure.call:{group}: {each.caption}", DIFFSYNC, RECORDS),
            each.mark,
        )
        for group, (_, every) in GROUPS.items()
        for each in every
    ]
