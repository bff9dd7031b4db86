"""What goes into a store of bytes comes out again the same, or is refused with the record's and the field's name."""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
import math
import pickle
import uuid
from collections import OrderedDict
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable


class Colour(enum.Enum):
    """An enum whose values MessagePack has no type for."""

    RED = (255, 0, 0)
    CRIMSON = (255, 0, 0)  # noqa: PIE796 - an alias
    BLUE = (0, 0, 255)


class Level(enum.IntEnum):
    """An enum that is an int too."""

    LOW = 1


class Access(enum.Flag):
    """Flags that can be combined."""

    READ = 1
    WRITE = 2


class Point(msgspec.Struct):
    """A Struct as a value."""

    x: int
    tags: set[str] = set()


@dataclasses.dataclass
class Span:
    """A dataclass as a value, with a value of its own class inside."""

    start: datetime
    inner: Point | None = None


class Pair(NamedTuple):
    """A named tuple as a value."""

    left: str
    right: Colour


class Hidden:
    """A class that no annotation names."""


VALUES: list[Any] = [
    None,
    True,
    "",
    "text \x00 \N{GRINNING FACE}",
    b"\x00\xff",
    0,
    -(2**63),
    2**64 - 1,
    2**64,
    -(2**200),
    0.1,
    -0.0,
    math.inf,
    math.nan,
    [1, [2.5, None], {"a": b"b"}],
    [2**70],
    (1, ("a",), []),
    {1, 2},
    frozenset({"a", ("b", 1)}),
    bytearray(b"ab"),
    {"a": {"b": (1,)}},
    {1: "a", (1, 2): "b", None: "c", b"x": "d", 1.5: "e"},
    datetime(2024, 2, 29, 12, 30, 15, 999999),  # noqa: DTZ001 - a naive one too
    datetime(2024, 2, 29, tzinfo=timezone.utc),
    datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=-1), "AZOT")),
    datetime(2024, 2, 29, fold=1, tzinfo=timezone(timedelta(microseconds=1))),
    time(1, 2, tzinfo=timezone(timedelta(hours=1, seconds=1, microseconds=7), "odd")),
    datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
    date(1, 1, 1),
    time(23, 59, 59, 1),
    time(1, 2, tzinfo=timezone.utc),
    timedelta(days=-1, microseconds=7),
    uuid.UUID(int=7),
    Decimal("1.10"),
    Decimal("NaN"),
    ipaddress.ip_address("10.0.0.1"),
    ipaddress.ip_address("fe80::1"),
    ipaddress.ip_network("10.0.0.0/8"),
    ipaddress.ip_interface("10.0.0.1/8"),
    Colour.BLUE,
    Colour.CRIMSON,
    Level.LOW,
    Access.READ,
    Access.READ | Access.WRITE,
    Point(1, {"a"}),
    Span(datetime(2024, 1, 1, tzinfo=timezone.utc), Point(2)),
    Pair("l", Colour.RED),
    [Colour.RED, Point(3)],
]


def make_adapter(fastdiffsync: Any, store: Any) -> Any:
    """Return an adapter with one type, whose field `value` takes anything."""

    class Thing(fastdiffsync.DiffSyncModel):  # type: ignore[misc]
        _modelname = "thing"
        _identifiers = ("name",)
        _attributes = ("value",)
        name: str
        value: Any = None
        known: Colour | Level | Access | Span | Pair | None = None

    class Things(fastdiffsync.Adapter):  # type: ignore[misc]
        thing = Thing
        top_level = ["thing"]  # noqa: RUF012

    return Things(internal_storage_engine=store)


def same(value: Any, other: Any) -> bool:
    """Whether two values are equal and of the same types at every level; a set's order may differ."""
    is_equal = value == other or value != value  # noqa: PLR0124 - a NaN
    return is_equal and (repr(value) == repr(other) or isinstance(value, set | frozenset))


@pytest.fixture
def adapter(fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]]) -> Any:
    """An adapter on an empty SQLite store."""
    return make_adapter(fastdiffsync, opener("sqlite")())


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_value_comes_back(adapter: Any, value: Any) -> None:
    """A value comes back equal and of the same type, also where the annotation says nothing of it."""
    adapter.add(adapter.thing(name="a", value=value))
    assert same(adapter.get("thing", "a").value, value)
    adapter.store.flush()
    assert same(adapter.get("thing", "a").value, value)


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
keys = st.integers() | st.text() | st.tuples(st.text(), st.integers())
nested = st.recursive(
    plain,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(keys, inner),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=nested)
