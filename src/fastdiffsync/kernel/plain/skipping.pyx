# cython: language_level=3, boundscheck=False, wraparound=False
"""Leaving out what flags say to skip, without the interpreter, and telling of it with the interpreter.

The words for the reasons stand in `skipping.py`, where the walk that asks Python finds them too.
"""

from libc.stdlib cimport free, realloc

from ..capi cimport PyObject, Py_DECREF, add_reference, drop_reference
from ..plans cimport NO_FLAGS

from ...enum import DiffSyncModelFlags
from ..skipping import REASONS

# Bits of `DiffSyncModelFlags`.
cdef enum:
    IGNORE = 1
    UNMATCHED_SRC = 4
    UNMATCHED_DST = 8
    ALL_BITS = 32

# Every combination of flags is one object, which the enum keeps.
cdef PyObject *combinations[ALL_BITS]
cdef tuple keep_alive = tuple(map(DiffSyncModelFlags, range(ALL_BITS)))
for bits in range(ALL_BITS):
    combinations[bits] = <PyObject *>keep_alive[bits]


cdef int bits_of(PyObject *flags) noexcept nogil:
    """Return the bits of a record's flags, -1 for what is no combination of them."""
    cdef int bits
    for bits in range(ALL_BITS):
        if combinations[bits] == flags:
            return bits
    return -1


cdef int reason_to_skip(int global_bits, PyObject *source_flags, PyObject *dest_flags) noexcept nogil:
    """Return why a pair or single is skipped: a number of `REASONS`, 0 if it is not, and -1 if Python must be asked.

    Args:
        global_bits: The bits of the diff's `DiffSyncFlags`.
        source_flags: The flags of the source's record, borrowed; NULL if there is no record.
        dest_flags: The same of the destination's record.
    """
    cdef int bits, dest_bits
    if source_flags == NO_FLAGS and dest_flags == NO_FLAGS:
        return 0
    bits = 0 if source_flags == NULL else bits_of(source_flags)
    dest_bits = 0 if dest_flags == NULL else bits_of(dest_flags)
    if bits < 0 or dest_bits < 0:
        return -1
    if dest_flags == NULL:
        if global_bits & GLOBAL_UNMATCHED_SRC:
            return 1
        if bits & UNMATCHED_SRC:
            return 2
    if source_flags == NULL:
        if global_bits & GLOBAL_UNMATCHED_DST:
            return 3
        if dest_bits & UNMATCHED_DST:
            return 4
    return 5 if bits & IGNORE else 6 if dest_bits & IGNORE else 0


cdef bint note_skip(Skips *skips, PyObject *record, int reason) noexcept nogil:
    """Note a record that is skipped, borrowed, with a reference of its own; False if memory is short."""
    cdef void *larger
    if skips.count == skips.capacity:
        larger = realloc(skips.items, (2 * skips.count + 64) * sizeof(Skip))
        if larger == NULL:
            return False
        skips.items = <Skip *>larger
        skips.capacity = 2 * skips.count + 64
    add_reference(record)
    skips.items[skips.count].record = record
    skips.items[skips.count].reason = reason
    skips.count += 1
    return True


cdef void forget_skips(Skips *skips, Py_ssize_t count) noexcept nogil:
    """Drop what has been noted after the first `count`; no record goes, since the stores hold them still."""
    while skips.count > count:
        skips.count -= 1
        drop_reference(skips.items[skips.count].record)


cdef int tell_skips(Skips *skips, Py_ssize_t first, Py_ssize_t stop, object matching) except -1:
    """Tell `matching` of the skipped records from `first` up to `stop`, and drop their references. Needs the lock."""
    cdef Py_ssize_t i
    for i in range(first, stop):
        record = <object>skips.items[i].record
        Py_DECREF(skips.items[i].record)
        skips.items[i].record = NULL
        matching.skip(record, REASONS[skips.items[i].reason])
    return 0


cdef void free_skips(Skips *skips) noexcept:
    """Free what has been noted, and drop the references that are left. Needs the lock."""
    cdef Py_ssize_t i
    for i in range(skips.count):
        if skips.items[i].record != NULL:
            Py_DECREF(skips.items[i].record)
    free(skips.items)
