from cpython.object cimport PyObject

# What flags say to skip: bits of `DiffSyncFlags`, and of `DiffSyncModelFlags`.
cdef enum:
    GLOBAL_UNMATCHED_SRC = 2
    GLOBAL_UNMATCHED_DST = 4

# Why a pair is skipped, in the order of `REASONS`; 0 if it is not, and -1 if Python must be asked.
cdef int reason_to_skip(int global_bits, PyObject *source_flags, PyObject *dest_flags) noexcept nogil


cdef struct Skip:
    PyObject *record               # with a reference of its own, NULL when that has been given away
    int reason


cdef struct Skips:
    Skip *items
    Py_ssize_t count, capacity


cdef bint note_skip(Skips *skips, PyObject *record, int reason) noexcept nogil
cdef void forget_skips(Skips *skips, Py_ssize_t count) noexcept nogil
cdef int tell_skips(Skips *skips, Py_ssize_t first, Py_ssize_t stop, object matching) except -1
cdef void free_skips(Skips *skips) noexcept
