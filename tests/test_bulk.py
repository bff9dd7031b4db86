"""Bulk loading: `load_records` leaves behind what the loop of construct, `add` and `add_child` does."""

from __future__ import annotations

import gc
import uuid
from itertools import cycle
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def make_models(library: Any, **options: Any) -> Any:
    """Return Site, Device and Port, each below the one before, and an adapter class for them."""

    class Site(library.DiffSyncModel, **options):
        _modelname = "site"
        _identifiers = ("name",)
        _attributes = ("region",)
        _children: ClassVar = {"device": "devices"}
        name: str
        region: str = "eu"
        devices: list[str] = []  # noqa: RUF012

    class Device(library.DiffSyncModel, **options):
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("role", "units", "tags")
        _children: ClassVar = {"port": "ports", "device": "modules"}
        _parent_keys: ClassVar = {"device": ("inside",), "site": ("site",)}
        name: str
        role: str | None = None
        units: int = 1
        tags: list[str] = []  # noqa: RUF012
        ports: list[str] = []  # noqa: RUF012
        modules: list[str] = []  # noqa: RUF012

    class Port(library.DiffSyncModel, **options):
        _modelname = "port"
        _identifiers = ("device", "number")
        _parent_keys: ClassVar = {"device": ("device",)}
        device: str
        number: int

    class Network(library.Adapter):
        site = Site
        device = Device
        port = Port
        top_level: ClassVar = ["site"]

    return SimpleNamespace(Site=Site, Device=Device, Port=Port, Network=Network)


def looped(adapter: Any, rows: dict[str, list[dict[str, Any]]]) -> Any:
    """Load as a user's own loop would: everything is added, then everything is linked."""
    made = [(row, getattr(adapter, name)(**row)) for name, own in rows.items() for row in own]
    for _, record in made:
        adapter.add(record)
    for row, record in made:
        for modelname, keys in record._parent_keys.items():
            values = [getattr(record, key, row.get(key)) for key in keys]
            if None not in values:
                parent = adapter.get(
                    modelname, dict(zip(getattr(adapter, modelname)._identifiers, values, strict=True))
                )
                parent.add_child(record)
                break
    return adapter


def contents(adapter: Any) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Return all records with their lists of children, in the store's order, and check whose they are."""
    found = {}
    for name in ("site", "device", "port"):
        records = adapter.get_all(name)
        assert all(record.adapter is adapter for record in records)
        found[name] = [(record.get_unique_id(), record.dict()) for record in records]
    return found


ROWS: dict[str, list[dict[str, Any]]] = {
    "site": [{"name": "a"}, {"name": "b", "region": "us"}],
    "device": [
        {"name": "d1", "site": "a", "units": "2", "colour": "red"},
        {"name": "d2", "site": "b", "tags": ["x"], "model_flags": 0},
        {"site": "a", "name": "d3", "inside": None},
        {"name": "card", "site": "a", "inside": "d9"},
        {"name": "d9"},
    ],
    "port": [{"device": "d1", "number": 1}, {"device": "d3", "number": "2"}, {"device": "d1", "number": 3}],
}


def test_what_is_loaded(fastdiffsync: Any) -> None:
    """Rows become validated records of the store, and each stands in the list of the parent that its keys name."""
    adapter = make_models(fastdiffsync).Network()
    assert adapter.load_records(ROWS) == 10
    assert [record.name for record in adapter.get_all("device")] == ["d1", "d2", "d3", "card", "d9"]
    assert adapter.get("site", "a").devices == ["d1", "d3"]
    assert adapter.get("device", "d1").ports == ["d1__1", "d1__3"]
    assert adapter.get("device", "d9").modules == ["card"]
    assert adapter.get("device", "d1").units == 2
    assert adapter.get("device", "d2").tags is not ROWS["device"][1]["tags"]
    assert adapter.get("port", {"device": "d3", "number": 2}).number == 2
    assert contents(adapter) == contents(looped(make_models(fastdiffsync).Network(), ROWS))


