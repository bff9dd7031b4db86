"""Hooks, callbacks and comparisons that raise, or that change the data while it is compared."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from .pair import Pair

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def pair(fastdiffsync: Any) -> Pair:
    """Give two loaded adapters."""
    return Pair(fastdiffsync)


# ---- code that raises ----


class Grumpy:
    """A value that does not want to be compared."""

    def __eq__(self, other: object) -> bool:
        message = "do not compare me"
        raise ZeroDivisionError(message)

    __ne__ = __eq__
    __hash__ = None  # type: ignore[assignment]


def test_comparison_that_raises(pair: Pair) -> None:
    """What an attribute's comparison raises comes out of the diff."""
    for adapter in (pair.source, pair.dest):
        adapter.get("device", "a__x").size = Grumpy()
    records = len(pair.source), len(pair.dest)
    for action in (pair.dest.diff_from, pair.dest.sync_from):
        with pytest.raises(ZeroDivisionError, match="do not compare me"):
            action(pair.source)
    assert (len(pair.source), len(pair.dest)) == records
    assert pair.dest.get("device", "a__y").size == 3


def broken(*_arguments: Any, **_keywords: Any) -> Any:
    message = "broken hook"
    raise ZeroDivisionError(message)


@pytest.mark.parametrize(
    "hook", ["get_unique_id", "get_identifiers", "get_attrs", "get_shortname", "get_children_mapping", "get_type"]
)
def test_hook_that_raises(fastdiffsync: Any, hook: str) -> None:
    """What an overridden hook raises comes out of the diff and of the sync, and nothing is changed."""
    pair = Pair(fastdiffsync)
    original = pair.Device.__dict__.get(hook)
    before = pair.contents()
    setattr(pair.Device, hook, broken)
    for action in (pair.dest.diff_from, pair.dest.sync_from):
        with pytest.raises(ZeroDivisionError, match="broken hook"):
            action(pair.source)
    delattr(pair.Device, hook) if original is None else setattr(pair.Device, hook, original)
    assert pair.contents() == before


@pytest.mark.parametrize("method", ["get_all", "get_by_uids"])
def test_adapter_that_raises(pair: Pair, method: str) -> None:
    """What an adapter's reading method raises comes out of the diff."""
    before = pair.contents()
    setattr(pair.source, method, broken)
    with pytest.raises(ZeroDivisionError, match="broken hook"):
        pair.dest.diff_from(pair.source)
    delattr(pair.source, method)
    assert pair.contents() == before


@pytest.mark.parametrize("call", range(4))
def test_callback_that_raises_in_a_diff(pair: Pair, call: int) -> None:
    """What the callback raises ends the diff, whenever it does, and changes nothing."""
    countdown = iter(range(call))

    def callback(_stage: str, _current: int, _total: int) -> None:
        if next(countdown, None) is None:
            broken()

    pair.refuses(ZeroDivisionError, "broken hook", lambda: pair.dest.diff_from(pair.source, callback=callback))


@pytest.mark.parametrize("call", range(3))
def test_callback_that_raises_in_a_sync(pair: Pair, call: int) -> None:
    """What the callback raises ends the sync between two records, and parents agree with the store."""
    countdown = iter(range(call))

    def callback(stage: str, _current: int, _total: int) -> None:
        if stage == "sync" and next(countdown, None) is None:
            broken()

    with pytest.raises(ZeroDivisionError, match="broken hook"):
        pair.dest.sync_from(pair.source, callback=callback)
    uids = [uid for site in pair.dest.get_all("site") for uid in site.devices]
    assert sorted(uids) == sorted(device.get_unique_id() for device in pair.dest.get_all("device"))
    assert not pair.dest.sync_from(pair.source).has_diffs() or not pair.dest.diff_from(pair.source).has_diffs()


@pytest.mark.parametrize("place", ["parent", "store"])
def test_create_that_cannot_be_stored(fastdiffsync: Any, place: str) -> None:
    """A created record is in its parent and in the store, or in neither."""
    pair = Pair(fastdiffsync)
    device = pair.Device(site="a", name="z", size=5)
    pair.source.add(device)
    pair.source.get("site", "a").add_child(device)
    if place == "store":
        pair.dest.add = broken
    else:
        pair.Site.add_child = broken
    before = pair.contents()[1]["records"]["site"][0]["dict"], len(pair.dest)
    with pytest.raises(ZeroDivisionError, match="broken hook"):
        pair.dest.sync_from(pair.source)
    assert (pair.contents()[1]["records"]["site"][0]["dict"], len(pair.dest)) == before


