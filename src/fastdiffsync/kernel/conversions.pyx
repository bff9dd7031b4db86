# cython: language_level=3, boundscheck=False, wraparound=False
"""Converting the everyday values of a declared type, as the form of its validator describes them.

Without a twin: in the kernel in Python, and for all other values, `coercion` converts. A conversion returns what `coercion`
would make of a value, owned, or PENDING if that is to be asked. It needs the lock, and changes nothing that it is given.
"""

from .capi cimport (
    PyDict_CheckExact, PyDict_GetItemWithError, PyDict_Next, PyList_CheckExact, PyList_GET_ITEM,
    PyList_GET_SIZE, PyObject, PyObject_GC_UnTrack, PyTuple_CheckExact, PyTuple_GET_ITEM, PyTypeObject,
    class_of, data_of_text, is_ascii, is_exact_str, str_length,
)
from .durations cimport timedelta_of
from .known_types cimport is_finite_decimal, knows_decimals
from .slotted cimport networks_of, slotted_of
from .texts cimport PENDING, bool_of, date_of, datetime_of, float_of, int_of, time_of

import datetime
import sys

from ..dumping.copies import SCALARS

cdef dict KINDS = {
    "exact": EXACT, "any": ANY, "int": INT, "float": FLOAT, "bool": BOOL, "decimal": DECIMAL, "date": DATE,
    "datetime": DATETIME, "time": TIME, "timedelta": TIMEDELTA, "bytes": BYTES, "enum": ENUM, "uuid": UUID, "ipv4": IPV4, "ipv6": IPV6, "network": NETWORK,
    "interface": INTERFACE, "list": LIST, "set": SET, "frozenset": FROZENSET, "tuple": TUPLE, "fixed tuple": FIXED_TUPLE, "dict": DICT, "typed dict": TYPED_DICT,
}

# Types without a kind of their own of which an instance refers to nothing.
cdef object ACYCLIC = SCALARS | {datetime.timedelta}
cdef object pending = <object>PENDING
cdef PyObject *STR = <PyObject *>str
cdef PyObject *INT_TYPE = <PyObject *>int


cdef Conversion conversion_of(object form):
    """Return the conversion of a form, owned; None if there is no form."""
    return None if form is None else Conversion(form)


