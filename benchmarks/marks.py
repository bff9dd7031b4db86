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
    theirs: Measurement | float
    """What ours is held against: a measurement, or a number of seconds that is given."""

    bound: float | None
    """What the ratio has to be; None where there is nothing to hold, and the ratio is for information."""

    share: bool = False
    """Whether the bound is the most that ours may be of theirs; otherwise, how often ours fits into theirs at least."""

    unit: str = "s"
    note: str = ""

    def ratio(self, ours: float, theirs: float) -> float:
        """Return the two medians' ratio, in the direction in which the mark is stated."""
        return ours / theirs if self.share else theirs / ours

    def is_met(self, ours: float, theirs: float) -> bool:
        """Whether the two medians satisfy the mark."""
        if self.bound is None:
            return True
        ratio = self.ratio(ours, theirs)
        return ratio <= self.bound if self.share else ratio >= self.bound


def _against_diffsync(what: str, name: str, records: int, bound: float, *, note: str = "") -> Mark:
    """Return a mark for the same function run on both libraries."""
    ours, theirs = Measurement(name, OURS, records), Measurement(name, DIFFSYNC, records)
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
        _against_diffsync("diff, load order", "cases.diff", records, 300),
        _against_diffsync("diff, one side shuffled throughout", "cases.diff_shuffled", records, 100),
        _against_diffsync("diff, one parent of all", "cases.diff_wide_children", records, 200, note=CHILDREN_NOTE),
        _against_diffsync("diff, top level only", "cases.diff_wide_top_level", records, 200),
        _against_diffsync(f"{overrides} interfaces (90 %)", "cases.diff_overriding_interfaces", records, 20),
        _against_diffsync(f"{overrides} devices (9 %)", "cases.diff_overriding_devices", records, 20),
        _against_diffsync(f"{overrides} sites (1 %)", "cases.diff_overriding_sites", records, 20),
        _against_diffsync("diff, every attribute a list or dict", "cases.diff_containers", records, 10),
        _against_diffsync("diff, kernel in Python", "cases.diff", records, 20)._replace(
            ours=Measurement("cases.diff", OURS, records, "python")
        ),
    ]


