# Keys of several identifiers, taken apart without the interpreter.

from libc.stdint cimport uint64_t

from ..capi cimport PyObject, data_of_text, kind_of_text, str_length, word_at


cdef inline Py_ssize_t count_joints(const char *key, Py_ssize_t length, Py_ssize_t *ends, Py_ssize_t most) noexcept nogil:
    """Return how often `__` stands in a key, thrice where there are four underscores; note where the first ones end.

    Eight characters are looked at together, which takes a third of the instructions.
    """
    cdef Py_ssize_t place = 0, count = 0, end
    cdef uint64_t word, marks, joints, before = 0, low_bits = 0x7F7F7F7F7F7F7F7F
    while place < length:
        word = word_at(key + place, length - place) ^ <uint64_t>0x5F5F5F5F5F5F5F5F
        # The top bit of each byte that is zero now: that was an underscore.
        marks = ~(((word & low_bits) + low_bits) | word | low_bits)
        joints = marks & ((marks << 8) | before)
        before = marks >> 56
        end = place
        while joints:
            end += 1
            if joints & 0x80:
                if count < most:
                    ends[count] = end
                count += 1
            joints >>= 8
        place += 8
    return count


cdef inline bint has_clear_parts(PyObject *key, Py_ssize_t count) noexcept nogil:
    """Whether a key of so many parts can be taken apart in one way only."""
    return count == 1 or (
        kind_of_text(key) == 1 and count_joints(<const char *>data_of_text(key), str_length(key), NULL, 0) == count - 1
    )
