"""What `test_leaks.py` runs, each in a process of its own: a piece of work, over and over, and what stays behind.

`python leaks.py NAME ROUNDS` does the work of that name and prints, as JSON, by how much the traced memory, the number
of objects that the garbage collector knows, and the references to each watched object have grown.
"""

from __future__ import annotations

import contextlib
import copy
import gc
import json
import logging
import os
import pickle
import shutil
import sys
import tempfile
import tracemalloc
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from fastdiffsync import Adapter, ChildrenCycle, DiffSyncFlags, DiffSyncModel, ValidationError
from fastdiffsync.exceptions import ObjectAlreadyExists, ObjectNotCreated, ObjectNotFound, ObjectStoreException
from fastdiffsync.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Callable

WARM_UP = 10

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


class Failure(Exception):  # noqa: N818 - stands for any error of a user's code
    """Raised by hooks, callbacks and comparisons."""


class Touchy:
    """A value whose comparison raises."""

    def __eq__(self, other: object) -> bool:
        raise Failure

    __hash__ = object.__hash__


class Device(DiffSyncModel):
    """A record with values of several kinds."""

    _modelname = "device"
    _identifiers = ("name",)
    _attributes = ("role", "ports", "tags", "anything")
    _children = {}  # noqa: RUF012
    _parent_keys = {"site": ("in",)}  # noqa: RUF012

    name: str
    role: str | None = None
    ports: int = 0
    tags: list[str] = []  # noqa: RUF012
    anything: Any = None


class Site(DiffSyncModel):
    """The parent of devices."""

    _modelname = "site"
    _identifiers = ("name",)
    _attributes = ("rooms",)
    _children = {"device": "devices"}  # noqa: RUF012

    name: str
    rooms: int = 0
    devices: list[str] = []  # noqa: RUF012


class Network(Adapter):
    """Sites with devices."""

    site = Site
    device = Device
    top_level = ("site",)


VALUE = "a shared value"
TOUCHY = Touchy()
WATCHED = {
    "None": None,
    "the model class": Device,
    "the adapter class": Network,
    "a value": VALUE,
    "a touchy value": TOUCHY,
    "the error": Failure,
}


def load(first: int = 0, adapter_class: Any = Network, device_class: Any = Device, **values: Any) -> Any:
    """Return an adapter with three sites of four devices, numbered from `first` on."""
    adapter = adapter_class()
    for number in range(first, first + 3):
        site = Site(name=f"site {number}", rooms=first)
        adapter.add(site)
        for index in range(4):
            device = device_class(name=f"device {number}.{index}", role=VALUE, ports=str(index + first), **values)
            adapter.add(device)
            site.add_child(device)
    return adapter


def loading() -> None:
    """Load records, find them, take children away, remove them."""
    adapter = load(tags=["x"])
    site = adapter.get("site", "site 1")
    site.remove_child(adapter.get(Device, {"name": "device 1.2"}))
    adapter.remove(site, remove_children=True)
    assert adapter.count() == 11
    assert len(adapter.str()) > len(site.str())
    assert adapter.dict()


def bad_input() -> None:
    """Give values, children and records that are refused."""
    adapter = load()
    site, device = adapter.get("site", "site 0"), adapter.get("device", "device 0.0")
    with contextlib.suppress(ValidationError):
        Device(name="d", ports=VALUE)
    with contextlib.suppress(ValidationError):
        Device(role=VALUE)
    with contextlib.suppress(ObjectAlreadyExists):
        adapter.add(Device(name="device 0.0", role=VALUE))
    with contextlib.suppress(ObjectAlreadyExists):
        site.add_child(device)
    with contextlib.suppress(ObjectNotFound):
        site.remove_child(Device(name=VALUE))
    with contextlib.suppress(ObjectStoreException):
        site.add_child(site)
    with contextlib.suppress(ObjectNotFound):
        adapter.get("device", VALUE)


def bulk_loading() -> None:
    """Load many rows in one call, in both orders of types, and rows that are refused."""
    sites = [{"name": f"site {number}", "rooms": number} for number in range(3)]
    devices = [
        {"name": f"device {number}", "role": VALUE, "ports": str(number), "in": f"site {number % 3}", "tags": [VALUE]}
        for number in range(90)
    ]
    for rows in ({"site": sites, "device": devices}, {"device": devices, "site": sites}):
        adapter = Network()
        assert adapter.load_records(rows) == 93
        assert len(adapter.get("site", "site 1").devices) == 30
        for bad in (
            {"name": "d", "ports": VALUE},
            {"role": VALUE},
            {"name": "device 1"},
            {"name": "d", "in": VALUE},
            TOUCHY,
        ):
            with contextlib.suppress(ValidationError, ObjectStoreException, TypeError):
                adapter.load_records({"device": [{"name": "new", "in": "site 1"}, bad]})
                raise AssertionError
        assert adapter.count() == 93


