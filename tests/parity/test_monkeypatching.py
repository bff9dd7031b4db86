"""Classes, adapters and records that are changed after they were made, as public projects do."""

from __future__ import annotations

from typing import Any

from .network import Lab, both

SOURCE = {"rome": {"r1": 1, "r2": 2}}
DEST = {"rome": {"r1": 9, "r2": 2}}


def diff_after(fastdiffsync: Any, patch: Any) -> Any:
    """Return the diff's dict, and the changes again after `patch(lab, source, dest)` and a first diff."""

    def program(library: Any) -> Any:
        lab = Lab(library)
        source, dest = lab.pair(SOURCE, DEST)
        before = dest.diff_from(source).dict()
        patch(lab, source, dest)
        return before, dest.diff_from(source).dict()

    before, after = both(fastdiffsync, program)
    assert before == {"site": {"rome": {"+": {}, "-": {}, "device": {"r1": {"+": {"mtu": 1}, "-": {"mtu": 9}}}}}}
    return after


def put_on_record(record: Any, name: str, method: Any) -> None:
    """Replace a method on one record; diffsync's pydantic models need to be outwitted for that."""
    try:
        setattr(record, name, method)
    except ValueError:
        object.__setattr__(record, name, method)


def test_method_replaced_on_a_model_class(fastdiffsync: Any) -> None:
    """A reading hook that is replaced on a class after its first use is asked."""

    def patch(lab: Lab, _source: Any, _dest: Any) -> None:
        lab.Device.get_attrs = lambda self: {"even": self.mtu % 2}

    assert diff_after(fastdiffsync, patch) == {}


def test_attributes_assigned_to_a_model_class(fastdiffsync: Any) -> None:
    """`_attributes` may be assigned after the class was used."""

    def patch(lab: Lab, _source: Any, _dest: Any) -> None:
        lab.Device._attributes = ()

    assert diff_after(fastdiffsync, patch) == {}


def test_child_types_changed_in_place(fastdiffsync: Any) -> None:
    """An entry may be taken out of a class's `_children`."""

    def patch(lab: Lab, _source: Any, _dest: Any) -> None:
        del lab.Site._children["device"]

    assert diff_after(fastdiffsync, patch) == {}


def test_method_replaced_on_a_record(fastdiffsync: Any) -> None:
    """A reading hook that is put on one record is asked for that record."""

    def patch(_lab: Lab, source: Any, _dest: Any) -> None:
        put_on_record(source.get("device", "r2"), "get_attrs", lambda: {"mtu": 7})

    assert diff_after(fastdiffsync, patch)["site"]["rome"]["device"]["r2"] == {"+": {"mtu": 7}, "-": {"mtu": 2}}


def test_method_replaced_on_an_adapter(fastdiffsync: Any) -> None:
    """A method that is put on one adapter is asked."""

    def patch(_lab: Lab, source: Any, dest: Any) -> None:
        for adapter in (source, dest):
            adapter.get_all = lambda _obj: []

    assert diff_after(fastdiffsync, patch) == {}


def test_method_replaced_on_a_store(fastdiffsync: Any) -> None:
    """A method that is put on one store is asked."""

    def patch(_lab: Lab, source: Any, dest: Any) -> None:
        for adapter in (source, dest):
            adapter.store.get_by_uids = lambda *, uids, model: []  # noqa: ARG005

    assert diff_after(fastdiffsync, patch) == {}


def test_method_replaced_on_the_adapter_class(fastdiffsync: Any) -> None:
    """A method that is replaced on an adapter class after its first use is asked."""

    def patch(lab: Lab, _source: Any, _dest: Any) -> None:
        lab.Inventory.get_by_uids = lambda _self, _uids, _obj: []

    assert diff_after(fastdiffsync, patch) == {}


def test_top_level_set_at_run_time(fastdiffsync: Any) -> None:
    """`top_level` may be set on an adapter."""

    def patch(_lab: Lab, source: Any, dest: Any) -> None:
        source.top_level = dest.top_level = ["device"]

    assert diff_after(fastdiffsync, patch) == {"device": {"r1": {"+": {"mtu": 1}, "-": {"mtu": 9}}}}


def test_records_put_straight_into_the_store(fastdiffsync: Any) -> None:
    """What is put into `store._data`, or taken out of it, is seen."""

    def patch(lab: Lab, source: Any, _dest: Any) -> None:
        source.store._data["site"]["oslo"] = lab.Site(name="oslo")
        del source.store._data["site"]["rome"]

    assert set(diff_after(fastdiffsync, patch)["site"]) == {"oslo", "rome"}
