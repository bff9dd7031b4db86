from ..capi cimport PyObject


# Memory that siblings are laid out in; it is the room's, and outlives them.
cdef struct Room:
    PyObject **cells
    Py_ssize_t capacity


# All objects are borrowed.
cdef struct Siblings:
    PyObject **uids                # of the source's siblings, and of the destination's
    PyObject **other_uids
    Py_ssize_t uid_count, other_uid_count
    PyObject **found               # the destination's records, in the order of its ids
    # Pairs and singles by their places: in the source's order, then what only the destination has. NULL for no record.
    Py_ssize_t count
    PyObject **sources
    PyObject **dests
    PyObject **dest_uids
    # Numbers of the destination's records that have no partner among the sources, and how many sources have none.
    Py_ssize_t *unpaired
    Py_ssize_t unpaired_count, left_count
    bint have_clear_keys           # whether all keys of the sources are known to be taken apart in one way only


cdef bint make_room(Siblings *siblings, Room *room) noexcept nogil
cdef bint pair_siblings(Siblings *siblings) noexcept nogil
cdef bint are_distinct(PyObject **records, Py_ssize_t count) noexcept nogil
