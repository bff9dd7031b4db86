"""Bounds on a value that stand in `Annotated`: msgspec's `Meta`, and the words of `annotated_types`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from ..classes.refusals import refuse_metadata
from .validator import CoercionError, State, Validator

_TOLERANCE: Final = 1e-9

Check = Callable[[Any], bool]

_BOUNDS: Final[dict[str, Callable[[Any], Check]]] = {
    "gt": lambda bound: lambda value: bool(value > bound),
    "ge": lambda bound: lambda value: bool(value >= bound),
    "lt": lambda bound: lambda value: bool(value < bound),
    "le": lambda bound: lambda value: bool(value <= bound),
    "multiple_of": lambda bound: lambda value: _is_multiple(value, bound),
    "min_length": lambda bound: lambda value: len(value) >= bound,
    "max_length": lambda bound: lambda value: len(value) <= bound,
    "pattern": lambda bound: lambda value: re.search(bound, value) is not None,
    "tz": lambda bound: lambda value: (value.tzinfo is not None) == bound,
}


def constrain(validator: Validator, metadata: tuple[Any, ...]) -> Validator:
    """Put the bounds that the metadata states on a validator; None passes, metadata of others is left alone."""
    checks = [check for entry in metadata for check in _checks_of(entry)]
    if not checks:
        return validator

    def validate(value: Any, state: State) -> Any:
        result = validator.validate(value, state)
        if result is not None:
            for words, check in checks:
                if not _passes(check, result):
                    raise CoercionError(words, value)
        return result

    return Validator(validate, greedy=validator.greedy)


def _checks_of(entry: Any) -> list[tuple[str, Check]]:
    if isinstance(entry, msgspec.Meta):
        names = tuple(_BOUNDS)
    elif type(entry).__module__ == "annotated_types":
        if callable(predicate := getattr(entry, "func", None)):
            return [(f"a value that {predicate!r} accepts", predicate)]
        names = tuple(name for name in _BOUNDS if name != "tz")  # there it is a zone, not whether there is one
    else:
        refuse_metadata("an annotation", entry)
        return []
    bounds = ((name, getattr(entry, name, None)) for name in names)
    return [(f"a value with {name} {bound!r}", _BOUNDS[name](bound)) for name, bound in bounds if bound is not None]


def _is_multiple(value: Any, bound: Any) -> bool:
    if not isinstance(value, float):
        return bool(value % bound == 0)
    quotient = value / bound
    # 0.3 counts as a multiple of 0.1, and infinity of anything, as in pydantic.
    return not math.isfinite(quotient) or abs(value - round(quotient) * bound) <= _TOLERANCE


def _passes(check: Check, value: Any) -> bool:
    try:
        return check(value)
    except TypeError:  # a bound that this type of value cannot have, as in a union
        return False
