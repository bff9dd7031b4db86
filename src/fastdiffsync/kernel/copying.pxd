cdef object deepcopy_stored(object record, memo)
cdef int remember(object value, object copy, memo) except -1
