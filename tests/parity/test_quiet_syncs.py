"""Syncs of which nobody is told: most changes need no method to be called, and those that are replaced still are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
import structlog

from .network import both

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = {"rome": {"r1": 1, "r2": 2, "r3": 3}, "oslo": {"o1": 1}}
DEST = {"rome": {"r1": 9, "r2": 2, "r4": 4}, "cairo": {"c1": 1, "c2": 2}}


@pytest.fixture(autouse=True)
def _warnings_only(_full_logging: None) -> None:
    """Log warnings and errors only, as in production."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


class Plain:
    """Classes of one library with nothing overridden."""

    def __init__(self, library: Any) -> None:
        self.library = library

        class Site(library.DiffSyncModel):
            _modelname = "site"
            _identifiers = ("name",)
            _children = {"device": "devices"}  # noqa: RUF012
            name: str
            devices: list[str] = []  # noqa: RUF012

        class Device(library.DiffSyncModel):
            _modelname = "device"
            _identifiers = ("name",)
            _attributes = ("mtu", "tags", "owner")
            name: str
            mtu: int = 0
            tags: list[str] = []  # noqa: RUF012
            owner: Any = None

        class Inventory(library.Adapter):
            site = Site
            device = Device
            top_level = ["site"]  # noqa: RUF012

        self.Site, self.Device, self.Inventory = Site, Device, Inventory

    def pair(self) -> tuple[Any, Any]:
        """Return a source and a destination."""
        return self.adapter(SOURCE), self.adapter(DEST)

    def adapter(self, network: dict[str, dict[str, int]]) -> Any:
        """Return an adapter with sites and devices."""
        adapter = self.Inventory()
        for site_name, devices in network.items():
            site = self.Site(name=site_name)
            adapter.add(site)
            for name, mtu in devices.items():
                device = self.Device(name=name, mtu=mtu, tags=[site_name])
                adapter.add(device)
                site.add_child(device)
        return adapter


def state(adapter: Any) -> Any:
    """Return all records of an adapter with their statuses, in the order of the store."""
    records = [record for modelname in ("site", "device") for record in adapter.get_all(modelname)]
    return [
        (record.dict(exclude={"adapter", "model_flags"}), record.get_status()[0].value, record.get_status()[1])
        for record in records
        if record.adapter is adapter
    ]


def noting(calls: list[str], name: str, method: Any) -> Callable[..., Any]:
    """Return a function that notes its call and calls the method."""

    def noted(*args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        return method(*args, **kwargs)

    return noted


def test_all_kinds_of_changes(fastdiffsync: Any) -> None:
    """Creates, updates and deletes at both levels leave what diffsync leaves, statuses and order included."""

    def program(library: Any) -> Any:
        source, dest = Plain(library).pair()
        removed = [dest.get("site", "cairo"), dest.get("device", "c1"), dest.get("device", "r4")]
        dest.sync_from(source)
        texts = [(str(record), record.get_status()[1], record.adapter) for record in removed]
        return state(dest), texts, removed[0].devices, dest.diff_from(source).has_diffs()

    assert both(fastdiffsync, program)[2:] == ([], False)


def test_values_that_are_no_scalars(fastdiffsync: Any) -> None:
    """A list that is created or updated is a copy of the source's."""

    def program(library: Any) -> Any:
        source, dest = Plain(library).pair()
        source.get("device", "r1").tags.append("new")
        source.get("device", "r2").owner = {"team": ["a"]}
        dest.sync_from(source)
        for name in ("r1", "r2", "o1"):
            assert dest.get("device", name).tags is not source.get("device", name).tags
        assert dest.get("device", "r2").owner is not source.get("device", "r2").owner
        return state(dest)

    both(fastdiffsync, program)


@pytest.mark.parametrize("method", ["create", "update", "delete", "add_child", "remove_child", "set_status"])
@pytest.mark.parametrize("is_on_base", [False, True], ids=["model", "base"])
def test_model_methods_that_are_replaced(fastdiffsync: Any, method: str, is_on_base: bool) -> None:
    """A method that is replaced on a model class, or on `DiffSyncModel` itself, after its first use is called."""

    def program(library: Any) -> Any:
        plain = Plain(library)
        for source, dest in (plain.pair(), plain.pair()):
            dest.sync_from(source)
        calls: list[str] = []
        own_class = plain.Site if method.endswith("child") else plain.Device
        owner = library.DiffSyncModel if is_on_base else own_class
        original = getattr(owner, method)
        function = original.__func__ if method == "create" else original
        replaced = noting(calls, method, function)
        source, dest = plain.pair()
        with patch.object(owner, method, classmethod(replaced) if method == "create" else replaced):
            dest.sync_from(source)
        # diffsync sets the status UNKNOWN once more often than is of use to anybody.
        return state(dest), bool(calls) if method == "set_status" else calls

    assert both(fastdiffsync, program)[1]


@pytest.mark.parametrize("method", ["add", "remove", "get"])
@pytest.mark.parametrize("where", ["instance", "class", "base"])
def test_adapter_methods_that_are_replaced(fastdiffsync: Any, method: str, where: str) -> None:
    """A method that is replaced on an adapter, its class or `Adapter` itself is called."""

    def program(library: Any) -> Any:
        plain = Plain(library)
        source, dest = plain.pair()
        calls: list[str] = []
        owner = {"instance": dest, "class": plain.Inventory, "base": library.Adapter}[where]
        with patch.object(owner, method, noting(calls, method, getattr(owner, method))):
            dest.sync_from(source)
        return state(dest), bool(calls) if method == "get" else calls

    assert both(fastdiffsync, program)[1]


@pytest.mark.parametrize("method", ["add", "remove", "remove_item"])
@pytest.mark.parametrize("where", ["instance", "base"])
def test_store_methods_that_are_replaced(fastdiffsync: Any, method: str, where: str) -> None:
    """A method that is replaced on a store or on `LocalStore` itself is called."""

    def program(library: Any) -> Any:
        source, dest = Plain(library).pair()
        calls: list[str] = []
        owner = dest.store if where == "instance" else library.store.local.LocalStore
        with patch.object(owner, method, noting(calls, method, getattr(owner, method))):
            dest.sync_from(source)
        return state(dest), calls

    assert both(fastdiffsync, program)[1]


def test_a_value_that_the_class_refuses(fastdiffsync: Any) -> None:
    """A source whose class has other types than the destination's ends the sync at the record, and says which."""

    def program(library: Any) -> Any:
        plain, other = Plain(library), Plain(library)

        class Device(library.DiffSyncModel):
            _modelname = "device"
            _identifiers = ("name",)
            _attributes = ("mtu", "tags", "owner")
            name: str
            mtu: Any = 0
            tags: list[str] = []  # noqa: RUF012
            owner: Any = None

        other.Inventory.device = other.Device = Device
        source, dest = other.adapter(SOURCE), plain.adapter(DEST)
        source.get("device", "r3").mtu = "many"
        with pytest.raises(ValueError, match="mtu"):
            dest.sync_from(source)
        return state(dest)

    both(fastdiffsync, program)


def test_progress_comes_at_intervals(fastdiffsync: Any) -> None:
    """A callback is told of a sync in between, never of less than before, and last of all."""
    source, dest = Plain(fastdiffsync).pair()
    calls: list[tuple[int, int]] = []
    dest.sync_from(source, callback=lambda stage, done, total: calls.append((done, total)) if stage == "sync" else None)
    assert calls == [(done, 10) for done in range(1, 11)]
