from .capi cimport PyObject


cdef list pair_records(object sources, object dests, bint are_distinct, Py_ssize_t *repeated)
cdef int check_identities(list sources, list dests, bint are_paired_by_id) except -1
cdef PyObject *known_key(PyObject *model) except? NULL
