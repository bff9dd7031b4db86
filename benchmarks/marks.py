"""The marks: what is compared with what, and how the ratio of the two has to come out."""

from __future__ import annotations

from typing import NamedTuple

from .runner import Measurement

SMALLEST, SMALL, LARGE, LARGEST = 11_000, 110_000, 1_100_000, 5_000_000
OURS, DIFFSYNC = "fastdiffsync", "diffsync"
CHILDREN_NOTE = "diffsync's lists of children are filled directly: its `add_child` would take minutes to load them"


class Mark(NamedTuple):
    """One row of the table."""

    what: str
    peer: str
    ours: Measurement
    theirs: Measurement
    bound: float
    share: bool = False
    """Whether the bound is the most that ours may be of theirs; otherwise it is how many times theirs is ours, at least."""
    unit: str = "s"
    note: str = ""

    def ratio(self, ours: float, theirs: float) -> float:
        """Return the two medians' ratio, in the direction in which the mark is stated."""
        return ours / theirs if self.share else theirs / ours

    def met(self, ours: float, theirs: float) -> bool:
        """Whether the two medians satisfy the mark."""
        ratio = self.ratio(ours, theirs)
        return ratio <= self.bound if self.share else ratio >= self.bound


def _against_diffsync(what: str, name: str, records: int, bound: float, *, kernel: str = "", note: str = "") -> Mark:
    """Return a mark for the same function run on both libraries."""
    ours, theirs = Measurement(name, OURS, records, kernel), Measurement(name, DIFFSYNC, records)
    return Mark(what, "diffsync", ours, theirs, bound, note=note)


def marks(*, quick: bool) -> list[Mark]:
    """Return all marks.

    Args:
        quick: Measure everything at 11,000 records a side, instead of 110,000 and, against the fast peers, 1,100,000.
    """
    small, large = (SMALLEST, SMALLEST) if quick else (SMALL, LARGE)
    return [
        *_diff_marks(small),
        *_peer_marks(small, large),
        *_load_and_sync_marks(small),
        *_reading_marks(small),
        *_footprint_marks(small),
    ]


def _diff_marks(records: int) -> list[Mark]:
    """Return the marks for comparing."""
    overrides = "diff, `get_attrs` and `get_unique_id` overridden on"
    return [
        _against_diffsync("diff, load order", "diff", records, 300),
        _against_diffsync("diff, one side shuffled throughout", "diff_shuffled", records, 100),
        _against_diffsync("diff, one parent of all", "diff_wide_children", records, 200, note=CHILDREN_NOTE),
        _against_diffsync("diff, top level only", "diff_wide_top_level", records, 200),
        _against_diffsync(f"{overrides} interfaces (90 %)", "diff_overriding_interfaces", records, 20),
        _against_diffsync(f"{overrides} devices (9 %)", "diff_overriding_devices", records, 20),
        _against_diffsync(f"{overrides} sites (1 %)", "diff_overriding_sites", records, 20),
        _against_diffsync("diff, every attribute a list or dict", "diff_containers", records, 10),
        _against_diffsync("diff, kernel in Python", "diff", records, 20, kernel="python"),
    ]


def _peer_marks(small: int, large: int) -> list[Mark]:
    """Return the marks for comparing, against other tools than diffsync."""
    sizes = sorted({small, large})
    ours = {records: Measurement("diff", OURS, records) for records in sizes}
    equality = [
        Mark(
            "diff, load order",
            "`dict == dict`",
            ours[records],
            Measurement("dict_equality", "", records),
            0.5,
            share=True,
            note="the dicts of value tuples hold equal data, so that `==` has to look at all of it",
        )
        for records in sizes
    ]
    joins = [
        Mark(
            "diff, load order",
            peer,
            ours[large],
            Measurement(name, "", large),
            1,
            note="both sides in memory as the tool keeps them; full outer join and comparison of each column",
        )
        for peer, name in (("Polars", "polars_join"), ("DuckDB", "duckdb_join"))
    ]
    return equality + joins


def _load_and_sync_marks(records: int) -> list[Mark]:
    """Return the marks for loading and for applying a diff."""
    return [
        _against_diffsync("load: construct, `add`, `add_child`", "load", records, 25),
        Mark(
            "load: construct, `add`, `add_child`",
            "plain msgspec Structs",
            Measurement("load", OURS, records),
            Measurement("plain_structs", "", records),
            3,
            share=True,
            note="the Structs are neither validated nor put into a store",
        ),
        _against_diffsync("sync of a given diff, 1 % changed", "sync_changes", records, 100),
        _against_diffsync("sync of a given diff, all creates", "sync_creates", records, 15),
        _against_diffsync("sync of a given diff, all deletes", "sync_deletes", records, 15),
        _against_diffsync("`sync_from` into empty, diff included", "sync_and_diff_creates", records, 15),
        _against_diffsync("`sync_from` to empty, diff included", "sync_and_diff_deletes", records, 15),
        _against_diffsync("whole job: load both, diff, sync, diff", "whole_job", records, 30),
    ]


def _reading_marks(records: int) -> list[Mark]:
    """Return the marks for asking a finished diff."""
    first = "asked for the first time"
    return [
        _against_diffsync("`summary()` of a finished diff", "summary", records, 1000, note=first),
        _against_diffsync("`len()` of a finished diff", "length", records, 1000, note=first),
        _against_diffsync("`has_diffs()` of one without", "has_diffs", records, 1000, note=first),
        _against_diffsync("`str()` of a diff", "diff_as_str", records, 20),
        _against_diffsync("`dict()` of a diff", "diff_as_dict", records, 20),
    ]


def _footprint_marks(records: int) -> list[Mark]:
    """Return the marks for memory and import time."""

    def memory(what: str, name: str, bound: float, note: str) -> Mark:
        return _against_diffsync(what, name, records, bound, note=note)._replace(share=True, unit="B")

    return [
        memory("memory of a loaded record", "loaded_record", 1 / 5, "the values are not counted"),
        memory("memory of an unchanged pair in a diff", "unchanged_pair", 1 / 20, "the records are not counted"),
        Mark(
            "import time",
            "msgspec, structlog",
            Measurement("import_time", OURS, 0),
            Measurement("import_time", "msgspec, structlog", 0),
            1.5,
            share=True,
            note="inside the interpreter, whose own start-up is not counted",
        ),
    ]


GROWTH = [
    ("diff, load order", "diff", ""),
    ("diff, one side shuffled throughout", "diff_shuffled", ""),
    ("diff, kernel in Python", "diff", "python"),
    ("load: construct, `add`, `add_child`", "load", ""),
]
"""What the second table shows per record: caption, measurement and kernel."""


def sizes(*, quick: bool, large: bool) -> list[int]:
    """Return the numbers of records at which the second table's measurements are made."""
    if quick:
        return [SMALLEST]
    return [SMALLEST, SMALL, LARGE, *([LARGEST] if large else [])]
