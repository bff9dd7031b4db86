from .capi cimport PyObject, slot


cdef enum:
    MAX_PARTS = 16


cdef struct Check:
    Py_ssize_t offset
    PyObject *first       # the one or two exact types that most annotations come to, borrowed from `field_types`
    PyObject *second
    PyObject *default     # borrowed from the schema


cdef class Plan:
    cdef readonly object schema
    cdef readonly object modelname
    cdef readonly dict children
    # The schema's predicates, but for what is beyond the C code's bounds.
    cdef bint knows_unique_id, knows_identifiers, knows_attributes, knows_type, knows_status, knows_children
    cdef bint knows_dict, knows_text
    cdef bint knows_shortname, reads_fields, computes_key, key_is_name, is_named_by_unique_id
    cdef bint is_plain, has_telling_key, has_telling_identifiers
    cdef bint constructs_directly, assigns_directly, links_directly, may_be_marked, stores_directly, changes_directly
    cdef bint has_post_init, validates_assignment
    cdef Py_ssize_t key_offset, flags_offset, adapter_offset, status_offset, message_offset, side_data_offset
    cdef Py_ssize_t identifier_count, check_count
    cdef Py_ssize_t *identifier_offsets
    cdef Check *checks
    cdef tuple attribute_names, identifier_names
    cdef dict empty_attributes, empty_identifiers
    cdef object certain_types
    cdef Py_ssize_t *attribute_offsets
    cdef Py_ssize_t *identifier_field_offsets
    # The fields that make the shortname; none if it is the unique id.
    cdef Py_ssize_t name_count
    cdef Py_ssize_t *name_offsets
    cdef Py_ssize_t value_count
    cdef Py_ssize_t *value_offsets
    cdef list check_types
    cdef dict conversions   # of the fields that have one, by name
    cdef dict child_offsets
    cdef list child_offset_list
    # The field of children that was asked for last, and where it is.
    cdef object last_child_field
    cdef Py_ssize_t last_child_offset
    # What `_making.pyx` knows of the keywords that records of the class are made with, by their names.
    cdef dict layouts
    cdef object last_layout, create_layout, restore_layout
    # What `dumping.pyx` knows of the class; None until it does.
    cdef object dump_plan
    # And `copying.pyx`.
    cdef object copy_plan
    cdef Py_ssize_t offset(self, name) except -2
    cdef int compile_checks(self) except -1


# What stands for no flags in a record's slot, and the key of a record one of whose methods is replaced on the instance.
cdef PyObject *NO_FLAGS
cdef PyObject *OVERRIDES

# Where records keep their adapter: in all classes at the same place.
cdef Py_ssize_t adapter_offset

cdef Plan plan_of(object cls)
cdef Plan plan_of_record(object record, str taker)
cdef Py_ssize_t offset_of(cls, name) except -2
cdef object compute_key(object model, Plan plan)
cdef object join_texts(PyObject **parts, Py_ssize_t count)
cdef Plan plan_if_model(object value)
