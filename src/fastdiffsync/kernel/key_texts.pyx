# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The texts that identifiers have in a unique id: ints, dates, UUIDs and addresses are written without calling Python.

Without a twin: the kernel in Python calls `str`, and so does this for all other values. What is written for a class that is
written in Python is held against its own `str` before it is relied upon, and only while the class has that method.
"""

from cpython.datetime cimport (
    date_day, date_month, date_year, datetime_hour, datetime_microsecond, datetime_minute, datetime_second,
    datetime_tzinfo, import_datetime,
)
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from .capi cimport (
    NONE, PyObject, PyTypeObject, class_of, find_in_type, int_words, is_exact_str, is_scalar, ascii_text,
    long_long_of, slot, slot_offset,
)
from .known_types cimport LIST_OF, KnownType, find_type, known_types

import datetime
import sys

from ..dumping.copies import as_data
from ..schema import find_in_mro

import_datetime()

cdef enum:
    UUIDS, IPV4, IPV6
    WRITTEN_TYPES = 3
    MOST_CHARACTERS = 48  # of all that is written here

cdef struct WrittenType:
    PyTypeObject *cls       # NULL until its module has been imported and what is written here held against its `str`
    int family
    Py_ssize_t number       # the slot of the number that makes an instance
    Py_ssize_t scope        # of one that must be None; -1 where there is none
    PyObject *own_str       # its `__str__`

cdef WrittenType[WRITTEN_TYPES] written_types
cdef int written_count = 0

# By module and name: the family, the two slots, and texts to try. Zeros are left out of IPv6 addresses by rules of their own.
cdef dict WRITTEN = {
    ("uuid", "UUID"): (UUIDS, "int", None, ("00000000-0000-0000-0000-00000000000a", "fedcba98-7654-3210-0123-456789abcdef")),
    ("ipaddress", "IPv4Address"): (IPV4, "_ip", None, ("0.0.0.0", "10.1.20.255", "255.255.255.255")),
    ("ipaddress", "IPv6Address"): (
        IPV6, "_ip", "_scope_id",
        ("::", "::a", "2001:db8::", "2001:db8::1:0:0:1", "1:0:2:3:4:5:6:ffff", "0:1:2:3:4:5:6:7", "1::4:0:0:7:8"),
    ),
}
cdef set tried = set()
cdef list keep_alive = []
cdef PyTypeObject *INT = <PyTypeObject *>int
cdef PyTypeObject *DATE = <PyTypeObject *>datetime.date
cdef PyTypeObject *DATETIME = <PyTypeObject *>datetime.datetime
cdef const char *HEX_DIGITS = "0123456789abcdef"


cdef int learn_text_types() except -1:
    for key in WRITTEN:
        module = sys.modules.get(key[0])
        if module is None or key in tried:
            continue
        tried.add(key)
        cls = getattr(module, key[1], None)
        if isinstance(cls, type):
            learn(cls, key[0], WRITTEN[key])
    return 0


cdef int learn(object cls, object module_name, tuple known) except -1:
    """Take in a class if its instances look as is known here, and have the texts that are written here."""
    global written_count
    cdef WrittenType written
    family, number, scope, texts = known
    own_str = find_in_mro(cls, "__str__")
    written.cls, written.family, written.own_str = <PyTypeObject *>cls, family, <PyObject *>own_str
    written.number = slot_offset(find_in_mro(cls, number))
    written.scope = -1 if scope is None else slot_offset(find_in_mro(cls, scope))
    if cls.__module__ != module_name or getattr(own_str, "__module__", None) != module_name:
        return 0
    if written.number < 0 or (scope is not None and written.scope < 0):
        return 0
    for text in texts:
        sample = cls(text)
        if write_slotted(&written, sample) != text or str(sample) != text:
            return 0
    keep_alive.append((cls, own_str))
    written_types[written_count] = written
    written_count += 1
    return 0


cdef object key_text(object value):
    """Return `str(as_data(value))`."""
    cdef PyTypeObject *cls = class_of(<PyObject *>value)
    cdef const KnownType *known
    cdef int i
    text = None
    if is_exact_str(<PyObject *>value):
        return value
    if cls == INT:
        text = write_int(value)
    elif cls == DATE:
        text = write_date(value)
    elif cls == DATETIME:
        text = write_datetime(value)
    else:
        for i in range(written_count):
            if written_types[i].cls == cls:
                if find_in_type(cls, "__str__") == written_types[i].own_str:
                    text = write_slotted(&written_types[i], value)
                break
    if text is not None:
        return text
    known = find_type(known_types, cls)
    # Plain data are their own data.
    if is_scalar(<PyObject *>value) or (known != NULL and known.comparator < LIST_OF):
        return str(value)
    return str(as_data(value))


# ---- what is written: a text, or None if Python is to be asked ----


cdef object write_int(object value):
    cdef char[MOST_CHARACTERS] text
    cdef int place = MOST_CHARACTERS, overflow = 0
    cdef long long number = long_long_of(value, &overflow)
    cdef unsigned long long rest
    if overflow != 0:
        return None
    rest = 0 - <unsigned long long>number if number < 0 else <unsigned long long>number
    while True:
        place -= 1
        text[place] = c"0" + <char>(rest % 10)
        rest /= 10
        if rest == 0:
            break
    if number < 0:
        place -= 1
        text[place] = c"-"
    return ascii_text(text + place, MOST_CHARACTERS - place)


cdef object write_date(object value):
    cdef char[MOST_CHARACTERS] text
    return ascii_text(text, put_date(text, value) - text)


cdef object write_datetime(object value):
    """Write a date and time that know no zone."""
    cdef char[MOST_CHARACTERS] text
    cdef char *end
    if datetime_tzinfo(value) is not None:
        return None
    end = put_date(text, value)
    end[0] = c" "
    end = put_digits(end + 1, datetime_hour(value), 2)
    end[0] = c":"
    end = put_digits(end + 1, datetime_minute(value), 2)
    end[0] = c":"
    end = put_digits(end + 1, datetime_second(value), 2)
    if datetime_microsecond(value) != 0:
        end[0] = c"."
        end = put_digits(end + 1, datetime_microsecond(value), 6)
    return ascii_text(text, end - text)


cdef object write_slotted(WrittenType *written, object value):
    cdef char[MOST_CHARACTERS] text
    cdef char *end
    cdef uint64_t high, low
    cdef PyObject *number = slot(<PyObject *>value, written.number)
    if number == NULL or class_of(number) != INT or not int_words(number, &high, &low):
        return None
    if written.scope >= 0 and slot(<PyObject *>value, written.scope) != NONE:
        return None
    if written.family == UUIDS:
        end = put_uuid(text, high, low)
    elif written.family == IPV4:
        if high != 0 or low >> 32 != 0:
            return None
        end = put_ipv4(text, low)
    else:
        if high == 0 and low >> 32 == 0xFFFF:
            return None  # an IPv4 address in it, which some versions write as such
        end = put_ipv6(text, high, low)
    return ascii_text(text, end - text)


# ---- characters: each function returns where the text ends ----


cdef char *put_digits(char *text, int number, int count) noexcept:
    cdef int place
    for place in range(count - 1, -1, -1):
        text[place] = c"0" + <char>(number % 10)
        number /= 10
    return text + count


cdef char *put_date(char *text, object value) noexcept:
    put_digits(text, date_year(value), 4)
    text[4] = c"-"
    put_digits(text + 5, date_month(value), 2)
    text[7] = c"-"
    return put_digits(text + 8, date_day(value), 2)


cdef char *put_uuid(char *text, uint64_t high, uint64_t low) noexcept:
    cdef int digit
    for digit in range(32):
        if digit == 8 or digit == 12 or digit == 16 or digit == 20:
            text[0] = c"-"
            text += 1
        text[0] = HEX_DIGITS[((high if digit < 16 else low) >> (60 - 4 * (digit & 15))) & 15]
        text += 1
    return text


cdef char *put_ipv4(char *text, uint64_t number) noexcept:
    cdef int shift, part
    for shift in range(24, -8, -8):
        part = (number >> shift) & 255
        text = put_digits(text, part, 3 if part > 99 else 2 if part > 9 else 1)
        if shift > 0:
            text[0] = c"."
            text += 1
    return text


cdef char *put_ipv6(char *text, uint64_t high, uint64_t low) noexcept:
    """Write eight groups, the first of the longest runs of zeros left out if it is longer than one."""
    cdef int[8] groups
    cdef int i, run = 0, gap = -1, longest = 1
    for i in range(8):
        groups[i] = ((high if i < 4 else low) >> (48 - 16 * (i & 3))) & 0xFFFF
        run = run + 1 if groups[i] == 0 else 0
        if run > longest:
            gap, longest = i - run + 1, run
    i = 0
    while i < 8:
        if i == gap:
            text[0] = c":"
            text += 1
            i += longest
            if i == 8:
                text[0] = c":"
                text += 1
            continue
        if i > 0:
            text[0] = c":"
            text += 1
        text = put_group(text, groups[i])
        i += 1
    return text


cdef char *put_group(char *text, int group) noexcept:
    cdef int shift = 12 if group > 0xFFF else 8 if group > 0xFF else 4 if group > 0xF else 0
    while shift >= 0:
        text[0] = HEX_DIGITS[(group >> shift) & 15]
        text += 1
        shift -= 4
    return text
