from .plans cimport Plan


cdef dict empty_records(Py_ssize_t count)
cdef object reference_to(object adapter)
cdef int claim_record(object obj, Plan plan, object data, object adapter) except -1
