"""One operation of a sync: what is to be done about one element of a diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .. import _kernel as kernel
from ..dumping.copies import copy_containers
from ..enum import DiffSyncActions, DiffSyncModelFlags, DiffSyncStatus
from ..exceptions import ObjectCrudException, ObjectNotFound
from ..runtime.arguments import described
from ..views.flat import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..adapter import Adapter
    from ..diff import DiffElement
    from ..model import DiffSyncModel
    from ..views.flat import FlatDiff


_UNKNOWN = DiffSyncStatus.UNKNOWN

_SUCCESS = DiffSyncStatus.SUCCESS

_DELETE = DiffSyncActions.DELETE

_NO_FLAGS = DiffSyncModelFlags.NONE

_LAST_LINES: dict[str | None, str] = {
    DiffSyncActions.CREATE: "return super().create(adapter=adapter, ids=ids, attrs=attrs)",
    DiffSyncActions.UPDATE: "return super().update(attrs)",
    DiffSyncActions.DELETE: "return super().delete()",
}
"""What the methods that a sync calls end with, as they must return the record."""


class Operation(msgspec.Struct, eq=False, gc=False):
    """What is to be done about one element of a diff.

    Attributes:
        element_type: The element's type name.
        action: One of `DiffSyncActions`.
        ids: The element's identifiers.
        attrs: The new attributes of a create or update; nothing in them is shared with the diff.
        model_class: The destination's class for the type.
        parent_model: The destination's record of the parent element, None at the top.
        dest_model: The destination's record, None if there is none.
        read_diffs, read_arguments: What returns the element's changed attributes, as they are logged.
        skips_children: Whether deleting the record is known to delete its children.
        deletes_children_first: Whether its children are to be deleted before it.
        is_called: Whether the model's create, update or delete has been called already.
        returned: What it has returned, if it has been called.
        raised: What it has raised, if it has.
    """

    element_type: str
    action: str | None
    ids: dict[str, Any]
    attrs: dict[str, Any]
    model_class: type[DiffSyncModel]
    parent_model: DiffSyncModel | None
    dest_model: DiffSyncModel | None
    read_diffs: Callable[..., dict[str, Any]]
    read_arguments: tuple[int, ...] = ()
    skips_children: bool = False
    deletes_children_first: bool = False
    is_called: bool = False
    returned: DiffSyncModel | None = None
    raised: ObjectCrudException | None = None

    @property
    def diffs(self) -> dict[str, Any]:
        """The element's changed attributes, in the form of `DiffElement.get_attrs_diffs`."""
        return self.read_diffs(*self.read_arguments)

    def take_outcome(self) -> DiffSyncModel | None:
        """Return what the model's method has returned when it was called, or raise what it has raised.

        The error is not kept: it would keep the operation by its traceback, and the operation it.
        """
        if self.raised is None:
            return self.returned
        error, self.raised = self.raised, None
        try:
            raise error
        finally:
            del error


def of_element(element: DiffElement, parent_model: DiffSyncModel | None, dest: Adapter) -> Operation:
    """Return the operation for an element, its record looked up by the adapter's `get`."""
    model_class = getattr(dest, element.type)
    ids = element.keys
    new = element.get_attrs_diffs().get("+", {})
    attrs = {name: copy_containers(value) for name, value in new.items()}
    try:
        dest_model = dest.get(model_class, ids)
    except ObjectNotFound:
        dest_model = None
    operation = Operation(
        element.type, element.action, ids, attrs, model_class, parent_model, dest_model, element.get_attrs_diffs
    )
    if dest_model is not None:
        _begin(operation, dest_model)
    return operation


def of_record(
    flat: FlatDiff, index: int, parent_model: DiffSyncModel | None, model_class: type[DiffSyncModel], data: Any
) -> Operation:
    """Return the operation for a changed record of a flat diff, its record looked up in a local store's dict.

    It is what `of_element` returns for the element, in a fifth of the time: no element is made, and no exception for
    a record that is not there.
    """
    element_type, action, ids, attrs, dest_model = kernel.change_of(flat.array, index, data, model_class._identifiers)
    operation = Operation(
        element_type, ACTIONS[action], ids, attrs, model_class, parent_model, dest_model, flat.attrs_diffs, (index,)
    )
    if dest_model is not None:
        dest_model.set_status(_UNKNOWN)
        if dest_model.model_flags is not _NO_FLAGS:
            _heed_flags(operation, dest_model.model_flags)
    return operation


def of_called(
    flat: FlatDiff,
    index: int,
    parent_model: DiffSyncModel | None,
    model_class: type[DiffSyncModel],
    called: tuple[dict[str, Any], Any, Any, Any],
) -> Operation:
    """Return the operation for a changed record whose method has been called already, as the kernel's `called` says."""
    ids, dest_model, returned, raised = called
    operation = Operation(
        flat.type(index), flat.action(index), ids, {}, model_class, parent_model, dest_model, flat.attrs_diffs, (index,)
    )
    operation.is_called, operation.returned, operation.raised = True, returned, raised
    return operation


def of_unread(
    flat: FlatDiff, index: int, parent_model: DiffSyncModel | None, model_class: type[DiffSyncModel], data: Any
) -> Operation | None:
    """Return the operation for an unchanged record that the diff has not read; None if it is not there any more.

    Args:
        flat: The flat diff.
        index: The record.
        parent_model: The destination's record of the parent element, None at the top.
        model_class: The destination's class for the type.
        data: What returns records, like the `{modelname: {unique id: record}}` of a local store.
    """
    element_type = flat.array.type(index)
    dest_model = data[element_type].get(flat.array.dest(index))
    if dest_model is None:
        return None
    ids = dest_model.get_identifiers()
    operation = Operation(
        element_type, None, ids, {}, model_class, parent_model, dest_model, flat.attrs_diffs, (index,)
    )
    _begin(operation, dest_model)
    return operation


def nothing_returned(operation: Operation) -> str:
    """Return what there is to say when a model's method has returned None."""
    return (
        f"{operation.model_class.get_type()} {operation.action} did not return the model object. "
        f"If it has succeeded, let it end with `{_LAST_LINES[operation.action]}`: None means that it has failed."
    )


def check_returned(operation: Operation, model: Any) -> None:
    """Check that what a model's method has returned is a record.

    Raises:
        TypeError: If it is none.
    """
    if isinstance(model, type) or not hasattr(model, "get_status"):
        uid = operation.model_class.create_unique_id(**operation.ids)
        message = (
            f"{operation.model_class.get_type()} {uid}: {operation.action} must return the record, or None if it has "
            f"failed, not {described(model)}; let it end with `{_LAST_LINES[operation.action]}`"
        )
        raise TypeError(message)


def _begin(operation: Operation, dest_model: DiffSyncModel) -> None:
    """Mark the destination's record as being in work, and read its flags."""
    dest_model.set_status(_UNKNOWN)
    _heed_flags(operation, dest_model.model_flags)


def _heed_flags(operation: Operation, flags: DiffSyncModelFlags) -> None:
    if operation.action == _DELETE:
        operation.skips_children = bool(flags & DiffSyncModelFlags.SKIP_CHILDREN_ON_DELETE)
        is_natural = bool(flags & DiffSyncModelFlags.NATURAL_DELETION_ORDER)
        operation.deletes_children_first = is_natural and not operation.skips_children
