# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Applying changes for which no methods have to be called but a user's own `create`, `update` and `delete`.

The twin of `applying_py.py`; whoever changes one changes both. The Python kernel leaves all changes to `syncer.py`, which does the
same, call by call, in several times as long; so does this one with whatever is not plain.
"""

from libc.stdint cimport uint64_t

from .array cimport CREATE, DELETE, FOLDED, NO_ACTION, UPDATE, Entry, FlatArray, changed_attrs, dict_of, folded, has_bit
from .cursor cimport Cursor, look_up
from .known_types cimport is_single, shallow_copy
from .layouts cimport Layout, layout_of
from .children cimport LongList, put_child, take_child
from .local_records cimport claim_record, reference_to
from .plans cimport NO_FLAGS, Plan, plan_of
from .fields cimport has_key, set_outcome
from .capi cimport (
    NONE, STEPS_BETWEEN_SIGNALS, PyDict_CheckExact, PyDict_GetItemWithError, PyDict_Next,
    PyErr_CheckSignals, PyList_GET_ITEM, PyObject, PyTuple_GET_ITEM, class_of, is_exact_str, is_interrupted,
    set_slot, set_slot_quietly, slot,
)

from ..dumping.copies import copy_containers
from ..enum import DiffSyncStatus
from ..exceptions import ObjectCrudException
from .local_records import RecordData

__all__ = ["DirectChanges", "change_of"]


cdef enum:
    MAX_VALUES = 128
    MARKED_AT_ONCE = 1 << 16  # unchanged records, before a look whether Ctrl-C has come

cdef object UNKNOWN = DiffSyncStatus.UNKNOWN
cdef object SUCCESS = DiffSyncStatus.SUCCESS
cdef tuple ADAPTER = ("adapter",)


cdef class DirectChanges:
    """What a sync does to a local store as long as there is nothing special about it.

    Args:
        array: The flat array.
        data: The `{modelname: {unique id: record}}` of the destination's local store.
        classes: The destination's model classes by type; None if methods of the adapter or the store have to be called.
        adapter: The destination.
        models: By index, the destination's records of elements that have been created or deleted; filled in here too.
        elements: By index, the elements that somebody has looked at and may have changed.

    Attributes:
        called: How the call of a user's method went if the rest is to be done by calling methods too: the identifiers, the
            record that was there, what the method has returned, and what it has raised. Whoever does the rest sets it to None.
    """

    cdef FlatArray array
    cdef object data, adapter, reference
    cdef dict classes, models, elements
    cdef public tuple called
    # Where the search through each type's dict has come to.
    cdef dict cursors
    # Long lists of children in which what follows a removed one has not moved up yet.
    cdef list gaps
    # What the last create was made with; most creates of a type are alike.
    cdef Layout layout
    cdef object identifier_names, attribute_names, made_class

    def __init__(self, FlatArray array, data, dict classes, adapter, dict models, dict elements):
        self.array, self.data, self.classes, self.adapter = array, data, classes, adapter
        self.models, self.elements = models, elements
        self.cursors = {}
        self.gaps = []
        self.reference = reference_to(adapter) if type(data) is RecordData else None

    def pass_over(self, Py_ssize_t index, Py_ssize_t stop):
        """Apply the records from `index` on, and return the first one that needs more than is done here, or `stop`.

        If that is the rest of a change whose method has been called, `called` says so.
        """
        cdef Py_ssize_t following, step = 0
        if self.called is not None:
            return index
        try:
            while index < stop:
                step += 1
                if step % STEPS_BETWEEN_SIGNALS == 0 and is_interrupted():
                    self.close_gaps()
                    PyErr_CheckSignals()
                if self.array.items[index].action == NO_ACTION:
                    following = self.mark_unchanged(index, min(stop, index + MARKED_AT_ONCE))
                    if following == index:
                        break
                    index = following
                elif self.classes is None or not self.apply(index):
                    break
                else:
                    index += 1
        finally:
            self.close_gaps()
        return index

    cdef int close_gaps(self) except -1:
        """Let lists of children be as they should before anybody looks."""
        cdef LongList children
        if len(self.gaps) > 0:
            for children in self.gaps:
                children.close_gaps()
            self.gaps.clear()
        return 0

    cdef Py_ssize_t mark_unchanged(self, Py_ssize_t start, Py_ssize_t stop) except -1:
        """Give unchanged records from `start` on the status that a sync gives whatever it passes.

        Returns the index of the first one that needs more than that: it has an action, its record is no longer the one in
        the store, or hooks of its class are overridden. `stop` if there is none.
        """
        cdef Py_ssize_t i
        cdef Plan plan
        cdef PyObject *dest
        cdef PyObject *key
        cdef Cursor cursor = None
        cdef Entry *items = self.array.items
        cdef int last_type = -1  # the type that the cursor is of: siblings are of one
        empty = ""
        for i in range(max(start, 0), min(stop, self.array.size)):
            dest = PyList_GET_ITEM(<PyObject *>self.array._dests, i)
            if items[i].action != NO_ACTION or dest == NONE or is_exact_str(dest):
                return i
            plan = plan_of(<object>class_of(dest))
            key = slot(dest, plan.key_offset)
            if not plan.may_be_marked or key == NULL or not is_exact_str(key):
                return i
            if items[i].type != last_type:
                cursor = self.cursor_of(self.array.type_names[items[i].type])
                if cursor is None:
                    return i
                last_type = items[i].type
            if look_up(cursor, key) != dest:
                return i
            set_slot_quietly(dest, plan.status_offset, UNKNOWN)
            set_slot_quietly(dest, plan.message_offset, empty)
        return stop

    cdef Cursor cursor_of(self, object element_type):
        """Return the cursor into the dict of a type's records, None if it is no dict."""
        cursor = self.cursors.get(element_type)
        if cursor is None:
            stored = self.data.get(element_type)
            if not PyDict_CheckExact(<PyObject *>stored):
                return None
            cursor = self.cursors[element_type] = Cursor(stored)
        return cursor

    cdef bint apply(self, Py_ssize_t index) except -1:
        """Create, update or delete one record; False if it, or the rest of it, is to be done by calling methods."""
        cdef object parent_number, number = index  # for dicts
        cdef tuple snapshot = self.array._snapshots[number]
        cdef Py_ssize_t parent_index = self.array.items[index].parent
        cdef int action = self.array.items[index].action
        cdef Plan plan
        cdef PyObject *found
        parent = model = None
        # Most syncs have nothing in these dicts, `models` nothing but what stands for no parent.
        if (len(self.elements) > 0 and number in self.elements) or len(snapshot) != FOLDED:
            return False
        if parent_index >= 0:
            found = NULL
            if len(self.models) > 1:
                parent_number = parent_index
                found = PyDict_GetItemWithError(<PyObject *>self.models, <PyObject *>parent_number)
            parent = <object>found if found != NULL else self.array._dests[parent_index]
            if parent is None or type(parent) is str or not is_plain(parent, plan_of(type(parent))):
                return False
        element_type = self.array.type_names[self.array.items[index].type]
        known = self.data[element_type]
        if not PyDict_CheckExact(<PyObject *>known):
            return False
        if action == CREATE:
            plan = plan_of(self.classes[element_type])
        else:
            model = self.array._dests[index]
            plan = plan_of(type(model))
            if not is_plain(model, plan) or not is_stored(model, plan, known):
                return False
            # Flags say what a deletion does about children, and nothing else that a sync heeds.
            if action == DELETE and plan.children and slot(<PyObject *>model, plan.flags_offset) != NO_FLAGS:
                return False
        if not plan.changes_directly:
            return self.call(index, snapshot, element_type, known, model, parent)
        if action == CREATE:
            return self.create(index, snapshot, parent, element_type, known)
        if action == DELETE:
            set_outcome(model, plan, SUCCESS, "Deleted successfully")
            return self.take_out(index, model, plan, parent, known, self.gaps)
        return self.update(model, plan, snapshot, self.array._masks.get(number, 0))

    cdef bint call(
        self, Py_ssize_t index, tuple snapshot, object element_type, dict known, object model, object parent
    ) except -1:
        """Have a user's method create, update or delete a record, and do the rest; False if that is to be done elsewhere."""
        cdef int action = self.array.items[index].action
        cdef dict ids = None
        cls = self.classes[element_type]
        made = raised = None
        self.close_gaps()
        try:
            if action == CREATE:
                ids = dict_of(snapshot[1], snapshot[2])
                if not plan_of(cls).stores_directly or joined(ids, cls._identifiers) in known:
                    return False
                attrs = with_own_containers(dict_of(snapshot[3], snapshot[4]))
                made = cls.create(adapter=self.adapter, ids=ids, attrs=attrs)
            elif action == UPDATE:
                attrs = with_own_containers(changed_attrs(snapshot, self.array.mask(index)))
                set_outcome(model, plan_of(type(model)), UNKNOWN, "")
                made = model.update(attrs=attrs)
            else:
                set_outcome(model, plan_of(type(model)), UNKNOWN, "")
                made = model.delete()
        except ObjectCrudException as error:
            raised = error
        if raised is None and self.finish(index, action, cls if action == CREATE else type(model), made, model, parent, known):
            return True
        self.called = dict_of(snapshot[1], snapshot[2]) if ids is None else ids, model, made, raised
        return False

    cdef bint finish(
        self, Py_ssize_t index, int action, object cls, object made, object model, object parent, dict known
    ) except -1:
        """Store or remove the record that a user's method has returned; False if what it has done is not plain."""
        if type(made) is not cls or (model is not None and made is not model):
            return False
        cdef Plan plan = plan_of(cls)
        element_type = self.array.type_names[self.array.items[index].type]
        if not is_plain(made, plan) or slot(<PyObject *>made, plan.status_offset) != <PyObject *>SUCCESS:
            return False
        if action != UPDATE:
            if parent is not None and not is_plain(parent, plan_of(type(parent))):
                return False
            if plan.modelname != element_type or self.data.get(element_type) is not known:
                return False
            if action == CREATE:
                key = <object>slot(<PyObject *>made, plan.key_offset)
                return key not in known and self.put_in(index, made, plan, parent, known)
            return is_stored(made, plan, known) and self.take_out(index, made, plan, parent, known, None)
        self.note(index, made)
        return True

    cdef bint create(self, Py_ssize_t index, tuple snapshot, object parent, object element_type, dict known) except -1:
        cdef PyObject *values[MAX_VALUES]
        cdef Plan plan = plan_of(self.classes[element_type])
        cdef tuple identifiers = snapshot[2], attributes = snapshot[4]
        cdef Py_ssize_t count = 0
        if plan.modelname != element_type or not self.find_layout(plan, snapshot[1], snapshot[3]):
            return False
        self.close_gaps()
        if len(identifiers) + 1 + len(attributes) != self.layout.shape_count:
            return False
        for value in identifiers:
            values[count] = <PyObject *>value
            count += 1
        values[count] = <PyObject *>self.adapter
        count += 1
        cdef list copies = None
        for value in attributes:
            own = unshared(value)
            if own is not value:
                copies = copies if copies is not None else []
                copies.append(own)
            values[count] = <PyObject *>own
            count += 1
        model = self.layout.fill_shaped(values)
        if model is None or <object>slot(<PyObject *>model, plan.key_offset) in known:
            return False
        set_outcome(model, plan, SUCCESS, "Created successfully")
        return self.put_in(index, model, plan, parent, known)

    cdef bint put_in(self, Py_ssize_t index, object model, Plan plan, object parent, dict known) except -1:
        """Add a new record to the store and to its parent, or to neither."""
        key = <object>slot(<PyObject *>model, plan.key_offset)
        known[key] = model
        if parent is not None:
            try:
                put_child(parent, model)
            except:
                del known[key]
                raise
        claim_record(model, plan, self.reference, self.adapter)
        self.note(index, model)
        return True

    cdef bint find_layout(self, Plan plan, tuple identifier_names, tuple attribute_names) except -1:
        """Look up how records are made of these values; False if they are to be made by calling the class."""
        cls = plan.schema.cls
        if (
            self.made_class is not cls or self.identifier_names is not identifier_names
            or self.attribute_names is not attribute_names
        ):
            names = identifier_names + ADAPTER + attribute_names
            self.layout = layout_of(plan, <PyObject *>names) if len(names) <= MAX_VALUES else None
            self.made_class, self.identifier_names, self.attribute_names = cls, identifier_names, attribute_names
        return self.layout is not None

    cdef bint take_out(self, Py_ssize_t index, object model, Plan plan, object parent, dict known, list gaps) except -1:
        """Take a deleted record from its parent and from the store; with `gaps`, as `take_child` does it."""
        key = <object>slot(<PyObject *>model, plan.key_offset)
        if parent is not None:
            take_child(parent, model, gaps)
        del known[key]
        set_slot_quietly(<PyObject *>model, plan.adapter_offset, None)
        self.note(index, model)
        return True

    cdef bint update(self, object model, Plan plan, tuple snapshot, mask) except -1:
        cdef tuple names = snapshot[3], values = snapshot[4], dest_names = snapshot[5]
        cdef Py_ssize_t[MAX_VALUES] offsets
        cdef PyObject *own[MAX_VALUES]  # all of them, before one is set: making a copy may fail
        cdef Py_ssize_t place, count = 0
        cdef uint64_t word = 0
        cdef PyObject *held
        cdef list copies = None
        if names is not dest_names or names is not plan.attribute_names or plan.validates_assignment:
            return False
        for place in range(len(names)):
            if has_bit(mask, &word, place):
                if plan.attribute_offsets[place] < 0 or count == MAX_VALUES:
                    return False
                held = slot(<PyObject *>model, plan.attribute_offsets[place])
                if held != NULL and not is_single(held):
                    self.close_gaps()  # code of a user's may run when the value goes
                offsets[count] = plan.attribute_offsets[place]
                own[count] = PyTuple_GET_ITEM(<PyObject *>values, place)
                if not is_single(own[count]):
                    copy = unshared(<object>own[count])
                    copies = copies if copies is not None else []
                    copies.append(copy)
                    own[count] = <PyObject *>copy
                count += 1
        for place in range(count):
            set_slot(<PyObject *>model, offsets[place], <object>own[place])
        set_outcome(model, plan, SUCCESS, "Updated successfully")
        return True

    cdef int note(self, Py_ssize_t index, object model) except -1:
        """Keep the record if others are to come below it."""
        if self.array.items[index].end > index + 1:
            self.models[index] = model
        return 0


