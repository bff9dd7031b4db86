"""Sites, devices and interfaces, and two systems that keep them: a controller and an inventory."""

# ruff: noqa: RUF012 - classes are written as users write them

from __future__ import annotations

import copy
import importlib
from typing import Any

WANTED = {
    "berlin": {"b1": {"role": "spine", "ports": {"eth0": 9000, "eth1": 1500}}, "b2": {"role": "leaf", "ports": {}}},
    "paris": {"p1": {"role": "leaf", "ports": {"eth0": 1500}}},
}
FOUND = {
    "berlin": {"b1": {"role": "leaf", "ports": {"eth0": 1500, "eth2": 1500}}},
    "rome": {"r1": {"role": "leaf", "ports": {"eth0": 1500}}},
}


class System:
    """Keeps sites, devices and ports, each change being one call; it can be told to refuse some.

    Attributes:
        sites: What it keeps.
        refused: Names that it refuses to touch.
        calls: The changes that were tried, in their order.
    """

    def __init__(self, sites: dict[str, Any], refused: set[str] | None = None) -> None:
        self.sites = copy.deepcopy(sites)
        self.refused = refused or set()
        self.calls: list[tuple[Any, ...]] = []

    def call(self, verb: str, *path: str, **values: Any) -> None:
        """Change one thing: `add`, `change` or `remove` at a path of site, device and port.

        What goes with its site or device is gone already when it is to be removed.
        """
        self.calls.append((verb, *path))
        if path[-1] in self.refused:
            message = f"{path[-1]} is locked"
            raise ConnectionError(message)
        place: Any = self.sites
        for name in path[:-1]:
            place = place.get(name, {})
            place = place.get("ports", place)
        if verb == "remove":
            place.pop(path[-1], None)
        elif len(path) == 1:
            place[path[-1]] = {}
        elif len(path) == 2:
            place[path[-1]] = {"ports": {}, **place.get(path[-1], {}), **values}
        else:
            place[path[-1]] = values["mtu"]


def classes(library: Any) -> dict[str, Any]:
    """Return the models, by type name, whose changes go to the adapter's system."""

    class Connected(library.DiffSyncModel):
        @classmethod
        def create(cls, adapter: Any, ids: dict[str, Any], attrs: dict[str, Any]) -> Any:
            adapter.system.call("add", *ids.values(), **attrs)
            return super().create(adapter=adapter, ids=ids, attrs=attrs)

        def update(self, attrs: dict[str, Any]) -> Any:
            self.adapter.system.call("change", *self.get_identifiers().values(), **attrs)
            return super().update(attrs)

        def delete(self) -> Any:
            self.adapter.system.call("remove", *self.get_identifiers().values())
            return super().delete()

    class Site(Connected):
        _modelname = "site"
        _identifiers = ("name",)
        _children = {"device": "devices"}
        name: str
        devices: list[str] = []

    class Device(Connected):
        _modelname = "device"
        _identifiers = ("site", "name")
        _shortname = ("name",)
        _attributes = ("role",)
        _children = {"interface": "interfaces"}
        site: str
        name: str
        role: str = "leaf"
        interfaces: list[str] = []

    class Interface(Connected):
        _modelname = "interface"
        _identifiers = ("site", "device", "name")
        _shortname = ("name",)
        _attributes = ("mtu",)
        site: str
        device: str
        name: str
        mtu: int = 1500

    return {"site": Site, "device": Device, "interface": Interface}


def adapter_class(library: Any, models: dict[str, Any] | None = None, **members: Any) -> Any:
    """Return an adapter class that loads all that a system has."""
    models = models or classes(library)

    def load(self: Any) -> None:
        for site_name, devices in self.system.sites.items():
            site = self.site(name=site_name)
            self.add(site)
            for device_name, values in devices.items():
                device = self.device(site=site_name, name=device_name, role=values["role"])
                self.add(device)
                site.add_child(device)
                for name, mtu in values["ports"].items():
                    interface = self.interface(site=site_name, device=device_name, name=name, mtu=mtu)
                    self.add(interface)
                    device.add_child(interface)

    return type("Network", (library.Adapter,), {**models, "load": load, "top_level": ["site"], **members})


def make(network: Any, system: System, name: str) -> Any:
    """Return a loaded adapter of a system."""
    adapter = network(name)
    adapter.system = system
    adapter.load()
    return adapter


def part(library: Any, name: str) -> Any:
    """Return a submodule of a library."""
    return importlib.import_module(f"{library.__name__}.{name}")


def loaded(library: Any, **members: Any) -> tuple[Any, Any]:
    """Return the adapter of what is wanted, and that of what is found, both loaded."""
    network = adapter_class(library, **members)
    return make(network, System(WANTED), "wanted"), make(network, System(FOUND), "found")
