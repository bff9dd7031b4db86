"""Dates, times and durations."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Final

from .scalars import as_text, is_number
from .validator import LAX, CoercionError, Form, State, Validator

_DATE: Final = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME: Final = (
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    "(?P<offset>[Zz]|[+\u2212-][0-9]{2}:?[0-9]{2})?"
)
_DATE_ONLY: Final = re.compile(_DATE)
_TIME_ONLY: Final = re.compile(_TIME)
_DATE_TIME: Final = re.compile(f"{_DATE}[Tt _]{_TIME}")
_TIMESTAMP: Final = re.compile(r"([+-]?)(?:0*([0-9]{1,19})|((?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))")
# Only the last number may have a fraction.
_ISO_DURATION: Final = re.compile(r"([+-]?)P((?:[0-9]+[YMWD])*)(T(?:[0-9]+[HMS])*)?(?:([0-9]+)[.,]([0-9]*)([YMWDHS]))?")
_ISO_PART: Final = re.compile(r"([0-9]+)([A-Z])")
_DATE_UNITS: Final = {"Y": 365 * 86400, "M": 30 * 86400, "W": 7 * 86400, "D": 86400}
_TIME_UNITS: Final = {"H": 3600, "M": 60, "S": 1}
_CLOCK_DURATION: Final = re.compile(
    r"([+-]?)(?:([0-9]+) ?[dD](?:ays?|AYS?)?,? ?)?"
    r"(?:([0-9]*):([0-5][0-9])(?::([0-5][0-9])(?:[.,]([0-9]+))?)?)?"
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_INT64_LIMIT: Final = 2**63
# A timestamp beyond this many seconds (the year 2603) is taken for milliseconds, as pydantic does.
_MILLISECONDS_BEYOND: Final = 20_000_000_000
_SECONDS_A_DAY: Final = 86400
_HOURS_A_DAY: Final = 24
_ISO_SECONDS_LIMIT: Final = 2**32
_MICROSECONDS: Final = 1_000_000


def validate_datetime(value: Any, state: State) -> datetime:
    """Take a datetime as it is; ISO 8601 text, Unix timestamps (UTC) and dates become one."""
    if isinstance(value, datetime):
        return value
    state.lower(LAX)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a date knows no zone
    moment = _to_datetime(value)
    if moment is None:
        msg = "datetime"
        raise CoercionError(msg, value)
    return moment


def validate_date(value: Any, state: State) -> date:
    """Take a date as it is; ISO 8601 text, Unix timestamps and datetimes become one if their time is midnight."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    state.lower(LAX)
    moment = value if isinstance(value, datetime) else _to_datetime(value)
    if moment is None or moment.time() != time():
        msg = "date"
        raise CoercionError(msg, value)
    return moment.date()


def validate_time(value: Any, state: State) -> time:
    """Take a time as it is; ISO 8601 text and seconds since midnight (UTC) become one."""
    if isinstance(value, time):
        return value
    state.lower(LAX)
    result: time | None = None
    text = as_text(value)
    try:
        if text is not None:
            found = _TIME_ONLY.fullmatch(text)
            result = _time_of(found) if found else None
        elif is_number(value) and not isinstance(value, bool) and float(value) >= 0:
            seconds, microseconds = _split(value)
            if seconds < _SECONDS_A_DAY:
                result = (_EPOCH + timedelta(seconds=seconds, microseconds=microseconds)).timetz()
    except (ValueError, TypeError, ArithmeticError):
        result = None
    if result is None:
        msg = "time"
        raise CoercionError(msg, value)
    return result


def validate_timedelta(value: Any, state: State) -> timedelta:
    """Take a timedelta as it is; ISO 8601 durations, `3 days, 04:05:06` and numbers of seconds become one."""
    if isinstance(value, timedelta):
        return value
    state.lower(LAX)
    result: timedelta | None = None
    text = as_text(value)
    try:
        if text is not None:
            result = _parse_duration(text)
        elif is_number(value):
            # Half a microsecond is rounded away from zero, as pydantic has the sign apart from the number.
            number = value if isinstance(value, int) else float(value)
            seconds, microseconds = _split(abs(number))
            result = timedelta(seconds=seconds, microseconds=microseconds)
            result = -result if number < 0 else result
    except (ValueError, TypeError, ArithmeticError):
        result = None
    if result is None:
        msg = "timedelta"
        raise CoercionError(msg, value)
    return result


def _to_datetime(value: Any) -> datetime | None:
    text = as_text(value)
    try:
        if text is not None:
            return _parse_datetime(text)
        if is_number(value) and not isinstance(value, bool):
            return _from_timestamp(value)
    except (ValueError, TypeError, ArithmeticError):
        pass
    return None


