# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Durations of their everyday text, as `texts.pyx` reads other values.

Without a twin: in the kernel in Python, and for whatever is spelled otherwise, `coercion` converts.
"""

from cpython.datetime cimport import_datetime, timedelta_new
from libc.string cimport strlen

from .texts cimport PENDING, is_digit, pair_of

import_datetime()

cdef object pending = <object>PENDING

cdef enum:
    MOST_DIGITS = 9  # of a number in a duration

# Of a duration that is read here: a tenth of what there is.
cdef long long MOST_SECONDS = 86_400 * 100_000_000
cdef long long MOST_ISO_SECONDS = 1 << 32


cdef object timedelta_of(const char *text, Py_ssize_t length):
    """Return the timedelta of an ISO 8601 duration, or of days and a clock as Python writes them."""
    cdef long long seconds = 0
    cdef int microseconds = 0, sign = 1
    cdef bint is_read
    if <Py_ssize_t>strlen(text) != length:
        return pending
    if text[0] == c"-" or text[0] == c"+":
        sign = -1 if text[0] == c"-" else 1
        text += 1
    if text[0] == c"P":
        is_read = read_iso_duration(text + 1, &seconds, &microseconds)
    else:
        is_read = read_clock_duration(text, &seconds, &microseconds)
    if not is_read or seconds > MOST_SECONDS:
        return pending
    return timedelta_new(sign * <int>(seconds / 86_400), sign * <int>(seconds % 86_400), sign * microseconds)


cdef bint read_iso_duration(const char *text, long long *seconds, int *microseconds) noexcept:
    """Read numbers with their units up to the end of a text; seconds, at the end, may have a fraction."""
    cdef long long number = 0, of_times = 0
    cdef int unit
    cdef bint has_time = False
    while True:
        if text[0] == c"T" and not has_time:
            has_time = True
            text += 1
        text = read_part(text, &number)
        if text == NULL:
            return False
        if text[0] == c"." and has_time:
            text = read_fraction(text + 1, microseconds, 6)
            if text == NULL or text[0] != c"S" or text[1] != 0:
                return False
        unit = seconds_of_unit(text[0], has_time)
        if unit == 0:
            return False
        seconds[0] += number * unit
        of_times += number * unit if has_time else 0
        if seconds[0] > MOST_SECONDS or of_times >= MOST_ISO_SECONDS:
            return False
        text += 1
        if text[0] == 0:
            return True


cdef int seconds_of_unit(char letter, bint is_time) noexcept:
    if is_time:
        return 1 if letter == c"S" else 60 if letter == c"M" else 3600 if letter == c"H" else 0
    if letter == c"D":
        return 86_400
    return 7 * 86_400 if letter == c"W" else 30 * 86_400 if letter == c"M" else 365 * 86_400 if letter == c"Y" else 0


cdef bint read_clock_duration(const char *text, long long *seconds, int *microseconds) noexcept:
    """Read `3 days, 4:05:06.789`, of which the days, the clock and the fraction may be missing."""
    cdef long long number = 0
    cdef const char *end = read_part(text, &number)
    cdef bint has_days = end != NULL and (end[0] == c"d" or (end[0] == c" " and end[1] == c"d"))
    if has_days:
        seconds[0] = 86_400 * number
        text = end + 1 if end[0] == c"d" else end + 2
        if text[0] == c"a" and text[1] == c"y":
            text += 3 if text[2] == c"s" else 2
        text += text[0] == c","
        text += text[0] == c" "
        if text[0] == 0:
            return True
        end = read_part(text, &number)
    if end == NULL or end[0] != c":" or (has_days and number > 23) or not is_sixty(end + 1):
        return False
    seconds[0] += 3600 * number + 60 * pair_of(end + 1)
    if end[3] == 0:
        return end - text > 1  # with a single digit, it may be minutes
    if end[3] != c":" or not is_sixty(end + 4):
        return False
    seconds[0] += pair_of(end + 4)
    end += 6
    if end[0] == c".":
        end = read_fraction(end + 1, microseconds, 0)
    return end != NULL and end[0] == 0


cdef const char *read_part(const char *text, long long *number) noexcept:
    """Read a number of a few digits; return where it ends, or NULL."""
    cdef Py_ssize_t count = 0
    number[0] = 0
    while is_digit(text[count]):
        if count == MOST_DIGITS:
            return NULL
        number[0] = 10 * number[0] + (text[count] - c"0")
        count += 1
    return text + count if count > 0 else NULL


cdef const char *read_fraction(const char *text, int *microseconds, int most) noexcept:
    """Read a fraction of a second of at most so many digits; 0 for any number, of which six count. Return its end, or NULL."""
    cdef int scale = 100_000, count = 0
    while is_digit(text[count]):
        microseconds[0] += scale * (text[count] - c"0")
        scale /= 10
        count += 1
    return text + count if count > 0 and (most == 0 or count <= most) else NULL


cdef inline bint is_sixty(const char *text) noexcept:
    """Whether there are two digits, of a number below sixty."""
    return c"0" <= text[0] <= c"5" and is_digit(text[1])