def test_any_order_of_types_and_any_iterables(fastdiffsync: Any) -> None:
    """Children may come before their parents, and rows out of generators and in mappings that are no dicts."""

    class Row(dict):  # type: ignore[type-arg]
        """A mapping that is not exactly a dict."""

    def backwards() -> Iterator[tuple[str, Any]]:
        for name in reversed(ROWS):
            yield name, (Row(row) for row in ROWS[name])

    adapter = make_models(fastdiffsync).Network()
    assert adapter.load_records(dict(backwards())) == 10
    assert contents(adapter) == contents(looped(make_models(fastdiffsync).Network(), ROWS))


def test_parents_that_are_there_already(fastdiffsync: Any) -> None:
    """A second load goes on where the first ended, below parents with and without children."""
    adapter = make_models(fastdiffsync).Network()
    adapter.load_records(ROWS)
    devices = [{"name": f"new {number}", "site": "ab"[number % 2]} for number in range(100)]
    assert adapter.load_records({"device": devices, "port": [{"device": "d2", "number": 1}]}) == 101
    assert adapter.get("site", "a").devices == ["d1", "d3", *[row["name"] for row in devices[::2]]]
    assert adapter.get("device", "d2").ports == ["d2__1"]
    adapter.get("site", "a").remove_child(adapter.get("device", "new 50"))
    assert "new 50" not in adapter.get("site", "a").devices


def test_many_rows(fastdiffsync: Any) -> None:
    """Rows of several shapes, more than the kernel takes at a time, all arrive."""
    rows = {
        "site": [{"name": f"s{number}"} for number in range(10)],
        "device": [
            {
                "name": f"d{number}",
                **({"units": number} if number % 3 else {"role": "r", "x": 1}),
                "site": f"s{number % 10}",
            }
            for number in range(500)
        ],
    }
    bulk, loop = make_models(fastdiffsync).Network(), make_models(fastdiffsync).Network()
    bulk.load_records(rows)
    assert contents(bulk) == contents(looped(loop, rows))
    assert not loop.diff_from(bulk).has_diffs()


NAMES = st.sampled_from(["a", "b", "c", "d"])
ANY_ROWS = st.fixed_dictionaries(
    {
        "site": st.lists(st.fixed_dictionaries({"name": NAMES}, optional={"region": NAMES, "devices": st.just(["a"])})),
        "device": st.lists(
            st.fixed_dictionaries(
                {"name": NAMES},
                optional={
                    "site": NAMES | st.none(),
                    "inside": NAMES,
                    "units": st.sampled_from([1, "2", None, 2**70]),
                    "tags": st.lists(NAMES, max_size=2),
                    "extra": NAMES,
                },
            ),
            max_size=6,
        ),
        "port": st.lists(st.fixed_dictionaries({"device": NAMES, "number": st.sampled_from([1, 2, "3", "x"])})),
    }
)


class Name(str):
    """A string that is not exactly a str."""

    __slots__ = ()


def without_one(row: dict[str, Any]) -> dict[str, Any]:
    """Return a dict of the same items, from which another one has been deleted."""
    longer = {"gone": None, **row}
    del longer["gone"]
    return longer


FORMS: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
    dict,
    without_one,
    lambda row: dict(reversed(row.items())),
    lambda row: vars(SimpleNamespace(**row)),
    lambda row: {Name(name): value for name, value in row.items()},
    lambda row: {name.encode().decode(): value for name, value in row.items()},
]


@pytest.mark.parametrize("kind", ["local", "sqlite"])
@given(
    rows=ANY_ROWS,
    order=st.permutations(["site", "device", "port"]),
    forms=st.lists(st.sampled_from(FORMS), min_size=1, max_size=3),
)
def test_same_as_the_loop(fastdiffsync: Any, kind: str, rows: Any, order: list[str], forms: list[Any]) -> None:
    """Whatever the rows, both ways of loading leave the same, or both fail and the bulk load leaves nothing."""
    rows = {name: [form(row) for row, form in zip(rows[name], cycle(forms), strict=False)] for name in order}
    models = make_models(fastdiffsync)
    bulk, loop = (make_adapter(models, kind) for _ in range(2))
    expected = found = None
    try:
        looped(loop, rows)
    except Exception as error:  # noqa: BLE001 - compared
        expected = error
    try:
        bulk.load_records(rows)
    except Exception as error:  # noqa: BLE001 - compared
        found = error
    assert (found is None) == (expected is None), (found, expected)
    if expected is None:
        assert contents(bulk) == contents(loop)
    else:
        assert bulk.count() == 0
        assert bulk.get_all_model_names() == set()


