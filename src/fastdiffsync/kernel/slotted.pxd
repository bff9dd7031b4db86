from .capi cimport PyObject


cdef enum:
    MOST_TEXT = 48  # characters of any text


cdef class Slotted:
    cdef object cls, constant
    cdef int family
    cdef bint has_dict
    cdef Py_ssize_t number_offset, constant_offset
    cdef object of_text(self, const char *text, Py_ssize_t length)
    cdef object make(self, object number)
    cdef Py_ssize_t put_text(self, PyObject *instance, char *text) except -1


cdef class Networks:
    cdef object cls
    cdef Slotted addresses   # what makes the address of a network
    cdef Slotted interfaces  # what makes an interface, None for networks
    cdef list masks          # by the number of bits
    cdef list mask_numbers
    cdef object of_text(self, const char *text, Py_ssize_t length)
    cdef object network(self, object number, Py_ssize_t bits)
    cdef Py_ssize_t put_text(self, PyObject *instance, char *text) except -1


cdef Slotted slotted_of(object cls)
cdef Networks networks_of(object cls)
