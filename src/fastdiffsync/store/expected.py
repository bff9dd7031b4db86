"""What a walk is expected to ask for: pairs of parents in the order in which it will come to them."""

from __future__ import annotations

from collections import deque
from itertools import chain
from typing import Any


class PairedLists:
    """Children of one pair of parents, or records at the top, as they are handed to the kernel.

    Attributes:
        sources, dests: Records of either side; None for a side whose records the kernel fetches itself.
        are_paired: Whether the two lists are pairs already, None standing in for a record that is not there.
    """

    __slots__ = ("are_paired", "dests", "sources")

    def __init__(self, sources: list[Any] | None, dests: list[Any] | None, *, are_paired: bool = False) -> None:
        """Hand out two lists."""
        self.sources = sources
        self.dests = dests
        self.are_paired = are_paired


class Expected:
    """A pair of parents whose children of one type the walk will ask for; None for a side that is not read ahead."""

    __slots__ = (
        "below",
        "dest",
        "dest_uids",
        "field",
        "found",
        "is_waiting",
        "key",
        "lists",
        "queue",
        "source",
        "source_uids",
    )

    def __init__(self, queue: Queue, field: str, source: Any, dest: Any, lists: Any) -> None:
        self.queue = queue
        self.field = field
        self.source = source
        self.dest = dest
        self.lists = lists
        self.key = (id(dest if source is None else source), queue.child_type)
        self.is_waiting = True
        self.found: PairedLists | None = None
        self.below: list[Expected] = []
        self.source_uids: list[str] = []
        self.dest_uids: list[str] = []

    def list_children(self) -> bool:
        """Note which children are listed; False if there is something unusual about the lists."""
        if self.lists is not None:
            self.source_uids = self.dest_uids = getattr(self.lists, self.field)
            return True
        source_uids = [] if self.source is None else getattr(self.source, self.field, None)
        dest_uids = [] if self.dest is None else getattr(self.dest, self.field, None)
        if type(source_uids) is not list or type(dest_uids) is not list:
            return False
        if not {str}.issuperset(map(type, chain(source_uids, dest_uids))):
            return False
        self.source_uids, self.dest_uids = source_uids[:], dest_uids[:]
        return True

    def listed_by_both(self) -> list[str]:
        """Return the children that both parents list."""
        if self.source_uids == self.dest_uids:
            return self.source_uids
        theirs = set(self.dest_uids)
        return [uid for uid in self.source_uids if uid in theirs]


class Queue:
    """The pairs of parents, reached by one path of types, whose children of one type are expected."""

    __slots__ = ("below", "child_type", "current", "depth", "waiting")

    def __init__(self, child_type: str, depth: int) -> None:
        self.child_type = child_type
        self.depth = depth
        self.waiting: deque[Expected] = deque()
        self.current: Expected | None = None
        self.below: dict[str, Queue] = {}


def next_batch(queue: Queue, first: Expected, size: int) -> list[Expected]:
    """Take pairs from a queue until there are enough children to fetch, beginning with `first`."""
    batch = []
    count = 0
    expected: Expected | None = first
    while expected is not None:
        expected.is_waiting = False
        if expected.list_children():
            batch.append(expected)
            count += len(expected.source_uids) + len(expected.dest_uids)
        expected = None
        while count < size and queue.waiting and expected is None:
            following = queue.waiting.popleft()
            expected = following if following.is_waiting else None
    return batch


def has_repeated(uids: list[str]) -> bool:
    """Whether a unique id is listed twice."""
    return len(set(uids)) != len(uids)
