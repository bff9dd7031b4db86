# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Records in a local store.

The twin of `local_records_py.py`; whoever changes one changes both.
"""

from .copying cimport deepcopy_stored, remember
from .plans cimport Plan, adapter_offset, plan_of, plan_of_record
from .fields cimport has_nothing_else, type_name_of, unique_id
from .capi cimport (
    PyDict_Check, PyDict_CheckExact, PyDict_GET_SIZE, PyDict_GetItemWithError, PyDict_Next,
    PyDict_SetDefault, PyObject, PyObject_GC_IsTracked, PyObject_GC_UnTrack, set_slot, set_slot_quietly,
    slot,
)

from ..dumping.copies import SCALARS
from .identity import refuse_taken
from ..schema import StructMeta, schema_of

from copy import deepcopy
from weakref import ReferenceType as weak_reference

__all__ = ["RecordData", "add_record", "hides_records", "release_records", "remove_record"]

cdef extern from *:
    """
    #define FDS_REFERENCES(object) Py_REFCNT(object)

    static inline int fds_refers_to(PyObject *reference, PyObject *object) {
    #if PY_VERSION_HEX >= 0x030D0000
        PyObject *found;
        if (PyWeakref_GetRef(reference, &found) <= 0) { PyErr_Clear(); return 0; }
        Py_DECREF(found);
        return found == object;
    #else
        return PyWeakref_GET_OBJECT(reference) == object;
    #endif
    }

    /* A dict that need not grow, and copy itself each time, until it has some 80,000 entries. */
    #if PY_VERSION_HEX < 0x030E0000
    #define FDS_NEW_DICT(count) _PyDict_NewPresized(count)
    #else
    #define FDS_NEW_DICT(count) PyDict_New()
    #endif

    #define FDS_CAN_BE_IN_CYCLE(object) ((object) != NULL && PyObject_IS_GC(object))
    """
    Py_ssize_t references "FDS_REFERENCES"(PyObject *object)
    bint refers_to "fds_refers_to"(object reference, object value)
    dict new_dict "FDS_NEW_DICT"(Py_ssize_t count)
    bint can_be_in_cycle "FDS_CAN_BE_IN_CYCLE"(PyObject *value)


# A million records that the collector must visit make every collection slow: loading took twice as long. A record of
# plain values is therefore taken out of its lists once a local store holds it. The one cycle that goes through such a
# record, from adapter to store to record to adapter, must then not be one of strong references: the record refers to
# its adapter weakly. When the last reference to the adapter goes, `release_records` looks whether anybody but the
# store holds a record. If so, all its records get strong references and are tracked again, which keeps the adapter:
# a record's adapter is there as long as the record, as with an ordinary reference.


def hides_records(cls):
    """Whether records of the model class `cls` are out of the collector's sight in a local store by their types."""
    schema = schema_of(cls)
    values = set(schema.fields).difference(schema.children.values(), ("adapter", "model_flags"))
    for name in values:
        if name not in schema.field_types or not SCALARS.issuperset(schema.field_types[name].exact or [object]):
            return False
    return True


def release_records(self):
    """Keep an adapter that is about to go, if any of its records stays: `Adapter.__del__`."""
    store = self.__dict__.get("store")
    data = getattr(store, "_data", None)
    if type(data) is RecordData and (store.adapter is not self or is_any_held(<PyObject *>data, self)):
        refer_strongly(<PyObject *>data, self)


cdef bint is_any_held(PyObject *data, object adapter) except -1:
    """Whether anybody but the store holds a record that refers to this adapter weakly."""
    cdef Py_ssize_t position = 0, place
    cdef PyObject *key
    cdef PyObject *records
    cdef PyObject *record
    while PyDict_Next(data, &position, &key, &records):
        place = 0
        while PyDict_CheckExact(records) and PyDict_Next(records, &place, &key, &record):
            if references(record) > 1 and refers_weakly(record, adapter):
                return True
    return False


cdef int refer_strongly(PyObject *data, object adapter) except -1:
    """Have all records that refer to this adapter weakly refer to it as others do."""
    cdef Py_ssize_t position = 0, place
    cdef PyObject *key
    cdef PyObject *records
    cdef PyObject *record
    while PyDict_Next(data, &position, &key, &records):
        place = 0
        while PyDict_CheckExact(records) and PyDict_Next(records, &place, &key, &record):
            if refers_weakly(record, adapter):
                set_slot(record, adapter_offset, adapter)
    return 0


cdef bint refers_weakly(PyObject *record, object adapter) except -1:
    """Whether a record refers weakly to an adapter that is about to go, and not to another one that it was stored in first.

    Where the collector takes the adapter, references to it have been cleared by now.
    """
    cdef PyObject *owner
    cdef object cls = type(<object>record)
    if not isinstance(cls, StructMeta) or not hasattr(cls, "add_child"):
        return False
    owner = slot(record, adapter_offset)
    if owner == NULL or type(<object>owner) is not weak_reference:
        return False
    known = (<object>owner)()
    return known is None or known is adapter


