"""The unique ids of a record's children, which it lists in its fields.

The twin of `children.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec

from ..exceptions import ObjectAlreadyExists, ObjectNotFound, ObjectStoreWrongType
from ..schema import LIBRARY_ATTRIBUTE
from .checks import check_child_list, check_record
from .fields_py import unique_id_of

__all__ = ["add_child", "remove_child"]

# Below this many children a search through the list is cheaper than noting where each is listed.
LONG_FROM = 24

_set_slot = msgspec.Struct.__setattr__


def add_child(self: Any, child: Any) -> None:
    """Record a child's unique id in the field that `_children` names for its type; the child itself is not stored.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        TypeError: If the child is no record, or the field no list.
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectAlreadyExists: If the child's unique id is already there.
    """
    if not hasattr(type(child), LIBRARY_ATTRIBUTE):
        check_record(child, "add_child")
    child_type = child.get_type()
    if child_type not in self._children:
        message = (
            f"Unable to store {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}: {child!r} cannot be added to {self!r}"
        )
        raise ObjectStoreWrongType(message)
    field = self._children[child_type]
    uids = getattr(self, field)
    uid = unique_id_of(child)
    if not isinstance(uids, list):
        check_child_list(self, field, uids, "append")
    is_long = type(uids) is list and len(uids) >= LONG_FROM and type(uid) is str
    known_list = long_list(self, field, uids) if is_long else None
    if uid in uids if known_list is None else known_list.has(uid):
        message = f"Already storing a {child_type} with unique_id {uid} in {field} of {self!r}"
        raise ObjectAlreadyExists(message, child)
    (uids if known_list is None else known_list).append(uid)
    tell_store(self)


def remove_child(self: Any, child: Any) -> None:
    """Take a child's unique id out of the field that `_children` names for its type.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        TypeError: If the child is no record, or the field no list.
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectNotFound: If the child's unique id is not there.
    """
    if not hasattr(type(child), LIBRARY_ATTRIBUTE):
        check_record(child, "remove_child")
    child_type = child.get_type()
    if child_type not in self._children:
        message = (
            f"Unable to find and delete {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}: {child!r} cannot be taken out of {self!r}"
        )
        raise ObjectStoreWrongType(message)
    field = self._children[child_type]
    uids = getattr(self, field)
    uid = unique_id_of(child)
    if not isinstance(uids, list):
        check_child_list(self, field, uids, "remove")
    try:
        is_long = type(uids) is list and len(uids) >= LONG_FROM and type(uid) is str
        (long_list(self, field, uids) if is_long else uids).remove(uid)
    except (ValueError, KeyError):
        message = f"{child} was not found as a child in {field} of {self!r}"
        raise ObjectNotFound(message) from None
    tell_store(self)


class LongList:
    """What is known of a long list of children, so that it need not be searched from the front again and again.

    The list is an ordinary one, which users read and change as they like. That somebody has changed it shows in its
    length, its last id or an id out of place; then all that is known of it is found out anew.

    Attributes:
        uids: The list.
        places: Its ids; if `has_places`, with the place that each had when the places were noted. Incomplete if an id
            is listed twice.
        has_places: Whether places have been noted.
        removed: How many ids have been taken out since.
        searched: How many ids have been passed in vain since: places are noted when that has cost as much as noting.
    """

    __slots__ = ("has_places", "places", "removed", "searched", "uids")

    def __init__(self, uids: list[Any]) -> None:
        """Know nothing but the list."""
        self.uids = uids
        self.places: dict[Any, int | None] = {}
        self.has_places = False
        self.removed = 0
        self.searched = 0

    def has(self, uid: Any) -> bool:
        """Whether an id is listed."""
        uids = self.uids
        if not (len(self.places) == len(uids) and uids[-1] in self.places):
            self.has_places = False
            self.places = dict.fromkeys(uids)
        # An id that is known to be listed is looked for all the same: a user may have taken it out.
        return (len(self.places) != len(uids) or uid in self.places) and uid in uids

    def append(self, uid: Any) -> None:
        """Add an id that is not listed."""
        self.places[uid] = len(self.uids) + self.removed if self.has_places else None
        self.uids.append(uid)

    def remove(self, uid: Any) -> None:
        """Take the first occurrence of an id out of the list.

        Raises:
            ValueError: If it is not listed.
        """
        place, removed = self.find(uid), self.removed + 1
        del self.uids[place]
        self.places.pop(uid, None)
        self.removed = removed

    def find(self, uid: Any) -> int:
        """Return the place of an id.

        An id moves up by one place for each id before it that is taken out. So it is where it was when places were
        noted, or at most `removed` places before. If they are taken out in order, it is at either end of these.

        Raises:
            ValueError: If it is not listed.
        """
        uids = self.uids
        noted = self.places.get(uid) if self.has_places and len(self.places) == len(uids) else None
        place, first = -1, 0
        if noted is not None:
            last = min(noted, len(uids) - 1)
            first = min(max(noted - self.removed, 0), last)
            if uids[first] == uid:
                return first
            if uids[last] == uid:
                return last
            with suppress(ValueError):
                place = uids.index(uid, first, last)
        if place < 0:
            first, place = 0, uids.index(uid)
        self.searched += place - first
        if self.searched > len(uids):
            self.note_places()
        return place

    def note_places(self) -> None:
        """Note the place of each id."""
        try:
            self.places = dict(zip(self.uids, range(len(self.uids)), strict=True))
        except TypeError:  # somebody has listed what cannot be an id
            self.places = {}
        self.has_places = len(self.places) == len(self.uids)
        self.removed = self.searched = 0


def long_list(model: Any, field: str, uids: list[Any]) -> LongList:
    """Return what is known of a long list of children, kept with the record."""
    lists = model._side_data
    if lists is None:
        lists = {}
        _set_slot(model, "_side_data", lists)
    known_list: LongList | None = lists.get(field)
    if known_list is None or known_list.uids is not uids:
        known_list = lists[field] = LongList(uids)
    return known_list


def tell_store(model: Any) -> None:
    """Tell the store of a record's adapter that the record has changed, so that it need not be told by the user."""
    store = getattr(model.adapter, "store", None)  # an adapter that did not call the library's `__init__` has none
    if store is not None and store.keeps_copies:
        store.record_changed(obj=model)
