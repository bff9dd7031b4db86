"""One of several: enums, literals, optionals and unions."""

from __future__ import annotations

from enum import EnumMeta
from typing import TYPE_CHECKING, Any, Final

from .scalars import validate_float, validate_int, validate_str
from .validator import ANYTHING, EXACT, LAX, CoercionError, Form, State, Validate, Validator

if TYPE_CHECKING:
    from enum import Enum

_MISSING: Final = object()


def enum_of(cls: type[Enum]) -> Validator:
    """Compile an enum: its members, and the values that they stand for."""
    mixins: tuple[tuple[type, Validate], ...] = ((str, validate_str), (int, validate_int), (float, validate_float))
    convert = next((validate for mixin, validate in mixins if issubclass(cls, mixin)), None)
    expected = f"{cls.__name__}: {', '.join(repr(member.value) for member in cls)}"

    def validate(value: Any, state: State) -> Any:
        if type(value) is cls:
            return value
        state.lower(LAX)
        try:
            return cls(value)
        except (ValueError, TypeError, KeyError, ArithmeticError):
            pass
        if convert is not None:
            try:
                return cls(convert(value, state))
            except (ValueError, TypeError, KeyError):
                pass
        raise CoercionError(expected, value)

    return Validator(validate, (cls,), form=Form("enum", (cls,), cls) if type(cls) is EnumMeta else None)


def literal_of(values: tuple[Any, ...]) -> Validator:
    """Compile a Literal: a value of the same type first, an equal one otherwise."""
    by_type = {(type(value), value): value for value in values}
    by_value = {value: value for value in values}
    expected = " or ".join(map(repr, values))

    def validate(value: Any, _state: State) -> Any:
        try:
            found = by_type.get((type(value), value), _MISSING)
            if found is _MISSING:
                found = by_value.get(value, _MISSING)
        except TypeError:  # it has no hash
            found = _MISSING
        if found is _MISSING:
            raise CoercionError(expected, value)
        return found

    return Validator(validate, (type(None),) if None in by_value else (), greedy=True)


def optional_of(inner: Validator) -> Validator:
    """Compile `inner | None`."""
    if inner is ANYTHING:
        return ANYTHING

    def validate(value: Any, state: State) -> Any:
        return None if value is None else inner.validate(value, state)

    form = None if inner.form is None else inner.form._replace(exact=(type(None), *inner.form.exact))
    return Validator(validate, (type(None), *inner.exact), greedy=inner.greedy, form=form)


def union_of(members: tuple[Validator, ...], expected: str) -> Validator:
    """Compile a union in pydantic's smart mode: the member that fits best wins, the first of them if several do.

    Records (typed dicts, dataclasses, named tuples) compete by the number of their fields that were given.
    """
    exact: list[type] = []
    greedy = False
    for member in members:
        if not greedy:
            exact.extend(member.exact)
        greedy = greedy or member.greedy

    def validate(value: Any, state: State) -> Any:
        outer_exactness, outer_fields = state.exactness, state.fields_set
        best: tuple[Any, int, int | None] | None = None
        try:
            for member in members:
                state.exactness, state.fields_set = EXACT, None
                try:
                    result = member.validate(value, state)
                except CoercionError:
                    continue
                found = (result, state.exactness, state.fields_set)
                if found[1] == EXACT and found[2] is None:
                    best = found
                    break
                if best is None or _is_better(found, best):
                    best = found
        finally:
            state.exactness, state.fields_set = outer_exactness, outer_fields
        if best is None:
            raise CoercionError(expected, value)
        result, exactness, fields = best
        state.lower(exactness)
        if fields is not None:
            state.add_fields(fields)
        return result

    return Validator(validate, tuple(dict.fromkeys(exact)), greedy=greedy)


def _is_better(new: tuple[Any, int, int | None], best: tuple[Any, int, int | None]) -> bool:
    if new[2] is not None and best[2] is not None and new[2] != best[2]:
        return new[2] > best[2]
    return new[1] > best[1]
