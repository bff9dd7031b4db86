# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Diffs and their elements: what they hold, and what they answer without looking further down.

The twin of `elements_py.py`; whoever changes one changes both. Objects that a function takes are borrowed; those that it
returns are owned. All that is here needs the lock.
"""

from .child_iterator cimport children_of, indices_by_type
from .views cimport (
    ATTRS_KEYS, CHILDREN, HAS_CHILD_DIFF, HAS_CHILDREN, HAS_DEST, HAS_DEST_NAME, HAS_KEYS, HAS_NAME, HAS_PROCESSED,
    HAS_SIDES, HAS_SOURCE, HAS_SOURCE_NAME, HAS_TYPE, NAMING, SETATTR, VALUES, FlatView, View, do_differ, element_of,
    keys_at, name_at, replaced, sides_at,
)

from ..enum import DiffSyncActions
from ..exceptions import ObjectAlreadyExists
from ..runtime.arguments import described
from ..utils import OrderedDefaultDict, intersection
from .views import touch

__all__ = ["DiffView", "ElementView"]

cdef tuple actions = (DiffSyncActions.NO_CHANGE, DiffSyncActions.CREATE, DiffSyncActions.UPDATE, DiffSyncActions.DELETE)


# ---- diffs ----


cdef object expose_children(DiffView diff, object children):
    """Fill a dict with the elements that a diff shows, by type and name."""
    cdef FlatView flat = diff.flat
    cdef Py_ssize_t index
    touch(flat, diff.index)
    for group, indices in indices_by_type(flat, diff.index).items():
        elements = {}
        for index in indices:
            elements[name_at(flat, index)] = element_of(flat, index)
        children[group] = elements
    return children


cdef class DiffView(View):
    """What `Diff` is made of."""

    def __init__(self):
        """Make an empty diff."""
        self.models_processed = 0

    @property
    def models_processed(self):
        """How many records of both sides the calculation looked at."""
        if not self.given & HAS_PROCESSED:
            self.need(HAS_PROCESSED, "models_processed")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute 'models_processed'")
        return self.processed

    @models_processed.setter
    def models_processed(self, count):
        self.processed = count
        self.given |= HAS_PROCESSED

    @property
    def children(self):
        """The elements, as `{type: {name: element}}`; they may be added, removed and reordered here."""
        if not self.given & HAS_CHILDREN:
            children = OrderedDefaultDict(dict)
            if self.flat is not None:
                children = expose_children(self, children)
            if not self.given & HAS_CHILDREN:  # whatever came in between
                self.elements = children
                self.given |= HAS_CHILDREN
        return self.elements

    @children.setter
    def children(self, children):
        self.elements = children
        self.given |= HAS_CHILDREN

    @children.deleter
    def children(self):
        if not self.given & HAS_CHILDREN:
            raise AttributeError("children")
        self.given &= ~<unsigned int>HAS_CHILDREN
        self.elements = None

    def add(self, element):
        """Add an element.

        Raises:
            TypeError: If it is no element.
            ObjectAlreadyExists: If there is an element of the same type and name.
        """
        if not isinstance(element, ElementView):
            raise TypeError(f"a diff takes a DiffElement, not {described(element)}")
        element_type, name = element.type, element.name
        group = self.children[element_type]
        if name in group:
            keys = f"{group[name].keys} and {element.keys}"
            message = f"Already storing a {element_type} named {name}: {keys} need different names"
            raise ObjectAlreadyExists(message, element)
        group[name] = element

    def groups(self):
        """Return the types of the elements, in the order in which they first occur."""
        if self.flat is None or self.given & HAS_CHILDREN or replaced(self) & CHILDREN:
            return list(self.children.keys())
        if self.known_groups is None:
            self.known_groups = list(indices_by_type(self.flat, self.index))
        return self.known_groups.copy()

    def get_children(self):
        """Return an iterator of the elements, type by type.

        The elements of a type come in the order of the method `order_children_<type>`, if there is one, which is
        given the dict `children[type]`; otherwise in that of `order_children_default`.
        """
        return children_of(self)


# ---- elements ----


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

    def _sides(self):
        """Return the attributes of both sides, for reading alone: of a view they are not handed out."""
        return sides(self)

    def add_attrs(self, source=None, dest=None):
        """Set the attributes of one or both sides; None leaves a side as it is."""
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
