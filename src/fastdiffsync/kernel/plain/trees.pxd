from libc.stdint cimport uint16_t

from ..capi cimport PyObject
from ..array cimport UNSEEN, Entry, FlatArray
from .tree_types cimport MAX_KINDS, Kinds
from .pairing cimport Room, Siblings
from .walking cimport Range, Tree


cdef struct Run:
    # Entries that a range has made one after the other.
    Range *part
    Py_ssize_t first, stop
    Py_ssize_t first_skip, last_skip
    # Where they go, with the references to their records: by how much their indices are larger there, what their types'
    # numbers are, and the index of the entry below which they come, -1 for none.
    Entry *items
    PyObject **sources
    PyObject **dests
    Py_ssize_t shift
    uint16_t *type_numbers
    Py_ssize_t parent
    # What has been counted on the way: the entries of each action, and how often None stands for no record.
    Py_ssize_t[UNSEEN + 1] totals
    Py_ssize_t none_count


cdef class PlainTrees:
    cdef Kinds kinds
    cdef Siblings siblings
    cdef Room room
    cdef PyObject **uids
    cdef Tree *trees
    cdef Py_ssize_t taken          # how many trees an array has taken
    cdef int global_bits
    cdef Range *ranges
    cdef int threads, range_count
    cdef bint is_paused            # whether a walk has stopped in the middle, to look at signals
    cdef bint has_begun            # whether the trees' types have their numbers
    cdef uint16_t[MAX_KINDS] type_numbers
    cdef bint pair_all(self) except -1
    cdef bint pair_children(self, list uids, list other_uids) except -1
    cdef bint are_worthwhile(self, int threads) noexcept
    cdef list walk(self, int threads)
    cdef Py_ssize_t expected_count(self) noexcept
    cdef bint walk_parts(self, bint may_build_tables) except -1
    cdef int prepare_ranges(self, Py_ssize_t *order) except -1
    cdef bint walk_together(self, Py_ssize_t count) except -1
    cdef bint build_tables(self) except -1
    cdef bint have_distinct_names(self) noexcept
    cdef Py_ssize_t take(self, FlatArray array, Py_ssize_t parent, Py_ssize_t stop, object matching) except -1
    cdef int begin(self, FlatArray array) except -1
    cdef void next_run(self, Run *run, Py_ssize_t stop) noexcept
    cdef Py_ssize_t copy_runs(
        self, Run *runs, Py_ssize_t run_count, Py_ssize_t size, FlatArray array, Py_ssize_t parent
    ) except -1
