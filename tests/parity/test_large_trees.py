"""Trees of some hundred records: where fastdiffsync takes many records at once, special ones among them."""

from __future__ import annotations

import random
from functools import cache
from types import MethodType
from typing import Any

import diffsync
import pytest

NAN = float("nan")


def network(library: Any) -> type:
    """Return an adapter class with sites, devices and interfaces, made on one of the libraries."""

    class Site(library.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        _children = {"device": "devices"}  # noqa: RUF012
        name: str
        devices: list[str] = []  # noqa: RUF012

    class Device(library.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("role", "load")
        _children = {"interface": "interfaces", "module": "modules"}  # noqa: RUF012
        name: str
        role: str = ""
        load: Any = None
        interfaces: list[str] = []  # noqa: RUF012
        modules: list[str] = []  # noqa: RUF012

    class Interface(library.DiffSyncModel):
        _modelname = "interface"
        _identifiers = ("device", "name")
        _attributes = ("mtu",)
        device: str
        name: str
        mtu: Any = 1500

    class Module(Interface):
        _modelname = "module"

    class Special(Interface):
        def get_attrs(self) -> dict[str, Any]:
            return {"mtu": "special"}

    class Network(library.Adapter):
        site = Site
        device = Device
        interface = Interface
        module = Module
        top_level = ["site"]  # noqa: RUF012

    Network.special = Special
    return Network


def make_special(library: Any, record: Any, draw: random.Random, side: int) -> None:
    """Give a record flags, a value that is not equal to itself, or a method of its own."""
    kind = draw.randrange(3)
    if kind == 0:
        record.model_flags = draw.choice(list(library.enum.DiffSyncModelFlags))
    elif kind == 1 and hasattr(record, "mtu"):
        record.mtu = draw.choice([NAN, [1500, NAN]])
    else:
        assign = object.__setattr__ if library is diffsync else setattr
        assign(record, "get_attrs", MethodType(lambda _self: {"mtu": side}, record))


def fill(library: Any, adapter: Any, side: int, seed: int, specials: float) -> None:
    """Load some hundred records, of which a few differ between the sides, and a share is special in some way."""
    common, own = random.Random(seed), random.Random(f"{seed} {side}")  # noqa: S311

    def add(record: Any, parent: Any = None) -> Any:
        fate = common.randrange(100)
        adapter.add(record)
        if parent is not None and fate != side:
            parent.add_child(record)
        if common.random() < specials:
            make_special(library, record, common, side)
        return record

    for site_number in range(common.randrange(3, 60)):
        site = add(adapter.site(name=f"s{site_number}"))
        for device_number in range(common.randrange(6)):
            name = f"{site.name}d{device_number}"
            load = common.choice([1, NAN, [1, own.randrange(20) // 19], own.choice([None, 1])])
            device = add(adapter.device(name=name, role=str(own.randrange(20) // 19), load=load), site)
            for number in range(common.randrange(6)):
                make = adapter.special if common.random() < specials / 10 else adapter.interface
                add(make(device=name, name=str(number), mtu=1500 + own.randrange(30) // 29), device)
            for number in range(common.randrange(-3, 3)):
                add(adapter.module(device=name, name=str(number)), device)
            if own.random() < 0.1:
                own.shuffle(device.interfaces)


def see_diff(library: Any, seed: int, specials: float) -> tuple[Any, ...]:
    """Return what a diff says of two datasets, and assert that it says the same when it is watched."""
    source, dest = (network(library)(name) for name in ("source", "dest"))
    for side, adapter in enumerate((source, dest)):
        fill(library, adapter, side, seed, specials)
    calls: list[int] = []
    diff = dest.diff_from(source, callback=lambda _stage, current, _total: calls.append(current))
    assert calls == sorted(calls)
    assert dest.diff_from(source).dict() == diff.dict(), "being watched changes nothing"
    return diff.str(), diff.dict(), diff.summary(), len(diff), calls[-1]


@cache
def seen_on_diffsync(seed: int, specials: float) -> tuple[Any, ...]:
    """Return what diffsync says, which is the same whichever kernel it is compared with."""
    return see_diff(diffsync, seed, specials)


@pytest.mark.parametrize("specials", [0, 0.003, 0.1])
@pytest.mark.parametrize("seed", range(5))
def test_special_records_among_many(fastdiffsync: Any, seed: int, specials: float) -> None:
    """A diff is as diffsync's where there are flags, NaNs, methods on records and other classes among many records."""
    assert see_diff(fastdiffsync, seed, specials) == seen_on_diffsync(seed, specials)
