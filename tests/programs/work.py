"""Pieces of work on small datasets, and what must be true of them when they are done, and when they are not."""

from __future__ import annotations

import copy
import logging
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from fastdiffsync import Adapter, DiffSyncModel, DiffSyncModelFlags, set_compare_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    Identity = tuple[str, str]

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
set_compare_threads(1)

ROUNDS_WITHOUT_FAILURE = 25
"""After so many rounds in a row without a failure there is no moment left: here and there one passes unnoticed."""


class Site(DiffSyncModel):
    _modelname = "site"
    _identifiers = ("name",)
    _attributes = ("rooms", "city")
    _children = {"device": "devices"}  # noqa: RUF012
    name: str
    rooms: int = 0
    city: str = ""
    devices: list[str] = []  # noqa: RUF012


class Device(DiffSyncModel):
    _modelname = "device"
    _identifiers = ("site", "name")
    _attributes = ("ports", "role", "tags")
    _children = {"part": "parts"}  # noqa: RUF012
    _parent_keys = {"site": ("site",)}  # noqa: RUF012
    site: str
    name: str
    ports: int = 0
    role: str | None = None
    tags: list[str] = []  # noqa: RUF012
    parts: list[str] = []  # noqa: RUF012


class Part(DiffSyncModel):
    _modelname = "part"
    _identifiers = ("number",)
    _parent_keys = {"device": ("site", "device")}  # noqa: RUF012
    number: int


class Plain(Adapter):
    """Records about which there is nothing special, but for the lists among their values."""

    site, device, part = Site, Device, Part
    top_level = ("site",)


class ChangingDevice(Device):
    """A record whose methods that create, update and delete are the user's."""

    @classmethod
    def create(cls, adapter: Adapter, ids: dict[str, Any], attrs: dict[str, Any]) -> Any:
        """Create the record as the library does."""
        return super().create(adapter, ids, attrs)

    def update(self, attrs: dict[str, Any]) -> Any:
        """Update the record as the library does."""
        return super().update(attrs)

    def delete(self) -> Any:
        """Delete the record as the library does."""
        return super().delete()


class OwnDevice(ChangingDevice):
    """A record whose methods are the user's."""

    _shortname = ("name",)

    def get_attrs(self) -> dict[str, Any]:
        """Return what the library's own returns."""
        return {**super().get_attrs()}


class Changing(Plain):
    """Records with methods of the user's that create, update and delete."""

    device = ChangingDevice


class Own(Plain):
    """Records with hooks and methods of the user's."""

    device = OwnDevice


class FlaggedSite(Site):
    model_flags: DiffSyncModelFlags = DiffSyncModelFlags.NATURAL_DELETION_ORDER


class FlaggedDevice(Device):
    model_flags: DiffSyncModelFlags = DiffSyncModelFlags.SKIP_CHILDREN_ON_DELETE


class Flagged(Plain):
    """Records that are deleted in orders of their own."""

    site, device = FlaggedSite, FlaggedDevice


