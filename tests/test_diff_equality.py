"""When two diffs are equal: they say the same of the same records, however they came to be."""

from __future__ import annotations

import contextlib
import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .test_diff import (
    CHANGES,
    CLASSES,
    DEEP,
    NEW,
    OLD,
    SITES,
    TREES,
    adapter,
    adapter_class,
    calculated,
    chain,
    change_one,
    every_element,
    grow,
    see,
)

if TYPE_CHECKING:
    from pathlib import Path


def said(diff: Any) -> dict[Any, Any]:
    """Return all that matters of a diff, as dicts."""
    return {
        (group, element.name): (element.keys, element.source_attrs, element.dest_attrs, said(element.child_diff))
        for group, elements in diff.children.items()
        for element in elements.values()
    }


@given(one=st.tuples(SITES, SITES), two=st.tuples(SITES, SITES), are_alike=st.booleans())
def test_calculated_diffs(fastdiffsync: Any, one: Any, two: Any, *, are_alike: bool) -> None:
    """Calculated diffs are equal if their elements are, before and after somebody has looked at them."""
    diff, other = calculated(fastdiffsync, *one), calculated(fastdiffsync, *(one if are_alike else two))
    is_equal = diff == other
    assert (diff != other) is not is_equal
    assert (other == diff) is is_equal
    assert is_equal or not are_alike
    assert is_equal is (said(diff) == said(other))
    assert (diff == other) is is_equal


@given(sites=SITES, order=st.permutations("abcd"))
def test_order_does_not_matter(fastdiffsync: Any, sites: dict[str, Any], order: list[str]) -> None:
    """Diffs of the same data, loaded in another order, are equal; their parts too."""
    reordered = {name: sites[name] for name in order if name in sites}
    diff, other = (calculated(fastdiffsync, each, {}) for each in (sites, reordered))
    assert diff == other
    for site in diff.get_children():
        assert site.child_diff == other.children["site"][site.name].child_diff


@given(tree=TREES, changes=st.lists(CHANGES, min_size=1, max_size=3))
def test_diffs_put_together_by_hand(fastdiffsync: Any, tree: Any, changes: list[Any]) -> None:
    """Diffs put together by hand are equal if their elements are, and copies are equal to what they were made of."""
    diff, other = (grow(fastdiffsync, fastdiffsync.Diff(), tree, []) for _ in range(2))
    assert diff == other == copy.copy(diff) == copy.deepcopy(other)
    for what, name, place in changes:
        if what == "element" and name in {
            "assign source_attrs",
            "assign name",
            "edit keys",
            "add_child",
            "delete child",
        }:
            with contextlib.suppress(fastdiffsync.ObjectAlreadyExists):  # the same child a second time
                change_one(fastdiffsync, other, what, name, place)
    assert (diff == other) is (said(diff) == said(other))


@pytest.mark.parametrize("change", ["keys", "source_attrs", "dest_attrs", "name", "below", "taken out", "added"])
def test_changed_diff(fastdiffsync: Any, change: str) -> None:
    """A calculated diff of which somebody has changed something differs from one of which nobody has."""
    diff, other = (calculated(fastdiffsync, NEW, OLD) for _ in range(2))
    element = {element.name: element for element in every_element(other)}["x"]
    if change in {"keys", "source_attrs", "dest_attrs"}:
        getattr(element, change)["value"] = 5
    elif change == "name":
        element.name = "renamed"
    elif change == "below":
        element.add_child(fastdiffsync.diff.DiffElement("port", "p", {}))
    elif change == "taken out":
        del other.children["site"]["a"]
    else:
        other.add(fastdiffsync.diff.DiffElement("site", "e", {}))
    assert diff != other
    assert other != diff
    assert diff.children["site"]["b"].child_diff == other.children["site"]["b"].child_diff


def test_the_same_adapters_twice(fastdiffsync: Any) -> None:
    """Two diffs of the same adapters are equal, until what changes in one of the adapters is in one diff alone."""
    source, dest = adapter(fastdiffsync, "source", NEW), adapter(fastdiffsync, "dest", OLD)
    diff = dest.diff_from(source)
    assert diff == dest.diff_from(source)
    assert diff != source.diff_from(dest)
    source.get("device", "b__w").value = 7
    assert diff != dest.diff_from(source)
    assert diff == diff  # noqa: PLR0124 - what is to be shown


