"""What the contract of stores is tested with: models, an adapter class, and a small dataset."""

from __future__ import annotations

import itertools
from typing import Any, ClassVar


def make_adapter_class(library: Any) -> Any:
    """Return the adapter class that the contract is tested with: places, devices in them, ports of devices."""

    class Port(library.DiffSyncModel):  # type: ignore[misc]
        _modelname = "port"
        _identifiers = ("device", "name")
        _shortname = ("name",)
        _attributes = ("speed", "tags")
        _parent_keys: ClassVar[dict[str, tuple[str, ...]]] = {"device": ("device",)}
        device: str
        name: str
        speed: int | None = None
        tags: list[str] = []  # noqa: RUF012 - copied for each record

    class Device(library.DiffSyncModel):  # type: ignore[misc]
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("role", "weight")
        _children: ClassVar[dict[str, str]] = {"port": "ports"}
        name: str
        role: str = "leaf"
        weight: float = 0.0
        note: str = ""
        ports: list[str] = []  # noqa: RUF012 - copied for each record

    class Place(library.DiffSyncModel):  # type: ignore[misc]
        _modelname = "place"
        _identifiers = ("name",)
        _attributes = ("region",)
        _children: ClassVar[dict[str, str]] = {"device": "devices"}
        name: str
        region: str | None = None
        devices: list[str] = []  # noqa: RUF012 - copied for each record

    class Inventory(library.Adapter):  # type: ignore[misc]
        place = Place
        device = Device
        port = Port
        top_level: ClassVar[list[str]] = ["place"]

    return Inventory


def fill(adapter: Any, tree: dict[str, dict[str, dict[str, Any]]]) -> None:
    """Load `{place: {device: {port: speed}}}` into an adapter, top down, in the order of the dicts."""
    for place_name, devices in tree.items():
        place = adapter.place(name=place_name)
        adapter.add(place)
        for device_name, ports in devices.items():
            device = adapter.device(name=f"{place_name}-{device_name}")
            adapter.add(device)
            place.add_child(device)
            for port_name, speed in ports.items():
                port = adapter.port(device=device.name, name=port_name, speed=speed)
                adapter.add(port)
                device.add_child(port)


def contents(adapter: Any) -> dict[str, dict[str, Any]]:
    """Return everything that an adapter's store has: `{type: {unique id: fields}}`."""
    found: dict[str, dict[str, Any]] = {}
    for modelname in ("place", "device", "port"):
        records = adapter.get_all(modelname)
        found[modelname] = {record.get_unique_id(): record.dict() for record in records}
        assert len(found[modelname]) == len(records), f"a {modelname} is listed twice"
    return found


STRANGE_NAMES = (
    *("", "*", ":", "[a-z]", "?", "{x}", "%", "%2A", "a:b", "a__b", " ", "'", '"', "a\x00b"),
    *("ü", "名前", "\N{GRINNING FACE}"),
)
"""Unique ids that a store must keep apart."""

TREE: dict[str, dict[str, dict[str, Any]]] = {
    "north": {"r1": {"eth0": 1000, "eth1": None}, "r2": {}},
    "south": {"r1": {"eth0": 10}},
    "empty": {},
}


def changed_tree() -> dict[str, dict[str, dict[str, Any]]]:
    """Return `TREE` with records added, changed and removed, and in another order."""
    changed = {place: {device: dict(ports) for device, ports in devices.items()} for place, devices in TREE.items()}
    changed["north"]["r1"]["eth0"] = 40
    del changed["south"]
    changed["west"] = {f"r{number}": {"eth0": number} for number in range(20)}
    return dict(itertools.islice(changed.items(), 1, None)) | {"north": changed["north"]}
