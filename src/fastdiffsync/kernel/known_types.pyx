# cython: language_level=3, boundscheck=False, wraparound=False
"""Which types have a comparator, so that their values are compared by reading memory; see `known_types.pxd`.

Without a twin: the kernel in Python compares all values by their own `!=`.
"""

from .capi cimport PyObject, PyTypeObject, class_of, slot_offset

from ..schema import find_in_mro

import datetime
import sys
from enum import EnumMeta

cdef KnownType[TABLE_SIZE] table
cdef list keep_alive = [EnumMeta]

known_types = &table[0]
enum_type = <PyTypeObject *>EnumMeta

# Classes written in Python, by module and name: the slots that make an object, and the method that compares them. While
# that is the module's own, comparing the slots is the same.
cdef dict SLOTTED = {
    ("uuid", "UUID"): ("int",),
    ("ipaddress", "IPv4Address"): ("_ip",),
    ("ipaddress", "IPv6Address"): ("_ip", "_scope_id"),
}
cdef dict own_equality = {}


cdef int refresh_known_types() except -1:
    """Take in the types of modules that have been imported by now, and leave out those whose equality was replaced.

    It is called before memory is compared, with the lock held, which is kept until the comparison is done.
    """
    for (module_name, name), slots in SLOTTED.items():
        module = sys.modules.get(module_name)
        if module is not None:
            refresh_slotted(getattr(module, name, None), module_name, slots)
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


cdef int refresh_slotted(object cls, object module_name, tuple slots) except -1:
    if not isinstance(cls, type):
        return 0
    equality = cls.__eq__
    if cls not in own_equality:
        offsets = []
        for name in slots:
            offsets.append(slot_offset(find_in_mro(cls, name)))
        is_own = getattr(equality, "__module__", None) == module_name and min(offsets) >= 0
        own_equality[cls] = equality if is_own else None
        add(cls, ASK, offsets[0], offsets[1] if len(offsets) > 1 else -1)
    is_own = equality is own_equality[cls] and cls.__ne__ is object.__ne__
    entry_of(<PyTypeObject *>cls).comparator = SLOTS if is_own else ASK
    return 0


cdef int add_decimal() except -1:
    from decimal import Decimal

    sample = Decimal("-123.45")
    if knows_decimals(<PyObject *>sample):
        add(Decimal, DECIMAL, -1, -1)
    return 0


cdef int add(object cls, int comparator, Py_ssize_t first, Py_ssize_t second) except -1:
    cdef KnownType *entry = entry_of(<PyTypeObject *>cls)
    keep_alive.append(cls)
    entry.comparator, entry.first, entry.second = comparator, first, second
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
    add(known, comparator, -1, -1)
refresh_known_types()
