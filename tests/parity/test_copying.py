"""Deep copies of stores, adapters and records, pickles, and equality of records."""

from __future__ import annotations

import copy
import copyreg
import gc
import pickle
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from .network import both
from .test_dumping import VALUES, device_class, watched

if TYPE_CHECKING:
    from collections.abc import Callable


def network(library: Any, cls: Any = None, count: int = 3) -> Any:
    """Return an adapter of a library with devices that share a list."""
    members = {"device": cls or device_class(library), "top_level": ["device"]}
    adapter = type("Network", (library.Adapter,), members)()
    shared = ["x", ["y"]]
    for number in range(count):
        adapter.add(adapter.device(name=f"d{number}", value=shared if number else 1, tags=[f"{number}"]))
    return adapter


def shown(adapter: Any) -> Any:
    """Return what can be seen of all records of an adapter."""
    return [(each.get_unique_id(), each.json(), each.tags) for each in adapter.get_all("device")]


@pytest.mark.parametrize("part", ["adapter", "store", "record"])
def test_deep_copies(fastdiffsync: Any, part: str) -> None:
    """A copy has the same records, all its own, and refers to itself where the original does, as with diffsync."""

    def program(library: Any) -> Any:
        adapter = network(library)
        first, second, third = adapter.get_all("device")
        copied = copy.deepcopy({"adapter": adapter, "store": adapter.store, "record": second}[part])
        other = {"adapter": lambda: copied, "store": lambda: copied.adapter, "record": lambda: copied.adapter}[part]()
        records = other.get_all("device")
        assert shown(other) == shown(adapter)
        assert other is not adapter
        assert other.store.adapter is other
        records[0].tags.append("new")
        records[0].name = "other"
        records[1].value.append("new")
        return (
            [each.adapter is other for each in records],
            [each.adapter is adapter for each in (first, second, third)],
            first.tags,
            records[1].value is records[2].value,
            second.value,
            [copied is each for each in records],
            type(other) is type(adapter),
        )

    both(fastdiffsync, program)


def test_a_deep_copy_goes_when_nobody_holds_it(fastdiffsync: Any) -> None:
    """A copied adapter is there as long as one of its records, and then goes."""
    adapter = network(fastdiffsync)
    record = copy.deepcopy(adapter).get("device", "d1")
    gone = weakref.ref(record.adapter)
    gc.collect()
    assert record.adapter.get("device", "d1") is record
    del record
    gc.collect()
    assert gone() is None
    assert [each.adapter is adapter for each in adapter.get_all("device")] == [True] * 3


def test_what_is_copied_twice(fastdiffsync: Any) -> None:
    """What the copied graph holds twice is copied once, records that are in a store among it."""
    adapter = network(fastdiffsync)
    record = adapter.get("device", "d1")
    tags = record.tags
    adapter_copy, record_copy, tags_copy, again = copy.deepcopy((adapter, record, tags, record))
    assert adapter_copy.get("device", "d1") is record_copy is again
    assert record_copy.tags is tags_copy
    record_copy, adapter_copy = copy.deepcopy((record, adapter))
    assert adapter_copy.get("device", "d1") is record_copy
    record.value = record
    itself = copy.deepcopy(record)
    assert itself.value is itself


def test_deep_copies_of_values(fastdiffsync: Any) -> None:
    """Values of every type are equal in a copy, and those that can be changed are its own."""
    cls = device_class(fastdiffsync)
    for value in VALUES.values():
        device = cls(name="a", value=value, about={"n": 1})
        device._hidden = [value]
        copied = copy.deepcopy(device)
        assert copied == device
        assert type(copied.value) is type(value)
        assert copied.about is not device.about
        assert copied._hidden is not device._hidden
        if isinstance(value, (list, dict, set)):
            assert copied.value is not value


HOOKS: dict[str, Callable[..., Any]] = {
    "__deepcopy__": lambda self, _: type(self)(name=self.name, value="mine"),
    "__getstate__": lambda self: {"name": self.name, "value": "state", "model_flags": self.model_flags},
    "__setstate__": lambda self, state: [setattr(self, each, state[each]) for each in ("name", "tags")],
    "__reduce_ex__": lambda self, _: (type(self), (), {"name": self.name, "value": "reduced"}),
    "__reduce__": lambda self: (type(self), (), {"name": self.name, "value": "reduced"}),
}


@pytest.mark.parametrize("hook", HOOKS)
def test_hooks_of_copying(fastdiffsync: Any, hook: str) -> None:
    """A hook of a class says what its copies are, also where a whole store is copied."""
    base = device_class(fastdiffsync)

    class Device(base):
        name: str = ""

    setattr(Device, hook, HOOKS[hook])
    adapter = network(fastdiffsync, Device)
    alone = copy.deepcopy(Device(name="a", value="given"))
    stored = copy.deepcopy(adapter).get_all("device")[0]
    expected = {"__deepcopy__": "mine", "__getstate__": "state", "__setstate__": None}.get(hook, "reduced")
    assert (alone.name, alone.value, stored.value) == ("a", expected, expected)


def test_hooks_of_one_record_and_of_copyreg(fastdiffsync: Any) -> None:
    """A hook that was put on one record, or registered for its class, is called."""
    adapter = network(fastdiffsync)
    device = adapter.get("device", "d1")
    device.__deepcopy__ = lambda _: "mine"
    assert copy.deepcopy(adapter).store._data["device"]["d1"] == "mine"
    del device.__deepcopy__
    copyreg.pickle(adapter.device, lambda each: (list, ([each.name],)))
    try:
        assert copy.deepcopy(device) == ["d1"]
        assert copy.deepcopy(adapter).store._data["device"]["d0"] == ["d0"]
    finally:
        del copyreg.dispatch_table[adapter.device]


