from .plans cimport Plan


cdef class LongList:
    cdef list uids
    cdef dict places
    cdef bint has_places
    cdef Py_ssize_t removed, searched, gaps, first_gap
    cdef bint has(self, object uid) except -1
    cdef int append(self, object uid) except -1
    cdef int remove(self, object uid) except -1
    cdef int leave_gap(self, object uid) except -1
    cdef int close_gaps(self) noexcept
    cdef Py_ssize_t find(self, object uid) except -1
    cdef int note_places(self) except -1


cdef int put_child(object self, object child) except -1
cdef int take_child(object self, object child, list gaps=*) except -1
cdef object child_list(object model, Plan plan, object field)
cdef int tell_store(object model, Plan plan) except -1
cdef object store_to_tell(object model)
