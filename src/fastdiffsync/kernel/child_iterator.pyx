# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""The elements right below a diff or an element, one after the other.

Without a twin: in Python, a generator yields them. Objects that a function takes are borrowed; those that it returns are
owned. All that is here needs the lock.
"""

from cython cimport no_gc_clear

from .array cimport FlatArray
from .capi cimport PyIter_Next, PyObject, PyTypeObject, Py_DECREF, class_of, find_in_type
from .views cimport (
    CHILDREN, GET_CHILDREN, GETATTRIBUTE, GROUPS, HAS_CHILD_DIFF, HAS_CHILDREN, INIT, ITERATION, NEW, ORDER, SETATTR,
    FlatView, View, element_of, is_diff, replaced, replaced_in,
)


NOTHING = object()
"""What stands for the end of an iterator, and for no order."""

# By type: the name of the method that orders elements of the type. The names of types do not end with their diffs.
cdef dict order_names = {}
cdef enum:
    MANY_NAMES = 1000


@no_gc_clear  # whatever cycle goes through it goes through a generator's frame too
cdef class Children:
    """Yields the elements right below a diff or an element; nothing is looked at before the first is asked for."""

    def __iter__(self):
        return self

    def __next__(self):
        cdef Py_ssize_t index
        if not self.is_begun:
            self.is_begun = True
            self.begin()
        while True:
            if self.position < self.stop:
                index = self.position
                self.position = self.flat.array.items[self.flat.array.checked(index)].end
                return element_of(self.flat, index)
            if self.inner is not None:
                element = next_of(self.inner)
                if element is not NOTHING:
                    return element
                self.inner = None
            if self.groups is None or self.group >= len(self.groups):
                self.groups = None
                raise StopIteration
            group = self.groups[self.group]
            self.group += 1
            self.enter(group)

    cdef int begin(self) except -1:
        """Find out what is to be yielded."""
        cdef View element = self.owner
        if is_diff(element):
            self.begin_diff(element)
            return 0
        if element.flat is not None and not element.given & HAS_CHILD_DIFF and not replaced(element) & CHILDREN:
            if self.begin_below(element.flat, element.index):
                return 0
        below = element.child_diff
        if is_diff(below) and not replaced(<View>below) & (GET_CHILDREN | GETATTRIBUTE):
            self.begin_diff(<View>below)
        else:
            self.inner = iter(below.get_children())
        return 0

    cdef bint begin_below(self, FlatView flat, Py_ssize_t index) except -1:
        """Take the order of the flat array, if a diff of what is below an element need not be made for it."""
        cdef Py_ssize_t stop = flat.array.end(index)
        cdef unsigned int parts = replaced_in(flat.diff_class)
        if parts & (ITERATION | INIT | NEW | SETATTR):
            return False
        if stop > index + 1 and (parts & ORDER or not is_in_order(flat, index, flat.diff_class)):
            return False
        self.flat, self.position, self.stop = flat, index + 1, stop
        return True

    cdef int begin_diff(self, View diff) except -1:
        """Take the elements of a diff."""
        cdef FlatView flat = diff.flat
        cdef unsigned int parts = replaced(diff)
        self.diff = diff
        if is_bare(diff):
            return 0
        if flat is None or diff.given & HAS_CHILDREN or parts & (CHILDREN | GROUPS | GETATTRIBUTE):
            self.groups = list(diff.groups() if parts & (GROUPS | GETATTRIBUTE) else diff.children)
        elif not self.is_filed and not parts & ORDER and is_in_order(flat, diff.index, type(diff)):
            self.flat, self.position, self.stop = flat, diff.index + 1, flat.array.end(diff.index)
        else:
            self.flat = flat
            self.indices = indices_by_type(flat, diff.index)
            self.groups = list(self.indices)
        return 0

    cdef int enter(self, object group) except -1:
        """Begin with the elements of another type."""
        cdef View diff = self.diff
        self.group_name = group
        order = NOTHING if self.is_filed else order_of(diff, group)
        if order is not NOTHING:
            self.inner = iter(order(diff.children[group]))
        elif self.indices is None:
            self.inner = iter(diff.children[group].values())
        else:
            self.inner = iter(elements_of(self.flat, self.indices[group]))
        return 0


cdef object order_of(View diff, object group):
    """Return the method that puts elements of a type in order; `NOTHING` if that is the order in which they were added."""
    name = order_name(group)
    if not replaced(diff) & (ORDER | GETATTRIBUTE) and find_in_type(class_of(<PyObject *>diff), name) == NULL:
        return NOTHING
    order = getattr(diff, name, NOTHING)
    if order is NOTHING:
        order = diff.order_children_default
    own_order = type(diff)._library["order_children_default"].__func__
    return NOTHING if getattr(order, "__func__", None) is own_order else order


cdef object next_of(object iterator):
    """Return what an iterator yields next; `NOTHING` at its end."""
    cdef PyObject *found = PyIter_Next(<PyObject *>iterator)
    if found == NULL:
        return NOTHING
    element = <object>found
    Py_DECREF(found)
    return element


cdef list elements_of(FlatView flat, list indices):
    """Return the elements that show some records."""
    cdef Py_ssize_t index
    cdef list elements = []
    for index in indices:
        elements.append(element_of(flat, index))
    return elements


cdef bint is_in_order(FlatView flat, Py_ssize_t index, object diff_class) except -1:
    """Whether the flat array has what is right below an entry type by type, and a class of diffs has no other order."""
    cdef FlatArray array = flat.array
    cdef Py_ssize_t child = index + 1, stop = array.end(index)
    cdef int last_type = -1
    cdef list seen = None
    while child < stop:
        if array.items[child].type != last_type:
            last_type = array.items[child].type
            group = array.type_names[last_type]
            if find_in_type(<PyTypeObject *>diff_class, order_name(group)) != NULL:
                return False
            if seen is None:
                seen = []
            elif group in seen:
                return False
            seen.append(group)
        child = array.items[child].end
    return True


cdef bint has_order_methods(FlatView flat, object diff_class) except -1:
    """Whether a class of diffs has a method that orders elements of a type that occurs."""
    for group in flat.array.type_names:
        if find_in_type(<PyTypeObject *>diff_class, order_name(group)) != NULL:
            return True
    return False


cdef object order_name(object group):
    """Return the name of the method that orders the elements of a type."""
    name = order_names.get(group)
    if name is None:
        name = f"order_children_{group}"
        if len(order_names) >= MANY_NAMES:
            order_names.clear()
        order_names[group] = name
    return name


cdef bint is_bare(View diff):
    """Whether nobody has ever put an element into a diff, nor looked for one."""
    return diff.flat is None and not diff.given & HAS_CHILDREN and not replaced(diff) & (CHILDREN | GROUPS | GETATTRIBUTE)


cdef Children children_of(View owner):
    """Return an iterator of the elements right below a diff or an element."""
    cdef Children children = Children.__new__(Children)
    children.owner = owner
    return children


cdef Children filed_children_of(View diff):
    """Return an iterator of the elements right below a diff, type by type, as they were added."""
    cdef Children children = Children.__new__(Children)
    children.owner = diff
    children.is_filed = True
    return children


cdef dict indices_by_type(FlatView flat, Py_ssize_t index):
    """Return the indices right below one, by type, in the order in which the types first occur."""
    cdef dict found = {}
    cdef FlatArray array = flat.array
    cdef Py_ssize_t child = index + 1, stop = array.end(index)
    cdef list indices = None
    cdef int last_type = -1
    while child < stop:
        if array.items[child].type != last_type:
            last_type = array.items[child].type
            group = array.type_names[last_type]
            indices = found.get(group)
            if indices is None:
                indices = []
                found[group] = indices
        indices.append(child)
        child = array.items[child].end
    return found
