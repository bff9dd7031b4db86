"""Copies and pickles of records, and whether two records are equal.

The twin of `copying.pyx`; whoever changes one changes both. Records whose classes copy them in ways of their own
are left to `dumping/copies.py`.
"""

from __future__ import annotations

from copy import deepcopy
from copyreg import dispatch_table
from typing import Any, TypeVar

import msgspec

from ..dumping.copies import SCALARS, are_equal_by_steps, reconstructed, state_by_steps
from ..enum import DiffSyncModelFlags, DiffSyncStatus
from ..schema import DERIVED_FIELDS, is_model_class, schema_of
from .constants import INSTANCE_OVERRIDES
from .construction_py import rebuild
from .fields_py import put_attribute, unique_id_key

__all__ = ["are_equal", "copy_record", "deepcopy_record", "reduce_record", "set_state", "state_of"]

M = TypeVar("M", bound=Any)

_SINGLE = SCALARS | {DiffSyncModelFlags, DiffSyncStatus}
_EQUAL_TO_THEMSELVES = (_SINGLE - {float}) | {list, dict, tuple, set, frozenset}
_set_slot = msgspec.Struct.__setattr__
_copy_slots: Any = msgspec.Struct.__copy__  # type: ignore[attr-defined]
_have_equal_slots = msgspec.Struct.__eq__
_all_values = msgspec.structs.asdict
_values = msgspec.structs.astuple


def are_equal(self: Any, other: Any) -> bool:
    """Return whether the other record is of the same class and equal in every field and in its status.

    Of a record of another class, or anything else, nothing is known: NotImplemented.
    """
    if type(self) is not type(other):
        return NotImplemented  # type: ignore[no-any-return]
    if not schema_of(type(self)).compares_directly or self._side_data is not None or other._side_data is not None:
        return are_equal_by_steps(self, other)
    # msgspec takes what is one object for equal, and compares the keys too.
    if not _have_equal_slots(self, other):
        return self._unique_id != other._unique_id and are_equal_by_steps(self, other)
    for value in _values(self):
        if type(value) not in _EQUAL_TO_THEMSELVES and not (value == value):  # noqa: PLR0124, SIM201 - it may be a NaN
            return are_equal_by_steps(self, other)
    return True


# ---- copies ----


def copy_record(self: M) -> M:
    """Return a record with the same values, private ones too, and the same adapter; containers are shared.

    Nothing is validated, and `__post_init__` is not called. The copy is in no store.
    """
    made: M = _copy_slots(self)
    if self._side_data is not None:
        # The indexes of lists of children are those lists', and of any other list that takes their place no more.
        _set_slot(made, "_side_data", dict(self._side_data))
    made.__dict__.update(self.__dict__)
    return made


def deepcopy_record(self: M, memo: dict[int, Any]) -> M:
    """Return a record with copies of all values, private ones and the adapter too; nothing is validated."""
    made: M = deepcopy_directly(self, memo) if is_copied_directly(self) else reconstructed(self, memo)
    return made


def is_copied_directly(model: Any) -> bool:
    """Whether a record is copied as the library does it."""
    cls = type(model)
    if model._unique_id is INSTANCE_OVERRIDES or cls in dispatch_table:
        return False
    return schema_of(cls).copies_directly


def deepcopy_directly(model: Any, memo: dict[int, Any]) -> Any:
    """Return a deep copy of a record."""
    made = _copy_slots(model)
    _set_slot(made, "_side_data", None)
    memo[id(model)] = made
    if not _SINGLE.issuperset(map(type, _values(made))):
        for name, value in _all_values(made).items():
            if type(value) not in _SINGLE:
                _set_slot(made, name, deepcopy(value, memo))
    if model.__dict__:
        made.__dict__.update(deepcopy(model.__dict__, memo))
    return made


def remember(value: Any, copy: Any, memo: dict[int, Any]) -> None:
    """Note a copy as the copy module does: what is copied lives as long as the memo, so that no other has its id."""
    memo[id(value)] = copy
    memo.setdefault(id(memo), []).append(value)


def deepcopy_stored(record: Any, memo: dict[int, Any]) -> Any:
    """Return a deep copy of anything that a store has in the place of a record."""
    if id(record) in memo:
        return memo[id(record)]
    if not is_model_class(type(record)) or not is_copied_directly(record):
        return deepcopy(record, memo)
    made = deepcopy_directly(record, memo)
    remember(record, made, memo)
    return made


# ---- pickles ----


def state_of(self: Any) -> dict[str, Any]:
    """Return the values that make the record, by name, without what is derived, and what `rebuild` gives to any."""
    if not schema_of(type(self)).compares_directly:
        return state_by_steps(self)
    try:
        state = _all_values(self)
    except AttributeError:  # a field has no value
        return state_by_steps(self)
    for name in DERIVED_FIELDS:
        del state[name]
    if state["model_flags"] is DiffSyncModelFlags.NONE:
        del state["model_flags"]
    if state["_status"] is DiffSyncStatus.SUCCESS and not state["_status_message"]:
        del state["_status"], state["_status_message"]
    state.update(self.__dict__)
    return state


def set_state(self: Any, state: dict[str, Any]) -> None:
    """Take the values of a pickled or copied record, unchecked, and past a `__setattr__` of the user's."""
    schema = schema_of(type(self))
    identifiers = schema.identifiers
    has_identifiers = False
    for name, value in state.items():
        if name in schema.slots:
            has_identifiers = has_identifiers or name in identifiers
            _set_slot(self, name, value)
        else:
            put_attribute(self, name, value)
    if has_identifiers and self._unique_id is not INSTANCE_OVERRIDES:
        _set_slot(self, "_unique_id", unique_id_key(self, schema))


def reduce_record(self: Any) -> Any:
    """Pickle by class and state, so that values are not validated a second time."""
    return rebuild, (type(self),), self.__getstate__()
