from .views cimport View


cdef class ElementView(View):
    cdef object own_type, own_name, own_keys, own_source_name, own_dest_name, source, dest, below
    cdef int drop(self, unsigned int bit, str name) except -1


cdef object action_of(ElementView element)
