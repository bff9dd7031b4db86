"""The helpers that diffsync's users import from `utils` answer as diffsync's do, at any depth and in linear time."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import diffsync.utils as reference
from hypothesis import given
from hypothesis import strategies as st

from .profile import by_profile
from .small_stack import on_small_stack

DEPTH = by_profile(desk=5_000, ci=100_000)

NAMES = st.sampled_from(["site", "device", "interface", "address"])
TREES = st.recursive(
    st.dictionaries(NAMES, st.none() | st.just("leaf")), lambda below: st.dictionaries(NAMES, below), max_leaves=12
)
VALUES = st.lists(st.sampled_from([1, 1.0, True, 2, "a", "b", None, (1,)]), max_size=6)
UNHASHABLE = st.lists(st.sampled_from([[1], [2], {"a": 1}]), max_size=4)


def chain(depth: int) -> dict[str, Any]:
    """Return dicts nested in each other, with one key each."""
    root: dict[str, Any] = {}
    below = root
    for number in range(depth):
        below[str(number)] = {}
        below = below[str(number)]
    return root


@given(tree=TREES)
def test_tree_string(fastdiffsync: Any, tree: dict[str, Any]) -> None:
    """A tree is drawn with the same lines."""
    assert fastdiffsync.utils.tree_string(tree, "root") == reference.tree_string(tree, "root")


@given(tree=TREES, name=NAMES)
def test_get_path(fastdiffsync: Any, tree: dict[str, Any], name: str) -> None:
    """The same one of several paths is found, and None where there is none."""
    assert fastdiffsync.utils.get_path(tree, name) == reference.get_path(tree, name)


def test_get_path_is_found_at_any_depth(fastdiffsync: Any) -> None:
    """A tree that is deeper than the interpreter's stack is searched to its end."""

    def search() -> None:
        tree = chain(DEPTH)
        assert fastdiffsync.utils.get_path(tree, str(DEPTH - 1)) == [str(number) for number in range(DEPTH)]
        assert fastdiffsync.utils.get_path(tree, "elsewhere") is None

    on_small_stack(search)


def test_tree_string_draws_deep_trees(fastdiffsync: Any) -> None:
    """A tree that is deeper than the interpreter's stack is drawn to its end."""

    def draw() -> None:
        lines = fastdiffsync.utils.tree_string(chain(3_000), "root").splitlines()
        assert len(lines) == 3_001
        assert lines[-1].endswith("└── 2999")

    on_small_stack(draw)


@given(tree=TREES, path=st.lists(NAMES, max_size=4))
def test_set_key(fastdiffsync: Any, tree: dict[str, Any], path: list[str]) -> None:
    """The dicts that a path leads through are made, and those that are there stay."""
    ours, theirs = copy.deepcopy(tree), copy.deepcopy(tree)
    outcomes = []
    for utils, data in ((fastdiffsync.utils, ours), (reference, theirs)):
        try:
            outcomes.append(utils.set_key(data, path))
        except AttributeError as error:  # The path leads through a value that is no dict.
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]
    assert ours == theirs


@given(first=VALUES, second=VALUES, unhashable=UNHASHABLE)
def test_intersection(fastdiffsync: Any, first: list[Any], second: list[Any], unhashable: list[Any]) -> None:
    """The order and the repetitions are the first list's; values without a hash may be among them."""
    for left, right in ((first, second), (first + unhashable, second), (unhashable, second + unhashable[:1])):
        ours, theirs = fastdiffsync.utils.intersection(left, right), reference.intersection(left, right)
        assert list(map(repr, ours)) == list(map(repr, theirs))


@given(first=st.lists(st.integers(0, 9)), second=st.lists(st.integers(0, 9)))
def test_symmetric_difference(fastdiffsync: Any, first: list[int], second: list[int]) -> None:
    """What only one list has comes sorted."""
    assert fastdiffsync.utils.symmetric_difference(first, second) == reference.symmetric_difference(first, second)


def test_ordered_default_dict_makes_missing_values(fastdiffsync: Any) -> None:
    """A missing key gets a value of its own from the factory, and keeps its place."""
    groups = fastdiffsync.utils.OrderedDefaultDict(list)
    groups["b"].append(1)
    groups["a"].append(2)
    assert list(groups.items()) == [("b", [1]), ("a", [2])]
    assert fastdiffsync.utils.OrderedDefaultDict()["missing"] == {}


def test_ordered_default_dict_survives_pickle_and_copy(fastdiffsync: Any) -> None:
    """A copy has the items in their order, and the factory."""
    groups = fastdiffsync.utils.OrderedDefaultDict(list)
    groups["b"].append(1)
    groups["a"].append(2)
    for twin in (pickle.loads(pickle.dumps(groups)), copy.copy(groups), copy.deepcopy(groups)):
        assert list(twin.items()) == [("b", [1]), ("a", [2])]
        assert twin["new"] == []
