# cython: language_level=3, boundscheck=False, wraparound=False
"""Reading values from MessagePack that the declared type tells how to read.

Without a twin: in the kernel in Python msgspec reads them, and so it does here whatever is not as `typed_writing.pyx` writes it.
A function returns what msgspec would make of the bytes, owned, or PENDING if that is to be asked. It needs the lock. A
ValueError means that it is to be asked, too.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.datetime cimport datetime_tzinfo, import_datetime, time_tzinfo
from cpython.set cimport PySet_Add
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint64_t
from libc.string cimport memcmp, memcpy

from .capi cimport (
    NONE, PyList_New, PyList_SET_ITEM, PyObject, PyObject_GC_UnTrack, PyTuple_GET_ITEM, PyTuple_New, PyTuple_SET_ITEM, Py_INCREF,
    ascii_text, class_of, data_of_text, is_ascii, str_length, word_at,
)
from .conversions cimport (
    BOOL, BYTES, DATE, DATETIME, DECIMAL, DICT, ENUM, EXACT, FIXED_TUPLE, FLOAT, FROZENSET, INT, IPV4,
    LIST, SET, TIME, TIMEDELTA, TUPLE, TYPED_DICT,
    Conversion,
)
from .durations cimport timedelta_of
from .texts cimport PENDING, date_of, datetime_of, time_of

import_datetime()

cdef enum:
    NIL = 0xC0
    FALSE = 0xC2
    TRUE = 0xC3
    DOUBLE = 0xCB
    REMEMBERED = 64  # keys of dicts
    MOST_OF_DURATION = 40  # characters

cdef object pending = <object>PENDING
cdef PyObject *BYTES_TYPE = <PyObject *>bytes
cdef list remembered = [None] * REMEMBERED


cdef object read_value(Conversion form, Bytes *data):
    cdef unsigned char head
    if data.place >= data.end:
        return pending
    head = data.place[0]
    if head == NIL:
        data.place += 1
        return None if form.first == <PyObject *>class_of(NONE) else pending
    if form.kind >= LIST:
        return read_container(form, data)
    if form.kind == BOOL:
        data.place += 1
        return True if head == TRUE else False if head == FALSE else pending
    if form.kind == FLOAT:
        return read_float(data)
    if form.kind == BYTES or (form.kind == EXACT and (form.first == BYTES_TYPE or form.second == BYTES_TYPE)):
        return read_bytes(data)
    if form.kind == INT or form.kind == IPV4 or (form.kind == ENUM and (head < 0x80 or head >= 0xCC) and head < 0xD9):
        return read_number(form, data)
    return read_text(form, data)


cdef object read_float(Bytes *data):
    cdef uint64_t bits
    cdef double number
    if data.place[0] != DOUBLE or data.end - data.place < 9:
        return pending
    bits = big_endian(data.place + 1, 8)
    memcpy(&number, &bits, 8)
    data.place += 9
    return number


cdef object read_bytes(Bytes *data):
    cdef Py_ssize_t count = read_count(data, 0, 0, 0xC4, 0xC5)
    if count < 0:
        return pending
    data.place += count
    return PyBytes_FromStringAndSize(<const char *>data.place - count, count)


cdef object read_number(Conversion form, Bytes *data):
    number = read_int(data)
    if number is pending or form.kind == INT:
        return number
    if form.kind == ENUM:
        return form.members.get(number, pending)
    return form.slotted.make(number) if 0 <= number < 1 << 32 else pending


cdef object read_int(Bytes *data):
    cdef unsigned char head = data.place[0]
    cdef int size
    cdef uint64_t number
    if head < 0x80 or head >= 0xE0:
        data.place += 1
        return <int>head if head < 0x80 else <int>head - 0x100
    if head < 0xCC or head > 0xD3:
        return pending
    size = 1 << ((head - 0xCC) & 3)
    if data.end - data.place <= size:
        return pending
    number = big_endian(data.place + 1, size)
    data.place += 1 + size
    if head < 0xD0:
        return number
    if size == 1:
        return <int8_t>number
    return <int16_t>number if size == 2 else <int32_t>number if size == 4 else <int64_t>number


cdef object read_text(Conversion form, Bytes *data):
    cdef Py_ssize_t count = read_count(data, 0xA0, 0xC0, 0xD9, 0xDA)
    cdef const char *text = <const char *>data.place
    if count < 0:
        return pending
    data.place += count
    if form.kind == DATE:
        return date_of(text, count)
    if form.kind == DATETIME or form.kind == TIME or form.kind == TIMEDELTA:
        return read_moment(form.kind, text, count)
    if form.networks is not None:
        return form.networks.of_text(text, count) if is_all_ascii(text, count) else pending
    if form.slotted is not None:
        return form.slotted.of_text(text, count) if is_all_ascii(text, count) else pending
    value = ascii_text(text, count) if is_all_ascii(text, count) else PyUnicode_DecodeUTF8(<char *>text, count, NULL)
    if form.kind == EXACT:
        return value
    return form.finite(value) if form.kind == DECIMAL else form.members.get(value, pending)


cdef object read_moment(int kind, const char *text, Py_ssize_t count):
    """Return a time, with a date or without, of no time zone, or a duration."""
    cdef char characters[MOST_OF_DURATION + 1]
    cdef Py_ssize_t first = 11 if kind == DATETIME else 0  # where the clock begins
    if kind == TIMEDELTA:
        if count > MOST_OF_DURATION:
            return pending
        memcpy(characters, text, count)
        characters[count] = 0
        return timedelta_of(characters, count) if is_as_written(characters) else pending
    if count != first + 8 and (count != first + 15 or text[first + 8] != c"."):
        return pending
    if kind == TIME:
        value = time_of(text, count)
        return value if value is pending or time_tzinfo(value) is None else pending
    value = datetime_of(text, count) if text[10] == c"T" else pending
    return value if value is pending or datetime_tzinfo(value) is None else pending


cdef bint is_as_written(const char *duration) noexcept:
    """Whether a duration has days and seconds alone, each once, as msgspec writes it; what else there is, it takes in part."""
    cdef int units = 0  # 1 days, 2 the mark before seconds, 3 seconds
    cdef Py_ssize_t i = 2 if duration[0] == c"-" else 1
    if duration[i - 1] != c"P":
        return False
    while duration[i] != 0:
        if duration[i] == c"D" and units == 0:
            units = 1
        elif duration[i] == c"T" and units < 2:
            units = 2
        elif duration[i] == c"S" and units == 2:
            units = 3
        elif duration[i] != c"." and not c"0" <= duration[i] <= c"9":
            return False
        i += 1
    return units == 1 or units == 3


# ---- containers ----


cdef object read_container(Conversion form, Bytes *data):
    """Return a container; the collector does not learn of it if no cycle can go through what it holds."""
    made = pending
    if form.kind == DICT:
        made = read_dict(form, data)
    elif form.kind == TYPED_DICT:
        made = read_typed_dict(form, data)
    elif form.kind == LIST:
        made = read_list(form, data)
    elif form.kind == SET or form.kind == FROZENSET:
        made = read_set(form, data)
    else:
        made = read_tuple(form, data)
    if form.is_acyclic and made is not pending:
        PyObject_GC_UnTrack(<PyObject *>made)
    return made


cdef object read_list(Conversion form, Bytes *data):
    cdef Py_ssize_t i, count = read_count(data, 0x90, 0xA0, 0, 0xDC)
    cdef list made
    if count < 0:
        return pending
    made = PyList_New(count)
    for i in range(count):
        item = read_value(form.item, data)
        if item is pending:
            return pending
        Py_INCREF(<PyObject *>item)
        PyList_SET_ITEM(<PyObject *>made, i, <PyObject *>item)
    return made


cdef object read_tuple(Conversion form, Bytes *data):
    cdef Py_ssize_t i, count = read_count(data, 0x90, 0xA0, 0, 0xDC)
    cdef Conversion part = form.item
    cdef tuple made
    if count < 0 or (form.kind == FIXED_TUPLE and count != len(form.parts)):
        return pending
    if count == 0:
        return pending  # there is one empty tuple, which is not ours to do anything with
    made = PyTuple_New(count)
    for i in range(count):
        if form.kind == FIXED_TUPLE:
            part = <Conversion>form.parts[i]
        item = read_value(part, data)
        if item is pending:
            return pending
        Py_INCREF(<PyObject *>item)
        PyTuple_SET_ITEM(<PyObject *>made, i, <PyObject *>item)
    return made


cdef object read_set(Conversion form, Bytes *data):
    cdef Py_ssize_t i, count = read_count(data, 0x90, 0xA0, 0, 0xDC)
    cdef set made
    if count < 0:
        return pending
    made = set()
    for i in range(count):
        item = read_value(form.item, data)
        if item is pending:
            return pending
        PySet_Add(made, item)
    return made if form.kind == SET else frozenset(made)


cdef object read_dict(Conversion form, Bytes *data):
    cdef Py_ssize_t i, count = read_count(data, 0x80, 0x90, 0, 0xDE)
    cdef dict made
    if count < 0:
        return pending
    made = {}
    for i in range(count):
        key = read_key(form.key, data)
        if key is pending:
            return pending
        item = read_value(form.item, data)
        if item is pending:
            return pending
        made[key] = item
    return made


cdef object read_key(Conversion form, Bytes *data):
    """Return the key of a dict; texts that have lately been keys are not made again."""
    cdef Py_ssize_t count, slot
    if form.kind != EXACT or data.place >= data.end or data.place[0] <= 0xA0 or data.place[0] >= 0xC0:
        return read_value(form, data)
    count = data.place[0] - 0xA0
    if data.end - data.place <= count or not is_all_ascii(<const char *>data.place + 1, count):
        return read_value(form, data)
    slot = (count + 7 * data.place[1] + 31 * data.place[count]) % REMEMBERED
    known = remembered[slot]
    if known is not None and str_length(<PyObject *>known) == count:
        if memcmp(data_of_text(<PyObject *>known), data.place + 1, count) == 0:
            data.place += 1 + count
            return known
    key = read_value(form, data)
    if type(key) is str:
        remembered[slot] = key
    return key


cdef object read_typed_dict(Conversion form, Bytes *data):
    cdef Py_ssize_t i, found, count = read_count(data, 0x80, 0x90, 0, 0xDE)
    cdef dict made
    if count < 0:
        return pending
    made = {}
    for i in range(count):
        found = read_name(form.names, i, data)
        if found < 0:
            return pending
        item = read_value(<Conversion>form.parts[found], data)
        if item is pending:
            return pending
        made[<object>PyTuple_GET_ITEM(<PyObject *>form.names, found)] = item
    if len(made) != count:
        return pending
    return made if count == len(form.names) or form.required <= made.keys() else pending


cdef Py_ssize_t read_name(tuple names, Py_ssize_t likely, Bytes *data) noexcept:
    """Return the place of the name that follows among these, most often the likely one; -1 if it is none of them."""
    cdef Py_ssize_t i, place, count = read_count(data, 0xA0, 0xC0, 0xD9, 0xDA)
    cdef PyObject *name
    if count < 0:
        return -1
    data.place += count
    for i in range(len(names)):
        place = (i + likely) % len(names)
        name = PyTuple_GET_ITEM(<PyObject *>names, place)
        if is_ascii(name) and str_length(name) == count and memcmp(data_of_text(name), data.place - count, count) == 0:
            return place
    return -1


# ---- bytes ----


cdef Py_ssize_t read_count(Bytes *data, int short_head, int short_end, int head_of_8, int head_of_16) noexcept:
    """Return how many bytes or items follow, which are there if each has a byte; -1 if anything else does.

    The heads are those of `put_head` in `typed_writing.pyx`; `short_end` is the first that is no longer one of the short ones.
    """
    cdef unsigned char head
    cdef Py_ssize_t count
    cdef int size = 0
    if data.place >= data.end:
        return -1
    head = data.place[0]
    if short_head <= head < short_end:
        count = head - short_head
    else:
        size = 1 if head_of_8 and head == head_of_8 else 2 if head == head_of_16 else 4 if head == head_of_16 + 1 else 0
        if size == 0 or data.end - data.place <= size:
            return -1
        count = <Py_ssize_t>big_endian(data.place + 1, size)
    if count > data.end - data.place - 1 - size:
        return -1
    data.place += 1 + size
    return count


cdef inline uint64_t big_endian(const unsigned char *place, int size) noexcept:
    cdef uint64_t number = 0
    cdef int i
    for i in range(size):
        number = number << 8 | place[i]
    return number


cdef inline bint is_all_ascii(const char *text, Py_ssize_t count) noexcept:
    cdef uint64_t every = 0
    cdef Py_ssize_t i = 0
    while i < count:
        every |= word_at(text + i, count - i)
        i += 8
    return (every & <uint64_t>0x8080808080808080) == 0
