# cython: language_level=3, boundscheck=False, wraparound=False
"""Where the values of a pair of records stand, and whether they are equal as far as memory tells."""

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from ..capi cimport PyTypeObject
from ..plans cimport Plan

from ...schema import common_attributes, compares_by_fields


cdef int fill_offsets(Offsets *offsets, Plan source, Plan dest) except -1:
    """Fill in where records of two classes keep their columns, in the destination's order. Needs the lock.

    The offsets must be zeroed or have been filled in before. They borrow the classes from the plans, which must live on.
    """
    cdef tuple names = common_attributes(source.schema, dest.schema)
    offsets.are_fields = compares_by_fields(source.schema, dest.schema) and len(names) <= MAX_ATTRIBUTES
    offsets.source_class = <PyTypeObject *>source.schema.cls
    offsets.dest_class = <PyTypeObject *>dest.schema.cls
    offsets.source_size = source.schema.cls.__basicsize__
    offsets.dest_size = dest.schema.cls.__basicsize__
    offsets.source_key = source.key_offset
    offsets.dest_key = dest.key_offset
    # Where hooks are to be asked, the values are not compared here. They will be read all the same.
    offsets.count = min(len(names), MAX_ATTRIBUTES)
    free_offsets(offsets)
    offsets.source_values = <Py_ssize_t *>PyMem_Calloc(2 * offsets.count or 1, sizeof(Py_ssize_t))
    if offsets.source_values == NULL:
        offsets.count = 0
        raise MemoryError
    offsets.dest_values = offsets.source_values + offsets.count
    for i in range(offsets.count):
        offsets.source_values[i] = source.offset(names[i])
        offsets.dest_values[i] = dest.offset(names[i])
        if offsets.source_values[i] < 0 or offsets.dest_values[i] < 0:
            offsets.are_fields = False
            offsets.count = i
            return 0
    return 0


cdef void free_offsets(Offsets *offsets) noexcept:
    """Free the memory of offsets. Needs the lock."""
    PyMem_Free(offsets.source_values)
    offsets.source_values = offsets.dest_values = NULL
