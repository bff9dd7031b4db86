# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""The compiled kernel, second part: reading records, their lists of children, and assigning.

The twin of `_records_py.py`, function for function; `_kernel.py` chooses. Whoever changes one changes both.
"""

from cpython.object cimport PyObject

from .dict_internals cimport entries_of
from .plans cimport MAX_PARTS, Plan, adapter_offset, compute_key, plan_of
from .capi cimport (
    PyDict_GetItemWithError, PyList_CheckExact, PyList_GET_ITEM, PyList_GET_SIZE, PyObject_GC_IsTracked,
    PyObject_GC_UnTrack, PyTuple_New, PyTuple_SET_ITEM, Py_DECREF, Py_INCREF, have_other_hashes, is_plain_str,
    is_scalar, same_str, set_slot, set_slot_quietly, slot,
)

from .plans import forget_plans

from ..dumping.copies import plain
from ..enum import DiffSyncStatus
from ..exceptions import ObjectAlreadyExists, ObjectNotFound, ObjectStoreWrongType
from .constants import INSTANCE_OVERRIDES

import msgspec
from weakref import ReferenceType as weak_reference

__all__ = [
    "add_child",
    "forget_plans",
    "get_attrs",
    "get_identifiers",
    "get_unique_id",
    "remove_child",
    "set_attribute",
    "set_status",
    "unique_id_of",
]

cdef extern from *:
    """
    /* Setting a Struct's attribute past DiffSyncModel.__setattr__. */
    static inline int fds_set_attribute(PyObject *struct_class, PyObject *model, PyObject *name, PyObject *value) {
        return ((PyTypeObject *)struct_class)->tp_setattro(model, name, value);
    }
    """
    int set_struct_attribute "fds_set_attribute"(PyObject *cls, PyObject *model, PyObject *name, PyObject *value) except -1


# Below this many children a search through the list is cheaper than keeping an index of it.
INDEX_CHILDREN_FROM = 24
cdef Py_ssize_t index_children_from = INDEX_CHILDREN_FROM

cdef object Struct = msgspec.Struct


def set_status(self, status, message=""):
    """Record how the last create, update or delete of this record went.

    Args:
        self: The record.
        status: The outcome, a `DiffSyncStatus`.
        message: An explanation for people.
    """
    cdef Plan plan = plan_of(type(self))
    if type(status) is DiffSyncStatus and type(message) is str and plan.status_offset >= 0 and plan.message_offset >= 0:
        set_slot_quietly(<PyObject *>self, plan.status_offset, status)
        set_slot_quietly(<PyObject *>self, plan.message_offset, message)
    else:
        self._status = status
        self._status_message = message


def unique_id_of(model):
    """Return the unique id of any record: its key where that is valid, otherwise what its hook says."""
    return unique_id(model, plan_of(type(model)))


# ---- reading records ----


def get_unique_id(self):
    """Return the unique id, computed when the record was made or an identifier was last assigned."""
    cdef Plan plan = plan_of(type(self))
    cdef PyObject *key = slot(<PyObject *>self, plan.key_offset)
    if has_key(self, plan):
        return <object>key
    if plan.makes_plain_key and plan.identifier_count <= MAX_PARTS and key != <PyObject *>INSTANCE_OVERRIDES:
        return compute_key(self, plan)
    return self.create_unique_id(**self.get_identifiers())


def get_identifiers(self):
    """Return the identifier fields and their values, in field order."""
    cdef Plan plan = plan_of(type(self))
    if not plan.reads_fields:
        return self.dict(**{"include": set(self._identifiers)})
    return fields_of(self, plan.identifier_names, plan.identifier_field_offsets, plan.empty_identifiers)


def get_attrs(self):
    """Return the attribute fields and their values, in field order; containers are copies."""
    cdef Plan plan = plan_of(type(self))
    if not plan.reads_fields:
        return self.dict(**{"include": set(self._attributes)})
    return fields_of(self, plan.attribute_names, plan.attribute_offsets, plan.empty_attributes)


cdef dict fields_of(object model, tuple names, Py_ssize_t *offsets, dict empty):
    """Return some fields and their values.

    The dict begins as a copy of `empty`, which has the names, so that it need not grow; and as nobody else has seen it
    yet, plain values are put where its own are, which takes a fifth of the time that looking the names up takes.
    """
    cdef dict result = empty.copy()
    cdef PyObject **entries = entries_of(result)
    cdef PyObject *value
    cdef Py_ssize_t i
    for i in range(len(names)):
        value = slot(<PyObject *>model, offsets[i])
        if entries != NULL and value != NULL and is_scalar(value):
            Py_INCREF(value)
            Py_DECREF(entries[2 * i + 1])
            entries[2 * i + 1] = value
        else:
            entries = NULL  # making a value may run any code, and the collector shows it a dict that holds a container
            result[names[i]] = field_of(model, names[i], offsets[i])
    return result


cdef inline object field_of(object model, object name, Py_ssize_t offset):
    cdef PyObject *value = slot(<PyObject *>model, offset)
    if value == NULL:
        return plain(getattr(model, name))
    return <object>value if is_scalar(value) else plain(<object>value)


cdef tuple attribute_values(object model, Plan plan):
    """Return the values of `get_attrs`, of a record that need not be asked for them."""
    return values_of(model, plan.attribute_names, plan.attribute_offsets)


cdef tuple identifier_values(object model, Plan plan):
    """Return the values of `get_identifiers`, of a record that need not be asked for them."""
    return values_of(model, plan.identifier_names, plan.identifier_field_offsets)


cdef tuple values_of(object model, tuple names, Py_ssize_t *offsets):
    """Return the values of some fields; the garbage collector does not know of the tuple if all of them are plain."""
    cdef Py_ssize_t i, count = len(names)
    cdef tuple values = PyTuple_New(count)
    cdef bint are_scalars = True
    for i in range(count):
        value = field_of(model, names[i], offsets[i])
        are_scalars = are_scalars and is_scalar(<PyObject *>value)
        Py_INCREF(<PyObject *>value)
        PyTuple_SET_ITEM(<PyObject *>values, i, <PyObject *>value)
    if are_scalars:
        PyObject_GC_UnTrack(<PyObject *>values)
    return values


cdef object name_of(object model):
    """Return what `get_shortname` returns, asking it only where it may be the user's or is made of fields."""
    cdef Plan plan = plan_of(type(model))
    if plan.key_is_name and has_key(model, plan):
        return <object>slot(<PyObject *>model, plan.key_offset)
    return model.get_shortname()


