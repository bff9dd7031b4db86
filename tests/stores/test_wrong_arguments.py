"""Every store says the same of what is no record, names no type, or hangs together badly."""

from __future__ import annotations

import pickle
import sys
from typing import TYPE_CHECKING, Any

import pytest

from .contract import TREE, contents, fill, make_adapter_class

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def adapter(fastdiffsync: Any, store_kind: str, opener: Callable[[str], Callable[..., Any]]) -> Any:
    """Give a loaded adapter on a store of one kind."""
    adapter = make_adapter_class(fastdiffsync)(internal_storage_engine=opener(store_kind)())
    fill(adapter, TREE)
    return adapter


def test_what_is_no_record(adapter: Any) -> None:
    """What is no record is refused, in the store's methods as in the adapter's; the store has what it had."""
    before = contents(adapter)
    store = adapter.store
    for value in (None, 5, "r1", adapter.device, [adapter.device(name="new")]):
        for method in (adapter.add, adapter.update, adapter.remove, adapter.get_or_add_model_instance):
            with pytest.raises(TypeError, match="takes a record, an instance of a DiffSyncModel subclass, not "):
                method(value)
        for method in (store.add, store.update, store.remove, store.update_or_add_model_instance):
            with pytest.raises(TypeError, match="takes a record, an instance of a DiffSyncModel subclass, not "):
                method(obj=value)
    assert contents(adapter) == before


@pytest.mark.parametrize("value", [5, object, b"device"], ids=str)
def test_what_names_no_type(adapter: Any, value: Any) -> None:
    """What is neither a type name nor a model class or record is refused by all that read."""
    store = adapter.store
    for call in (
        lambda: store.get(model=value, identifier="r1"),
        lambda: store.get_all(model=value),
        lambda: store.get_by_uids(model=value, uids=["r1"]),
        lambda: store.find_by_uids(model=value, uids=["r1"]),
        lambda: store.count(model=value),
    ):
        with pytest.raises(TypeError, match="model must be a type name, a model class or a record, not "):
            call()


def test_what_is_no_identifier(adapter: Any) -> None:
    """What is neither a unique id nor a dict of identifiers is refused; a dict that lacks one is diffsync's error."""
    with pytest.raises(TypeError, match=r"identifier must be a unique id \(str\) or a dict of identifiers, not int 5"):
        adapter.get("device", 5)
    with pytest.raises(KeyError, match="identified by"):
        adapter.get("device", {"nome": "r1"})
    with pytest.raises(ValueError, match="Invalid args"):
        adapter.store.get(model="nothing", identifier={"name": "r1"})


def test_records_that_hang_together_badly(adapter: Any) -> None:
    """A check finds in any store what it finds in a local one."""
    assert adapter.check().ok
    assert adapter.check().record_count == 9
    place = adapter.get("place", "empty")
    place.devices.extend(["south-r1", "lost", "lost"])
    adapter.update(place)
    adapter.add(adapter.device(name="alone"))
    check = adapter.check()
    assert check.orphans == [("device", "alone")]
    assert check.dangling == [(("place", "empty"), ("device", "lost"))]
    assert check.listed_twice == [(("place", "empty"), ("device", "lost"))]
    assert [shared.child for shared in check.shared] == [("device", "south-r1")]
    assert set(check.shared[0].parents) == {("place", "empty"), ("place", "south")}
    assert not check.unreachable_types
    assert not check.cycles


def test_what_exists_already_can_be_sent_away(fastdiffsync: Any, adapter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is read like any other, and takes its record to another process, but not the adapter and its store."""
    # Classes that are made in a function cannot be pickled by their names.
    monkeypatch.setattr(sys.modules[__name__], "Device", adapter.device, raising=False)
    adapter.device.__module__, adapter.device.__qualname__ = __name__, "Device"
    with pytest.raises(fastdiffsync.ObjectAlreadyExists) as caught:
        adapter.get("place", "north").add_child(adapter.get("device", "north-r1"))
    error = caught.value
    assert str(error) == 'Already storing a device with unique_id north-r1 in devices of place "north"'
    assert error.args == (str(error), error.existing_object)
    assert error.existing_object.adapter is adapter
    twin = pickle.loads(pickle.dumps(error))
    assert type(twin) is fastdiffsync.ObjectAlreadyExists
    assert str(twin) == str(error)
    assert twin.args == (str(error), twin.existing_object)
    assert twin.existing_object.adapter is None
    assert twin.existing_object.dict() == error.existing_object.dict()
    assert error.existing_object.adapter is adapter


def test_attributes_that_are_no_fields(adapter: Any) -> None:
    """`update_or_instantiate` with an attribute that is no field sets nothing and adds nothing."""
    before = contents(adapter)
    for name in ("new", "north-r1"):
        with pytest.raises(AttributeError, match="colour"):
            adapter.update_or_instantiate(adapter.device, {"name": name}, {"role": "x", "colour": "red"})
    assert contents(adapter) == before


def test_dicts_are_loaded_as_a_whole(fastdiffsync: Any, adapter: Any) -> None:
    """If a record of a nested dict is refused, none is loaded, and a second attempt finds nothing in its way."""
    before = contents(adapter)
    places, devices = {"new": {"name": "new"}}, {"new-r1": {"name": "new-r1"}}
    taken = {"north-r1": {"name": "north-r1", "role": "other"}}
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match="Object north-r1 already present"):
        adapter.load_from_dict({"place": places, "device": {**devices, **taken}})
    assert contents(adapter) == before
    adapter.load_from_dict({"place": places, "device": devices})
    assert adapter.get("device", "new-r1").adapter is adapter
