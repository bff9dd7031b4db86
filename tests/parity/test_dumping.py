"""Records as dicts and as JSON, with values of every kind and all options."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import json
from collections import deque
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import diffsync
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .scenario import examples

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Point(NamedTuple):
    x: int
    y: Any


@dataclasses.dataclass
class Box:
    width: int
    tags: list[str]


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "other"


class Number(int):
    pass


VALUES = {
    "subclass of str": Text("t"),
    "subclass of int": Number(5),
    "list of subclasses": [Text("t"), Number(5)],
    "ascii": "eth0",
    "quotes": "a \"b\" 'c' \\ /",
    "long with quote": "x" * 40 + '"',
    "control": "a\n\t\x00\x1f\x7f",
    "eight": "12345678",
    "accents": "d\u00e9j\u00e0 \u65e5\u672c \U0001f600",
    "int": -12345,
    "zero": 0,
    "large": 2**63 - 1,
    "smallest": -(2**63),
    "huge": 2**70,
    "float": 2.5,
    "exponent": 1e22,
    "bool": True,
    "none": None,
    "bytes": "b\u00e9".encode(),
    "date": date(2024, 2, 29),
    "datetime": datetime(2024, 2, 29, 1, 2, 3, 4, timezone.utc),
    "time": time(1, 2, 3),
    "timedelta": timedelta(days=1, seconds=2),
    "decimal": Decimal("1.50"),
    "uuid": UUID(int=5),
    "enum": Colour.RED,
    "int enum": Level.LOW,
    "ip": ip_address("10.0.0.1"),
    "path": PurePosixPath("/a/b"),
    "list": ["a", 1, None, True, 2.5, 'q"'],
    "empty list": [],
    "nested list": [[], [1, ["x"]], {"a": []}],
    "list of dates": [date(2024, 1, 1)],
    "list of bytes": [b"x"],
    "deep": [[[[[[[[[[1]]]]]]]]]],
    "dict": {"a": 1, 'k"': "v", "n": {"m": [1]}},
    "empty dict": {},
    "dict of ints": {1: "a", 2: "b"},
    "dict of enums": {"c": Colour.RED},
    "tuple": (1, "a", (2,)),
    "named": Point(1, [2]),
    "set": {1},
    "frozenset": frozenset({"a"}),
    "deque": deque([1, 2]),
    "dataclass": Box(1, ["t"]),
}

OPTIONS = (
    {},
    {"exclude_defaults": True},
    {"exclude_none": True},
    {"include": {"name", "value"}},
    {"include": ["value"]},
    {"include": {"value", "adapter"}, "exclude": {"adapter"}},
    {"exclude": {"value", "adapter"}},
    {"exclude": {"value", "adapter"}, "include": {"name", "value"}},
    {"exclude": {"adapter"}, "exclude_defaults": True, "exclude_none": True},
    {"include": set()},
    {"include": {"value"}, "exclude": None},
)


def device_class(library: Any, default: Any = None) -> Any:
    """Return a model class of a library whose `value` may be anything."""

    class Device(library.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("value", "tags")
        _children = {"port": "ports"}  # noqa: RUF012
        _hidden: int = 3
        name: str
        value: Any = default
        tags: list[str] = []  # noqa: RUF012
        about: dict[str, int] = {}  # noqa: RUF012
        ports: list[str] = []  # noqa: RUF012

    return Device


def watched(cls: Any) -> Any:
    """Return a class like another, whose records are read step by step: anybody may say what their fields are."""

    class Watched(cls):
        def __getattribute__(self, name: str) -> Any:
            return super().__getattribute__(name)

    return Watched


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_dicts_of_values(fastdiffsync: Any, options: dict[str, Any]) -> None:
    """`dict()` is diffsync's for values of every type and all options, in the same order, and shares no container."""
    cls, other_cls = device_class(fastdiffsync), device_class(diffsync)
    for value in VALUES.values():
        device = cls(name="a", value=value, tags=["t"])
        found, expected = device.dict(**options), other_cls(name="a", value=value, tags=["t"]).dict(**options)
        for dumped in (found, expected):
            if "model_flags" in dumped:
                dumped["model_flags"] = dumped["model_flags"].value
        assert (found, list(found)) == (expected, list(expected))
        assert found.get("tags") is not device.tags
        if "value" in found and isinstance(value, (list, dict, set)):
            assert found["value"] is not value


# pydantic does not know a pure path in a field of any type.
AS_DIFFSYNC = VALUES.keys() - {"path"}


