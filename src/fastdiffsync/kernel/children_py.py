"""The kernel in Python: the unique ids of a record's children, which it lists in its fields.

The twin of `children.pyx`, function for function; `_kernel.py` chooses. Whoever changes one changes both.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..exceptions import ObjectAlreadyExists, ObjectNotFound, ObjectStoreWrongType
from .fields_py import unique_id_of

__all__ = ["add_child", "remove_child"]

# Below this many children a search through the list is cheaper than keeping an index of it.
INDEX_CHILDREN_FROM = 24

_set_slot = msgspec.Struct.__setattr__


def add_child(self: Any, child: Any) -> None:
    """Record a child's unique id in the field that `_children` names for its type; the child itself is not stored.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectAlreadyExists: If the child's unique id is already there.
    """
    child_type = child.get_type()
    if child_type not in self._children:
        message = (
            f"Unable to store {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}"
        )
        raise ObjectStoreWrongType(message)
    field = self._children[child_type]
    uids = getattr(self, field)
    uid = unique_id_of(child)
    index = child_index(self, field, uids) if len(uids) >= INDEX_CHILDREN_FROM and type(uid) is str else None
    if uid in (uids if index is None else index):
        message = f"Already storing a {child_type} with unique_id {uid}"
        raise ObjectAlreadyExists(message, child)
    uids.append(uid)
    if index is not None:
        index[uid] = None
    tell_store(self)


def remove_child(self: Any, child: Any) -> None:
    """Take a child's unique id out of the field that `_children` names for its type.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectNotFound: If the child's unique id is not there.
    """
    child_type = child.get_type()
    if child_type not in self._children:
        message = (
            f"Unable to find and delete {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}"
        )
        raise ObjectStoreWrongType(message)
    field = self._children[child_type]
    uids = getattr(self, field)
    uid = unique_id_of(child)
    try:
        uids.remove(uid)
    except ValueError:
        message = f"{child} was not found as a child in {field}"
        raise ObjectNotFound(message) from None
    if self._side_data is not None and field in self._side_data:
        of_list, index = self._side_data[field]
        if of_list is uids:
            index.pop(uid, None)
    tell_store(self)


def child_index(model: Any, field: str, uids: list[Any]) -> dict[Any, None] | None:
    """Return the ids in a long list of children as a dict, kept with the record; None if the list has repetitions.

    diffsync searches the list, which makes loading a wide parent quadratic. The index is rebuilt when it is not of
    this very list, or the list has been changed behind its back: another length, or another last id.
    """
    indexes = model._side_data
    if indexes is None:
        indexes = {}
        _set_slot(model, "_side_data", indexes)
    of_list, index = indexes.get(field, (None, None))
    if of_list is not uids or len(index) != len(uids) or uids[-1] not in index:
        index = dict.fromkeys(uids)
        if len(index) != len(uids):
            return None
        indexes[field] = (uids, index)
    return index  # type: ignore[no-any-return]


def tell_store(model: Any) -> None:
    """Tell the store of a record's adapter that the record has changed, so that it need not be told by the user."""
    adapter = model.adapter
    if adapter is not None and adapter.store.keeps_copies:
        adapter.store.record_changed(obj=model)
