"""Records and adapters as text, and adapters as dicts, with hooks of the user's at each step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import diffsync
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .network import both
from .scenario import examples
from .test_dumping import NESTED, watched
from .test_dumping import VALUES as ALL_VALUES

if TYPE_CHECKING:
    from collections.abc import Callable


# pydantic makes plain tuples of named ones, and writes no JSON of pure paths.
VALUES = {name: value for name, value in ALL_VALUES.items() if name not in {"named", "path"}}


def inventory(library: Any, **changes: Any) -> Any:
    """Return an adapter of a library: two sites, one of which has devices of many values, one of them with ports.

    Args:
        library: diffsync or fastdiffsync.
        **changes: For "site", "device", "port" and "adapter", what their classes are to have otherwise.
    """

    class Site(library.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        _attributes = ("rooms",)
        _children = {"device": "devices", "port": "ports"}  # noqa: RUF012
        name: str
        rooms: int = 0
        devices: list[Any] = []  # noqa: RUF012
        ports: list[str] = []  # noqa: RUF012

    class Device(library.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name", "slot")
        _attributes = ("value", "label")
        _children = {"port": "ports"}  # noqa: RUF012
        name: str
        slot: int
        label: str = ""
        value: Any = None
        ports: list[str] = []  # noqa: RUF012

    class Port(library.DiffSyncModel):
        _modelname = "port"
        _identifiers = ("name",)
        name: str

    made = {
        cls._modelname: type(cls)(cls.__name__, (cls,), {"__module__": __name__, **changes.get(cls._modelname, {})})
        for cls in (Site, Device, Port)
    }
    names = {**made, "top_level": ["site", "port"], **changes.get("adapter", {})}
    adapter = type("Inventory", (library.Adapter,), names)()
    sites = [made["site"](name="a"), made["site"](name="b", rooms=3, ports=["gone"])]
    for site in sites:
        adapter.add(site)
    ports = [made["port"](name=f"p{number}") for number in range(3)]
    for port in ports:
        adapter.add(port)
    for number, value in enumerate(VALUES.values()):
        device = made["device"](name="d", slot=number, value=value, label=f"'{number}'")
        adapter.add(device)
        sites[0].add_child(device)
        if number % 7 == 0:
            device.add_child(ports[number % 3])
    sites[1].add_child(ports[0])
    return adapter


def everything(adapter: Any) -> Any:
    """Return all texts of an adapter and its records, and it as dicts."""
    records = [record for name in ("site", "device", "port") for record in adapter.get_all(name)]
    texts = [
        (str(each), repr(each), each.str(), each.str(indent=3), each.str(include_children=False)) for each in records
    ]
    dicts = [
        repr(sorted(adapter.dict(**options, exclude={"adapter", "model_flags"}).items()))
        for options in (
            {},
            {"exclude_defaults": False},
            {"exclude_none": True},
            {"exclude_defaults": False, "mode": "json"},
        )
    ]
    return texts, adapter.str(), adapter.str(indent=2), dicts


def shouting(self: Any, include_children: bool = True, indent: int = 0) -> str:
    """Describe a record in a user's way."""
    return f"{' ' * indent}{self.get_unique_id().upper()} {include_children}"


CHANGES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "str": {"device": {"str": shouting}},
    "str of the top": {"site": {"str": shouting}},
    "get_attrs": {"device": {"get_attrs": lambda self: {"slots": self.slot}}},
    "get_unique_id": {"device": {"get_unique_id": lambda self: f"{self.slot}:{self.name}"}},
    "get_shortname": {"device": {"get_shortname": lambda self: self.name}},
    "get_identifiers": {"port": {"get_identifiers": lambda self: {"name": self.name * 2}}},
    "dict": {"device": {"dict": lambda self, **_: {"name": self.name, "slot": self.slot}}},
    "type": {"port": {"get_type": classmethod(lambda _: "port")}},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_hooks(fastdiffsync: Any, changes: dict[str, Any]) -> None:
    """Texts and dicts are diffsync's, with a hook of the user's or without."""
    both(fastdiffsync, lambda library: everything(inventory(library, **changes)))


