cdef class Slotted:
    cdef object cls, constant
    cdef int family
    cdef bint has_dict
    cdef Py_ssize_t number_offset, constant_offset
    cdef object of_text(self, const char *text, Py_ssize_t length)
    cdef object make(self, object number)


cdef class Networks:
    cdef object cls
    cdef Slotted addresses   # what makes the address of a network
    cdef Slotted interfaces  # what makes an interface, None for networks
    cdef list masks          # by the number of bits
    cdef list mask_numbers
    cdef object of_text(self, const char *text, Py_ssize_t length)
    cdef object network(self, object number, Py_ssize_t bits)


cdef Slotted slotted_of(object cls)
cdef Networks networks_of(object cls)