BAD = {
    "a value of the wrong type": (
        {"device": [{"name": "x"}, {"name": "y", "units": "many"}]},
        "ValidationError",
        "units",
    ),
    "a missing field": ({"port": [{"device": "d1", "number": 8}, {"device": "d1"}]}, "ValidationError", "number"),
    "a row that is no mapping": ({"device": [{"name": "x"}, 7]}, "TypeError", "must be a mapping"),
    "a taken unique id": ({"device": [{"name": "x", "site": "a"}, {"name": "d1"}]}, "ObjectAlreadyExists", "d1"),
    "a unique id twice": (
        {"device": [{"name": "x", "site": "a"}, {"name": "x", "role": "z"}]},
        "ObjectAlreadyExists",
        "x",
    ),
    "a missing parent": (
        {"port": [{"device": "d1", "number": 9}, {"device": "z", "number": 9}]},
        "ObjectNotFound",
        "device z",
    ),
    "a listed child": (
        {"device": [{"name": "x", "site": "b"}, {"name": "ghost", "site": "a"}]},
        "ObjectAlreadyExists",
        "ghost",
    ),
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("kind", ["local", "overridden add", "sqlite"])
def test_all_or_nothing(fastdiffsync: Any, tmp_path: Path, kind: str, what: str) -> None:
    """A refused row is named; store and parents are as they were, also on disk, and can be loaded into again."""
    models = make_models(fastdiffsync)
    rows, error_name, text = BAD[what]
    modelname = next(iter(rows))
    adapter = make_adapter(models, kind, tmp_path)
    adapter.load_records(ROWS)
    parents = [adapter.get("site", "a"), adapter.get("site", "b"), *adapter.get_all("device")]
    adapter.get("site", "a").devices.append("ghost")
    adapter.update(adapter.get("site", "a"))
    before, children = contents(adapter), [parent.dict() for parent in parents]
    with pytest.raises(Exception, match=text) as caught:
        adapter.load_records(rows)
    assert type(caught.value).__name__ == error_name
    assert f"row 1 of {modelname}: " in str(caught.value.args[0])
    assert contents(adapter) == before
    assert [parent.dict() for parent in parents] == children
    parents[0].devices.remove("ghost")
    adapter.update(parents[0])
    adapter.load_records({"device": [{"name": "x", "site": "b"}], "port": [{"device": "x", "number": 1}]})
    assert adapter.get("site", "b").devices == ["d2", "x"]
    if kind == "sqlite":
        adapter.store.close()
        again = make_adapter(models, kind, tmp_path)
        assert again.get("site", "b").devices == ["d2", "x"]
        assert again.get("device", "x").ports == ["x__1"]
        assert again.count() == 12
        again.store.close()


def make_adapter(models: Any, kind: str, folder: Path | None = None) -> Any:
    """Return an empty adapter, or what is in the file, that loads in one of three ways."""
    if kind == "sqlite":
        from fastdiffsync.store.sqlite import SQLiteStore  # noqa: PLC0415 - of the kernel under test

        path = ":memory:" if folder is None else folder / "records.db"
        return models.Network(internal_storage_engine=SQLiteStore(path))
    if kind == "local":
        return models.Network()

    class Counting(models.Network):  # type: ignore[misc]
        """An adapter whose `add` is its own."""

        def add(self, obj: Any) -> None:
            """Count the call."""
            self.added = getattr(self, "added", 0) + 1
            super().add(obj)

    return Counting()


@pytest.mark.parametrize("kind", ["local", "overridden add", "sqlite"])
def test_every_store(fastdiffsync: Any, tmp_path: Path, kind: str) -> None:
    """Whatever the store and the adapter's own `add`, the records and their children are the loop's."""
    models = make_models(fastdiffsync)
    adapter = make_adapter(models, kind, tmp_path)
    assert adapter.load_records(ROWS) == 10
    assert contents(adapter) == contents(looped(models.Network(), ROWS))
    if kind == "overridden add":
        assert adapter.added == 10
    if kind == "sqlite":
        adapter.store.close()
        again = make_adapter(models, kind, tmp_path)
        assert contents(again) == contents(looped(models.Network(), ROWS))
        again.store.close()


def test_wrong_type_of_parent(fastdiffsync: Any) -> None:
    """A parent whose type does not list the child's type in `_children` is an error, and nothing is loaded."""
    models = make_models(fastdiffsync)

    class Childless(models.Device):  # type: ignore[misc]
        _children: ClassVar = {}

    class Network(models.Network):  # type: ignore[misc]
        device = Childless

    adapter = Network()
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreWrongType, match="row 0 of port: Unable to store port"):
        adapter.load_records(ROWS)
    assert adapter.count() == 0


