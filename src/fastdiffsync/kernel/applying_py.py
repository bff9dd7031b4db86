"""Applying changes for which no methods have to be called but a user's own `create`, `update` and `delete`.

The twin of `applying.pyx`; whoever changes one changes both. Here all changes are left to `syncer.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..dumping.copies import SCALARS, copy_containers
from ..enum import DiffSyncStatus
from ..schema import schema_of

if TYPE_CHECKING:
    from .array_py import FlatArray

__all__ = ["DirectChanges", "change_of"]


class DirectChanges:
    """What a sync does to a local store as long as there is nothing special about it.

    Args:
        array: The flat array.
        data: The `{modelname: {unique id: record}}` of the destination's local store.
        classes: The destination's model classes by type; None if methods of the adapter or the store have to be called.
        adapter: The destination.
        models: By index, the destination's records of elements that have been created or deleted; filled in here too.
        elements: By index, the elements that somebody has looked at and may have changed.

    Attributes:
        called: How the call of a user's method went if the rest is to be done by calling methods too; always None, as
            none is called here.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - as in the compiled kernel
        self,
        array: FlatArray,
        data: Any,
        classes: dict[str, Any] | None,  # noqa: ARG002
        adapter: Any,  # noqa: ARG002
        models: dict[int, Any],  # noqa: ARG002
        elements: dict[int, Any],  # noqa: ARG002
    ) -> None:
        """Prepare to apply a diff; see the class for the arguments."""
        self.called: tuple[dict[str, Any], Any, Any, Any] | None = None
        self._array = array
        self._data = data

    def pass_over(self, index: int, stop: int) -> int:
        """Mark unchanged records from `index` on, and return the first one that needs more than that, or `stop`."""
        return self.mark_unchanged(index, stop)

    def mark_unchanged(self, start: int, stop: int) -> int:
        """Give unchanged records from `start` on the status that a sync gives whatever it passes.

        Returns:
            The index of the first one that needs more than that: it has an action, its record is no longer the one in
            the store, or hooks of its class are overridden. `stop` if there is none.
        """
        for index in range(start, stop):
            dest = self._array._dests[index]
            if self._array._actions[index] or dest is None or type(dest) is str:
                return index
            schema = schema_of(type(dest))
            key = dest._unique_id
            if not (schema.may_be_marked and type(key) is str):
                return index
            stored = self._data.get(self._array._types[index])
            if stored is None or stored.get(key) is not dest:
                return index
            dest._status = DiffSyncStatus.UNKNOWN
            dest._status_message = ""
        return stop


def change_of(
    array: FlatArray, index: int, data: Any, identifiers: tuple[str, ...]
) -> tuple[str, int, dict[str, Any], dict[str, Any], Any]:
    """Return what a sync needs to know of a record that has an action.

    Args:
        array: The flat array.
        index: The record.
        data: The `{modelname: {unique id: record}}` of the destination's local store.
        identifiers: The identifiers of the destination's class, in the order in which they make the unique id.

    Returns:
        The type, the action (1 create, 2 update, 3 delete), new dicts of the identifiers and of the new attributes, and
        the destination's record as it is now, or None.
    """
    _, keys, source, dest = array._snapshots[index]
    attrs: dict[str, Any] = {}
    if dest is None:
        attrs = dict(source or {})
    elif source is not None:
        mask = array.mask(index)
        common = [name for name in dest if name in source]
        attrs = {name: source[name] for place, name in enumerate(common) if mask >> place & 1}
    if not SCALARS.issuperset(map(type, attrs.values())):
        attrs = {name: copy_containers(value) for name, value in attrs.items()}
    uid = "__".join([str(keys[name]) for name in identifiers])
    element_type = array.type(index)
    return element_type, array.action(index), dict(keys), attrs, data[element_type].get(uid)
