# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Getting records from a local store, counting them, and removing all below one.

The twin of `stored_records_py.py`; whoever changes one changes both.
"""

from .dict_internals cimport next_entry
from .fields cimport has_key
from .plans cimport MAX_PARTS, Plan, adapter_offset, join_texts, plan_if_model
from .capi cimport (
    PyDict_CheckExact, PyDict_DelItem, PyDict_GET_SIZE, PyDict_GetItemWithError, PyDict_Next,
    PyList_CheckExact, PyList_New, PyList_SET_ITEM, PyObject, Py_INCREF, class_of, heed_signals,
    instance_dict, is_exact_str, prefetch, same_str, set_slot_quietly, slot, find_in_type,
)

from .local_records import RecordData

from ..exceptions import ObjectNotFound
from .checks import modelname_of, unique_id_from

__all__ = [
    "count_records",
    "find_record",
    "get_all_records",
    "get_record",
    "get_records_by_uids",
    "join_identifiers",
    "note_lookups",
    "remove_plain",
]

cdef enum:
    AHEAD = 16

cdef object MISSING = object()
cdef PyObject *RECORD_DATA = <PyObject *>RecordData
cdef object GET = "get"

# The names and the library's own definitions of the methods that a lookup goes through.
cdef tuple lookup_names = ("_get_object_class_and_model", "_get_uid")
cdef tuple own_lookups = (None, None)


def note_lookups(cls):
    """Note what the base class of stores has to tell what is looked up: a store that has its own is asked."""
    global own_lookups
    own_lookups = (vars(cls)[lookup_names[0]], vars(cls)[lookup_names[1]])


cdef bint is_own(object store, object name, object own) except -1:
    """Whether a method of a store is this one: neither its class nor the store itself has another. Needs the lock."""
    cdef PyObject *values
    if find_in_type(class_of(<PyObject *>store), name) != <PyObject *>own:
        return False
    values = instance_dict(store)
    return values == NULL or PyDict_GetItemWithError(values, <PyObject *>name) == NULL


cdef bint has_own_lookups(object store) except -1:
    return is_own(store, lookup_names[0], own_lookups[0]) and is_own(store, lookup_names[1], own_lookups[1])


# ---- getting ----


cdef object type_name(object model):
    """Return what `modelname_of` returns, owned. Takes the argument, borrowed; needs the lock."""
    if type(model) is str:
        return model
    cdef Plan plan = plan_if_model(model)
    return plan.modelname if plan is not None and plan.knows_type else modelname_of(model)


cdef object uid_of(object store, object model, object identifier):
    """Return what the library's own `_get_uid` returns, owned. Takes all borrowed; needs the lock."""
    cdef Plan plan
    if type(identifier) is str:
        return identifier
    object_class = getattr(store.adapter, model, None) if isinstance(model, str) else model
    if type(identifier) is dict:
        plan = plan_if_model(object_class)
        if plan is not None and plan.schema.joins_identifiers:
            uid = joined(plan.schema.identifiers, <dict>identifier)
            return unique_id_from(object_class, identifier) if uid is None else uid
    return store._get_uid(model, object_class, identifier)


cdef object joined(object names, dict identifiers):
    """Return the unique id that identifiers make, owned; None if one is missing. Takes all borrowed; needs the lock."""
    cdef PyObject *parts[MAX_PARTS]
    cdef Py_ssize_t count = 0
    cdef PyObject *part
    cdef list texts
    for name in names:
        part = PyDict_GetItemWithError(<PyObject *>identifiers, <PyObject *>name)
        if part == NULL:
            return None
        if count == MAX_PARTS or not is_exact_str(part):
            break
        parts[count] = part
        count += 1
    else:
        if count > 0:
            return <object>parts[0] if count == 1 else join_texts(parts, count)
    texts = []
    for name in names:
        texts.append(str(identifiers[name]))
    return "__".join(texts)


def join_identifiers(cls, /, **identifiers):
    """Return the unique id that a record with these identifiers has.

    Args:
        cls: The model class.
        **identifiers: Identifier fields and their values, as `get_identifiers` returns them.

    Raises:
        KeyError: If an identifier is missing.
    """
    uid = joined(cls._identifiers, identifiers)
    if uid is None:
        raise KeyError([name for name in cls._identifiers if name not in identifiers][0])
    return uid


cdef object look_up(object data, object modelname, object uid):
    """Return what a local store has for a unique id, owned, or MISSING. Takes all borrowed; needs the lock."""
    cdef PyObject *records
    cdef PyObject *found
    if <PyObject *>class_of(<PyObject *>data) == RECORD_DATA and type(uid) is str:
        records = PyDict_GetItemWithError(<PyObject *>data, <PyObject *>modelname)
        of_type = data[modelname] if records == NULL else <object>records  # the dict of a type is made when it is asked for
        if PyDict_CheckExact(<PyObject *>of_type):
            found = PyDict_GetItemWithError(<PyObject *>of_type, <PyObject *>uid)
            return MISSING if found == NULL else <object>found
    try:
        return data[modelname][uid]
    except KeyError:
        return MISSING