def test_any_nesting_comes_back(fastdiffsync: Any, value: Any) -> None:
    """Built-in values nested in any way come back as they were."""
    thing = make_adapter(fastdiffsync, fastdiffsync.store.local.LocalStore()).thing
    encoding = fastdiffsync.store.encoding.RecordEncoding(thing)
    record = thing(name="a", value=value)
    assert same(encoding.decode(encoding.encode(record), "a", None).value, value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary())
def test_any_garbage_is_refused(fastdiffsync: Any, data: bytes) -> None:
    """No bytes crash the reader: they are a record, or refused."""
    thing = make_adapter(fastdiffsync, fastdiffsync.store.local.LocalStore()).thing
    encoding = fastdiffsync.store.encoding.RecordEncoding(thing)
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match="thing 'a' cannot be read from the store"):
        encoding.decode(data, "a", None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_records_are_refused_or_records(fastdiffsync: Any, data: st.DataObject) -> None:
    """A record with bytes changed, cut off or added is refused or read as another record; nothing else happens."""
    thing = make_adapter(fastdiffsync, fastdiffsync.store.local.LocalStore()).thing
    encoding = fastdiffsync.store.encoding.RecordEncoding(thing)
    value = data.draw(st.sampled_from(VALUES))
    good = bytearray(encoding.encode(thing(name="a", value=value)))
    for _ in range(data.draw(st.integers(1, 3))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    bad = bytes(good[: data.draw(st.integers(0, len(good)))])
    try:
        record = encoding.decode(bad, "a", None)
    except fastdiffsync.exceptions.ObjectStoreException:
        return
    assert type(record) is thing


def test_hand_assigned_value_of_another_type_comes_back(adapter: Any) -> None:
    """What was assigned past validation comes back as it was assigned, as from a local store."""
    record = adapter.thing(name="a")
    record.known = "not a colour"
    adapter.add(record)
    del record
    assert adapter.get("thing", "a").known == "not a colour"


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (Hidden(), "test_encoding.Hidden"),
        (OrderedDict(a=1), "collections.OrderedDict"),
        ([{"a": Hidden()}], "test_encoding.Hidden"),
        ("\ud800", "not valid Unicode"),
        (datetime(2024, 1, 1, tzinfo=type("Zone", (timezone.utc.__class__.__base__,), {})()), "zoneinfo.ZoneInfo"),
    ],
    ids=["object", "dict subclass", "nested", "surrogate", "foreign time zone"],
)
def test_value_that_would_change_is_refused(fastdiffsync: Any, adapter: Any, value: Any, what: str) -> None:
    """A value that would not come back as it is raises, with the names of record, field and type; nothing is stored."""
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match=r"thing 'a': field 'value' holds") as raised:
        adapter.add(adapter.thing(name="a", value=value))
    assert what in str(raised.value)
    assert adapter.count() == 0


def test_value_that_contains_itself_is_refused(fastdiffsync: Any, adapter: Any) -> None:
    """A list that contains itself raises a clear error."""
    record = adapter.thing(name="a")
    record.value = []
    record.value.append(record.value)
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match="contains itself"):
        adapter.add(record)


def test_two_classes_of_one_name(fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]]) -> None:
    """Two classes of values with the same name in one model are refused: bytes could not tell them apart."""

    class Thing(fastdiffsync.DiffSyncModel):  # type: ignore[misc]
        _modelname = "thing"
        _identifiers = ("name",)
        name: str
        one: enum.Enum("Shade", "DARK") | None = None  # type: ignore[valid-type]
        two: enum.Enum("Shade", "PALE") | None = None  # type: ignore[valid-type]

    Thing.__annotations__["one"] = enum.Enum("Shade", "DARK") | None
    Thing.__annotations__["two"] = enum.Enum("Shade", "PALE") | None
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match="two classes 'Shade'"):
        opener("sqlite")().add(obj=Thing(name="a"))


