from libc.stdint cimport uint64_t

from .array cimport FlatArray

# What of a class has been replaced: a bit for each name that `DIFF_PARTS` and `ELEMENT_PARTS` list, in their order.
cdef enum:
    CHILDREN = 1 << 0
    GROUPS = 1 << 1
    GET_CHILDREN = 1 << 2
    HAS_DIFFS = 1 << 3
    SUMMARY = 1 << 4
    STR = 1 << 5
    DICT = 1 << 6
    LEN = 1 << 7
    EQ = 1 << 8
    GETATTRIBUTE = 1 << 9
    SETATTR = 1 << 10
    DEFAULT_ORDER = 1 << 11
    GETATTR = 1 << 12
    INIT = 1 << 13
    NEW = 1 << 14
    ADD = 1 << 15
    ACTION = 1 << 11
    ATTRS_KEYS = 1 << 12
    ATTRS_DIFFS = 1 << 13
    VALUES = 3 << 14
    NAMING = 1 << 1 | 3 << 16
    ALL_PARTS = (1 << 30) - 1

# What decides which elements a diff has, and in which order.
cdef enum:
    ITERATION = CHILDREN | GROUPS | GET_CHILDREN | GETATTRIBUTE
    ORDER = DEFAULT_ORDER | GETATTR

# Which values an element or a diff has of its own: those that have been read, or assigned.
cdef enum:
    HAS_TYPE = 1 << 0
    HAS_NAME = 1 << 1
    HAS_KEYS = 1 << 2
    HAS_SOURCE_NAME = 1 << 3
    HAS_DEST_NAME = 1 << 4
    HAS_SOURCE = 1 << 5
    HAS_DEST = 1 << 6
    HAS_CHILD_DIFF = 1 << 7
    HAS_CHILDREN = 1 << 8
    HAS_PROCESSED = 1 << 9
    HAS_SIDES = HAS_SOURCE | HAS_DEST


cdef class FlatView:
    cdef readonly FlatArray array
    cdef readonly dict elements
    cdef readonly set touched
    cdef public object diff_class, source_adapter, dest_adapter, source_name, dest_name


cdef class View:
    cdef FlatView flat
    cdef Py_ssize_t index
    # Which values the object has, and whether methods have been replaced on it.
    cdef unsigned int given
    cdef bint has_own
    # The last walk that looked for differences here, and whether it found some.
    cdef bint has_found
    cdef uint64_t walk
    cdef int need(self, unsigned int bit, str name) except -1


cdef bint is_diff(object value)
cdef unsigned int replaced(View view)
cdef unsigned int replaced_in(object diff_class)
cdef View element_of(FlatView flat, Py_ssize_t index)
cdef object name_at(FlatView flat, Py_ssize_t index)
cdef object keys_at(FlatView flat, Py_ssize_t index)
cdef tuple sides_at(FlatView flat, Py_ssize_t index)
cdef bint is_touched(FlatView flat, Py_ssize_t index) except -1
cdef bint do_differ(object value, object other) except -1
