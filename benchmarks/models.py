"""Models and adapters for the benchmarks' data, built alike on whichever library is measured."""

# ruff: noqa: RUF012 - both libraries copy a default for each record

from __future__ import annotations

import importlib
import logging
import random
from types import ModuleType  # noqa: TC003 - kept at run time: pydantic reads the annotations around its models
from typing import TYPE_CHECKING, Any

import structlog

from . import data

if TYPE_CHECKING:
    from collections.abc import Iterable


def load_library(name: str) -> ModuleType:
    """Import the library and set structlog up as in production, where debug and info events are filtered out.

    Args:
        name: "diffsync" or "fastdiffsync".
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    return importlib.import_module(name)


def scalar_models(library: ModuleType) -> list[type]:
    """Return Site, Device and Interface, with 2, 6 and 7 attributes that are strings, integers and booleans."""

    class Site(library.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        _attributes = ("region", "active")
        _children = {"device": "devices"}

        name: str
        region: str
        active: bool
        devices: list[str] = []

    class Device(library.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("site", "role", "serial", "version", "rack_unit", "managed")
        _children = {"interface": "interfaces"}

        name: str
        site: str
        role: str
        serial: str
        version: str
        rack_unit: int
        managed: bool
        interfaces: list[str] = []

    class Interface(library.DiffSyncModel):
        _modelname = "interface"
        _identifiers = ("device", "name")
        _attributes = ("description", "mac", "mode", "mtu", "speed", "vlan", "enabled")

        device: str
        name: str
        description: str
        mac: str
        mode: str
        mtu: int
        speed: int
        vlan: int
        enabled: bool

    return [Site, Device, Interface]


def container_models(library: ModuleType) -> list[type]:
    """Return Site, Device and Interface with as many attributes, each of them a list or a dict."""

    class Site(library.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        _attributes = ("regions", "contacts")
        _children = {"device": "devices"}

        name: str
        regions: list[str]
        contacts: dict[str, str]
        devices: list[str] = []

    class Device(library.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("site", "roles", "serials", "versions", "position", "flags")
        _children = {"interface": "interfaces"}

        name: str
        site: list[str]
        roles: list[str]
        serials: list[str]
        versions: dict[str, str]
        position: dict[str, int]
        flags: dict[str, bool]
        interfaces: list[str] = []

    class Interface(library.DiffSyncModel):
        _modelname = "interface"
        _identifiers = ("device", "name")
        _attributes = ("descriptions", "addresses", "vlans", "limits", "tags", "peers", "state")

        device: str
        name: str
        descriptions: list[str]
        addresses: list[str]
        vlans: list[int]
        limits: dict[str, int]
        tags: list[str]
        peers: list[str]
        state: dict[str, bool]

    return [Site, Device, Interface]


def with_parent_keys(models: list[type]) -> list[type]:
    """Say which keys of a row name its parent, for bulk loading, on models that `scalar_models` has made."""
    _, device, interface = models
    device._parent_keys = {"site": ("site",)}  # type: ignore[attr-defined]
    interface._parent_keys = {"device": ("device",)}  # type: ignore[attr-defined]
    return models


def overriding(model: type) -> type:
    """Return a subclass of the model that overrides two hooks, as a user's model might."""

    class Overriding(model):  # type: ignore[misc, valid-type]
        def get_attrs(self) -> dict[str, Any]:
            return {name: value for name, value in super().get_attrs().items() if value is not None}

        def get_unique_id(self) -> str:
            return super().get_unique_id().lower()  # type: ignore[no-any-return]

    return Overriding


def adapter_class(library: ModuleType, models: list[type]) -> type:
    """Return an adapter class for the three models."""
    site, device, interface = models
    namespace = {"site": site, "device": device, "interface": interface, "top_level": ["site"]}
    return type("Network", (library.Adapter,), namespace)


def load(adapter: Any, sites: Iterable[data.SiteRow]) -> None:
    """Fill the adapter as a user's `load()` does: construct, `add`, `add_child`, in the order of the rows."""
    make_site, make_device, make_interface = adapter.site, adapter.device, adapter.interface
    for site_values, devices in sites:
        site = make_site(**site_values)
        adapter.add(site)
        for device_values, interfaces in devices:
            device = make_device(**device_values)
            adapter.add(device)
            site.add_child(device)
            for interface_values in interfaces:
                interface = make_interface(**interface_values)
                adapter.add(interface)
                device.add_child(interface)


def load_shuffled(adapter: Any, sites: Iterable[data.SiteRow]) -> None:
    """Fill the adapter type by type, the records of each type in random order, siblings therefore too."""
    shuffle = random.Random(data.SEED).shuffle  # noqa: S311 - no secret hangs on it
    rows = list(sites)
    devices = [(site["name"], device) for site, children in rows for device, _ in children]
    interfaces = [values for _, children in rows for _, own in children for values in own]
    for records in (rows, devices, interfaces):
        shuffle(records)
    for site, _ in rows:
        adapter.add(adapter.site(**site))
    for site_name, values in devices:
        device = adapter.device(**values)
        adapter.add(device)
        adapter.get("site", site_name).add_child(device)
    for values in interfaces:
        interface = adapter.interface(**values)
        adapter.add(interface)
        adapter.get("device", interface.device).add_child(interface)


def load_unchecked(adapter: Any, sites: Iterable[data.SiteRow]) -> None:
    """Fill the adapter, but write the lists of children directly.

    diffsync's `add_child` searches the list, so that 110,000 children of one parent would take it minutes to load.
    """
    for site_values, devices in sites:
        site = adapter.site(**site_values)
        adapter.add(site)
        for device_values, _ in devices:
            device = adapter.device(**device_values)
            adapter.add(device)
            site.devices.append(device.get_unique_id())