def get_record(self, *, model, identifier):
    """Return one record; see `BaseStore.get`."""
    if has_own_lookups(self):
        modelname, uid = type_name(model), uid_of(self, model, identifier)
    else:
        object_class, modelname = self._get_object_class_and_model(model)
        uid = self._get_uid(model, object_class, identifier)
    found = look_up(self._data, modelname, uid)
    if found is MISSING:
        raise self._not_found(modelname, uid) from None
    return found


def find_record(store, model, identifier):
    """Return one record of any store, or None if there is no such record; see `BaseStore.get`."""
    if is_own(store, GET, get_record) and has_own_lookups(store):
        found = look_up(store._data, type_name(model), uid_of(store, model, identifier))
        return None if found is MISSING else found
    try:
        return store.get(model=model, identifier=identifier)
    except ObjectNotFound:
        return None


def get_all_records(self, *, model):
    """Return all records of a type in the order in which they were added."""
    records = self._data[type_name(model)]
    return values_of(records) if PyDict_CheckExact(<PyObject *>records) else list(records.values())


cdef list values_of(object records):
    """Return the values of a dict, owned. Takes it borrowed; needs the lock.

    Counting the references reads each record from memory, which is asked for some records ahead.
    """
    cdef Py_ssize_t position = 0, ahead = 0, i, count = PyDict_GET_SIZE(<PyObject *>records)
    cdef PyObject *key
    cdef PyObject *value
    cdef list values = PyList_New(count)
    for i in range(AHEAD):
        if next_entry(<PyObject *>records, &ahead, &key, &value):
            prefetch(value)
    for i in range(count):
        if next_entry(<PyObject *>records, &ahead, &key, &value):
            prefetch(value)
        next_entry(<PyObject *>records, &position, &key, &value)
        Py_INCREF(value)
        PyList_SET_ITEM(<PyObject *>values, i, value)
    return values


def get_records_by_uids(self, *, uids, model):
    """Return records of one type by their unique ids; see `BaseStore.get_by_uids`."""
    cdef list found = []
    data, modelname = self._data, type_name(model)
    for uid in uids:
        record = look_up(data, modelname, uid)
        if record is MISSING:
            raise self._not_found(modelname, uid) from None
        found.append(record)
    return found


def count_records(self, *, model=None):
    """Return the number of records of a type, or of all types for None."""
    cdef Py_ssize_t position = 0, count = 0
    cdef PyObject *modelname
    cdef PyObject *records
    if model:
        return len(self._data[type_name(model)])
    data = self._data
    if <PyObject *>class_of(<PyObject *>data) != RECORD_DATA:
        return sum(map(len, data.values()))
    while PyDict_Next(<PyObject *>data, &position, &modelname, &records):
        count += PyDict_GET_SIZE(records) if PyDict_CheckExact(records) else len(<object>records)
    return count


# ---- removing ----


def remove_plain(self, list waiting):
    """Remove records and all below them from a local store, up to one that needs somebody's code.

    Args:
        self: The store, whose methods are the library's own.
        waiting: What `BaseStore._remove_all` is given; that record is then on top of it. It is whole after an error.
    """
    cdef Py_ssize_t step = 0
    while waiting and remove_top(self._data, waiting):
        step += 1
        heed_signals(step)


cdef bint remove_top(object data, list waiting) except -1:
    """Remove the record on top and put its children there; False, and nothing is done, if it needs somebody's code.

    Takes all borrowed; needs the lock.
    """
    cdef PyObject *records
    cdef PyObject *found
    cdef Plan plan
    cdef list below
    top = waiting[len(waiting) - 1]
    if type(top) is not tuple or <PyObject *>class_of(<PyObject *>data) != RECORD_DATA:
        return False
    modelname, uid = (<tuple>top)[0], (<tuple>top)[1]
    records = PyDict_GetItemWithError(<PyObject *>data, <PyObject *>modelname)
    if records == NULL or not PyDict_CheckExact(records) or type(uid) is not str:
        return False
    found = PyDict_GetItemWithError(records, <PyObject *>uid)
    if found == NULL:
        return False
    record = <object>found
    plan = plan_if_model(type(record))
    if plan is None or not (plan.knows_type and plan.knows_unique_id and plan.knows_children and has_key(record, plan)):
        return False
    if plan.modelname != modelname or not same_str(slot(found, plan.key_offset), <PyObject *>uid):
        return False
    below = children_of(record, plan) if plan.children else []
    if below is None:
        return False
    # All that may fail comes first.
    waiting[len(waiting) - 1:] = below
    PyDict_DelItem(records, <PyObject *>uid)
    if slot(found, adapter_offset) != <PyObject *>None:
        set_slot_quietly(found, adapter_offset, None)
    return True


cdef list children_of(object record, Plan plan):
    """Return what `BaseStore._stored_children` returns, owned; None if a field holds anything but a list.

    Takes the record, borrowed; needs the lock.
    """
    cdef PyObject *held
    cdef Py_ssize_t offset
    cdef list below = []
    uid = <object>slot(<PyObject *>record, plan.key_offset)
    for child_type, field in plan.children.items():
        offset = plan.child_offsets.get(field, -1)
        held = slot(<PyObject *>record, offset) if offset >= 0 else NULL
        if held == NULL or not PyList_CheckExact(held):
            return None
        for child_id in <list>held:
            below.append((child_type, child_id, plan.modelname, uid))
    below.reverse()
    return below
