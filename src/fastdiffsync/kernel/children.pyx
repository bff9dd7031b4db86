# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""The compiled kernel: the unique ids of a record's children, which it lists in its fields.

The twin of `children_py.py`, function for function; `_kernel.py` chooses. Whoever changes one changes both.
"""

from cpython.object cimport PyObject

from .capi cimport (
    PyDict_GetItemWithError, PyList_CheckExact, PyList_GET_ITEM, PyList_GET_SIZE, PyObject_GC_IsTracked,
    have_other_hashes, is_plain_str, same_str, set_slot_quietly, slot,
)
from .fields cimport adapter_of, type_name_of, unique_id
from .plans cimport Plan, plan_of

from ..exceptions import ObjectAlreadyExists, ObjectNotFound, ObjectStoreWrongType

__all__ = ["add_child", "remove_child"]

# Below this many children a search through the list is cheaper than keeping an index of it.
INDEX_CHILDREN_FROM = 24
cdef Py_ssize_t index_children_from = INDEX_CHILDREN_FROM


def add_child(self, child):
    """Record a child's unique id in the field that `_children` names for its type; the child itself is not stored.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectAlreadyExists: If the child's unique id is already there.
    """
    put_child(self, child)


cdef int put_child(object self, object child) except -1:
    cdef Plan plan = plan_of(type(self))
    cdef Plan child_plan = plan_of(type(child))
    child_type = type_name_of(child, child_plan)
    field = child_field(self, plan, child_type)
    if field is None:
        raise ObjectStoreWrongType(
            f"Unable to store {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}"
        )
    uids = child_list(self, plan, field)
    uid = unique_id(child, child_plan)
    index = None
    if PyList_CheckExact(<PyObject *>uids) and type(uid) is str:
        if PyList_GET_SIZE(<PyObject *>uids) >= index_children_from:
            index = child_index(self, plan, field, uids)
            known = uid in (uids if index is None else index)
        else:
            known = is_in_short_list(<PyObject *>uids, <PyObject *>uid)
    else:
        known = uid in uids
    if known:
        raise ObjectAlreadyExists(f"Already storing a {child_type} with unique_id {uid}", child)
    uids.append(uid)
    if index is not None:
        (<dict>index)[uid] = None
    return tell_store(self, plan)


def remove_child(self, child):
    """Take a child's unique id out of the field that `_children` names for its type.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectNotFound: If the child's unique id is not there.
    """
    take_child(self, child)


cdef int take_child(object self, object child) except -1:
    cdef Plan plan = plan_of(type(self))
    cdef Plan child_plan = plan_of(type(child))
    child_type = type_name_of(child, child_plan)
    field = child_field(self, plan, child_type)
    if field is None:
        raise ObjectStoreWrongType(
            f"Unable to find and delete {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}"
        )
    uids = child_list(self, plan, field)
    uid = unique_id(child, child_plan)
    try:
        uids.remove(uid)
    except ValueError:
        raise ObjectNotFound(f"{child} was not found as a child in {field}") from None
    indexes = self._side_data
    if indexes is not None and field in indexes:
        of_list, index = indexes[field]
        if of_list is uids:
            index.pop(uid, None)
    return tell_store(self, plan)


cdef object child_field(object model, Plan plan, object child_type):
    """Return the name of the field for children of a type, None if there is none."""
    cdef PyObject *field
    if plan.knows_children:
        field = PyDict_GetItemWithError(<PyObject *>plan.children, <PyObject *>child_type)
        return None if field == NULL else <object>field
    children = model._children
    return children[child_type] if child_type in children else None


cdef object child_list(object model, Plan plan, object field):
    cdef PyObject *value = NULL
    if field is not plan.last_child_field:
        plan.last_child_offset = plan.child_offsets.get(field, -1)
        plan.last_child_field = field
    if plan.last_child_offset >= 0:
        value = slot(<PyObject *>model, plan.last_child_offset)
    return <object>value if value != NULL else getattr(model, field)


cdef bint is_in_short_list(PyObject *uids, PyObject *uid) except -1:
    cdef Py_ssize_t i
    cdef PyObject *other
    if not is_plain_str(uid):
        return <object>uid in <object>uids
    for i in range(PyList_GET_SIZE(uids)):
        other = PyList_GET_ITEM(uids, i)
        if other == uid:
            return True
        if not is_plain_str(other):
            return <object>uid in <object>uids
        if not have_other_hashes(other, uid) and same_str(other, uid):
            return True
    return False


cdef object child_index(object model, Plan plan, object field, list uids):
    """Return the ids in a long list of children as a dict, kept with the record; None if the list has repetitions.

    diffsync searches the list, which makes loading a wide parent quadratic. The index is rebuilt when it is not of
    this very list, or the list has been changed behind its back: another length, or another last id.
    """
    indexes = <object>slot(<PyObject *>model, plan.side_data_offset)
    if indexes is None:
        # Nothing is in it but the list, which the record has anyhow, and texts: no reason to track the record.
        indexes = {}
        set_slot_quietly(<PyObject *>model, plan.side_data_offset, indexes)
    entry = indexes.get(field)
    if entry is not None:
        index = (<tuple>entry)[1]
        if (<tuple>entry)[0] is uids and len(<dict>index) == len(uids) and uids[len(uids) - 1] in index:
            return index
    index = dict.fromkeys(uids)
    if len(<dict>index) != len(uids):
        return None
    indexes[field] = (uids, index)
    return index


cdef int tell_store(object model, Plan plan) except -1:
    """Tell the store of a record's adapter that the record has changed, so that it need not be told by the user."""
    if not PyObject_GC_IsTracked(<PyObject *>model):
        return 0  # its adapter, if it has one, was set by a local store
    adapter = adapter_of(model)
    if adapter is not None:
        store = adapter.store
        if store.keeps_copies:
            store.record_changed(obj=model)
    return 0
