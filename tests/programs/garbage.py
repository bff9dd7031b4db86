"""Throws garbage at everything that can be assigned, overridden or passed: `garbage.py <number of examples> <notes>`.

First each field of each record is deleted, and then as many combinations of attacks are tried as the command line says.

Any `Exception` is an answer. What is not is a crash: then the file `notes` tells what was tried last.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastdiffsync import Adapter, Diff, DiffSyncFlags, DiffSyncModel, DiffSyncModelFlags

if TYPE_CHECKING:
    from collections.abc import Callable


class Hostile:
    """An object whose every special method raises, or ruins the data that it is part of."""

    def __init__(self, victim: Any) -> None:
        self.victim = victim

    def strike(self, *_arguments: Any) -> Any:
        """Empty the store, forget what was compared, and raise."""
        for adapter in self.victim:
            adapter.store._data.clear()
        gc.collect()
        message = "struck"
        raise RuntimeError(message)

    __eq__ = __ne__ = __bool__ = __len__ = __iter__ = __getitem__ = __index__ = strike

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "Hostile()"


class Slippery(str):
    """A text whose comparison empties the data, and says that it is equal."""

    __slots__ = ("victim",)

    def __eq__(self, other: object) -> bool:
        for adapter in self.victim:
            for records in adapter.store._data.values():
                records.clear()
        gc.collect()
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def make(victim: list[Any]) -> dict[str, Callable[[], Any]]:
    """Return what makes the garbage, by its name."""

    def slippery() -> Slippery:
        text = Slippery("a")
        text.victim = victim
        return text

    return {
        "none": lambda: None,
        "number": lambda: 5,
        "big": lambda: 2**100,
        "nan": lambda: float("nan"),
        "text": lambda: "a",
        "surrogate": lambda: "\udc80",
        "bytes": lambda: b"\xff",
        "list": lambda: ["a", None, 3],
        "nested": lambda: [["a"]],
        "tuple": lambda: ("a", "zz"),
        "dict": lambda: {"device": "parts"},
        "odd dict": lambda: {1: None, "site": 5},
        "set": lambda: {"a"},
        "generator": lambda: (letter for letter in "ab"),
        "class": lambda: DiffSyncModel,
        "bare record": DiffSyncModel,
        "flags": lambda: DiffSyncModelFlags.IGNORE,
        "function": lambda: lambda *_arguments, **_keywords: None,
        "hostile": lambda: Hostile(victim),
        "slippery": slippery,
        "adapter": lambda: victim[0] if victim else None,
        "deleted": lambda: "deleted",
    }


GARBAGE = st.sampled_from(sorted(make([])))
FIELDS = ("name", "size", "parts", "model_flags", "adapter", "_status", "_status_message", "_unique_id", "_side_data")
CLASS_SETTINGS = ("_modelname", "_identifiers", "_attributes", "_shortname", "_children", "name", "__init__", "__eq__")
HOOKS = (
    "get_unique_id",
    "create_unique_id",
    "get_identifiers",
    "get_attrs",
    "get_shortname",
    "get_children_mapping",
    "get_type",
    "get_status",
    "set_status",
    "dict",
    "create",
    "update",
    "delete",
    "add_child",
    "remove_child",
    "__getattribute__",
    "__setattr__",
    "__str__",
)
ADAPTER_PARTS = (
    "top_level",
    "get",
    "get_all",
    "get_by_uids",
    "get_or_none",
    "add",
    "remove",
    "store",
    "device",
    "name",
    "type",
)
OPTIONS = ("flags", "diff_class", "callback", "diff")
ATTACKS = st.one_of(
    st.tuples(st.just("field"), st.sampled_from(FIELDS), GARBAGE, st.integers(0, 5)),
    st.tuples(st.just("class"), st.sampled_from(CLASS_SETTINGS), GARBAGE, st.integers(0, 1)),
    st.tuples(st.just("hook"), st.sampled_from(HOOKS), GARBAGE, st.integers(0, 1)),
    st.tuples(st.just("adapter"), st.sampled_from(ADAPTER_PARTS), GARBAGE, st.integers(0, 1)),
    st.tuples(st.just("stored"), st.sampled_from(("site", "device", "a", "b")), GARBAGE, st.integers(0, 3)),
    st.tuples(st.just("option"), st.sampled_from(OPTIONS), GARBAGE, st.just(0)),
    st.tuples(
        st.just("construct"),
        st.sampled_from(("name", "size", "parts", "model_flags", "_unique_id")),
        GARBAGE,
        st.just(0),
    ),
    st.tuples(
        st.just("diff"), st.sampled_from(("children", "models_processed", "_flat", "_index")), GARBAGE, st.just(0)
    ),
    st.tuples(
        st.just("element"), st.sampled_from(("type", "name", "keys", "source_attrs", "child_diff")), GARBAGE, st.just(0)
    ),
)


class Target:
    """Two small datasets with classes of their own, and what is done to them."""

    def __init__(self, *, is_wide: bool) -> None:
        """Load both; a wide one has enough children for the library to index them."""

        class Device(DiffSyncModel):
            _modelname = "device"
            _identifiers = ("name",)
            _attributes = ("size",)
            _children = {"device": "parts"}  # noqa: RUF012
            name: str
            size: Any = 0
            parts: list[str] = []  # noqa: RUF012

        class Site(Device):
            _modelname = "site"

        class Inventory(Adapter):
            site = Site
            device = Device
            top_level = ["site"]  # noqa: RUF012

        self.classes = [Site, Device]
        self.adapters = [Inventory("one"), Inventory("two")]
        self.options: dict[str, Any] = {"flags": DiffSyncFlags.CONTINUE_ON_FAILURE}
        for size, adapter in enumerate(self.adapters):
            site = Site(name="a")
            adapter.add(site)
            for number in range(40 if is_wide else 3):
                device = Device(name=f"d{number}", size=size if number == 1 else [number])
                adapter.add(device)
                site.add_child(device)
            adapter.add(Site(name=f"only {size}"))
        self.garbage = make(self.adapters)

    def attack(self, kind: str, name: str, what: str, place: int) -> None:
        """Put garbage somewhere."""
        value = self.garbage[what]()
        adapter = self.adapters[place % 2]
        if kind == "field":
            records = [*adapter.get_all("site"), *adapter.get_all("device")]
            put(records[place], name, value)
        elif kind in {"class", "hook"}:
            put(self.classes[place], name, value if kind == "class" else lambda *_arguments, **_keywords: value)
        elif kind == "adapter":
            put(adapter, name, value)
        elif kind == "stored":
            adapter.store._data[name] = value
            adapter.store._data["device"]["d1"] = value
        elif kind == "option":
            self.options[name] = value
        elif kind == "construct":
            adapter.add(self.classes[1](**{"name": "new", name: value}))

    def work(self, attacks: list[tuple[str, str, str, int]]) -> None:
        """Do all that can be done, whatever it raises."""
        source, dest = self.adapters
        diffs: list[Any] = [Diff()]
        jobs = [
            lambda: diffs.append(
                dest.diff_from(source, **{key: self.options[key] for key in self.options if key != "diff"})
            ),
            lambda: self._spoil(diffs[-1], attacks),
            lambda: read(diffs[-1]),
            lambda: dest.sync_from(source, **self.options),
            lambda: source.sync_from(dest, diff=diffs[-1]),
            dest.str,
            dest.dict,
            lambda: source.get_all("site")[0].add_child(self.classes[1](name="late")),
            lambda: source.get_all("site")[0].remove_child(source.get_all("device")[0]),
            lambda: [(record.json(), repr(record), record == record) for record in source.get_all("device")],  # noqa: PLR0124
            lambda: [source.remove(record, remove_children=True) for record in source.get_all("site")],
            lambda: read(diffs[-1]),
        ]
        for job in jobs:
            with contextlib.suppress(Exception):
                job()

    def _spoil(self, diff: Any, attacks: list[tuple[str, str, str, int]]) -> None:
        for kind, name, what, _ in attacks:
            if kind == "diff":
                put(diff, name, self.garbage[what]())
            elif kind == "element":
                put(next(iter(diff.get_children())), name, self.garbage[what]())


def put(target: Any, name: str, value: Any) -> None:
    """Assign an attribute, or delete it."""
    if isinstance(value, str) and value == "deleted":
        delattr(target, name)
    else:
        setattr(target, name, value)


def read(diff: Any) -> None:
    """Read a diff, whatever it raises."""
    jobs = [
        diff.summary,
        diff.str,
        diff.dict,
        diff.has_diffs,
        lambda: len(diff),
        lambda: [
            (element.keys, element.source_attrs, element.dest_attrs, str(element)) for element in diff.get_children()
        ],
    ]
    for job in jobs:
        with contextlib.suppress(Exception):
            job()


def throw(attacks: list[tuple[str, str, str, int]], notes: Path, *, is_wide: bool) -> None:
    """Try one combination of attacks, noting it before."""
    notes.write_text(f"wide: {is_wide}, attacks: {attacks}\n", encoding="utf-8")
    target = Target(is_wide=is_wide)
    for attack in attacks:
        with contextlib.suppress(Exception):
            target.attack(*attack)
    target.work(attacks)


def main() -> None:
    """Run as many examples as the command line says, noting each before it is tried."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    notes = Path(sys.argv[2])

    @settings(max_examples=int(sys.argv[1]), database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(attacks=st.lists(ATTACKS, min_size=1, max_size=3), is_wide=st.booleans())
    def throw_any(attacks: list[tuple[str, str, str, int]], is_wide: bool) -> None:
        throw(attacks, notes, is_wide=is_wide)

    for name, place in itertools.product(FIELDS, range(6)):
        throw([("field", name, "deleted", place)], notes, is_wide=False)
    throw_any()
    gc.collect()
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
