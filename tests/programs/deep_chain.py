"""A program on a chain of records, each below the one before: `deep_chain.py <what to do> <number of records>`.

It runs on a stack of 256 KiB and under Python's own recursion limit.
"""

from __future__ import annotations

import gc
import logging
import resource
import sys
import threading

import structlog

from fastdiffsync import Adapter, ChildrenCycle, DiffSyncFlags, DiffSyncModel, DiffSyncModelFlags

STACK = 256 * 1024
MEMORY = 2 * 1024**3


class Root(DiffSyncModel):
    _modelname = "root"
    _identifiers = ("name",)
    _children = {"node": "nodes"}  # noqa: RUF012
    name: str
    nodes: list[str] = []  # noqa: RUF012


class Node(DiffSyncModel):
    _modelname = "node"
    _identifiers = ("name",)
    _attributes = ("size",)
    _children = {"node": "nodes"}  # noqa: RUF012
    name: str
    size: int = 0
    nodes: list[str] = []  # noqa: RUF012


class Chain(Adapter):
    root = Root
    node = Node
    top_level = ["root"]  # noqa: RUF012


def chain(levels: int, changed: int | None = None) -> Chain:
    """Return an adapter with a root and a chain of nodes below it; the one at `changed` has another size."""
    adapter = Chain()
    parent: Root | Node = Root(name="root")
    adapter.add(parent)
    for place in range(levels):
        node = Node(name=f"n{place}", size=int(place == changed))
        adapter.add(node)
        parent.add_child(node)
        parent = node
    return adapter


def create_all(levels: int) -> None:
    """Sync the chain to where only its root is."""
    source, dest = chain(levels), chain(0)
    diff = dest.sync_from(source)
    assert diff.summary() == {"create": levels, "update": 0, "delete": 0, "no-change": 1, "skip": 0}
    assert len(dest) == levels + 1
    assert not dest.diff_from(source).has_diffs()


def delete_all(levels: int) -> None:
    """Sync where only the root is to the chain, parents first."""
    source, dest = chain(0), chain(levels)
    diff = dest.sync_from(source)
    assert diff.summary()["delete"] == levels
    assert len(dest) == 1


def delete_upwards(levels: int) -> None:
    """Sync where only the root is to the chain, children first."""
    source, dest = chain(0), chain(levels)
    for node in dest.get_all("node"):
        node.model_flags = DiffSyncModelFlags.NATURAL_DELETION_ORDER
    dest.sync_from(source)
    assert len(dest) == 1


def delete_at_once(levels: int) -> None:
    """Delete the top of the chain, which takes all below it along."""
    source, dest = chain(0), chain(levels)
    dest.get("node", "n0").model_flags = DiffSyncModelFlags.SKIP_CHILDREN_ON_DELETE
    dest.sync_from(source)
    assert len(dest) == 1


def change_bottom(levels: int) -> None:
    """Sync one change at the bottom, with and without a callback, and with unchanged records logged."""
    source, dest = chain(levels, changed=levels - 1), chain(levels)
    calls: list[tuple[str, int, int]] = []
    diff = dest.diff_from(source, callback=lambda *call: calls.append(call))
    assert diff.summary() == {"create": 0, "update": 1, "delete": 0, "no-change": levels, "skip": 0}
    assert calls[-1] == ("diff", 2 * levels + 2, 2 * levels + 2)
    dest.sync_from(source, diff=diff, flags=DiffSyncFlags.LOG_UNCHANGED_RECORDS)
    assert dest.get("node", f"n{levels - 1}").size == 1
    assert not dest.diff_from(source).has_diffs()


def read_diff(levels: int) -> None:
    """Read a diff as a whole, as far as what it says does not grow with the square of the depth."""
    source, dest = chain(levels, changed=levels - 1), chain(levels)
    assert chain(levels).diff_from(dest).str() == "(no diffs)"
    diff = dest.diff_from(source)
    assert len(diff) == levels + 1
    assert diff.has_diffs()
    nested = diff.dict()["root"]["root"]
    for place in range(levels):
        nested = nested["node"][f"n{place}"]
    assert nested == {"+": {"size": 1}, "-": {"size": 0}}


def print_diff(levels: int) -> None:
    """Print a diff, each level of which is indented further."""
    diff = chain(levels).diff_from(chain(levels, changed=levels - 1))
    lines = diff.str().split("\n")
    assert len(lines) == 2 * levels + 3
    assert lines[-1].split() == ["size", "Chain(1)", "Chain(0)"]
    assert list(diff.children) == ["root"]
    assert diff.str().split("\n") == lines


def walk_elements(levels: int) -> None:
    """Look at each element, after which the library no longer answers from the flat array."""
    source, dest = chain(levels), chain(1)
    diff = dest.diff_from(source)
    element = next(iter(diff.get_children()))
    seen = 1
    while element.child_diff.children:
        element = next(iter(element.child_diff.children["node"].values()))
        seen += 1
    assert seen == levels + 1
    assert element.source_attrs == {"size": 0}
    assert len(diff) == levels + 1
    assert diff.summary()["create"] == levels - 1
    assert diff.has_diffs()
    dest.sync_from(source, diff=diff)
    assert len(dest) == levels + 1


def describe(levels: int) -> None:
    """Describe the records, each of which is indented further, and remove them."""
    adapter = chain(levels)
    assert adapter.str().split("\n")[-1].strip() == "nodes: []"
    adapter.remove(adapter.get("node", "n0"), remove_children=True)
    assert len(adapter) == 1


def cycle(levels: int) -> None:
    """Close the chain to a ring, which is an error."""
    source, dest = chain(levels), chain(levels)
    source.get("node", f"n{levels - 1}").nodes.append("n0")
    found = ""
    try:
        dest.diff_from(source)
    except ChildrenCycle as error:
        found = str(error)
    assert 'node "n0"' in found


def describe_cycle(levels: int) -> None:
    """Describe the records of a ring, which is an error; if it went unnoticed, memory would be used up."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    adapter = chain(levels)
    adapter.get("node", f"n{levels - 1}").nodes.append("n0")
    found = []
    for describe_all in (adapter.str, adapter.get("node", "n0").str):
        try:
            describe_all()
        except ChildrenCycle as error:
            found.append(str(error))
    assert [text.startswith('node "n') for text in found] == [True, True]


def main() -> None:
    """Do what the command line says, then free everything."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    globals()[sys.argv[1]](int(sys.argv[2]))
    gc.collect()
    sys.stdout.write("done\n")


if __name__ == "__main__":
    threading.stack_size(STACK)
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
