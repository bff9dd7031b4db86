from .plans cimport Plan


cdef dict empty_records(Py_ssize_t count)
cdef object reference_to(object adapter)
cdef void claim_record(object obj, Plan plan, object reference, object adapter) noexcept