KINDS = {adapter.__name__: adapter for adapter in (Plain, Changing, Own, Flagged)}
SITES = ({"name": "a"}, {"name": "b", "rooms": 2, "city": "Bern"})
DEVICES = tuple(
    {"site": site, "name": f"d{number}", "ports": number, "role": f"of {site}", "tags": [site] * (number % 2)}
    for site, count in (("a", 3), ("b", 2), ("a", 1))
    for number in range(count)
)[:-1]
PARTS = tuple({"number": number, "site": "a", "device": f"d{number % 2}"} for number in range(300, 303))
ROWS = {"site": SITES, "part": PARTS, "device": DEVICES}


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return rows of the whole dataset; those of parts come before those of their parents."""
    return {modelname: [dict(row) for row in own] for modelname, own in ROWS.items()}


def loaded(adapter_class: type[Adapter]) -> Adapter:
    """Return an adapter with the whole dataset."""
    adapter = adapter_class()
    adapter.load_records(rows())
    return adapter


def other(adapter_class: type[Adapter]) -> Adapter:
    """Return an adapter with another dataset: records are to be created, updated and deleted, on each level."""
    adapter = loaded(adapter_class)
    adapter.remove(adapter.get("site", "b"), remove_children=True)
    for uid in ("a__d0", "a__d2"):
        device = adapter.get("device", uid)
        device.ports, device.role, device.tags = 90, "old", ["old"]
    site = adapter.get("site", "a")
    site.rooms, site.city = 90, "old"
    site.remove_child(adapter.get("device", "a__d1"))
    adapter.remove(adapter.get("device", "a__d1"), remove_children=True)
    adapter.load_records(
        {
            "site": [{"name": "c"}],
            "device": [{"site": site, "name": f"x{number}"} for site in "ac" for number in range(2)],
            "part": [{"number": number, "site": "c", "device": "x1"} for number in range(400, 402)],
        }
    )
    return adapter


# ---- what is whole ----


class Seen(NamedTuple):
    """What can be seen of one adapter.

    Attributes:
        records: By type and unique id, the values of each record and the message of its last operation.
        parents: Of each listed child, by type and unique id, the type and the unique id of the record that lists it.
    """

    records: dict[Identity, tuple[dict[str, Any], str]]
    parents: dict[Identity, Identity]

    def values(self) -> dict[Identity, dict[str, Any]]:
        """Return the values of the records."""
        return {identity: values for identity, (values, _) in self.records.items()}

    def unlisted(self) -> set[Identity]:
        """Return the records that no parent lists though they are no sites."""
        return {identity for identity in self.records if identity[0] != "site" and identity not in self.parents}

    def reachable(self) -> set[Identity]:
        """Return the sites and all records below them."""
        found = {identity for identity in self.records if identity[0] == "site"}
        for _ in "device", "part":
            found |= {child for child, parent in self.parents.items() if parent in found}
        return found


def see(adapter: Adapter) -> Seen:
    """Look at an adapter whose records must be its own, and whose lists of children must name each of them once."""
    records: dict[Identity, tuple[dict[str, Any], str]] = {}
    parents: dict[Identity, Identity] = {}
    for modelname, own in adapter.store._data.items():
        for uid, record in own.items():
            identity = modelname, uid
            assert (record.get_type(), record.get_unique_id(), record.adapter) == (modelname, uid, adapter)
            records[identity] = record.dict(), record.get_status()[1]
            for child_type, field in record.get_children_mapping().items():
                for child_uid in getattr(record, field):
                    assert parents.setdefault((child_type, child_uid), identity) is identity
    assert parents.keys() <= records.keys(), parents.keys() - records.keys()
    return Seen(records, parents)


# ---- the work ----


class Work:
    """One kind of work: it is made anew for each round."""

    def __init__(self, adapter_class: type[Adapter]) -> None:
        """Prepare the work."""

    def __call__(self) -> None:
        """Do it, or what has been left of it."""
        raise NotImplementedError

    def check_left(self) -> None:
        """Assert that what has been left in the middle is whole."""

    def check_done(self) -> None:
        """Assert that all has been done."""
        raise NotImplementedError


class Constructing(Work):
    """Make records, add them and list them as children, one by one."""

    def __init__(self, adapter_class: type[Adapter]) -> None:
        self.adapter = adapter_class()
        self.expected = see(loaded(adapter_class))

    def __call__(self) -> None:
        adapter = self.adapter
        for row in SITES:
            self.add(adapter.site, row, None)
        for row in DEVICES:
            self.add(adapter.device, row, ("site", row["site"]))
        for row in PARTS:
            self.add(adapter.part, {"number": row["number"]}, ("device", f"{row['site']}__{row['device']}"))

    def add(self, cls: Any, row: dict[str, Any], parent: tuple[str, str] | None) -> None:
        """Add one record if it is not there, and list it if it is not listed."""
        adapter = self.adapter
        record = cls(**row)
        stored = adapter.get_or_none(cls, record.get_unique_id())
        if stored is None:
            adapter.add(record)
        if parent is not None:
            above = adapter.get(*parent)
            if record.get_unique_id() not in getattr(above, above._children[cls._modelname]):
                above.add_child(record)

    def check_left(self) -> None:
        seen = see(self.adapter)
        for identity, values in seen.values().items():
            expected = self.expected.records[identity][0]
            assert {name: values[name] for name in values if name not in {"devices", "parts"}} == {
                name: expected[name] for name in expected if name not in {"devices", "parts"}
            }
        assert len(seen.unlisted()) <= 1, seen.unlisted()

    def check_done(self) -> None:
        assert see(self.adapter).values() == self.expected.values()


class BulkLoading(Work):
    """Load all records in one call, into an adapter that has some already."""

    def __init__(self, adapter_class: type[Adapter]) -> None:
        self.adapter = adapter_class()
        self.adapter.load_records(
            {
                "site": [{"name": "z", "rooms": 1}],
                "device": [{"site": "z", "name": "z", "role": "first"}],
            }
        )
        self.before = see(self.adapter)
        self.rows = {**rows(), "device": [*rows()["device"], {"site": "z", "name": "y"}]}

    def __call__(self) -> None:
        if self.adapter.count() == len(self.before.records):
            self.adapter.load_records(self.rows)

    def check_left(self) -> None:
        if see(self.adapter) == self.before:
            assert list(self.adapter.store._data) == ["site", "device"]
        else:
            self.check_done()

    def check_done(self) -> None:
        seen = see(self.adapter)
        assert not seen.unlisted()
        assert len(seen.records) == len(self.before.records) + sum(map(len, self.rows.values()))


class Comparing(Work):
    """Compare two adapters."""

    def __init__(self, adapter_class: type[Adapter]) -> None:
        self.source, self.dest = loaded(adapter_class), other(adapter_class)
        self.before = see(self.source), see(self.dest)
        self.text = self.dest.diff_from(self.source).str()
        self.diff: Any = None

    def __call__(self) -> None:
        self.diff = self.dest.diff_from(self.source)

    def check_left(self) -> None:
        assert self.diff is None
        assert (see(self.source), see(self.dest)) == self.before

    def check_done(self) -> None:
        assert self.diff.str() == self.text
        assert (see(self.source), see(self.dest)) == self.before


class Syncing(Work):
    """Create, update and delete records, with a diff that has been made before."""

    def __init__(self, adapter_class: type[Adapter]) -> None:
        self.source, self.dest = loaded(adapter_class), other(adapter_class)
        self.before, self.wanted = see(self.dest), see(self.source)
        self.stored = [record for own in self.dest.store._data.values() for record in own.values()]
        self.diff: Any = self.dest.diff_from(self.source)

    def __call__(self) -> None:
        diff, self.diff = self.diff, None  # applied once: what is left after a failure is another diff
        self.dest.sync_from(self.source, diff=diff)

    def check_left(self) -> None:
        seen = see(self.dest)
        # Below a record that has been deleted there may be some whose turn has not come yet.
        assert not {self.before.parents.get(identity) for identity in seen.unlisted()} & {None, *seen.records}
        for identity, (values, message) in seen.records.items():
            new, old = self.wanted.records.get(identity, ({}, ""))[0], self.before.records.get(identity, ({}, ""))[0]
            attrs = [
                {name: record[name] for name in ("rooms", "city", "ports", "role", "tags") if name in record}
                for record in (values, new, old)
            ]
            is_new = message in {"Created successfully", "Updated successfully"}
            assert attrs[0] in attrs[1:], (identity, attrs)
            assert attrs[0] == attrs[1] or not is_new, (identity, attrs, message)
        for record in self.stored:
            identity = record.get_type(), record.get_unique_id()
            assert record.adapter is (self.dest if identity in seen.records else None), identity
        assert see(self.source) == self.wanted

    def check_done(self) -> None:
        diff = self.dest.diff_from(self.source)
        assert not diff.has_diffs(), diff.str()
        assert see(self.dest).reachable() == self.wanted.records.keys()


class Assigning(Work):
    """Assign an identifier, a private attribute and a method."""

    def __init__(self, adapter_class: type[Adapter]) -> None:
        self.device = adapter_class.device(site="a", name="x")
        self.asked: list[str] = []

    def __call__(self) -> None:
        self.device.name = "y" * 300
        self.device._note = "z"
        self.device.get_shortname = self.answer

    def answer(self) -> str:
        """Return a name that is not the record's own."""
        self.asked.append("shortname")
        return "other"

    def check_left(self) -> None:
        assert self.device.get_unique_id() == f"a__{self.device.name}"

    def check_done(self) -> None:
        self.check_left()
        assert (self.device.name, self.device._note, self.device.get_shortname()) == ("y" * 300, "z", "other")
        adapter = Plain()
        adapter.add(self.device)
        site = Site(name="a", devices=[self.device.get_unique_id()])
        adapter.add(site)
        diff = adapter.diff_to(Plain())
        assert [element.name for element in next(iter(diff.get_children())).get_children()] == ["other"]


