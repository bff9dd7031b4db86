# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""The unique ids of a record's children, which it lists in its fields.

The twin of `children_py.py`; whoever changes one changes both. Functions borrow what they take, a plan is that of the
record's class, and all of them need the lock.
"""

from .capi cimport (
    PyDict_GetItemWithError, PyList_CheckExact, PyList_GET_ITEM, PyList_GET_SIZE, PyObject,
    PyObject_GC_IsTracked, have_other_hashes, is_exact_str, same_str, set_slot_quietly, slot,
)
from .fields cimport adapter_of, type_name_of, unique_id
from .plans cimport Plan, plan_of, plan_of_record

from contextlib import suppress

from ..exceptions import ObjectAlreadyExists, ObjectNotFound, ObjectStoreWrongType
from .checks import check_child_list

__all__ = ["add_child", "remove_child"]

# Below this many children a search through the list is cheaper than noting where each is listed.
cdef enum:
    LONG_FROM = 24

cdef object GAP = object()

cdef extern from *:
    """
    /* From this many children on, moving up all that follow a removed one takes longer than all else about it, and is put
       off. Where other threads may look at a list at any time, it never is. */
    #ifdef Py_GIL_DISABLED
    #define FDS_LEAVE_GAPS_FROM PY_SSIZE_T_MAX
    #else
    #define FDS_LEAVE_GAPS_FROM 1000
    #endif

    /* Take `count` marks out of a list, the first of which is at `first`, and drop the list's references to them: what `del`
       would do, without memory for it. Both objects are borrowed. Needs the lock. */
    static void fds_close_gaps(PyObject *list, PyObject *mark, Py_ssize_t first, Py_ssize_t count) {
        PyObject **items = ((PyListObject *)list)->ob_item;
        Py_ssize_t size = PyList_GET_SIZE(list), from = first, to = first;
        for (; from < size && from - to < count; from++)
            if (items[from] != mark) items[to++] = items[from];
        memmove(items + to, items + from, (size_t)(size - from) * sizeof(PyObject *));
        Py_SET_SIZE(list, size - (from - to));
        for (; to < from; to++) Py_DECREF(mark);
    }
    """
    Py_ssize_t LEAVE_GAPS_FROM "FDS_LEAVE_GAPS_FROM"
    void close_gaps "fds_close_gaps"(list uids, object mark, Py_ssize_t first, Py_ssize_t count)


def add_child(self, child):
    """Record a child's unique id in the field that `_children` names for its type; the child itself is not stored.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        TypeError: If the child is no record, or the field no list.
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectAlreadyExists: If the child's unique id is already there.
    """
    put_child(self, child)


cdef int put_child(object self, object child) except -1:
    """Do what `add_child` does."""
    cdef Plan plan = plan_of(type(self))
    cdef Plan child_plan = plan_of_record(child, "add_child")
    child_type = type_name_of(child, child_plan)
    field = child_field(self, plan, child_type)
    if field is None:
        raise ObjectStoreWrongType(
            f"Unable to store {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}: {child!r} cannot be added to {self!r}"
        )
    uids = child_list(self, plan, field)
    uid = unique_id(child, child_plan)
    cdef LongList known_list = None
    if not PyList_CheckExact(<PyObject *>uids) or type(uid) is not str:
        check_child_list(self, field, uids, "append")
        known = uid in uids
    elif PyList_GET_SIZE(<PyObject *>uids) < LONG_FROM:
        known = is_in_short_list(<PyObject *>uids, <PyObject *>uid)
    else:
        known_list = long_list(self, plan, field, uids)
        known = known_list.has(uid)
    if known:
        raise ObjectAlreadyExists(f"Already storing a {child_type} with unique_id {uid} in {field} of {self!r}", child)
    if known_list is None:
        uids.append(uid)
    else:
        known_list.append(uid)
    return tell_store(self, plan)


def remove_child(self, child):
    """Take a child's unique id out of the field that `_children` names for its type.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        TypeError: If the child is no record, or the field no list.
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectNotFound: If the child's unique id is not there.
    """
    take_child(self, child)


cdef int take_child(object self, object child, list gaps=None) except -1:
    """Do what `remove_child` does.

    With `gaps`, what follows in a long list may be left where it is. The list is then appended to `gaps`, and the caller
    is to call its `close_gaps`.
    """
    cdef Plan plan = plan_of(type(self))
    cdef Plan child_plan = plan_of_record(child, "remove_child")
    cdef LongList known_list
    child_type = type_name_of(child, child_plan)
    field = child_field(self, plan, child_type)
    if field is None:
        raise ObjectStoreWrongType(
            f"Unable to find and delete {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}: {child!r} cannot be taken out of {self!r}"
        )
    uids = child_list(self, plan, field)
    uid = unique_id(child, child_plan)
    if not PyList_CheckExact(<PyObject *>uids):
        check_child_list(self, field, uids, "remove")
    try:
        if not is_long(uids, uid):
            uids.remove(uid)
        else:
            known_list = long_list(self, plan, field, uids)
            if gaps is None or len(<list>uids) < LEAVE_GAPS_FROM or store_to_tell(self) is not None:
                known_list.remove(uid)
            else:
                if not known_list.gaps:
                    gaps.append(known_list)
                known_list.leave_gap(uid)
    except (ValueError, KeyError):
        raise ObjectNotFound(f"{child} was not found as a child in {field} of {self!r}") from None
    return tell_store(self, plan)


cdef object child_field(object model, Plan plan, object child_type):
    """Return the name of the field for children of a type, owned; None if there is none."""
    cdef PyObject *field
    if plan.knows_children:
        field = PyDict_GetItemWithError(<PyObject *>plan.children, <PyObject *>child_type)
        return None if field == NULL else <object>field
    children = model._children
    return children[child_type] if child_type in children else None


cdef object child_list(object model, Plan plan, object field):
    """Return what a record has in a field for children, owned."""
    cdef PyObject *value = NULL
    if field is not plan.last_child_field:
        plan.last_child_offset = plan.child_offsets.get(field, -1)
        plan.last_child_field = field
    if plan.last_child_offset >= 0:
        value = slot(<PyObject *>model, plan.last_child_offset)
    return <object>value if value != NULL else getattr(model, field)


cdef bint is_in_short_list(PyObject *uids, PyObject *uid) except -1:
    """Whether a list has an id; Python is asked only where one of them is no text."""
    cdef Py_ssize_t i
    cdef PyObject *other
    if not is_exact_str(uid):
        return <object>uid in <object>uids
    for i in range(PyList_GET_SIZE(uids)):
        other = PyList_GET_ITEM(uids, i)
        if other == uid:
            return True
        if not is_exact_str(other):
            return <object>uid in <object>uids
        if not have_other_hashes(other, uid) and same_str(other, uid):
            return True
    return False


cdef bint is_long(object uids, object uid) noexcept:
    """Whether a list of children is so long that places in it are noted, and the id is one that may be in it."""
    return (
        PyList_CheckExact(<PyObject *>uids) and PyList_GET_SIZE(<PyObject *>uids) >= LONG_FROM
        and type(uid) is str
    )


cdef class LongList:
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
        gaps: How many ids have been taken out and replaced by marks; only in this kernel, see `leave_gap`.
        first_gap: The place of the first mark.
    """

    def __cinit__(self, list uids):
        self.uids = uids
        self.places = {}

    cdef bint has(self, object uid) except -1:
        """Whether an id is listed."""
        cdef list uids = self.uids
        cdef Py_ssize_t count = len(uids)
        if not (len(self.places) == count and uids[count - 1] in self.places):
            self.has_places = False
            self.places = dict.fromkeys(uids)
        # An id that is known to be listed is looked for all the same: a user may have taken it out.
        return (len(self.places) != count or uid in self.places) and uid in uids

    cdef int append(self, object uid) except -1:
        """Add an id that is not listed."""
        self.places[uid] = len(self.uids) + self.removed if self.has_places else None
        self.uids.append(uid)
        return 0

    cdef int remove(self, object uid) except -1:
        """Take the first occurrence of an id out of the list.

        Raises:
            ValueError: If it is not listed.
        """
        cdef Py_ssize_t place = self.find(uid)
        del self.uids[place]
        self.places.pop(uid, None)
        self.removed += 1
        return 0

    cdef int leave_gap(self, object uid) except -1:
        """Do what `remove` does, but put a mark in the id's place, so that those that follow need not move up yet.

        `close_gaps` takes the marks out. It is to be called before any code of a user's runs, which would see them. Neither
        needs memory.

        Raises:
            ValueError: If the id is not listed.
        """
        if self.searched > len(self.uids):
            self.close_gaps()
            self.note_places()
        cdef Py_ssize_t place = self.find(uid)
        self.first_gap = min(self.first_gap, place) if self.gaps else place
        self.uids[place] = GAP
        self.gaps += 1
        self.places.pop(uid, None)
        return 0

    cdef int close_gaps(self) noexcept:
        """Take the marks out of the list: the ids behind them move up once for all, where each alone would move them."""
        close_gaps(self.uids, GAP, self.first_gap, self.gaps)
        self.removed += self.gaps
        self.gaps = 0
        return 0

    cdef Py_ssize_t find(self, object uid) except -1:
        """Return the place of an id.

        An id moves up by one place for each id before it that is taken out. So it is where it was when places were
        noted, or at most `removed` places before. If they are taken out in order, it is at either end of these.

        Raises:
            ValueError: If it is not listed.
        """
        cdef list uids = self.uids
        cdef Py_ssize_t place = -1, first = 0, last
        noted = self.places.get(uid) if self.has_places and len(self.places) + self.gaps == len(uids) else None
        if noted is not None:
            last = min(<Py_ssize_t>noted, len(uids) - 1)
            first = min(max(<Py_ssize_t>noted - self.removed, 0), last)
            if uids[first] == uid:
                return first
            if uids[last] == uid:
                return last
            with suppress(ValueError):
                place = uids.index(uid, first, last)
        if place < 0:
            first, place = 0, uids.index(uid)
        self.searched += place - first
        if self.searched > len(uids) and not self.gaps:
            self.note_places()
        return place

    cdef int note_places(self) except -1:
        """Note the place of each id."""
        try:
            self.places = dict(zip(self.uids, range(len(self.uids))))
        except TypeError:  # somebody has listed what cannot be an id
            self.places = {}
        self.has_places = len(self.places) == len(self.uids)
        self.removed = self.searched = 0
        return 0


cdef LongList long_list(object model, Plan plan, object field, list uids):
    """Return what is known of a long list of children, owned; the record keeps it too."""
    lists = <object>slot(<PyObject *>model, plan.side_data_offset)
    if lists is None:
        # Nothing but texts and the list, which the record has anyhow, is in it: the collector need not know the record.
        lists = {}
        set_slot_quietly(<PyObject *>model, plan.side_data_offset, lists)
    cdef LongList known_list = lists.get(field)
    if known_list is None or known_list.uids is not uids:
        known_list = lists[field] = LongList(uids)
    return known_list


cdef int tell_store(object model, Plan plan) except -1:
    """Tell the store of a record's adapter that the record has changed, so that it need not be told by the user."""
    store = store_to_tell(model)
    if store is not None:
        store.record_changed(obj=model)
    return 0


cdef object store_to_tell(object model):
    """Return the store that is to be told of a record's changes, owned; None if there is none."""
    if not PyObject_GC_IsTracked(<PyObject *>model):
        return None  # its adapter, if it has one, was set by a local store
    adapter = adapter_of(model)
    if adapter is None:
        return None
    store = getattr(adapter, "store", None)  # one that did not call the library's `__init__` has none
    return store if store is not None and store.keeps_copies else None
