"""Two attribute values differ in a diff if and only if Python says so, whatever their types."""

from __future__ import annotations

import copy
import datetime as dt
import enum
import ipaddress
import pickle
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Role(str, enum.Enum):
    SPINE = "spine"
    LEAF = "leaf"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Loose(enum.Enum):
    """Its members are equal to each other."""

    ONE = 1
    TWO = 2

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loose)

    def __hash__(self) -> int:
        return 0


class Never(enum.Enum):
    """Its member differs from itself."""

    ONE = 1

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = enum.Enum.__hash__


class Text(str):
    __slots__ = ()


class Day(dt.date):
    """Days of one month are equal."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dt.date) and self.month == other.month

    __hash__ = dt.date.__hash__


class Identity(uuid.UUID):
    """Equal to nothing."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = uuid.UUID.__hash__


ZONES = st.sampled_from(
    [
        None,
        dt.timezone.utc,
        dt.timezone(dt.timedelta(0)),
        dt.timezone(dt.timedelta(hours=2)),
        dt.timezone(dt.timedelta(hours=2), "CEST"),
    ]
)
NUMBERS = st.one_of(
    st.integers(-2, 2),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.decimals(places=1, min_value=-2, max_value=2),
    st.sampled_from([Decimal(1), Decimal("1.0"), Decimal("1.00"), Decimal("-0"), Decimal(0), Decimal("NaN")]),
    st.sampled_from([Decimal("Infinity"), Decimal("-Infinity"), Decimal(10) ** 40, Decimal("1e40"), 10**40]),
)
TIMES = st.one_of(
    st.dates(dt.date(2024, 1, 1), dt.date(2024, 3, 1)),
    st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2), timezones=ZONES),  # noqa: DTZ001
    st.datetimes().map(lambda value: value.replace(fold=1)),
    st.times(timezones=ZONES),
    st.timedeltas(dt.timedelta(-2), dt.timedelta(2)),
    st.dates(dt.date(2024, 1, 1), dt.date(2024, 1, 9)).map(lambda day: Day(day.year, day.month, day.day)),
)
NETWORKS = st.one_of(
    st.builds(lambda number, bits: ipaddress.IPv4Network((number << 8, bits)), st.integers(0, 1), st.integers(24, 32)),
    st.builds(lambda number, bits: ipaddress.IPv4Interface((number, bits)), st.integers(0, 2), st.integers(30, 32)),
    st.builds(
        lambda number, bits: ipaddress.IPv6Network((number << 8, bits)), st.integers(0, 1), st.integers(120, 128)
    ),
    st.builds(lambda number, bits: ipaddress.IPv6Interface((number, bits)), st.integers(0, 2), st.integers(126, 128)),
    st.sampled_from([ipaddress.ip_interface("fe80::1%a/64"), ipaddress.ip_interface("fe80::1%b/64")]),
)
SINGLES = st.one_of(
    st.none(),
    st.text("ab_é", max_size=3),
    st.text("ab", max_size=2).map(Text),
    st.binary(max_size=2),
    NUMBERS,
    TIMES,
    st.sampled_from([*Color, *Role, *Level, *Access, Access.READ | Access.WRITE, *Loose, *Never, "spine", "red", 1, 2]),
    st.integers(0, 3).map(lambda number: uuid.UUID(int=number)),
    st.integers(0, 2).map(lambda number: Identity(int=number)),
    st.integers(0, 3).map(ipaddress.IPv4Address),
    st.integers(0, 3).map(ipaddress.IPv6Address),
    st.sampled_from([ipaddress.ip_address("fe80::1%a"), ipaddress.ip_address("fe80::1%b")]),
    NETWORKS,
    # Some have a dict of their attributes, once somebody has looked at it or they have cached a value.
    NETWORKS.map(lambda network: vars(network) and network),
)
HASHABLE = st.one_of(st.text("ab", max_size=2), st.integers(0, 3), st.integers(0, 2).map(lambda n: uuid.UUID(int=n)))
VALUES = st.recursive(
    SINGLES,
    lambda values: st.one_of(
        st.lists(values, max_size=3),
        st.lists(values, max_size=3).map(tuple),
        st.sets(HASHABLE, max_size=4),
        st.frozensets(HASHABLE, max_size=4),
        st.dictionaries(HASHABLE, values, max_size=3),
    ),
    max_leaves=6,
)


def _reordered(value: Any) -> Any:
    """Return an equal value whose containers were filled in another order."""
    if type(value) is dict:
        return {key: _reordered(value[key]) for key in reversed(list(value))}
    if type(value) in {set, frozenset}:
        return type(value)(sorted(value, key=repr, reverse=True))
    if type(value) in {list, tuple}:
        return type(value)(map(_reordered, value))
    return value


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """Draw two values: unrelated, or the same, or equal copies of each other in most cases."""
    value = draw(VALUES)
    how = draw(st.sampled_from(["same", "copy", "pickle", "reorder", "other"]))
    if how == "copy":
        return value, copy.deepcopy(value)
    if how == "pickle":
        return value, pickle.loads(pickle.dumps(value))
    if how == "reorder":
        return value, _reordered(value)
    return value, (value if how == "same" else draw(VALUES))


def _diff_of(library: Any, values: list[tuple[Any, Any]]) -> Any:
    """Return the diff of two datasets whose records have these pairs of values."""

    class Item(library.DiffSyncModel):  # type: ignore[misc]
        _modelname = "item"
        _identifiers = ("number",)
        _attributes = ("first", "value")
        number: int
        first: str = "x"
        value: Any

    class Data(library.Adapter):  # type: ignore[misc]
        item = Item
        top_level = ("item",)

    source, dest = Data("source"), Data("dest")
    for number, (value, other) in enumerate(values):
        source.add(Item(number=number, value=value))
        dest.add(Item(number=number, value=other))
    return dest.diff_from(source)


@given(pairs=st.lists(pairs(), min_size=1, max_size=6))
@example(pairs=[(Decimal("1.0"), Decimal(1))])
@example(pairs=[([float("nan")], [float("nan")])])
@example(pairs=[(1, True), (1.0, 1), ("", b"")])
def test_values_differ_as_python_says(fastdiffsync: Any, pairs: list[tuple[Any, Any]]) -> None:
    """The elements with an action are those of whose two values `!=` is true."""
    differing = [number for number, (value, other) in enumerate(pairs) if value != other]
    diff = _diff_of(fastdiffsync, pairs)
    assert [element.keys["number"] for element in diff.get_children() if element.action] == differing
    assert diff.summary()["update"] == len(differing)


def test_signalling_nan(fastdiffsync: Any) -> None:
    """A value that refuses to be compared raises in the diff, as it does in Python."""
    with pytest.raises(ArithmeticError):
        _diff_of(fastdiffsync, [(Decimal("sNaN"), Decimal(1))])


def test_equality_that_is_replaced(fastdiffsync: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever replaces how UUIDs or addresses are compared is heard, and no longer when it is put back."""
    makers = (ipaddress.IPv4Address, ipaddress.IPv4Network, ipaddress.IPv4Interface)
    same = [(uuid.UUID(int=1), uuid.UUID(int=1)), *((make(1), make(1)) for make in makers)]
    assert not _diff_of(fastdiffsync, same).has_diffs()
    with monkeypatch.context() as patch:
        patch.setattr(uuid.UUID, "__eq__", lambda _self, _other: False)
        patch.setattr(ipaddress.IPv4Address, "__eq__", lambda _self, _other: False)
        assert _diff_of(fastdiffsync, same).summary()["update"] == len(same)
    assert not _diff_of(fastdiffsync, same).has_diffs()
