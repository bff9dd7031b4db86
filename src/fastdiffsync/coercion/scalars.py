"""Text, bytes and numbers."""

from __future__ import annotations

import math
import operator
import re
from decimal import Decimal, InvalidOperation
from enum import Enum
from fractions import Fraction
from typing import Any, Final

from .validator import LAX, STRICT, CoercionError, Form, State, Validator

# Unicode's White_Space, which pydantic trims; `str.strip()` would trim the separators U+001C to U+001F as well.
_WHITESPACE: Final = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_INTEGER: Final = re.compile(r"([+-]?)([0-9][0-9_]*)(?:\.0+)?")
_TRUE: Final = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE: Final = frozenset({"0", "off", "f", "false", "n", "no"})
_INT64_LIMIT: Final = 2**63
_FEW_DIGITS: Final = 20


def is_number(value: object) -> bool:
    """Say whether `value` is a number of some kind: not text, but with a conversion to float."""
    return hasattr(type(value), "__float__") or hasattr(type(value), "__index__")


def as_text(value: Any) -> str | None:
    """Return the text of a str or of UTF-8 bytes, None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return str(value, "utf-8")
        except UnicodeDecodeError:
            return None
    return None


def validate_str(value: Any, state: State) -> str:
    """Take a str as it is; UTF-8 bytes and the values of enums become one. Numbers do not."""
    if isinstance(value, str):
        if type(value) is not str:
            state.lower(STRICT)
        return str.__str__(value)
    state.lower(LAX)
    if isinstance(value, (bytes, bytearray)):
        try:
            return str(value, "utf-8")
        except UnicodeDecodeError:
            pass
    elif isinstance(value, Enum):
        return str(value.value)
    msg = "str"
    raise CoercionError(msg, value)


def validate_bytes(value: Any, state: State) -> bytes:
    """Take bytes as they are; a bytearray and text, as UTF-8, become bytes."""
    if isinstance(value, bytes):
        if type(value) is not bytes:
            state.lower(STRICT)
        return value
    state.lower(LAX)
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError:
            pass
    msg = "bytes"
    raise CoercionError(msg, value)


def validate_int(value: Any, state: State) -> int:
    """Take an int as it is; numerals, numbers without a fraction and enums of either become one."""
    if isinstance(value, int):
        if type(value) is not int:
            state.lower(LAX if isinstance(value, bool) else STRICT)
        return int.__int__(value)
    state.lower(LAX)
    number: int | None = None
    text = as_text(value)
    if text is not None:
        number = _parse_int(text)
    elif isinstance(value, Decimal):
        number = int(value) if value.is_finite() and value == value.to_integral_value() else None
    elif isinstance(value, Fraction):
        number = value.numerator if value.denominator == 1 else None
    elif hasattr(type(value), "__index__"):
        number = operator.index(value)
    elif is_number(value):
        number = _whole(value)
    elif isinstance(value, Enum):
        return validate_int(value.value, state)
    if number is None:
        msg = "int"
        raise CoercionError(msg, value)
    return number


def _parse_int(text: str) -> int | None:
    if len(text) < _FEW_DIGITS and text.isascii() and text.isdigit():  # as nearly all are; it spares the rest
        return int(text)
    found = _INTEGER.fullmatch(text.strip(_WHITESPACE))
    if found is None:
        return None
    sign, digits = found.groups()
    try:
        return None if digits.endswith("_") else int(sign + (digits.lstrip("0_") or "0"))
    except ValueError:  # two underscores in a row, or more digits than the interpreter converts
        return None


def _whole(value: Any) -> int | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    # pydantic stops where floats no longer tell neighbouring integers apart by far; so does this.
    return int(number) if -_INT64_LIMIT < number < _INT64_LIMIT and number.is_integer() else None


def validate_float(value: Any, state: State) -> float:
    """Take a float as it is; ints, other numbers and numerals become one."""
    if isinstance(value, float):
        if type(value) is not float:
            state.lower(STRICT)
        return float.__float__(value)
    text = as_text(value)
    state.lower(STRICT if text is None and not isinstance(value, bool) else LAX)
    try:
        if text is not None:
            return _parse_float(text)
        if is_number(value):
            return float(value)
    except (TypeError, ValueError, OverflowError):
        pass
    msg = "float"
    raise CoercionError(msg, value)


def _parse_float(text: str) -> float:
    numeral = text.strip(_WHITESPACE)
    if "_" in text:
        if text.startswith("_") or text.endswith("_") or "__" in text:
            raise ValueError
        numeral = text.replace("_", "")
    if not numeral.isascii() or numeral != numeral.strip():
        raise ValueError
    return float(numeral)


def validate_bool(value: Any, state: State) -> bool:
    """Take a bool as it is; 0, 1 and the usual words become one."""
    if isinstance(value, bool):
        return value
    state.lower(LAX)
    text = as_text(value)
    if text is not None:
        word = text.lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
    elif is_number(value):
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if number in (0.0, 1.0):
            return number == 1.0
    msg = "bool"
    raise CoercionError(msg, value)


def validate_none(value: Any, _state: State) -> None:
    """Take None, and nothing else."""
    if value is not None:
        msg = "None"
        raise CoercionError(msg, value)


def validate_decimal(value: Any, state: State) -> Decimal:
    """Take a finite Decimal as it is; numerals, ints and floats (by their shortest form) become one."""
    number: Decimal | None = None
    if type(value) is Decimal:
        number = value
    else:
        state.lower(STRICT if isinstance(value, Decimal) else LAX)
        try:
            number = _to_decimal(value)
        except (InvalidOperation, ValueError, TypeError):
            number = None
    if number is None or not number.is_finite():
        msg = "finite Decimal"
        raise CoercionError(msg, value)
    return number


def _to_decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (str, int, Decimal, tuple)):
        return Decimal(value)
    return Decimal(str(value)) if isinstance(value, float) else None


def validate_complex(value: Any, state: State) -> complex:
    """Take a complex number as it is; other numbers and the text of one become one."""
    if isinstance(value, complex):
        state.lower(STRICT)
        return value
    state.lower(LAX)
    try:
        if isinstance(value, str) or hasattr(type(value), "__complex__") or is_number(value):
            return complex(value)
    except (TypeError, ValueError, OverflowError):
        pass
    msg = "complex"
    raise CoercionError(msg, value)


def validate_fraction(value: Any, state: State) -> Fraction:
    """Take a Fraction as it is; what its constructor knows becomes one."""
    if isinstance(value, Fraction):
        return value
    state.lower(LAX)
    try:
        return Fraction(value)
    except (TypeError, ValueError, ArithmeticError):
        msg = "Fraction"
        raise CoercionError(msg, value) from None


SCALARS: Final[dict[Any, Validator]] = {
    str: Validator(validate_str, (str,)),
    bytes: Validator(validate_bytes, (bytes,), form=Form("bytes", (bytes,))),
    int: Validator(validate_int, (int,), form=Form("int", (int,))),
    float: Validator(validate_float, (float,), form=Form("float", (float,))),
    bool: Validator(validate_bool, (bool,), form=Form("bool", (bool,))),
    None: Validator(validate_none, (type(None),)),
    type(None): Validator(validate_none, (type(None),)),
    Decimal: Validator(validate_decimal, form=Form("decimal")),  # NaN is a Decimal too
    complex: Validator(validate_complex),
    Fraction: Validator(validate_fraction, (Fraction,)),
}
