from ..capi cimport PyObject, PyTypeObject

cdef enum:
    LEFT_BEHIND = 4
    WINDOW = 32
    MAX_LISTS = 16


# All pointers to objects are borrowed: from the store's dict, or from the plan of the class.

cdef struct TableEntry:
    PyObject *uid                  # NULL for none
    PyObject *record


cdef struct Table:
    TableEntry *entries            # NULL for no table
    size_t last                    # how many entries there is room for, a power of two, less one
    bint is_by_text                # whether ids are looked up by their text, and not by their address


# What will be read of a record when it has been found, so that its memory can be asked for before.
cdef struct Contents:
    PyTypeObject *cls
    Py_ssize_t size                # of the record, in bytes
    Py_ssize_t *values             # offsets of the slots that hold what is compared
    Py_ssize_t value_count
    Py_ssize_t *identifiers
    Py_ssize_t identifier_count    # 0 if the identifiers need not be read
    Py_ssize_t[MAX_LISTS] lists    # offsets of the lists of children
    Py_ssize_t list_count


# The items of a dict that come next, for which memory has been asked: for the keys and records of all of them, and for
# what is in the records of the first half.
cdef struct Window:
    PyObject *keys[WINDOW]
    PyObject *records[WINDOW]
    Py_ssize_t[WINDOW] ends        # the position after each item
    Py_ssize_t first, count        # which of them are there, in a ring
    Py_ssize_t asked               # for how many of them memory has been asked for what their records refer to
    Py_ssize_t tail                # the position after the last of them


cdef struct Search:
    Window window
    Py_ssize_t position, credit    # `credit`: how many items may still be passed over
    Py_ssize_t[LEFT_BEHIND] left_behind   # positions of items that were passed over; -1 for none
    int next_left                  # which of these is written next
    bint is_fresh                  # whether nothing has been found yet, so that it may begin anywhere
    bint has_missed                # whether a record was looked for in vain
    Search *first                  # the first range's search for records of the type; NULL for that one itself


cdef void begin_at(Search *search, Py_ssize_t position) noexcept nogil
cdef void open_window(Search *search) noexcept nogil
cdef bint find_all(
    PyObject *records, Table *table, Search *search, Contents *contents, PyObject **uids, Py_ssize_t count,
    PyObject **found, bint *are_distinct
) noexcept nogil
cdef size_t text_hash(PyObject *text) noexcept nogil
cdef bint build_next_table(Table *table, PyObject *records) except -1
cdef void free_table(Table *table) noexcept nogil
