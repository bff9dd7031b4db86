"""Each way in which a `Diff` subclass decides about order, in an example."""

from __future__ import annotations

from typing import Any

import pytest

from .network import Lab, both

SOURCE = {"rome": {"r1": 1, "r2": 2, "r3": 3}, "oslo": {"o1": 1, "o2": 2}}
DEST = {"rome": {"r3": 0, "r4": 4}}


def last_first(children: Any) -> Any:
    return reversed(list(children.values()))


def by_action(_diff: Any, children: Any) -> Any:
    return sorted(children.values(), key=lambda element: str(element.action))


def sites_only(_diff: Any, children: Any) -> Any:
    return (element for element in children.values() if element.type == "site")


def ordered(fastdiffsync: Any, **methods: Any) -> Any:
    """Return the elements in their order, the calls of a sync, and the summary, with a `Diff` of these methods."""

    def program(library: Any) -> Any:
        lab = Lab(library)
        own_diff = type("OwnDiff", (library.diff.Diff,), {name: make(library) for name, make in methods.items()})
        source, dest = lab.pair(SOURCE, DEST)
        diff = dest.diff_from(source, diff_class=own_diff)
        names = [(site.name, [device.name for device in site.get_children()]) for site in diff.get_children()]
        assert lab.sync(source, dest, diff_class=own_diff) is None
        return names, [name for _, name in lab.calls], diff.summary(), list(diff.dict()), diff.str(), len(diff)

    return both(fastdiffsync, program)


def test_default_order(fastdiffsync: Any) -> None:
    """Elements come in the source's order, then what only the destination has."""
    names, calls, *_ = ordered(fastdiffsync)
    assert names == [("rome", ["r1", "r2", "r3", "r4"]), ("oslo", ["o1", "o2"])]
    assert calls == ["r1", "r2", "r3", "r4", "oslo", "o1", "o2", "source"]


@pytest.mark.parametrize(
    "kind", [staticmethod, lambda function: classmethod(lambda _cls, children: function(children))]
)
def test_order_of_one_type(fastdiffsync: Any, kind: Any) -> None:
    """`order_children_<type>` decides about one type, and the sync follows it."""
    names, calls, *_ = ordered(fastdiffsync, order_children_device=lambda _library: kind(last_first))
    assert names == [("rome", ["r4", "r3", "r2", "r1"]), ("oslo", ["o2", "o1"])]
    assert calls == ["r4", "r3", "r2", "r1", "oslo", "o2", "o1", "source"]


def test_order_by_action(fastdiffsync: Any) -> None:
    """An ordering method may ask the elements."""
    names, *_ = ordered(fastdiffsync, order_children_device=lambda _library: by_action)
    assert names[0] == ("rome", ["r1", "r2", "r4", "r3"])


def test_default_method_overridden(fastdiffsync: Any) -> None:
    """`order_children_default` decides about all types that have no method of their own."""
    names, calls, *_ = ordered(
        fastdiffsync,
        order_children_default=lambda _library: staticmethod(last_first),
        order_children_device=lambda _library: by_action,
    )
    assert names == [("oslo", ["o1", "o2"]), ("rome", ["r1", "r2", "r4", "r3"])]
    assert calls == ["oslo", "o1", "o2", "r1", "r2", "r4", "r3", "source"]


def test_order_that_leaves_out(fastdiffsync: Any) -> None:
    """What an ordering method leaves out is neither counted nor synced, but still printed."""
    names, calls, summary, _, text, count = ordered(fastdiffsync, order_children_default=lambda _library: sites_only)
    assert names == [("rome", []), ("oslo", [])]
    assert calls == ["oslo", "source"]
    assert (summary["create"], summary["delete"], count) == (1, 0, 2)
    assert "device: r4 MISSING in source" in text


def test_get_children_overridden(fastdiffsync: Any) -> None:
    """`get_children` decides about everything."""

    def make(library: Any) -> Any:
        return lambda self: sorted(library.diff.Diff.get_children(self), key=lambda element: element.name, reverse=True)

    names, calls, *_ = ordered(fastdiffsync, get_children=make)
    assert names == [("rome", ["r4", "r3", "r2", "r1"]), ("oslo", ["o2", "o1"])]
    assert calls == ["r4", "r3", "r2", "r1", "oslo", "o2", "o1", "source"]


def test_add_overridden(fastdiffsync: Any) -> None:
    """`add` decides what is in the diff."""

    def make(library: Any) -> Any:
        def add(self: Any, element: Any) -> None:
            if element.action != "delete":
                library.diff.Diff.add(self, element)

        return add

    names, calls, summary, *_ = ordered(fastdiffsync, add=make)
    assert names[0] == ("rome", ["r1", "r2", "r3"])
    assert "r4" not in calls
    assert summary["delete"] == 0


def test_complete_is_called_once(fastdiffsync: Any) -> None:
    """`complete` is called for the whole diff when it is filled, and not for the parts."""

    def program(library: Any) -> Any:
        found: list[Any] = []

        class OwnDiff(library.diff.Diff):
            def complete(self) -> None:
                found.append((len(self), self.models_processed, self.groups()))

        lab = Lab(library)
        source, dest = lab.pair(SOURCE, DEST)
        dest.diff_from(source, diff_class=OwnDiff)
        return found

    assert both(fastdiffsync, program) == [(8, 10, ["site"])]
