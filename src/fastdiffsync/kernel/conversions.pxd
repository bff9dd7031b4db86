
from .capi cimport PyObject
from .slotted cimport Networks, Slotted


cdef enum:
    EXACT, ANY, INT, FLOAT, BOOL, DECIMAL, DATE, DATETIME, TIME, TIMEDELTA, BYTES
    ENUM, UUID, IPV4, IPV6, NETWORK, INTERFACE
    LIST, SET, FROZENSET, TUPLE, FIXED_TUPLE, DICT, TYPED_DICT


cdef class Conversion:
    cdef int kind
    cdef bint is_acyclic     # whether no cycle goes through what is taken or made, as its type is declared
    cdef object form
    cdef PyObject *first     # the one or two exact types that most forms have, borrowed from `form`
    cdef PyObject *second
    cdef dict members        # of an enum, by value
    cdef object cls          # that of decimals
    cdef bint reads_decimals # whether they lie in memory as is known
    cdef Slotted slotted
    cdef Networks networks
    cdef Conversion key, item
    cdef list parts
    cdef tuple names
    cdef object required

    cdef inline bint takes(self, PyObject *value) noexcept
    cdef object convert(self, object value)
    cdef object convert_text(self, object value)
    cdef object convert_number(self, object value)
    cdef object finite(self, object value)
    cdef object convert_items(self, object value)
    cdef object convert_container(self, object value)
    cdef bint has_no_cycles(self) except -1
    cdef bint takes_each(self, set values) except -1
    cdef object convert_tuple(self, tuple value)
    cdef object convert_dict(self, dict value)
    cdef object convert_keys_too(self, dict value)
    cdef object convert_typed_dict(self, dict value)


cdef Conversion conversion_of(object form)
