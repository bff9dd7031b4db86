"""The values that records are drawn with."""

from __future__ import annotations

import enum
import ipaddress
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

NAN = float("nan")
LATE = datetime(2024, 10, 27, 2, 30)  # noqa: DTZ001 - in many zones it comes twice
EAST, EAST_AGAIN = timezone(timedelta(hours=2)), timezone(timedelta(minutes=120), "east")


class Colour(enum.Enum):
    """Members that are equal to themselves alone."""

    RED = 1
    BLUE = "blue"


class Level(str, enum.Enum):
    """Members that are texts too."""

    LOW = "low"
    HIGH = "high"


class Loose(enum.Enum):
    """Members with an equality of their own: all are equal."""

    ONE = 1
    TWO = 2

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loose)

    def __hash__(self) -> int:
        return 1


class Name(str):
    """A text of another class."""

    __slots__ = ()


class Day(date):
    """A date of another class."""


class Moment(datetime):
    """A datetime of another class."""


class Price(Decimal):
    """A decimal of another class."""


def _address(last: int) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(0x0A000000 + last)


SCALARS = (
    *(None, True, False, 0, 1, 2, 1.0, 0.5, NAN, -0.0, "", "a", "1", "b__c", "\u00e9\n", b"a", 2**70),
    *(Decimal("NaN"), Decimal("1.0"), Decimal(1), Name("a"), Level.LOW, Colour.RED, Loose.ONE),
    *(Moment(2024, 10, 27, 2, 30, 0, 5), Moment(2024, 10, 27, tzinfo=timezone.utc)),
    *(
        LATE,
        LATE.replace(fold=1),
        LATE.replace(tzinfo=EAST),
        LATE.date(),
        Day(2024, 10, 27),
        UUID(int=1),
        Price("1.0"),
        _address(1),
    ),
)
CONTAINERS = (
    [],
    [1],
    [1, 2],
    [True],
    [NAN],
    [Decimal("NaN")],
    {},
    {"a": 1},
    {"a": 1.0},
    {"b": [1, {"c": None}]},
    (1, 2),
    {1, 2},
    frozenset({1, 2}),
    [[1], {"a": []}],
    [LATE],
    [LATE.replace(fold=1)],
    (_address(1), UUID(int=1)),
    {"a": Decimal("1.0")},
)

VALUES = {
    "any": st.sampled_from(SCALARS + CONTAINERS),
    "str": st.sampled_from(("", "a", "b", "1", "b__c", "\u00e9")),
    "int": st.sampled_from((0, 1, 2, 1500, 2**70)),
    "float": st.sampled_from((0.0, 1.0, 0.5, NAN, float("inf"))),
    "bool": st.booleans(),
    "optional": st.sampled_from((None, "a", "")),
    "list": st.sampled_from(([], [1], [1, 2], [2, 1])),
    "dict": st.sampled_from(({}, {"a": 1}, {"a": 1.0}, {"b": [1, {"c": None}]})),
    "bytes": st.sampled_from((b"", b"a", b"b")),
    "date": st.sampled_from((date(2024, 2, 29), date(1, 1, 1), date(2024, 3, 1))),
    "datetime": st.sampled_from(
        (
            *(LATE, LATE.replace(fold=1), LATE.replace(tzinfo=EAST), LATE.replace(tzinfo=EAST_AGAIN)),
            *(LATE.replace(hour=0, tzinfo=timezone.utc), LATE.replace(hour=0, minute=30, tzinfo=timezone.utc)),
        )
    ),
    "time": st.sampled_from((time(2, 30), time(2, 30, fold=1), time(2, 30, tzinfo=EAST), time(2, 30, 0, 1))),
    "timedelta": st.sampled_from(
        (timedelta(), timedelta(days=-1), timedelta(seconds=1), timedelta(400, 3723, 50), timedelta(microseconds=-1))
    ),
    "decimal": st.sampled_from((Decimal(0), Decimal("-0"), Decimal(1), Decimal("1.0"), Decimal("1e30"))),
    "uuid": st.sampled_from((UUID(int=0), UUID(int=1), UUID(int=2**127))),
    "ipv4": st.sampled_from((_address(1), _address(2))),
    "ipv6": st.sampled_from((ipaddress.IPv6Address("fe80::1"), ipaddress.IPv6Address("fe80::1%a"))),
    "network": st.sampled_from((ipaddress.IPv4Network("10.0.0.0/8"), ipaddress.IPv4Network("10.0.0.0/9"))),
    "interface": st.sampled_from((ipaddress.IPv4Interface("10.0.0.1/8"), ipaddress.IPv4Interface("10.0.0.1/9"))),
    "enum": st.sampled_from(tuple(Colour)),
    "str_enum": st.sampled_from(tuple(Level)),
    "loose_enum": st.sampled_from(tuple(Loose)),
    "texts": st.sampled_from(([], ["a"], ["a", "b"], ["b", "a"], ["\u00e9"])),
    "tuple": st.sampled_from(((), ("a",), ("a", "b"), ("b", "a"))),
    "set": st.sampled_from((set(), {"a"}, {"b"})),
    "frozenset": st.sampled_from((frozenset(), frozenset({1}), frozenset({1, 2}))),
    "dates_by_name": st.sampled_from(({}, {"a": [LATE.date()]}, {"a": []}, {"a": [LATE.date(), date(1, 1, 1)]})),
}
"""Values of each kind; `build.ANNOTATIONS` has what they are annotated with."""

ATTRIBUTE_KINDS = st.sampled_from(("any",) * 4 + ("str", "int") * 3 + tuple(VALUES))
IDENTITIES: dict[str, Any] = {
    "int": int,
    "date": lambda number: date(2024, 1, 1 + number),
    "uuid": lambda number: UUID(int=number),
    "ipv4": _address,
    "decimal": Decimal,
}
"""What makes an identifier of a number; those of other kinds are texts."""

ODD_IDENTIFIERS = st.sampled_from(
    ("a", "a__b", "b__c", "c", "", "1", 1, 2, True, 1.0, Decimal(1), None, "None", NAN, "nan", "\u00e9")
)


def rarely(often: Any, *seldom: Any, weight: int = 8) -> st.SearchStrategy[Any]:
    """Draw `often`, or once in a while one of `seldom`."""
    return st.sampled_from((often,) * weight + seldom)
