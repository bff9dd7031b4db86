# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Elements of diffs: what they hold, and what they answer without looking further down.

The twin of `elements_py.py`; whoever changes one changes both. Objects that a function takes are borrowed; those that it
returns are owned. All that is here needs the lock.
"""

from .array cimport NO_ACTION, FlatArray
from .child_iterator cimport children_of
from .element_lines cimport line_of
from .fields cimport has_key
from .plans cimport Plan, plan_of
from .views cimport (
    ATTRS_DIFFS, ATTRS_KEYS, CHILDREN, HAS_CHILD_DIFF, HAS_DEST, HAS_DEST_NAME, HAS_KEYS, HAS_NAME, HAS_SIDES, HAS_SOURCE,
    HAS_SOURCE_NAME, HAS_TYPE, NAMING, SETATTR, VALUES, FlatView, View, do_differ, keys_at, name_at, replaced, sides_at,
)

from ..enum import DiffSyncActions
from ..utils import intersection
from .views import touch

__all__ = ["ElementView"]

cdef tuple actions = (DiffSyncActions.NO_CHANGE, DiffSyncActions.CREATE, DiffSyncActions.UPDATE, DiffSyncActions.DELETE)


cdef object view_below(FlatView flat, Py_ssize_t index):
    """Return a new diff of what is below an element."""
    diff = flat.diff_class()
    diff._index = index
    diff._flat = flat
    return diff


cdef class ElementView(View):
    """What `DiffElement` is made of."""

    def _fill(self, obj_type, name, keys, source_name, dest_name, child_diff):
        """Set all that an element has which is made by hand."""
        if replaced(self) & (CHILDREN | NAMING | SETATTR | VALUES):
            self.type, self.name, self.keys = obj_type, name, keys
            self.source_name, self.dest_name = source_name, dest_name
            self.source_attrs = self.dest_attrs = None
            self.child_diff = child_diff
            return
        self.own_type, self.own_name, self.own_keys = obj_type, name, keys
        self.own_source_name, self.own_dest_name = source_name, dest_name
        self.source = self.dest = None
        self.below = child_diff
        self.given = HAS_TYPE | HAS_NAME | HAS_KEYS | HAS_SOURCE_NAME | HAS_DEST_NAME | HAS_SIDES | HAS_CHILD_DIFF

    @property
    def type(self):
        """The record's type name."""
        if not self.given & HAS_TYPE:
            self.need(HAS_TYPE, "type")
            value = self.flat.array.type(self.index)
            if not self.given & HAS_TYPE:
                self.own_type = value
                self.given |= HAS_TYPE
        return self.own_type

    @type.setter
    def type(self, value):
        self.own_type = value
        self.given |= HAS_TYPE

    @type.deleter
    def type(self):
        self.drop(HAS_TYPE, "type")

    @property
    def name(self):
        """Its name among its siblings, the shortname."""
        if not self.given & HAS_NAME:
            self.need(HAS_NAME, "name")
            value = name_at(self.flat, self.index)
            if not self.given & HAS_NAME:
                self.own_name = value
                self.given |= HAS_NAME
        return self.own_name

    @name.setter
    def name(self, value):
        self.own_name = value
        self.given |= HAS_NAME

    @name.deleter
    def name(self):
        self.drop(HAS_NAME, "name")

    @property
    def keys(self):
        """Its identifiers and their values."""
        if not self.given & HAS_KEYS:
            self.need(HAS_KEYS, "keys")
            value = keys_at(self.flat, self.index)
            if not self.given & HAS_KEYS:
                self.own_keys = value
                self.given |= HAS_KEYS
        return self.own_keys

    @keys.setter
    def keys(self, value):
        self.own_keys = value
        self.given |= HAS_KEYS

    @keys.deleter
    def keys(self):
        self.drop(HAS_KEYS, "keys")

    @property
    def source_name(self):
        """Name of the source dataset."""
        if not self.given & HAS_SOURCE_NAME:
            self.need(HAS_SOURCE_NAME, "source_name")
            value = self.flat.source_name
            if not self.given & HAS_SOURCE_NAME:
                self.own_source_name = value
                self.given |= HAS_SOURCE_NAME
        return self.own_source_name

    @source_name.setter
    def source_name(self, value):
        self.own_source_name = value
        self.given |= HAS_SOURCE_NAME

    @source_name.deleter
    def source_name(self):
        self.drop(HAS_SOURCE_NAME, "source_name")

    @property
    def dest_name(self):
        """Name of the destination dataset."""
        if not self.given & HAS_DEST_NAME:
            self.need(HAS_DEST_NAME, "dest_name")
            value = self.flat.dest_name
            if not self.given & HAS_DEST_NAME:
                self.own_dest_name = value
                self.given |= HAS_DEST_NAME
        return self.own_dest_name

    @dest_name.setter
    def dest_name(self, value):
        self.own_dest_name = value
        self.given |= HAS_DEST_NAME

    @dest_name.deleter
    def dest_name(self):
        self.drop(HAS_DEST_NAME, "dest_name")

    @property
    def source_attrs(self):
        """Its attributes in the source; None if the source does not have it."""
        if not self.given & HAS_SOURCE:
            self.need(HAS_SOURCE, "source_attrs")
            expose_sides(self)
        return self.source

    @source_attrs.setter
    def source_attrs(self, value):
        self.source = value
        self.given |= HAS_SOURCE

    @source_attrs.deleter
    def source_attrs(self):
        self.drop(HAS_SOURCE, "source_attrs")

    @property
    def dest_attrs(self):
        """Its attributes in the destination; None if the destination does not have it."""
        if not self.given & HAS_DEST:
            self.need(HAS_DEST, "dest_attrs")
            expose_sides(self)
        return self.dest

    @dest_attrs.setter
    def dest_attrs(self, value):
        self.dest = value
        self.given |= HAS_DEST

    @dest_attrs.deleter
    def dest_attrs(self):
        self.drop(HAS_DEST, "dest_attrs")

    @property
    def child_diff(self):
        """The differences below it."""
        if not self.given & HAS_CHILD_DIFF:
            self.need(HAS_CHILD_DIFF, "child_diff")
            value = view_below(self.flat, self.index)
            if not self.given & HAS_CHILD_DIFF:
                self.below = value
                self.given |= HAS_CHILD_DIFF
        return self.below

    @child_diff.setter
    def child_diff(self, value):
        self.below = value
        self.given |= HAS_CHILD_DIFF

    @child_diff.deleter
    def child_diff(self):
        self.drop(HAS_CHILD_DIFF, "child_diff")

    cdef int drop(self, unsigned int bit, str name) except -1:
        """Forget a value of the element's own; what is shown is from then on read anew.

        Raises:
            AttributeError: If it has no such value.
        """
        if not self.given & bit:
            raise AttributeError(name)
        self.given &= ~bit
        return 0

    @property
    def action(self):
        """What is to be done about the record: "create", "update", "delete" or None."""
        return action_of(self)

    def _found_action(self):
        """Return what the attributes of both sides say is to be done, whatever a subclass says."""
        return action_of(self)

    def _give(self, source, dest):
        """Set the attributes of one or both sides, given by place; see `DiffElement.add_attrs`."""
        if replaced(self) & (SETATTR | VALUES):
            if source is not None:
                self.source_attrs = source
            if dest is not None:
                self.dest_attrs = dest
            return
        if self.flat is not None and (source is not None or dest is not None):
            touch(self.flat, self.index)
        if source is not None:
            self.source = source
            self.given |= HAS_SOURCE
        if dest is not None:
            self.dest = dest
            self.given |= HAS_DEST

    def add_child(self, element):
        """Add an element below this one; see `Diff.add`."""
        self.child_diff.add(element)

    def get_attrs_keys(self):
        """Return the names of the attributes that both sides have, or that the only side has."""
        cdef list names = known_names(self)
        if names is not None:
            return names
        source, dest = sides(self)
        if source is not None and dest is not None:
            return common_names(source, dest)
        only = dest if source is None else source
        return [] if only is None else only.keys()

    def get_attrs_diffs(self):
        """Return the differing attributes, `{"+": {name: source's value}, "-": {name: destination's value}}`.

        If only one side has the record, there is only that side's part, with all attributes.
        """
        if self.flat is not None and not self.given & HAS_SIDES:
            return self.flat.array.attrs_diffs(self.index)
        source, dest = self.source_attrs, self.dest_attrs
        names = self.get_attrs_keys()
        cdef dict new = {}, old = {}
        if source is not None and dest is not None:
            for name in names:
                value, other = source[name], dest[name]
                if do_differ(value, other):
                    old[name] = other
                    new[name] = value
            return {"-": old, "+": new}
        if dest is not None:
            for name in names:
                old[name] = dest[name]
            return {"-": old}
        if source is None:
            return {}
        for name in names:
            new[name] = source[name]
        return {"+": new}

    def get_children(self):
        """Return an iterator of the elements right below this one; see `Diff.get_children`."""
        return children_of(self)

    def __lt__(self, other):
        """Whether type and name come before the other's."""
        own_type, other_type = self.type, other.type
        if own_type is not other_type and own_type != other_type:
            return own_type < other_type
        return self.name < other.name

    def __eq__(self, other):
        """Whether type, name, keys and attributes of both sides are equal; children do not matter."""
        if not isinstance(other, ElementView):
            return NotImplemented
        return are_equal(self, <ElementView>other)

    def __gt__(self, other):
        """Whether the element comes neither before the other nor is equal to it."""
        return not self < other and self != other

    def __le__(self, other):
        """Whether the element comes before the other or is equal to it."""
        return self < other or self == other

    def __ge__(self, other):
        """Whether the element does not come before the other."""
        return not self < other

    __hash__ = None

    def __str__(self):
        """Describe the element alone in one line."""
        diffs = None if is_unchanged(self) and not replaced(self) & ATTRS_DIFFS else self.get_attrs_diffs()
        return line_of(self.type, self.name, self.keys, self.source_name, self.dest_name, diffs)


