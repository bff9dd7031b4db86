# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Reading the fields of records, and assigning to them.

The twin of `fields_py.py`; whoever changes one changes both. A plan that a function takes is that of the record's class.
"""

from .dict_internals cimport entries_of
from .known_types cimport is_single, shallow_copy
from .plans cimport MAX_PARTS, Plan, adapter_offset, compute_key, join_texts, plan_of
from .capi cimport (
    PyObject, PyObject_GC_UnTrack, PyTuple_New, PyTuple_SET_ITEM, Py_DECREF, Py_INCREF, is_exact_str, is_scalar,
    set_slot, slot,
)

from .plans import forget_plans

from ..dumping.copies import as_data
from ..enum import DiffSyncModelFlags, DiffSyncStatus
from ..runtime.arguments import check_model_flags
from .constants import INSTANCE_OVERRIDES
from .construction_errors import checked

import msgspec
from weakref import ReferenceType as weak_reference

__all__ = [
    "forget_plans",
    "get_attrs",
    "get_identifiers",
    "get_shortname",
    "get_unique_id",
    "put_attribute",
    "set_attribute",
    "set_status",
    "unique_id_of",
]

cdef extern from *:
    """
    /* Set a Struct's attribute past DiffSyncModel.__setattr__. All four are borrowed: the slot takes a reference of its own.
       Needs the lock. */
    static inline int fds_set_attribute(PyObject *struct_class, PyObject *model, PyObject *name, PyObject *value) {
        return ((PyTypeObject *)struct_class)->tp_setattro(model, name, value);
    }
    """
    int set_struct_attribute "fds_set_attribute"(PyObject *cls, PyObject *model, PyObject *name, PyObject *value) except -1


cdef object Struct = msgspec.Struct
cdef PyObject *MODEL_FLAGS = <PyObject *>"model_flags"


def set_status(self, status, message=""):
    """Record how the last create, update or delete of this record went.

    Args:
        self: The record.
        status: The outcome, a `DiffSyncStatus`.
        message: An explanation for people.
    """
    cdef Plan plan = plan_of(type(self))
    if type(status) is DiffSyncStatus and type(message) is str and plan.status_offset >= 0 and plan.message_offset >= 0:
        set_outcome(self, plan, status, message)
    else:
        self._status = status
        self._status_message = message


def unique_id_of(model):
    """Return the unique id of any record: its key where that is valid, otherwise what its hook says."""
    return unique_id(model, plan_of(type(model)))


# ---- reading records ----


def get_unique_id(self):
    """Return the unique id, computed when the record was made or an identifier was last assigned."""
    cdef Plan plan = plan_of(type(self))
    cdef PyObject *key = slot(<PyObject *>self, plan.key_offset)
    if has_key(self, plan):
        return <object>key
    if plan.computes_key and plan.identifier_count <= MAX_PARTS and key != <PyObject *>INSTANCE_OVERRIDES:
        return compute_key(self, plan)
    return self.create_unique_id(**self.get_identifiers())


def get_shortname(self):
    """Return the name among siblings, made of the `_shortname` fields; the unique id if there are none."""
    cdef Plan plan = plan_of(type(self))
    return joined_name(self, plan) if is_named_by_fields(self, plan) else name_from(self, self._shortname)


def get_identifiers(self):
    """Return the identifier fields and their values, in field order."""
    cdef Plan plan = plan_of(type(self))
    if not plan.reads_fields:
        return self.dict(**{"include": set(self._identifiers)})
    return fields_of(self, plan.identifier_names, plan.identifier_field_offsets, plan.empty_identifiers)


def get_attrs(self):
    """Return the attribute fields and their values, in field order; containers are copies."""
    cdef Plan plan = plan_of(type(self))
    if not plan.reads_fields:
        return self.dict(**{"include": set(self._attributes)})
    return fields_of(self, plan.attribute_names, plan.attribute_offsets, plan.empty_attributes)


cdef dict fields_of(object model, tuple names, Py_ssize_t *offsets, dict empty):
    """Return some fields and their values as plain data, in a new dict, owned.

    Takes the record, the names and `empty`, a dict of these names, borrowed; needs the lock. The result begins as a copy
    of `empty`, so that it need not grow. As nobody else has seen it yet, scalars are written to where its values lie, which
    takes a fifth of the time that looking the names up takes.
    """
    cdef dict result = empty.copy()
    cdef PyObject **entries = entries_of(result)
    cdef PyObject *value
    cdef Py_ssize_t i
    for i in range(len(names)):
        value = slot(<PyObject *>model, offsets[i])
        if entries != NULL and value != NULL and is_scalar(value):
            Py_INCREF(value)
            Py_DECREF(entries[2 * i + 1])
            entries[2 * i + 1] = value
        else:
            entries = NULL  # making a value may run any code, and the collector shows it a dict that holds a container
            result[names[i]] = field_of(model, names[i], offsets[i])
    return result


cdef object field_of(object model, object name, Py_ssize_t offset):
    """Return the value of a field as plain data, owned. Takes the record, borrowed; needs the lock."""
    cdef PyObject *value = slot(<PyObject *>model, offset)
    if value == NULL:
        return as_data(getattr(model, name))
    if is_single(value):
        return <object>value
    copy = shallow_copy(<object>value)
    return as_data(<object>value) if copy is None else copy


cdef tuple attribute_values(object model, Plan plan):
    """Return the values of `get_attrs`, owned, without asking the hook. Takes the record, borrowed; needs the lock."""
    return values_of(model, plan.attribute_names, plan.attribute_offsets)


cdef tuple identifier_values(object model, Plan plan):
    """Return the values of `get_identifiers`, owned, without asking the hook. Takes the record, borrowed; needs the lock."""
    return values_of(model, plan.identifier_names, plan.identifier_field_offsets)


cdef tuple values_of(object model, tuple names, Py_ssize_t *offsets):
    """Return the values of some fields as plain data, in a new tuple, owned.

    Takes the record and the names, borrowed; needs the lock. The garbage collector is not told of a tuple of scalars.
    """
    cdef Py_ssize_t i, count = len(names)
    cdef tuple values = PyTuple_New(count)
    cdef bint are_scalars = True
    for i in range(count):
        value = field_of(model, names[i], offsets[i])
        are_scalars = are_scalars and is_scalar(<PyObject *>value)
        Py_INCREF(<PyObject *>value)
        PyTuple_SET_ITEM(<PyObject *>values, i, <PyObject *>value)
    if are_scalars:
        PyObject_GC_UnTrack(<PyObject *>values)
    return values


cdef object name_of(object model):
    """Return what `get_shortname` returns, owned; the hook is asked unless the key is the name, or fields make it.

    Takes the record, borrowed; needs the lock.
    """
    cdef Plan plan = plan_of(type(model))
    if plan.key_is_name and has_key(model, plan):
        return <object>slot(<PyObject *>model, plan.key_offset)
    return joined_name(model, plan) if is_named_by_fields(model, plan) else model.get_shortname()


cdef inline bint is_named_by_fields(object model, Plan plan) noexcept:
    """Whether a record's name is what its fields make: nothing that it has of its own can say otherwise.

    Takes the record, borrowed, and the plan of its class; needs the lock.
    """
    return plan.knows_shortname and plan.name_count > 0 and has_nothing_else(<PyObject *>model, plan)


cdef object joined_name(object model, Plan plan):
    """Return the name that a record's fields make, owned.

    Takes the record, borrowed, and the plan of its class; needs the lock.
    """
    cdef PyObject *parts[MAX_PARTS]
    cdef Py_ssize_t i
    if plan.name_count > MAX_PARTS:
        return name_from(model, plan.schema.shortname)
    for i in range(plan.name_count):
        parts[i] = slot(<PyObject *>model, plan.name_offsets[i])
        if parts[i] == NULL or not is_exact_str(parts[i]):
            return name_from(model, plan.schema.shortname)
    return <object>parts[0] if plan.name_count == 1 else join_texts(parts, plan.name_count)


cdef object name_from(object model, object names):
    """Return the name that some fields make, asked for one by one, owned. Takes all borrowed; needs the lock."""
    if not names:
        return model.get_unique_id()
    cdef list texts = []
    for name in names:
        texts.append(str(getattr(model, name)))
    return "__".join(texts)


# ---- adapters and attributes ----


def get_adapter(self):
    """Return the adapter whose store holds the record, or None."""
    return adapter_of(self)


cdef object adapter_of(object self):
    """Return the adapter of a record, or None; owned. Takes the record, borrowed; needs the lock.

    Raises:
        AttributeError: If the slot is empty.
    """
    cdef PyObject *owner = slot(<PyObject *>self, adapter_offset)
    if owner == NULL:
        raise AttributeError("adapter")
    return (<object>owner)() if type(<object>owner) is weak_reference else <object>owner


def set_adapter(self, adapter):
    """Set the adapter whose store holds the record."""
    set_slot(<PyObject *>self, adapter_offset, adapter)


def set_attribute(model, name, value):
    """Assign an attribute of a record: `DiffSyncModel.__setattr__`.

    A class with `validate_assignment=True` has the value checked and converted first. An assigned identifier changes
    the key; a method replaced on the instance makes the record's hooks be called.

    Raises:
        ValueError: If the name is neither a field, nor private, nor an attribute of the class.
        ValidationError: If the value is checked and cannot be made one of the field's type.
        TypeError: If `model_flags` is to be anything but `DiffSyncModelFlags`.
    """
    cdef Plan plan = plan_of(type(model))
    if <PyObject *>name == MODEL_FLAGS and type(value) is not DiffSyncModelFlags:
        check_model_flags(value, repr(model))
    put(model, plan, name, checked(model, plan.schema, name, value) if plan.validates_assignment else value)


def put_attribute(model, name, value):
    """Set an attribute of a record as `set_attribute` does, unchecked: the value has been a record's before.

    Raises:
        ValueError: If the name is neither a field, nor private, nor an attribute of the class.
    """
    put(model, plan_of(type(model)), name, value)


cdef int put(object model, Plan plan, object name, object value) except -1:
    """Do what `put_attribute` does. Takes all borrowed: the record takes a reference of its own; needs the lock."""
    cls = plan.schema.cls
    cdef PyObject *record = <PyObject *>model
    if name in plan.schema.slots:
        if name in plan.schema.identifiers:
            return put_identifier(model, plan, name, value)
        return set_struct_attribute(<PyObject *>Struct, record, <PyObject *>name, <PyObject *>value)
    if not name.startswith("_") and not hasattr(cls, name):
        raise ValueError(f'"{cls.__name__}" object has no field "{name}"')
    # All that may fail comes first.
    if slot(record, plan.side_data_offset) == <PyObject *>None:
        side_data = {}
        set_slot(record, plan.side_data_offset, side_data)
    values = model.__dict__
    cdef bint is_method = callable(getattr(cls, name, None))
    set_struct_attribute(<PyObject *>Struct, record, <PyObject *>name, <PyObject *>value)
    if is_method and name in values:
        set_slot(record, plan.key_offset, INSTANCE_OVERRIDES)
    return 0


cdef int put_identifier(object model, Plan plan, object name, object value) except -1:
    """Set an identifier and the key that is made of it, or neither.

    Takes all borrowed: the record takes references of its own; needs the lock.
    """
    cdef PyObject *record = <PyObject *>model
    cdef Py_ssize_t number = plan.schema.identifiers.index(name)
    if plan.certain_types is not None and type(value) is not plan.certain_types[number]:
        plan.schema.doubt_identifiers()
        forget_plans()
    cdef PyObject *held = slot(record, plan.identifier_offsets[number]) if plan.identifier_offsets[number] >= 0 else NULL
    before = None if held == NULL else <object>held
    set_struct_attribute(<PyObject *>Struct, record, <PyObject *>name, <PyObject *>value)
    if plan.knows_unique_id and slot(record, plan.key_offset) != <PyObject *>INSTANCE_OVERRIDES:
        try:
            key = compute_key(model, plan)
        except:
            if held != NULL:
                set_struct_attribute(<PyObject *>Struct, record, <PyObject *>name, <PyObject *>before)
            raise
        set_slot(record, plan.key_offset, key)
    return 0
