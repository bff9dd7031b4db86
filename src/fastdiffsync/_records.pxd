from cpython.object cimport PyObject

from ._plans cimport Plan


cdef object unique_id(object model)
cdef tuple attribute_values(object model, Plan plan)
cdef tuple identifier_values(object model, Plan plan)
cdef object name_of(object model)
cdef object type_of(object model)
cdef int put_child(object self, object child) except -1
cdef int take_child(object self, object child) except -1
cdef object child_list(object model, Plan plan, object field)
cdef int tell_store(object model, Plan plan) except -1
cdef bint has_key(object model, Plan plan) noexcept
