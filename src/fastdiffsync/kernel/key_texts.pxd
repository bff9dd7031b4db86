from .capi cimport PyObject

# Look for the types that are written here among the modules that have been imported by now.
cdef int learn_text_types() except -1
cdef object key_text(object value)
