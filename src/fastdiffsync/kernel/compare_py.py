"""Comparing the records that matched.

The twin of `compare.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from itertools import chain, compress
from operator import attrgetter, ne
from typing import TYPE_CHECKING, Any

from ..schema import common_attributes, compares_by_fields, schema_of
from .constants import CREATE, DELETE, NO_ACTION, UPDATE
from .equality import IDENTITY_TYPES, differ

if TYPE_CHECKING:
    from .array_py import FlatArray

__all__ = ["compare"]

# How many pairs are compared at once: enough to be worth it, few enough to stay in the cache.
AT_ONCE = 512


def compare(array: FlatArray, threads: int = 1) -> None:  # noqa: ARG001 - of the compiled kernel
    """Fill in every entry's action and bitmask, and take snapshots of those that have an action.

    Args:
        array: The flat array.
        threads: Not used here: Python code of several threads takes turns.

    Raises:
        Exception: Whatever the `__ne__` of an attribute value or an overridden `get_attrs` raises.
    """
    sources, dests = array._sources, array._dests
    array._actions.extend(bytes(len(sources)))
    for index in _undecided(array.unseen, sources, dests):
        source, dest = sources[index], dests[index]
        names = None if source is None or dest is None else _common_attributes(type(source), type(dest))
        if names is None or type(source._unique_id) is not str or type(dest._unique_id) is not str:
            _compare_by_hooks(array, index, source, dest)
        else:
            _compare_values(array, index, source, dest, names)
    array.names.clear()
    array.unseen.clear()


def _undecided(unseen: list[int], sources: list[Any], dests: list[Any]) -> list[int]:
    """Return the unseen indices, in order, of all but the pairs whose values are seen to be equal.

    Pairs are compared class by class and many at a time. All loops run in the interpreter's own code, which takes half
    as long as one pair after the other.
    """
    groups: dict[tuple[Any, Any], list[int]] = {}
    for index in unseen:
        groups.setdefault((type(sources[index]), type(dests[index])), []).append(index)
    undecided: list[int] = []
    for classes, indices in groups.items():
        if classes == (str, str):
            continue  # a store knows that they are equal
        names = None if type(None) in classes else _common_attributes(*classes)
        if names is None:
            undecided += indices
            continue
        # The key is read too: that of a record with a method replaced on the instance is no text.
        read = attrgetter("_unique_id", "_unique_id", *names)
        for start in range(0, len(indices), AT_ONCE):
            undecided += _differing(indices[start : start + AT_ONCE], read, sources, dests)
    undecided.sort()
    return undecided


def _differing(indices: list[int], read: Any, sources: list[Any], dests: list[Any]) -> list[int]:
    values = list(map(read, map(sources.__getitem__, indices)))
    others = list(map(read, map(dests.__getitem__, indices)))
    are_exact = IDENTITY_TYPES.issuperset
    if are_exact(map(type, chain.from_iterable(values))):
        # A comparison of tuples takes identity for equality, which is right for these types alone.
        return list(compress(indices, map(ne, values, others)))
    return [
        index
        for index, value, other in zip(indices, values, others, strict=True)
        if not are_exact(map(type, value)) or value != other
    ]


def _compare_values(array: FlatArray, index: int, source: Any, dest: Any, names: tuple[str, ...]) -> None:
    """Compare two records attribute by attribute."""
    mask = 0
    for bit, name in enumerate(names):
        value, other = getattr(source, name), getattr(dest, name)
        if not (value is other and type(value) in IDENTITY_TYPES) and differ(value, other):
            mask |= 1 << bit
    if mask:
        array.set_outcome(index, UPDATE, mask)
        attrs, dest_attrs = source.get_attrs(), dest.get_attrs()
        array._snapshots[index] = (source.get_shortname(), source.get_identifiers(), attrs, dest_attrs)


def _common_attributes(source_class: type[Any], dest_class: type[Any]) -> tuple[str, ...] | None:
    """Return the attributes that both classes have, in the destination's order; None if a hook must be asked."""
    source, dest = schema_of(source_class), schema_of(dest_class)
    return common_attributes(source, dest) if compares_by_fields(source, dest) else None


def _compare_by_hooks(array: FlatArray, index: int, source: Any, dest: Any) -> None:
    """Compare what `get_attrs` returns, which may be the user's."""
    attrs = None if source is None else source.get_attrs()
    dest_attrs = None if dest is None else dest.get_attrs()
    model = dest if source is None else source
    mask = 0
    if attrs is not None and dest_attrs is not None:
        mask = 0 if _are_seen_to_be_equal(attrs, dest_attrs) else _mask_of(attrs, dest_attrs)
        action = UPDATE if mask else NO_ACTION
    elif attrs is not None:
        action = CREATE
    else:
        action = NO_ACTION if dest_attrs is None else DELETE
    array.set_outcome(index, action, mask)
    # What equal records say can be asked of them again, unless one of them says nothing.
    if action or attrs is None or dest_attrs is None:
        name = array.names.get(index)
        name = model.get_shortname() if name is None else name
        array._snapshots[index] = (name, model.get_identifiers(), attrs, dest_attrs)


def _are_seen_to_be_equal(attrs: Any, dest_attrs: Any) -> bool:
    """Whether two dicts are equal, and may be compared as dicts are: with identity standing in for equality."""
    return type(attrs) is dict and IDENTITY_TYPES.issuperset(map(type, attrs.values())) and bool(attrs == dest_attrs)


def _mask_of(attrs: Any, dest_attrs: Any) -> int:
    """Return the bitmask of the attributes that differ: a bit for each that both mappings have."""
    names = [name for name in dest_attrs if name in attrs]
    return sum(1 << bit for bit, name in enumerate(names) if attrs[name] != dest_attrs[name])
