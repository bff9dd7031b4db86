from .capi cimport PyObject

# What a conversion returns that leaves a value to Python.
cdef PyObject *PENDING

cdef object int_of(const char *text, Py_ssize_t length)
cdef object float_of(const char *text, Py_ssize_t length)
cdef object bool_of(const char *text, Py_ssize_t length)
cdef object date_of(const char *text, Py_ssize_t length)
cdef object time_of(const char *text, Py_ssize_t length)
cdef object datetime_of(const char *text, Py_ssize_t length)
cdef object uuid_number_of(const char *text, Py_ssize_t length)
cdef object ipv4_number_of(const char *text, Py_ssize_t length)
cdef object ipv6_number_of(const char *text, Py_ssize_t length)