def diffing() -> None:
    """Compare, and read the diff in every way."""
    here, there = load(), load(1, tags=[VALUE])
    diff = here.diff_to(there)
    assert diff.has_diffs()
    assert diff.summary()["update"]
    assert diff.dict()
    assert diff.str()
    assert len(diff) == sum(diff.summary().values())
    for element in diff.get_children():
        assert [child.get_attrs_diffs() for child in element.get_children()]


def dumping() -> None:
    """Write records as data and text, some of which cannot be."""
    adapter = load()
    for device in [
        *adapter.get_all("device"),
        Device(name="\u00e9", role='"' * 2000, tags=["'"], anything=[1.5, {"a": {1}}]),
    ]:
        for options in ({}, {"exclude_none": True}, {"include": {"name", "tags"}}, {"exclude": {"adapter", "name"}}):
            device.dict(**options), device.json(**options), device.dict(mode="json"), device.json(indent=3)
        device.str(), adapter.str(), adapter.dict()
        device.anything = Touchy()
        with contextlib.suppress(Failure):
            device.dict(exclude_defaults=True)
        device.anything = object()
        with contextlib.suppress(TypeError):
            device.json()


def copying() -> None:
    """Copy, compare and pickle records and adapters, some of which cannot be."""
    adapter = load()
    copied = copy.deepcopy(adapter)
    for device, other in zip(adapter.get_all("device"), copied.get_all("device"), strict=True):
        device.anything = other.anything = [device.name, {"a": 1}]
        device.adapter = other.adapter = None
        copy.copy(device) == device == copy.deepcopy(other) == pickle.loads(pickle.dumps(device))  # noqa: B015
        device.anything = Touchy()
        with contextlib.suppress(Failure):
            device == other  # noqa: B015
        device.anything = (each for each in ())
        with contextlib.suppress(TypeError):
            copy.deepcopy(adapter)
        with contextlib.suppress(TypeError):
            pickle.dumps(device)


def removing() -> None:
    """Get records in every way, some of which are not there, and remove all below one."""
    adapter = load()
    for key in ("nowhere", {"name": "nowhere"}, adapter.get_all("device")[0].get_unique_id(), {}):
        with contextlib.suppress(ObjectNotFound, KeyError):
            adapter.get_or_none("device", key), adapter.get(Device, key), adapter.get_by_uids([key], "device")
    adapter.count(), len(adapter)
    for site in adapter.get_all("site"):
        adapter.remove(site, remove_children=True)


def abandoned_diff() -> None:
    """Read the beginning of a diff only."""
    children = load().diff_to(load(1)).get_children()
    assert next(iter(children)).get_children()


def syncing() -> None:
    """Create, update and delete, with and without a diff that was made before."""
    here, there = load(), load(1, anything={"a": [VALUE]})
    assert here.sync_to(there, diff=here.diff_to(there)).has_diffs()
    assert not here.sync_to(there).has_diffs()
    assert there.sync_from(load(2), flags=DiffSyncFlags.LOG_UNCHANGED_RECORDS).has_diffs()


def raising_comparison() -> None:
    """Compare values that refuse to be compared."""
    with contextlib.suppress(Failure):
        load(anything=TOUCHY).diff_to(load(anything=VALUE))
        raise AssertionError


class DeviceThatFails(Device):
    """A record none of whose methods works."""

    def get_attrs(self) -> Any:
        """Fail."""
        raise Failure(self, VALUE)


class DeviceThatCannotBeSaved(Device):
    """A record that a back end refuses."""

    @classmethod
    def create(cls, adapter: Adapter, ids: dict[str, Any], attrs: dict[str, Any]) -> Any:
        """Fail, after the record has been made."""
        super().create(adapter, ids, attrs)
        raise ObjectNotCreated(VALUE, adapter, ids, attrs)

    def update(self, attrs: dict[str, Any]) -> Any:
        """Fail as no method of the library does."""
        raise Failure(self, attrs)

    def delete(self) -> Any:
        """Fail without an exception."""


class NetworkThatFails(Network):
    """Records whose hooks fail."""

    device = DeviceThatFails


class NetworkThatCannotBeSaved(Network):
    """Records whose back end fails."""

    device = DeviceThatCannotBeSaved


def raising_hook() -> None:
    """Meet a hook that raises in the middle of a diff."""
    with contextlib.suppress(Failure):
        load(0, NetworkThatFails, DeviceThatFails).diff_to(load())
        raise AssertionError


