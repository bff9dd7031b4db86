from cpython.object cimport PyObject, PyTypeObject
from libc.stdint cimport int32_t, uint8_t, uint16_t

from ._values cimport Offsets

cdef enum:
    MAX_PARTS = 16
    MAX_CHILD_TYPES = 16
    MAX_KINDS = 64
    LEFT_BEHIND = 4


cdef struct Side:
    PyTypeObject *cls              # NULL where the side has no record of the type
    PyObject *records              # the store's `{unique id: record}`, NULL where there is none
    Py_ssize_t key, flags
    Py_ssize_t[MAX_PARTS] identifiers


cdef struct ChildField:
    Kind *kind
    Py_ssize_t[2] offsets


cdef struct Kind:
    Side[2] sides
    Offsets values
    bint is_certain                # whether both sides' identifiers have the same exact types, whatever the record
    Py_ssize_t identifier_count, child_count
    ChildField[MAX_CHILD_TYPES] children
    uint16_t number


cdef struct Item:
    int32_t parent
    int32_t end
    uint16_t kind
    uint8_t action
    PyObject *source               # borrowed from the store; NULL for none
    PyObject *dest


cdef struct Place:
    Py_ssize_t position, credit
    Py_ssize_t[LEFT_BEHIND] left_behind   # where entries begin that were passed over; -1 for none
    int next_left
    bint is_fresh


cdef struct Sequence:
    PyObject **uids
    Py_ssize_t count
    Py_ssize_t offset              # of the records' cells
    Py_ssize_t found, checked      # how many records have been
    Py_ssize_t last_position
    bint is_ascending


cdef struct Siblings:
    Kind *kind
    Sequence[2] sides
    int32_t parent
    int depth
    Py_ssize_t cells               # where their cells begin
    Py_ssize_t appended            # how many sources have been
    Py_ssize_t left, unpaired      # how many sources and destinations have no partner


cdef struct Range:
    Kind *kinds
    Place[2 * MAX_KINDS] places
    bint may_hash
    bint compares                  # whether values are compared as soon as a pair is found, while it is in the cache
    bint has_tracked               # whether the garbage collector knows one of the records that have been compared
    # The siblings at the top, and for each of them how many items there were when it was done, or -1.
    Kind *top
    PyObject **sources
    PyObject **dests
    Py_ssize_t first, stop
    int32_t *ends
    # What has been found.
    Item *items
    Py_ssize_t size, capacity
    # Room for the siblings that are being paired, at all levels.
    void **cells
    Py_ssize_t cells_used, cells_capacity


cdef class PlainTrees:
    cdef Kind *kinds
    cdef Py_ssize_t kind_count
    cdef list names
    cdef dict numbers
    cdef list keep_alive
    cdef object data, other_data
    cdef dict known_texts
    cdef readonly bint is_plain
    cdef int add_kind(self, object name) except -1
    cdef int fill_kind(self, Py_ssize_t number, object name) except -1
    cdef Py_ssize_t record_count(self) except -1
    cdef bint has_only_texts(self) except -1
    cdef int walk(self, list sources, list dests, Range *ranges, int count, bint compares) except -1
    cdef int retry(self, list sources, list dests, Py_ssize_t place, Range *spare) except -1


cdef void release(Range *found) noexcept
