
from .capi cimport PyObject
from .plans cimport Plan


cdef struct Field:
    PyObject *name        # this and what follows is borrowed from `Layout.kept`
    PyObject *alias       # under which rows may have it, too; NULL if there is none
    Py_ssize_t offset
    PyObject *first       # the one or two exact types that need no look at the value
    PyObject *second
    PyObject *default     # NULL where there is none
    PyObject *factory
    PyObject *conversion  # of other values, NULL if there is none
    bint is_checked
    bint is_value         # whether a cycle may go through its value
    bint is_acyclic       # whether none goes through what its type takes or makes


cdef struct Move:
    PyObject *first       # as in `Field`
    PyObject *second
    PyObject *default
    Py_ssize_t place      # of the value among those of the shape
    Py_ssize_t offset
    PyObject *conversion
    bint is_checked
    bint may_close_cycle


cdef struct Absent:
    PyObject *value       # the default, NULL if a factory makes it
    Field *field


cdef class Layout:
    cdef object cls
    cdef Plan plan
    cdef frozenset extra
    cdef frozenset keywords
    cdef dict aliases     # by field
    cdef bint is_direct, forbids_unknown
    cdef Field *fields
    cdef Py_ssize_t own_count, count
    cdef list kept
    cdef bint is_acyclic    # whether the record that was made last can be in no cycle
    cdef PyObject **shape  # the first row's keys, in its order; most rows are like it
    cdef Move *moves      # where their values go
    cdef Absent *absent   # the fields that it does not have
    cdef char *slots_before  # what the slots of a record hold, from the header on, before values are written to them
    cdef Py_ssize_t shape_count, move_count, absent_count
    cdef bint has_acyclic_defaults
    cdef bint has_shape   # whether records can be made of such rows without anybody's hooks
    cdef bint converts    # whether making them may convert values, and whether it has, since that was last asked
    cdef bint has_converted
    cdef bint runs_code   # whether that runs Python code all the same: a unique id is made of other things than strings
    cdef object make(self, dict values)
    cdef bint read(self, dict row, PyObject **values) noexcept
    cdef bint fits(self, PyObject *names) noexcept
    cdef bint take(self, dict values, Py_ssize_t first, PyObject **taken) noexcept
    cdef object fill_shaped(self, PyObject *const *values)
    cdef bint fill_converted(self, PyObject *record, Move *move, PyObject *const *values, bint *is_acyclic) except -1
    cdef object fill(self, dict row)
    cdef int put_default(self, PyObject *record, Field *field) except -1
    cdef int describe(self, Field *field, name) except -1
    cdef int describe_shape(self, list row, list keys, list names) except -1
    cdef int describe_move(self, Move *move, Py_ssize_t place, Field *field) except -1
    cdef int describe_absent(self, Field *field) except -1
    cdef Py_ssize_t count_extra(self, dict values) except -1


cdef Layout layout_of(Plan plan, PyObject *names)
cdef int initialise_record(object model, Plan plan) except -1
