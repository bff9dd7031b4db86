"""Adding records one by one: classes that read or assign in their own way, unusual ids, forks, new keys."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from .contract import make_adapter_class as make_contract_adapter
from .processes import run_in_child

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=["sqlite", "redis"])
def open_store(request: pytest.FixtureRequest, opener: Callable[[str], Callable[..., Any]]) -> Callable[..., Any]:
    """A function that opens a store of each kind that keeps bytes."""
    return opener(request.param)


def make_adapter_class(fastdiffsync: Any, model: Any = None) -> Any:
    """Return an adapter class with one type, of the given class or of one without peculiarities."""

    class Things(fastdiffsync.Adapter):  # type: ignore[misc]
        thing = model or make_model(fastdiffsync)
        top_level = ["thing"]  # noqa: RUF012

    return Things


def make_model(fastdiffsync: Any) -> Any:
    """Return a model class with one attribute."""

    class Thing(fastdiffsync.DiffSyncModel):  # type: ignore[misc]
        _modelname = "thing"
        _identifiers = ("name",)
        _attributes = ("value",)
        name: str
        value: str | None = None

    return Thing


def test_class_with_its_own_way_of_reading(fastdiffsync: Any, open_store: Callable[..., Any]) -> None:
    """What is stored of a record is what its own `__getattribute__` says."""

    class Loud(make_model(fastdiffsync)):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            value = super().__getattribute__(name)
            return f"{value}!" if name == "value" else value

    adapter = make_adapter_class(fastdiffsync, Loud)(internal_storage_engine=open_store())
    adapter.add(Loud(name="a", value="read once"))
    assert adapter.get("thing", "a").value == "read once!!"


def test_class_with_its_own_way_of_assigning(fastdiffsync: Any, open_store: Callable[..., Any]) -> None:
    """A record's own `__setattr__` is what makes it a record of the adapter; one that has an adapter keeps it."""
    assigned = []

    class Careful(make_model(fastdiffsync)):  # type: ignore[misc]
        def __setattr__(self, name: str, value: Any) -> None:
            assigned.append(name)
            super().__setattr__(name, value)

    adapter_class = make_adapter_class(fastdiffsync, Careful)
    first, second = adapter_class(internal_storage_engine=open_store()), adapter_class()
    record = Careful(name="a")
    first.add(record)
    assert record.adapter is first
    assert assigned == ["adapter"]
    second.store.add(obj=record)
    other = make_model(fastdiffsync)(name="b")
    second.add(other)
    first.add(other)
    assert (record.adapter, other.adapter) == (first, second)


def test_method_replaced_on_a_record(fastdiffsync: Any, open_store: Callable[..., Any]) -> None:
    """A record whose methods were replaced is stored under the names that these give."""
    adapter = make_adapter_class(fastdiffsync)(internal_storage_engine=open_store())
    record = adapter.thing(name="a")
    record.get_unique_id = lambda: "b"
    adapter.add(record)
    assert adapter.get("thing", "b") is record


def test_unique_id_that_is_no_text(fastdiffsync: Any, open_store: Callable[..., Any]) -> None:
    """A record whose unique id is no `str` is refused by name, whether it is added, updated, or one of many."""

    class Numbered(make_model(fastdiffsync)):  # type: ignore[misc]
        def get_unique_id(self) -> Any:
            return 7

    adapter = make_adapter_class(fastdiffsync, Numbered)(internal_storage_engine=open_store())
    for put in (adapter.add, adapter.update, lambda obj: adapter.store.add_tables({"thing": {7: obj}})):
        with pytest.raises(
            fastdiffsync.exceptions.ObjectStoreException, match="thing 7: a unique id must be a str to be stored"
        ):
            put(Numbered(name="a"))
    assert adapter.count() == 0


def test_ids_that_are_no_unicode_among_others(fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]]) -> None:
    """On a Redis server, ids with lone surrogates are written, read and removed together with others."""

    class Odd(make_model(fastdiffsync)):  # type: ignore[misc]
        def get_unique_id(self) -> str:
            return f"{self.name}\ud800" if self.name in {"a", "c"} else self.name

    adapter = make_adapter_class(fastdiffsync, Odd)(internal_storage_engine=opener("redis")())
    for name in "abcd":
        adapter.add(Odd(name=name, value="\N{GRINNING FACE}"))
    uids = ["a\ud800", "b", "c\ud800", "d"]
    assert adapter.count() == 4
    assert [record.name for record in adapter.get_by_uids(uids, "thing")] == list("abcd")
    for uid in uids[:2]:
        adapter.remove(adapter.get("thing", uid))
    assert {record.name for record in adapter.get_all("thing")} == {"c", "d"}


