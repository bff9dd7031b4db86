"""Records as plain data: what `dict()`, `json()` and `get_attrs()` hand out, as pydantic's `model_dump` would."""

from __future__ import annotations

import enum
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ..schema import field_defaults, schema_of
from .copies import as_data

if TYPE_CHECKING:
    from collections.abc import Collection


DAYS_OF_A_YEAR = 365
"""Days that pydantic writes as a year."""

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
        if (exclude_none and value is None) or (exclude_defaults and _is_default(value, defaults.get(name))):
            continue
        result[name] = as_data(value)
    if mode == "json":
        result = msgspec.to_builtins(_with_text(result), enc_hook=_encode_other, str_keys=True)
    return result


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
    encoded = msgspec.json.encode(_with_text(dump_fields(model, **options)), enc_hook=_encode_other)
    if indent is not None:
        encoded = msgspec.json.format(encoded, indent=indent)
    return encoded.decode()


def _is_default(value: Any, default: Any) -> bool:
    factory = getattr(default, "factory", None)
    if factory is not None and type(default).__module__.startswith("msgspec"):
        default = factory()
    return default is not msgspec.NODEFAULT and bool(value == default)


def _with_text(value: Any) -> Any:
    """Return plain data with bytes and timedeltas as the text that pydantic writes, where msgspec writes another."""
    if isinstance(value, (bytes, bytearray)):
        return value.decode()
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, dict):
        return {_with_text(key): _with_text(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return [_with_text(item) for item in value]
    return value


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


def _encode_other(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (set, frozenset, deque)):
        return list(value)
    if hasattr(value, "__fspath__"):
        return value.__fspath__()
    if type(value).__module__ == "ipaddress":
        return str(value)
    message = f"a value of type {type(value).__name__} cannot be written as JSON: {value!r}"
    raise TypeError(message)
