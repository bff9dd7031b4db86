"""The flat diff: the kernel's array of records, read as what a diff says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _kernel as kernel
from ..dumping.copies import copy_containers
from ..enum import DiffSyncActions
from .unread import UnreadRecords

if TYPE_CHECKING:
    from .._kernel import FlatArray
    from ..adapter import Adapter
    from ..diff import Diff

ACTIONS = (DiffSyncActions.NO_CHANGE, DiffSyncActions.CREATE, DiffSyncActions.UPDATE, DiffSyncActions.DELETE)


class FlatDiff(kernel.FlatView):
    """All elements of one diff, in pre-order.

    Of changed, created and deleted records it keeps the values at the time of the diff; unchanged ones are read from
    the live objects, or where those are in a store that could tell that they are equal, from the store.
    """

    __slots__ = ("_dest_reader", "_source_reader")

    def __init__(self, array: FlatArray, source: Adapter, dest: Adapter, diff_class: type[Diff]) -> None:
        """Wrap the array of a diff from `source` to `dest`, to be shown as diffs of a class."""
        super().__init__(array, source, dest, diff_class)
        self._source_reader = UnreadRecords(array, source, dest)
        self._dest_reader = UnreadRecords(array, dest, source)

    def __len__(self) -> int:
        """Return the number of elements."""
        return len(self.array)

    def parent(self, index: int) -> int:
        """Return the index of an element's parent, -1 at the top."""
        return self.array.parent(index)

    def end(self, index: int) -> int:
        """Return the index one past an element's last descendant, one past the last element for -1."""
        return self.array.end(index)

    def children(self, index: int) -> list[int]:
        """Return the indices of an element's children, of the top elements for -1."""
        return self.array.children(index)

    def type(self, index: int) -> str:
        """Return an element's type name."""
        return self.array.type(index)

    def action(self, index: int) -> str | None:
        """Return an element's action, one of `DiffSyncActions`."""
        return ACTIONS[self.array.action(index)]

    def next_changed(self, start: int, stop: int) -> int:
        """Return the first index from `start` up to `stop` whose element has an action, or `stop`."""
        return self.array.next_changed(start, stop)

    def source(self, index: int) -> Any:
        """Return the source's record of an element, None if the source does not have it."""
        return self._source_reader.read(index, self.array.source(index))

    def dest(self, index: int) -> Any:
        """Return the destination's record of an element, None if the destination does not have it."""
        return self._dest_reader.read(index, self.array.dest(index))

    def read_ahead(self, index: int) -> None:
        """Have the destination's records of an element and of the next ones at hand, for whoever asks the store."""
        self._dest_reader.read_ahead(index, self.array.dest(index))

    def name(self, index: int) -> str:
        """Return an element's name, the record's shortname."""
        noted = self.array.noted_name(index)
        if noted is not None:
            return noted
        source = self.array.source(index)
        if type(source) is str:
            return self._source_reader.name(index, source)
        name: str = self._model(index).get_shortname()
        return name

    def keys(self, index: int) -> dict[str, Any]:
        """Return an element's identifiers, a new dict."""
        snapshot = self.array.snapshot(index)
        return self._model(index).get_identifiers() if snapshot is None else dict(snapshot[1])

    def source_attrs(self, index: int) -> dict[str, Any] | None:
        """Return the source's attributes, a new dict; None if the source does not have the record."""
        snapshot = self.array.snapshot(index)
        if snapshot is not None:
            return None if snapshot[2] is None else _copied(snapshot[2])
        source = self.source(index)
        return None if source is None else source.get_attrs()

    def dest_attrs(self, index: int) -> dict[str, Any] | None:
        """Return the destination's attributes, a new dict; None if the destination does not have the record.

        An unchanged record stays one, even if an object has been edited since: then the source's values are returned.
        """
        snapshot = self.array.snapshot(index)
        if snapshot is not None:
            return None if snapshot[3] is None else _copied(snapshot[3])
        dest = self.dest(index)
        if dest is None:
            return None
        attrs: dict[str, Any] = dest.get_attrs()
        source_attrs = self.source_attrs(index) or {}
        attrs.update(
            {name: source_attrs[name] for name in attrs if name in source_attrs and attrs[name] != source_attrs[name]}
        )
        return attrs

    def attrs_diffs(self, index: int) -> dict[str, dict[str, Any]]:
        """Return what changed in an element, in the form of `DiffElement.get_attrs_diffs`."""
        return self.array.attrs_diffs(index)

    def _model(self, index: int) -> Any:
        source = self.source(index)
        return self.dest(index) if source is None else source


def _copied(attrs: dict[str, Any]) -> dict[str, Any]:
    return {name: copy_containers(value) for name, value in attrs.items()}