def test_forbidden_unknown_fields(fastdiffsync: Any) -> None:
    """A class that forbids unknown keywords refuses unknown keys, but takes its parent keys."""
    adapter = make_models(fastdiffsync, forbid_unknown_fields=True).Network()
    with pytest.raises(TypeError, match=r"row 0 of device: .*colour"):
        adapter.load_records(ROWS)
    assert adapter.count() == 0
    assert adapter.load_records({"site": [{"name": "a"}], "device": [{"name": "d", "site": "a"}]}) == 2
    assert adapter.get("site", "a").devices == ["d"]


def test_unknown_types(fastdiffsync: Any) -> None:
    """Rows of a type that the adapter has no class for are an error that says so."""
    adapter = make_models(fastdiffsync).Network()
    with pytest.raises(ValueError, match="Network has no model class for the rows of 'sites'"):
        adapter.load_records({"sites": ROWS["site"]})


def test_keys_of_parents_are_converted(fastdiffsync: Any) -> None:
    """Parent keys that are no fields are converted as the parent's identifiers would be."""

    class Owner(fastdiffsync.DiffSyncModel):
        _modelname = "owner"
        _identifiers = ("id", "number")
        _children: ClassVar = {"thing": "things"}
        id: uuid.UUID
        number: int
        things: list[str] = []  # noqa: RUF012

    class Thing(fastdiffsync.DiffSyncModel):
        _modelname = "thing"
        _identifiers = ("name",)
        _parent_keys: ClassVar = {"owner": ("owner_id", "owner_number")}
        name: str

    class Things(fastdiffsync.Adapter):
        owner = Owner
        thing = Thing

    key = uuid.uuid4()
    adapter = Things()
    rows = [{"name": "t", "owner_id": str(key).upper(), "owner_number": "7"}, {"name": "u", "owner_id": key}]
    adapter.load_records({"thing": rows, "owner": [{"id": str(key), "number": 7}]})
    assert [owner.things for owner in adapter.get_all("owner")] == [["t"]]
    with pytest.raises(fastdiffsync.ValidationError, match="row 0 of thing: 'owner_number', the number of its parent"):
        adapter.load_records({"thing": [{"name": "v", "owner_id": key, "owner_number": "seven"}]})
    assert adapter.count("thing") == 2