LAST_LINES = {
    "create": r"return super\(\).create\(adapter=adapter, ids=ids, attrs=attrs\)",
    "update": r"return super\(\).update\(attrs\)",
    "delete": r"return super\(\).delete\(\)",
}


def changing(pair: Pair, operation: str, returned: Any) -> str:
    """Let one device be created, updated or deleted by a method that returns something; return its unique id."""
    original = getattr(pair.Device, operation)

    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        original(*arguments, **keywords) if operation == "create" else original(self, *arguments, **keywords)
        return returned

    setattr(pair.Device, operation, classmethod(method) if operation == "create" else method)
    if operation == "update":
        return "a__y"
    changed = pair.Device(site="a", name="z")
    adapter = pair.source if operation == "create" else pair.dest
    adapter.add(changed)
    adapter.get("site", "a").add_child(changed)
    pair.source.get("device", "a__y").size = 3
    return "a__z"


@pytest.mark.parametrize("operation", LAST_LINES)
@pytest.mark.parametrize("returned", [True, "ok", {}, object, 0])
def test_method_that_returns_no_record(fastdiffsync: Any, operation: str, returned: Any) -> None:
    """What is no record is refused with the record's name and what to return; nothing is linked or removed."""
    pair = Pair(fastdiffsync)
    uid = changing(pair, operation, returned)
    before = pair.dest.get("site", "a").devices[:]
    message = (
        f"^device {uid}: {operation} must return the record, or None if it has failed, not .*{LAST_LINES[operation]}"
    )
    with pytest.raises(TypeError, match=message):
        pair.dest.sync_from(pair.source)
    assert pair.dest.get("site", "a").devices == before
    assert [device.get_unique_id() for device in pair.dest.get_all("device")] == before


@pytest.mark.parametrize("operation", LAST_LINES)
def test_method_that_forgets_to_return(fastdiffsync: Any, operation: str) -> None:
    """None counts as a failure, as in diffsync; the event says what to return if it was none."""
    pair = Pair(fastdiffsync)
    changing(pair, operation, None)
    structlog.reset_defaults()
    with structlog.testing.capture_logs() as entries:
        pair.dest.sync_from(pair.source)
    (event,) = [entry["event"] for entry in entries if entry.get("status") == "failure"]
    assert event.startswith(f"device {operation} did not return the model object. ")
    assert re.search(LAST_LINES[operation], event)


@pytest.mark.parametrize("place", ["parent", "store"])
def test_delete_that_cannot_be_removed(fastdiffsync: Any, place: str) -> None:
    """A record whose deletion fails half-way stays in its parent and in the store."""
    pair = Pair(fastdiffsync)
    device = pair.Device(site="a", name="z", size=5)
    pair.dest.add(device)
    pair.dest.get("site", "a").add_child(device)
    if place == "store":
        pair.dest.remove = broken
    else:
        pair.Site.remove_child = broken
    with pytest.raises(ZeroDivisionError, match="broken hook"):
        pair.dest.sync_from(pair.source)
    assert pair.dest.get("site", "a").devices == ["a__x", "a__y", "a__z"]
    assert pair.dest.get("device", "a__z") is device
    assert device.adapter is pair.dest


class Unspeakable:
    """A value that has no text."""

    def __str__(self) -> str:
        return broken()