cdef object last_reference = None


cdef object reference_to(object adapter):
    """Return a weak reference to an adapter, None if its end would not be seen by `release_records`."""
    global last_reference
    if last_reference is not None and refers_to(last_reference, adapter):
        return last_reference
    if getattr(type(adapter), "__del__", None) is not release_records:
        return None
    last_reference = weak_reference(adapter)
    return last_reference


cdef dict empty_records(Py_ssize_t count):
    """Return a dict for records of a type, of which about `count` are expected."""
    cdef dict records = new_dict(count)
    # A dict that has had strings for keys only reads those of other entries again and again, to compare their hashes:
    # as many cache misses. One that has had another key keeps the hashes. Loading takes a fifth less.
    records[None] = None
    del records[None]
    return records


cdef class RecordData(dict):
    """A local store's `{modelname: {unique id: record}}`; asking for a type makes its dict."""

    def __missing__(self, modelname):
        records = self[modelname] = empty_records(0)
        return records

    def __reduce__(self):
        return RecordData, (dict(self),)

    def __deepcopy__(self, memo):
        """Return a copy with copies of all records, without the copy module's detours for each of them."""
        made = RecordData()
        memo[id(self)] = made
        for modelname, records in self.items():
            if type(records) is not dict or id(records) in memo:
                made[modelname] = deepcopy(records, memo)
                continue
            copies = made[modelname]
            remember(records, copies, memo)
            for uid, record in (<dict>records).items():
                copies[uid] = deepcopy_stored(record, memo)
        return made


def add_record(self, *, obj):
    """Store a new record and claim it for the store's adapter: `LocalStore.add`.

    Raises:
        TypeError: If it is no record.
        ObjectAlreadyExists: If a different record of the type has the unique id.
    """
    cdef Plan plan = plan_of_record(obj, "add")
    cdef PyObject *record = <PyObject *>obj
    cdef PyObject *found
    data = self._data
    adapter = self.adapter
    modelname = type_name_of(obj, plan)
    uid = unique_id(obj, plan)
    found = PyDict_GetItemWithError(<PyObject *>data, <PyObject *>modelname) if PyDict_Check(<PyObject *>data) else NULL
    records = data[modelname] if found == NULL else <object>found
    if not PyDict_Check(<PyObject *>records):
        raise TypeError(f"the store keeps {type(records).__name__} where it should keep a dict of {modelname} records")
    # Made before the record is stored: nothing that comes after that may fail.
    reference = reference_to(adapter) if adapter is not None and type(data) is RecordData else None
    cdef Py_ssize_t size = PyDict_GET_SIZE(<PyObject *>records)
    found = PyDict_SetDefault(<PyObject *>records, <PyObject *>uid, <PyObject *>obj)
    if found != record:
        refuse_taken(obj, uid)
    if PyDict_GET_SIZE(<PyObject *>records) == size:
        return
    claim_record(obj, plan, reference, adapter)


def remove_record(self, obj):
    """Remove a record from a local store and from its adapter; False, and nothing is done, if it is not there."""
    cdef PyObject *owner
    cdef Plan plan = plan_of(type(obj))
    data = self._data
    records = data.get(type_name_of(obj, plan))
    uid = unique_id(obj, plan)
    if records is None or uid not in records:
        return False
    del records[uid]
    owner = slot(<PyObject *>obj, adapter_offset)
    if owner != <PyObject *>None:
        set_slot_quietly(<PyObject *>obj, adapter_offset, None)
    return True


cdef void claim_record(object obj, Plan plan, object reference, object adapter) noexcept:
    """Make a record that has come into a store that of the store's adapter, unless it has another.

    Args:
        obj: The record.
        plan: That of its class.
        reference: What `reference_to` says of the adapter, None if the store is not one that answers for its records.
        adapter: The adapter, or None.
    """
    cdef PyObject *record = <PyObject *>obj
    cdef PyObject *owner = slot(record, adapter_offset)
    if adapter is None or (owner != NULL and owner != <PyObject *>None and owner != <PyObject *>adapter):
        return
    if reference is not None and (not PyObject_GC_IsTracked(record) or has_plain_values(record, plan)):
        set_slot_quietly(record, adapter_offset, reference)
        if PyObject_GC_IsTracked(record):
            PyObject_GC_UnTrack(record)
    elif owner != <PyObject *>adapter:
        set_slot(record, adapter_offset, adapter)


cdef bint has_plain_values(PyObject *record, Plan plan) noexcept:
    """Whether no cycle can go through a record but that by way of its adapter."""
    cdef Py_ssize_t i
    for i in range(plan.value_count):
        if plan.value_offsets[i] < 0 or can_be_in_cycle(slot(record, plan.value_offsets[i])):
            return False
    return has_nothing_else(record, plan)
