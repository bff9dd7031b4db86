# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Bodies of records whose values are exactly of their fields' types, which the bytes then need not say.

The twin of `typed_bodies_py.py`; whoever changes one changes both. What is written here is, byte for byte, what msgspec
writes, in one walk that looks at the types too. Where that takes more than is known here, msgspec is left to do it.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.string cimport memcmp

from .capi cimport (
    PyDict_CheckExact, PyDict_Next, PyList_CheckExact, PyList_GET_ITEM, PyList_GET_SIZE, PyObject, PyObject_GC_IsTracked,
    PyObject_GC_UnTrack, PyTuple_New, PyTuple_SET_ITEM, Py_INCREF, slot,
)
from .conversions cimport FIXED_TUPLE, LIST, TYPED_DICT, Conversion, conversion_of
from .plans cimport offset_of
from .text_buffer cimport Text, begin_text, end_text, put, text_as_bytes
from .texts cimport PENDING
from .typed_values cimport Bytes, read_count, read_value
from .typed_writing cimport SHORT_MAP, put_head, put_value, writes_directly

from ..schema import schema_of

import msgspec

__all__ = ["TypedBodies"]


cdef class TypedBodies:
    """Writes the bodies of one class's records, and takes the values from what msgspec has read."""

    cdef object cls
    cdef list conversions, keys
    cdef bint is_direct
    cdef Py_ssize_t count
    cdef Py_ssize_t *offsets        # of the fields of records
    cdef Py_ssize_t *read_offsets   # and of what msgspec reads

    def __cinit__(self, cls, tuple names, forms, carrier):
        self.cls, self.count = cls, len(names)
        self.conversions, self.keys = [], []
        for form in forms:
            self.conversions.append(conversion_of(form))
        self.is_direct = schema_of(cls).reads_slots
        self.offsets = <Py_ssize_t *>PyMem_Calloc(2 * self.count + 1, sizeof(Py_ssize_t))
        if self.offsets == NULL:
            raise MemoryError
        self.read_offsets = self.offsets + self.count
        for i, name in enumerate(names):
            self.offsets[i], self.read_offsets[i] = offset_of(cls, name), offset_of(carrier, name)
            self.keys.append(msgspec.msgpack.encode(name))
            if self.offsets[i] < 0 or not writes_directly(<Conversion>self.conversions[i]):
                self.is_direct = False

    def __dealloc__(self):
        PyMem_Free(self.offsets)

    def write(self, obj):
        """Return the bytes that msgspec would write for a record's values; None where that is left to msgspec."""
        cdef Text text
        if not self.is_direct or type(obj) is not self.cls:
            return None
        begin_text(&text)
        try:
            return text_as_bytes(&text) if self.put_fields(&text, obj) else None
        except (AttributeError, OverflowError, UnicodeEncodeError):
            return None
        finally:
            end_text(&text)

    cdef bint put_fields(self, Text *text, object obj) except -1:
        """Write the values of a record; False if one is not exactly of its form."""
        cdef Py_ssize_t i
        cdef PyObject *found
        put_head(text, SHORT_MAP, 16, 0, 0xDE, self.count)
        for i in range(self.count):
            found = slot(<PyObject *>obj, self.offsets[i])
            if found == NULL:
                return False
            key = <bytes>self.keys[i]
            put(text, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
            value = <object>found
            if not put_value(text, <Conversion>self.conversions[i], value):
                return False
        return True

    def read(self, bytes data, Py_ssize_t start):
        """Return the values in a body, which begins at a place in a record's bytes; None where that is left to msgspec."""
        cdef Bytes rest
        cdef Py_ssize_t i
        cdef tuple values
        if not self.is_direct or start > PyBytes_GET_SIZE(data):
            return None
        rest.place = <const unsigned char *>PyBytes_AS_STRING(data) + start
        rest.end = <const unsigned char *>PyBytes_AS_STRING(data) + PyBytes_GET_SIZE(data)
        if read_count(&rest, SHORT_MAP, 0x90, 0, 0xDE) != self.count:
            return None
        values = PyTuple_New(self.count)
        try:
            for i in range(self.count):
                key = <bytes>self.keys[i]
                if rest.end - rest.place < PyBytes_GET_SIZE(key):
                    return None
                if memcmp(rest.place, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)) != 0:
                    return None
                rest.place += PyBytes_GET_SIZE(key)
                value = read_value(<Conversion>self.conversions[i], &rest)
                if <PyObject *>value == PENDING:
                    return None
                Py_INCREF(<PyObject *>value)
                PyTuple_SET_ITEM(<PyObject *>values, i, <PyObject *>value)
        except (ValueError, TypeError):
            return None
        return values if rest.place == rest.end else None

    def values_of(self, read):
        """Return the values in an instance of the carrier, which nobody else has.

        The collector is to forget the containers through which no cycle goes, as it does when they are converted.
        """
        cdef Py_ssize_t i
        cdef PyObject *found
        cdef tuple values = PyTuple_New(self.count)
        for i in range(self.count):
            found = slot(<PyObject *>read, self.read_offsets[i]) if self.read_offsets[i] >= 0 else NULL
            if found == NULL:
                return msgspec.structs.astuple(read)
            forget(<Conversion>self.conversions[i], found)
            Py_INCREF(found)
            PyTuple_SET_ITEM(<PyObject *>values, i, found)
        return values


cdef int forget(Conversion form, PyObject *value) except -1:
    """Have the collector look no more at a container, nor at those in it, if no cycle can go through what it holds."""
    cdef Py_ssize_t i, position = 0
    cdef PyObject *key
    cdef PyObject *item
    if form.kind < LIST or not form.is_acyclic:
        return 0
    if PyObject_GC_IsTracked(value):
        PyObject_GC_UnTrack(value)
    if form.item is None or form.item.kind < LIST or form.kind == TYPED_DICT or form.kind == FIXED_TUPLE:
        return 0
    if PyList_CheckExact(value):
        for i in range(PyList_GET_SIZE(value)):
            forget(form.item, PyList_GET_ITEM(value, i))
    elif PyDict_CheckExact(value):
        while PyDict_Next(value, &position, &key, &item):
            forget(form.item, item)
    return 0
