# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Bodies of records whose values are exactly of their fields' types, which the bytes then need not say.

The twin of `typed_bodies_py.py`; whoever changes one changes both. What is written here is, byte for byte, what msgspec
writes, in one walk that looks at the types too. Where that takes more than is known here, msgspec is left to do it.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint64_t
from libc.string cimport memcmp, memcpy

from .capi cimport (
    NONE, PyDict_CheckExact, PyDict_Next, PyDict_GET_SIZE, PyList_CheckExact, PyList_GET_ITEM, PyList_GET_SIZE, PyObject,
    PyObject_GC_IsTracked, PyObject_GC_UnTrack, PyTypeObject, PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New,
    PyTuple_SET_ITEM, Py_INCREF, class_of, data_of_text, is_ascii, is_exact_str, slot, str_length,
)
from .conversions cimport (
    BOOL, BYTES, DATE, DECIMAL, DICT, ENUM, EXACT, FIXED_TUPLE, FLOAT, FROZENSET, INT, INTERFACE, IPV4, IPV6, LIST, NETWORK, SET,
    TUPLE, TYPED_DICT, UUID, Conversion, conversion_of,
)
from .key_texts cimport put_date
from .known_types cimport is_finite_decimal
from .plans cimport offset_of
from .slotted cimport MOST_TEXT
from .text_buffer cimport Text, begin_text, end_text, put, put_character, text_as_bytes
from .texts cimport PENDING
from .typed_values cimport Bytes, read_count, read_value

from ..schema import schema_of

import datetime

import msgspec

__all__ = ["TypedBodies"]

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
    SHORT_MAP = 0x80
    NONE_SUCH = 0


cdef class TypedBodies:
    """Writes the bodies of one class's records, and takes the values from what msgspec has read."""

    cdef object cls
    cdef list conversions, keys
    cdef bytes head
    cdef bint is_direct
    cdef Py_ssize_t count
    cdef Py_ssize_t *offsets        # of the fields of records
    cdef Py_ssize_t *read_offsets   # and of what msgspec reads

    def __cinit__(self, cls, tuple names, forms, carrier):
        self.cls, self.count = cls, len(names)
        self.conversions, self.keys = [], []
        for form in forms:
            self.conversions.append(conversion_of(form))
        self.is_direct = schema_of(cls).reads_slots
        self.offsets = <Py_ssize_t *>PyMem_Calloc(2 * self.count + 1, sizeof(Py_ssize_t))
        if self.offsets == NULL:
            raise MemoryError
        self.read_offsets = self.offsets + self.count
        for i, name in enumerate(names):
            self.offsets[i], self.read_offsets[i] = offset_of(cls, name), offset_of(carrier, name)
            self.keys.append(msgspec.msgpack.encode(name))
            if self.offsets[i] < 0 or not writes_directly(<Conversion>self.conversions[i]):
                self.is_direct = False

    def __dealloc__(self):
        PyMem_Free(self.offsets)

    def write(self, obj):
        """Return the bytes that msgspec would write for a record's values; None where that is left to msgspec."""
        cdef Text text
        if not self.is_direct or type(obj) is not self.cls:
            return None
        begin_text(&text)
        try:
            return text_as_bytes(&text) if self.put_fields(&text, obj) else None
        except (AttributeError, OverflowError, UnicodeEncodeError):
            return None
        finally:
            end_text(&text)

    cdef bint put_fields(self, Text *text, object obj) except -1:
        """Write the values of a record; False if one is not exactly of its form."""
        cdef Py_ssize_t i
        cdef PyObject *found
        put_head(text, SHORT_MAP, 16, 0, 0xDE, self.count)
        for i in range(self.count):
            found = slot(<PyObject *>obj, self.offsets[i])
            if found == NULL:
                return False
            key = <bytes>self.keys[i]
            put(text, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
            value = <object>found
            if not put_value(text, <Conversion>self.conversions[i], value):
                return False
        return True

    def read(self, bytes data, Py_ssize_t start):
        """Return the values in a body, which begins at a place in a record's bytes; None where that is left to msgspec."""
        cdef Bytes rest
        cdef Py_ssize_t i
        cdef tuple values
        if not self.is_direct or start > PyBytes_GET_SIZE(data):
            return None
        rest.place = <const unsigned char *>PyBytes_AS_STRING(data) + start
        rest.end = <const unsigned char *>PyBytes_AS_STRING(data) + PyBytes_GET_SIZE(data)
        if read_count(&rest, SHORT_MAP, 0x90, 0, 0xDE) != self.count:
            return None
        values = PyTuple_New(self.count)
        try:
            for i in range(self.count):
                key = <bytes>self.keys[i]
                if rest.end - rest.place < PyBytes_GET_SIZE(key):
                    return None
                if memcmp(rest.place, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)) != 0:
                    return None
                rest.place += PyBytes_GET_SIZE(key)
                value = read_value(<Conversion>self.conversions[i], &rest)
                if <PyObject *>value == PENDING:
                    return None
                Py_INCREF(<PyObject *>value)
                PyTuple_SET_ITEM(<PyObject *>values, i, <PyObject *>value)
        except (ValueError, TypeError):
            return None
        return values if rest.place == rest.end else None

    def values_of(self, read):
        """Return the values in an instance of the carrier, which nobody else has.

        The collector is to forget the containers through which no cycle goes, as it does when they are converted.
        """
        cdef Py_ssize_t i
        cdef PyObject *found
        cdef tuple values = PyTuple_New(self.count)
        for i in range(self.count):
            found = slot(<PyObject *>read, self.read_offsets[i]) if self.read_offsets[i] >= 0 else NULL
            if found == NULL:
                return msgspec.structs.astuple(read)
            forget(<Conversion>self.conversions[i], found)
            Py_INCREF(found)
            PyTuple_SET_ITEM(<PyObject *>values, i, found)
        return values


cdef int forget(Conversion form, PyObject *value) except -1:
    """Have the collector look no more at a container, nor at those in it, if no cycle can go through what it holds."""
    cdef Py_ssize_t i, position = 0
    cdef PyObject *key
    cdef PyObject *item
    if form.kind < LIST or not form.is_acyclic:
        return 0
    if PyObject_GC_IsTracked(value):
        PyObject_GC_UnTrack(value)
    if form.item is None or form.item.kind < LIST or form.kind == TYPED_DICT or form.kind == FIXED_TUPLE:
        return 0
    if PyList_CheckExact(value):
        for i in range(PyList_GET_SIZE(value)):
            forget(form.item, PyList_GET_ITEM(value, i))
    elif PyDict_CheckExact(value):
        while PyDict_Next(value, &position, &key, &item):
            forget(form.item, item)
    return 0


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
    return form.kind in (INT, FLOAT, BOOL, BYTES, DATE, ENUM) or form.kind >= LIST


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
    if form.kind == DATE:
        return kind == <PyObject *>datetime.date and put_day(text, value)
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


cdef bint put_day(Text *text, object value) except -1:
    cdef char characters[10]
    put_date(characters, value)
    put_head(text, SHORT_TEXT, 32, 0xD9, 0xDA, 10)
    put(text, characters, 10)
    return True


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
