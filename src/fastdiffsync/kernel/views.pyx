# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""What diffs and their elements have in common: they may be views of the flat array, until somebody changes them.

The twin of `views_py.py`; whoever changes one changes both. Objects that a function takes are borrowed; those that it
returns are owned. All that is here needs the lock. After the garbage collector has broken a cycle, an object may be without
its flat diff, so that is looked at each time.
"""

from cython cimport no_gc_clear

from .array cimport FOLDED, FlatArray, dict_of
from .capi cimport (
    PyDict_GetItemWithError, PyObject, PyObject_GenericSetAttr, PyTypeObject, class_of, find_in_type,
    make_instance, version_of,
)
from .fields cimport name_of
from .known_types cimport values_differ

__all__ = ["FlatView", "View", "element_at", "know_class", "touch"]

DIFF_PARTS = (
    "children", "groups", "get_children", "has_diffs", "summary", "str", "dict", "__len__", "__eq__", "__getattribute__",
    "__setattr__", "order_children_default", "__getattr__", "__init__", "__new__", "add",
)
ELEMENT_PARTS = (
    "child_diff", "type", "get_children", "has_diffs", "summary", "str", "dict", "__len__", "__eq__", "__getattribute__",
    "__setattr__", "action", "get_attrs_keys", "get_attrs_diffs", "source_attrs", "dest_attrs", "name", "keys",
)
VALUE_NAMES = (
    "type", "name", "keys", "source_name", "dest_name", "source_attrs", "dest_attrs", "child_diff", "children",
    "models_processed",
)

cdef dict value_bits = {name: 1 << place for place, name in enumerate(VALUE_NAMES)}


# ---- what classes replace ----


cdef class Library:
    """What a class of the library defines, so that overrides can be told from it."""
    cdef object cls
    cdef tuple parts
    cdef list found
    cdef dict everything
    # The last class that was asked for, as its version tells it, and what it replaces.
    cdef unsigned int version, answer

    def __cinit__(self, cls, tuple parts, dict everything):
        cdef PyObject *value
        self.cls = cls
        self.parts = parts
        self.everything = everything
        self.found = []
        for name in parts:
            value = find_in_type(<PyTypeObject *>cls, name)
            self.found.append(None if value == NULL else <object>value)

    cdef unsigned int replaced(self, PyTypeObject *cls):
        """Return which parts a class has from somewhere else than the library."""
        cdef unsigned int version = version_of(cls), answer = 0
        cdef Py_ssize_t i
        cdef PyObject *value
        if version and version == self.version:
            return self.answer
        for i in range(len(self.parts)):
            value = find_in_type(cls, self.parts[i])
            if (<PyObject *>None if value == NULL else value) != <PyObject *>self.found[i]:
                answer |= 1 << i
        self.version, self.answer = version_of(cls), answer
        return answer


cdef Library diff_library, element_library


def know_class(cls, everything):
    """Note what a class of the library defines, by name; it is `Diff` or `DiffElement`."""
    global diff_library, element_library
    if "children" in everything:
        diff_library = Library(cls, DIFF_PARTS, everything)
    else:
        element_library = Library(cls, ELEMENT_PARTS, everything)


cdef Library library_of(View view):
    """Return the library's class that an object is of; None while that is being made."""
    return diff_library if diff_library is not None and isinstance(view, diff_library.cls) else element_library


cdef bint is_diff(object value):
    """Whether an object is a diff."""
    return diff_library is not None and isinstance(value, diff_library.cls)


cdef unsigned int replaced(View view):
    """Return which parts a diff or an element has from somewhere else than the library, its class or itself."""
    cdef Library library = library_of(view)
    cdef unsigned int answer
    cdef Py_ssize_t i
    if library is None:
        return ALL_PARTS
    answer = library.replaced(class_of(<PyObject *>view))
    if view.has_own:
        for name in vars(view):
            if type(name) is str and name.startswith("order_children_"):
                answer |= GETATTR
        for i in range(len(library.parts)):
            if library.parts[i] in vars(view):
                answer |= 1 << i
    return answer


cdef unsigned int replaced_in(object diff_class):
    """Return which parts a class of diffs has from somewhere else than the library; all, if it is no such class."""
    if diff_library is None or not isinstance(diff_class, type) or not issubclass(diff_class, diff_library.cls):
        return ALL_PARTS
    return diff_library.replaced(<PyTypeObject *>diff_class)


# ---- the flat diff ----


@no_gc_clear  # whatever cycle goes through it goes through a dict or a class too
cdef class FlatView:
    """A flat diff that is shown as a tree, and what has been handed out of it.

    Attributes:
        array: The flat array.
        diff_class: Class of the diff and of its elements' child diffs.
        elements: The elements that somebody has looked at, by index.
        touched: Indices of the elements of which something that can be changed has been handed out, and of all above
            them; for those the array no longer answers.
        source_adapter, dest_adapter, source_name, dest_name: The two sides, and their names when the diff was made.
    """

    def __init__(self, FlatArray array not None, source, dest, diff_class):
        self.array = array
        self.diff_class = diff_class
        self.elements = {}
        self.touched = set()
        self.source_adapter = source
        self.dest_adapter = dest
        self.source_name = source.name
        self.dest_name = dest.name


