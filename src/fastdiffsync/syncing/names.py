"""Types that a sync has a local source name: diffsync looks up each element there, and asking for a type names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._kernel import FlatArray


class TypeNames:
    """Has the source's store name types of which it has no records when a sync comes to the first entry of each."""

    def __init__(self, array: FlatArray, data: Any) -> None:
        """Prepare for a sync.

        Args:
            array: What is applied.
            data: The `{modelname: {unique id: record}}` of the source's local store, None if it has none.
        """
        self._array = array
        self._data = data
        self._unnamed = set() if data is None else {name for name in array.types() if name not in data}
        self._next = -1 if self._unnamed else len(array)

    def next_from(self, index: int) -> int:
        """Return the first entry from `index` on whose type is to be named, or the number of entries."""
        if self._next < index:
            rest = range(index, len(self._array))
            self._next = next((entry for entry in rest if self._array.type(entry) in self._unnamed), len(self._array))
        return self._next

    def name_type(self, index: int) -> None:
        """Name the type of an entry."""
        name = self._array.type(index)
        self._data[name]
        self._unnamed.discard(name)
        self._next = index - 1 if self._unnamed else len(self._array)
