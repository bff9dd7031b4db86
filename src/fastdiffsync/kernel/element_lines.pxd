cdef str line_of(object element_type, object name, object keys, object source_name, object dest_name, object diffs)