@pytest.mark.parametrize("name", sorted(AS_DIFFSYNC))
def test_json_of_values(fastdiffsync: Any, name: str) -> None:
    """What `json()` and `dict(mode="json")` give is diffsync's for values of every type."""
    values = {"name": "a", "value": VALUES[name], "tags": ["t"]}
    device, other = device_class(fastdiffsync)(**values), device_class(diffsync)(**values)
    assert json.loads(device.json()) == json.loads(other.json())
    assert device.dict(mode="json") == other.dict(mode="json")
    if not isinstance(VALUES[name], float):
        assert device.json() == other.json()


@pytest.mark.parametrize("options", [*OPTIONS, {"indent": 2}, {"indent": 0}, {"indent": -1}, {"indent": 101}], ids=str)
def test_json_is_what_the_steps_write(fastdiffsync: Any, options: dict[str, Any]) -> None:
    """The text is the same, to the last space, whether records are read directly or step by step."""
    cls = device_class(fastdiffsync)
    other_cls = watched(cls)
    for value in VALUES.values():
        values = {"name": "a", "value": value, "tags": ["t"], "about": {"n": 1}}
        assert cls(**values).json(**options) == other_cls(**values).json(**options)


NESTED = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(sorted(VALUES)).map(VALUES.get)
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@examples(150)
@given(value=NESTED, default=NESTED, indent=st.sampled_from((None, 2, 0)))
def test_any_data(fastdiffsync: Any, value: Any, default: Any, indent: int | None) -> None:
    """Whatever a field holds, and whatever its default is, dict and JSON are those that the steps make."""
    cls = device_class(fastdiffsync, default)
    device, other = cls(name="a", value=value), watched(cls)(name="a", value=value)
    assert repr(device.dict()) == repr(other.dict())
    assert repr(device.dict(exclude_defaults=True)) == repr(other.dict(exclude_defaults=True))
    assert repr(device.dict(mode="json")) == repr(other.dict(mode="json"))
    assert device.json(indent=indent) == other.json(indent=indent)
    assert device.json(exclude_defaults=False) == other.json(exclude_defaults=False)


DEFAULTS = (True, 1, 1.0, 0, -0.0, None, "", float("nan"), Colour.RED, Level.LOW, (), [], [1], {}, {"a": 1}, set(), b"")


@pytest.mark.parametrize("default", DEFAULTS, ids=repr)
@pytest.mark.parametrize("value", DEFAULTS, ids=repr)
def test_what_is_a_default(fastdiffsync: Any, default: Any, value: Any) -> None:
    """A value is left out as a default if it equals the default, as diffsync has it."""
    given = {"name": "a", "value": value}
    ours = device_class(fastdiffsync, default)(**given).dict(exclude_defaults=True)
    assert repr(ours) == repr(device_class(diffsync, default)(**given).dict(exclude_defaults=True))


def test_defaults_by_factories(fastdiffsync: Any) -> None:
    """What a factory makes is a default too: an empty list or dict, and what any function returns."""

    class Device(fastdiffsync.DiffSyncModel):
        _modelname = "device"
        made: list[int] = msgspec.field(default_factory=lambda: [1])
        empty: dict[str, int] = msgspec.field(default_factory=dict)
        unlike: Any = msgspec.field(default_factory=list)

    assert Device().dict(exclude_defaults=True) == {}
    assert Device(made=[2], empty={"a": 1}, unlike=()).json() == '{"made":[2],"empty":{"a":1},"unlike":[]}'


def test_derived_generic_and_renamed(fastdiffsync: Any) -> None:
    """Subclasses have their fields after those of the base, generics theirs, and aliases are no names in dumps."""

    def program(library: Any) -> Any:
        class Base(library.DiffSyncModel):
            _modelname = "base"
            _identifiers = ("name",)
            name: str
            size: int = 1

        class Derived(Base):
            _modelname = "derived"
            _note: str = "n"
            colour: str = "red"
            size: float = 2.0

        class Holder(library.DiffSyncModel, Generic[T]):
            _modelname = "holder"
            content: T

        records = [Derived(name="a"), Derived(name="b", size=3, colour="blue"), Holder[int](content=3)]
        records[0]._note = "m"
        return [
            (each.json(), each.dict(exclude={"adapter", "model_flags"}), each.dict(mode="json")) for each in records
        ]

    assert program(fastdiffsync) == program(diffsync)

    class Renamed(fastdiffsync.DiffSyncModel, rename="camel"):
        _modelname = "renamed"
        long_name: str

    record = Renamed(longName="x")
    assert record.json() == '{"long_name":"x"}'
    assert record.dict(include={"long_name"}) == {"long_name": "x"}
    assert record.dict(include={"longName"}) == {}


