from .conversions cimport Conversion
from .text_buffer cimport Text

cdef enum:
    SHORT_MAP = 0x80


cdef bint writes_directly(Conversion form) except -1
cdef bint put_value(Text *text, Conversion form, object value) except -1
cdef int put_head(Text *text, int short_head, Py_ssize_t short_end, int head_of_8, int head_of_16, Py_ssize_t count) except -1
