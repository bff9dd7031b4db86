"""Getting records from a store in every way, and removing them with all below."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from .network import both
from .observe import attempt

if TYPE_CHECKING:
    from collections.abc import Callable


def network(library: Any, store_members: dict[str, Any] | None = None, **changes: Any) -> Any:
    """Return an adapter of a library: two sites of three devices of two ports each.

    Args:
        library: diffsync or fastdiffsync.
        store_members: What the store's class has beyond `LocalStore`.
        **changes: For "site", "device" and "port", what their classes are to have otherwise.
    """

    class Site(library.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        _children = {"device": "devices"}  # noqa: RUF012
        name: str
        devices: list[str] = []  # noqa: RUF012

    class Device(library.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("site", "number")
        _attributes = ("role",)
        _children = {"port": "ports", "fan": "fans"}  # noqa: RUF012
        site: str
        number: int
        role: str = ""
        ports: list[str] = []  # noqa: RUF012
        fans: list[str] = []  # noqa: RUF012

    class Port(library.DiffSyncModel):
        _modelname = "port"
        _identifiers = ("name",)
        name: str

    made = {
        cls._modelname: type(cls)(cls.__name__, (cls,), {"__module__": __name__, **changes.get(cls._modelname, {})})
        for cls in (Site, Device, Port)
    }
    local = importlib.import_module(f"{library.__name__}.store.local").LocalStore
    adapter_class = type("Network", (library.Adapter,), {**made, "top_level": ["site"]})
    adapter = adapter_class(internal_storage_engine=type("Store", (local,), store_members or {}))
    for site in (made["site"](name="a"), made["site"](name="b")):
        adapter.add(site)
        for number in range(3):
            device = made["device"](site=site.name, number=number)
            adapter.add(device)
            site.add_child(device)
            for port in (made["port"](name=f"{site.name}{number}{place}") for place in range(2)):
                adapter.add(port)
                device.add_child(port)
    return adapter


def left(adapter: Any) -> Any:
    """Return the unique ids that an adapter has."""
    return {name: [each.get_unique_id() for each in adapter.get_all(name)] for name in ("site", "device", "port")}


WAYS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "adapter.get": lambda adapter, model, key: adapter.get(model, key),
    "adapter.get_or_none": lambda adapter, model, key: adapter.get_or_none(model, key),
    "store.get": lambda adapter, model, key: adapter.store.get(model=model, identifier=key),
    "get_by_uids": lambda adapter, model, key: adapter.get_by_uids([key, "a__1"], model),
    "get_all": lambda adapter, model, _: adapter.get_all(model),
    "count": lambda adapter, model, _: adapter.count(model),
}
KEYS = (
    *("a__1", "nowhere", ""),
    *({"site": "a", "number": 1}, {"number": "1", "site": "a"}, {"site": "a", "number": 9}),
    *({"site": "a", "number": 1, "more": 2}, {"site": "a"}, {}),
)


@pytest.mark.parametrize("way", WAYS)
def test_ways_of_getting(fastdiffsync: Any, way: str) -> None:
    """Records are found by type name, class or record, and by unique id or identifiers, or the same error is raised."""

    def program(library: Any) -> Any:
        results = []
        for key in KEYS:
            for kind in ("device", "class", "record", "unknown", "Device"):
                adapter = network(library)
                model = {"class": adapter.device, "record": adapter.get_all("device")[0]}.get(kind, kind)
                if way == "get_by_uids" and not isinstance(key, str):
                    continue
                found = attempt(lambda model=model, key=key, adapter=adapter: WAYS[way](adapter, model, key))
                results.append((str(key), kind, str(found), sorted(adapter.get_all_model_names()), len(adapter)))
        return results

    def without_addresses(results: Any) -> Any:
        return [(*each[:2], each[2].split("Invalid args: ")[0], *each[3:]) for each in results]

    both(fastdiffsync, lambda library: without_addresses(program(library)))


HOOKS: dict[str, dict[str, Any]] = {
    "_get_uid": {"_get_uid": staticmethod(lambda *_: "a__2")},
    "_get_object_class_and_model": {"_get_object_class_and_model": lambda self, _: (self.adapter.device, "device")},
    "get": {"get": lambda self, **_: self._data["device"]["b__0"]},
}


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("hook", HOOKS)
def test_hooks_of_stores(fastdiffsync: Any, hook: str, *, is_late: bool) -> None:
    """What a store's class, or one store, has of its own is called."""
    adapter = network(fastdiffsync, {} if is_late else HOOKS[hook])
    if is_late:
        function = HOOKS[hook][hook]
        setattr(adapter.store, hook, function.__func__ if hook == "_get_uid" else function.__get__(adapter.store))
    expected = {"_get_uid": "a__2", "get": "b__0"}.get(hook, "a__1")
    model = "nothing" if hook == "_get_object_class_and_model" else "device"
    assert adapter.get(model, "a__1").get_unique_id() == expected
    assert adapter.get_or_none(model, "a__1").get_unique_id() == expected


def test_hooks_of_adapters_and_classes(fastdiffsync: Any) -> None:
    """`get_or_none` asks an adapter's own `get`, and identifiers are joined by a class's own `create_unique_id`."""

    def program(library: Any) -> Any:
        own = classmethod(lambda _, number, site="a": f"{site}__{number}")
        adapter = network(library, device={"create_unique_id": own})
        found = [adapter.get("device", {"number": 2}).number, adapter.device.create_unique_id(number=1)]
        adapter.get = lambda *_: "mine"
        return [*found, adapter.get_or_none("device", "nowhere")]

    assert both(fastdiffsync, program) == [2, "a__1", "mine"]