class ComparingAndSyncing(Syncing):
    """Compare, and change what differs, in one call."""

    def __call__(self) -> None:
        self.dest.sync_from(self.source)


class Viewing(Work):
    """Read a diff in every form."""

    def __init__(self, adapter_class: type[Adapter]) -> None:
        self.source, self.dest = loaded(adapter_class), other(adapter_class)
        self.before = see(self.source), see(self.dest)
        self.expected = read(self.dest.diff_from(self.source))
        self.diff = self.dest.diff_from(self.source)
        self.read: Any = None

    def __call__(self) -> None:
        self.read = read(self.diff)

    def check_left(self) -> None:
        assert (see(self.source), see(self.dest)) == self.before

    def check_done(self) -> None:
        assert self.read == self.expected


def read(diff: Any) -> Any:
    """Return what a diff says, in every form."""
    forms = [len(diff), diff.has_diffs(), diff.summary(), diff.str(), diff.dict()]
    waiting = list(diff.get_children())
    while waiting:
        element = waiting.pop()
        forms.append((element.type, element.name, element.action, element.keys, element.get_attrs_diffs()))
        waiting += element.get_children()
    return [*forms, diff.str(), diff.summary()]


class Dumping(Work):
    """Write records in every form."""

    def __init__(self, adapter_class: type[Adapter]) -> None:
        self.adapter = loaded(adapter_class)
        self.odd = adapter_class.device(site="\u00e9", name='"', role=f"{'long' * 300}\n", tags=["\u00e8", "'"])
        self.before = see(self.adapter)
        self.expected = self.dumped()
        self.read: Any = None

    def dumped(self) -> Any:
        """Return what the records are as data and as text."""
        records = [self.odd]
        for modelname in ("site", "device", "part"):
            records += self.adapter.get_all(modelname)
        return [
            (each.dict(), each.dict(exclude_defaults=True), each.dict(mode="json"), each.json(), each.json(indent=2))
            for each in records
        ] + [self.odd.str(), self.adapter.str(), self.adapter.dict(), self.adapter.dict(exclude_defaults=False)]

    def __call__(self) -> None:
        self.read = self.dumped()

    def check_left(self) -> None:
        assert see(self.adapter) == self.before

    def check_done(self) -> None:
        assert self.read == self.expected


