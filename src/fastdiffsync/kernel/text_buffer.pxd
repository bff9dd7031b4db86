# Text that is put together piece by piece: JSON, and what `str()` shows. It is UTF-8 on the way, and becomes a str at the end.
#
# Most of what is written are short texts of ASCII and small ints, for which the calls that make a str of each, and join them,
# are most of the work.

from .capi cimport PyObject

cdef extern from *:
    """
    #define FDS_ROOM 1024

    /* What has been written, in `room`, or in memory of its own where that is too small. */
    typedef struct {
        char *data;
        Py_ssize_t length, capacity;
        char room[FDS_ROOM];
    } fds_text;

    static inline void fds_begin_text(fds_text *text) {
        text->data = text->room;
        text->length = 0;
        text->capacity = FDS_ROOM;
    }

    static inline void fds_end_text(fds_text *text) {
        if (text->data != text->room) PyMem_Free(text->data);
        text->data = text->room;
    }

    static int fds_grow_text(fds_text *text, Py_ssize_t count) {
        if (count > PY_SSIZE_T_MAX / 2 - text->length) {
            PyErr_NoMemory();
            return -1;
        }
        Py_ssize_t capacity = text->length + count + text->capacity;
        char *data = (char *)PyMem_Realloc(text->data == text->room ? NULL : text->data, (size_t)capacity);
        if (data == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        if (text->data == text->room) memcpy(data, text->room, (size_t)text->length);
        text->data = data;
        text->capacity = capacity;
        return 0;
    }

    /* Make sure that so many more characters may be written. */
    static inline int fds_have_room(fds_text *text, Py_ssize_t count) {
        return count <= text->capacity - text->length ? 0 : fds_grow_text(text, count);
    }

    static inline int fds_put(fds_text *text, const char *data, Py_ssize_t count) {
        if (fds_have_room(text, count) < 0) return -1;
        memcpy(text->data + text->length, data, (size_t)count);
        text->length += count;
        return 0;
    }

    static inline int fds_put_character(fds_text *text, char character) {
        if (fds_have_room(text, 1) < 0) return -1;
        text->data[text->length++] = character;
        return 0;
    }

    static int fds_put_spaces(fds_text *text, Py_ssize_t count) {
        if (count <= 0) return 0;
        if (fds_have_room(text, count) < 0) return -1;
        memset(text->data + text->length, ' ', (size_t)count);
        text->length += count;
        return 0;
    }

    #define FDS_EACH(byte) ((uint64_t)0x0101010101010101 * (byte))
    #define FDS_HAS_ZERO(word) (((word) - FDS_EACH(1)) & ~(word) & FDS_EACH(0x80))

    /* Whether one of eight ASCII characters is a control character, `quote` or a backslash. */
    static inline int fds_are_special(uint64_t word, char quote) {
        return (((word - FDS_EACH(0x20)) & FDS_EACH(0x80)) | FDS_HAS_ZERO(word ^ FDS_EACH((unsigned char)quote))
                | FDS_HAS_ZERO(word ^ FDS_EACH('\\\\'))) != 0;
    }

    /* Write an exact str of ASCII between quotes, if it has no character that would be written otherwise than as it is;
       1 if it has been written, 0 if not, -1 for an error. DEL is such a character for `repr`, but not in JSON. */
    static int fds_put_quoted(fds_text *text, PyObject *value, char quote, int is_repr) {
        if (!PyUnicode_IS_COMPACT_ASCII(value)) return 0;
        const char *data = (const char *)PyUnicode_DATA(value);
        Py_ssize_t i = 0, count = PyUnicode_GET_LENGTH(value);
        for (; i + 8 <= count; i += 8) {
            uint64_t word;
            memcpy(&word, data + i, 8);
            if (fds_are_special(word, quote)) return 0;
            if (is_repr && FDS_HAS_ZERO(word ^ FDS_EACH(0x7F))) return 0;
        }
        for (; i < count; i++)
            if (data[i] < 0x20 || data[i] == quote || data[i] == '\\\\' || (is_repr && data[i] == 0x7F)) return 0;
        if (fds_have_room(text, count + 2) < 0) return -1;
        char *place = text->data + text->length;
        *place++ = quote;
        memcpy(place, data, (size_t)count);
        place[count] = quote;
        text->length += count + 2;
        return 1;
    }

    /* Write an exact str as JSON, with escapes as msgspec has them; -1 if it is no text, or for another error. */
    static int fds_put_escaped(fds_text *text, PyObject *value) {
        PyObject *encoded = PyUnicode_AsUTF8String(value);
        if (encoded == NULL) return -1;
        const unsigned char *data = (const unsigned char *)PyBytes_AS_STRING(encoded);
        Py_ssize_t count = PyBytes_GET_SIZE(encoded);
        if (count > PY_SSIZE_T_MAX / 8 || fds_have_room(text, 6 * count + 2) < 0) {
            if (!PyErr_Occurred()) PyErr_NoMemory();
            Py_DECREF(encoded);
            return -1;
        }
        const char *letters = "--------btn-fr------------------";
        char *place = text->data + text->length;
        *place++ = '"';
        for (Py_ssize_t i = 0; i < count; i++) {
            unsigned char byte = data[i];
            if (byte >= 0x20 && byte != '"' && byte != '\\\\') {
                *place++ = (char)byte;
                continue;
            }
            *place++ = '\\\\';
            if (byte >= 0x20) *place++ = (char)byte;
            else if (letters[byte] != '-') *place++ = letters[byte];
            else {
                memcpy(place, "u00", 3);
                place[3] = (char)('0' + (byte >> 4));
                place[4] = "0123456789abcdef"[byte & 15];
                place += 5;
            }
        }
        *place++ = '"';
        text->length = place - text->data;
        Py_DECREF(encoded);
        return 1;
    }

    /* Write an exact int; 1 if it has been written, 0 if it is too large for it, -1 for an error. */
    static int fds_put_int(fds_text *text, PyObject *value) {
        char digits[24];
        int place = sizeof(digits), overflow;
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (overflow) return 0;
        if (number == -1 && PyErr_Occurred()) return -1;
        unsigned long long rest = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
        do {
            digits[--place] = (char)('0' + rest % 10);
            rest /= 10;
        } while (rest > 0);
        if (number < 0) digits[--place] = '-';
        return fds_put(text, digits + place, (Py_ssize_t)sizeof(digits) - place) < 0 ? -1 : 1;
    }

    #define FDS_PUT_LITERAL(text, literal) (fds_put(text, literal, sizeof(literal) - 1) < 0 ? -1 : 1)

    /* Write a value as JSON if it is of exactly the type str, int, bool or None; 1 if it has been written, 0 if it is not, or
       too large for it, -1 for an error. */
    static int fds_put_json_scalar(fds_text *text, PyObject *value) {
        if (PyUnicode_CheckExact(value)) {
            int outcome = fds_put_quoted(text, value, '"', 0);
            return outcome == 0 ? fds_put_escaped(text, value) : outcome;
        }
        if (PyLong_CheckExact(value)) return fds_put_int(text, value);
        if (value == Py_True) return FDS_PUT_LITERAL(text, "true");
        if (value == Py_False) return FDS_PUT_LITERAL(text, "false");
        return value == Py_None ? FDS_PUT_LITERAL(text, "null") : 0;
    }

    /* The same as `repr` writes it, but for texts that it does not write just as they are. */
    static int fds_put_repr_scalar(fds_text *text, PyObject *value) {
        if (PyUnicode_CheckExact(value)) return fds_put_quoted(text, value, '\\'', 1);
        if (PyLong_CheckExact(value)) return fds_put_int(text, value);
        if (value == Py_True) return FDS_PUT_LITERAL(text, "True");
        if (value == Py_False) return FDS_PUT_LITERAL(text, "False");
        return value == Py_None ? FDS_PUT_LITERAL(text, "None") : 0;
    }

    /* Write a str. What is no text, half of a surrogate pair, is passed on as it is. */
    static int fds_put_str(fds_text *text, PyObject *value) {
        if (PyUnicode_IS_COMPACT_ASCII(value))
            return fds_put(text, (const char *)PyUnicode_DATA(value), PyUnicode_GET_LENGTH(value));
        PyObject *encoded = PyUnicode_AsEncodedString(value, "utf-8", "surrogatepass");
        if (encoded == NULL) return -1;
        int outcome = fds_put(text, PyBytes_AS_STRING(encoded), PyBytes_GET_SIZE(encoded));
        Py_DECREF(encoded);
        return outcome;
    }

    static inline PyObject *fds_text_as_str(const fds_text *text) {
        return PyUnicode_DecodeUTF8(text->data, text->length, "surrogatepass");
    }

    static inline PyObject *fds_text_as_bytes(const fds_text *text) {
        return PyBytes_FromStringAndSize(text->data, text->length);
    }
    """
    ctypedef struct Text "fds_text":
        Py_ssize_t length

    # Between these two calls a text may be written to; the second is due whatever has happened.
    void begin_text "fds_begin_text"(Text *text)
    void end_text "fds_end_text"(Text *text)

    int put "fds_put"(Text *text, const char *data, Py_ssize_t count) except -1
    int put_character "fds_put_character"(Text *text, char character) except -1
    int put_spaces "fds_put_spaces"(Text *text, Py_ssize_t count) except -1
    int put_str "fds_put_str"(Text *text, PyObject *value) except -1
    int put_json_scalar "fds_put_json_scalar"(Text *text, PyObject *value) except -1
    int put_repr_scalar "fds_put_repr_scalar"(Text *text, PyObject *value) except -1

    str text_as_str "fds_text_as_str"(const Text *text)
    bytes text_as_bytes "fds_text_as_bytes"(const Text *text)