def test_update_that_is_refused_half_way(fastdiffsync: Any) -> None:
    """A record keeps all of its values and its status if one of those that it is given is refused."""
    refused: list[str] = []

    class Device(fastdiffsync.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("size", "role", "ports")
        name: str
        size: int = 0
        role: str = ""
        ports: Any = None

        def __setattr__(self, name: str, value: Any) -> None:
            if value in refused:
                broken()
            super().__setattr__(name, value)

    adapter = fastdiffsync.Adapter()
    device, other = Device(name="x", size=1, role="old"), Device(name="x", size=2, role="wrong", ports=3)
    adapter.add(device)
    before = device.dict(), device.get_status()
    attrs = other.get_attrs()
    refused.append("wrong")
    for update in (
        lambda: device.update(attrs),
        lambda: adapter.update_or_instantiate(Device, {"name": "x"}, attrs),
        lambda: adapter.update_or_add_model_instance(other),
    ):
        with pytest.raises(ZeroDivisionError, match="broken hook"):
            update()
        assert (device.dict(), device.get_status()) == before


def test_identifier_that_makes_no_key(fastdiffsync: Any) -> None:
    """A record keeps its identifier and its unique id if no unique id can be made of the new identifier."""

    class Device(fastdiffsync.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("site", "name")
        site: Any
        name: Any

    device = Device(site="a", name="x")
    with pytest.raises(ZeroDivisionError, match="broken hook"):
        device.name = Unspeakable()
    assert (device.name, device.get_unique_id()) == ("x", "a__x")


# ---- data that moves ----


def remove_records(pair: Pair) -> None:
    for adapter in (pair.source, pair.dest):
        for modelname in ("site", "device"):
            for record in adapter.get_all(modelname):
                adapter.remove(record)


def add_records(pair: Pair) -> None:
    for adapter in (pair.source, pair.dest):
        for number in range(100):
            adapter.get_or_instantiate(pair.Site, {"name": f"new {number}"})
            adapter.get_or_instantiate(pair.Device, {"site": "new", "name": str(number)})


def empty_child_lists(pair: Pair) -> None:
    for adapter in (pair.source, pair.dest):
        for site in adapter.get_all("site"):
            site.devices.clear()


def replace_child_lists(pair: Pair) -> None:
    for adapter in (pair.source, pair.dest):
        for site in adapter.get_all("site"):
            site.devices = ["a__x"] * 50


def drop_the_store(pair: Pair) -> None:
    for adapter in (pair.source, pair.dest):
        adapter.store._data.clear()
        adapter.store._data = type(adapter.store._data)()


CHANGES = [remove_records, add_records, empty_child_lists, replace_child_lists, drop_the_store]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("moment", range(4))
def test_change_from_a_callback(pair: Pair, change: Callable[[Pair], None], moment: int) -> None:
    """A callback that changes the data during the diff gets a diff of what was there, or an error."""
    countdown = iter(range(moment))
    happened = []

    def callback(_stage: str, _current: int, _total: int) -> None:
        if not happened and next(countdown, None) is None:
            happened.append(True)
            change(pair)

    read_whole(pair, callback=callback)
    assert happened


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "hook", ["get_unique_id", "get_attrs", "get_identifiers", "get_shortname", "get_children_mapping"]
)
def test_change_from_a_hook(fastdiffsync: Any, change: Callable[[Pair], None], hook: str) -> None:
    """A hook that changes the data during the diff does no more harm."""
    pair = Pair(fastdiffsync)
    original = getattr(fastdiffsync.DiffSyncModel, hook)
    happened: list[bool] = []

    def overridden(self: Any) -> Any:
        if not happened:
            happened.append(True)
            change(pair)
        return original.__get__(self)() if hook != "get_children_mapping" else dict(self._children)

    setattr(pair.Device, hook, overridden)
    read_whole(pair)
    assert happened


@pytest.mark.parametrize("change", CHANGES)
def test_change_from_a_comparison(pair: Pair, change: Callable[[Pair], None]) -> None:
    """An attribute whose comparison changes the data does no more harm."""

    class Meddler:
        def __ne__(self, other: object) -> bool:
            change(pair)
            return True

        __eq__ = object.__eq__
        __hash__ = None  # type: ignore[assignment]

    for adapter in (pair.source, pair.dest):
        adapter.get("device", "a__x").size = Meddler()
    read_whole(pair)


def read_whole(pair: Pair, **options: Any) -> None:
    """Make a diff, which may fail, and read it all; then sync, which may fail."""
    exceptions = pair.library.exceptions
    expected = (RuntimeError, TypeError, exceptions.ObjectStoreException, exceptions.ObjectCrudException)
    with contextlib.suppress(*expected):
        diff = pair.dest.diff_from(pair.source, **options)
        assert len(diff) == sum(1 + len(element.child_diff) for element in diff.get_children())
        assert isinstance(diff.str() + str(diff.dict()) + str(diff.summary()), str)
        pair.dest.sync_from(pair.source, diff=diff)
    assert pair.dest.str().startswith("site")