def test_methods_and_odd_things(fastdiffsync: Any) -> None:
    """A method that was put on one record is its copy's, and what a store has in place of records is copied too."""
    adapter = network(fastdiffsync)
    device = adapter.get("device", "d1")
    device.get_unique_id = lambda: "other"
    adapter.store._data["device"]["odd"] = ["odd"]
    adapter.store._data["odd"] = ["list"]
    copied = copy.deepcopy(adapter.store)
    assert copied._data["device"]["d1"].get_unique_id() == "other"
    assert copied._data["device"]["odd"] == ["odd"]
    assert copied._data["device"]["odd"] is not adapter.store._data["device"]["odd"]
    assert copied._data["odd"] == ["list"]


def test_an_error_in_the_middle(fastdiffsync: Any) -> None:
    """A value that cannot be copied is an error, after which the original is what it was."""

    class Stubborn:
        def __deepcopy__(self, memo: Any) -> Any:
            raise ZeroDivisionError

    adapter = network(fastdiffsync)
    before = shown(adapter)
    adapter.get("device", "d2").tags = [Stubborn()]
    with pytest.raises(ZeroDivisionError):
        copy.deepcopy(adapter)
    adapter.get("device", "d2").tags = ["2"]
    assert shown(adapter) == before
    assert shown(copy.deepcopy(adapter)) == before


def test_pickles(fastdiffsync: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle has all values, private ones, flags and a status, and nothing that can be derived from them."""
    cls = device_class(fastdiffsync)
    cls.__qualname__, cls.__module__ = "Stored", __name__
    monkeypatch.setitem(globals(), "Stored", cls)  # where pickle looks for it
    success = cls(name="x").get_status()[0]
    for flags in (0, 16):
        for message in ("", "said"):
            for value in VALUES.values():
                device = cls(name="a", value=value, model_flags=fastdiffsync.DiffSyncModelFlags(flags))
                device._hidden = 7
                device.set_status(success, message)
                again = pickle.loads(pickle.dumps(device))
                assert (again, again.get_status(), again._hidden) == (device, (success, message), 7)
                assert again.model_flags is device.model_flags
                assert again.get_unique_id() == "a"
    again.name = "b"
    assert again.get_unique_id() == "b"
    device.__setstate__({"name": "c", "value": 1, "_hidden": 2})
    assert (device.get_unique_id(), device.value, device._hidden) == ("c", 1, 2)


NAN = float("nan")


def test_equality(fastdiffsync: Any) -> None:
    """Records are equal if class, fields and status are, whatever they have in store; NaNs differ from all."""
    cls = device_class(fastdiffsync)
    slow = watched(cls)
    for kind in (cls, slow):
        for left in VALUES.values():
            for right in VALUES.values():
                is_equal = kind(name="a", value=left) == kind(name="a", value=right)
                assert is_equal == (left == right)
    record, other = cls(name="a", value=NAN), cls(name="a", value=NAN)
    assert record != other
    assert record != record  # noqa: PLR0124 - what it holds is not equal to itself
    assert cls(name="a", value=[NAN]) == cls(name="a", value=[NAN])
    assert cls(name="a") != slow(name="a")
    assert (cls(name="a") == "a", cls(name="a") == None) == (False, False)  # noqa: E711
    assert cls.__eq__(record, "a") is NotImplemented


def test_equality_beyond_the_fields(fastdiffsync: Any) -> None:
    """Adapter and status count, and neither private attributes nor what the library keeps of children."""

    def program(library: Any) -> Any:
        cls = device_class(library)
        adapter, same = network(library, cls, 1), cls(name="d0", value=1, tags=["0"])
        record = adapter.get("device", "d0")
        results = [record == same]
        same.adapter = adapter
        results.append(record == same)
        same.set_status(type(record.get_status()[0]).FAILURE, "no")
        results.append(record == same)
        record.set_status(*same.get_status())
        results.append(record == same)
        same.tags = ["1"]
        results.append(record == same)
        return results

    assert both(fastdiffsync, program) == [False, True, False, True, False]
    parent, other = device_class(fastdiffsync)(name="a"), device_class(fastdiffsync)(name="a")
    assert type(parent) is not type(other)
    cls = type(parent)
    other = cls(name="a", ports=[f"{number}" for number in range(100)])

    class Port(fastdiffsync.DiffSyncModel):
        _modelname = "port"
        _identifiers = ("name",)
        name: str

    for number in range(100):
        parent.add_child(Port(name=f"{number}"))
    assert parent == other
    parent.get_shortname = lambda: "x"
    assert parent == other


def test_comparisons_that_raise_or_change_records(fastdiffsync: Any) -> None:
    """An error of a value's comparison comes through, and one that changes both records does no harm."""

    class Sly:
        def __init__(self, action: Callable[[], Any]) -> None:
            self.action = action

        def __eq__(self, _: object) -> bool:
            self.action()
            return True

        __hash__ = None  # type: ignore[assignment]

    cls = device_class(fastdiffsync)
    with pytest.raises(ZeroDivisionError):
        cls(name="a", value=Sly(lambda: 1 / 0)) == cls(name="a", value=1)  # noqa: B015

    def forget() -> None:
        for each in (left, right):
            each.value = each.tags = each.about = None

    left, right = cls(name="a", value=Sly(forget)), cls(name="a", value=Sly(forget))
    assert left == right