def _peer_marks(small: int, large: int) -> list[Mark]:
    """Return the marks for comparing, against other tools than diffsync."""
    sizes = sorted({small, large})
    ours = {records: Measurement("cases.diff", OURS, records) for records in sizes}
    equality = [
        Mark(
            "diff, load order",
            "`dict == dict`",
            ours[records],
            Measurement("peers.dict_equality", "", records),
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
        for peer, name in (("Polars", "peers.polars_join"), ("DuckDB", "peers.duckdb_join"))
    ]
    return equality + joins


def _load_and_sync_marks(records: int) -> list[Mark]:
    """Return the marks for loading and for applying a diff."""
    return [
        _against_diffsync("load: construct, `add`, `add_child`", "cases.load", records, 25),
        Mark(
            "load: construct, `add`, `add_child`",
            "plain msgspec Structs",
            Measurement("cases.load", OURS, records),
            Measurement("peers.plain_structs", "", records),
            3,
            share=True,
            note="the Structs are neither validated nor put into a store",
        ),
        Mark(
            "bulk loading: `load_records`",
            "the loop above",
            Measurement("cases.load_in_bulk", OURS, records),
            Measurement("cases.load", OURS, records),
            2,
            note="the same records, as one list of dicts a type; parents are found by their keys",
        ),
        _against_diffsync("sync of a given diff, 1 % changed", "cases.sync_changes", records, 100),
        _against_diffsync("sync of a given diff, all creates", "cases.sync_creates", records, 15),
        _against_diffsync("sync of a given diff, all deletes", "cases.sync_deletes", records, 15),
        _against_diffsync("`sync_from` into empty, diff included", "cases.sync_and_diff_creates", records, 15),
        _against_diffsync("`sync_from` to empty, diff included", "cases.sync_and_diff_deletes", records, 15),
        _against_diffsync("whole job: load both, diff, sync, diff", "cases.whole_job", records, 30),
    ]


def _reading_marks(records: int) -> list[Mark]:
    """Return the marks for asking a finished diff."""
    first = "asked for the first time"
    return [
        _against_diffsync("`summary()` of a finished diff", "cases.summary", records, 1000, note=first),
        _against_diffsync("`len()` of a finished diff", "cases.length", records, 1000, note=first),
        _against_diffsync("`has_diffs()` of one without", "cases.has_diffs", records, 1000, note=first),
        _against_diffsync("`str()` of a diff", "cases.diff_as_str", records, 20),
        _against_diffsync("`dict()` of a diff", "cases.diff_as_dict", records, 20),
    ]


def _footprint_marks(records: int) -> list[Mark]:
    """Return the marks for memory and import time."""

    def memory(what: str, name: str, bound: float, note: str) -> Mark:
        return _against_diffsync(what, name, records, bound, note=note)._replace(share=True, unit="B")

    return [
        memory("memory of a loaded record", "footprint.loaded_record", 1 / 5, "the values are not counted"),
        memory(
            "memory of an unchanged pair in a diff", "footprint.unchanged_pair", 1 / 20, "the records are not counted"
        ),
        Mark(
            "import time",
            "msgspec, structlog",
            Measurement("footprint.import_library", "", 0),
            Measurement("footprint.import_dependencies", "", 0),
            1.5,
            share=True,
            note="inside the interpreter, whose own start-up is not counted",
        ),
    ]


def store_marks(*, quick: bool) -> list[Mark]:
    """Return the marks for stores outside the process; `quick` as for `marks`."""
    small, large = (SMALLEST, SMALLEST) if quick else (SMALL, 1_000_000)

    def on_redis(what: str, name: str, bound: float) -> Mark:
        return _against_diffsync(what, name, small, bound)._replace(peer="diffsync's RedisStore")

    return [
        on_redis("RedisStore: load", "stores.redis_load", 20),
        on_redis("RedisStore: diff", "stores.redis_diff", 50),
        on_redis("RedisStore: sync of a given diff, 1 % changed", "stores.redis_sync", 10),
        Mark(
            "SQLiteStore: bulk loading: `load_records`",
            "`sqlite3.executemany` of tuples",
            Measurement("stores.sqlite_load_in_bulk", OURS, small),
            Measurement("stores.sqlite_executemany", "", small),
            2.5,
            share=True,
            note="the models' construction is a part of ours; the tuples are made beforehand",
        ),
        Mark(
            "SQLiteStore: load: construct, `add`, `add_child`",
            "`sqlite3.executemany` of tuples",
            Measurement("stores.sqlite_load", OURS, small),
            Measurement("stores.sqlite_executemany", "", small),
            4.5,
            share=True,
            note="one record after the other",
        ),
        Mark(
            "SQLiteStore: diff of two files",
            "diffsync, both sides in memory",
            Measurement("stores.sqlite_diff", OURS, small),
            Measurement("cases.diff", DIFFSYNC, small),
            15,
        ),
        Mark(
            "SQLiteStore: open a file, get one record",
            "a limit of 50 ms",
            Measurement("stores.sqlite_open", OURS, large),
            0.05,
            1,
            share=True,
        ),
    ]


GROWTH = [
    ("diff, load order", "cases.diff", "c"),
    ("diff, one side shuffled throughout", "cases.diff_shuffled", "c"),
    ("diff, kernel in Python", "cases.diff", "python"),
    ("load: construct, `add`, `add_child`", "cases.load", "c"),
]
"""What the second table shows per record: caption, measurement and kernel."""


def sizes(*, quick: bool, large: bool) -> list[int]:
    """Return the numbers of records at which the second table's measurements are made."""
    if quick:
        return [SMALLEST]
    return [SMALLEST, SMALL, LARGE, *([LARGEST] if large else [])]
