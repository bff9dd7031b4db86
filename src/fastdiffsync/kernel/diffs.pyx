# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Diffs: the elements that they hold.

The twin of `diffs_py.py`; whoever changes one changes both. Objects that a function takes are borrowed; those that it returns
are owned. All that is here needs the lock.
"""

from .child_iterator cimport children_of, indices_by_type, is_bare
from .elements cimport ElementView
from .views cimport CHILDREN, HAS_CHILDREN, HAS_PROCESSED, FlatView, View, element_of, name_at, replaced

from ..exceptions import ObjectAlreadyExists
from ..runtime.arguments import described
from ..utils import OrderedDefaultDict
from .views import touch

__all__ = ["DiffView"]


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
            if type(self.elements) is OrderedDefaultDict and not replaced(self) & CHILDREN:
                return list(self.elements)
            return [] if is_bare(self) else list(self.children.keys())
        if self.known_groups is None:
            self.known_groups = list(indices_by_type(self.flat, self.index))
        return self.known_groups.copy()

    def get_children(self):
        """Return an iterator of the elements, type by type.

        The elements of a type come in the order of the method `order_children_<type>`, if there is one, which is
        given the dict `children[type]`; otherwise in that of `order_children_default`.
        """
        return children_of(self)
