# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Copies and pickles of records, and whether two records are equal.

The twin of `copying_py.py`; whoever changes one changes both. Records whose classes copy them in ways of their own are left to
`dumping/copies.py`.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from .fields cimport adapter_of, put
from .known_types cimport is_single, shallow_copy
from .plans cimport OVERRIDES, Plan, adapter_offset, compute_key, offset_of, plan_of
from .capi cimport PyObject, class_of, instance_dict, is_scalar, scalars_differ, set_slot, set_slot_quietly, slot

from .construction import rebuild

from ..dumping.copies import are_equal_by_steps, reconstructed, state_by_steps
from ..enum import DiffSyncModelFlags, DiffSyncStatus
from ..schema import DERIVED_FIELDS, STATUS_FIELDS, is_model_class

import msgspec
from copy import deepcopy
from copyreg import dispatch_table

__all__ = ["are_equal", "copy_record", "deepcopy_record", "reduce_record", "set_state", "state_of"]

cdef object copy_slots = msgspec.Struct.__copy__
cdef object NO_FLAGS = DiffSyncModelFlags.NONE
cdef object SUCCESS = DiffSyncStatus.SUCCESS
cdef PyObject *FLAGS = <PyObject *>DiffSyncModelFlags
cdef PyObject *STATUS = <PyObject *>DiffSyncStatus


cdef class CopyPlan:
    """Where the values are that a copy of a record needs, and those that make records equal."""

    cdef bint compares_directly, copies_directly
    cdef Py_ssize_t count, compared_count
    # Of all fields; of those that are compared, -1 for the adapter.
    cdef Py_ssize_t *offsets
    cdef Py_ssize_t *compared
    # The fields that a pickle holds, None for each, and where they are.
    cdef tuple state_names
    cdef dict empty_state, state_offsets

    def __cinit__(self, Plan plan):
        schema = plan.schema
        cls = schema.cls
        names = cls.__struct_fields__
        compared = (*schema.fields, *STATUS_FIELDS)
        self.count, self.compared_count = len(names), len(compared)
        self.offsets = <Py_ssize_t *>PyMem_Calloc(self.count, sizeof(Py_ssize_t))
        self.compared = <Py_ssize_t *>PyMem_Calloc(self.compared_count, sizeof(Py_ssize_t))
        if self.offsets == NULL or self.compared == NULL:
            raise MemoryError
        self.state_offsets = {}
        for i, name in enumerate(names):
            self.offsets[i] = adapter_offset if name == "adapter" else offset_of(cls, name)
            self.state_offsets[name] = self.offsets[i]
        for i, name in enumerate(compared):
            self.compared[i] = -1 if name == "adapter" else offset_of(cls, name)
        self.compares_directly, self.copies_directly = schema.compares_directly, schema.copies_directly
        self.state_names = tuple([name for name in names if name not in DERIVED_FIELDS])
        self.empty_state = dict.fromkeys(self.state_names)

    def __dealloc__(self):
        PyMem_Free(self.offsets)
        PyMem_Free(self.compared)


cdef CopyPlan copy_plan_of(Plan plan):
    if plan.copy_plan is None:
        plan.copy_plan = CopyPlan(plan)
    return <CopyPlan>plan.copy_plan


def are_equal(self, other):
    """Return whether the other record is of the same class and equal in every field and in its status.

    Of a record of another class, or anything else, nothing is known: NotImplemented.
    """
    if type(self) is not type(other):
        return NotImplemented
    cdef CopyPlan plan = copy_plan_of(plan_of(type(self)))
    cdef Py_ssize_t i
    cdef PyObject *value
    cdef PyObject *other_value
    cdef int differs
    if not plan.compares_directly:
        return are_equal_by_steps(self, other)
    for i in range(plan.compared_count):
        if plan.compared[i] < 0:
            if not (adapter_of(self) == adapter_of(other)):
                return False
            continue
        value, other_value = slot(<PyObject *>self, plan.compared[i]), slot(<PyObject *>other, plan.compared[i])
        differs = scalars_differ(value, other_value)
        if differs < 0 and value == other_value and is_own_member(value):
            differs = 0
        if differs < 0:
            if value == NULL or other_value == NULL:
                return are_equal_by_steps(self, other)
            left, right = <object>value, <object>other_value  # what compares them may be anybody's, and take them from the records
            differs = not (left == right)
        if differs:
            return False
    return True


cdef inline bint is_own_member(PyObject *value) noexcept:
    """Whether a value is a flag or a status."""
    return value != NULL and (<PyObject *>class_of(value) == FLAGS or <PyObject *>class_of(value) == STATUS)


# ---- copies ----


def copy_record(self):
    """Return a record with the same values, private ones too, and the same adapter; containers are shared.

    Nothing is validated, and `__post_init__` is not called. The copy is in no store.
    """
    cdef Plan plan = plan_of(type(self))
    made = copy_slots(self)
    set_slot(<PyObject *>made, adapter_offset, adapter_of(self))  # to which a stored record may refer weakly
    cdef PyObject *side_data = slot(<PyObject *>self, plan.side_data_offset)
    if side_data != <PyObject *>None:
        # The indexes of lists of children are those lists', and of any other list that takes their place no more.
        set_slot(<PyObject *>made, plan.side_data_offset, dict(<object>side_data))
    cdef PyObject *others = instance_dict(self)
    if others != NULL and <object>others:
        made.__dict__.update(<object>others)
    return made


