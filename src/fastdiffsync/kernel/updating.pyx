# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Updating a record at once.

The twin of `updating_py.py`; whoever changes one changes both. The Python kernel leaves all updates to `model.py`; this one those
that are more than writing to slots.
"""

from .children cimport store_to_tell
from .fields cimport set_outcome
from .plans cimport OVERRIDES, Plan, plan_of_record
from .capi cimport PyDict_Next, PyObject, set_slot, slot

from ..enum import DiffSyncStatus

__all__ = ["update_directly"]

cdef enum:
    MAX_UPDATED = 128  # attributes

cdef object SUCCESS = DiffSyncStatus.SUCCESS


def update_directly(model, attrs):
    """Set attributes of a record and mark it as updated, if that is nothing but writing to its slots.

    Args:
        model: The record.
        attrs: The attributes and their values.

    Returns:
        Whether it was; if not, nothing has been done.
    """
    cdef Plan plan = plan_of_record(model, "update_base")
    cdef Py_ssize_t[MAX_UPDATED] offsets
    cdef Py_ssize_t i
    if not plan.assigns_directly or plan.validates_assignment or not plan.knows_status:
        return False
    if slot(<PyObject *>model, plan.key_offset) == OVERRIDES:
        return False
    if type(attrs) is not dict or not find_offsets(plan, attrs, offsets) or store_to_tell(model) is not None:
        return False
    # Nothing that follows can fail. When a value goes that was there before, code of a user's may run and change `attrs`.
    cdef list values = list((<dict>attrs).values())
    for i in range(len(values)):
        set_slot(<PyObject *>model, offsets[i], values[i])
    set_outcome(model, plan, SUCCESS, "Updated successfully")
    return True


cdef bint find_offsets(Plan plan, dict attrs, Py_ssize_t *offsets) except -1:
    """Look up where attributes are; False if one is in no slot, or is one that has to be set otherwise."""
    cdef tuple names = plan.attribute_names
    cdef Py_ssize_t place = 0, position = 0, count = 0
    cdef PyObject *name
    if len(attrs) > MAX_UPDATED:
        return False
    while PyDict_Next(<PyObject *>attrs, &position, &name, NULL):
        # They mostly come in the order of the class.
        while place < len(names) and <PyObject *>names[place] != name:
            place += 1
        if place == len(names) or plan.attribute_offsets[place] < 0 or plan.attribute_offsets[place] == plan.flags_offset:
            return False
        offsets[count] = plan.attribute_offsets[place]
        count += 1
    return True