def test_order_of_reading(fastdiffsync: Any) -> None:
    """An adapter's own `get` is called for each child, in diffsync's order."""

    def program(library: Any) -> Any:
        asked = []

        def get(self: Any, obj: Any, identifier: Any) -> Any:
            asked.append((obj, identifier))
            return library.Adapter.get(self, obj, identifier)

        return inventory(library, adapter={"get": get}).str(), asked

    both(fastdiffsync, program)


def test_methods_replaced_later(fastdiffsync: Any) -> None:
    """A method that is put on one adapter, one store or one record is called."""
    adapter = inventory(fastdiffsync)
    device = adapter.get("device", "d__0")
    before = adapter.str()
    device.str = lambda **_: "mine"
    assert adapter.str() != before
    assert "\nmine\n" in adapter.str()
    device.get_attrs = lambda: {"own": 1}
    assert device.get_unique_id() + ": {'own': 1}" in type(device).str(device)
    device.dict = lambda **_: {"own": 2}
    assert adapter.dict()["device"]["d__0"] == {"own": 2}
    adapter.store.get = lambda **_: device
    assert adapter.str().count("mine") > len(VALUES)
    adapter.get = lambda *_: adapter.get_all("port")[0]
    assert "mine" not in adapter.str()


def test_without_an_adapter(fastdiffsync: Any) -> None:
    """A record that has children and no adapter, or one that has no records, shows their ids."""

    def program(library: Any) -> Any:
        site = inventory(library).site(name="a", devices=["x", 3], ports=["p"])
        alone = site.str()
        site.adapter = type("Empty", (library.Adapter,), {})()
        return alone, site.str(), type(site)(name="b").str()

    both(fastdiffsync, program)


def test_asking_for_a_type_makes_it_known(fastdiffsync: Any) -> None:
    """Types whose records were looked for are among the names, as with diffsync."""

    def program(library: Any) -> Any:
        adapter = inventory(library)
        adapter.store._data.pop("port")
        adapter.str()
        return adapter.get_all_model_names()

    both(fastdiffsync, program)


def test_a_cycle(fastdiffsync: Any) -> None:
    """A record that is its own descendant is an error that names the record and its parent."""
    adapter = inventory(fastdiffsync)
    adapter.device._children = {"site": "ports"}
    adapter.get("device", "d__1").ports = ["a"]
    with pytest.raises(fastdiffsync.ChildrenCycle, match=r'site "a" is .* descendants: .* children of device "d__1"'):
        adapter.str()


@examples(60)
@given(value=NESTED, label=st.text(st.characters(exclude_categories=())))
def test_any_value(fastdiffsync: Any, value: Any, label: str) -> None:
    """Whatever an attribute holds is shown as `repr` shows it, and a unique id as it is."""

    class Thing(fastdiffsync.DiffSyncModel):
        _modelname = "thing"
        _identifiers = ("name",)
        _attributes = ("value", "label")
        name: Any
        value: Any
        label: Any

    thing = Thing(name=label, value=value, label=label)
    assert thing.str() == f"thing: {label}: {thing.get_attrs()!r}"
    assert watched(Thing)(name=label, value=value, label=label).str() == thing.str()


@pytest.mark.parametrize("failing", ["get_attrs", "get_unique_id", "str"])
def test_hooks_that_raise(fastdiffsync: Any, failing: str) -> None:
    """An error of a hook comes through as it is, and the next call works."""
    adapter = inventory(fastdiffsync)
    before = everything(adapter)

    def fail(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    own: Callable[..., Any] = getattr(adapter.device, failing)
    setattr(adapter.device, failing, fail)
    with pytest.raises(ZeroDivisionError):
        adapter.str()
    setattr(adapter.device, failing, own)
    assert everything(adapter) == before


def test_many_top_level_records_of_long_texts(fastdiffsync: Any) -> None:
    """A text of megabytes is put together as a short one is."""

    def program(library: Any) -> str:
        adapter = inventory(library)
        for number in range(40):
            adapter.add(adapter.device(name="x" * 10_000, slot=number, label="\u00e9" * 3000))
            adapter.get("site", "b").devices.append(f"{'x' * 10_000}__{number}")
        return adapter.str(indent=100)

    text = program(fastdiffsync)
    assert text == program(diffsync)
    assert sys.getsizeof(text) > 500_000