def touch(FlatView flat not None, Py_ssize_t index):
    """Note that the flat diff no longer answers for an element, nor for any above it.

    That is so from the moment when something that can be changed is handed out, or something is assigned.
    """
    cdef list path = []
    while not is_touched(flat, index):
        path.append(index)
        if index == -1:
            break
        index = flat.array.items[flat.array.checked(index)].parent
    # From the top down: whatever comes in between, of one that is noted all above it are.
    while path:
        flat.touched.add(path.pop())


cdef bint is_touched(FlatView flat, Py_ssize_t index) except -1:
    """Whether the flat diff no longer answers for an element."""
    return len(flat.touched) > 0 and index in flat.touched


def element_at(FlatView flat not None, Py_ssize_t index):
    """Return the element that shows a record of a flat diff, always the same one."""
    return element_of(flat, index)


cdef View element_of(FlatView flat, Py_ssize_t index):
    """Return the element that shows a record of a flat diff, always the same one; see `element_at`."""
    cdef object key = index
    cdef PyObject *found = PyDict_GetItemWithError(<PyObject *>flat.elements, <PyObject *>key)
    if found != NULL:
        return <View>found
    cdef View element = make_instance(element_library.cls)
    element.flat = flat
    element.index = index
    flat.elements[key] = element
    return element


cdef object model_at(FlatView flat, Py_ssize_t index):
    """Return the record of an element, the source's if there is one; None if it has not been read."""
    model = flat.array._sources[index]
    if model is None:
        model = flat.array._dests[index]
    return None if type(model) is str else model


cdef object name_at(FlatView flat, Py_ssize_t index):
    """Return the name of an element."""
    flat.array.checked(index)
    noted = flat.array.noted_name(index) if flat.array._snapshots else None
    if noted is not None:
        return noted
    model = model_at(flat, index)
    return flat.name(index) if model is None else name_of(model)


cdef object keys_at(FlatView flat, Py_ssize_t index):
    """Return the identifiers of an element, a new dict."""
    flat.array.checked(index)
    cdef tuple snapshot = flat.array._snapshots.get(index) if flat.array._snapshots else None
    if snapshot is not None:
        return dict_of(snapshot[1], snapshot[2]) if len(snapshot) == FOLDED else dict(snapshot[1])
    model = model_at(flat, index)
    return flat.keys(index) if model is None else model.get_identifiers()


cdef tuple sides_at(FlatView flat, Py_ssize_t index):
    """Return the attributes of both sides of an element, in new dicts; None of a side that does not have it."""
    flat.array.checked(index)
    source, dest = flat.array._sources[index], flat.array._dests[index]
    is_known = flat.array._snapshots and flat.array._snapshots.get(index) is not None
    if is_known or type(source) is str or type(dest) is str or source is None or dest is None:
        return flat.source_attrs(index), flat.dest_attrs(index)
    attrs, dest_attrs = source.get_attrs(), dest.get_attrs()
    if type(attrs) is not dict or type(dest_attrs) is not dict:
        return flat.source_attrs(index), flat.dest_attrs(index)
    # An unchanged record stays one, even if an object has been edited since.
    for name in list(dest_attrs):
        if name in attrs and do_differ(attrs[name], dest_attrs[name]):
            dest_attrs[name] = attrs[name]
    return attrs, dest_attrs


cdef bint do_differ(object value, object other) except -1:
    """Python's `!=`."""
    cdef int outcome = values_differ(<PyObject *>value, <PyObject *>other)
    return outcome if outcome >= 0 else bool(value != other)


# ---- what diffs and elements have in common ----


cdef class View:
    """A view of one element of a flat diff, or of all that is below it; or, without a flat diff, a thing of its own."""

    def __cinit__(self):
        self.index = -1

    @property
    def _flat(self):
        """The flat diff that is shown, or None."""
        return self.flat

    @_flat.setter
    def _flat(self, FlatView flat):
        self.flat = flat

    @property
    def _index(self):
        """The index of the element in the flat diff; -1 for the whole of it."""
        return self.index

    @_index.setter
    def _index(self, Py_ssize_t index):
        self.index = index

    def _has(self, name):
        """Whether the object has a value of its own: it has been read before, or assigned."""
        return bool(self.given & value_bits[name])

    def __setattr__(self, name, value):
        """Assign an attribute; if it replaces what the library has under the name, the flat diff no longer answers."""
        cdef Library library = library_of(self)
        if library is not None and (name in library.everything or name.startswith("order_children_")):
            if self.flat is not None:
                touch(self.flat, self.index)
            if name not in value_bits:
                self.has_own = True
        PyObject_GenericSetAttr(self, name, value)

    def __getstate__(self):
        """Pickle and copy the values: a copy stands on its own, apart from flat diff and adapters."""
        cdef dict state = dict(vars(self))
        cdef Library library = library_of(self)
        for name in VALUE_NAMES:
            if name in library.everything or self.given & value_bits[name] & HAS_PROCESSED:
                state[name] = getattr(self, name)
        return state

    def __setstate__(self, state):
        """Take the values that another object has had."""
        for name, value in state.items():
            setattr(self, name, value)

    cdef int need(self, unsigned int bit, str name) except -1:
        """Check that a value can be read or deleted.

        Raises:
            AttributeError: If the object neither has it nor shows a flat diff.
        """
        if self.flat is None and not self.given & bit:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return 0