cdef bint is_unchanged(ElementView element) except -1:
    """Whether the array says that the records of both sides are equal."""
    cdef FlatView flat = element.flat
    if flat is None or element.given & HAS_SIDES:
        return False
    if flat.array.items[flat.array.checked(element.index)].action != NO_ACTION:
        return False
    return not flat.array._snapshots or flat.array._snapshots.get(element.index) is None


cdef bint are_equal(ElementView one, ElementView two) except -1:
    """Whether type, name, keys and attributes of both sides are equal."""
    if show_same_records(one, two):
        return True
    if one.type != two.type or one.name != two.name or (one.keys,) != (two.keys,):
        return False
    return sides(one) == sides(two)


cdef bint show_same_records(ElementView one, ElementView two) except -1:
    """Whether two elements that have nothing of their own show the same records, without a change."""
    cdef FlatArray array, other
    if (one.given | two.given) & (HAS_TYPE | HAS_NAME | HAS_KEYS | HAS_SIDES) or not is_unchanged(one) or not is_unchanged(two):
        return False
    array, other = one.flat.array, two.flat.array
    source, dest = array._sources[one.index], array._dests[one.index]
    return type(source) is not str and type(dest) is not str and (
        source is other._sources[two.index] and dest is other._dests[two.index]
    ) and array.type(one.index) == other.type(two.index)


