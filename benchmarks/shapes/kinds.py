"""Kinds of values: how an attribute of each is declared, what its values are, and how a file would spell them."""

# ruff: noqa: DTZ001 - naive times are a kind of their own

from __future__ import annotations

import enum
import sys
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import TYPE_CHECKING, Any, NamedTuple

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # the other one's keys pydantic cannot read

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN, BEHIND_A_POINTER, DECIMAL, CONTAINER = 250, 150, 120, 100
"""How many times diffsync's speed a diff of each sort of kinds has to have."""


class State(enum.Enum):
    """An Enum as users write it."""

    ACTIVE = "active"
    PLANNED = "planned"
    RETIRED = "retired"


class Mode(str, enum.Enum):
    """An Enum whose members are strings."""

    ACCESS = "access"
    TAGGED = "tagged"
    ALL = "tagged-all"


class Contract(TypedDict):
    """A dict whose keys have types of their own."""

    number: int
    since: date
    price: Decimal


class Kind(NamedTuple):
    """A type of values."""

    annotation: Any
    value: Callable[[int], Any]
    """Makes the value of a number, a new object wherever the type has more than a few; the next number's differs."""

    mark: int = PLAIN
    has_text: bool = True
    """Whether there is another way to spell the values than the values themselves."""


_STATES, _MODES = tuple(State), tuple(Mode)
_SOME_DAY = datetime(2020, 1, 1)
_SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""Odd, and near the golden ratio of 2**128: multiples of it are spread over all numbers of 128 bits."""


def _text(number: int) -> str:
    return f"value {number} of a record"


def _moment(number: int) -> datetime:
    return _SOME_DAY + timedelta(seconds=61 * number, microseconds=number)


def _day(number: int) -> date:
    return date.fromordinal(700_000 + number)


def _uuid(number: int) -> uuid.UUID:
    return uuid.UUID(int=number * _SPREAD & (1 << 128) - 1)


def _decimal(number: int) -> Decimal:
    return Decimal(number * 101 + 12_345).scaleb(-2)


def _contract(number: int) -> dict[str, Any]:
    return {"number": 1000 + number, "since": _day(number), "price": _decimal(number)}


def _texts(number: int) -> list[str]:
    return [_text(number), _text(number + 1_000_003)]


def _named(number: int) -> dict[str, str]:
    return {"first": _text(number), "second": _text(number + 1_000_003)}


SCALARS = {
    "str": Kind(str, _text, has_text=False),
    "int": Kind(int, lambda number: 1000 + number),
    "float": Kind(float, lambda number: 0.5 + number / 7),
    "bool": Kind(bool, lambda number: number % 2 == 0),
    "None": Kind(str | None, lambda _: None, has_text=False),
    "bytes": Kind(bytes, lambda number: b"value %d of a record" % number),
    "date": Kind(date, _day),
    "datetime": Kind(datetime, _moment),
    "datetime with a time zone": Kind(datetime, lambda number: _moment(number).replace(tzinfo=timezone.utc)),
    "time": Kind(time, lambda number: _moment(number).time()),
    "timedelta": Kind(timedelta, lambda number: timedelta(seconds=61 * number, microseconds=number)),
    "Enum": Kind(State, lambda number: _STATES[number % 3]),
    "str-Enum": Kind(Mode, lambda number: _MODES[number % 3]),
    "UUID": Kind(uuid.UUID, _uuid, BEHIND_A_POINTER),
    "IPv4Address": Kind(IPv4Address, lambda number: IPv4Address(0x0A000000 + number), BEHIND_A_POINTER),
    "IPv6Address": Kind(IPv6Address, lambda number: IPv6Address((0xFD << 120) + number), BEHIND_A_POINTER),
    "IPv4Network": Kind(IPv4Network, lambda number: IPv4Network(((number & 0xFFFFFF) << 8, 24)), BEHIND_A_POINTER),
    "Decimal": Kind(Decimal, _decimal, DECIMAL),
}

CONTAINERS = {
    "list[str]": Kind(list[str], _texts, CONTAINER, has_text=False),
    "tuple[str, ...]": Kind(tuple[str, ...], lambda number: tuple(_texts(number)), CONTAINER),
    "set[str]": Kind(set[str], lambda number: set(_texts(number)), CONTAINER),
    "frozenset[str]": Kind(frozenset[str], lambda number: frozenset(_texts(number)), CONTAINER),
    "dict[str, str]": Kind(dict[str, str], _named, CONTAINER, has_text=False),
    "list[dict]": Kind(list[dict], lambda number: [_named(number)], CONTAINER, has_text=False),
    "nested": Kind(
        dict[str, list[dict[str, list[int]]]],
        lambda number: {"ports": [{"vlans": [1000 + number, 1001 + number]}, {"vlans": []}]},
        CONTAINER,
    ),
    "list[int]": Kind(list[int], lambda number: [1000 + number, 2000 + number], CONTAINER),
    "set[date]": Kind(set[date], lambda number: {_day(number), _day(number + 7)}, CONTAINER),
    "dict[str, Decimal]": Kind(
        dict[str, Decimal], lambda number: {"net": _decimal(number), "gross": _decimal(number + 7)}, CONTAINER
    ),
    "TypedDict": Kind(Contract, _contract, CONTAINER),
    "list[TypedDict]": Kind(list[Contract], lambda number: [_contract(number)], CONTAINER),
}

KINDS = {**SCALARS, **CONTAINERS}


def as_text(value: Any) -> Any:
    """Return the value as a CSV or JSON file would spell it."""
    for types, spell in _SPELLINGS:
        if isinstance(value, types):
            return spell(value)
    return str(value)


def _duration(value: timedelta) -> str:
    return f"P{value.days}DT{value.seconds}.{value.microseconds:06d}S"


_SPELLINGS: list[tuple[Any, Callable[[Any], Any]]] = [
    (dict, lambda value: {key: as_text(item) for key, item in value.items()}),
    ((list, tuple, set, frozenset), lambda value: [as_text(item) for item in value]),
    (enum.Enum, lambda value: value.value),
    (bool, lambda value: "true" if value else "false"),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, _duration),
    (bytes, bytes.decode),
    (type(None), lambda value: value),
]
"""How types are spelled, where not as `str` does; the first that fits counts."""
