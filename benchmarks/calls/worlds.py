"""What the calls' statements find: 5,505 records of 5 sites, with 100 devices of 10 interfaces each, and their diff."""

from __future__ import annotations

import copy
import importlib
import pickle
import sys
from typing import TYPE_CHECKING, Any

from benchmarks import data, models

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

World = dict[str, Any]

SITES, DEVICES, RECORDS = 5, 100, 5_505


def _rows(side: data.Side) -> list[data.SiteRow]:
    return list(data.some_sites(SITES, DEVICES, side))


def _classes(library: ModuleType) -> list[type]:
    """Return the models, made known to pickle."""
    classes = models.scalar_models(library)
    for model in classes:
        model.__qualname__ = model.__name__
        model.__module__ = __name__
        setattr(sys.modules[__name__], model.__name__, model)
    return classes


def with_records(library: ModuleType) -> World:
    """Return a world of records that are in no adapter.

    Names: `Site`, `Device`, `Interface`, `Network`, the interfaces' `rows`, `records` and `equals`, which have equal
    values; `families`, pairs of a device and one of its interfaces, of which the device knows nothing yet; an `empty`
    adapter; the package as `diffsync`, `copy` and `pickle`.
    """
    classes = _classes(library)
    site, device, interface = classes
    network = models.adapter_class(library, classes)
    rows = _rows("source")
    of_interfaces = [values for _, devices in rows for _, interfaces in devices for values in interfaces]
    families = []
    for _, devices in rows:
        for values, interfaces in devices:
            parent = device(**values)
            families += [(parent, interface(**each)) for each in interfaces]
    return {
        "diffsync": library,
        "copy": copy,
        "pickle": pickle,
        "Site": site,
        "Device": device,
        "Interface": interface,
        "Network": network,
        "rows": of_interfaces,
        "records": [interface(**values) for values in of_interfaces],
        "equals": [interface(**values) for values in of_interfaces],
        "families": families,
        "empty": network("empty"),
    }


def with_adapter(library: ModuleType) -> World:
    """Return the world of `with_records` and an `adapter` that has others of the same values.

    Names: `sites`, `devices`, `interfaces`, its records; `store`, its own; `LocalStore`; `OwnStore`, a store as
    users write them, and `own`, one that has the interfaces.
    """
    world = with_records(library)
    adapter = world["Network"]("source")
    models.load(adapter, _rows("source"))
    own_store = _own_store(library)
    own = world["Network"]("own", internal_storage_engine=own_store)
    for values in world["rows"]:
        own.add(world["Interface"](**values))
    return {
        **world,
        "adapter": adapter,
        "sites": adapter.get_all("site"),
        "devices": adapter.get_all("device"),
        "interfaces": adapter.get_all("interface"),
        "store": adapter.store,
        "LocalStore": importlib.import_module(f"{library.__name__}.store.local").LocalStore,
        "OwnStore": own_store,
        "own": own.store,
    }


def _own_store(library: ModuleType) -> type:
    """Return a store class that leaves all to the base class that it can."""
    base = importlib.import_module(f"{library.__name__}.store").BaseStore
    not_found = library.exceptions.ObjectNotFound

    class OwnStore(base):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._data: dict[str, dict[str, Any]] = {}

        def get(self, *, model: Any, identifier: Any) -> Any:
            object_class, modelname = self._get_object_class_and_model(model)
            uid = self._get_uid(model, object_class, identifier)
            try:
                return self._data[modelname][uid]
            except KeyError:
                raise not_found(uid) from None

        def add(self, *, obj: Any) -> None:
            self._data.setdefault(obj.get_type(), {})[obj.get_unique_id()] = obj

        def remove_item(self, modelname: str, uid: str) -> None:
            del self._data[modelname][uid]

    return OwnStore


def with_diff(library: ModuleType) -> World:
    """Return the world of `with_adapter` and a diff to another adapter, of which 1 % is changed and 1 % one-sided.

    Names: `target`, the other adapter; `diff`, of which nobody has asked anything yet; `Backwards`, a Diff class that
    orders interfaces; `walk`, which yields all elements of a diff; `Diff`, `DiffElement`.
    """
    world = with_adapter(library)
    target = world["Network"]("target")
    models.load(target, _rows("target"))
    module = importlib.import_module(f"{library.__name__}.diff")

    class Backwards(module.Diff):  # type: ignore[misc, name-defined]
        @classmethod
        def order_children_interface(cls, children: dict[str, Any]) -> Iterator[Any]:
            for name in sorted(children, reverse=True):
                yield children[name]

    return {
        **world,
        "target": target,
        "diff": target.diff_from(world["adapter"]),
        "Backwards": Backwards,
        "Diff": module.Diff,
        "DiffElement": module.DiffElement,
        "walk": walk,
    }


def with_elements(library: ModuleType) -> World:
    """Return the world of `with_diff` and all `elements` of the diff."""
    world = with_diff(library)
    return {**world, "elements": list(walk(world["diff"]))}


def with_read_diff(library: ModuleType) -> World:
    """Return the world of `with_diff`, where all attributes of the diff's `elements` have been read."""
    world = with_elements(library)
    for element in world["elements"]:
        _ = element.source_attrs, element.dest_attrs
    return world


def with_diff_by_hand(library: ModuleType) -> World:
    """Return the world of `with_diff` with a `diff` that has the same elements, all put together by hand."""
    world = with_diff(library)
    diff = world["Diff"]()
    stack = [(diff, world["diff"])]
    while stack:
        made, shown = stack.pop()
        for each in shown.get_children():
            element = world["DiffElement"](each.type, each.name, each.keys, each.source_name, each.dest_name)
            element.add_attrs(source=each.source_attrs, dest=each.dest_attrs)
            made.add(element)
            stack.append((element.child_diff, each))
    return {**world, "diff": diff, "elements": list(walk(diff))}


def walk(parent: Any) -> Iterator[Any]:
    """Yield all elements of a diff."""
    for element in parent.get_children():
        yield element
        yield from walk(element)