def test_nested_records(fastdiffsync: Any) -> None:
    """A record in a field is dumped by its own `dict`, overridden or not."""

    class Port(fastdiffsync.DiffSyncModel):
        _modelname = "port"
        name: str

        def dict(self, **options: Any) -> Any:
            return {**super().dict(**options), "seen": True}

    device = device_class(fastdiffsync)(name="a", value=[Port(name="p")])
    (port,) = device.dict()["value"]
    assert port["seen"] is True
    assert json.loads(device.json())["value"][0]["name"] == "p"


def test_overrides_win(fastdiffsync: Any) -> None:
    """`dict` and `json` of a class or of one record are called, and a property in place of a field is read."""

    class Device(device_class(fastdiffsync)):
        def dict(self, **options: Any) -> Any:
            return {"own": True, **super().dict(**options)}

        def json(self, **options: Any) -> str:
            return "own" + super().json(**options)

    device = Device(name="a", value=1)
    assert device.dict(include={"value"}) == {"own": True, "value": 1}
    assert device.json() == 'own{"name":"a","value":1}'
    device.dict = lambda **_: {"mine": 1}
    assert device.dict() == {"mine": 1}

    class Shouting(device_class(fastdiffsync)):
        pass

    shouting = Shouting(name="a")
    assert shouting.dict()["name"] == "a"
    Shouting.name = property(lambda _: "A")
    assert shouting.dict(include={"name", "value"}) == {"name": "A", "value": None}
    assert shouting.json() == '{"name":"A"}'


def test_the_adapter(fastdiffsync: Any) -> None:
    """The adapter is dumped where it is asked for alone."""

    class Network(fastdiffsync.Adapter):
        device = device_class(fastdiffsync)
        top_level = ["device"]  # noqa: RUF012

    network = Network()
    network.add(network.device(name="a"))
    device = network.get("device", "a")
    assert "adapter" not in device.dict()
    assert device.dict(exclude=None)["adapter"] is network
    assert device.dict(exclude={"name"}, include={"name", "adapter"}) == {"adapter": network}
    assert "adapter" not in json.loads(device.json())


def test_errors(fastdiffsync: Any) -> None:
    """What cannot be written says so, and leaves the record as it is."""
    cls = device_class(fastdiffsync)
    for value, error in ((object(), TypeError), ([object()], TypeError), (b"\xff", ValueError), ("\udc80", ValueError)):
        device = cls(name="a", value=value)
        with pytest.raises(error):
            device.json()
        with pytest.raises(error):
            device.json(indent=2)
    with pytest.raises(TypeError, match=r"Device\.dict\(\): unknown option 'by_alias'; known are include"):
        cls(name="a").dict(by_alias=True)
    with pytest.raises(TypeError, match="unknown option 'by_alias'"):
        cls(name="a").json(by_alias=True)
    with pytest.raises(ValueError, match="mode must be 'python' or 'json'"):
        cls(name="a").dict(mode="xml")
    with pytest.raises(TypeError):
        cls(name="a").dict("name")
    device = cls(name="a")
    del device.value
    for dump in (device.dict, device.json, lambda: device.dict(exclude_defaults=True)):
        with pytest.raises(AttributeError):
            dump()
    assert device.dict(exclude={"adapter", "value"})["name"] == "a"


def test_comparisons_that_change_the_record(fastdiffsync: Any) -> None:
    """A value whose comparison with the default changes the record, or the class, spoils nothing."""

    class Sly:
        def __eq__(self, other: object) -> bool:
            device.value = "x" * 100
            device.tags = [["new"]]
            type(device).later = 1
            return False

        __hash__ = None  # type: ignore[assignment]

    device = device_class(fastdiffsync, "default")(name="a", value=Sly())
    assert device.dict(exclude_defaults=True)["name"] == "a"
    device.value = Sly()
    with contextlib.suppress(TypeError):  # where it had been read before
        device.json()
    assert json.loads(device.json())["name"] == "a"


def test_many_fields(fastdiffsync: Any) -> None:
    """A class with very many fields is dumped like any other."""
    for count in (255, 300):
        fields = {f"f{number}": number for number in range(count)}
        body = {"__annotations__": dict.fromkeys(fields, int), "_modelname": "wide"}
        record = type(fastdiffsync.DiffSyncModel)("Wide", (fastdiffsync.DiffSyncModel,), body)(**fields)
        assert record.dict(exclude={"adapter", "model_flags"}) == fields
        assert json.loads(record.json()) == fields
