"""A small network of sites and devices, for examples that people read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import diffsync
import diffsync.exceptions
import structlog

from .journal import Text, render_error

if TYPE_CHECKING:
    from collections.abc import Callable

Network = dict[str, dict[str, int]]


def both(fastdiffsync: Any, program: Callable[[Any], Any]) -> Any:
    """Run a program with diffsync and with fastdiffsync, assert that it returns the same, and return that."""
    expected, found = program(diffsync), program(fastdiffsync)
    assert found == expected
    return found


class Lab:
    """Classes of one library, and what their methods have been called for.

    Attributes:
        calls: (operation, device) in the order of the calls.
        failures: `{(operation, device): what happens}`; the latter is given the record, and returns or raises.
    """

    def __init__(self, library: Any) -> None:
        """Declare `Site`, `Device` and `Inventory`."""
        self.library = library
        self.calls: list[tuple[str, str]] = []
        self.failures: dict[tuple[str, str], Callable[[Any], Any]] = {}
        lab = self

        class Named(library.DiffSyncModel):
            _identifiers = ("name",)
            name: str

            @classmethod
            def create(cls, adapter: Any, ids: Any, attrs: Any) -> Any:
                return lab.call("create", ids["name"], super().create(adapter, ids, attrs))

            def update(self, attrs: Any) -> Any:
                return lab.call("update", self.name, super().update(attrs))

            def delete(self) -> Any:
                return lab.call("delete", self.name, super().delete())

        class Site(Named):
            _modelname = "site"
            _children = {"device": "devices"}  # noqa: RUF012
            devices: list[str] = []  # noqa: RUF012

        class Device(Named):
            _modelname = "device"
            _attributes = ("mtu",)
            mtu: int = 0

        class Inventory(library.Adapter):
            site = Site
            device = Device
            top_level = ["site"]  # noqa: RUF012

            def sync_complete(self, source: Any, diff: Any, flags: Any = None, logger: Any = None) -> None:  # noqa: ARG002
                lab.calls.append(("sync_complete", source.name))

        self.Site, self.Device, self.Inventory = Site, Device, Inventory

    def call(self, operation: str, name: str, model: Any) -> Any:
        """Note a call of one of the models' methods, and let it fail if it is to."""
        self.calls.append((operation, name))
        failure = self.failures.get((operation, name))
        return model if failure is None else failure(model)

    def adapter(self, name: str, network: Network) -> Any:
        """Return an adapter with the sites and devices of `network`, `{site: {device: mtu}}`."""
        adapter = self.Inventory(name)
        for site_name, devices in network.items():
            site = self.Site(name=site_name)
            adapter.add(site)
            for device_name, mtu in devices.items():
                device = self.Device(name=device_name, mtu=mtu)
                adapter.add(device)
                site.add_child(device)
        return adapter

    def pair(self, source: Network, dest: Network) -> tuple[Any, Any]:
        """Return a source and a destination."""
        return self.adapter("source", source), self.adapter("dest", dest)

    def contents(self, adapter: Any) -> Network:
        """Return what an adapter has, as `adapter` takes it, by the sites' lists of devices."""
        return {
            site.name: {uid: getattr(adapter.get_or_none("device", uid), "mtu", None) for uid in site.devices}
            for site in adapter.get_all("site")
        }

    def sync(self, source: Any, dest: Any, *flags: str, **options: Any) -> tuple[str, ...] | None:
        """Sync with the named flags; return the error, if there was one."""
        value = self.library.DiffSyncFlags.NONE
        for flag in flags:
            value |= self.library.DiffSyncFlags[flag]
        try:
            dest.sync_from(source, flags=value, **options)
        except Exception as error:  # noqa: BLE001 - the examples compare it
            return render_error(error)
        return None


def logged(function: Callable[[], Any], *keys: str) -> list[tuple[Any, ...]]:
    """Return the named keys of what structlog is given during a call."""
    with structlog.testing.capture_logs() as entries:
        function()
    return [tuple(Text(entry[key]) if key == "event" else entry.get(key) for key in keys) for entry in entries]
