from .capi cimport prefetch
from .fetching cimport Fetching
from .array cimport FlatArray
from .plain.trees cimport PlainTrees
from .plans cimport Plan


cdef class Frame:
    cdef Py_ssize_t index, first, position
    cdef object source, dest
    cdef list child_types, fields
    cdef Py_ssize_t next_type
    cdef object child_type, below
    # The siblings, and what their hooks gave as their unique ids; None where no hook was asked.
    cdef list sources, dests, uids
    cdef bint needs_names
    cdef dict names
    # Where the siblings have been walked without the interpreter: those, and the places among them of the special ones,
    # which are what is left to visit.
    cdef PlainTrees plain
    cdef list special_places


cdef class Walk:
    cdef object matching, flags, prefetch
    cdef int flag_bits
    cdef FlatArray array
    cdef Fetching sources, dests
    cdef bint is_watched
    # `{type: Kinds}`; None if nothing may be walked without the interpreter.
    cdef dict kinds
    cdef Py_ssize_t done
    # Of a run that is watched: when `done` is to be told.
    cdef Py_ssize_t due
    cdef object last_mapping
    cdef list last_types, last_fields
    cdef object leaf_class
    cdef Plan leaf_plan
    cdef int advance(self, Py_ssize_t delta) except -1
    cdef int tell(self) except -1


cdef bint take_top_trees(Walk walk, Frame top) except -1
cdef bint take_child_trees(Walk walk, Frame frame, object uids, object other_uids) except -1
cdef int take_walked_trees(Walk walk, Frame frame) except -1
cdef int take_leaves(Walk walk, Frame frame) except -1
