"""Values as MessagePack and back, without loss: what MessagePack has no type for travels in tagged extensions.

MessagePack knows None, booleans, integers of 64 bits, floats, text, bytes, lists and maps. A tuple would come back as a
list and a UUID as text; so whatever is not exactly one of those is put into an extension that says what it is. Reading
makes values of the types listed here and of the classes that the reader names, and of no others: bytes choose among
them, and cannot name a class, import a module or call a function.
"""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Ext = msgspec.msgpack.Ext

PLAIN_TYPES = frozenset({str, int, bool, type(None), bytes})
"""Types that MessagePack keeps as they are and whose equal bytes mean equal values."""

_TEXTLIKE_TYPES = PLAIN_TYPES - {int}

_BIG_INT, _TUPLE, _SET, _FROZENSET, _BYTEARRAY, _PAIRS, _DATETIME, _TIMEDELTA, _ENUM, _FLAG, _OBJECT = range(1, 12)

_AS_TEXT: dict[type, tuple[int, Callable[[Any], str], Callable[[str], Any]]] = {
    date: (20, date.isoformat, date.fromisoformat),
    uuid.UUID: (21, str, uuid.UUID),
    Decimal: (22, str, Decimal),
    ipaddress.IPv4Address: (23, str, ipaddress.IPv4Address),
    ipaddress.IPv6Address: (24, str, ipaddress.IPv6Address),
    ipaddress.IPv4Network: (25, str, ipaddress.IPv4Network),
    ipaddress.IPv6Network: (26, str, ipaddress.IPv6Network),
    ipaddress.IPv4Interface: (27, str, ipaddress.IPv4Interface),
    ipaddress.IPv6Interface: (28, str, ipaddress.IPv6Interface),
}
_TIME = 29
_FROM_TEXT = {code: parse for code, _, parse in _AS_TEXT.values()}
_CONTAINERS: dict[int, Callable[[Any], Any]] = {_TUPLE: tuple, _SET: set, _FROZENSET: frozenset, _PAIRS: dict}
_INT64 = range(-(2**63), 2**64)
_MICROSECOND = timedelta(microseconds=1)
_OWN_EQUALITY = frozenset({kind.__eq__ for kind in (object, int, str, float)})
_OWN_INEQUALITY = frozenset({kind.__ne__ for kind in (object, int, str, float)})

_encode = msgspec.msgpack.Encoder().encode


class UnsupportedValueError(ValueError):
    """A value that cannot be written so that it comes back the same."""


class ValueWriter:
    """Turns values into what MessagePack can carry.

    Attributes:
        settles: Whether equal bytes prove all values so far equal: a NaN differs from itself, and a class may have its
            own idea of equality.
    """

    def __init__(self, classes: Mapping[type, str]) -> None:
        """Prepare to write values.

        Args:
            classes: Classes of values beyond the built-in ones, and the names to write for them.
        """
        self._classes = classes
        self.settles = True

    def write(self, value: Any) -> Any:  # noqa: PLR0911 - one for each kind of value
        """Return `value` in a form that MessagePack carries.

        Raises:
            UnsupportedValueError: If the value is of a type that would not come back the same.
        """
        kind = type(value)
        if kind is str or kind is bool or value is None or kind is bytes:
            return value
        if kind is int:
            return value if value in _INT64 else _big_int(value)
        if kind is float:
            self.settles = self.settles and value == value  # noqa: PLR0124 - false for a NaN
            return value
        if kind is list:
            return value if _TEXTLIKE_TYPES.issuperset(map(type, value)) else self._each(value)
        if kind is dict:
            return self._dict(value)
        if kind is tuple:
            return Ext(_TUPLE, _encode(self._each(value)))
        return self._tagged(kind, value)

    def _each(self, values: Any) -> list[Any]:
        return [self.write(value) for value in values]

    def _dict(self, value: dict[Any, Any]) -> Any:
        if all(type(key) is str for key in value):
            return {key: self.write(item) for key, item in value.items()}
        return Ext(_PAIRS, _encode([[self.write(key), self.write(item)] for key, item in value.items()]))

    def _tagged(self, kind: type, value: Any) -> Any:
        if kind in _AS_TEXT:
            if kind is Decimal and value.is_nan():
                self.settles = False
            code, form, _ = _AS_TEXT[kind]
            return Ext(code, form(value).encode())
        if kind is datetime or kind is time:
            return Ext(_DATETIME if kind is datetime else _TIME, _encode(_clock(value)))
        if kind is timedelta:
            return Ext(_TIMEDELTA, _encode([value.days, value.seconds, value.microseconds]))
        if kind is bytearray:
            return Ext(_BYTEARRAY, bytes(value))
        if kind is set or kind is frozenset:
            return Ext(_SET if kind is set else _FROZENSET, _encode(self._each(value)))
        if kind in self._classes:
            return self._named(kind, value)
        message = f"{kind.__module__}.{kind.__qualname__}"
        raise UnsupportedValueError(message)

    def _named(self, kind: type, value: Any) -> Any:
        name = self._classes[kind]
        if issubclass(kind, enum.Enum):
            self.settles = self.settles and equals_itself(value)
            is_flag = issubclass(kind, enum.Flag)
            return Ext(_FLAG, _encode([name, value.value])) if is_flag else Ext(_ENUM, _encode([name, value.name]))
        self.settles = False
        fields = {field: self.write(getattr(value, field)) for field in object_fields(kind)}
        return Ext(_OBJECT, _encode([name, fields]))