class Copying(Work):
    """Copy an adapter with all its records, and compare these."""

    def __init__(self, adapter_class: type[Adapter]) -> None:
        self.adapter = loaded(adapter_class)
        self.before = see(self.adapter)
        self.copied: Any = None
        self.found: list[Any] = []

    def __call__(self) -> None:
        self.copied = copy.deepcopy(self.adapter)
        records = [each for name in ("site", "device", "part") for each in self.adapter.get_all(name)]
        others = [each for name in ("site", "device", "part") for each in self.copied.get_all(name)]
        self.found = [
            all(copy.copy(record) == record for record in records),
            [record == other for record, other in zip(records, others, strict=True)],
            [part.__getstate__() for part in map(copy.deepcopy, self.adapter.get_all("part")[:1])],
        ]

    def check_left(self) -> None:
        assert see(self.adapter) == self.before

    def check_done(self) -> None:
        self.check_left()
        assert see(self.copied) == self.before
        assert self.found[0]
        assert not any(self.found[1]), "they are of different adapters"
        assert self.found[2][0]["number"] == 300


class Removing(Work):
    """Get the records of an adapter in several ways, and remove one with all below it."""

    def __init__(self, adapter_class: type[Adapter]) -> None:
        self.adapter = loaded(adapter_class)
        self.site = self.adapter.get("site", "a")
        self.records = [each for name in ("site", "device", "part") for each in self.adapter.get_all(name)]

    def __call__(self) -> None:
        self.found = [
            self.adapter.get("device", {"site": "b", "name": "d0"}),
            *self.adapter.get_by_uids(["b__d0"], self.adapter.device),
            self.adapter.get_or_none("device", "nowhere"),
            len(self.adapter),
        ]
        if self.adapter.get_or_none("site", "a") is self.site:
            self.adapter.remove(self.site, remove_children=True)

    def check_left(self) -> None:
        stored = [each for name in ("site", "device", "part") for each in self.adapter.get_all(name)]
        below = [each for each in self.records if each.adapter is None]
        assert [each for each in self.records if each.adapter is self.adapter] == stored
        assert self.site in below or not below, "it goes first"
        if below:
            self.check_done()

    def check_done(self) -> None:
        assert [each.name for each in self.adapter.get_all("site")] == ["b"]
        assert {each.site for each in self.adapter.get_all("device")} == {"b"}
        assert self.adapter.get_all("part") == []