def deepcopy_record(self, memo):
    """Return a record with copies of all values, private ones and the adapter too; nothing is validated."""
    cdef Plan plan = plan_of(type(self))
    if not is_copied_directly(self, plan):
        return reconstructed(self, memo)
    return deepcopy_directly(self, plan, memo)


cdef bint is_copied_directly(object model, Plan plan) except -1:
    """Whether a record is copied as the library does it. Takes all borrowed; needs the lock."""
    if slot(<PyObject *>model, plan.key_offset) == OVERRIDES or type(model) in dispatch_table:
        return False
    return copy_plan_of(plan).copies_directly


cdef object deepcopy_directly(object model, Plan plan, memo):
    """Return a deep copy of a record, owned. Takes all borrowed; needs the lock."""
    cdef CopyPlan copy_plan = copy_plan_of(plan)
    cdef Py_ssize_t i
    cdef PyObject *held
    made = copy_slots(model)
    cdef PyObject *record = <PyObject *>made
    set_slot_quietly(record, plan.side_data_offset, None)
    set_slot_quietly(record, adapter_offset, None)
    memo[id(model)] = made
    for i in range(copy_plan.count):
        held = slot(record, copy_plan.offsets[i])
        if held == NULL or is_scalar(held) or is_own_member(held) or is_single(held):
            continue
        value = <object>held
        set_slot(record, copy_plan.offsets[i], deepcopy_value(value, memo))
    owner = adapter_of(model)
    if owner is not None:
        set_slot(record, adapter_offset, deepcopy(owner, memo))
    held = instance_dict(model)
    if held != NULL and <object>held:
        made.__dict__.update(deepcopy(<object>held, memo))
    return made


cdef object deepcopy_value(object value, memo):
    """Return a deep copy of a value, owned: that which the memo has, if any. Takes all borrowed; needs the lock."""
    if id(value) in memo:
        return memo[id(value)]
    copy = shallow_copy(value)
    if copy is None:
        return deepcopy(value, memo)
    if copy is not value:
        remember(value, copy, memo)
    return copy


cdef int remember(object value, object copy, memo) except -1:
    """Note a copy as the copy module does: what is copied lives as long as the memo, so that no other has its id."""
    memo[id(value)] = copy
    kept = memo.get(id(memo))
    if kept is None:
        memo[id(memo)] = [value]
    else:
        kept.append(value)
    return 0


cdef object deepcopy_stored(object record, memo):
    """Return a deep copy of anything that a store has in the place of a record, owned; needs the lock."""
    if id(record) in memo:
        return memo[id(record)]
    if not is_model_class(type(record)):
        return deepcopy(record, memo)
    cdef Plan plan = plan_of(type(record))
    if not is_copied_directly(record, plan):
        return deepcopy(record, memo)
    made = deepcopy_directly(record, plan, memo)
    remember(record, made, memo)
    return made


# ---- pickles ----


def state_of(self):
    """Return the values that make the record, by name, without what is derived, and what `rebuild` gives to any."""
    cdef CopyPlan plan = copy_plan_of(plan_of(type(self)))
    cdef PyObject *held
    cdef dict state
    if not plan.compares_directly:
        return state_by_steps(self)
    state = plan.empty_state.copy()
    for name in plan.state_names:
        held = slot(<PyObject *>self, plan.state_offsets[name])
        if held == NULL:
            return state_by_steps(self)
        state[name] = <object>held
    state["adapter"] = adapter_of(self)
    if state["model_flags"] is NO_FLAGS:
        del state["model_flags"]
    if state["_status"] is SUCCESS and not state["_status_message"]:
        del state["_status"], state["_status_message"]
    held = instance_dict(self)
    if held != NULL:
        state.update(<object>held)
    return state


def set_state(self, state):
    """Take the values of a pickled or copied record, unchecked, and past a `__setattr__` of the user's."""
    cdef Plan plan = plan_of(type(self))
    cdef CopyPlan copy_plan = copy_plan_of(plan)
    cdef PyObject *record = <PyObject *>self
    cdef bint has_identifiers = False
    cdef Py_ssize_t offset
    identifiers = plan.schema.identifiers
    for name, value in state.items():
        offset = copy_plan.state_offsets.get(name, -1) if copy_plan.compares_directly else -1
        is_identifier = name in identifiers
        if offset < 0 or (is_identifier and not is_certain(plan, identifiers.index(name), value)):
            put(self, plan, name, value)
        else:
            has_identifiers = has_identifiers or is_identifier
            set_slot(record, offset, value)
    if has_identifiers and slot(record, plan.key_offset) != OVERRIDES:
        set_slot(record, plan.key_offset, compute_key(self, plan))


cdef bint is_certain(Plan plan, Py_ssize_t number, object value) except -1:
    """Whether an identifier is of the type that construction gives it, and nothing but the key depends on it."""
    return plan.knows_unique_id and plan.certain_types is not None and type(value) is plan.certain_types[number]


def reduce_record(self):
    """Pickle by class and state, so that values are not validated a second time."""
    return rebuild, (type(self),), self.__getstate__()