# ---- children and stores ----


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
    if plan.plain_children:
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
    adapter = get_adapter(model)
    if adapter is not None:
        store = adapter.store
        if store.keeps_copies:
            store.record_changed(obj=model)
    return 0


# ---- adapters and attributes ----


def get_adapter(self):
    """Return the adapter whose store holds the record, or None."""
    cdef PyObject *owner = slot(<PyObject *>self, adapter_offset)
    if owner == NULL:
        raise AttributeError("adapter")
    return (<object>owner)() if type(<object>owner) is weak_reference else <object>owner


def set_adapter(self, adapter):
    """Set the adapter whose store holds the record."""
    set_slot(<PyObject *>self, adapter_offset, adapter)


def set_attribute(model, name, value):
    """Assign an attribute of a record: `DiffSyncModel.__setattr__`.

    An assigned identifier changes the key; a method replaced on the instance makes the record's hooks be called.

    Raises:
        ValueError: If the name is neither a field, nor private, nor an attribute of the class.
    """
    cls = type(model)
    cdef Plan plan = plan_of(cls)
    cdef PyObject *record = <PyObject *>model
    if name in plan.schema.slots:
        set_struct_attribute(<PyObject *>Struct, record, <PyObject *>name, <PyObject *>value)
        if plan.plain_unique_id and name in plan.schema.identifiers and model._unique_id is not INSTANCE_OVERRIDES:
            set_slot(record, plan.key_offset, compute_key(model, plan))
        if plan.certain_types is not None and name in plan.schema.identifiers:
            if type(value) is not plan.certain_types[plan.schema.identifiers.index(name)]:
                plan.schema.doubt_identifiers()
                forget_plans()
        return
    if not name.startswith("_") and not hasattr(cls, name):
        raise ValueError(f'"{cls.__name__}" object has no field "{name}"')
    set_struct_attribute(<PyObject *>Struct, record, <PyObject *>name, <PyObject *>value)
    if slot(record, plan.side_data_offset) == <PyObject *>None:
        side_data = {}
        set_slot(record, plan.side_data_offset, side_data)
    if name in model.__dict__ and callable(getattr(cls, name, None)):
        set_slot(record, plan.key_offset, INSTANCE_OVERRIDES)
