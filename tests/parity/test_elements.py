"""Diffs and elements that are put together by hand, without adapters."""

from __future__ import annotations

import functools
import operator
from typing import Any

import diffsync.diff
from hypothesis import given
from hypothesis import strategies as st

from .compare import differences
from .journal import Text, fresh
from .observe import attempt, see_diff
from .scenario import examples
from .values import CONTAINERS, SCALARS

NAMES = st.sampled_from(("a", "b", "", 5))
ATTRS = st.none() | st.dictionaries(
    st.sampled_from(("size", "note", "a b")), st.sampled_from(SCALARS + CONTAINERS), max_size=3
)
TREES = st.recursive(
    st.just([]),
    lambda below: st.lists(
        st.tuples(
            st.sampled_from(("site", "device")),
            NAMES,
            st.sampled_from(({}, {"id": 1}, {"id": "1"})),
            ATTRS,
            ATTRS,
            below,
        ),
        max_size=4,
    ),
    max_leaves=6,
)


def grow(library: Any, diff: Any, tree: list[Any], errors: list[Any]) -> Any:
    """Add a drawn tree to a diff, noting what cannot be added."""
    for element_type, name, keys, source, dest, below in tree:
        try:
            element = library.diff.DiffElement(element_type, name, dict(keys), source_name="here")
            element.add_attrs(source=fresh(source), dest=fresh(dest))
            diff.add(element)
            grow(library, element.child_diff, below, errors)
        except (ValueError, library.exceptions.ObjectAlreadyExists) as error:
            errors.append((type(error).__name__, Text(error.args[0])))
    return diff


@examples(250)
@given(tree=TREES)
def test_hand_made_diffs(fastdiffsync: Any, tree: list[Any]) -> None:
    """A hand-made tree of elements says the same about itself."""
    errors: dict[str, list[Any]] = {"theirs": [], "mine": []}
    theirs = grow(diffsync, diffsync.diff.Diff(), tree, errors["theirs"])
    mine = grow(fastdiffsync, fastdiffsync.diff.Diff(), tree, errors["mine"])
    differing = differences(see_diff(theirs), see_diff(mine))
    assert not differing, "\n".join(differing)
    assert errors["mine"] == errors["theirs"]


@examples(100)
@given(tree=TREES)
def test_comparing_elements(fastdiffsync: Any, tree: list[Any]) -> None:
    """Elements are ordered by type and name, and equal by what they say themselves."""

    def compared(library: Any) -> list[Any]:
        elements = list(grow(library, library.diff.Diff(), tree, []).get_children())
        found = [[element.name for element in sorted(elements)]]
        for one in elements:
            found.append([attempt(functools.partial(hash, one))])
            for other in elements:
                equal = attempt(functools.partial(operator.eq, one, other))
                found.append([equal, one != other, one < other, one <= other, one > other, one >= other])
        return found

    assert compared(fastdiffsync) == compared(diffsync)
