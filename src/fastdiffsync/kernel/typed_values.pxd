from .conversions cimport Conversion


# Bytes that are being read: the next one, and where they end.
cdef struct Bytes:
    const unsigned char *place
    const unsigned char *end


cdef object read_value(Conversion form, Bytes *data)
cdef Py_ssize_t read_count(Bytes *data, int short_head, int short_end, int head_of_8, int head_of_16) noexcept
