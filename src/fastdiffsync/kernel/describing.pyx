# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Records and all below them as text: `DiffSyncModel.str`.

The twin of `describing_py.py`; whoever changes one changes both.
"""

from .fields cimport field_of, type_name_of, unique_id
from .plans cimport OVERRIDES, Plan, plan_of
from .text_buffer cimport Text, begin_text, end_text, put, put_character, put_repr_scalar, put_spaces, put_str, text_as_str
from .capi cimport PyObject, heed_signals, slot

from ..exceptions import ChildrenCycle, ObjectNotFound
from ..schema import is_model_class

__all__ = ["describe_record"]

cdef class Parent:
    """A record whose children are being described, and how far that is."""

    cdef object model, identity
    cdef Py_ssize_t margin
    # The fields that list its children, and the ids in the one that it has come to.
    cdef object fields, child_ids
    cdef object child_type

    def __cinit__(self, model, identity, Py_ssize_t margin, mapping):
        self.model, self.identity, self.margin = model, identity, margin
        self.fields, self.child_ids = iter(mapping.items()), None


cdef class Description:
    """What a whole call of `str` knows.

    The walk goes down without recursion, as trees may be of any depth.
    """

    cdef object include_children
    cdef list parents  # from the record that was asked down to the one whose children are being described
    cdef set identities  # theirs
    # The adapter that was asked last, and the data of its local store, if its records may be read there.
    cdef object adapter, data

    def __cinit__(self, include_children):
        self.include_children = include_children
        self.parents, self.identities = [], set()

    cdef int describe(self, Text *text, object model, Py_ssize_t indent) except -1:
        """Write a record and all below it. Takes all borrowed; needs the lock."""
        cdef Parent parent
        cdef Py_ssize_t step = 0
        cdef bint may_go_on = self.put_record(text, model, indent, True)
        while may_go_on and self.parents:
            step += 1
            heed_signals(step)
            parent = <Parent>self.parents[len(self.parents) - 1]
            if parent.child_ids is None and not self.next_field(text, parent):
                self.parents.pop()
                self.identities.discard(parent.identity)
                continue
            for child_id in parent.child_ids:
                self.put_child(text, parent, child_id)
                break
            else:
                parent.child_ids = None
        return 0

    cdef bint next_field(self, Text *text, Parent parent) except -1:
        """Write the lines of fields up to one whose children are to be looked up; False if there is none."""
        for modelname, field in parent.fields:
            child_ids = getattr(parent.model, field)
            put_character(text, b"\n")
            put_spaces(text, parent.margin + 2)
            put_formatted(text, field)
            if not child_ids:
                put(text, b": []", 4)
            elif not parent.model.adapter or not self.include_children:
                put(text, b": ", 2)
                put_formatted(text, child_ids)
            else:
                parent.child_type, parent.child_ids = modelname, iter(child_ids)
                return True
        return False

    cdef int put_child(self, Text *text, Parent parent, object child_id) except -1:
        put_character(text, b"\n")
        try:
            child = self.find(parent, child_id)
        except ObjectNotFound:
            put_spaces(text, parent.margin + 4)
            put_formatted(text, child_id)
            put(text, b" (ERROR: details unavailable)", 29)
            return 0
        self.put_record(text, child, parent.margin + 4, False)
        return 0

    cdef object find(self, Parent parent, object child_id):
        """Return a child, owned."""
        adapter = parent.model.adapter
        if adapter is not self.adapter:
            self.adapter = adapter
            access = getattr(adapter, "_access", None)
            self.data = None if access is None else access().data_to_search
        if self.data is not None and type(child_id) is str:
            found = self.data[parent.child_type].get(child_id)
            if found is not None:
                return found
        return adapter.get(parent.child_type, child_id)

    cdef bint put_record(self, Text *text, object model, Py_ssize_t margin, bint is_first) except -1:
        """Write the line of a record, and have its children written next; False if it has none."""
        if not is_model_class(type(model)):
            put_formatted(text, model.str(include_children=self.include_children, indent=margin))
            return False
        cdef Plan plan = plan_of(type(model))
        cdef bint has_overrides = slot(<PyObject *>model, plan.key_offset) == OVERRIDES
        modelname, uid = type_name_of(model, plan), unique_id(model, plan)
        identity = (modelname, uid)
        if identity in self.identities:
            self.refuse(identity)
        if not is_first and (not plan.knows_text or (has_overrides and "str" in model.__dict__)):
            put_formatted(text, model.str(include_children=self.include_children, indent=margin))
            return False
        put_spaces(text, margin)
        put_formatted(text, modelname)
        put(text, b": ", 2)
        put_formatted(text, uid)
        put(text, b": ", 2)
        if plan.knows_attributes and not has_overrides:
            put_attributes(text, model, plan)
        else:
            put_formatted(text, model.get_attrs())
        mapping = model._children
        if not mapping:
            return False
        self.parents.append(Parent(model, identity, margin, mapping))
        self.identities.add(identity)
        return True

    cdef int refuse(self, tuple identity) except -1:
        cdef Parent parent = <Parent>self.parents[len(self.parents) - 1]
        parent_type, parent_id = parent.identity
        raise ChildrenCycle(
            f'{identity[0]} "{identity[1]}" is among its own descendants: '
            f'remove it from the children of {parent_type} "{parent_id}"'
        )


cdef int put_formatted(Text *text, object value) except -1:
    """Write a value as an f-string does. Takes it borrowed; needs the lock."""
    formatted = value if type(value) is str else f"{value}"
    return put_str(text, <PyObject *>formatted)


cdef int put_attributes(Text *text, object model, Plan plan) except -1:
    """Write what `get_attrs` returns. Takes all borrowed; needs the lock."""
    cdef Py_ssize_t i
    cdef PyObject *held
    put_character(text, b"{")
    for i in range(len(plan.attribute_names)):
        if i > 0:
            put(text, b", ", 2)
        put_repr(text, plan.attribute_names[i])
        put(text, b": ", 2)
        held = slot(<PyObject *>model, plan.attribute_offsets[i])
        if held == NULL or not put_repr_scalar(text, held):
            put_repr(text, field_of(model, plan.attribute_names[i], plan.attribute_offsets[i]))
    return put_character(text, b"}")


cdef int put_repr(Text *text, object value) except -1:
    """Write what `repr` returns of a value. Takes it borrowed: the caller holds it; needs the lock."""
    if not put_repr_scalar(text, <PyObject *>value):
        written = repr(value)
        put_str(text, <PyObject *>written)
    return 0


def describe_record(self, include_children=True, indent=0):
    """Describe the record and, through its adapter, all below it, one line for each record and child field.

    Args:
        self: The record.
        include_children: Whether to look up and describe children, or to list their unique ids.
        indent: Number of spaces before each line.

    Raises:
        ChildrenCycle: If a record is its own descendant.
    """
    cdef Text text
    begin_text(&text)
    try:
        Description(include_children).describe(&text, self, indent)
        return text_as_str(&text)
    finally:
        end_text(&text)