class ValueReader:
    """Reads MessagePack that a `ValueWriter` made.

    Attributes:
        decode: A function that returns what bytes hold; any exception that it raises means that they are garbage.
    """

    def __init__(self, classes: Mapping[str, type]) -> None:
        """Prepare to read values.

        Args:
            classes: The classes that bytes may name, by name.
        """
        self._classes = classes
        self.decode = msgspec.msgpack.Decoder(ext_hook=self._untag).decode

    def _untag(self, code: int, data: memoryview) -> Any:  # noqa: PLR0911 - one for each kind of value
        payload = bytes(data)
        if code in _FROM_TEXT:
            return _FROM_TEXT[code](payload.decode())
        if code == _BIG_INT:
            return int.from_bytes(payload, "big", signed=True)
        if code == _BYTEARRAY:
            return bytearray(payload)
        values = self.decode(payload)
        if code in _CONTAINERS:
            return _CONTAINERS[code](values)
        if code in {_DATETIME, _TIME}:
            return _from_clock(datetime if code == _DATETIME else time, *values)
        if code == _TIMEDELTA:
            return timedelta(*values)
        if code in {_ENUM, _FLAG, _OBJECT}:
            name, content = values
            cls: Any = self._classes[name]
            if code == _OBJECT:
                return cls(**content)
            return cls[content] if code == _ENUM else cls(content)
        message = f"unknown extension {code}"
        raise ValueError(message)


def object_fields(cls: Any) -> tuple[str, ...]:
    """Return the names of the fields of a Struct, dataclass or named tuple that its constructor takes as keywords.

    Raises:
        TypeError: If the class is none of these, or has fields that its constructor does not take.
    """
    if isinstance(cls, type(msgspec.Struct)):
        return tuple(cls.__struct_fields__)
    if dataclasses.is_dataclass(cls):
        fields = dataclasses.fields(cls)
        if all(field.init for field in fields):
            return tuple(field.name for field in fields)
    elif isinstance(cls, type) and issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return tuple(cls._fields)
    raise TypeError(cls)


def equals_itself(member: enum.Enum) -> bool:
    """Whether a member of an enum is certainly equal to itself: not one that is a NaN, or says otherwise."""
    kind = type(member)
    has_own = kind.__eq__ in _OWN_EQUALITY and kind.__ne__ in _OWN_INEQUALITY
    return has_own and member == member  # noqa: PLR0124 - false for a NaN


def _big_int(value: int) -> Any:
    return Ext(_BIG_INT, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def _clock(value: Any) -> list[Any]:
    """Return a datetime or time as its text, its `fold`, and its time zone as far as the text does not say it.

    That is the key of a `ZoneInfo`. Of a `timezone` it is the offset in microseconds, and the name if it has one, where
    the text would lose either.
    """
    zone = value.tzinfo
    if zone is None:
        return [value.isoformat(), value.fold, None]
    if type(zone) is timezone:
        offset, *names = zone.__getinitargs__()  # type: ignore[attr-defined]  # typeshed leaves it out
        if not names and not offset.microseconds:
            return [value.isoformat(), value.fold, None]
        return [value.replace(tzinfo=None).isoformat(), value.fold, [offset // _MICROSECOND, *names]]
    if type(zone) is ZoneInfo and zone.key is not None:
        return [value.replace(tzinfo=None).isoformat(), value.fold, zone.key]
    message = f"{type(value).__name__} in a {type(zone).__module__}.{type(zone).__qualname__}; use a zoneinfo.ZoneInfo"
    raise UnsupportedValueError(message)


def _from_clock(cls: Any, text: str, fold: int, zone: str | list[Any] | None) -> Any:
    value = cls.fromisoformat(text)
    if isinstance(zone, list):
        offset, *names = zone
        return value.replace(fold=fold, tzinfo=timezone(offset * _MICROSECOND, *names))
    if zone is not None:
        return value.replace(fold=fold, tzinfo=ZoneInfo(zone))
    return value.replace(fold=fold) if fold else value
