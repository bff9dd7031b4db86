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


cdef inline bint is_digit(char character) noexcept:
    return c"0" <= character <= c"9"


cdef inline int pair_of(const char *text) noexcept:
    return 10 * (text[0] - c"0") + (text[1] - c"0")
