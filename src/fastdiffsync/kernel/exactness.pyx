# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Whether values are such that the declared type and a text or a number say all that there is to say of them.

The twin of `exactness_py.py`; whoever changes one changes both.
"""

from cpython.datetime cimport datetime_fold, datetime_tzinfo, import_datetime, time_fold, time_tzinfo

from .capi cimport NONE, PyObject, PyTuple_GET_ITEM, class_of
from .conversions cimport (
    ANY, DATETIME, DECIMAL, DICT, EXACT, FIXED_TUPLE, FLOAT, FROZENSET, INTERFACE, IPV6, LIST, NETWORK, SET, TIME, TUPLE,
    TYPED_DICT, Conversion, conversion_of,
)

import datetime

__all__ = ["ExactValues"]

import_datetime()

cdef object UTC = datetime.timezone.utc
cdef frozenset TELLING = frozenset({str, bytes, datetime.timedelta})


cdef class ExactValues:
    """Tells of lists of values whether each is exactly of its form."""

    cdef list conversions

    def __cinit__(self, forms):
        self.conversions = []
        for form in forms:
            self.conversions.append(conversion_of(form))

    def are_exact(self, tuple values):
        """Return whether the values, one for each form, are exactly of their forms and equal to themselves.

        No time zone but UTC, no repeated hour and no scope of an address goes with one.
        """
        cdef Py_ssize_t place
        for place in range(len(self.conversions)):
            if not is_exact(<Conversion>self.conversions[place], PyTuple_GET_ITEM(<PyObject *>values, place)):
                return False
        return True


cdef bint is_exact(Conversion form, PyObject *value) except -1:
    """Do what `are_exact` does for one value. Takes it borrowed; needs the lock."""
    cdef PyObject *kind = <PyObject *>class_of(value)
    if value == NONE or form.kind == ANY:
        return value == NONE and kind == form.first
    if form.kind >= LIST:
        return has_exact_items(form, <object>value)
    if form.kind == DECIMAL:
        return type(<object>value) is form.cls and (<object>value).is_finite()
    if kind != form.first and kind != form.second:
        return False
    if form.kind == EXACT:
        return <object>kind in TELLING
    if form.kind == FLOAT:
        return bool(<object>value == <object>value)
    if form.kind == DATETIME:
        zone = datetime_tzinfo(<object>value)
        return (zone is None or zone is UTC) and datetime_fold(<object>value) == 0
    if form.kind == TIME:
        return time_tzinfo(<object>value) is None and time_fold(<object>value) == 0
    if form.kind == IPV6 or form.kind == INTERFACE:
        return getattr(<object>value, "scope_id", None) is None
    if form.kind == NETWORK:
        return getattr((<object>value).network_address, "scope_id", None) is None
    return True


cdef bint has_exact_items(Conversion form, object value) except -1:
    """Do what `is_exact` does for a container."""
    if form.kind == DICT:
        return type(value) is dict and are_all_exact(form.key, value) and are_all_exact(form.item, value.values())
    if form.kind == TYPED_DICT:
        return type(value) is dict and has_exact_fields(form, value)
    if form.kind == FIXED_TUPLE:
        return type(value) is tuple and has_exact_places(form, value)
    if (
        (form.kind == LIST and type(value) is list) or (form.kind == TUPLE and type(value) is tuple)
        or (form.kind == SET and type(value) is set) or (form.kind == FROZENSET and type(value) is frozenset)
    ):
        return are_all_exact(form.item, value)
    return False


cdef bint are_all_exact(Conversion form, object values) except -1:
    for value in values:
        if not is_exact(form, <PyObject *>value):
            return False
    return True


cdef bint has_exact_places(Conversion form, tuple value) except -1:
    cdef Py_ssize_t place
    if len(value) != len(form.parts):
        return False
    for place in range(len(value)):
        if not is_exact(<Conversion>form.parts[place], PyTuple_GET_ITEM(<PyObject *>value, place)):
            return False
    return True


cdef bint has_exact_fields(Conversion form, dict value) except -1:
    cdef Py_ssize_t place, count = 0
    for place in range(len(form.names)):
        name = form.names[place]
        if name in value:
            item = value[name]
            count += 1
            if not is_exact(<Conversion>form.parts[place], <PyObject *>item):
                return False
        elif name in form.required:
            return False
    return count == len(value)
