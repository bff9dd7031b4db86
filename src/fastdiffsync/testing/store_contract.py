"""The contract of stores: tests that every store passes, the library's own and anybody's.

Subclass `StoreContract` in a test module, with a fixture `open_store` that returns a function making a new, empty
store at each call, and say with the class attributes what the store promises:

    class TestMyStore(StoreContract):
        keeps_order = True

        @pytest.fixture
        def open_store(self, tmp_path):
            numbers = itertools.count()
            return lambda: MyStore(tmp_path / str(next(numbers)))
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from .inventory import STRANGE_NAMES, TREE, changed_tree, contents, fill, make_adapter_class

if TYPE_CHECKING:
    from collections.abc import Callable


class StoreContract:
    """Tests of a store; see the module's description.

    Attributes:
        keeps_order: Whether records are listed in the order in which they were added.
    """

    keeps_order: ClassVar[bool] = True

    @pytest.fixture
    def library(self) -> Any:
        """The package under test; override it to test more than one build of it."""
        return importlib.import_module("fastdiffsync")

    @pytest.fixture
    def open_store(self) -> Callable[[], Any]:
        """A function that returns a new, empty store at each call; to be overridden."""
        raise NotImplementedError

    @pytest.fixture
    def adapter(self, library: Any, open_store: Callable[[], Any]) -> Any:
        """An adapter on an empty store."""
        return make_adapter_class(library)("under test", internal_storage_engine=open_store())

    @pytest.fixture
    def local(self, library: Any) -> Any:
        """An adapter of the same kind in memory."""
        return make_adapter_class(library)("local")

    # ---- one record ----

    def test_added_record_comes_back(self, adapter: Any) -> None:
        """A record that was added is returned with its values, its class and its adapter, by id and by identifiers."""
        adapter.add(adapter.device(name="r1", role="spine", weight=1.5))
        for identifier in ("r1", {"name": "r1"}):
            record = adapter.get(adapter.device, identifier)
            assert (record.name, record.role, record.weight, record.note, record.ports) == ("r1", "spine", 1.5, "", [])
            assert isinstance(record, adapter.device)
            assert record.adapter is adapter
        assert adapter.get("device", "r1").role == "spine"

    def test_held_record_is_the_same_object(self, adapter: Any) -> None:
        """As long as a program holds a record, the store returns that object for it."""
        device = adapter.device(name="r1")
        adapter.add(device)
        assert adapter.get("device", "r1") is device
        assert adapter.get_all("device")[0] is device
        assert adapter.get_by_uids(["r1"], "device")[0] is device

    def test_absent_record(self, library: Any, adapter: Any) -> None:
        """Asking for, or removing, a record that is not there raises ObjectNotFound, which names it and the store."""
        ghost = adapter.device(name="ghost")
        asks: list[Callable[[], Any]] = [
            lambda: adapter.get("device", "ghost"),
            lambda: adapter.get_by_uids(["ghost"], "device"),
            lambda: adapter.remove(ghost),
            lambda: adapter.store.remove_item("device", "ghost"),
        ]
        for ask in asks:
            with pytest.raises(library.ObjectNotFound, match="device ghost not present in"):
                ask()
        assert adapter.get_or_none("device", "ghost") is None

    def test_identifiers_need_a_class(self, adapter: Any) -> None:
        """A dict of identifiers for a type of which no class is known raises ValueError."""
        with pytest.raises(ValueError, match="Invalid args"):
            adapter.get("unknown", {"name": "r1"})

    def test_second_record_with_the_id(self, library: Any, adapter: Any) -> None:
        """A record with other values under an id that is taken raises ObjectAlreadyExists; the first one stays."""
        adapter.add(adapter.device(name="r1", role="spine"))
        intruder = adapter.device(name="r1", role="leaf")
        with pytest.raises(library.ObjectAlreadyExists, match="Object r1 already present") as raised:
            adapter.add(intruder)
        assert raised.value.existing_object is intruder
        assert adapter.get("device", "r1").role == "spine"
        assert adapter.count("device") == 1

    def test_same_object_twice(self, adapter: Any) -> None:
        """Adding one object twice does no harm."""
        device = adapter.device(name="r1")
        adapter.add(device)
        adapter.add(device)
        assert adapter.count() == 1

    def test_update_replaces(self, adapter: Any) -> None:
        """`update` stores what was assigned by hand, replaces a record by another object, and adds one that is new."""
        adapter.add(adapter.device(name="r1"))
        device = adapter.get("device", "r1")
        device.role = "spine"
        adapter.update(device)
        assert adapter.get("device", "r1").role == "spine"
        adapter.update(adapter.device(name="r1", role="border"))
        assert adapter.get("device", "r1").role == "border"
        adapter.update(adapter.device(name="r2"))
        assert adapter.count("device") == 2

    def test_removed_record_is_gone(self, library: Any, adapter: Any) -> None:
        """A removed record is not found, counted or listed any more, and can be added anew."""
        device = adapter.device(name="r1")
        adapter.add(device)
        adapter.remove(device)
        assert device.adapter is None
        assert adapter.count("device") == 0
        assert adapter.get_all("device") == []
        with pytest.raises(library.ObjectNotFound):
            adapter.get("device", "r1")
        adapter.add(adapter.device(name="r1", role="new"))
        assert adapter.get("device", "r1").role == "new"

    def test_status_is_kept(self, library: Any, adapter: Any) -> None:
        """The status and its message come back with the record."""
        device = adapter.device(name="r1")
        device.set_status(library.DiffSyncStatus.FAILURE, "no power")
        adapter.add(device)
        del device
        assert adapter.get("device", "r1").get_status() == (library.DiffSyncStatus.FAILURE, "no power")

    def test_flags_are_kept(self, library: Any, adapter: Any) -> None:
        """Flags that were set on one record come back with it."""
        flags = library.DiffSyncModelFlags.IGNORE | library.DiffSyncModelFlags.SKIP_UNMATCHED_DST
        adapter.add(adapter.device(name="r1", model_flags=flags))
        adapter.add(adapter.device(name="r2"))
        assert adapter.get("device", "r1").model_flags == flags
        assert adapter.get("device", "r2").model_flags == library.DiffSyncModelFlags.NONE

    # ---- children ----

    def test_children_are_remembered(self, adapter: Any) -> None:
        """A child added to or removed from a stored parent is remembered without a call of `update`."""
        adapter.add(adapter.place(name="north"))
        devices = [adapter.device(name=f"r{number}") for number in range(3)]
        for device in devices:
            adapter.add(device)
            adapter.get("place", "north").add_child(device)
        assert adapter.get("place", "north").devices == ["r0", "r1", "r2"]
        adapter.get("place", "north").remove_child(devices[1])
        assert adapter.get("place", "north").devices == ["r0", "r2"]
        assert adapter.get_all("place")[0].devices == ["r0", "r2"]

    def test_update_base_is_remembered(self, library: Any, adapter: Any) -> None:
        """Attributes and status that `update` of a model sets are remembered."""
        adapter.add(adapter.device(name="r1"))
        adapter.get("device", "r1").update({"role": "spine"})
        record = adapter.get("device", "r1")
        assert record.role == "spine"
        assert record.get_status() == (library.DiffSyncStatus.SUCCESS, "Updated successfully")

    def test_record_that_was_not_added_stays_out(self, adapter: Any) -> None:
        """Changing a record that knows its adapter, but was not added, does not store it."""
        device = adapter.device(name="r1", adapter=adapter)
        device.add_child(adapter.port(device="r1", name="eth0"))
        device.update({"role": "spine"})
        assert adapter.count() == 0

    def test_two_holders_share_a_parent(self, adapter: Any) -> None:
        """Two parts of a program that got one parent separately both see, and both keep, the other's children."""
        adapter.add(adapter.place(name="north"))
        first, second = adapter.get("place", "north"), adapter.get_all("place")[0]
        for holder, name in ((first, "r1"), (second, "r2"), (first, "r3")):
            device = adapter.device(name=name)
            adapter.add(device)
            holder.add_child(device)
            assert adapter.count("device") > 0
        assert adapter.get("place", "north").devices == ["r1", "r2", "r3"]

    def test_remove_children(self, adapter: Any) -> None:
        """`remove(remove_children=True)` removes all below a record, and only that."""
        fill(adapter, TREE)
        adapter.remove(adapter.get("place", "north"), remove_children=True)
        found = contents(adapter)
        assert set(found["place"]) == {"south", "empty"}
        assert set(found["device"]) == {"south-r1"}
        assert set(found["port"]) == {"south-r1__eth0"}

    # ---- many records ----

    def test_counts_and_types(self, adapter: Any) -> None:
        """`count` and `len` count, of one type and of all; `get_all_model_names` names the types that are there."""
        assert (adapter.count(), len(adapter), adapter.count("device")) == (0, 0, 0)
        fill(adapter, TREE)
        assert adapter.count("place") == 3
        assert adapter.count(adapter.device) == 3
        assert adapter.count() == len(adapter) == 9
        assert adapter.get_all_model_names() == {"place", "device", "port"}

    def test_get_by_uids_keeps_the_order_asked_for(self, library: Any, adapter: Any) -> None:
        """`get_by_uids` returns records in the order of the ids, one for each, and raises if one is missing."""
        names = [f"r{number}" for number in range(2500)]
        for name in names:
            adapter.add(adapter.device(name=name))
        asked = [*reversed(names), "r7", "r7"]
        assert [record.name for record in adapter.get_by_uids(asked, "device")] == asked
        assert adapter.get_by_uids([], "device") == []
        with pytest.raises(library.ObjectNotFound, match="device r2500 not present"):
            adapter.get_by_uids([*names, "r2500"], adapter.device)

    def test_lists_all_in_order(self, adapter: Any) -> None:
        """`get_all` and `iterate` return every record once, in the order of adding if the store keeps it."""
        names = [f"r{number * 7919 % 3001}" for number in range(3001)]
        for name in names:
            adapter.add(adapter.device(name=name))
        adapter.get("device", names[5]).update({"role": "spine"})
        adapter.remove(adapter.get("device", names[9]))
        adapter.add(adapter.device(name=names[9]))
        expected = names[:9] + names[10:] + [names[9]]
        for listed in (adapter.get_all("device"), list(adapter.store.iterate(model="device"))):
            found = [record.name for record in listed]
            assert sorted(found) == sorted(expected)
            if self.keeps_order:
                assert found == expected

    def test_types_are_apart(self, adapter: Any) -> None:
        """Records of different types may have the same unique id."""
        adapter.add(adapter.place(name="x"))
        adapter.add(adapter.device(name="x", role="spine"))
        adapter.remove(adapter.get("place", "x"))
        assert adapter.get("device", "x").role == "spine"

    def test_strange_names(self, adapter: Any) -> None:
        """Whatever characters are in unique ids, records stay apart."""
        for name in STRANGE_NAMES:
            adapter.add(adapter.device(name=name, role=f"role of {name}"))
        for name in STRANGE_NAMES:
            assert adapter.get("device", name).role == f"role of {name}"
        assert adapter.count("device") == len(STRANGE_NAMES)
        for name in STRANGE_NAMES[::2]:
            adapter.store.remove_item("device", name)
        assert {record.name for record in adapter.get_all("device")} == set(STRANGE_NAMES[1::2])

    def test_stores_are_apart(self, library: Any, open_store: Callable[[], Any]) -> None:
        """Two stores never see each other's records."""
        adapter_class = make_adapter_class(library)
        first, second = (adapter_class(internal_storage_engine=open_store()) for _ in range(2))
        fill(first, TREE)
        assert second.count() == 0
        assert second.get_all_model_names() == set()
        second.add(second.place(name="north", region="elsewhere"))
        assert first.get("place", "north").region is None

    def test_get_or_instantiate_family(self, adapter: Any) -> None:
        """The `get_or_…` and `update_or_…` methods find what is there, add what is not, and remember changes."""
        device, created = adapter.get_or_instantiate(adapter.device, {"name": "r1"}, {"role": "spine"})
        assert (device.role, created) == ("spine", True)
        device, created = adapter.get_or_instantiate(adapter.device, {"name": "r1"}, {"role": "leaf"})
        assert (device.role, created) == ("spine", False)
        device, created = adapter.get_or_add_model_instance(adapter.device(name="r2"))
        assert created
        _, created = adapter.update_or_instantiate(adapter.device, {"name": "r2"}, {"role": "border"})
        assert not created
        _, created = adapter.update_or_add_model_instance(adapter.device(name="r1", role="edge"))
        assert not created
        del device
        assert adapter.get("device", "r1").role == "edge"
        assert adapter.get("device", "r2").role == "border"

    def test_load_records(self, adapter: Any) -> None:
        """`load_records` stores rows and lists them as children of the parents that they name."""
        ports = [{"device": f"r{number % 3}", "name": f"eth{number}", "speed": number} for number in range(30)]
        assert adapter.load_records({"device": [{"name": f"r{number}"} for number in range(3)], "port": ports}) == 33
        assert adapter.get("device", "r1").ports == [f"r1__eth{number}" for number in range(1, 30, 3)]
        assert adapter.get("port", "r2__eth5").speed == 5
        assert adapter.count() == 33

    def test_load_records_below_stored_parents(self, adapter: Any) -> None:
        """Parents may be among the rows or in the store, held by somebody or not, and keep the children they have."""
        names = [f"r{number}" for number in range(4)]
        adapter.load_records({"device": [{"name": name} for name in names[:3]]})
        adapter.load_records({"port": [{"device": name, "name": "old"} for name in names[:3]]})
        held = adapter.get("device", "r1")
        ports = [{"device": name, "name": "new"} for name in names]
        assert adapter.load_records({"port": ports, "device": [{"name": "r3"}]}) == 5
        assert [adapter.get("device", name).ports for name in names] == [
            ["r0__old", "r0__new"],
            ["r1__old", "r1__new"],
            ["r2__old", "r2__new"],
            ["r3__new"],
        ]
        assert held.ports == ["r1__old", "r1__new"]

    def test_load_records_that_are_there(self, library: Any, adapter: Any) -> None:
        """A row of a record that is there with other values is refused by its number; nothing of the load remains."""
        adapter.add(adapter.device(name="r1", role="spine"))
        adapter.load_records({"device": [{"name": "r2"}]})
        with pytest.raises(library.ObjectAlreadyExists, match="row 1 of device"):
            adapter.load_records({"device": [{"name": "r3"}, {"name": "r1", "role": "leaf"}]})
        assert {device.name: device.role for device in adapter.get_all("device")} == {"r1": "spine", "r2": "leaf"}

    def test_load_records_is_all_or_nothing(self, library: Any, adapter: Any) -> None:
        """A row that is refused leaves the store, and the parents' lists of children, as they were."""
        adapter.load_records({"device": [{"name": "r1"}], "port": [{"device": "r1", "name": "eth0"}]})
        rows = [{"device": "r1", "name": "eth1"}, {"device": "absent", "name": "eth0"}]
        with pytest.raises(library.ObjectNotFound, match="row 1 of port"):
            adapter.load_records({"device": [{"name": "r2"}], "port": rows})
        assert adapter.get("device", "r1").ports == ["r1__eth0"]
        assert (adapter.count("device"), adapter.count("port")) == (1, 1)

    def test_load_records_tells_all_that_is_wrong(self, library: Any, adapter: Any) -> None:
        """With `errors="all"` every refused row is listed, but for children of refused rows; nothing is loaded."""
        adapter.load_records({"device": [{"name": "r1", "role": "spine"}]})
        devices = [{"name": "r1", "role": "leaf"}, {"name": "r2"}, {"name": 3}, {"name": "r4", "role": ["leaf"]}]
        ports = [{"device": name, "name": "eth0"} for name in ("r2", "r4", "r5", "r1")]
        with pytest.raises(library.RecordsRejected) as caught:
            adapter.load_records({"device": devices, "port": [*ports, ports[0] | {"speed": "fast"}]}, errors="all")
        found = [(row.type, row.row, row.unique_id, row.field) for row in caught.value.errors]
        assert found == [
            ("device", 0, "r1", None),
            ("device", 2, None, "name"),
            ("device", 3, "r4", "role"),
            ("port", 4, "r2__eth0", "speed"),
        ]
        assert {device.name: device.role for device in adapter.get_all("device")} == {"r1": "spine"}
        assert adapter.get("device", "r1").ports == []
        assert adapter.count("port") == 0
        assert adapter.load_records({"device": devices[1:2], "port": ports[:1]}, errors="all") == 2

    # ---- diff and sync ----

    def test_diff_is_that_of_a_local_store(self, adapter: Any, local: Any, library: Any) -> None:
        """A diff from or to the store says what the diff between two local stores says."""
        changed = changed_tree()
        fill(adapter, TREE)
        fill(local, changed)
        expected_source, expected_dest = (make_adapter_class(library)(name) for name in ("local", "under test"))
        fill(expected_source, changed)
        fill(expected_dest, TREE)
        assert adapter.diff_from(local).dict() == expected_dest.diff_from(expected_source).dict()
        assert adapter.diff_to(local).dict() == expected_dest.diff_to(expected_source).dict()
        if self.keeps_order:
            assert adapter.diff_from(local).str() == expected_dest.diff_from(expected_source).str()
        assert not adapter.diff_from(adapter).has_diffs()

    def test_sync_makes_the_store_equal(self, adapter: Any, local: Any) -> None:
        """After a sync the store has what the source has, children included, and a second diff is empty."""
        fill(adapter, TREE)
        fill(local, changed_tree())
        adapter.sync_from(local)
        assert not adapter.diff_from(local).has_diffs()
        found, expected = contents(adapter), contents(local)
        for modelname in expected:
            assert found[modelname].keys() == expected[modelname].keys()
            for uid, fields in expected[modelname].items():
                for name, value in fields.items():
                    other = found[modelname][uid][name]
                    assert sorted(other) == sorted(value) if name in {"devices", "ports"} else other == value

    def test_sync_from_the_store(self, adapter: Any, local: Any) -> None:
        """A local adapter can be synced from the store, and emptied by it."""
        fill(adapter, TREE)
        local.sync_from(adapter)
        assert contents(local)["port"].keys() == contents(adapter)["port"].keys()
        for place in adapter.get_all("place"):
            adapter.remove(place, remove_children=True)
        local.sync_from(adapter)
        assert local.count() == 0

    def test_statuses_of_a_failing_sync(self, adapter: Any, local: Any, library: Any) -> None:
        """With CONTINUE_ON_FAILURE the records that could be changed are, and their statuses can be read."""

        class Stubborn(adapter.device):  # type: ignore[misc]
            def update(self, attrs: dict[str, Any]) -> Any:
                if self.name == "north-r1":
                    message = "will not"
                    raise library.exceptions.ObjectNotUpdated(message)
                return super().update(attrs)

        adapter.device = Stubborn
        for side, role in ((adapter, "leaf"), (local, "spine")):
            fill(side, TREE)
            for device in side.get_all("device"):
                device.role = role
                side.update(device)
        adapter.sync_from(local, flags=library.DiffSyncFlags.CONTINUE_ON_FAILURE)
        assert adapter.get("device", "north-r1").role == "leaf"
        for name in ("north-r2", "south-r1"):
            record = adapter.get("device", name)
            assert record.role == "spine"
            assert record.get_status() == (library.DiffSyncStatus.SUCCESS, "Updated successfully")
