"""The kernel in Python, eighth part: applying changes for which nobody's methods have to be called.

The twin of `_applying.pyx`; `_kernel.py` chooses. Here all changes are left to `syncer.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..enum import DiffSyncStatus
from .array_py import mark_unknown

if TYPE_CHECKING:
    from .array_py import FlatArray

__all__ = ["DirectChanges"]


class DirectChanges:
    """What a sync does to a local store as long as there is nothing special about it.

    Args:
        array: The flat array.
        data: The `{modelname: {unique id: record}}` of the destination's local store.
        classes: The destination's model classes by type; None if methods of the adapter or the store have to be called.
        adapter: The destination.
        models: By index, the destination's records of elements that have been created or deleted; filled in here too.
        elements: By index, the elements that somebody has looked at and may have changed.
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
        self._array = array
        self._data = data

    def pass_over(self, index: int, stop: int) -> int:
        """Mark unchanged records from `index` on, and return the first one that needs more than that, or `stop`."""
        return mark_unknown(self._array, index, stop, self._data, DiffSyncStatus.UNKNOWN)
