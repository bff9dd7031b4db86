from .capi cimport PyObject, set_slot_quietly, slot
from .plans cimport Plan


cdef inline bint has_key(object model, Plan plan) noexcept:
    """Whether a record's key is a text. Takes the record, borrowed, and the plan of its class; needs the lock."""
    cdef PyObject *key = slot(<PyObject *>model, plan.key_offset)
    return key != NULL and type(<object>key) is str


cdef inline bint has_nothing_else(PyObject *model, Plan plan) noexcept:
    """Whether a record has no attributes beside its fields. Takes the record, borrowed, and the plan of its class."""
    return slot(model, plan.side_data_offset) == <PyObject *>None


cdef inline void set_outcome(object model, Plan plan, object status, object message) noexcept:
    """Write to a record's slots how the last change of it went; its class must leave that to the library.

    Takes all borrowed, and the plan of the record's class; needs the lock.
    """
    set_slot_quietly(<PyObject *>model, plan.status_offset, status)
    set_slot_quietly(<PyObject *>model, plan.message_offset, message)


cdef inline object type_name_of(object model, Plan plan):
    """Return a record's type, owned. Takes the record, borrowed, and the plan of its class; needs the lock."""
    return plan.modelname if plan.knows_type and has_key(model, plan) else model.get_type()


cdef inline object unique_id(object model, Plan plan):
    """Return the unique id of any record, owned: its key where that is valid, otherwise what its hook says.

    Takes the record, borrowed, and the plan of its class; needs the lock.
    """
    if plan.knows_unique_id and has_key(model, plan):
        return <object>slot(<PyObject *>model, plan.key_offset)
    return model.get_unique_id()


cdef tuple attribute_values(object model, Plan plan)
cdef tuple identifier_values(object model, Plan plan)
cdef object name_of(object model)
cdef object adapter_of(object self)
cdef object field_of(object model, object name, Py_ssize_t offset)
cdef int put(object model, Plan plan, object name, object value) except -1
