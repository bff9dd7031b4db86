# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""What a store that keeps bytes asks of every record that is added.

The twin of `encoded_records_py.py`; whoever changes one changes both.
"""

from cpython.buffer cimport PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint8_t

from .local_records cimport claim_record
from .plans cimport Plan, offset_of, plan_of, plan_of_record
from .fields cimport type_name_of, unique_id
from .capi cimport (
    PyDict_GetItemWithError, PyObject, PyObject_GC_IsTracked, PyObject_GC_UnTrack, PyTuple_New,
    PyTuple_SET_ITEM, PyWeakref_NewRef, Py_INCREF, slot,
)

from ..schema import schema_of
from .identity import refuse_unique_id

__all__ = ["FieldReader", "KeyFilter", "claim", "key_of", "refer"]


cdef enum:
    FILTER_BITS = 1 << 27


def key_of(obj):
    """Return the type name and the unique id of a record.

    Raises:
        TypeError: If it is no record.
        ObjectStoreException: If the unique id is no `str`.
    """
    cdef Plan plan = plan_of_record(obj, "a store")
    modelname = type_name_of(obj, plan)
    uid = unique_id(obj, plan)
    if not isinstance(uid, str):
        refuse_unique_id(modelname, uid)
    return modelname, uid


def claim(obj, adapter):
    """Make a record that of a store's adapter, unless it has another."""
    cdef Plan plan = plan_of(type(obj))
    if plan.assigns_directly:
        claim_record(obj, plan, None, adapter)
    elif obj.adapter is None:
        obj.adapter = adapter


def refer(dict references, tuple key, obj):
    """Note a weak reference to the record with a (type name, unique id) in `{type name: {unique id: reference}}`."""
    cdef PyObject *of_type = PyDict_GetItemWithError(<PyObject *>references, <PyObject *>key[0])
    reference = PyWeakref_NewRef(obj, NULL)
    # No cycle goes through a reference that calls nothing. Looking at each took the collector 0.2 µs a record.
    if PyObject_GC_IsTracked(<PyObject *>reference):
        PyObject_GC_UnTrack(<PyObject *>reference)
    if of_type == NULL:
        references[key[0]] = {key[1]: reference}
    else:
        (<dict>of_type)[key[1]] = reference


cdef class FieldReader:
    """Reads the values of certain fields of the records of a class."""

    cdef object cls
    cdef tuple names
    cdef Py_ssize_t *offsets

    def __cinit__(self, cls, names):
        reads_slots = schema_of(cls).reads_slots
        self.cls = cls
        self.names = tuple(names)
        self.offsets = <Py_ssize_t *>PyMem_Calloc(len(self.names) or 1, sizeof(Py_ssize_t))
        if self.offsets == NULL:
            raise MemoryError
        for i, name in enumerate(self.names):
            self.offsets[i] = offset_of(cls, name) if reads_slots else -1

    def __dealloc__(self):
        PyMem_Free(self.offsets)

    def read(self, obj):
        """Return the types of the values, and the values.

        Raises:
            AttributeError: If a field has none.
        """
        cdef Py_ssize_t i, count = len(self.names)
        cdef tuple types = PyTuple_New(count), values = PyTuple_New(count)
        cdef bint are_slots = type(obj) is self.cls
        cdef PyObject *found
        for i in range(count):
            found = slot(<PyObject *>obj, self.offsets[i]) if are_slots and self.offsets[i] >= 0 else NULL
            value = getattr(obj, self.names[i]) if found == NULL else <object>found
            kind = type(value)
            Py_INCREF(<PyObject *>value)
            PyTuple_SET_ITEM(<PyObject *>values, i, <PyObject *>value)
            Py_INCREF(<PyObject *>kind)
            PyTuple_SET_ITEM(<PyObject *>types, i, <PyObject *>kind)
        return types, values


cdef class KeyFilter:
    """Tells keys that have certainly never been put from those that may have been: a Bloom filter of fixed size.

    With it a load into an empty store need not ask for each new record whether it is there already. It takes 16 MiB at
    most, however many keys there are: after 5 million, one new key in 27 is looked up in vain.
    """

    cdef Py_buffer bits

    def __cinit__(self):
        from mmap import mmap  # most programs have no such store

        # Unlike what `calloc` gives, a mapping takes memory only for the pages that have been written to.
        PyObject_GetBuffer(mmap(-1, FILTER_BITS // 8), &self.bits, PyBUF_WRITABLE)

    def __dealloc__(self):
        PyBuffer_Release(&self.bits)

    def put(self, key):
        """Add a key; return whether it may have been there before."""
        return was_put(<uint8_t *>self.bits.buf, key)

    def put_many(self, modelname, uids):
        """Add the keys of records of a type, as `put` does; return the unique ids of those that may have been there."""
        return [uid for uid in uids if was_put(<uint8_t *>self.bits.buf, (modelname, uid))]


cdef bint was_put(uint8_t *bits, tuple key) except -1:
    cdef size_t number = <size_t>hash(key) & (FILTER_BITS - 1)
    cdef uint8_t bit = 1 << (number & 7)
    if bits[number >> 3] & bit:
        return True
    bits[number >> 3] |= bit
    return False
