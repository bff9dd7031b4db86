# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Values of their everyday text, read where it lies: ASCII, without spaces, in the spelling that programs write.

Without a twin: in the kernel in Python, and for whatever is spelled otherwise, `coercion` converts. Each function takes
ASCII text that ends with a zero byte, needs the lock, and returns what `coercion` makes of that text, owned, or PENDING.
"""

from cpython.datetime cimport date_new, datetime_new, import_datetime, time_new
from libc.string cimport memcpy

from .capi cimport PyLong_FromString, PyOS_string_to_double, PyObject

import datetime

import_datetime()

cdef object pending = object()
PENDING = <PyObject *>pending

cdef object UTC = datetime.timezone.utc
cdef dict zones = {}  # by minutes east of Greenwich, as far as they have been met

cdef enum:
    MOST_DIGITS = 18  # of an int that 64 bits hold
    UUID_DIGITS = 32
    MOST_GROUPS = 8

# The greatest number up to which floats are as close as ints.
cdef unsigned long long MOST_EXACT = 1 << 53
cdef double[23] POWERS_OF_TEN
for exponent in range(23):
    POWERS_OF_TEN[exponent] = float(10**exponent)

cdef struct Clock:
    int hour, minute, second, microsecond
    int zone       # minutes east of Greenwich
    bint has_zone


cdef object int_of(const char *text, Py_ssize_t length):
    """Return the int that digits are, after a sign or none."""
    cdef Py_ssize_t place = 1 if length > 0 and (text[0] == c"-" or text[0] == c"+") else 0
    cdef long long number = 0
    if place == length or length - place > MOST_DIGITS:
        return pending
    cdef bint is_negative = text[0] == c"-"
    while place < length:
        if not is_digit(text[place]):
            return pending
        number = 10 * number + (text[place] - c"0")
        place += 1
    return -number if is_negative else number


cdef object float_of(const char *text, Py_ssize_t length):
    """Return the float of a numeral, as Python reads it."""
    cdef char *end = NULL
    cdef double number
    if length == 0 or text[0] <= c" ":
        return pending
    if read_short_decimal(text, length, &number):
        return number
    try:
        number = PyOS_string_to_double(text, &end, NULL)
    except ValueError:
        return pending
    return number if end == text + length else pending


cdef bint read_short_decimal(const char *text, Py_ssize_t length, double *number) noexcept:
    """Read digits with a point among them or none, if the float is exactly what they say divided by a power of ten.

    Both are floats without rounding (up to 2**53, and 10**22), so that dividing them rounds as reading the text does.
    """
    cdef Py_ssize_t place = 1 if text[0] == c"-" else 0
    cdef unsigned long long digits = 0
    cdef int behind = -1
    if place == length or not is_digit(text[place]) or not is_digit(text[length - 1]) or length > 24:
        return False
    while place < length:
        if is_digit(text[place]):
            digits = 10 * digits + (text[place] - c"0")
            if digits > MOST_EXACT:
                return False
            behind += behind >= 0
        elif text[place] == c"." and behind < 0:
            behind = 0
        else:
            return False
        place += 1
    number[0] = <double>digits if behind <= 0 else <double>digits / POWERS_OF_TEN[behind]
    if text[0] == c"-":
        number[0] = -number[0]
    return True


cdef object bool_of(const char *text, Py_ssize_t length):
    """Return the bool that a word stands for, in small letters or as Python writes it."""
    if length == 4 and (text[0] == c"t" or text[0] == c"T") and is_same(text + 1, "rue", 3):
        return True
    if length == 5 and (text[0] == c"f" or text[0] == c"F") and is_same(text + 1, "alse", 4):
        return False
    if length == 1 and (text[0] == c"1" or text[0] == c"0"):
        return text[0] == c"1"
    return pending


# ---- dates and times ----


cdef object date_of(const char *text, Py_ssize_t length):
    """Return the date of `YYYY-MM-DD`."""
    if length != 10 or not is_date(text):
        return pending
    return date_new(year_of(text), pair_of(text + 5), pair_of(text + 8))


cdef object datetime_of(const char *text, Py_ssize_t length):
    """Return the datetime of a date and a time with a letter T, or a space, between them."""
    cdef Clock clock
    if length < 16 or (text[10] != c"T" and text[10] != c" ") or not is_date(text):
        return pending
    if not read_clock(text + 11, length - 11, &clock):
        return pending
    return datetime_new(
        year_of(text), pair_of(text + 5), pair_of(text + 8),
        clock.hour, clock.minute, clock.second, clock.microsecond, zone_of(&clock),
    )


cdef object time_of(const char *text, Py_ssize_t length):
    """Return the time of hours and minutes, and maybe seconds, a fraction of one, and a distance from Greenwich."""
    cdef Clock clock
    if not read_clock(text, length, &clock):
        return pending
    return time_new(clock.hour, clock.minute, clock.second, clock.microsecond, zone_of(&clock))


cdef bint is_date(const char *text) noexcept:
    """Whether ten characters are a date that there is."""
    cdef int year, month, day, last
    if text[4] != c"-" or text[7] != c"-" or not (are_digits(text, 4) and are_digits(text + 5, 2)):
        return False
    if not are_digits(text + 8, 2):
        return False
    year, month, day = year_of(text), pair_of(text + 5), pair_of(text + 8)
    if year == 0 or month == 0 or month > 12 or day == 0:
        return False
    last = 31
    if month == 4 or month == 6 or month == 9 or month == 11:
        last = 30
    elif month == 2:
        last = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return day <= last


cdef bint read_clock(const char *text, Py_ssize_t length, Clock *clock) noexcept:
    """Read a time of day."""
    cdef Py_ssize_t place = 5
    cdef int scale = 100_000
    clock.second = clock.microsecond = clock.zone = 0
    clock.has_zone = False
    if length < 5 or text[2] != c":" or not are_digits(text, 2) or not are_digits(text + 3, 2):
        return False
    clock.hour, clock.minute = pair_of(text), pair_of(text + 3)
    if length >= 8 and text[5] == c":":
        if not are_digits(text + 6, 2):
            return False
        clock.second = pair_of(text + 6)
        place = 8
        if length > 9 and text[8] == c".":
            place = 9
            if not is_digit(text[9]):
                return False
            while place < length and is_digit(text[place]):  # what is behind the sixth digit is dropped
                clock.microsecond += scale * (text[place] - c"0")
                scale /= 10
                place += 1
    if clock.hour > 23 or clock.minute > 59 or clock.second > 59:
        return False
    return place == length or read_zone(text + place, length - place, clock)


cdef bint read_zone(const char *text, Py_ssize_t length, Clock *clock) noexcept:
    """Read `Z`, or a distance as `+02:00`."""
    clock.has_zone = True
    if length == 1 and text[0] == c"Z":
        return True
    if length != 6 or text[3] != c":" or not (text[0] == c"+" or text[0] == c"-"):
        return False
    if not are_digits(text + 1, 2) or not are_digits(text + 4, 2) or pair_of(text + 1) > 23 or pair_of(text + 4) > 59:
        return False
    clock.zone = 60 * pair_of(text + 1) + pair_of(text + 4)
    if text[0] == c"-":
        clock.zone = -clock.zone
    return True


cdef object zone_of(Clock *clock):
    if not clock.has_zone:
        return None
    if clock.zone == 0:
        return UTC
    zone = zones.get(clock.zone)
    if zone is None:
        zone = zones[clock.zone] = datetime.timezone(datetime.timedelta(minutes=clock.zone))
    return zone


# ---- numbers of UUIDs and addresses ----


cdef object uuid_number_of(const char *text, Py_ssize_t length):
    """Return the number of a UUID in its five groups."""
    cdef char[UUID_DIGITS + 1] digits
    cdef Py_ssize_t place
    if length != 36 or text[8] != c"-" or text[13] != c"-" or text[18] != c"-" or text[23] != c"-":
        return pending
    memcpy(digits, text, 8)
    memcpy(digits + 8, text + 9, 4)
    memcpy(digits + 12, text + 14, 4)
    memcpy(digits + 16, text + 19, 4)
    memcpy(digits + 20, text + 24, 12)
    digits[UUID_DIGITS] = 0
    for place in range(UUID_DIGITS):
        if hex_digit(digits[place]) < 0:
            return pending
    return PyLong_FromString(digits, NULL, 16)


cdef object ipv4_number_of(const char *text, Py_ssize_t length):
    """Return the number of four decimal numbers with dots between them."""
    cdef Py_ssize_t place = 0, first
    cdef unsigned long number = 0
    cdef int part, count = 0
    while count < 4:
        first, part = place, 0
        while place < length and place - first < 3 and is_digit(text[place]):
            part = 10 * part + (text[place] - c"0")
            place += 1
        # A zero in front is no number here: some take it for octal.
        if place == first or part > 255 or (text[first] == c"0" and place - first > 1):
            return pending
        number = 256 * number + part
        count += 1
        if count < 4:
            if place == length or text[place] != c".":
                return pending
            place += 1
    return number if place == length else pending


cdef object ipv6_number_of(const char *text, Py_ssize_t length):
    """Return the number of up to eight groups, of which a run of zeros may be left out; none is decimal."""
    cdef unsigned int[MOST_GROUPS] groups
    cdef Py_ssize_t place = 0, first
    cdef int count = 0, gap = -1, i, behind
    cdef unsigned long long high = 0, low = 0
    if length >= 2 and text[0] == c":" and text[1] == c":":
        gap, place = 0, 2
    while place < length:
        if count == MOST_GROUPS:
            return pending
        groups[count], first = 0, place
        while place < length and place - first < 4 and hex_digit(text[place]) >= 0:
            groups[count] = 16 * groups[count] + hex_digit(text[place])
            place += 1
        if place == first:
            return pending
        count += 1
        if place == length:
            break
        if text[place] != c":" or place + 1 == length:
            return pending
        place += 1
        if text[place] == c":":
            if gap >= 0:
                return pending
            gap, place = count, place + 1
    if (gap < 0 and count != MOST_GROUPS) or (gap >= 0 and count == MOST_GROUPS):
        return pending
    for i in range(MOST_GROUPS):
        behind = i - (MOST_GROUPS - count)  # of the groups behind the gap
        if gap >= 0 and i >= gap:
            first = groups[behind] if behind >= gap else 0
        else:
            first = groups[i]
        if i < 4:
            high = high << 16 | <unsigned long long>first
        else:
            low = low << 16 | <unsigned long long>first
    return (<object>high << 64) | low


# ---- characters ----


cdef inline int hex_digit(char character) noexcept:
    if is_digit(character):
        return character - c"0"
    if c"a" <= character <= c"f":
        return character - c"a" + 10
    return character - c"A" + 10 if c"A" <= character <= c"F" else -1


cdef inline bint are_digits(const char *text, Py_ssize_t count) noexcept:
    cdef Py_ssize_t place
    for place in range(count):
        if not is_digit(text[place]):
            return False
    return True


cdef inline int year_of(const char *text) noexcept:
    return 100 * pair_of(text) + pair_of(text + 2)


cdef inline bint is_same(const char *text, const char *other, Py_ssize_t count) noexcept:
    cdef Py_ssize_t place
    for place in range(count):
        if text[place] != other[place]:
            return False
    return True
