from libc.stdint cimport int32_t, uint8_t, uint16_t, uint64_t

from .capi cimport low_word_of

cdef enum:
    NO_ACTION, CREATE, UPDATE, DELETE
    UNDECIDED                      # values have been looked at, and Python must be asked
    UNSEEN                         # values have not been looked at


# The length of a folded snapshot.
cdef enum:
    FOLDED = 7


cdef struct Entry:
    int32_t parent
    int32_t end
    uint16_t type
    uint8_t action


cdef class FlatArray:
    cdef Entry *items
    cdef Py_ssize_t size, capacity
    cdef list type_names
    cdef dict type_numbers
    cdef object last_type
    cdef uint16_t last_type_number
    # Records are kept in lists, not in the entries, so that the garbage collector sees them.
    cdef readonly list _sources, _dests
    cdef readonly dict _masks
    # Snapshots by index: either what `snapshot` returns, or folded. A folded one has tuples in place of dicts, which take a
    # fraction of the time to make: (name, identifier names, identifiers, the source's attribute names, its values, the
    # destination's attribute names, its values). Names and values of a side without a record are None.
    cdef dict _snapshots
    # By index: names that only hooks know, until the entries have been compared.
    cdef dict names
    # For *compare*: whether the garbage collector may know one of the records that have been seen.
    cdef bint has_tracked
    # How many entries have each action, and the first that has one, which is known once all are compared.
    cdef Py_ssize_t[UNSEEN + 1] totals
    cdef bint is_counted
    cdef Py_ssize_t first_changed
    cdef Py_ssize_t add(self, Py_ssize_t parent, object element_type, object source, object dest) except -1
    cdef int reserve(self, Py_ssize_t count) except -1
    cdef int take_in(self, Py_ssize_t count, Py_ssize_t none_count) except -1
    cdef int keep(
        self, Py_ssize_t index, object name, tuple identifier_names, tuple identifiers,
        tuple names, tuple values, tuple dest_names, tuple dest_values,
    ) except -1
    cdef int count_all(self) except -1
    cdef uint16_t type_number(self, object element_type) except? 0xFFFF
    cdef Py_ssize_t checked(self, Py_ssize_t index) except -1


cdef inline bint has_bit(object mask, uint64_t *word, Py_ssize_t place) except -1:
    """Whether a bitmask has a bit. Called for each place from 0 on in turn; `word` is for what it keeps in between."""
    if place % 64 == 0:
        word[0] = low_word_of(mask if place == 0 else mask >> place)
    return word[0] >> (place % 64) & 1


cdef dict dict_of(tuple names, tuple values)
cdef dict changed_attrs(tuple folded, mask)
cdef tuple folded(tuple snapshot)
