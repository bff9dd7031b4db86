from .capi cimport PyObject


cdef class Fetching:
    cdef object adapter, data
    cdef dict cursors
    cdef PyObject **places
    cdef Py_ssize_t room
    cdef list all_of(self, object modelname, bint *are_distinct)
    cdef object fetch(self, object parent, object field, object uids, object child_type, bint *are_distinct)
    cdef list gather(self, object child_type, list uids, bint *are_distinct)
    cdef PyObject **reserve(self, Py_ssize_t count) except NULL
