"""Lists of children: plain lists that users read and change as they like, however long they are."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

import diffsync
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .profile import by_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WIDE = by_profile(desk=5_000, ci=20_000)
WIDEST = by_profile(desk=10_000, ci=50_000)


@cache
def network(library: Any) -> Any:
    """Return a class of adapters with sites and, below them, ports, and below those, lanes."""

    class Site(library.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        _children = {"port": "ports"}  # noqa: RUF012
        name: str
        ports: list[str] = []  # noqa: RUF012

    class Port(library.DiffSyncModel):
        _modelname = "port"
        _identifiers = ("name",)
        _attributes = ("speed",)
        _children = {"lane": "lanes"}  # noqa: RUF012
        name: str
        speed: int = 0
        lanes: list[str] = []  # noqa: RUF012

    class Lane(library.DiffSyncModel):
        _modelname = "lane"
        _identifiers = ("name",)
        name: str

    class Network(library.Adapter):
        site = Site
        port = Port
        lane = Lane
        top_level = ["site"]  # noqa: RUF012

        def load(self, names: Iterable[str] = (), *, with_lanes: bool = False) -> Any:
            """Add a site with ports of these names, each with two lanes, and return it."""
            site = Site(name="a")
            self.add(site)
            for name in names:
                port = Port(name=name)
                self.add(port)
                site.ports.append(name)
                for lane in ("rx", "tx") if with_lanes else ():
                    self.add(Lane(name=f"{name} {lane}"))
                    port.lanes.append(f"{name} {lane}")
            return site

    return Network


def numbered(count: int) -> list[str]:
    """Return names of so many ports."""
    return [f"port {number}" for number in range(count)]


ORDERS: dict[str, Callable[[list[str]], list[str]]] = {
    "first to last": lambda names: names,
    "last to first": lambda names: names[::-1],
    "last half": lambda names: names[len(names) // 2 :],
    "every second": lambda names: names[::2],
    "from both ends": lambda names: [name for pair in zip(names, names[::-1], strict=True) for name in pair][::2],
    "shuffled": lambda names: random.Random(1).sample(names, len(names)),  # noqa: S311 - an order, no secret
}


# ---- one child after the other ----


class Counted(str):
    """A text that counts how often one is compared with another."""

    __slots__ = ()
    comparisons = 0

    def __eq__(self, other: object) -> bool:
        Counted.comparisons += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


@pytest.mark.parametrize("order", ORDERS)
def test_removing_children_of_a_wide_parent(fastdiffsync: Any, order: str) -> None:
    """Whatever the order in which children are removed, few others are looked at for each of them."""
    site = network(fastdiffsync)("all").load()
    names = numbered(WIDE)
    site.ports.extend(map(Counted, names))
    removed = ORDERS[order](names)
    ports = [network(fastdiffsync).port(name=name) for name in removed]
    Counted.comparisons = 0
    for port in ports:
        site.remove_child(port)
    assert Counted.comparisons < (300 if order == "shuffled" else 10) * WIDE
    gone = set(removed)
    assert site.ports == [name for name in names if name not in gone]


def test_removing_a_wide_parent_with_its_children(fastdiffsync: Any) -> None:
    """`remove_children` takes all of many children out of the store."""
    adapter = network(fastdiffsync)("all")
    site = adapter.load(numbered(WIDEST))
    adapter.remove(site, remove_children=True)
    assert len(adapter) == 0
    assert len(site.ports) == WIDEST


NAMES = st.sampled_from(numbered(60))
BY_HAND = st.sampled_from([f"by hand {number}" for number in range(5)])
PLACES = st.integers(0, 59)
STEPS = st.one_of(
    st.tuples(st.just("add"), NAMES),
    st.tuples(st.just("remove"), NAMES | BY_HAND),
    st.tuples(st.just("remove at"), st.sampled_from([0, -1])),
    st.tuples(st.sampled_from(["pop", "reverse", "sort", "replace"]), PLACES),
    st.tuples(st.just("append"), BY_HAND),
    st.tuples(st.sampled_from(["insert", "put"]), st.tuples(PLACES, BY_HAND)),
)


VERBS: dict[str, Callable[[Any, list[str], Any], Any]] = {
    "add": lambda adapter, _ports, name: adapter.get("site", "a").add_child(adapter.port(name=name)),
    "remove": lambda adapter, _ports, name: adapter.get("site", "a").remove_child(adapter.port(name=name)),
    "remove at": lambda adapter, ports, place: VERBS["remove"](adapter, ports, (ports or ["none"])[place]),
    "pop": lambda _adapter, ports, place: ports and ports.pop(place % len(ports)),
    "replace": lambda adapter, ports, _: setattr(adapter.get("site", "a"), "ports", list(ports)),
    "reverse": lambda _adapter, ports, _: ports.reverse(),
    "sort": lambda _adapter, ports, _: ports.sort(),
    "append": lambda _adapter, ports, name: ports.append(name),
    "insert": lambda _adapter, ports, given: ports.insert(*given),
    "put": lambda _adapter, ports, given: ports and ports.__setitem__(given[0] % len(ports), given[1]),
}


def change(adapter: Any, verb: str, argument: Any) -> Any:
    """Change the list of ports of the adapter's site in one of these ways, and return what is raised."""
    try:
        VERBS[verb](adapter, adapter.get("site", "a").ports, argument)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other library must raise it too
        return type(error).__name__
    return None


