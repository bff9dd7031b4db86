cdef object timedelta_of(const char *text, Py_ssize_t length)
