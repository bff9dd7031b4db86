# cython: language_level=3, boundscheck=False, wraparound=False
"""Writing values, whose types are declared, as MessagePack: byte for byte what msgspec writes.

Without a twin: in the kernel in Python msgspec writes them, and so it does here what is not exactly of its declared type, or has
more to it than its text says. A function returns False for such; what has been written by then is dropped. So it is for an
AttributeError, an OverflowError or a UnicodeEncodeError. It needs the lock.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.datetime cimport (
    datetime_fold, datetime_hour, datetime_microsecond, datetime_minute, datetime_second, datetime_tzinfo, import_datetime,
    time_fold, time_hour, time_microsecond, time_minute, time_second, time_tzinfo, timedelta_days, timedelta_microseconds,
    timedelta_seconds,
)
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from .capi cimport (
    NONE, PyDict_GET_SIZE, PyDict_Next, PyList_GET_ITEM, PyList_GET_SIZE, PyObject, PyTuple_GET_ITEM, PyTuple_GET_SIZE,
    PyTypeObject, class_of, data_of_text, is_ascii, is_exact_str, slot, str_length,
)
from .conversions cimport (
    BOOL, BYTES, DATE, DATETIME, DECIMAL, DICT, ENUM, EXACT, FIXED_TUPLE, FLOAT, FROZENSET, INT, INTERFACE, IPV4, IPV6, LIST, NETWORK, SET,
    TIME, TIMEDELTA, TUPLE, TYPED_DICT, UUID, Conversion,
)
from .key_texts cimport put_date, put_digits
from .known_types cimport is_finite_decimal
from .slotted cimport MOST_TEXT
from .text_buffer cimport Text, put, put_character

import datetime

import_datetime()

cdef frozenset DIRECT = frozenset({str, bytes, type(None)})
cdef frozenset DIRECT_KEYS = frozenset({EXACT, INT})
cdef PyObject *STR = <PyObject *>str
cdef PyObject *BYTES_TYPE = <PyObject *>bytes
cdef PyObject *INT_TYPE = <PyObject *>int
cdef PyObject *FLOAT_TYPE = <PyObject *>float

# How MessagePack begins values: the short ones, whose length is in the byte, and those with a length of 1, 2 and 4 bytes.
cdef enum:
    NIL = 0xC0
    SHORT_TEXT = 0xA0
    SHORT_LIST = 0x90
    NONE_SUCH = 0


cdef bint writes_directly(Conversion form) except -1:
    """Whether the values of a form can be written here."""
    cdef Conversion part
    for part in form.parts:
        if not writes_directly(part):
            return False
    if form.kind == EXACT:
        return DIRECT.issuperset(form.form.exact)
    if form.kind == DICT:
        return form.key.kind in DIRECT_KEYS
    if form.kind == DECIMAL:
        return form.reads_decimals
    if form.kind == UUID or form.kind == IPV4 or form.kind == IPV6:
        return form.slotted is not None
    if form.kind == NETWORK or form.kind == INTERFACE:
        return form.networks is not None
    return form.kind in (INT, FLOAT, BOOL, BYTES, DATE, DATETIME, TIME, TIMEDELTA, ENUM) or form.kind >= LIST


cdef bint put_value(Text *text, Conversion form, object value) except -1:
    """Write a value; False if it is not exactly of the form, or more goes with it than is written. Needs the lock."""
    cdef PyObject *kind = <PyObject *>class_of(<PyObject *>value)
    cdef PyObject *given = <PyObject *>value
    if given == NONE:
        if kind != form.first:
            return False
        put_character(text, <char>NIL)
        return True
    if form.kind >= LIST:
        return put_container(text, form, value)
    if form.kind == DECIMAL:
        if type(value) is not form.cls or not is_finite_decimal(given):
            return False
        return put_text(text, str(value))
    if kind != form.first and kind != form.second:
        return False
    if kind == STR:
        return put_text(text, value)
    if form.kind == INT or form.kind == BOOL or form.kind == FLOAT:
        return put_number(text, value)
    if kind == BYTES_TYPE:
        put_head(text, NONE_SUCH, 0, 0xC4, 0xC5, PyBytes_GET_SIZE(value))
        put(text, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))
        return True
    if form.kind == ENUM:
        value = value._value_
        return put_text(text, value) if type(value) is str else put_number(text, value)
    if form.kind == TIMEDELTA:
        return type(value) is datetime.timedelta and put_duration(text, value)
    if form.kind == DATE or form.kind == TIME or form.kind == DATETIME:
        return put_moment(text, form.kind, value)
    return put_address(text, form, given)


cdef bint put_text(Text *text, object value) except -1:
    cdef PyObject *given = <PyObject *>value
    if is_exact_str(given) and is_ascii(given):
        put_head(text, SHORT_TEXT, 32, 0xD9, 0xDA, str_length(given))
        put(text, <const char *>data_of_text(given), str_length(given))
        return True
    if type(value) is not str:
        return False
    encoded = (<str>value).encode()
    put_head(text, SHORT_TEXT, 32, 0xD9, 0xDA, PyBytes_GET_SIZE(encoded))
    put(text, PyBytes_AS_STRING(encoded), PyBytes_GET_SIZE(encoded))
    return True


cdef bint put_number(Text *text, object value) except -1:
    cdef PyObject *kind = <PyObject *>class_of(<PyObject *>value)
    cdef double number
    cdef uint64_t bits
    if value is True or value is False:
        put_character(text, <char>(0xC3 if value is True else 0xC2))
        return True
    if kind == INT_TYPE:
        return put_int(text, value)
    if kind != FLOAT_TYPE:
        return False
    number = value
    memcpy(&bits, &number, 8)
    put_big_endian(text, 0xCB, bits, 8)
    return number == number


cdef bint put_int(Text *text, object value) except -1:
    """Write an int in as few bytes as hold it; raise OverflowError if it takes more than eight."""
    cdef long long number
    cdef uint64_t size
    if value >= 0:
        size = value
        if size < 0x80:
            put_character(text, <char>size)
        elif size <= 0xFF:
            put_big_endian(text, 0xCC, size, 1)
        elif size <= 0xFFFF:
            put_big_endian(text, 0xCD, size, 2)
        elif size <= 0xFFFFFFFF:
            put_big_endian(text, 0xCE, size, 4)
        else:
            put_big_endian(text, 0xCF, size, 8)
        return True
    number = value
    if number >= -0x20:
        put_character(text, <char>number)
    elif number >= -0x80:
        put_big_endian(text, 0xD0, <uint64_t>number, 1)
    elif number >= -0x8000:
        put_big_endian(text, 0xD1, <uint64_t>number, 2)
    elif number >= -0x80000000LL:
        put_big_endian(text, 0xD2, <uint64_t>number, 4)
    else:
        put_big_endian(text, 0xD3, <uint64_t>number, 8)
    return True


cdef bint put_moment(Text *text, int kind, object value) except -1:
    """Write a date, a time, or both, that know no time zone and come once."""
    cdef char characters[26]
    cdef char *end = characters
    if kind == DATE:
        if type(value) is not datetime.date:
            return False
        end = put_date(end, value)
    elif kind == TIME:
        if type(value) is not datetime.time or time_tzinfo(value) is not None or time_fold(value) != 0:
            return False
        end = put_clock(end, time_hour(value), time_minute(value), time_second(value), time_microsecond(value))
    else:
        if type(value) is not datetime.datetime or datetime_tzinfo(value) is not None or datetime_fold(value) != 0:
            return False
        end = put_date(end, value)
        end[0] = c"T"
        end = put_clock(
            end + 1, datetime_hour(value), datetime_minute(value), datetime_second(value), datetime_microsecond(value)
        )
    put_head(text, SHORT_TEXT, 32, 0xD9, 0xDA, end - characters)
    put(text, characters, end - characters)
    return True


cdef char *put_clock(char *text, int hour, int minute, int second, int microsecond) noexcept:
    text = put_digits(text, hour, 2)
    text[0] = c":"
    text = put_digits(text + 1, minute, 2)
    text[0] = c":"
    text = put_digits(text + 1, second, 2)
    if microsecond == 0:
        return text
    text[0] = c"."
    return put_digits(text + 1, microsecond, 6)


cdef bint put_duration(Text *text, object value) except -1:
    """Write days, seconds and a fraction of one, of all of which zeros are left out."""
    cdef char characters[48]
    cdef char *end = characters
    cdef int days = timedelta_days(value), seconds = timedelta_seconds(value), part = timedelta_microseconds(value)
    if days < 0:  # the same duration the other way: days and seconds of one sign
        end[0] = c"-"
        end += 1
        if part > 0:
            part, seconds = 1_000_000 - part, seconds + 1
        days = -days
        if seconds > 0:
            seconds, days = 86_400 - seconds, days - 1
    end[0] = c"P"
    end += 1
    if days > 0 or (seconds == 0 and part == 0):
        end = put_number_of(end, days)
        end[0] = c"D"
        end += 1
    if seconds > 0 or part > 0:
        end[0] = c"T"
        end = put_number_of(end + 1, seconds)
        if part > 0:
            end[0] = c"."
            end = put_digits(end + 1, part, 6)
            while (end - 1)[0] == c"0":
                end -= 1
        end[0] = c"S"
        end += 1
    put_head(text, SHORT_TEXT, 32, 0xD9, 0xDA, end - characters)
    put(text, characters, end - characters)
    return True


cdef char *put_number_of(char *text, int number) noexcept:
    cdef int count = 1, rest = number
    while rest > 9:
        rest //= 10
        count += 1
    return put_digits(text, number, count)


cdef bint put_address(Text *text, Conversion form, PyObject *value) except -1:
    """Write an IPv4 address as its number, and other addresses, networks and UUIDs as their texts."""
    cdef char characters[MOST_TEXT]
    cdef Py_ssize_t length = 0
    cdef PyObject *number
    if form.kind == IPV4:
        number = slot(value, form.slotted.number_offset)
        return number != NULL and class_of(number) == <PyTypeObject *>INT_TYPE and put_int(text, <object>number)
    if form.networks is not None:
        length = form.networks.put_text(value, characters)
    else:
        length = form.slotted.put_text(value, characters)
    if length == 0:
        return False
    put_head(text, SHORT_TEXT, 32, 0xD9, 0xDA, length)
    put(text, characters, length)
    return True


# ---- containers ----


cdef bint put_container(Text *text, Conversion form, object value) except -1:
    if form.kind == DICT or form.kind == TYPED_DICT:
        return type(value) is dict and put_dict(text, form, value)
    if form.kind == LIST:
        return type(value) is list and put_list(text, form.item, value)
    if form.kind == TUPLE or form.kind == FIXED_TUPLE:
        return type(value) is tuple and put_tuple(text, form, value)
    if form.kind == SET:
        return type(value) is set and put_set(text, form.item, value)
    return type(value) is frozenset and put_set(text, form.item, value)


cdef bint put_list(Text *text, Conversion form, list value) except -1:
    cdef Py_ssize_t i, count = PyList_GET_SIZE(<PyObject *>value)
    put_head(text, SHORT_LIST, 16, 0, 0xDC, count)
    for i in range(count):
        if PyList_GET_SIZE(<PyObject *>value) != count:
            return False
        item = <object>PyList_GET_ITEM(<PyObject *>value, i)
        if not put_value(text, form, item):
            return False
    return PyList_GET_SIZE(<PyObject *>value) == count


cdef bint put_tuple(Text *text, Conversion form, tuple value) except -1:
    cdef Py_ssize_t i, count = PyTuple_GET_SIZE(<PyObject *>value)
    cdef Conversion item = form.item
    if form.kind == FIXED_TUPLE and count != len(form.parts):
        return False
    put_head(text, SHORT_LIST, 16, 0, 0xDC, count)
    for i in range(count):
        if form.kind == FIXED_TUPLE:
            item = <Conversion>form.parts[i]
        if not put_value(text, item, <object>PyTuple_GET_ITEM(<PyObject *>value, i)):
            return False
    return True


cdef bint put_set(Text *text, Conversion form, object value) except -1:
    put_head(text, SHORT_LIST, 16, 0, 0xDC, len(value))
    for item in value:  # an error if its size changes meanwhile
        if not put_value(text, form, item):
            return False
    return True


cdef bint put_dict(Text *text, Conversion form, dict value) except -1:
    """Write a dict, or a typed dict, whose fields have forms of their own."""
    cdef Py_ssize_t position = 0, written = 0, found, count = PyDict_GET_SIZE(<PyObject *>value)
    cdef PyObject *held_key
    cdef PyObject *held
    cdef Conversion item = form.item
    put_head(text, SHORT_MAP, 16, 0, 0xDE, count)
    while PyDict_Next(<PyObject *>value, &position, &held_key, &held):
        key, element = <object>held_key, <object>held
        if form.kind == TYPED_DICT:
            found = place_of(form.names, key, written)
            if found < 0:
                return False
            item = <Conversion>form.parts[found]
            put_text(text, key)
        elif not put_value(text, form.key, key):
            return False
        if not put_value(text, item, element):
            return False
        written += 1
    if written != count or PyDict_GET_SIZE(<PyObject *>value) != count:
        return False
    return form.kind == DICT or count == len(form.names) or form.required <= value.keys()


cdef Py_ssize_t place_of(tuple names, object key, Py_ssize_t likely) except -2:
    """Return where a name stands among these, most often at the likely place; -1 if it is none of them."""
    if type(key) is not str:
        return -1
    if likely < len(names) and PyTuple_GET_ITEM(<PyObject *>names, likely) == <PyObject *>key:
        return likely
    return names.index(key) if key in names else -1


# ---- bytes ----


cdef int put_head(Text *text, int short_head, Py_ssize_t short_end, int head_of_8, int head_of_16, Py_ssize_t count) except -1:
    """Write how MessagePack begins a value of so many bytes or items.

    Args:
        text: What is written to.
        short_head: What a count below `short_end` is added to.
        short_end: The first count that does not fit.
        head_of_8: What comes before a count of one byte, 0 if there is no such.
        head_of_16: And before one of two. One more comes before one of four.
        count: The count.
    """
    if count < short_end:
        return put_character(text, <char>(short_head | count))
    if head_of_8 and count <= 0xFF:
        return put_big_endian(text, head_of_8, count, 1)
    if count <= 0xFFFF:
        return put_big_endian(text, head_of_16, count, 2)
    if count > 0xFFFFFFFFLL:
        raise OverflowError
    return put_big_endian(text, head_of_16 + 1, count, 4)


cdef int put_big_endian(Text *text, int head, uint64_t number, int size) except -1:
    """Write a byte, and the last so many bytes of a number."""
    cdef char characters[9]
    cdef int place
    characters[0] = <char>head
    for place in range(size, 0, -1):
        characters[place] = <char>(number & 0xFF)
        number >>= 8
    return put(text, characters, size + 1)
