# cython: language_level=3, boundscheck=False, wraparound=False
"""Shortnames of plain records, without the interpreter: no two siblings may share one, and both of a pair must have one.

No name is made. Where the fields that make it are identifiers, the key tells it, which has been read by then. Names are told
apart by their hashes. Where two hashes are equal, or there is no telling, Python is asked.
"""

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from ..capi cimport PyObject, class_of, data_of_text, is_exact_str, kind_of_text, same_str, slot, str_length, word_at
from .keys cimport count_joints
from .pairing cimport Siblings
from .tree_types cimport Kind, Side

# Up to so many siblings, a table on the stack is large enough.
cdef enum:
    FEW_SIBLINGS = 128

# How many numbers say where the parts of a key begin, and where the last one ends.
cdef enum:
    MAX_STARTS = 17

cdef uint64_t FACTOR = 0x9E3779B97F4A7C15


cdef bint have_distinct_names(Kind *kind, Siblings *siblings) noexcept nogil:
    """Whether no two siblings share a name; False as well if Python must be asked."""
    cdef uint64_t[2 * FEW_SIBLINGS] few
    cdef uint64_t *table = &few[0]
    cdef Py_ssize_t size = 4
    cdef bint are_distinct
    if kind.name_count == 0 or siblings.count < 2:
        return True
    while size < 2 * siblings.count:
        size *= 2
    if size > 2 * FEW_SIBLINGS:
        table = <uint64_t *>calloc(size, sizeof(uint64_t))
        if table == NULL:
            return False
    else:
        memset(table, 0, size * sizeof(uint64_t))
    are_distinct = put_all(kind, siblings, table, <size_t>size - 1)
    if table != &few[0]:
        free(table)
    return are_distinct


cdef bint put_all(Kind *kind, Siblings *siblings, uint64_t *table, size_t last) noexcept nogil:
    """Enter the hashes of all names in a table of zeros with `last` + 1 entries; False if one is there or not known."""
    cdef Py_ssize_t i
    cdef size_t bucket
    cdef uint64_t name
    cdef int which
    cdef PyObject *record
    siblings.have_clear_keys = True
    for i in range(siblings.count):
        which = 0 if siblings.sources[i] != NULL else 1
        record = siblings.dests[i] if which else siblings.sources[i]
        name = hash_of_name(kind, which, record, &siblings.have_clear_keys)
        if name == 0:
            return False
        bucket = <size_t>(name >> 16) & last
        while table[bucket] != 0:
            if table[bucket] == name:
                return False
            bucket = (bucket + 1) & last
        table[bucket] = name
    return True


cdef uint64_t hash_of_name(Kind *kind, int which, PyObject *record, bint *is_clear) noexcept nogil:
    """Return a hash of a record's name, the same by its key as by its fields; 0 if Python must be asked for it.

    Note if it is not by the key, which then need not be one that can be taken apart in one way only.
    """
    cdef Side *side = &kind.sides[which]
    cdef Py_ssize_t i
    cdef uint64_t number = 1
    cdef PyObject *value
    if class_of(record) != side.cls:
        return 0
    value = slot(record, side.key)
    if value == NULL or not is_exact_str(value):
        return 0
    if kind.key_tells_name and kind_of_text(value) == 1:
        number = hash_of_parts(kind, <const char *>data_of_text(value), str_length(value))
        if number != 0:
            return number
        number = 1
    is_clear[0] = False
    for i in range(kind.name_count):
        value = slot(record, side.names[i])
        # Different parts may make one name if they hold `__` themselves.
        if value == NULL or not is_exact_str(value) or (kind.name_count > 1 and not is_one_part(value)):
            return 0
        number = hash_of_bytes(number, <const char *>data_of_text(value), str_length(value) * kind_of_text(value))
    return number | 1


cdef inline bint is_one_part(PyObject *text) noexcept nogil:
    """Whether a text is seen to be one part of a name: it holds no `__`, and no underscore at its ends."""
    cdef const char *data = <const char *>data_of_text(text)
    cdef Py_ssize_t i
    cdef Py_ssize_t size = str_length(text)
    if kind_of_text(text) != 1 or (size and (data[0] == b"_" or data[size - 1] == b"_")):
        return False
    for i in range(size - 1):
        if data[i] == b"_" and data[i + 1] == b"_":
            return False
    return True


cdef uint64_t hash_of_parts(Kind *kind, const char *key, Py_ssize_t length) noexcept nogil:
    """Return a hash of those parts of a key that make the name; 0 if the key can be taken apart in several ways."""
    cdef Py_ssize_t[MAX_STARTS] starts
    cdef Py_ssize_t last = kind.identifier_count - 1
    cdef Py_ssize_t i, part
    cdef uint64_t number = 1
    if last > 0 and count_joints(key, length, &starts[1], last) != last:
        return 0
    starts[0] = 0
    starts[last + 1] = length + 2
    for i in range(kind.name_count):
        part = kind.name_parts[i]
        number = hash_of_bytes(number, key + starts[part], starts[part + 1] - 2 - starts[part])
    return number | 1


cdef inline uint64_t hash_of_bytes(uint64_t number, const char *data, Py_ssize_t size) noexcept nogil:
    """Return a hash of some bytes and of what has been hashed to `number` before."""
    number = (number ^ <uint64_t>size) * FACTOR
    while size > 0:
        number = (number ^ word_at(data, size)) * FACTOR
        number ^= number >> 29
        data += sizeof(uint64_t)
        size -= <Py_ssize_t>sizeof(uint64_t)
    return number


cdef bint have_same_names(Kind *kind, PyObject *source, PyObject *dest) noexcept nogil:
    """Whether two records with equal keys and identifiers are seen to have one name."""
    cdef Py_ssize_t i
    cdef PyObject *value
    cdef PyObject *other
    if kind.name_count == 0 or kind.key_tells_name:
        return True
    for i in range(kind.name_count):
        value = slot(source, kind.sides[0].names[i])
        other = slot(dest, kind.sides[1].names[i])
        if value == NULL or other == NULL or not is_exact_str(value) or not is_exact_str(other) or not same_str(value, other):
            return False
    return True
