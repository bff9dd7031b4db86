from .capi cimport PyObject


cdef class Cursor:
    cdef dict records
    cdef Py_ssize_t position
    cdef Py_ssize_t credit           # how many items looking ahead may still pass over
    cdef bint is_ascending           # whether all that was found since it was set lay one behind the other
    # The class of the records met last, and where its key stands: siblings mostly are of one class.
    cdef object last_class
    cdef Py_ssize_t key_offset


cdef PyObject *look_up(Cursor cursor, PyObject *uid) except? NULL