def test_other_stores(fastdiffsync: Any, tmp_path: Path) -> None:
    """Diffs of data in SQLite files, which do not read what is equal, are equal to those of the same data in memory."""
    sides = []
    for name, sites in (("source", NEW), ("dest", OLD)):
        store = fastdiffsync.store.sqlite.SQLiteStore(tmp_path / f"{name}.db")
        stored = adapter_class(fastdiffsync)(name, store)
        for record in every_record(adapter(fastdiffsync, name, sites)):
            record.adapter = None
            stored.add(record)
        sides.append(stored)
    source, dest = sides
    diff = dest.diff_from(source)
    assert diff == dest.diff_from(source)
    assert diff == calculated(fastdiffsync, NEW, OLD)
    assert calculated(fastdiffsync, NEW, OLD) == diff
    assert diff != calculated(fastdiffsync, OLD, OLD)
    for side in sides:
        side.store.close()


def every_record(network: Any) -> list[Any]:
    """Return all records of an adapter."""
    return [record for name in ("site", "device", "room") for record in network.get_all(name)]


def test_comparing_leaves_a_diff_as_it_was(fastdiffsync: Any) -> None:
    """A diff that has been compared says the same, and is synced like any other."""
    source, dest = adapter(fastdiffsync, "source", NEW), adapter(fastdiffsync, "dest", OLD)
    diff = dest.diff_from(source)
    assert diff == dest.diff_from(source) != source.diff_from(dest)
    assert see(diff) == see(dest.diff_from(source))
    dest.sync_from(source, diff=diff)
    assert not dest.diff_from(source).has_diffs()


def test_other_things(fastdiffsync: Any) -> None:
    """A diff equals no diff of another class, and nothing else."""

    class Own(fastdiffsync.Diff):
        pass

    diff = fastdiffsync.Diff()
    assert diff == fastdiffsync.Diff()
    assert diff != Own()
    assert diff != {}
    assert diff.__eq__({}) is NotImplemented


def test_hash(fastdiffsync: Any) -> None:
    """A diff is found in sets and dicts by identity, as in diffsync, also when it changes."""
    diff, other = (calculated(fastdiffsync, NEW, OLD) for _ in range(2))
    found = {diff: "diff", other: "other"}
    del diff.children["site"]["a"]
    assert (found[diff], found[other]) == ("diff", "other")


@given(diff_class=CLASSES)
def test_own_classes(fastdiffsync: Any, diff_class: str) -> None:
    """Diffs of a subclass are compared as they file their elements."""
    diff, other = (calculated(fastdiffsync, NEW, OLD, diff_class) for _ in range(2))
    assert diff == other
    assert diff == copy.deepcopy(other)


def test_own_equality_below(fastdiffsync: Any) -> None:
    """A class of diffs that overrides `__eq__` is asked at every level."""
    asked = []

    class Own(fastdiffsync.Diff):
        def __eq__(self, other: object) -> bool:
            asked.append(len(self))
            return super().__eq__(other)

        __hash__ = fastdiffsync.Diff.__hash__

    diff, other = (
        adapter(fastdiffsync, "dest", OLD).diff_from(adapter(fastdiffsync, "source", NEW), diff_class=Own)
        for _ in range(2)
    )
    assert diff == other
    assert sorted(asked, reverse=True)[:2] == [len(diff), 3]


def test_pickled_diff(fastdiffsync: Any) -> None:
    """A diff that has been pickled is equal to what it was made of."""
    diff = calculated(fastdiffsync, NEW, OLD)
    assert pickle.loads(pickle.dumps(diff)) == diff


def test_deep_diffs(fastdiffsync: Any) -> None:
    """Chains far deeper than the interpreter's stack are compared to their ends."""
    assert chain(fastdiffsync, DEEP, changed=1) == chain(fastdiffsync, DEEP, changed=1)
    assert chain(fastdiffsync, DEEP, changed=DEEP - 1) != chain(fastdiffsync, DEEP, changed=DEEP)
