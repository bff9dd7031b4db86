"""Tying a diff to the flat array that it shows, and finding the array behind a diff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..diff import element_at
from . import view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..diff import Diff
    from .flat import FlatDiff


def bind_diff(diff: Diff, flat: FlatDiff) -> None:
    """Make a new diff show the top of a flat diff.

    A class that overrides `add`, or brings `children` of its own, is given every element through `add`, children
    before their parents.
    """
    if not view.is_overridden(type(diff), "add", "children") and "add" not in vars(diff) and not diff._has("children"):
        diff._flat = flat
        return
    stack = [_adding(diff, flat, -1)]
    while stack:
        below = next(stack[-1], None)
        if below is None:
            stack.pop()
        else:
            stack.append(_adding(*below))


def _adding(diff: Diff, flat: FlatDiff, index: int) -> Iterator[tuple[Diff, FlatDiff, int]]:
    """Add the elements below `index` to `diff`, list by list; yield what is to be filled first."""
    for indices in view.indices_by_type(flat, index).values():
        elements = [element_at(flat, child) for child in indices]
        for element, child in zip(elements, indices, strict=True):
            element.child_diff = flat.diff_class()
            yield element.child_diff, flat, child
        for element in elements:
            diff.add(element)


def flat_view(diff: Diff) -> FlatDiff | None:
    """Return the flat diff behind a whole diff if walking it is as good as walking the elements, otherwise None."""
    flat = diff._flat
    if (
        flat is None
        or diff._index != -1
        or view.is_overridden(type(diff), *view.ITERATION)
        or view.is_reordered(diff, flat)
    ):
        return None
    return flat if all(view.is_as_made(diff, flat, index) for index in flat.touched) else None