cdef int expose_sides(ElementView element) except -1:
    """Give an element both sides' attributes; at once, so that they are of the same moment."""
    touch(element.flat, element.index)
    source, dest = sides_at(element.flat, element.index)
    if not element.given & HAS_SOURCE:
        element.source = source
    if not element.given & HAS_DEST:
        element.dest = dest
    element.given |= HAS_SIDES
    return 0


cdef tuple sides(ElementView element):
    """Return the attributes of both sides, for reading alone: of a view they are not handed out."""
    if element.flat is not None and not element.given & HAS_SIDES:
        return sides_at(element.flat, element.index)
    return element.source_attrs, element.dest_attrs


cdef list known_names(ElementView element):
    """Return the names of the attributes that both sides have, if no hook need be asked for them; otherwise None."""
    cdef FlatView flat = element.flat
    cdef Plan plan
    if flat is None or element.given & HAS_SIDES:
        return None
    source, dest = flat.array._sources[flat.array.checked(element.index)], flat.array._dests[element.index]
    if source is None or type(source) is not type(dest) or type(source) is str:
        return None
    plan = plan_of(type(source))
    return list(plan.attribute_names) if plan.knows_attributes and has_key(source, plan) and has_key(dest, plan) else None


cdef object common_names(object source, object dest):
    """Return the names that both sides' attributes have, in the order of the destination's."""
    cdef list names
    if type(source) is not dict or type(dest) is not dict:
        return intersection(dest.keys(), source.keys())
    names = []
    for name in dest:
        if name in source:
            names.append(name)
    return names


cdef object action_of(ElementView element):
    """Return what the attributes of both sides say is to be done about the record."""
    cdef FlatView flat = element.flat
    if flat is not None and not element.given & HAS_SIDES:
        return actions[flat.array.items[flat.array.checked(element.index)].action]
    source, dest = element.source_attrs, element.dest_attrs
    if source is None or dest is None:
        if source is not None:
            return DiffSyncActions.CREATE
        return None if dest is None else DiffSyncActions.DELETE
    names = common_names(source, dest) if not replaced(element) & ATTRS_KEYS else element.get_attrs_keys()
    for name in names:
        if do_differ(source[name], dest[name]):
            return DiffSyncActions.UPDATE
    return DiffSyncActions.NO_CHANGE
