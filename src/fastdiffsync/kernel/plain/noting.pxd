from libc.stdint cimport int32_t, uint8_t, uint64_t

from ..capi cimport PyObject
from ..array cimport FlatArray
from .tree_types cimport Kind, Kinds


cdef struct Change:
    int32_t index                  # of the entry
    int32_t kind                   # its kind's number
    uint64_t mask                  # which columns differ
    Py_ssize_t first               # the number of the first of its values


cdef struct Changes:
    Change *items
    Py_ssize_t count, capacity
    # Of each change: the key, the parts of the name unless that is the key, the identifiers, the source's attributes and the
    # destination's; a single has those of one side only. Owned: each has a reference, and is NULL once that is given away.
    PyObject **values
    Py_ssize_t value_count, value_capacity


cdef uint8_t note_change(Changes *changes, Kind *kind, Py_ssize_t index, PyObject *source, PyObject *dest) noexcept nogil
cdef void forget_changes(Changes *changes, Py_ssize_t index) noexcept nogil
cdef int take_snapshots(
    Changes *changes, Kinds kinds, Py_ssize_t first, Py_ssize_t stop, FlatArray array, Py_ssize_t shift
) except -1
cdef void free_changes(Changes *changes) noexcept
