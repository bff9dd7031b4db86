# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""An element of a diff in one line.

Without a twin: in Python, an f-string does it. Objects that a function takes are borrowed; all that is here needs the lock.
"""

from .capi cimport PyDict_CheckExact, PyDict_Next, PyObject, is_scalar
from .text_buffer cimport Text, begin_text, end_text, put, put_character, put_repr_scalar, put_str, text_as_str


cdef str line_of(object element_type, object name, object keys, object source_name, object dest_name, object diffs):
    """Return the line of an element, owned, given its parts; `diffs` is None where nothing differs."""
    cdef Text text
    begin_text(&text)
    try:
        put_formatted(&text, element_type)
        put(&text, b' "', 2)
        put_formatted(&text, name)
        put(&text, b'" : ', 4)
        put_values(&text, keys)
        put(&text, b" : ", 3)
        put_formatted(&text, source_name)
        put(&text, b" \xe2\x86\x92 ", 5)
        put_formatted(&text, dest_name)
        put(&text, b" : ", 3)
        if diffs is None:
            put(&text, b"{'-': {}, '+': {}}", 18)
        else:
            put_values(&text, diffs)
        return text_as_str(&text)
    finally:
        end_text(&text)


cdef int put_formatted(Text *text, object value) except -1:
    """Write a value as an f-string does."""
    formatted = value if type(value) is str else f"{value}"
    return put_str(text, <PyObject *>formatted)


cdef int put_values(Text *text, object values) except -1:
    """Write a dict, of which the values may be dicts, as an f-string does."""
    if PyDict_CheckExact(<PyObject *>values) and is_plain(<PyObject *>values, 1):
        return put_dict(text, <PyObject *>values)
    return put_formatted(text, values)


cdef bint is_plain(PyObject *values, int depth) noexcept:
    """Whether a dict has but scalars, or dicts of them down to some depth: writing those calls nobody's code."""
    cdef Py_ssize_t position = 0
    cdef PyObject *key
    cdef PyObject *value
    while PyDict_Next(values, &position, &key, &value):
        if not is_scalar(key):
            return False
        if not is_scalar(value) and not (depth > 0 and PyDict_CheckExact(value) and is_plain(value, depth - 1)):
            return False
    return True


cdef int put_dict(Text *text, PyObject *values) except -1:
    """Write a dict of scalars and of dicts that are such."""
    cdef Py_ssize_t position = 0
    cdef PyObject *key
    cdef PyObject *value
    cdef bint is_first = True
    put_character(text, b"{")
    while PyDict_Next(values, &position, &key, &value):
        if not is_first:
            put(text, b", ", 2)
        is_first = False
        put_scalar(text, key)
        put(text, b": ", 2)
        if is_scalar(value):
            put_scalar(text, value)
        else:
            put_dict(text, value)
    return put_character(text, b"}")


cdef int put_scalar(Text *text, PyObject *value) except -1:
    """Write a scalar as `repr` does."""
    if not put_repr_scalar(text, value):
        written = repr(<object>value)
        put_str(text, <PyObject *>written)
    return 0
