
from ..capi cimport PyObject
from .pairing cimport Siblings
from .tree_types cimport Kind


cdef bint have_distinct_names(Kind *kind, Siblings *siblings) noexcept nogil
cdef bint have_same_names(Kind *kind, PyObject *source, PyObject *dest) noexcept nogil
