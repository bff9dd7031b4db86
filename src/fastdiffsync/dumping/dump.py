"""Records as plain data: what `dict()`, `json()` and `get_attrs()` hand out, as pydantic's `model_dump` would."""

from __future__ import annotations

import enum
from collections import deque
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ..schema import field_defaults, schema_of
from .copies import SCALARS, as_data

if TYPE_CHECKING:
    from collections.abc import Collection


DAYS_OF_A_YEAR = 365
"""Days that pydantic writes as a year."""

_PLAIN = SCALARS - {bytes}
_OPTIONS = "include, exclude, exclude_defaults, exclude_none, mode"


def dump_fields(  # noqa: PLR0913 - the options of pydantic's model_dump
    model: Any,
    *,
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
    exclude_defaults: bool = False,
    exclude_none: bool = False,
    mode: str = "python",
    **unknown: Any,
) -> dict[str, Any]:
    """Return the visible fields of a record as a dict, in field order.

    Args:
        model: A `DiffSyncModel`.
        include: Names of the only fields to return; None for all.
        exclude: Names of fields to leave out.
        exclude_defaults: Whether to leave out values equal to their field's default.
        exclude_none: Whether to leave out fields that are None.
        mode: "python" keeps values such as enums and datetimes, "json" turns them into what JSON knows.
        **unknown: Any other keyword is an error.

    Raises:
        TypeError: For an unknown keyword, or in mode "json" for a value that JSON cannot carry.
        ValueError: For an unknown mode, or in mode "json" for bytes that are no UTF-8 text.
    """
    if unknown:
        message = f"{type(model).__name__}.dict(): unknown option {min(unknown)!r}; known are {_OPTIONS}"
        raise TypeError(message)
    if mode not in {"python", "json"}:
        message = f"mode must be 'python' or 'json', not {mode!r}"
        raise ValueError(message)
    cls = type(model)
    defaults = field_defaults(cls) if exclude_defaults else {}
    result: dict[str, Any] = {}
    for name in schema_of(cls).fields:
        if (include is not None and name not in include) or (exclude is not None and name in exclude):
            continue
        value = getattr(model, name)
        if (exclude_none and value is None) or (exclude_defaults and is_default(value, defaults.get(name))):
            continue
        result[name] = as_data(value)
    return as_builtins(result) if mode == "json" else result


def dump_json(model: Any, *, indent: int | None = None, **options: Any) -> str:
    """Return the visible fields of a record as a JSON object; the options are those of `dump_fields`.

    Args:
        model: A `DiffSyncModel`.
        indent: Number of spaces for each level of a formatted text; None for a compact one.
        **options: Passed to `dump_fields`.

    Raises:
        TypeError: For an unknown option or a value that JSON cannot carry.
        ValueError: For bytes that are no UTF-8 text.
    """
    encoded = encode(with_text(dump_fields(model, **options)))
    return (encoded if indent is None else msgspec.json.format(bytes(encoded), indent=indent)).decode()


def factory_of(default: Any) -> Any:
    """Return what makes a field's default for each record; None if the default is a value, or there is none."""
    return getattr(default, "factory", None) if type(default).__module__.startswith("msgspec") else None


def is_default(value: Any, default: Any) -> bool:
    """Whether a value equals its field's default, as `field_defaults` has it."""
    factory = factory_of(default)
    if factory is not None:
        default = factory()
    return default is not msgspec.NODEFAULT and bool(value == default)


def as_builtins(data: Any) -> Any:
    """Return plain data as what JSON knows.

    Raises:
        TypeError: For a value that JSON cannot carry.
        ValueError: For bytes that are no UTF-8 text.
    """
    return msgspec.to_builtins(with_text(data), enc_hook=_encode_other, str_keys=True)


def with_text(value: Any) -> Any:
    """Return plain data with bytes and timedeltas as the text that pydantic writes, where msgspec writes another.

    Raises:
        ValueError: For bytes that are no UTF-8 text.
    """
    kind = type(value)
    if kind in _PLAIN or (kind in {list, dict} and _holds_plain(value)):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode()
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, dict):
        return {with_text(key): with_text(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return [with_text(item) for item in value]
    return value


def _holds_plain(value: Any) -> bool:
    """Whether a list or dict is one of scalars that JSON knows."""
    return _PLAIN.issuperset(map(type, value)) and (type(value) is list or _PLAIN.issuperset(map(type, value.values())))


def _duration(value: timedelta) -> str:
    """Return a time span as pydantic writes it in ISO 8601, with years of 365 days; msgspec knows days and seconds."""
    span = abs(value)
    years, days = divmod(span.days, DAYS_OF_A_YEAR)
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{span.microseconds:06}".rstrip("0") if span.microseconds else ""
    date_parts = _designated((years, "Y"), (days, "D"))
    time_parts = _designated((hours, "H"), (minutes, "M"))
    if seconds or fraction or not (date_parts or time_parts):
        time_parts += f"{seconds}{fraction}S"
    return f"{'-' if value.days < 0 else ''}P{date_parts}{'T' if time_parts else ''}{time_parts}"


def _designated(*parts: tuple[int, str]) -> str:
    return "".join(f"{number}{designator}" for number, designator in parts if number)


_OF_SUBCLASSES: tuple[tuple[type, Any], ...] = (
    *((str, str.__str__), (int, int.__int__), (float, float.__float__)),
    (datetime, lambda value: datetime.combine(date(value.year, value.month, value.day), _time_of(value), value.tzinfo)),
    (date, lambda value: date(value.year, value.month, value.day)),
    (time, lambda value: _time_of(value, value.tzinfo)),
)
"""What makes a value of a builtin type of one of a subclass, whatever methods that has."""


def _time_of(value: Any, zone: Any = None) -> time:
    return time(value.hour, value.minute, value.second, value.microsecond, zone)


def _encode_other(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (set, frozenset, deque)):
        return list(value)
    for kind, as_kind in _OF_SUBCLASSES:
        if isinstance(value, kind):
            return as_kind(value)
    if hasattr(value, "__fspath__"):
        return value.__fspath__()
    if any(base.__module__ in {"decimal", "ipaddress", "uuid"} for base in type(value).__mro__):
        return str(value)
    message = f"a value of type {type(value).__name__} cannot be written as JSON: {value!r}"
    raise TypeError(message)


_encode_into = msgspec.json.Encoder(enc_hook=_encode_other).encode_into


def encode(data: Any) -> bytearray:
    """Return plain data that `with_text` has been through as JSON.

    Raises:
        TypeError: For a value that JSON cannot carry.
    """
    encoded = bytearray(512)  # it is cut to what is written
    _encode_into(data, encoded)  # msgspec's `encode` itself crashes where memory for more than 512 bytes is refused
    return encoded