class _Payload:
    """Pickles to a call that would leave a trace."""

    def __reduce__(self) -> Any:
        return (pytest.fail, ("the payload was executed",))


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_pickles_are_never_executed(fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], kind: str) -> None:
    """A pickle that runs code when it is loaded is refused like any other garbage, wherever it stands."""
    store = opener(kind)()
    adapter = make_adapter(fastdiffsync, store)
    encoding = fastdiffsync.store.encoding.RecordEncoding(adapter.thing)
    pickled = pickle.dumps(_Payload())
    inside = encoding.encode(adapter.thing(name="b", value=pickled))
    extension = encoding.encode(adapter.thing(name="c", value=uuid.UUID(int=1))).replace(b"\x15", b"\x63")
    store.put_encoded("thing", [("a", pickled), ("b", inside), ("c", extension)])
    assert adapter.get("thing", "b").value == pickled
    for uid in ("a", "c"):
        with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match=f"thing '{uid}' cannot be read"):
            adapter.get("thing", uid)
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match="cannot be read"):
        adapter.get_all("thing")


def make_version(fastdiffsync: Any, store: Any, fields: dict[str, Any]) -> Any:
    """Return an adapter whose one type has the given fields and annotations besides its name."""
    namespace = {
        "_modelname": "thing",
        "_identifiers": ("name",),
        "__annotations__": {"name": str, **fields},
        "__module__": __name__,
    }
    thing = type(fastdiffsync.DiffSyncModel)("Thing", (fastdiffsync.DiffSyncModel,), namespace)
    adapter_class = type("Things", (fastdiffsync.Adapter,), {"thing": thing, "top_level": ["thing"]})
    return adapter_class(internal_storage_engine=store)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"size": int, "colour": str}, r"missing fields \['colour'\], unknown fields \[\]"),
        ({}, r"missing fields \[\], unknown fields \['size'\]"),
        ({"length": int}, r"missing fields \['length'\], unknown fields \['size'\]"),
        ({"size": list[int]}, "another version of the class"),
    ],
    ids=["field added", "field removed", "field renamed", "type changed"],
)
def test_another_version_of_the_class(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], fields: dict[str, Any], text: str
) -> None:
    """A record whose class has other fields now raises, naming record, fields and the way out."""
    writer = make_version(fastdiffsync, opener("sqlite")("shared"), {"size": int})
    writer.add(writer.thing(name="a", size=1))
    writer.store.flush()
    reader = make_version(fastdiffsync, opener("sqlite")("shared"), fields)
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match=text) as raised:
        reader.get("thing", "a")
    assert "thing 'a'" in str(raised.value)
    assert "remove_item('thing', 'a')" in str(raised.value)
    reader.store.remove_item("thing", "a")
    assert reader.count() == 0


def test_another_type_that_takes_the_value(fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]]) -> None:
    """A record of a class whose field has become wider or stricter is validated as any input is."""
    writer = make_version(fastdiffsync, opener("sqlite")("shared"), {"size": str})
    writer.add(writer.thing(name="a", size="12"))
    writer.store.flush()
    reader = make_version(fastdiffsync, opener("sqlite")("shared"), {"size": int})
    assert reader.get("thing", "a").size == 12


def test_class_with_a_post_init(fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]]) -> None:
    """`__post_init__` has run when the record was made, and does not run again when it comes back."""

    class Thing(fastdiffsync.DiffSyncModel):  # type: ignore[misc]
        _modelname = "thing"
        _identifiers = ("name",)
        name: str
        size: int = 0

        def __post_init__(self) -> None:
            self.size += 1

    class Things(fastdiffsync.Adapter):  # type: ignore[misc]
        thing = Thing

    adapter = Things(internal_storage_engine=opener("sqlite")())
    adapter.add(Thing(name="a"))
    assert adapter.get("thing", "a").size == 1


def test_private_attributes_start_anew(fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]]) -> None:
    """Private attributes are no fields: they come back with their defaults."""

    class Thing(fastdiffsync.DiffSyncModel):  # type: ignore[misc]
        _modelname = "thing"
        _identifiers = ("name",)
        name: str
        _cache: dict[str, int] = {}  # noqa: RUF012

    store = opener("sqlite")()
    store.add(obj=Thing(name="a"))
    store.get(model=Thing, identifier="a")._cache["x"] = 1
    assert store.get(model=Thing, identifier="a")._cache == {}


def test_bytes_of_a_type_without_a_class(fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]]) -> None:
    """Records of a type that the adapter does not have raise a clear error, and come back if a class is given."""
    store = opener("sqlite")("shared")
    adapter = make_adapter(fastdiffsync, store)
    adapter.add(adapter.thing(name="a"))
    store.flush()
    other = fastdiffsync.Adapter(internal_storage_engine=opener("sqlite")("shared"))
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match="no class to make them of"):
        other.get("thing", "a")
    assert other.get(adapter.thing, "a").name == "a"