# ---- doing it ----


WORK = {
    work.__name__: work
    for work in (
        Constructing,
        Assigning,
        BulkLoading,
        Comparing,
        Syncing,
        ComparingAndSyncing,
        Viewing,
        Dumping,
        Copying,
        Removing,
    )
}


def sweep(fails: Callable[[Work, int], bool], make: Callable[[], Work], step: int) -> int:
    """Do some work that fails at the first moment, then at one `step` moments later, and so on to the end.

    After each failure what is left must be whole, and the work, done once more, must lead to what it leads to without.

    Args:
        fails: Does some work that fails at the moment of this number; returns whether it did.
        make: Makes the work anew.
        step: How many moments are between two that are tried.

    Returns:
        How often the work has failed.
    """
    warm_up = make()
    warm_up()
    warm_up.check_done()
    number = failures = quiet = 0
    while quiet < ROUNDS_WITHOUT_FAILURE:
        work = make()
        try:
            if fails(work, number):
                failures += 1
                quiet = 0
                work.check_left()
                work()
            else:
                quiet += 1
            work.check_done()
        except BaseException:
            sys.stderr.write(f"it has failed at moment {number}\n")
            raise
        number += step
    return failures


def run(fails: Callable[[Work, int], bool]) -> None:
    """Sweep through what the command line says: a kind of work, and kinds of records, each with its step."""
    for argument in sys.argv[2:]:
        kind, step = argument.split(":")
        failures = sweep(fails, partial(WORK[sys.argv[1]], KINDS[kind]), int(step))
        assert failures > 0, "it has never failed"
    sys.stdout.write("done\n")
