"""`Adapter.check`: what a load got wrong and a diff does not tell, and the warning where nothing can be compared."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import structlog

from .pair import Pair


@pytest.fixture
def pair(fastdiffsync: Any) -> Pair:
    """Give two loaded adapters."""
    return Pair(fastdiffsync)


def found(check: Any) -> dict[str, list[Any]]:
    """Return all that a check has found, as texts."""
    lists = ("dangling", "listed_twice", "shared", "cycles", "wrong_lists")
    kinds = ("unreachable_types", "missing_classes", "orphans", *lists)
    return {kind: [str(one) for one in getattr(check, kind)] for kind in kinds if getattr(check, kind)}


def test_nothing_is_wrong(pair: Pair) -> None:
    """Where every record is top-level or listed once, a check is true, and says so."""
    check = pair.source.check()
    assert check
    assert check.ok
    assert check.record_count == 4
    assert str(check) == 'Inventory "source": 4 records, all is well'
    assert found(check) == {}


def test_no_records(pair: Pair) -> None:
    """An adapter without records may be right, for a sync to fill; but perhaps `load` has not been called."""
    check = pair.Inventory("empty").check()
    assert check.ok
    assert str(check) == 'Inventory "empty": no records; has load() been called?'


def test_type_without_a_class(pair: Pair) -> None:
    """Records of a type that the adapter has no class for can be compared, and not synchronised: the check tells."""
    del pair.Inventory.device
    check = pair.source.check()
    assert not check.ok
    assert found(check) == {"missing_classes": ["device"]}
    assert "device = Device" in str(check)


def test_orphans(pair: Pair) -> None:
    """A record that no parent lists, and whose type is not top-level, is an orphan; those below it are not."""
    orphan, part = pair.Device(site="a", name="z"), pair.Device(site="a", name="p")
    pair.dest.add(orphan)
    pair.dest.add(part)
    orphan.add_child(part)
    check = pair.dest.check()
    assert not check
    assert check.orphans == [("device", "a__z")]
    assert (check.orphans[0].type, check.orphans[0].unique_id) == ("device", "a__z")
    assert found(check) == {"orphans": ['device "a__z"']}


def test_dangling(pair: Pair) -> None:
    """A unique id that is listed, and of which there is no record, is named with each parent that lists it."""
    pair.source.get("site", "a").devices.append("a__lost")
    pair.source.get("site", "b").devices.append("a__lost")
    check = pair.source.check()
    assert check.dangling[0].parent == ("site", "a")
    assert check.dangling[0].child == ("device", "a__lost")
    assert found(check) == {"dangling": ['device "a__lost" in site "a"', 'device "a__lost" in site "b"']}


def test_listed_twice(pair: Pair) -> None:
    """A unique id that stands in one list twice is named once, with its parent."""
    pair.dest.get("site", "a").devices.extend(["a__x", "a__x"])
    check = pair.dest.check()
    assert check.listed_twice == [(("site", "a"), ("device", "a__x"))]
    assert found(check) == {"listed_twice": ['device "a__x" in site "a"']}


def test_several_parents(pair: Pair) -> None:
    """A record that two parents list is named with both, also if they are of different types."""
    pair.source.get("site", "b").devices.append("a__x")
    pair.source.get("device", "a__y").parts.append("a__x")
    check = pair.source.check()
    assert check.shared[0].child == ("device", "a__x")
    assert set(check.shared[0].parents) == {("site", "a"), ("site", "b"), ("device", "a__y")}
    assert set(found(check)) == {"shared"}


def test_cycles(pair: Pair) -> None:
    """Records that list each other in a ring are named in the order in which each lists the next."""
    names = ["p", "q", "r"]
    for name, part in zip(names, "qrp", strict=True):
        pair.dest.add(pair.Device(site="a", name=name, parts=[f"a__{part}"]))
    pair.dest.get("device", "a__x").parts.append("a__x")
    check = pair.dest.check()
    rings = [[key.unique_id for key in cycle.records] for cycle in check.cycles]
    assert ["a__x"] in rings
    (ring,) = [ring for ring in rings if len(ring) == 3]
    assert "".join(uid[-1] for uid in ring) in {"pqr", "qrp", "rpq"}
    assert 'device "a__x" > device "a__x"' in str(check)
    assert [child.child for child in check.shared] == [("device", "a__x")]
    assert check.orphans == []


@pytest.mark.parametrize("value", [None, 5, "a__x", [["a__x"]]], ids=str)
def test_lists_that_are_none(pair: Pair, value: Any) -> None:
    """A field of children that holds no unique ids is named, and the check goes on."""
    pair.dest.get("site", "a").devices = value
    check = pair.dest.check()
    assert check.wrong_lists == [(("site", "a"), "devices")]
    assert found(check)["orphans"] == ['device "a__x"', 'device "a__y"']


def test_types_that_are_not_reached(pair: Pair) -> None:
    """Types that are neither top-level nor below one that is are named, if there are records of them."""
    adapter = type("Bare", (pair.Inventory,), {"top_level": []})("bare")
    assert adapter.check()
    adapter.add(pair.Site(name="a", devices=["a__x"]))
    adapter.add(pair.Device(site="a", name="x"))
    assert found(adapter.check()) == {"unreachable_types": ["device", "site"], "orphans": ['site "a"']}
    upside_down = type("Devices", (pair.Inventory,), {"top_level": ["device"]})("devices")
    upside_down.add(pair.Site(name="a"))
    assert found(upside_down.check()) == {"unreachable_types": ["site"], "orphans": ['site "a"']}


def test_types_below_types_without_records(fastdiffsync: Any) -> None:
    """A type is reached through one of which there is no record; what is missing then is the parent."""

    def model(name: str, child: str | None) -> Any:
        values: dict[str, Any] = {
            "_modelname": name,
            "_identifiers": ("name",),
            "_children": {child: "below"} if child else {},
            "__annotations__": {"name": str, "below": list[str]},
            "below": [],
        }
        return type(fastdiffsync.DiffSyncModel)(name, (fastdiffsync.DiffSyncModel,), values)

    models = SimpleNamespace(top=model("top", "middle"), middle=model("middle", "leaf"), leaf=model("leaf", None))
    adapter = type("Levels", (fastdiffsync.Adapter,), {**vars(models), "top_level": ["top"]})()
    adapter.add(models.leaf(name="a"))
    assert found(adapter.check()) == {"orphans": ['leaf "a"']}


def test_overridden_hooks(pair: Pair) -> None:
    """Records are those of `get_all`, their unique ids and types of children those of their hooks."""

    class Site(pair.Site):  # type: ignore[misc,name-defined]
        def get_unique_id(self) -> str:
            return f"<{self.name}>"

        @classmethod
        def get_children_mapping(cls) -> dict[str, str]:
            return {}

    class Inventory(pair.Inventory):  # type: ignore[misc,name-defined]
        site = Site
        hidden: ClassVar = ["z"]

        def get_all(self, obj: Any) -> list[Any]:
            return [record for record in super().get_all(obj) if record.name not in self.hidden]

    adapter = Inventory("hooked")
    adapter.add(Site(name="a", devices=["a__lost"]))
    adapter.add(pair.Device(site="a", name="x"))
    adapter.add(pair.Device(site="a", name="z"))
    assert found(adapter.check()) == {"unreachable_types": ["device"], "orphans": ['device "a__x"']}


def test_the_text_names_some_of_many(pair: Pair) -> None:
    """Of very many the text names the first, and how many more there are; the lists have them all."""
    for number in range(500):
        pair.dest.add(pair.Device(site="a", name=f"z{number}"))
    check = pair.dest.check()
    assert len(check.orphans) == 500
    lines = str(check).splitlines()
    assert lines[0] == 'Inventory "dest": 503 records, and this is wrong:'
    assert lines[1].startswith("orphans (500): records that no parent lists")
    assert lines[2] == '  device "a__z0"'
    assert lines[-1].startswith("  and 4")
    assert len(lines) < 30


def test_long_chains(pair: Pair) -> None:
    """A tree of any depth can be checked."""
    below: list[str] = []
    for number in range(3_000):
        pair.dest.add(pair.Device(site="a", name=str(number), parts=below))
        below = [f"a__{number}"]
    pair.dest.get("site", "a").devices.extend(below)
    assert pair.dest.check().ok


# ---- the warning ----


def events(function: Any) -> list[Any]:
    """Return the events of a level that is heard in production."""
    structlog.reset_defaults()
    with structlog.testing.capture_logs() as captured:
        function()
    return [event for event in captured if event["log_level"] in {"warning", "error"}]


@pytest.mark.parametrize("side", ["source", "dest"])
@pytest.mark.parametrize("top_level", [[], ["device"]], ids=["none", "other"])
def test_nothing_can_be_compared(pair: Pair, side: str, top_level: list[str]) -> None:
    """Where the two datasets have no top-level type in common, a diff is empty, and a warning says why."""
    adapters = {"source": pair.source, "dest": pair.dest}
    adapters[side].top_level = top_level  # type: ignore[misc]
    for action in (pair.dest.diff_from, pair.dest.sync_from):
        (event,) = events(lambda action=action: action(pair.source))
        assert event["event"] == "No type is in top_level of both datasets, so none of their records are compared"
        assert event[{"source": "src_top_level", "dest": "dst_top_level"}[side]] == top_level
        assert (event["src"], event["dst"]) == (pair.source, pair.dest)


def test_no_warning_where_something_is_compared(fastdiffsync: Any, pair: Pair) -> None:
    """A diff with a type in common, or of adapters without records, is nothing to warn of."""
    assert events(lambda: pair.dest.sync_from(pair.source)) == []
    assert events(lambda: pair.Inventory("a").diff_from(pair.Inventory("b"))) == []
    assert events(lambda: fastdiffsync.Adapter("a").diff_from(fastdiffsync.Adapter("b"))) == []
