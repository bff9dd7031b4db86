"""The marks of the shapes: one row for each shape and each thing that is done with it."""

from __future__ import annotations

from benchmarks.marks import DIFFSYNC, OURS, SMALL, Mark
from benchmarks.runner import Measurement

from .kinds import CONTAINERS
from .table import GROUPS, SHAPES, STRINGS

QUICK_RECORDS, QUICK_JOB_RECORDS = 1_000, 5_000
"""How many records diffsync has, where there is little time, and how many both have in Nautobot's job."""

_TEXTS = [name for name, shape in SHAPES.items() if all(kind.has_text for kind in shape.attributes.values())]
_MIXES = list(GROUPS["mixes"])
_CHANGED = [STRINGS, "date", "UUID", "Decimal", "list[str]", "40 attributes", *_MIXES]
_SYNCED = [
    *(STRINGS, "int", "float", "date", "datetime", "Decimal", "Enum", "UUID", "IPv4Address", "list[str]"),
    *("dict[str, str]", "TypedDict", "2 identifiers, shortname", *_MIXES),
]
_DELETED = [STRINGS, "2 identifiers, shortname", "network"]
_STORED = [
    *("int", "float", "bool", "date", "datetime", "Enum", "UUID", "IPv4Address", "Decimal", "list[str]", "set[str]"),
    *("dict[str, str]", "TypedDict", "2 identifiers, shortname", "model_flags SKIP_CHILDREN_ON_DELETE on 10 %"),
    "network",
]
_LOADED = [name for group in ("values", "widths", "identities", "record flags", "mixes") for name in GROUPS[group]]
_WEIGHED = [name for name in _LOADED if name not in GROUPS["record flags"]]

LOAD_NOTE = "construct, `add` and `add_child`, next to what constructing the children alone takes as pydantic models"
ALONE_NOTE = "the events by themselves, next to the whole job"


