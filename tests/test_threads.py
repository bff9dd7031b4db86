"""A diff is the same whatever the number of threads that share it, and whichever of the kernel's walks finds it."""

from __future__ import annotations

import gc
import random
import sys
import tracemalloc
from typing import Any

import pytest

from .profile import by_profile

SITES = 60
SITES_WITHOUT_THREADS = by_profile(desk=20, ci=60)  # of the kernel in Python, which walks all on one
DEVICES = 20
PORTS = 20  # in all some 25,000 records a side: enough for threads to be used


# ruff: noqa: RUF012 - the classes are written as users write them


def make_adapter(fastdiffsync: Any) -> tuple[Any, Any]:
    """Return an adapter class whose sites have devices, and these ports; and a class of ports with a hook."""

    class Site(fastdiffsync.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        _attributes = ("region",)
        _children = {"device": "devices"}
        name: str
        region: str = ""
        devices: list[str] = []

    class Device(fastdiffsync.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("role", "tags")
        _children = {"port": "ports"}
        name: str
        role: str = ""
        tags: list[str] | None = None
        ports: list[str] = []

    class Port(fastdiffsync.DiffSyncModel):
        _modelname = "port"
        _identifiers = ("device", "name")
        _attributes = ("mtu", "note", "load")
        device: str
        name: str
        mtu: int = 1500
        note: str | None = None
        load: float = 0.5

    class OddPort(Port):
        def get_unique_id(self) -> str:
            return str(super().get_unique_id())

    class Network(fastdiffsync.Adapter):
        site = Site
        device = Device
        port = Port
        top_level = ["site"]

    return Network, OddPort


class Loader:
    """Loads a dataset that differs from another seed's here and there, and is special in one way."""

    def __init__(self, fastdiffsync: Any, network: Any, odd_port: Any, seed: int, how: str) -> None:
        self.numbers = random.Random(seed)  # noqa: S311 - the same numbers each time
        self.adapter = network(str(seed))
        self.odd_port = odd_port
        self.ignored = fastdiffsync.DiffSyncModelFlags.IGNORE
        self.sites = SITES if fastdiffsync.is_compiled() else SITES_WITHOUT_THREADS
        self.how = how

    def happens(self, probability: float) -> bool:
        """Draw whether something happens."""
        return self.numbers.random() < probability

    def ordered(self, count: int) -> list[int]:
        """Return the numbers below `count`, in order or shuffled."""
        found = list(range(count))
        if self.how in {"shuffled", "copied"}:
            self.numbers.shuffle(found)
        return found

    def load(self) -> Any:
        """Load all sites."""
        for number in self.ordered(self.sites):
            if not self.happens(0.02):
                site = self.adapter.site(name=f"site {number}", region=str(self.happens(0.1)))
                self.adapter.add(site)
                self.load_devices(site)
        if self.how == "copied":
            self.copy_children()
        return self.adapter

    def copy_children(self) -> None:
        """List children by other strings than those that are their keys in the store."""
        for site in self.adapter.get_all("site"):
            site.devices = [uid.encode().decode() for uid in site.devices]
        for device in self.adapter.get_all("device"):
            device.ports = [uid.encode().decode() for uid in device.ports]

    def load_devices(self, site: Any) -> None:
        """Load most of a site's devices."""
        for number in self.ordered(DEVICES):
            if not self.happens(0.03):
                tags = [str(self.happens(0.1))] if self.happens(0.1) else None
                device = self.adapter.device(name=f"{site.name}.{number}", tags=tags)
                self.adapter.add(device)
                site.add_child(device)
                self.load_ports(device)

    def load_ports(self, device: Any) -> None:
        """Load most of a device's ports."""
        for number in self.ordered(PORTS):
            if not self.happens(0.02):
                port = self.make_port(device=device.name, name=str(number), note="é" if self.happens(0.03) else "e")
                port.load = float("nan") if self.happens(0.01) else 0.5
                self.adapter.add(port)
                device.add_child(port)

    def make_port(self, **values: Any) -> Any:
        """Make a port; where the dataset is special, a few have a hook, and a few a flag."""
        is_special = self.how == "special" and self.happens(0.001)
        if is_special and self.happens(0.5):
            return self.odd_port(**values)
        port = self.adapter.port(**values)
        if is_special:
            port.model_flags = self.ignored
        return port


def load_both(fastdiffsync: Any, how: str) -> tuple[Any, Any]:
    """Return two datasets, the second one shuffled, also with copied ids, or both special."""
    network, odd_port = make_adapter(fastdiffsync)
    hows = {1: "special" if how == "special" else "in order", 2: how}
    source, dest = (Loader(fastdiffsync, network, odd_port, seed, hows[seed]).load() for seed in hows)
    return source, dest


def contents(diff: Any) -> Any:
    """Return all that a diff says, in its order; without garbage collections, which would take most of the time."""
    gc.disable()
    try:
        return [describe(element) for element in diff.get_children()]
    finally:
        gc.enable()


def describe(element: Any) -> Any:
    """Return all that an element says, with all below it."""
    kept = (element.type, element.name, element.keys, element.action, element.get_attrs_diffs())
    return (*kept, [describe(child) for child in element.get_children()])


@pytest.mark.parametrize("how", ["in order", "shuffled", "copied", "special"])
def test_any_number_of_threads_finds_the_same(fastdiffsync: Any, how: str) -> None:
    """With one thread, with several, and with a callback, for which records are walked one by one, nothing differs."""
    source, dest = load_both(fastdiffsync, how)
    expected = dest.diff_from(source, callback=lambda *_: None)
    assert expected.summary()["update"] > 100
    assert expected.summary()["create"] > 100
    assert expected.summary()["delete"] > 100
    expected_contents = contents(expected)
    try:
        for count in (1, 3):
            fastdiffsync.set_compare_threads(count)
            diff = dest.diff_from(source)
            assert diff.summary() == expected.summary()
            assert len(diff) == len(expected)
            assert diff.models_processed == expected.models_processed
            assert contents(diff) == expected_contents
    finally:
        fastdiffsync.set_compare_threads(None)


def test_a_missing_child_is_an_error_with_any_number_of_threads(fastdiffsync: Any) -> None:
    """A child that the store does not have is named in the error, whichever thread meets it."""
    source, dest = load_both(fastdiffsync, "in order")
    source.get_all("device")[-1].ports.append("nowhere__1")
    try:
        for count in (1, 4):
            fastdiffsync.set_compare_threads(count)
            with pytest.raises(fastdiffsync.exceptions.ObjectNotFound, match="nowhere__1"):
                dest.diff_from(source)
    finally:
        fastdiffsync.set_compare_threads(None)


def test_an_identifier_changed_to_another_type_is_noticed(fastdiffsync: Any) -> None:
    """Two records with one key and identifiers of different types are an error, though their class has one."""
    network, _ = make_adapter(fastdiffsync)
    source, dest = network("a"), network("b")
    for adapter in (source, dest):
        site = network.site(name="s")
        device = network.device(name="d")
        port = network.port(device="d", name="1")
        for record in (site, device, port):
            adapter.add(record)
        site.add_child(device)
        device.add_child(port)
    assert not dest.diff_from(source).has_diffs()
    source.get("port", "d__1").name = 1
    with pytest.raises(ValueError, match="Keys mismatch"):
        dest.diff_from(source)


@pytest.mark.parametrize("is_special", [False, True])
def test_siblings_that_flags_leave_out(fastdiffsync: Any, is_special: bool) -> None:
    """Where flags leave out all siblings, at the top or below a record with a hook, the diff has none of them."""
    network, _ = make_adapter(fastdiffsync)
    source, dest = network("a"), network("b")
    for adapter in (source, dest):
        site = network.site(name="s")
        adapter.add(site)
        left_out = [site]
        if is_special:
            site.get_attrs = dict
            left_out = [network.device(name="d"), network.device(name="e")]
        for record in left_out:
            record.model_flags = fastdiffsync.DiffSyncModelFlags.IGNORE
        for device in left_out if is_special else ():
            adapter.add(device)
            site.add_child(device)
    diff = dest.diff_from(source)
    assert diff.dict() == {}
    assert [len(diff), diff.summary()["skip"]] == ([1, 2] if is_special else [0, 1])


def test_memory_can_be_traced_meanwhile(fastdiffsync: Any) -> None:
    """With tracemalloc on, a diff that threads share ends, and finds the same."""
    source, dest = load_both(fastdiffsync, "in order")
    expected = dest.diff_from(source).summary()
    tracemalloc.start()
    try:
        fastdiffsync.set_compare_threads(4)
        assert dest.diff_from(source).summary() == expected
    finally:
        fastdiffsync.set_compare_threads(None)
        tracemalloc.stop()


@pytest.mark.parametrize("count", [0, -1])
def test_less_than_one_thread_is_an_error(fastdiffsync: Any, count: int) -> None:
    """The number of threads must be positive."""
    with pytest.raises(ValueError, match="at least 1 thread"):
        fastdiffsync.set_compare_threads(count)


def test_references_go_with_the_diff(fastdiffsync: Any) -> None:
    """A diff of changes of all kinds, dropped, leaves each value as many references as it had, the shared ones too."""

    class Port(fastdiffsync.DiffSyncModel):
        _modelname = "port"
        _identifiers = ("name",)
        _attributes = ("speed", "is_up", "note")
        name: str
        speed: int | None = None
        is_up: bool = False
        note: Any = None

    class Network(fastdiffsync.Adapter):
        port = Port
        top_level = ["port"]

    source, dest = Network(), Network()
    speed, note = int("1000000"), str(object())
    source.load_records({"port": [{"name": f"eth{place}", "speed": speed, "note": note} for place in range(50)]})
    dest.load_records({"port": [{"name": f"eth{place}", "is_up": True, "note": [note]} for place in range(5, 20)]})
    dest.load_records({"port": [{"name": f"eth{place}", "is_up": True} for place in range(20, 60)]})
    before = [sys.getrefcount(value) for value in (speed, note, True, False)]
    diff = dest.diff_from(source)
    # From Python 3.12 on True is immortal, as long as nobody counts references to it.
    assert (sys.getrefcount(True) > before[2]) is (sys.version_info < (3, 12))
    assert diff.summary() == {"create": 5, "update": 45, "delete": 10, "no-change": 0, "skip": 0}
    del diff
    assert [sys.getrefcount(value) for value in (speed, note, True, False)] == before
