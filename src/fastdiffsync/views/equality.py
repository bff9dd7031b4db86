"""Whether two diffs say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..diff import Diff, DiffElement
    from .flat import FlatDiff


def are_equal(
    diff: Any,
    other: Any,
    filed: Callable[[Diff], Iterator[tuple[str, Iterable[DiffElement]]]],
    element_at: Callable[[FlatDiff, int], DiffElement],
) -> bool:
    """Return whether two diffs of one class have equal elements at every level, in whatever order.

    Args:
        diff: One diff. Below it, those whose class overrides `__eq__` are asked.
        other: The other one.
        filed: Returns a diff's elements by type.
        element_at: Returns the element that shows a record of a flat diff.
    """
    waiting = [(diff, other)]
    while waiting:
        one, two = waiting.pop()
        if one is two:
            continue
        if type(one) is not type(two):
            return False
        if one is not diff and view.is_overridden(type(one), "__eq__"):
            if not one == two:  # noqa: SIM201 - it is `__eq__` that is overridden
                return False
            continue
        is_same = _have_same_arrays(one, two, element_at)
        if is_same is None:
            elements, others = _by_identity(one, filed), _by_identity(two, filed)
            is_same = elements.keys() == others.keys()
            for identity in elements if is_same else ():
                element, match = elements[identity], others[identity]
                if not element == match:  # noqa: SIM201 - it is `__eq__` that may be overridden
                    return False
                waiting.append((element.child_diff, match.child_diff))
        if not is_same:
            return False
    return True


def _by_identity(
    diff: Diff, filed: Callable[[Diff], Iterator[tuple[str, Iterable[DiffElement]]]]
) -> dict[tuple[str, str], DiffElement]:
    return {(group, element.name): element for group, elements in filed(diff) for element in elements}


def _have_same_arrays(diff: Diff, other: Diff, element_at: Callable[[FlatDiff, int], DiffElement]) -> bool | None:
    """Return whether two diffs are equal as their flat diffs have them; None if those do not tell."""
    one, two = (view.array_of(each, "children", "groups", "__eq__") for each in (diff, other))
    if one is None or two is None or not _have_same_shape(one, diff._index, two, other._index):
        return None
    for index in range(diff._index + 1, one.end(diff._index)):
        match = index - diff._index + other._index
        if _show_same_objects(one, index, two, match):
            continue
        if one.name(index) != two.name(match):
            return None
        if index in one.elements or match in two.elements:
            is_same = element_at(one, index) == element_at(two, match)
        else:
            is_same = _say_the_same(one, index, two, match)
        if not is_same:
            return False
    return True


def _have_same_shape(one: FlatDiff, index: int, two: FlatDiff, match: int) -> bool:
    """Whether the elements below two others are of the same types and have the same number of elements below them."""
    offset = match - index
    return two.end(match) == one.end(index) + offset and all(
        two.end(place + offset) == one.end(place) + offset and one.type(place) == two.type(place + offset)
        for place in range(index + 1, one.end(index))
    )


def _show_same_objects(one: FlatDiff, index: int, two: FlatDiff, match: int) -> bool:
    """Whether two elements without a change show the same records, which have not been looked at."""
    records, others = one.array, two.array
    if index in one.elements or match in two.elements or records.action(index) or others.action(match):
        return False
    source, dest = records.source(index), records.dest(index)
    if type(source) is str:
        # What has not been read is known by its unique id, if it is in the same store.
        is_same_store = one.source_adapter is two.source_adapter and one.dest_adapter is two.dest_adapter
        return is_same_store and type(others.source(match)) is str and source == others.source(match)
    return source is others.source(match) and dest is others.dest(match)


def _say_the_same(one: FlatDiff, index: int, two: FlatDiff, match: int) -> bool:
    """Whether two elements have equal identifiers and attributes."""
    if not one.array.has_same_snapshot(index, two.array, match):
        return False
    if one.array.action(index):
        return True
    sides = one.keys(index), one.source_attrs(index), one.dest_attrs(index)
    return sides == (two.keys(match), two.source_attrs(match), two.dest_attrs(match))
