"""Copies of records: `copy.copy`, `copy.deepcopy`, `copy.replace` and pickles."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref
from typing import TYPE_CHECKING, Any

import diffsync
import msgspec
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def pickled(record: Any) -> Any:
    """Return the record's pickle, read again; a class inside of a function cannot be pickled by its name."""
    make, arguments, state = record.__reduce__()
    made = make(*arguments)
    made.__setstate__(pickle.loads(pickle.dumps(state)))
    return made


def replaced(record: Any) -> Any:
    """Return what `copy.replace` makes of a record with no changes; before Python 3.13, it is not there."""
    return copy.replace(record) if sys.version_info >= (3, 13) else record.__replace__()


COPYING = {"copy": copy.copy, "replace": replaced, "deepcopy": copy.deepcopy, "pickle": pickled}
SHALLOW = (copy.copy, replaced)


def make_device(library: Any) -> Any:
    """Return a model class of a library with private attributes and a list of children."""

    class Device(library.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("tags",)
        _children = {"port": "ports"}  # noqa: RUF012
        _cache: dict[str, Any] = {}  # noqa: RUF012
        name: str
        tags: list[str] = []  # noqa: RUF012
        ports: list[str] = []  # noqa: RUF012
        count: int = 0

        def __post_init__(self) -> None:
            self.count += 1

    return Device


def make_port(library: Any) -> Any:
    """Return a model class of a library for children of devices."""

    class Port(library.DiffSyncModel):
        _modelname = "port"
        _identifiers = ("name",)
        name: str

    return Port


def make_adapter(library: Any) -> Any:
    """Return an adapter of a library for both."""
    members = {"device": make_device(library), "port": make_port(library), "top_level": ["device"]}
    return type("Network", (library.Adapter,), members)()


@pytest.fixture
def network(fastdiffsync: Any) -> Any:
    """Give an empty adapter."""
    return make_adapter(fastdiffsync)


@pytest.mark.parametrize("make", COPYING.values(), ids=COPYING)
def test_copies_have_all_values(network: Any, make: Callable[[Any], Any]) -> None:
    """A copy is equal, has the private attributes and the status, and no method has been called to make it."""
    device = network.device(name="a", tags=["x"])
    device._cache["k"] = 1
    device._later = "set on this record alone"
    device.set_status(device.get_status()[0], "said before")
    made = make(device)
    assert made == device
    assert type(made) is type(device)
    assert (made._cache, made._later) == ({"k": 1}, "set on this record alone")
    assert (made.count, made.get_status()) == (1, device.get_status())


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("make", COPYING.values(), ids=COPYING)
def test_what_is_shared_is_what_diffsync_shares(
    fastdiffsync: Any, make: Callable[[Any], Any], *, private: bool
) -> None:
    """A shallow copy shares containers, private ones too, a deep one shares none: as copies of diffsync's models do."""

    def sharing(library: Any) -> list[bool]:
        device = make_device(library)(name="a", tags=["x"])
        if private:
            device._cache["k"] = []
        made = make(device)
        return [made.tags is device.tags, made.ports is device.ports, made._cache is device._cache]

    theirs = {copy.copy: copy.copy, replaced: copy.copy}.get(make, copy.deepcopy)
    expected = [theirs is copy.copy] * 3
    if make is not pickled and make is not replaced:
        assert sharing(diffsync) == expected
    assert sharing(fastdiffsync) == expected


@pytest.mark.parametrize("make", SHALLOW)
def test_copies_of_stored_records_keep_their_adapter(network: Any, make: Callable[[Any], Any]) -> None:
    """A copy refers to its record's adapter as long as it lives, and is not in the store."""
    network.add(network.port(name="a"))
    made = make(network.get("port", "a"))
    assert made.adapter is network
    assert network.get("port", "a") is not made
    network.update(made)
    assert network.get("port", "a") is made


@pytest.mark.parametrize("make", SHALLOW)
def test_copies_hold_their_adapter(fastdiffsync: Any, make: Callable[[Any], Any]) -> None:
    """A copy's adapter is there when nobody else holds it, and goes with the copy."""
    network = make_adapter(fastdiffsync)
    network.add(network.port(name="a"))
    made = make(network.get("port", "a"))
    network.update(made)
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert made.adapter is not None
    assert made.adapter.get("port", "a") is made
    del made
    gc.collect()
    assert gone() is None


def test_children_of_copies(network: Any) -> None:
    """A copy that is given a list of its own adds and removes children without the record's knowing."""
    device = network.device(name="a")
    ports = [network.port(name=f"{number}") for number in range(40)]
    for port in ports[:30]:
        device.add_child(port)
    made = copy.copy(device)
    made.ports = [*made.ports]
    made.add_child(ports[30])
    made.remove_child(ports[0])
    device.add_child(ports[31])
    device.remove_child(ports[1])
    assert made.ports == [str(number) for number in (*range(1, 30), 30)]
    assert device.ports == [str(number) for number in (0, *range(2, 30), 31)]


def test_children_of_copies_that_share_a_list(network: Any) -> None:
    """As long as record and copy share the list, both know what the other has added and removed."""
    device = network.device(name="a")
    ports = [network.port(name=f"{number}") for number in range(40)]
    for port in ports[:30]:
        device.add_child(port)
    made = copy.copy(device)
    for gone, new in ((0, 30), (29, 29)):
        made.remove_child(ports[gone])
        made.add_child(ports[new])
    device.add_child(ports[0])
    with pytest.raises(Exception, match="Already storing a port with unique_id 30"):
        device.add_child(ports[30])
    assert made.ports is device.ports


@pytest.mark.parametrize("make", SHALLOW)
def test_methods_put_on_a_record(network: Any, make: Callable[[Any], Any]) -> None:
    """A method that was put on one record is its copy's too, and is called."""
    port = network.port(name="a")
    port.get_unique_id = lambda: "other"
    made = make(port)
    network.add(made)
    assert network.get("port", "other") is made


def test_replacing_values(fastdiffsync: Any, network: Any) -> None:
    """`copy.replace` gives other values to a copy: the unique id follows, and the record stays as it was."""
    device = network.device(name="a")
    device._cache["k"] = 1
    made = device.__replace__(name="b", count="unchecked", _later=3)
    assert (made.name, made.get_unique_id(), made.count) == ("b", "b", "unchecked")
    assert (made._cache, made._later) == ({"k": 1}, 3)
    assert (device.name, device.get_unique_id(), device.count) == ("a", "a", 1)
    with pytest.raises(ValueError, match='object has no field "colour"'):
        device.__replace__(colour="red")

    class Checked(network.device, validate_assignment=True):
        pass

    assert Checked(name="a").__replace__(count="7").count == 7
    with pytest.raises(fastdiffsync.ValidationError, match="field 'count'"):
        Checked(name="a").__replace__(count="many")


def test_overridden_methods(network: Any) -> None:
    """A class may say how it is copied, and its `__setattr__` is not asked for a copy, as pydantic does not ask it."""
    assigned = []

    class Device(network.device):
        def __copy__(self) -> Any:
            made = super().__copy__()
            made._cache = {}
            return made

        def __setattr__(self, name: str, value: Any) -> None:
            assigned.append(name)
            super().__setattr__(name, value)

    device = Device(name="a")
    device._cache["k"] = 1
    del assigned[:]
    for make in (copy.copy, replaced):
        assert make(device)._cache == {}
        assert assigned == ["_cache"]
        del assigned[:]
    for make in (copy.deepcopy, pickled):
        assert make(device)._cache == {"k": 1}
    assert assigned == []


def test_private_attributes_made_by_factories(fastdiffsync: Any) -> None:
    """What `msgspec.field` says of a private attribute is its default, or makes one for each record."""

    class Device(fastdiffsync.DiffSyncModel):
        _modelname = "device"
        _made: list[int] = msgspec.field(default_factory=lambda: [1])
        _shared: int = msgspec.field(default=7)
        _none: int = msgspec.field()
        _plain = msgspec.field(default_factory=dict)

    class Derived(Device):
        _shared: int = 8

    first, second = Device(), Derived()
    first._made.append(2)
    first._plain["k"] = 1
    assert (first._made, first._shared, first._plain) == ([1, 2], 7, {"k": 1})
    assert (second._made, second._shared, second._plain) == ([1], 8, {})
    assert not hasattr(first, "_none")
    assert copy.copy(first)._made is first._made


@pytest.mark.parametrize("share", ["add", "store", "copied store", "deep copy"])
def test_records_stay_with_their_first_adapter(fastdiffsync: Any, share: str) -> None:
    """A record that several adapters have, and nobody else holds, is the first one's when the others are gone."""

    class Device(fastdiffsync.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        name: str

        def __deepcopy__(self, memo: dict[int, Any]) -> Any:
            return self

    class Network(fastdiffsync.Adapter):
        device = Device
        top_level = ("device",)

    network = Network("first")
    network.add(Device(name="a"))
    other = copy.deepcopy(network) if share == "deep copy" else Network("second")
    if share == "add":
        other.add(network.get("device", "a"))
    elif share != "deep copy":
        other.store = network.store if share == "store" else copy.copy(network.store)
    gone = weakref.ref(other)
    del other
    gc.collect()
    assert gone() is None
    record = network.get("device", "a")
    assert record.adapter is network
    record.adapter.remove(record)
    assert len(network) == 0