def _parse_datetime(text: str) -> datetime | None:
    found = _DATE_TIME.fullmatch(text)
    if found:
        return datetime.combine(_date_of(found), _time_of(found))
    found = _DATE_ONLY.fullmatch(text)
    if found:
        return datetime.combine(_date_of(found), time())
    found = _TIMESTAMP.fullmatch(text)
    if found:
        sign, whole, decimal = found.groups()
        return _from_timestamp(int(sign + whole) if whole else float(sign + decimal))
    return None


def _date_of(found: re.Match[str]) -> date:
    return date(int(found["year"]), int(found["month"]), int(found["day"]))


def _time_of(found: re.Match[str]) -> time:
    return time(
        int(found["hour"]),
        int(found["minute"]),
        int(found["second"] or 0),
        _microseconds(found["fraction"]),
        _zone(found["offset"]),
    )


def _zone(offset: str | None) -> timezone | None:
    if offset is None:
        return None
    if offset in "Zz":
        return timezone.utc
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if minutes > 59:  # noqa: PLR2004
        raise ValueError
    distance = timedelta(hours=hours, minutes=minutes)
    if not distance:
        return timezone.utc
    return timezone(distance if offset[0] == "+" else -distance)


def _split(value: Any) -> tuple[int, int]:
    """Return the whole seconds and the microseconds, half of one rounded up, of a number of seconds."""
    if isinstance(value, int):
        if not -_INT64_LIMIT <= value < _INT64_LIMIT:
            raise OverflowError
        return int(value), 0
    number = float(value)
    seconds = math.floor(number)
    microseconds = math.floor((number - seconds) * _MICROSECONDS + 0.5)
    return seconds + microseconds // _MICROSECONDS, microseconds % _MICROSECONDS


def _from_timestamp(value: Any) -> datetime:
    seconds, microseconds = _split(value)
    if abs(seconds) > _MILLISECONDS_BEYOND:
        seconds, milliseconds = divmod(seconds, 1000)
        microseconds = milliseconds * 1000 + (microseconds + 500) // 1000
    return _EPOCH + timedelta(seconds=seconds, microseconds=microseconds)


def _parse_duration(text: str) -> timedelta | None:
    if text.count("T") == 1:
        text = text.removesuffix("T")  # a mark that no time follows
    found = _ISO_DURATION.fullmatch(text)
    if found:
        duration = _iso_duration(found)
    else:
        found = _CLOCK_DURATION.fullmatch(text)
        duration = _clock_duration(found) if found else None
    if found and duration is not None and found[1] == "-":
        return -duration
    return duration


def _iso_duration(found: re.Match[str]) -> timedelta | None:
    _sign, dates, times, whole, fraction, unit = found.groups()
    days = [int(number) * _DATE_UNITS[name] for number, name in _ISO_PART.findall(dates)]
    seconds = [int(number) * _TIME_UNITS[name] for number, name in _ISO_PART.findall(times or "")]
    microseconds = 0
    if unit:
        parts, units = (seconds, _TIME_UNITS) if times else (days, _DATE_UNITS)
        if unit not in units:
            return None
        parts.append(int(whole) * units[unit])
        microseconds = math.floor(float(f"0.{fraction or 0}") * units[unit] * _MICROSECONDS + 0.5)
    if not (days or seconds) or sum(seconds) >= _ISO_SECONDS_LIMIT:
        return None
    return timedelta(seconds=sum(days) + sum(seconds), microseconds=microseconds)


def _clock_duration(found: re.Match[str]) -> timedelta | None:
    _sign, days, hours, minutes, seconds, fraction = found.groups()
    if minutes is None:
        return None if days is None else timedelta(days=int(days))
    if seconds is None and len(hours) < len("HH"):  # "1:30" might be minutes; "1:30:00" is how Python writes it
        return None
    if days is not None and int(hours or 0) >= _HOURS_A_DAY:
        return None
    return timedelta(
        days=int(days or 0),
        hours=int(hours or 0),
        minutes=int(minutes),
        seconds=int(seconds or 0),
        microseconds=_microseconds(fraction),
    )


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))


TEMPORAL: Final[dict[Any, Validator]] = {
    datetime: Validator(validate_datetime, (datetime,), form=Form("datetime", (datetime,))),
    date: Validator(validate_date, (date,), form=Form("date", (date,))),
    time: Validator(validate_time, (time,), form=Form("time", (time,))),
    timedelta: Validator(validate_timedelta, (timedelta,), form=Form("timedelta", (timedelta,))),
}
