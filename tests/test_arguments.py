"""What is given to a diff or a sync in place of what is wanted is refused before anything is done, in plain words."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

from .pair import Pair

if TYPE_CHECKING:
    from collections.abc import Callable

VERBS = ("diff_from", "diff_to", "sync_from", "sync_to")


@pytest.fixture
def pair(fastdiffsync: Any) -> Pair:
    """Give two loaded adapters."""
    return Pair(fastdiffsync)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            lambda pair: pair.Inventory,
            r"must be an adapter, not the class Inventory; make one of the class, Inventory\(",
        ),
        (lambda pair: pair.source.dict(), r"must be an adapter, not dict \{.*\}; load the dict into an adapter"),
        (lambda pair: pair.source.store, "must be an adapter, not LocalStore"),
        (lambda pair: pair.source.get("site", "a"), 'must be an adapter, not Site site "a"'),
        (lambda _: None, "must be an adapter, not NoneType None"),
        (lambda _: "source", "must be an adapter, not str 'source'"),
    ],
)
def test_no_adapter(pair: Pair, verb: str, other: Callable[[Pair], Any], message: str) -> None:
    """A class, a dict, or anything else in place of the other adapter is named, with the argument and the way out."""
    argument = "source" if verb.endswith("from") else "target"
    pair.refuses(TypeError, f"^{verb}: {argument} {message}", lambda: getattr(pair.dest, verb)(other(pair)))


def test_adapter_without_a_store(pair: Pair) -> None:
    """An adapter whose `__init__` does not call that of its base is told to."""

    class Unfinished(pair.Inventory):
        def __init__(self) -> None:
            pass

    message = r"not Unfinished .* without a store; let Unfinished.__init__ call super\(\).__init__\(\)"
    with pytest.raises(TypeError, match=message):
        pair.dest.diff_from(Unfinished())


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("with_diff", [False, True])
def test_callback_that_cannot_be_called(pair: Pair, verb: str, *, with_diff: bool) -> None:
    """A callback that is no function is refused at the beginning."""
    options = {"diff": pair.dest.diff_from(pair.source)} if with_diff and verb.startswith("sync") else {}
    pair.refuses(
        TypeError,
        r"callback must be a function of \(stage, done, total\), not str 'print'",
        lambda: getattr(pair.dest, verb)(pair.source, callback="print", **options),
    )


@pytest.mark.parametrize("callback", [None, False, 0, ""])
def test_no_callback(pair: Pair, callback: Any) -> None:
    """What is false is no callback, as in diffsync."""
    pair.dest.sync_from(pair.source, callback=callback)
    assert not pair.dest.diff_from(pair.source, callback=callback).has_diffs()


@pytest.mark.parametrize("verb", VERBS)
def test_no_class_of_diffs(fastdiffsync: Any, pair: Pair, verb: str) -> None:
    """A class that is none of diffs, or a diff in place of its class, is named."""
    for diff_class, message in (
        (dict, "not the class dict"),
        (fastdiffsync.diff.DiffElement, "not the class DiffElement"),
        (fastdiffsync.Diff(), "not Diff .*; give its class, Diff"),
        ("Diff", "not str 'Diff'"),
        (functools.partial(list), "not partial"),
    ):
        pair.refuses(
            TypeError,
            f"diff_class must be Diff or a subclass of it, {message}",
            lambda diff_class=diff_class: getattr(pair.dest, verb)(pair.source, diff_class=diff_class),
        )


def test_class_of_a_given_diff(fastdiffsync: Any, pair: Pair) -> None:
    """A given diff is checked against a class of diffs alone; None lets any class pass."""
    diff = pair.dest.diff_from(pair.source)
    for diff_class in (dict, "Diff", functools.partial(fastdiffsync.Diff)):
        pair.refuses(
            TypeError,
            "diff_class must be Diff or a subclass of it",
            lambda diff_class=diff_class: pair.dest.sync_from(pair.source, diff=diff, diff_class=diff_class),
        )
    pair.dest.sync_from(pair.source, diff=diff, diff_class=None)
    assert not pair.dest.diff_from(pair.source).has_diffs()


def test_function_that_makes_diffs(fastdiffsync: Any, pair: Pair) -> None:
    """A diff may be made by a function, as in diffsync."""

    class Named(fastdiffsync.Diff):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    diff = pair.dest.diff_from(pair.source, diff_class=functools.partial(Named, "nightly"))
    assert diff.name == "nightly"
    assert diff.has_diffs()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("with_diff", [False, True])
def test_wrong_flags(fastdiffsync: Any, pair: Pair, verb: str, *, with_diff: bool) -> None:
    """Flags of another kind are refused; those of records are set on models."""
    options = {"diff": pair.dest.diff_from(pair.source)} if with_diff and verb.startswith("sync") else {}
    for flags, message in (
        (fastdiffsync.DiffSyncModelFlags.IGNORE, "not DiffSyncModelFlags .*; flags of records are set on models"),
        (1, "not int 1"),
        (None, "not NoneType None"),
    ):
        pair.refuses(
            TypeError,
            f"flags must be DiffSyncFlags, {message}",
            lambda flags=flags: getattr(pair.dest, verb)(pair.source, flags=flags, **options),
        )