class _Rows:
    """Makes the rows, at the numbers of records that there is time for."""

    def __init__(self, *, quick: bool) -> None:
        """Make rows in which diffsync has few records if it is to be quick."""
        self._quick = quick

    def _ours(self, case: str, name: str, kernel: str = "c") -> Measurement:
        return Measurement(f"shapes.{case}:{name}", OURS, SHAPES[name].records, kernel)

    def _against_diffsync(self, name: str, done: str, case: str, bound: float, kernel: str = "c") -> Mark:
        """Return the row of something done on both libraries.

        Args:
            name: The shape's.
            done: What is done, for the caption.
            case: Module and function.
            bound: How often ours has to fit into diffsync's.
            kernel: Which kernel is measured.
        """
        records = QUICK_RECORDS if self._quick else SHAPES[name].records
        peer = f"diffsync, at {records:,} records" if self._quick else "diffsync"
        theirs = Measurement(f"shapes.{case}:{name}", DIFFSYNC, records)
        return Mark(_caption(name, done), peer, self._ours(case, name, kernel), theirs, bound)

    def diffs(self) -> list[Mark]:
        """Return the rows of comparing, on either kernel."""
        rows = []
        for name, shape in SHAPES.items():
            rows += [
                self._against_diffsync(name, "diff", "cases.diff", shape.mark),
                self._against_diffsync(name, "diff, kernel in Python", "cases.diff", shape.python_mark, "python"),
            ]
        return rows + [
            self._against_diffsync(name, "diff, 1 % changed", "cases.diff_changed", SHAPES[name].mark)
            for name in _CHANGED
        ]

    def loads(self) -> list[Mark]:
        """Return the rows of loading, from values and from text, one by one and in one call."""
        rows = []
        for name in _LOADED:
            rows.append(self._against_diffsync(name, "load", "cases.load_values", 5 if _is_container(name) else 20))
            if _is_container(name):
                rows.append(self._against_pydantic(name, "load", "values"))
            rows.append(self._bulk_against_loop(name, "values"))
        for name in _TEXTS:
            if name in _LOADED:
                rows += [
                    self._against_diffsync(name, "load from text", "cases.load_text", 5),
                    self._against_pydantic(name, "load from text", "text"),
                    self._bulk_against_loop(name, "text"),
                ]
        by_pydantic = Measurement("shapes.cases.table_by_pydantic:table", "", SHAPES["table"].records)
        table = Mark(
            _caption("table", "`load_records` from text, no parents"),
            "pydantic's `TypeAdapter(list[Model]).validate_python`",
            self._ours("cases.table_in_bulk", "table"),
            by_pydantic,
            1,
            share=True,
        )
        return [*rows, table]

    def _against_pydantic(self, name: str, done: str, form: str) -> Mark:
        """Return the row of a load next to pydantic models that are constructed and no more."""
        ours, records = self._ours(f"cases.load_{form}", name), SHAPES[name].records
        theirs = Measurement(f"shapes.cases.pydantic_{form}:{name}", "", records)
        return Mark(_caption(name, done), "pydantic model alone", ours, theirs, 1, share=True, note=LOAD_NOTE)

    def _bulk_against_loop(self, name: str, form: str) -> Mark:
        """Return the row of loading in one call next to the loop."""
        bulk, loop = self._ours(f"cases.bulk_{form}", name), self._ours(f"cases.load_{form}", name)
        suffix = " from text" if form == "text" else ""
        return Mark(_caption(name, f"`load_records`{suffix}"), "the loop", bulk, loop, 2)

    def syncs(self) -> list[Mark]:
        """Return the rows of applying a diff of all children, and Nautobot's job."""
        rows = []
        for names, action in ((_SYNCED, "creates"), (_SYNCED, "updates"), (_DELETED, "deletes")):
            for name in names:
                rows += [
                    self._against_diffsync(name, f"sync, all {action}", f"syncing.{action}", 60),
                    self._against_diffsync(
                        name, f"sync, all {action}, the user's own methods", f"syncing.own_{action}", 20
                    ),
                ]
        return rows + self._job()

    def _job(self) -> list[Mark]:
        records = QUICK_JOB_RECORDS if self._quick else SMALL
        job, theirs = (Measurement("shapes.job.job", library, records) for library in (OURS, DIFFSYNC))
        events = Measurement("shapes.job.events_alone", OURS, records)
        return [
            Mark("shape: Nautobot's job: diff, `dict()`, sync, all events taken", "diffsync", job, theirs, 5),
            Mark("shape: Nautobot's job: structlog's share", "the job", events, job, None, share=True, note=ALONE_NOTE),
        ]

    def stores(self) -> list[Mark]:
        """Return the rows of stores outside the process, next to what they take for strings."""
        done = {"load": "load", "reopen": "open, get all", "diff": "diff", "sync": "sync, all updates"}
        return [
            Mark(
                _caption(name, f"{store}Store: {caption}"),
                "8 attributes of str",
                self._ours(f"stores.{store.lower()}_{case}", name),
                self._ours(f"stores.{store.lower()}_{case}", STRINGS),
                1.5,
                share=True,
            )
            for store in ("SQLite", "Redis")
            for name in _STORED
            for case, caption in done.items()
        ]

    def memory(self) -> list[Mark]:
        """Return the rows of what a loaded record takes, its values not counted."""
        return [
            self._against_diffsync(name, "memory of a loaded record", "memory.loaded_record", 1 / 4)._replace(
                share=True, unit="B"
            )
            for name in _WEIGHED
        ]


def _caption(name: str, done: str) -> str:
    """Return what a row is about."""
    return f"shape: {SHAPES[name].what}: {done}"


def _is_container(name: str) -> bool:
    """Whether the children's attributes are containers."""
    return name in CONTAINERS


def shape_marks(*, quick: bool) -> list[Mark]:
    """Return the marks of all shapes.

    Args:
        quick: Give diffsync a small part of the records; the times are per record in any case.
    """
    rows = _Rows(quick=quick)
    return [*rows.diffs(), *rows.loads(), *rows.syncs(), *rows.stores(), *rows.memory()]
