from cpython.object cimport PyObject
from libc.stdint cimport int32_t

from ._finding cimport Place
from ._flat cimport Record, Records
from ._kinds cimport Kind, Kinds
from ._siblings cimport Room, Siblings


cdef struct Tree:
    Range *range                   # that has walked it; NULL if it turned out to be special
    int32_t first, stop            # its items there


cdef struct Range:
    # What is walked: the siblings whose places are in `order`, from one index up to another.
    Kind *kind
    Siblings *siblings
    Tree *trees
    Py_ssize_t *order
    Py_ssize_t first, stop
    Place *places
    Room *rooms
    # What has been found, every object with a reference of its own, but for None.
    Record *items
    PyObject **sources
    PyObject **dests
    Py_ssize_t size, capacity
    bint has_tracked               # whether the garbage collector knows one of the records that have been compared


cdef class PlainSiblings:
    cdef Kinds kinds
    cdef Siblings siblings
    cdef Room room
    cdef PyObject **uids
    cdef Tree *trees
    cdef Py_ssize_t taken          # how many trees have been
    cdef Range *ranges
    cdef int threads, range_count
    cdef bint pair_all(self) except -1
    cdef bint pair_children(self, list uids, list other_uids) except -1
    cdef bint are_worthwhile(self, int threads) noexcept
    cdef list walk(self, int threads)
    cdef Py_ssize_t expected_count(self) noexcept
    cdef int walk_parts(self, bint may_build_tables) except -1
    cdef int prepare_ranges(self, Py_ssize_t *order) except -1
    cdef int walk_together(self, Py_ssize_t count) except -1
    cdef bint build_tables(self) except -1
    cdef Py_ssize_t take(self, Records records, Py_ssize_t parent, Py_ssize_t stop) except -1
