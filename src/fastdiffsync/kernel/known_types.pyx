# cython: language_level=3, boundscheck=False, wraparound=False
"""Which types have a comparator, so that their values are compared by reading memory; see `known_types.pxd`.

Without a twin: the kernel in Python compares all values by their own `!=`.
"""

from .capi cimport PyObject, PyTypeObject, class_of, inline_values, slot_offset

from ..schema import find_in_mro

import datetime
import sys
from enum import EnumMeta

cdef KnownType[TABLE_SIZE] table
cdef list keep_alive = [EnumMeta]

known_types = &table[0]
enum_type = <PyTypeObject *>EnumMeta

# Classes written in Python, by module and name: the slots that make an object, the attributes that do, and a sample to try
# them on. While the methods that compare them are the module's own, comparing these is the same.
cdef dict WRITTEN_IN_PYTHON = {
    ("uuid", "UUID"): (("int",), (), None),
    ("ipaddress", "IPv4Address"): (("_ip",), (), None),
    ("ipaddress", "IPv6Address"): (("_ip", "_scope_id"), (), None),
    ("ipaddress", "IPv4Network"): ((), ("network_address", "netmask"), "10.0.0.0/8"),
    ("ipaddress", "IPv6Network"): ((), ("network_address", "netmask"), "fe80::/10"),
    ("ipaddress", "IPv4Interface"): (("_ip",), ("network",), "10.0.0.1/8"),
    ("ipaddress", "IPv6Interface"): (("_ip", "_scope_id"), ("network",), "fe80::1/10"),
}
cdef dict own_equality = {}


cdef int refresh_known_types() except -1:
    """Take in the types of modules that have been imported by now, and leave out those whose equality was replaced.

    It is called before memory is compared, with the lock held, which is kept until the comparison is done.
    """
    for (module_name, name), (slots, attributes, sample) in WRITTEN_IN_PYTHON.items():
        module = sys.modules.get(module_name)
        if module is not None:
            refresh(getattr(module, name, None), module_name, slots, attributes, sample)
    if "decimal" in sys.modules and "decimal" not in own_equality:
        own_equality["decimal"] = None
        add_decimal()
    return 0


cdef object shallow_copy(object value):
    """Return a copy of a container of single values; None, with the lock held, for what needs more than that.

    A tuple or frozenset of single values is its own copy: nobody can change it.
    """
    cdef const KnownType *known = find_type(known_types, class_of(<PyObject *>value))
    if known == NULL or known.comparator < LIST_OF:
        return None
    if known.comparator == DICT_OF:
        for key, item in (<dict>value).items():
            if not is_single(<PyObject *>key) or not is_single(<PyObject *>item):
                return None
        return (<dict>value).copy()
    for item in value:
        if not is_single(<PyObject *>item):
            return None
    if known.comparator == LIST_OF:
        return (<list>value)[:]
    return set(value) if type(value) is set else value


cdef int refresh(object cls, object module_name, tuple slots, tuple attributes, object sample) except -1:
    if not isinstance(cls, type):
        return 0
    equality = []
    for klass in cls.__mro__:
        if "__eq__" in vars(klass):
            equality.append(klass.__eq__)
    if cls not in own_equality:
        own_equality[cls] = equality if find_parts(cls, module_name, slots, attributes, sample) else None
    is_own = equality == own_equality[cls] and cls.__ne__ is object.__ne__
    entry_of(<PyTypeObject *>cls).comparator = (ATTRIBUTES if attributes else SLOTS) if is_own else ASK
    return 0


cdef bint find_parts(object cls, object module_name, tuple slots, tuple attributes, object sample) except -1:
    """Enter a class with the places of what makes its objects; False if they are not to be compared by that."""
    cdef list offsets = [], places = []
    cdef PyObject **values = NULL
    cdef Py_ssize_t i
    for name in slots:
        offsets.append(slot_offset(find_in_mro(cls, name)))
    if attributes:
        made = cls(sample)
        values = inline_values(<PyObject *>made)
        for name in attributes:
            value = getattr(made, name)
            # There is room for as many values as a new object has attributes: three.
            for i in range(3 if values != NULL else 0):
                if values[i] == <PyObject *>value:
                    places.append(i)
                    break
    add(cls, ASK, offsets, places)
    is_found = len(places) == len(attributes) and min(offsets, default=0) >= 0
    return is_found and getattr(cls.__eq__, "__module__", None) == module_name


cdef int add_decimal() except -1:
    from decimal import Decimal

    sample = Decimal("-123.45")
    if knows_decimals(<PyObject *>sample):
        add(Decimal, DECIMAL, [], [])
    return 0


cdef int add(object cls, int comparator, list offsets, list places) except -1:
    """Enter a class: its comparator, the offsets of slots and the places of attributes that it reads, two each at most."""
    cdef KnownType *entry = entry_of(<PyTypeObject *>cls)
    keep_alive.append(cls)
    entry.comparator = comparator
    entry.first, entry.second = [*offsets, -1, -1][:2]
    entry.attribute, entry.other_attribute = [*places, -1, -1][:2]
    entry.cls = <PyTypeObject *>cls
    return 0


cdef KnownType *entry_of(PyTypeObject *cls) noexcept:
    """Return the entry of a type, or the empty one where it would be."""
    cdef size_t place = type_place(cls)
    while table[place].cls != NULL and table[place].cls != cls:
        place = (place + 1) & (TABLE_SIZE - 1)
    return &table[place]


for known, comparator in (
    (datetime.date, DATE), (datetime.time, TIME), (datetime.datetime, DATETIME), (datetime.timedelta, TIMEDELTA),
    (list, LIST_OF), (tuple, TUPLE_OF), (set, SET_OF), (frozenset, SET_OF), (dict, DICT_OF),
):
    add(known, comparator, [], [])
refresh_known_types()