cdef inline object unshared(object value):
    """Return a value as a record may keep it: a container is copied, since the diff must not share it."""
    if is_single(<PyObject *>value):
        return value
    copy = shallow_copy(value)
    return copy_containers(value) if copy is None else copy


cdef bint is_plain(object model, Plan plan) except -1:
    """Whether all that a sync does with a record is the library's own, but for creating, updating and deleting it."""
    return plan.stores_directly and has_key(model, plan)


cdef bint is_stored(object model, Plan plan, dict known) except -1:
    """Whether a record, which has a key, is among those that are known."""
    return PyDict_GetItemWithError(<PyObject *>known, slot(<PyObject *>model, plan.key_offset)) == <PyObject *>model


def change_of(FlatArray array, Py_ssize_t index, data, identifiers):
    """Return what a sync needs to know of a record that has an action.

    Args:
        array: The flat array.
        index: The record.
        data: The `{modelname: {unique id: record}}` of the destination's local store.
        identifiers: The identifiers of the destination's class, in the order in which they make the unique id.

    Returns:
        The type, the action (1 create, 2 update, 3 delete), new dicts of the identifiers and of the new attributes, and
        the destination's record as it is now, or None.
    """
    cdef tuple snapshot = array._snapshots[index]
    cdef bint is_folded = len(snapshot) == FOLDED
    cdef int action = array.items[index].action
    cdef dict keys = dict_of(snapshot[1], snapshot[2]) if is_folded else dict(snapshot[1])
    cdef dict attrs = {}
    if action == CREATE:
        attrs = dict_of(snapshot[3], snapshot[4]) if is_folded else dict(snapshot[2])
    elif action == UPDATE:
        attrs = changed_attrs(snapshot if is_folded else folded(snapshot), array.mask(index))
    element_type = array.type(index)
    return element_type, action, keys, with_own_containers(attrs), data[element_type].get(joined(keys, identifiers))


cdef str joined(dict keys, identifiers):
    """Return the unique id that identifiers make."""
    uid = "__".join(map(str, map(keys.__getitem__, identifiers))) if len(identifiers) != 1 else keys[identifiers[0]]
    return uid if type(uid) is str else str(uid)


cdef dict with_own_containers(dict attrs):
    """Return attributes with containers copied: the dict itself if there are none."""
    cdef Py_ssize_t position = 0
    cdef PyObject *name
    cdef PyObject *value
    cdef dict own
    while PyDict_Next(<PyObject *>attrs, &position, &name, &value):
        if not is_single(value):
            own = {}
            for attribute, held in attrs.items():
                own[attribute] = unshared(held)
            return own
    return attrs
