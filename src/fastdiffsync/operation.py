"""One operation of a sync: what is to be done about one element of a diff, and how it is logged."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from .dump import SCALARS, copy_containers
from .enum import DiffSyncActions, DiffSyncFlags, DiffSyncModelFlags, DiffSyncStatus
from .exceptions import ObjectNotFound
from .flat import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .adapter import Adapter
    from .diff import DiffElement
    from .flat import FlatDiff
    from .model import DiffSyncModel


class Operation:
    """What is to be done about one element of a diff.

    Attributes:
        element_type: The element's type name.
        action: One of `DiffSyncActions`.
        ids: The element's identifiers.
        attrs: The new attributes of a create or update; nothing in them is shared with the diff.
        model_class: The destination's class for the type.
        dest_model: The destination's record, None if there is none.
        parent_model: The destination's record of the parent element, None at the top.
        skips_children: Whether deleting the record is known to delete its children.
        deletes_children_first: Whether its children are to be deleted before it.
    """

    __slots__ = (
        "_read_diffs",
        "action",
        "attrs",
        "deletes_children_first",
        "dest_model",
        "element_type",
        "ids",
        "model_class",
        "parent_model",
        "skips_children",
    )

    def __init__(
        self, element_type: str, action: str | None, ids: dict[str, Any], read_diffs: Callable[[], dict[str, Any]]
    ) -> None:
        """Describe an operation; whoever makes it fills in the rest.

        Args:
            element_type: The element's type name.
            action: One of `DiffSyncActions`.
            ids: The element's identifiers.
            read_diffs: Returns the element's changed attributes, as they are logged.
        """
        self.element_type = element_type
        self.action = action
        self.ids = ids
        self._read_diffs = read_diffs
        self.attrs: dict[str, Any]
        self.model_class: type[DiffSyncModel]
        self.dest_model: DiffSyncModel | None
        self.parent_model: DiffSyncModel | None
        self.skips_children = False
        self.deletes_children_first = False

    @property
    def diffs(self) -> dict[str, Any]:
        """The element's changed attributes, in the form of `DiffElement.get_attrs_diffs`."""
        return self._read_diffs()

    def begin(self, dest_model: DiffSyncModel | None) -> None:
        """Mark the destination's record as being in work, and read its flags."""
        self.dest_model = dest_model
        if dest_model is None:
            return
        dest_model.set_status(DiffSyncStatus.UNKNOWN)
        flags: DiffSyncModelFlags = dest_model.model_flags
        if self.action == DiffSyncActions.DELETE and flags:
            self.skips_children = bool(flags & DiffSyncModelFlags.SKIP_CHILDREN_ON_DELETE)
            is_natural = bool(flags & DiffSyncModelFlags.NATURAL_DELETION_ORDER)
            self.deletes_children_first = is_natural and not self.skips_children


def of_element(element: DiffElement, parent_model: DiffSyncModel | None, dest: Adapter) -> Operation:
    """Return the operation for an element, its record looked up by the adapter's `get`."""
    operation = Operation(element.type, element.action, element.keys, element.get_attrs_diffs)
    operation.parent_model = parent_model
    operation.model_class = getattr(dest, element.type)
    new = element.get_attrs_diffs().get("+", {})
    operation.attrs = {name: copy_containers(value) for name, value in new.items()}
    try:
        dest_model = dest.get(operation.model_class, operation.ids)
    except ObjectNotFound:
        dest_model = None
    operation.begin(dest_model)
    return operation


def of_record(
    flat: FlatDiff, index: int, parent_model: DiffSyncModel | None, model_class: type[DiffSyncModel], data: Any
) -> Operation:
    """Return the operation for a changed record of a flat diff, its record looked up in a local store's dict.

    It is what `of_element` returns for the element, in a fifth of the time: no element is made, and no exception for
    a record that is not there.
    """
    records = flat.records
    _, keys, source, dest = records.snapshots[index]
    element_type = records.type(index)
    operation = Operation(element_type, ACTIONS[records.action(index)], dict(keys), lambda: flat.attrs_diffs(index))
    operation.parent_model = parent_model
    operation.model_class = model_class
    new = {} if source is None else source if dest is None else flat.attrs_diffs(index)["+"]
    operation.attrs = {name: value if type(value) in SCALARS else copy_containers(value) for name, value in new.items()}
    uid = "__".join([str(keys[name]) for name in model_class._identifiers])
    operation.begin(data[element_type].get(uid))
    return operation


class OperationLog:
    """Logs the operations of one sync; a logger is bound to an operation only if somebody listens."""

    def __init__(self, base: Any, flags: DiffSyncFlags) -> None:
        """Log to what a structlog logger binds.

        Args:
            base: The sync's logger.
            flags: Whether unchanged records are logged.
        """
        self._base = base
        self._logs_unchanged = bool(flags & DiffSyncFlags.LOG_UNCHANGED_RECORDS)
        self._hears_debug = _listens(base, logging.DEBUG)
        self._hears_info = _listens(base, logging.INFO)
        self._operation: Operation | None = None
        self._bound: Any = None

    def attempt(self, operation: Operation) -> None:
        """Log that an operation is about to be tried."""
        if self._hears_debug:
            self._logger(operation).debug(f"Attempting model {operation.action}")

    def no_object(self, operation: Operation) -> None:
        """Log that an operation has led to no record."""
        self._logger(operation).warning("No object resulted from sync, will not process child objects.")

    def outcome(self, operation: Operation, status: DiffSyncStatus, message: str) -> None:
        """Log how the operation went, at the level that fits."""
        if operation.action is None:
            if self._logs_unchanged:
                self._logger(operation).debug(message, status=status.value)
        elif status is DiffSyncStatus.SUCCESS:
            if self._hears_info:
                self._logger(operation).info(message, status=status.value)
        elif status is DiffSyncStatus.FAILURE:
            self._logger(operation).warning(message, status=status.value)
        else:
            self._logger(operation).error(message, status=status.value)

    def _logger(self, operation: Operation) -> Any:
        if self._operation is not operation:
            self._operation = operation
            self._bound = self._base.bind(
                action=operation.action,
                model=operation.element_type,
                unique_id=operation.model_class.create_unique_id(**operation.ids),
                diffs=operation.diffs,
            )
        return self._bound


def _listens(logger: Any, level: int) -> bool:
    """Whether a message of this level may go anywhere: structlog's filtering loggers know that it does not."""
    is_enabled_for = getattr(logger, "is_enabled_for", None)
    return True if is_enabled_for is None else bool(is_enabled_for(level))
