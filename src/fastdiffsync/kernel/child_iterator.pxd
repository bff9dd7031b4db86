from .views cimport FlatView, View


cdef class Children:
    cdef View owner
    cdef View diff
    cdef FlatView flat
    # Entries of the flat array that are yet to come, where it tells the order.
    cdef Py_ssize_t position, stop
    # Otherwise the types that are yet to come, the indices of each where the array tells them, and what yields one type's.
    cdef list groups
    cdef dict indices
    cdef Py_ssize_t group
    cdef object inner
    # The type that the last element is of; only told where elements are yielded as they are filed.
    cdef object group_name
    # Whether no order method is asked.
    cdef bint is_filed
    cdef bint is_begun
    cdef int begin(self) except -1
    cdef bint begin_below(self, FlatView flat, Py_ssize_t index) except -1
    cdef int begin_diff(self, View diff) except -1
    cdef int enter(self, object group) except -1


cdef Children children_of(View owner)
cdef Children filed_children_of(View diff)
cdef object next_of(object iterator)
cdef bint has_order_methods(FlatView flat, object diff_class) except -1
cdef dict indices_by_type(FlatView flat, Py_ssize_t index)
cdef bint is_bare(View diff)
