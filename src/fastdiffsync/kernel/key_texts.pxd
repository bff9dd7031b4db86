from libc.stdint cimport uint64_t

from .capi cimport PyObject

# Look for the types that are written here among the modules that have been imported by now.
cdef int learn_text_types() except -1
cdef object key_text(object value)

# Write characters, and return where the text ends.
cdef char *put_digits(char *text, int number, int count) noexcept
cdef char *put_date(char *text, object value) noexcept
cdef char *put_uuid(char *text, uint64_t high, uint64_t low) noexcept
cdef char *put_ipv4(char *text, uint64_t number) noexcept
cdef char *put_ipv6(char *text, uint64_t high, uint64_t low) noexcept