cdef class Conversion:
    """One form, in the shape that C reads."""

    def __cinit__(self, form):
        self.form = form
        self.kind = KINDS[form.kind]
        self.first = <PyObject *>form.exact[0] if len(form.exact) > 0 else NULL
        self.second = <PyObject *>form.exact[1] if len(form.exact) > 1 else NULL
        self.parts = []
        for part in form.parts:
            self.parts.append(Conversion(part))
        if self.kind == DICT:
            self.key = self.parts[0]
        self.item = self.parts[len(self.parts) - 1] if self.parts else None
        self.names, self.required = form.names, form.required
        self.is_acyclic = self.has_no_cycles()
        if self.kind == ENUM:
            self.members = members_of(form.cls)
        elif self.kind == DECIMAL:
            self.cls = sys.modules["decimal"].Decimal
            sample = self.cls("-123.45")
            self.reads_decimals = knows_decimals(<PyObject *>sample)
        elif self.kind == NETWORK or self.kind == INTERFACE:
            self.networks = networks_of(form.exact[len(form.exact) - 1])
        elif self.kind >= UUID and self.kind < LIST:
            self.slotted = slotted_of(form.exact[len(form.exact) - 1])

    cdef bint has_no_cycles(self) except -1:
        """Whether the type holds nothing but scalars, dates, addresses and the like, however deep in containers."""
        cdef Conversion part
        if self.kind == ANY or (self.kind == EXACT and not ACYCLIC.issuperset(self.form.exact)):
            return False
        for part in self.parts:
            if not part.is_acyclic:
                return False
        return True

    cdef inline bint takes(self, PyObject *value) noexcept:
        """Whether a value is taken as it is."""
        cdef PyObject *kind = <PyObject *>class_of(value)
        return kind == self.first or kind == self.second or self.kind == ANY

    cdef object convert(self, object value):
        """Return what a value becomes, or PENDING."""
        if self.takes(<PyObject *>value):
            return value
        if self.kind >= LIST:
            return self.convert_items(value)
        if self.kind == EXACT:
            return pending
        if <PyObject *>class_of(<PyObject *>value) == STR:
            return self.convert_text(value)
        return self.convert_number(value)

    cdef object convert_text(self, object value):
        """Return what an exact `str` becomes."""
        cdef PyObject *text = <PyObject *>value
        if self.kind == ENUM:
            return self.members.get(value, pending)
        if not is_exact_str(text) or not is_ascii(text):
            return pending
        cdef const char *characters = <const char *>data_of_text(text)
        cdef Py_ssize_t length = str_length(text)
        if self.kind == INT:
            return int_of(characters, length)
        if self.kind == FLOAT:
            return float_of(characters, length)
        if self.kind == BOOL:
            return bool_of(characters, length)
        if self.kind == DATE:
            return date_of(characters, length)
        if self.kind == DATETIME:
            return datetime_of(characters, length)
        if self.kind == TIME:
            return time_of(characters, length)
        if self.kind == TIMEDELTA:
            return timedelta_of(characters, length)
        if self.kind == BYTES:
            return characters[:length]
        if self.kind == DECIMAL:
            return self.finite(value)
        if self.slotted is not None:
            return self.slotted.of_text(characters, length)
        return pending if self.networks is None else self.networks.of_text(characters, length)

    cdef object convert_number(self, object value):
        """Return what a number becomes."""
        cdef bint is_int = <PyObject *>class_of(<PyObject *>value) == INT_TYPE
        if self.kind == DECIMAL and (is_int or type(value) is self.cls):
            return self.finite(value)
        if not is_int:
            return pending
        if self.kind == ENUM:
            return self.members.get(value, pending)
        if self.kind == FLOAT:
            try:
                return float(value)
            except OverflowError:
                return pending
        return pending

    cdef object finite(self, object value):
        """Return a value as a finite Decimal."""
        try:
            number = value if type(value) is self.cls else self.cls(value)
        except (ArithmeticError, ValueError):
            return pending
        if self.reads_decimals:
            return number if is_finite_decimal(<PyObject *>number) else pending
        return number if number.is_finite() else pending

    # ---- containers ----

    cdef object convert_items(self, object value):
        """Return a container with the items of a value, each converted.

        The collector looks at no container of which the declared type says that no cycle goes through it. All that it
        did otherwise, of eight lists a record, took ten times as long as making them.
        """
        made = self.convert_container(value)
        if self.is_acyclic and made is not pending:
            PyObject_GC_UnTrack(<PyObject *>made)
        return made

    cdef object convert_container(self, object value):
        cdef PyObject *given = <PyObject *>value
        if self.kind == DICT:
            return self.convert_dict(value) if PyDict_CheckExact(given) else pending
        if self.kind == TYPED_DICT:
            return self.convert_typed_dict(value) if PyDict_CheckExact(given) else pending
        if PyTuple_CheckExact(given) and (self.kind == TUPLE or self.kind == FIXED_TUPLE):
            return self.convert_tuple(value)
        if self.kind == SET and type(value) is set and self.takes_each(value):
            return set(value)
        if not (PyList_CheckExact(given) or type(value) in (tuple, set, frozenset)):
            return pending
        cdef list items = (<list>value)[:] if PyList_CheckExact(given) else list(value)
        if self.kind == FIXED_TUPLE or not convert_each(items, self.item):
            return self.convert_tuple(tuple(items)) if self.kind == FIXED_TUPLE else pending
        if self.kind == LIST:
            return items
        if self.kind == TUPLE:
            return tuple(items)
        try:
            return set(items) if self.kind == SET else frozenset(items)
        except TypeError:  # an item has no hash
            return pending

    cdef bint takes_each(self, set values) except -1:
        """Whether all items of a set are taken as they are."""
        for value in values:
            if not self.item.takes(<PyObject *>value):
                return False
        return True

    cdef object convert_tuple(self, tuple value):
        """Return a tuple of converted items: the very tuple if they stay as they are."""
        cdef Py_ssize_t place, count = len(value)
        cdef list items = None
        cdef Conversion item = self.item
        if self.kind == FIXED_TUPLE and count != len(self.parts):
            return pending
        for place in range(count):
            if self.kind == FIXED_TUPLE:
                item = <Conversion>self.parts[place]
            if item.takes(PyTuple_GET_ITEM(<PyObject *>value, place)):
                continue
            converted = item.convert(value[place])
            if converted is pending:
                return pending
            if items is None:
                items = list(value)
            items[place] = converted
        return value if items is None else tuple(items)

    cdef object convert_dict(self, dict value):
        """Return a dict of converted keys and values.

        It is a copy in which values are replaced, as keys mostly are strings, and stay. Converting may run anybody's code,
        which may change the dict that was given, but does not know the copy.
        """
        cdef Py_ssize_t position = 0
        cdef PyObject *name
        cdef PyObject *item
        cdef dict result = value.copy()
        while PyDict_Next(<PyObject *>result, &position, &name, &item):
            if not self.key.takes(name):
                return self.convert_keys_too(value)
            if self.item.takes(item):
                continue
            if <PyObject *>class_of(name) != STR:  # whose hash nobody can change
                return self.convert_keys_too(value)
            key = <object>name
            element = self.item.convert(<object>item)
            if element is pending:
                return pending
            result[key] = element
        return result

    cdef object convert_keys_too(self, dict value):
        cdef dict result = {}
        for key, element in list(value.items()):
            key, element = self.key.convert(key), self.item.convert(element)
            if key is pending or element is pending:
                return pending
            result[key] = element
        return result

    cdef object convert_typed_dict(self, dict value):
        """Return a dict of the fields that there are, each converted."""
        cdef PyObject *found
        cdef Py_ssize_t place
        cdef dict result = {}
        for place in range(len(self.names)):
            name = self.names[place]
            found = PyDict_GetItemWithError(<PyObject *>value, <PyObject *>name)
            if found == NULL:
                if name in self.required:
                    return pending
                continue
            converted = (<Conversion>self.parts[place]).convert(<object>found)
            if converted is pending:
                return pending
            result[name] = converted
        return result


cdef bint convert_each(list items, Conversion item) except -1:
    """Convert the items of a new list where they are; False if one is PENDING."""
    cdef Py_ssize_t place
    for place in range(PyList_GET_SIZE(<PyObject *>items)):
        if item.takes(PyList_GET_ITEM(<PyObject *>items, place)):
            continue
        converted = item.convert(items[place])
        if converted is pending:
            return False
        items[place] = converted
    return True


cdef dict members_of(object cls):
    """Return the members of an enum by those of their values that equal nothing but what they look like."""
    members = {}
    for value, member in cls._value2member_map_.items():
        if type(value) in (str, int):
            members[value] = member
    return members
