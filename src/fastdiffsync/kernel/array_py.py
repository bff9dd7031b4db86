"""The flat array that a diff is.

The twin of `array.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .constants import CREATE, DELETE, NO_ACTION, UPDATE

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = ["FlatArray"]

_ACTION = re.compile(rb"[^\0]")

Snapshot: TypeAlias = "tuple[str, dict[str, Any], dict[str, Any] | None, dict[str, Any] | None]"


class FlatArray:
    """The flat array: one entry for each pair or single, in pre-order."""

    __slots__ = (
        "_actions",
        "_dests",
        "_ends",
        "_masks",
        "_occurring",
        "_parents",
        "_snapshots",
        "_sources",
        "_types",
        "names",
        "unseen",
    )

    def __init__(self) -> None:
        """Make an empty array."""
        self._parents: list[int] = []
        self._ends: list[int] = []
        self._types: list[str] = []
        self._occurring: dict[str, None] = {}
        self._sources: list[Any] = []
        self._dests: list[Any] = []
        self._actions: bytearray = bytearray()
        self._masks: dict[int, int] = {}
        # Indices of the entries whose values have not been looked at.
        self.unseen: list[int] = []
        # By index: names that only hooks know, until the entries have been compared.
        self.names: dict[int, str] = {}
        self._snapshots: dict[int, Snapshot] = {}

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._parents)

    def append(self, parent: int, element_type: str, source: Any, dest: Any) -> int:
        """Add an entry below `parent` (-1: at the top) and return its index; `close` it when its children are in."""
        index = self.add(parent, element_type, source, dest)
        self.unseen.append(index)
        return index

    def add(self, parent: int, element_type: str, source: Any, dest: Any) -> int:
        """Do what `append` does, with an entry whose values have been looked at."""
        index = len(self._parents)
        self._parents.append(parent)
        self._ends.append(index + 1)
        self._types.append(element_type)
        self._occurring[element_type] = None
        self._sources.append(source)
        self._dests.append(dest)
        return index

    def extend(self, parent: int, element_type: str, sources: list[Any], dests: list[Any]) -> None:
        """Add entries without descendants below `parent`; their values have been looked at."""
        start, count = len(self._types), len(sources)
        self._parents += [parent] * count
        self._ends += range(start + 1, start + count + 1)
        self._types += [element_type] * count
        self._occurring[element_type] = None
        self._sources += sources
        self._dests += dests

    def close(self, index: int) -> None:
        """Say that all entries added since entry `index` are its descendants."""
        self._ends[index] = len(self._parents)

    def parent(self, index: int) -> int:
        """Return the index of an entry's parent, -1 at the top."""
        return self._parents[self._checked(index)]

    def end(self, index: int) -> int:
        """Return the index one past an entry's last descendant, one past the last entry for -1."""
        return len(self._ends) if index == -1 else self._ends[self._checked(index)]

    def types(self) -> list[str]:
        """Return the type names that occur."""
        return list(self._occurring)

    def type(self, index: int) -> str:
        """Return an entry's type name."""
        return self._types[self._checked(index)]

    def source(self, index: int) -> Any:
        """Return an entry's source record, or None."""
        return self._sources[self._checked(index)]

    def dest(self, index: int) -> Any:
        """Return an entry's destination record, or None."""
        return self._dests[self._checked(index)]

    def action(self, index: int) -> int:
        """Return an entry's action: 0 none, 1 create, 2 update, 3 delete."""
        return self._actions[self._checked(index)]

    def mask(self, index: int) -> int:
        """Return the bitmask of an entry's changed attributes: a bit for each attribute that both sides have."""
        return self._masks.get(self._checked(index), 0)

    def snapshot(self, index: int) -> Snapshot | None:
        """Return what the records of an entry with an action were when they were compared, None for any other entry.

        Returns:
            (name, identifiers, source attributes or None, destination attributes or None)
        """
        return self._snapshots.get(index)

    def has_same_snapshot(self, index: int, other: FlatArray, other_index: int) -> bool:
        """Whether an entry has the same snapshot as one of another array, or neither has one."""
        return self._snapshots.get(index) == other._snapshots.get(other_index)

    def noted_name(self, index: int) -> str | None:
        """Return the name that an entry's record had when it was compared, None where that has not been noted."""
        snapshot = self._snapshots.get(index)
        return None if snapshot is None else snapshot[0]

    def attrs_diffs(self, index: int) -> dict[str, dict[str, Any]]:
        """Return what changed, in the form of `DiffElement.get_attrs_diffs`; the dicts are new, the values are not."""
        snapshot = self._snapshots.get(index)
        if snapshot is None:
            return {"-": {}, "+": {}}
        _, _, source, dest = snapshot
        if source is None or dest is None:
            result = {} if source is None else {"+": dict(source)}
            return result if dest is None else {"-": dict(dest)}
        mask = self.mask(index)
        common = [name for name in dest if name in source]
        changed = [name for place, name in enumerate(common) if mask >> place & 1]
        return {"-": {name: dest[name] for name in changed}, "+": {name: source[name] for name in changed}}

    def children(self, index: int) -> list[int]:
        """Return the indices of an entry's children, of the top entries for -1."""
        child, stop = (0, len(self)) if index == -1 else (index + 1, self.end(index))
        found = []
        while child < stop:
            found.append(child)
            child = self._ends[child]
        return found

    def count(self, start: int, stop: int) -> tuple[int, int, int, int]:
        """Return how many entries from `start` up to `stop` are creates, updates, deletes, and unchanged."""
        actions = self._actions
        counts = [actions.count(action, start, stop) for action in (CREATE, UPDATE, DELETE, NO_ACTION)]
        return counts[0], counts[1], counts[2], counts[3]

    def next_changed(self, start: int, stop: int) -> int:
        """Return the first index from `start` up to `stop` that has an action, or `stop`."""
        found = _ACTION.search(self._actions, start, stop)
        return stop if found is None else found.start()

    def set_outcome(self, index: int, action: int, mask: int) -> None:
        """Set an entry's action and bitmask."""
        self._actions[self._checked(index)] = action
        if mask:
            self._masks[index] = mask

    def _checked(self, index: int) -> int:
        if not 0 <= index < len(self._parents):
            message = f"entry {index} of {len(self._parents)}"
            raise IndexError(message)
        return index
