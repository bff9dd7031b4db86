"""Values as plain data, and copies that share no container."""

from __future__ import annotations

import copy
import copyreg
import dataclasses
from collections import deque
from typing import Any

from ..schema import DERIVED_FIELDS, STATUS_FIELDS, StructMeta, schema_of

SCALARS = frozenset({str, int, float, bool, type(None), bytes})


def as_data(value: Any) -> Any:
    """Return `value` with containers copied and nested records turned into dicts.

    Scalars and objects of other classes are returned as they are.
    """
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is list:
        return value[:] if SCALARS.issuperset(map(type, value)) else [as_data(item) for item in value]
    if kind is dict:
        if SCALARS.issuperset(map(type, value)) and SCALARS.issuperset(map(type, value.values())):
            return value.copy()
        return {as_data(key): as_data(item) for key, item in value.items()}
    return _other_as_data(value, kind)


def _other_as_data(value: Any, kind: type[Any]) -> Any:  # noqa: PLR0911 - a return for each kind of value
    if isinstance(value, tuple):
        items = [as_data(item) for item in value]
        return kind(*items) if hasattr(kind, "_fields") else tuple(items)
    if isinstance(value, list):
        return [as_data(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return type(value)(as_data(item) for item in value) if kind in {set, frozenset} else set(value)
    if isinstance(value, dict):
        return {as_data(key): as_data(item) for key, item in value.items()}
    if isinstance(value, deque):
        return deque((as_data(item) for item in value), value.maxlen)
    if isinstance(kind, StructMeta):
        if hasattr(kind, "get_attrs"):
            return value.dict()
        return {name: as_data(getattr(value, name)) for name in kind.__struct_fields__}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_data(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def copy_containers(value: Any) -> Any:
    """Return `value` with lists, dicts, sets and tuples copied at every level, and everything else as it is."""
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind in {list, set, frozenset, tuple}:
        return kind(copy_containers(item) for item in value)
    if kind is dict:
        return {key: copy_containers(item) for key, item in value.items()}
    return value


def are_equal_by_steps(record: Any, other: Any) -> bool:
    """Whether two records of one class are equal in every field and in their status."""
    names = (*schema_of(type(record)).fields, *STATUS_FIELDS)
    return all(getattr(record, name) == getattr(other, name) for name in names)


def state_by_steps(record: Any) -> dict[str, Any]:
    """Return the values that make a record, by name; what was derived from them is left out."""
    names = [name for name in record.__struct_fields__ if name not in DERIVED_FIELDS and hasattr(record, name)]
    return {**{name: getattr(record, name) for name in names}, **record.__dict__}


def reconstructed(record: Any, memo: dict[int, Any]) -> Any:
    """Return a deep copy of a record that says by hooks of its own what a copy is made of."""
    reduce = copyreg.dispatch_table.get(type(record))
    parts: Any = record.__reduce_ex__(4) if reduce is None else reduce(record)
    return record if isinstance(parts, str) else copy._reconstruct(record, memo, *parts)  # type: ignore[attr-defined]
