"""The types that a type checker sees in a program on this library; checked by mypy, never run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from typing_extensions import Self, assert_type

from fastdiffsync import (
    Adapter,
    BaseStore,
    Diff,
    DiffElement,
    DiffSyncFlags,
    DiffSyncModel,
    DiffSyncModelFlags,
    DiffSyncStatus,
    LocalStore,
    ObjectAlreadyExists,
    RecordsRejected,
    is_compiled,
)


class Device(DiffSyncModel):
    """A model with overridden methods, as a user writes it."""

    _modelname = "device"
    _identifiers = ("name",)
    _attributes = ("role",)

    _parent_keys = {"site": ("site_name",)}  # noqa: RUF012

    name: str
    role: str | None = None
    ports: list[str] = []  # noqa: RUF012

    @classmethod
    def create(cls, adapter: Adapter, ids: dict[str, Any], attrs: dict[str, Any]) -> Self | None:
        """Create in the back end."""
        return super().create(adapter, ids=ids, attrs=attrs)

    def update(self, attrs: dict[str, Any]) -> Self | None:
        """Update in the back end."""
        self.set_status(DiffSyncStatus.SUCCESS, "updated")
        return super().update(attrs)

    def delete(self) -> Self | None:
        """Delete in the back end."""
        return super().delete()


T = TypeVar("T")


class Setting(DiffSyncModel, Generic[T]):
    """A generic model."""

    name: str
    value: T


class Network(Adapter):
    """An adapter, as a user writes it."""

    device = Device
    top_level = ["device"]  # noqa: RUF012

    def load(self) -> None:
        """Add the records."""
        self.add(Device(name="router", role="edge"))


device = Device(name="router")
adapter = Network(name="here", internal_storage_engine=LocalStore)
other = Network()

assert_type(is_compiled(), bool)
assert_type(device.name, str)
assert_type(device.role, str | None)
assert_type(device.ports, list[str])
assert_type(device.adapter, Adapter | None)
assert_type(device.model_flags, DiffSyncModelFlags)
assert_type(device.get_status(), tuple[DiffSyncStatus, str])
assert_type(device.get_type(), str)
assert_type(device.get_unique_id(), str)
assert_type(device.get_shortname(), str)
assert_type(device.get_identifiers(), dict[str, Any])
assert_type(device.get_attrs(), dict[str, Any])
assert_type(device.str(), str)
assert_type(device.dict(), dict[str, Any])
assert_type(device.json(), str)
assert_type(device.update({}), Device | None)
assert_type(device.delete(), Device | None)
assert_type(Device.create(adapter, {"name": "router"}, {}), Device | None)
assert_type(Device.create_unique_id(name="router"), str)
assert_type(device.add_child(device), None)
assert_type(Setting[int](name="mtu", value=1500).value, int)

assert_type(adapter.load_records({"device": [{"name": "router"}], "port": iter(({"name": "1"},))}), int)
assert_type(adapter.load_records({"device": []}, errors="all"), int)
assert_type(adapter.check().ok, bool)
assert_type([(key.type, key.unique_id) for key in adapter.check().orphans], list[tuple[str, str]])
assert_type(adapter.store, BaseStore)
assert_type(adapter.get("device", "router"), DiffSyncModel)
assert_type(adapter.get_or_none("device", {"name": "router"}), DiffSyncModel | None)
assert_type(adapter.get_all(Device), list[DiffSyncModel])
assert_type(adapter.get_by_uids(["router"], "device"), list[DiffSyncModel])
assert_type(adapter.get_all_model_names(), set[str])
assert_type(adapter.get_or_add_model_instance(device), tuple[DiffSyncModel, bool])
assert_type(adapter.count(Device), int)
assert_type(len(adapter), int)
assert_type(adapter.str(), str)

diff = adapter.diff_to(other, flags=DiffSyncFlags.SKIP_UNMATCHED_DST)
assert_type(diff, Diff)
assert_type(adapter.diff_from(other), Diff)
assert_type(adapter.sync_from(other, diff=diff), Diff)
assert_type(adapter.sync_to(other, flags=DiffSyncFlags.NONE, callback=lambda _stage, _current, _total: None), Diff)
assert_type(diff.summary(), dict[str, int])
assert_type(diff.has_diffs(), bool)
assert_type(diff.str(), str)
assert_type(len(diff), int)
assert_type(diff.dict(), dict[str, dict[str, dict[str, Any]]])
assert_type(diff.get_children(), Iterator[DiffElement])

for element in diff.get_children():
    assert_type(element.action, str | None)
    assert_type(element.type, str)
    assert_type(element.keys, dict[str, Any])
    assert_type(element.child_diff, Diff)
    assert_type(element.has_diffs(), bool)
    assert_type(element.summary(), dict[str, int])
    assert_type(element.get_attrs_keys(), Iterable[str])
    assert_type(element.get_attrs_diffs(), dict[str, dict[str, Any]])

try:
    adapter.add(device)
except ObjectAlreadyExists as error:
    assert_type(error.existing_object, DiffSyncModel | DiffElement)
except RecordsRejected as rejected:
    assert_type([(row.type, row.row, row.field) for row in rejected.errors], list[tuple[str, int, str | None]])
