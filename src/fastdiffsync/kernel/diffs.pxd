from .views cimport View


cdef class DiffView(View):
    cdef object elements, processed
    # Types of the elements, once asked for, until the elements are handed out.
    cdef list known_groups
