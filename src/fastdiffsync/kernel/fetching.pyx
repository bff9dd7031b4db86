# cython: language_level=3, boundscheck=False, wraparound=False
"""Getting one side's records, straight from a local store's dict where there is one.

Without a twin: the kernel in Python does this where it needs it.
"""

from cpython.mem cimport PyMem_Free, PyMem_Realloc

from .cursor cimport Cursor, look_up
from .pairing cimport known_key
from .plans cimport plan_of
from .capi cimport (
    PyDict_CheckExact, PyDict_Next, PyList_CheckExact, PyList_GET_ITEM, PyList_GET_SIZE, PyList_New,
    PyList_SET_ITEM, PyObject, Py_INCREF, class_of, prefetch, slot,
)

from .lookup import get_children


cdef enum:
    CACHE_LINE = 64


cdef class Fetching:
    """One side of a match: its adapter, and the `{modelname: {unique id: record}}` of its store, None if it is not local."""

    def __cinit__(self, adapter, data):
        self.adapter = adapter
        self.data = data
        self.cursors = {}

    def __dealloc__(self):
        PyMem_Free(self.places)

    cdef list all_of(self, object modelname, bint *are_distinct):
        """Return all records of a type."""
        cdef PyObject *key
        cdef PyObject *model
        cdef Py_ssize_t position = 0
        records = self.data[modelname]
        cdef list found = list(records.values())
        if not PyDict_CheckExact(<PyObject *>records):
            are_distinct[0] = False
            return found
        while are_distinct[0] and PyDict_Next(<PyObject *>records, &position, &key, &model):
            are_distinct[0] = known_key(model) == key
        return found

    cdef object fetch(self, object parent, object field, object uids, object child_type, bint *are_distinct):
        """Return the children of one type of one parent, straight from a local store's dict where there is one.

        Clears `are_distinct` unless it is seen on the way that no unique id is there twice.
        """
        if parent is None:
            return []
        if uids is None:
            uids = getattr(parent, field)
        if self.data is not None and PyList_CheckExact(<PyObject *>uids):
            found = self.gather(child_type, <list>uids, are_distinct)
            if found is not None:
                return found
        are_distinct[0] = False
        return get_children(self.adapter, parent, field, uids, child_type)

    cdef list gather(self, object child_type, list uids, bint *are_distinct):
        """Return the records with these ids, or None if one is missing or something else is unusual."""
        cdef Cursor cursor = self.cursors.get(child_type)
        if PyList_GET_SIZE(<PyObject *>uids) == 0:
            return []
        if cursor is None:
            records = self.data.get(child_type)
            if not PyDict_CheckExact(<PyObject *>records):
                return None
            cursor = Cursor(records)
            self.cursors[child_type] = cursor
        cdef Py_ssize_t i, count = PyList_GET_SIZE(<PyObject *>uids)
        cdef PyObject *model
        cdef PyObject *uid
        cdef PyObject **places = self.reserve(count)
        cursor.is_ascending = True
        # Two passes, so that the records come into the cache while the others are looked up.
        for i in range(count):
            places[i] = look_up(cursor, PyList_GET_ITEM(<PyObject *>uids, i))
            if places[i] == NULL:
                return None
            prefetch(places[i])
            prefetch(<char *>places[i] + CACHE_LINE)
            prefetch(<char *>places[i] + 2 * CACHE_LINE)
        cdef list found = PyList_New(count)
        for i in range(count):
            Py_INCREF(places[i])
            PyList_SET_ITEM(<PyObject *>found, i, places[i])
        # Entries found one after the other in a dict have different keys; they are the unique ids unless one has changed.
        if not cursor.is_ascending:
            are_distinct[0] = False
        for i in range(count):
            if not are_distinct[0]:
                break
            model = PyList_GET_ITEM(<PyObject *>found, i)
            uid = PyList_GET_ITEM(<PyObject *>uids, i)
            if <PyObject *>class_of(model) == <PyObject *>cursor.last_class:
                are_distinct[0] = slot(model, cursor.key_offset) == uid
            else:
                are_distinct[0] = known_key(model) == uid
                cursor.last_class = <object>class_of(model)
                cursor.key_offset = plan_of(cursor.last_class).key_offset
                if not plan_of(cursor.last_class).knows_unique_id:
                    cursor.last_class = None
        return found

    cdef PyObject **reserve(self, Py_ssize_t count) except NULL:
        """Return room for so many pointers; it lasts until the next call."""
        cdef void *places
        if count > self.room or self.places == NULL:
            places = PyMem_Realloc(self.places, (count + 64) * sizeof(PyObject *))
            if places == NULL:
                raise MemoryError
            self.places = <PyObject **>places
            self.room = count + 64
        return self.places
