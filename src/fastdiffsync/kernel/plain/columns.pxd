
from ..plans cimport OVERRIDES, Plan
from ..capi cimport PyObject, PyTypeObject, prefetch, slot
from ..known_types cimport values_differ


cdef enum:
    MAX_ATTRIBUTES = 256
    CACHE_LINE = 64


cdef struct Offsets:
    bint are_fields                # whether the values can be read without asking a hook
    PyTypeObject *source_class     # borrowed, as the other: whoever fills this in keeps both
    PyTypeObject *dest_class
    Py_ssize_t source_size, dest_size   # of a record, in bytes
    Py_ssize_t source_key, dest_key
    Py_ssize_t count               # how many columns there are
    Py_ssize_t *source_values      # by column; one block of memory for both sides, which `free_offsets` frees
    Py_ssize_t *dest_values


cdef int fill_offsets(Offsets *offsets, Plan source, Plan dest) except -1
cdef void free_offsets(Offsets *offsets) noexcept


cdef inline void ask_for_record(PyObject *record, Py_ssize_t size) noexcept nogil:
    """Ask memory for a record of so many bytes; it need not be there yet for this."""
    cdef Py_ssize_t line = 0
    while line < size:
        prefetch(<char *>record + line)
        line += CACHE_LINE


cdef inline void ask_for_source_values(Offsets *offsets, PyObject *source) noexcept nogil:
    """Ask memory for the values of a source record, which is read for it."""
    cdef Py_ssize_t i
    for i in range(offsets.count):
        prefetch(slot(source, offsets.source_values[i]))


cdef inline void ask_for_dest_values(Offsets *offsets, PyObject *dest) noexcept nogil:
    """Do what `ask_for_source_values` does, for a destination record."""
    cdef Py_ssize_t i
    for i in range(offsets.count):
        prefetch(slot(dest, offsets.dest_values[i]))


cdef inline bint have_equal_values(Offsets *offsets, PyObject *source, PyObject *dest) noexcept nogil:
    """Whether two records of these classes are seen to be equal in every column, and no hook need be asked."""
    cdef Py_ssize_t i
    if slot(source, offsets.source_key) == OVERRIDES or slot(dest, offsets.dest_key) == OVERRIDES:
        return False
    for i in range(offsets.count):
        if values_differ(slot(source, offsets.source_values[i]), slot(dest, offsets.dest_values[i])) != 0:
            return False
    return True