def test_joining_identifiers(fastdiffsync: Any) -> None:
    """`create_unique_id` joins what it is given, whatever that is, and says what is missing."""

    def program(library: Any) -> Any:
        device = network(library).device
        values = ("x", "d\u00e9j\u00e0", "\U0001f600", 1, None, 1.5, ["l"])
        joined = [device.create_unique_id(site=left, number=right) for left in values for right in values]
        many = type(device)("Many", (library.DiffSyncModel,), {"_identifiers": (), "__module__": __name__})
        return joined, many.create_unique_id(), attempt(lambda: device.create_unique_id(site="a"))

    both(fastdiffsync, program)


CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "nothing": lambda *_: None,
    "a child is missing": lambda adapter, _: adapter.store.remove_item("port", "a11"),
    "children are no list": lambda adapter, _: setattr(adapter.get("device", "a__1"), "ports", ("a10",)),
    "a child is its parent's parent": lambda adapter, _: adapter.get("device", "a__1").ports.append("a"),
    "a child is listed twice": lambda _, site: site.devices.append("a__1"),
    "a type that is not there": lambda adapter, _: adapter.get("device", "a__1").fans.append("f"),
    "a child without an adapter": lambda adapter, _: setattr(adapter.get("device", "a__2"), "adapter", None),
    "another key": lambda adapter, _: adapter.store._data["port"].update(a11=adapter.get("port", "b00")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_removing_all_below(fastdiffsync: Any, change: Callable[[Any, Any], Any]) -> None:
    """All below a record goes, what is missing is logged, and the rest stays, as with diffsync."""

    def program(library: Any) -> Any:
        adapter = network(library)
        site = adapter.get("site", "a")
        records = [each for name in ("site", "device", "port") for each in adapter.get_all(name)]
        change(adapter, site)
        with structlog.testing.capture_logs() as logs:
            outcome = attempt(lambda: adapter.remove(site, remove_children=True))
        logged = [{name: str(value) for name, value in entry.items() if name != "store"} for entry in logs]
        return outcome, left(adapter), [each.adapter is adapter for each in records], logged

    both(fastdiffsync, program)


MODEL_HOOKS: dict[str, dict[str, Any]] = {
    "get_unique_id": {"device": {"get_unique_id": lambda self: f"{self.site}__{self.number}"}},
    "get_type": {"device": {"get_type": classmethod(lambda _: "device")}},
    "get_children_mapping": {"device": {"get_children_mapping": classmethod(lambda _: {})}},
    "nothing": {},
}


def noting_removals(calls: list[Any]) -> dict[str, Any]:
    """Return a store's own `remove_item`, which notes its arguments."""

    def remove_item(self: Any, modelname: str, uid: str) -> None:
        calls.append((modelname, uid))
        del self._data[modelname][uid]

    return {"remove_item": remove_item}


def noting_lookups(calls: list[Any]) -> dict[str, Any]:
    """Return a store's own `get`, which notes its arguments."""

    def get(self: Any, *, model: str, identifier: str) -> Any:
        calls.append((model, identifier))
        return self._data[model][identifier]

    return {"get": get}


STORE_HOOKS = {"nothing": lambda _: {}, "remove_item": noting_removals, "get": noting_lookups}


@pytest.mark.parametrize("store_hook", STORE_HOOKS)
@pytest.mark.parametrize("model_hook", MODEL_HOOKS)
def test_removing_with_hooks(fastdiffsync: Any, model_hook: str, store_hook: str) -> None:
    """Hooks of models and of the store are called for each record that is removed."""

    def program(library: Any) -> Any:
        calls: list[Any] = []
        adapter = network(library, STORE_HOOKS[store_hook](calls), **MODEL_HOOKS[model_hook])
        outcome = attempt(lambda: adapter.remove(adapter.get("site", "b"), remove_children=True))
        return outcome, left(adapter), calls

    both(fastdiffsync, program)


def test_loggers_of_stores(fastdiffsync: Any) -> None:
    """A store logs as structlog was configured when it was made, and takes another logger."""
    seen: list[Any] = []

    def note(_: Any, __: str, event: Any) -> Any:
        seen.append(event)
        raise structlog.DropEvent

    former = structlog.get_config()
    try:
        structlog.configure(processors=[note])
        adapter = network(fastdiffsync)
        structlog.configure(processors=[])
        adapter.store._log.error("told")
    finally:
        structlog.configure(**former)
    assert seen == [{"store": adapter.store, "event": "told"}]
    adapter.store._log = "mine"
    assert adapter.store._log == "mine"


def test_orders_of_types(fastdiffsync: Any) -> None:
    """Types are those of class attributes, of base classes and of what is assigned later, in diffsync's order."""

    def program(library: Any) -> Any:
        base = type(network(library))

        class Late:
            def __get__(self, _: Any, __: Any) -> Any:
                return base.port

        members = {"_modelname": "alpha", "__module__": __name__}
        alpha = type(base.port)("Alpha", (base.port,), members)
        derived = type("Derived", (base,), {"alpha": alpha, "late": Late(), "device": None})
        derived.zeta = base.site
        return derived._get_initial_value_order(), base.get_tree_traversal(), derived.get_tree_traversal(as_dict=True)

    both(fastdiffsync, program)