@given(count=st.sampled_from([0, 22, 40, 60]), steps=st.lists(STEPS, max_size=60))
def test_children_and_a_plain_list(fastdiffsync: Any, count: int, steps: list[tuple[str, Any]]) -> None:
    """`add_child` and `remove_child` do what diffsync's do, also when the list is changed by hand in between."""
    adapter, other = network(fastdiffsync)("all"), network(diffsync)("all")
    for each in (adapter, other):
        each.load(numbered(count))
    for verb, argument in steps:
        assert change(adapter, verb, argument) == change(other, verb, argument)
        assert adapter.get("site", "a").ports == other.get("site", "a").ports


# ---- many children in a sync ----


@cache
def remaining(library: Any, order: str, *, with_lanes: bool) -> Any:
    """Return what is there of many children after a sync that deletes half of them."""
    names = numbered(1200)
    source, dest = network(library)("source"), network(library)("dest")
    source.load(ORDERS[order](names)[: len(names) // 2], with_lanes=with_lanes)
    site = dest.load(names, with_lanes=with_lanes)
    ports = site.ports
    dest.sync_from(source)
    assert site.ports is ports
    assert not dest.diff_from(source).has_diffs()
    names_in_store = [port.name for port in sorted(dest.get_all("port"), key=str)]
    return ports, names_in_store, len(dest), site.get_status()[0].name


@pytest.mark.parametrize(("order", "with_lanes"), [*((order, False) for order in ORDERS), ("every second", True)])
def test_sync_that_deletes_many_children(fastdiffsync: Any, order: str, *, with_lanes: bool) -> None:
    """Whichever of many children a sync deletes, what stays is in its order, and in the list that was there."""
    found = remaining(fastdiffsync, order, with_lanes=with_lanes)
    assert found == remaining(diffsync, order, with_lanes=with_lanes)


@pytest.mark.parametrize("kept", [0, WIDEST // 2])
def test_sync_that_deletes_very_many_children(fastdiffsync: Any, kept: int) -> None:
    """All children of a wide parent, or the last half of them, are deleted."""
    source, dest = network(fastdiffsync)("source"), network(fastdiffsync)("dest")
    source.load(numbered(kept))
    site = dest.load(numbered(WIDEST))
    dest.sync_from(source)
    assert site.ports == numbered(kept)
    assert dest.count("port") == kept


MEDDLING: dict[str, Callable[[list[str]], Any]] = {
    "reversed": lambda ports: ports.reverse(),
    "shuffled": lambda ports: random.Random(2).shuffle(ports),  # noqa: S311 - an order, no secret
    "listed twice": lambda ports: ports.extend(ports[::3]),
    "listed twice in front": lambda ports: ports.__setitem__(slice(0, 0), ports[::-2]),
    "one taken out": lambda ports: ports.remove("port 777"),
    "what is no text": lambda ports: ports.insert(700, None),
}


@cache
def after_meddling(library: Any, meddling: str) -> Any:
    """Return what is listed and stored after a sync of a diff, before which the list was changed."""
    source, dest = network(library)("source"), network(library)("dest")
    source.load(numbered(500))
    site = dest.load(numbered(1100))
    diff = dest.diff_from(source)
    MEDDLING[meddling](site.ports)
    try:
        dest.sync_from(source, diff=diff)
    except library.exceptions.ObjectNotFound as error:
        assert str(error).startswith("port 777 was not found as a child in ports")  # noqa: PT017 - both raise it
    return site.ports, sorted(port.name for port in dest.get_all("port"))


@pytest.mark.parametrize("meddling", MEDDLING)
def test_list_changed_between_diff_and_sync(fastdiffsync: Any, meddling: str) -> None:
    """A sync finds the children that the diff deletes wherever they are listed by then, or says which is not."""
    assert after_meddling(fastdiffsync, meddling) == after_meddling(diffsync, meddling)


@pytest.mark.parametrize("place", [1, 700, 1099])
def test_user_code_sees_whole_lists(fastdiffsync: Any, place: int) -> None:
    """A method that the sync calls in the middle finds the list of children as diffsync would show it."""

    def seen(library: Any) -> Any:
        class Port(network(library).port):
            def delete(self) -> Any:
                found.append(list(site.ports))
                return super().delete()

        found: list[Any] = []
        source, dest = network(library)("source"), network(library)("dest")
        source.load()
        site = dest.load(numbered(1100))
        dest.remove(dest.get("port", f"port {place}"))
        dest.add(Port(name=f"port {place}"))
        dest.sync_from(source)
        return found, site.ports

    assert seen(fastdiffsync) == seen(diffsync)


def test_callback_sees_whole_lists(fastdiffsync: Any) -> None:
    """Progress is told between two records, when what has been deleted is neither stored nor listed."""
    source, dest = network(fastdiffsync)("source"), network(fastdiffsync)("dest")
    source.load()
    site = dest.load(numbered(1500))
    calls = []

    def callback(stage: str, _done: int, _total: int) -> None:
        if stage == "sync":
            calls.append(len(site.ports))
            assert site.ports == [port.name for port in dest.get_all("port")]

    dest.sync_from(source, callback=callback)
    assert len(calls) > 100
    assert calls[-1] == 0
