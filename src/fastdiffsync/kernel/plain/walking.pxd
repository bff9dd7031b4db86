from libc.stdint cimport int32_t, uint64_t

from ..capi cimport PyObject
from .finding cimport Search
from ..array cimport Entry
from .tree_types cimport Kind
from .pairing cimport Room, Siblings
from .noting cimport Changes
from .skipping cimport Skips


cdef enum:
    PAUSE_AFTER = 1 << 17          # entries that a range has made: a few hundredths of a second


cdef struct Tree:
    Range *range                   # the range that has walked it; NULL if it turned out to be special
    int32_t first, stop            # its entries there
    Py_ssize_t first_skip, last_skip   # and what has been skipped in it


cdef struct Range:
    # What is walked: the trees below the siblings whose places are in `order`, from number `first` up to `stop`.
    Kind *kind
    Siblings *siblings
    Tree *trees
    Py_ssize_t *order
    Py_ssize_t first, stop
    Search *searches
    Room *rooms
    bint *is_paused                # whether all ranges are to stop where they are, and go on later
    # What has been found. The records are owned, each with a reference; None stands for no record, without a reference.
    Entry *items
    PyObject **sources
    PyObject **dests
    Py_ssize_t size, capacity
    Changes changes
    Skips skips
    int global_bits                # the flags of the diff
    uint64_t kinds                 # one bit for each kind that has been found
    bint has_tracked               # whether the garbage collector knows one of the records that have been compared


cdef void walk_range(void *share) noexcept nogil
cdef bint find_siblings(Kind *kind, Search *searches, Siblings *siblings) noexcept nogil
