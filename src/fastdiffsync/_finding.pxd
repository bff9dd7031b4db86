from cpython.object cimport PyObject

cdef enum:
    LEFT_BEHIND = 4


cdef struct Entry:
    PyObject *uid                  # NULL for none
    PyObject *record


cdef struct Table:
    Entry *entries                 # NULL for no table
    size_t last                    # the number of entries, a power of two, less one
    bint is_by_text                # whether ids are looked up by their text, and not by where they are in memory


cdef struct Place:
    Py_ssize_t position, credit
    Py_ssize_t[LEFT_BEHIND] left_behind   # where entries begin that were passed over; -1 for none
    int next_left
    bint is_fresh
    bint has_missed                # whether a record was looked for in vain


cdef void begin_at(Place *place, Py_ssize_t position) noexcept nogil
cdef bint find_all(
    PyObject *records, Table *table, Place *place, PyObject **uids, Py_ssize_t count, PyObject **found,
    bint *are_distinct
) noexcept nogil
cdef size_t text_hash(PyObject *text) noexcept nogil
cdef bint build_next_table(Table *table, PyObject *records) except -1
cdef void free_table(Table *table) noexcept nogil
