from ..capi cimport PyObject

# Bits of `DiffSyncFlags`.
cdef enum:
    GLOBAL_UNMATCHED_SRC = 2
    GLOBAL_UNMATCHED_DST = 4

cdef int reason_to_skip(int global_bits, PyObject *source_flags, PyObject *dest_flags) noexcept nogil


cdef struct Skip:
    PyObject *record               # owned; NULL once the reference has been dropped
    int reason                     # its number in `REASONS`


cdef struct Skips:
    Skip *items
    Py_ssize_t count, capacity


cdef bint note_skip(Skips *skips, PyObject *record, int reason) noexcept nogil
cdef void forget_skips(Skips *skips, Py_ssize_t count) noexcept nogil
cdef int tell_skips(Skips *skips, Py_ssize_t first, Py_ssize_t stop, object matching) except -1
cdef void free_skips(Skips *skips) noexcept