def raising_methods() -> None:
    """Meet methods that raise in the middle of a sync, with and without going on."""
    for first in (0, 1):
        for flags in (DiffSyncFlags.NONE, DiffSyncFlags.CONTINUE_ON_FAILURE):
            there = load(1, NetworkThatCannotBeSaved, DeviceThatCannotBeSaved)
            with contextlib.suppress(Failure, ObjectNotCreated):
                there.sync_from(load(first, tags=[VALUE]), flags=flags)


def raising_callback() -> None:
    """Meet a callback that raises in a diff, and in a sync."""
    for failing in ("diff", "sync"):

        def fail(stage: str, _current: int, _total: int, failing: str = failing) -> None:
            if stage == failing:
                raise Failure(VALUE)

        here, there = load(), load(1)
        with contextlib.suppress(Failure):
            there.sync_from(here, callback=fail)
            raise AssertionError


class Ring(DiffSyncModel):
    """A record whose children are of its own kind."""

    _modelname = "ring"
    _identifiers = ("name",)
    _children = {"ring": "rings"}  # noqa: RUF012

    name: str
    rings: list[str] = []  # noqa: RUF012


class Rings(Adapter):
    """Records below each other."""

    ring = Ring
    top_level = ("ring",)


def cycle() -> None:
    """Compare records that are their own descendants."""
    sides = [Rings(), Rings()]
    for side in sides:
        for name, below in ("ab", "ba"):
            side.add(Ring(name=name, rings=[below]))
    with contextlib.suppress(ChildrenCycle):
        sides[0].diff_to(sides[1])
        raise AssertionError


def making_classes() -> None:
    """Make models and an adapter, use them, and forget them."""

    class Port(DiffSyncModel):
        _modelname = "port"
        _identifiers = ("name",)
        _attributes = ("speed",)
        name: str
        speed: int | None = None

    class Ports(Adapter):
        port = Port
        top_level = ("port",)

    ports = Ports()
    ports.add(Port(name="1", speed="2"))
    assert ports.diff_to(Ports()).has_diffs()
    del ports, Port, Ports
    gc.collect()


def sqlite_store() -> None:
    """Keep records in files, compare them, and sync one to the other."""
    with ExitStack() as stack:
        # Of one name in all rounds: `pathlib` interns the parts of names, in some versions of Python for good.
        directory = Path(tempfile.gettempdir(), f"fastdiffsync-leaks-{os.getpid()}")
        directory.mkdir()
        stack.callback(shutil.rmtree, directory)
        sides = []
        for number in (0, 1):
            store = stack.enter_context(SQLiteStore(Path(directory, f"{number}.db")))
            side = Network(internal_storage_engine=store)
            for record in load(number).get_all("device"):
                side.add(Device(**record.dict()))
            sides.append(side)
        sides[0].sync_to(sides[1])
        assert not sides[0].diff_to(sides[1]).has_diffs()


def leaking() -> None:
    """Leave an object of a kilobyte behind in each round: what the measurement must see."""
    _kept.append(bytes(1000))


def leaking_a_reference() -> None:
    """Leave one reference to an old object behind in each round."""
    _kept.append(VALUE)


_kept: list[object] = []

PROGRAMS: dict[str, Callable[[], None]] = {
    program.__name__: program
    for program in (
        loading,
        bad_input,
        bulk_loading,
        diffing,
        dumping,
        copying,
        removing,
        abandoned_diff,
        syncing,
        raising_comparison,
        raising_hook,
        raising_methods,
        raising_callback,
        cycle,
        making_classes,
        sqlite_store,
        leaking,
        leaking_a_reference,
    )
}


# The cache of attributes keeps the names that were looked up, of which each look-up by a built name makes a new one.
clear_caches = sys._clear_internal_caches if sys.version_info >= (3, 13) else sys._clear_type_cache


def measure() -> dict[str, int]:
    """Return the traced memory in bytes, the number of objects and the references to each watched object."""
    clear_caches()
    while gc.collect():  # What a finalizer let go is garbage of the next collection.
        pass
    return {
        "objects": len(gc.get_objects()),
        **{f"references to {name}": sys.getrefcount(value) for name, value in WATCHED.items()},
        "bytes": tracemalloc.get_traced_memory()[0],
    }


def make_room_for_names() -> None:
    """Let the interpreter's table of interned texts grow, by a megabyte, as it does after many that came and went."""
    for number in range(100_000):
        sys.intern(f"name {number}")


def growth(program: Callable[[], None], rounds: int) -> dict[str, int]:
    """Return by how much each measure grows while a program runs so many times."""
    make_room_for_names()  # before memory is traced, which takes twice as long
    tracemalloc.start()
    for _ in range(WARM_UP):
        program()
    before = measure()
    for _ in range(rounds):
        program()
    after = measure()
    return {name: after[name] - before[name] for name in before}


if __name__ == "__main__":
    print(json.dumps(growth(PROGRAMS[sys.argv[1]], int(sys.argv[2]))))  # noqa: T201