def test_store_in_a_child_of_a_child(fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]]) -> None:
    """In each process down a line of forks, a store works with what that process itself has added."""
    adapter = make_adapter_class(fastdiffsync)(internal_storage_engine=opener("redis")())
    adapter.add(adapter.thing(name="of the parent"))

    def add_below() -> list[int]:
        adapter.add(adapter.thing(name="of the child"))
        in_grandchild = run_in_child(adapter.count)
        adapter.add(adapter.thing(name="of the child, after its own fork"))
        return [in_grandchild, adapter.count()]

    assert run_in_child(add_below) == [0, 2]
    assert adapter.count() == 3


def test_collected_record_is_read_again(fastdiffsync: Any, open_store: Callable[..., Any]) -> None:
    """A store keeps no added record alive, not even one in a cycle, once its bytes are there."""
    adapter = make_adapter_class(fastdiffsync)(internal_storage_engine=open_store())
    record = adapter.thing(name="a", value="of old")
    record._mine = record
    adapter.add(record)
    reference = weakref.ref(record)
    assert adapter.get("thing", "a") is record
    del record
    gc.collect()
    assert reference() is None
    assert adapter.get("thing", "a").value == "of old"


def test_filter_forgets_no_key_and_knows_new_ones(fastdiffsync: Any) -> None:
    """Keys that were put are known, one by one or many at once, and nearly all others are known to be new."""
    known = fastdiffsync._kernel.KeyFilter()
    assert not known.put(("thing", "a"))
    assert known.put(("thing", "a"))
    uids = [f"r{number}" for number in range(20_000)]
    assert len(known.put_many("thing", uids)) < 20
    assert known.put_many("thing", ["a", *uids]) == ["a", *uids]
    assert sum(known.put(("other", uid)) for uid in uids) < 40


def test_equal_rows_of_one_load(fastdiffsync: Any, open_store: Callable[..., Any]) -> None:
    """Of equal rows in one load the second does nothing, as a second `add` does; one that differs is refused."""
    adapter = make_adapter_class(fastdiffsync)(internal_storage_engine=open_store())
    row = {"name": "a", "value": "x"}
    assert adapter.load_records({"thing": [row, {"name": "b"}, dict(row), row]}) == 4
    assert [record.name for record in sorted(adapter.get_all("thing"), key=lambda record: record.name)] == ["a", "b"]
    assert adapter.load_records({"thing": [row, row]}) == 2
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match="row 1 of thing: Object c already present"):
        adapter.load_records({"thing": [{"name": "c"}, {"name": "c", "value": "y"}]})
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match="row 0 of thing: Object a already present"):
        adapter.load_records({"thing": [{"name": "a"}, {"name": "a"}]})
    assert adapter.count() == 2


def test_equal_rows_with_a_parent(fastdiffsync: Any, open_store: Callable[..., Any]) -> None:
    """Of equal rows that have a parent the second is refused, as a second `add_child` is, and nothing is loaded."""
    adapter = make_contract_adapter(fastdiffsync)(internal_storage_engine=open_store())
    ports = [{"device": "r1", "name": "eth0"}] * 2
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match="row 1 of port"):
        adapter.load_records({"device": [{"name": "r1"}, {"name": "r1"}], "port": ports})
    assert adapter.count() == 0


def test_equal_rows_in_memory(fastdiffsync: Any) -> None:
    """In memory a record is itself alone: the second of two equal rows is refused, as by `add`."""
    adapter = make_adapter_class(fastdiffsync)()
    adapter.add(adapter.thing(name="a"))
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match="Object a already present"):
        adapter.add(adapter.thing(name="a"))
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match="row 1 of thing: Object b already present"):
        adapter.load_records({"thing": [{"name": "b"}, {"name": "b"}]})
    assert adapter.count() == 1