def test_hooks_are_called(fastdiffsync: Any) -> None:
    """Overridden `__post_init__`, `add_child`, `get_unique_id` and `create_unique_id` are called as in the loop."""
    models = make_models(fastdiffsync)
    calls: list[str] = []

    class Site(models.Site):  # type: ignore[misc]
        def add_child(self, child: Any) -> None:
            calls.append(child.get_unique_id())
            super().add_child(child)
            self.devices.sort()

        @classmethod
        def create_unique_id(cls, **identifiers: Any) -> str:
            return f"site {identifiers['name']}"

    class Device(models.Device):  # type: ignore[misc]
        def __post_init__(self) -> None:
            self.role = self.role or "made"

        def get_unique_id(self) -> str:
            return f"<{self.name}>"

    class Network(models.Network):  # type: ignore[misc]
        site = Site
        device = Device

    rows = {"site": ROWS["site"], "device": [{"name": name, "site": "a"} for name in "cab"]}
    adapter = Network()
    adapter.load_records(rows)
    assert calls == ["<c>", "<a>", "<b>"]
    assert adapter.get("site", "site a").devices == ["<a>", "<b>", "<c>"]
    assert adapter.get("device", "<a>").role == "made"
    with pytest.raises(fastdiffsync.ObjectAlreadyExists):
        adapter.load_records({"device": [{"name": "0", "site": "a"}, {"name": "a", "site": "a"}]})
    assert adapter.get("site", "site a").devices == ["<a>", "<b>", "<c>"]
    assert adapter.count("device") == 3


def test_a_failing_hook_leaves_nothing(fastdiffsync: Any) -> None:
    """An exception of the user's own comes through as it is, and nothing has been loaded."""
    models = make_models(fastdiffsync)

    class Broken(Exception):  # noqa: N818
        """Raised by a hook."""

    class Device(models.Device):  # type: ignore[misc]
        def __post_init__(self) -> None:
            if self.name == "d9":
                raise Broken

    class Network(models.Network):  # type: ignore[misc]
        device = Device

    adapter = Network()
    with pytest.raises(Broken):
        adapter.load_records(ROWS)
    assert adapter.count() == 0


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("enabled", [False, True])
def test_collector_is_left_as_it_was(fastdiffsync: Any, fails: bool, enabled: bool) -> None:
    """The garbage collector, paused while records that it has to see are made, is left on or off as it was."""
    seen: list[bool] = []

    def rows() -> Iterator[dict[str, Any]]:
        seen.append(gc.isenabled())
        yield {} if fails else {"name": "a"}

    was_enabled = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        if fails:
            with pytest.raises(fastdiffsync.ValidationError):
                make_models(fastdiffsync).Network().load_records({"device": rows()})
        else:
            make_models(fastdiffsync).Network().load_records({"device": rows()})
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
    assert seen == [False]


@pytest.mark.parametrize(
    "keys",
    [{"site": "name"}, {"site": ()}, {"site": (1,)}, {1: ("name",)}, ("site",)],
    ids=["str", "none", "int", "type", "tuple"],
)
def test_declarations_are_checked(fastdiffsync: Any, keys: Any) -> None:
    """Parent keys that are no dict of tuples of names are an error where the class is declared."""
    with pytest.raises(AttributeError, match="_parent_keys"):
        type("Device", (fastdiffsync.DiffSyncModel,), {"_parent_keys": keys})


def test_keys_that_do_not_fit(fastdiffsync: Any) -> None:
    """As many keys are needed as the parent has identifiers; which those are, is known when rows are loaded."""
    models = make_models(fastdiffsync)
    models.Device._parent_keys = {"port": ("device",)}
    with pytest.raises(AttributeError, match=r"Device._parent_keys names \('device',\) for port"):
        models.Network().load_records(ROWS)


def test_parents_of_types_that_the_adapter_does_not_have(fastdiffsync: Any) -> None:
    """A type that the adapter has no class for is nobody's parent there."""
    models = make_models(fastdiffsync)
    flat = type("Flat", (fastdiffsync.Adapter,), {"port": models.Port})()
    assert flat.load_records({"port": ROWS["port"]}) == 3


def test_records_outlive_the_adapter(fastdiffsync: Any) -> None:
    """A loaded record keeps its adapter, as an added one does."""
    adapter = make_models(fastdiffsync).Network()
    adapter.load_records(ROWS)
    record = adapter.get("site", "b")
    del adapter
    gc.collect()
    assert record.adapter.get("device", "d2").name == "d2"
