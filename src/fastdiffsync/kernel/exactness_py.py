"""Whether values are such that the declared type and a text or a number say all that there is to say of them.

The twin of `exactness.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..coercion.validator import Form

__all__ = ["ExactValues"]

_TELLING = frozenset({str, bytes, timedelta})
_CONTAINERS: dict[str, type] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
_WITH_ITEMS = frozenset({*_CONTAINERS, "dict", "typed dict", "fixed tuple"})
_SIMPLE = frozenset({"int", "bool", "date", "enum", "uuid", "ipv4"})


class ExactValues:
    """Tells of lists of values whether each is exactly of its form."""

    def __init__(self, forms: Iterable[Form]) -> None:
        """Prepare to tell it of values of these forms."""
        self._forms = tuple(forms)

    def are_exact(self, values: tuple[Any, ...]) -> bool:
        """Return whether the values, one for each form, are exactly of their forms and equal to themselves.

        No time zone but UTC, no repeated hour and no scope of an address goes with one.
        """
        return all(map(_is_exact, self._forms, values))


def _is_exact(form: Form, value: Any) -> bool:
    """Do what `are_exact` does for one value."""
    kind = form.kind
    if value is None or kind == "any":
        return value is None and type(None) in form.exact
    if kind in _WITH_ITEMS:
        return _has_exact_items(form, value)
    if kind == "decimal":
        return type(value).__name__ == "Decimal" and type(value).__module__ == "decimal" and value.is_finite()
    return type(value) in form.exact and (kind in _SIMPLE or _is_telling(kind, value))


def _is_telling(kind: str, value: Any) -> bool:
    """Whether a value of these kinds has nothing to it that its text does not say."""
    if kind == "exact":
        return type(value) in _TELLING
    if kind == "float":
        return bool(value == value)  # noqa: PLR0124 - false for a NaN
    if kind == "datetime":
        return (value.tzinfo is None or value.tzinfo is timezone.utc) and value.fold == 0
    if kind == "time":
        return value.tzinfo is None and value.fold == 0
    if kind == "network":
        value = value.network_address
    return getattr(value, "scope_id", None) is None


def _has_exact_items(form: Form, value: Any) -> bool:
    """Do what `_is_exact` does for a container."""
    if form.kind == "dict":
        key, item = form.parts
        return type(value) is dict and _are_all_exact(key, value) and _are_all_exact(item, value.values())
    if form.kind == "typed dict":
        return type(value) is dict and _has_exact_fields(form, value)
    if form.kind == "fixed tuple":
        return type(value) is tuple and len(value) == len(form.parts) and all(map(_is_exact, form.parts, value))
    cls: Any = _CONTAINERS[form.kind]
    return type(value) is cls and _are_all_exact(form.parts[0], value)


def _are_all_exact(form: Form, values: Iterable[Any]) -> bool:
    return all(_is_exact(form, value) for value in values)


def _has_exact_fields(form: Form, value: dict[str, Any]) -> bool:
    fields = dict(zip(form.names, form.parts, strict=True))
    is_complete = form.required <= value.keys() <= fields.keys()
    return is_complete and all(_is_exact(fields[name], item) for name, item in value.items())
