from .plans cimport Plan

cdef int put_child(object self, object child) except -1
cdef int take_child(object self, object child) except -1
cdef object child_list(object model, Plan plan, object field)
cdef int tell_store(object model, Plan plan) except -1
