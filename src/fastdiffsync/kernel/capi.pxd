# What both halves of the kernel need of the C-API: reading a Struct's fields as what they are, object slots.
#
# A field's `member_descriptor` carries the offset of its slot; msgspec's own structs are never mirrored.

from libc.stdint cimport uint64_t

# What cpython.object declares is declared here as well: it cimports much else, which is read anew for every module and is a
# twentieth of the build.
cdef extern from "Python.h":
    ctypedef struct PyObject:
        pass

    ctypedef struct PyTypeObject:
        pass


cdef extern from *:
    """
    #include "structmember.h"
    #if PY_VERSION_HEX < 0x030B0000
    #include "longintrepr.h"
    #endif

    #ifndef Py_T_OBJECT_EX
    #define Py_T_OBJECT_EX T_OBJECT_EX
    #endif

    /* The offset of the slot that a member descriptor reads, or -1 if it is anything but a plain object slot. */
    static inline Py_ssize_t fds_slot_offset(PyObject *descriptor) {
        if (!Py_IS_TYPE(descriptor, &PyMemberDescr_Type)) return -1;
        PyMemberDef *member = ((PyMemberDescrObject *)descriptor)->d_member;
        return member->type == Py_T_OBJECT_EX ? member->offset : -1;
    }

    /* An instance whose slots are all empty; its type's own allocator, as `object.__new__` would call it. */
    static inline PyObject *fds_new_instance(PyObject *cls) {
        return ((PyTypeObject *)cls)->tp_alloc((PyTypeObject *)cls, 0);
    }

    /* An instance of a class that has a dict, as `object.__new__` makes it: from 3.11 on there is none before it is asked for. */
    static inline PyObject *fds_new_object(PyObject *cls, PyObject *no_arguments) {
        return PyBaseObject_Type.tp_new((PyTypeObject *)cls, no_arguments, NULL);
    }

    static inline PyObject *fds_slot(PyObject *object, Py_ssize_t offset) {
        return *(PyObject **)((char *)object + offset);
    }

    /* Store a value in a slot, as the member descriptor would; track the record if the value can be part of a cycle. */
    static inline void fds_set_slot(PyObject *object, Py_ssize_t offset, PyObject *value) {
        PyObject **slot = (PyObject **)((char *)object + offset);
        PyObject *old = *slot;
        Py_INCREF(value);
        *slot = value;
        Py_XDECREF(old);
        if (PyObject_IS_GC(value) && PyObject_IS_GC(object) && !PyObject_GC_IsTracked(object)) PyObject_GC_Track(object);
    }

    /* Store a value that no cycle goes through: a status, a key, or the adapter of a record that RecordData answers for. */
    static inline void fds_set_slot_quietly(PyObject *object, Py_ssize_t offset, PyObject *value) {
        PyObject **slot = (PyObject **)((char *)object + offset);
        PyObject *old = *slot;
        Py_INCREF(value);
        *slot = value;
        Py_XDECREF(old);
    }

    /* The dict of a record's private and other attributes that are no fields; NULL if nobody has asked for it yet. */
    static inline PyObject *fds_instance_dict(PyObject *object) {
        PyObject **place = _PyObject_GetDictPtr(object);
        return place == NULL ? NULL : *place;
    }

    /* Where an object of a class written in Python has its attributes' values, as many as have been assigned by name, in the
       order in which the class's objects were first given them; NULL if it has them in a dict. This only reads memory: what
       CPython offers would make the dict. */
    static inline PyObject **fds_inline_values(PyObject *object) {
    #if PY_VERSION_HEX >= 0x030D0000
        typedef struct { uint8_t capacity, size, embedded, valid; PyObject *values[1]; } inline_values;
        inline_values *held = (inline_values *)((char *)object + Py_TYPE(object)->tp_basicsize);
        if (!(Py_TYPE(object)->tp_flags & Py_TPFLAGS_INLINE_VALUES)) return NULL;
        return held->valid ? held->values : NULL;
    #elif PY_VERSION_HEX >= 0x030C0000
        if (!(Py_TYPE(object)->tp_flags & Py_TPFLAGS_MANAGED_DICT)) return NULL;
        uintptr_t held = ((uintptr_t *)object)[-3];   /* values have the last bit set, and lie a byte further */
        return (held & 1) ? (PyObject **)(held + 1) : NULL;
    #elif PY_VERSION_HEX >= 0x030B0000
        if (!(Py_TYPE(object)->tp_flags & Py_TPFLAGS_MANAGED_DICT)) return NULL;
        return ((PyObject ***)object)[-4];
    #else
        return NULL;
    #endif
    }

    static inline int fds_is_exact_str(PyObject *object) {
    #if PY_VERSION_HEX >= 0x030C0000
        return PyUnicode_CheckExact(object);
    #else
        return PyUnicode_CheckExact(object) && PyUnicode_IS_READY(object);
    #endif
    }

    /* Equality of two blocks of memory. Most strings are short, and calling `memcmp` would take longer than comparing. */
    static inline int fds_same_bytes(const char *left, const char *right, size_t size) {
        uint64_t a, b;
        uint32_t c, d;
        if (size > 64) return memcmp(left, right, size) == 0;
        if (size < 4) {
            for (; size > 0; size--)
                if (left[size - 1] != right[size - 1]) return 0;
            return 1;
        }
        if (size < 8) {  /* the first four bytes and the last four, which may be some of the same */
            memcpy(&c, left, 4);
            memcpy(&d, right, 4);
            if (c != d) return 0;
            memcpy(&c, left + size - 4, 4);
            memcpy(&d, right + size - 4, 4);
            return c == d;
        }
        const char *last = left + size - 8, *other_last = right + size - 8;
        for (; left < last; left += 8, right += 8) {
            memcpy(&a, left, 8);
            memcpy(&b, right, 8);
            if (a != b) return 0;
        }
        memcpy(&a, last, 8);
        memcpy(&b, other_last, 8);
        return a == b;
    }

    /* Up to eight bytes as one number, the first byte the lowest, and zeros for those that are not there. */
    static inline uint64_t fds_word_at(const char *data, Py_ssize_t left) {
        uint64_t word = 0;
    #if PY_LITTLE_ENDIAN
        if (left >= 8) {
            memcpy(&word, data, 8);
            return word;
        }
    #endif
        for (int i = 0; i < left && i < 8; i++) word |= (uint64_t)(unsigned char)data[i] << (8 * i);
        return word;
    }

    /* Equality of two exact, ready strings, without calling into Python. Most are ASCII, whose characters lie in one place:
       to ask for that first takes a tenth of a diff's instructions less. */
    static inline int fds_same_str(PyObject *left, PyObject *right) {
        if (left == right) return 1;
        Py_ssize_t length = PyUnicode_GET_LENGTH(left);
        if (length != PyUnicode_GET_LENGTH(right)) return 0;
        if (PyUnicode_IS_COMPACT_ASCII(left) && PyUnicode_IS_COMPACT_ASCII(right))
            return fds_same_bytes(
                (const char *)((PyASCIIObject *)left + 1), (const char *)((PyASCIIObject *)right + 1), (size_t)length
            );
        int kind = (int)PyUnicode_KIND(left);
        if (kind != (int)PyUnicode_KIND(right)) return 0;
        return fds_same_bytes((char *)PyUnicode_DATA(left), (char *)PyUnicode_DATA(right), (size_t)length * kind);
    }

    /* The hash of an exact string, -1 if it has not been hashed; reading it changes nothing. */
    static inline Py_hash_t fds_known_hash(PyObject *text) { return ((PyASCIIObject *)text)->hash; }

    /* Whether two exact strings differ for certain, because both have been hashed, as keys of dicts have, and the hashes
       differ. */
    static inline int fds_have_other_hashes(PyObject *left, PyObject *right) {
        Py_hash_t hash = fds_known_hash(left), other_hash = fds_known_hash(right);
        return hash != other_hash && hash != -1 && other_hash != -1;
    }

    /* Equality of two exact ints: sign and length, then digits. CPython keeps ints normalised. From 3.12 on both are in
       one word, whose third bit says nothing of the value: 3.14 sets it in its small ints. */
    static inline int fds_same_int(PyObject *left, PyObject *right) {
        PyLongObject *a = (PyLongObject *)left, *b = (PyLongObject *)right;
    #if PY_VERSION_HEX >= 0x030C0000
        uintptr_t tag = a->long_value.lv_tag;
        if (((tag ^ b->long_value.lv_tag) & ~(uintptr_t)4) != 0) return 0;
        size_t count = tag >> 3;
        const digit *digits = a->long_value.ob_digit, *other_digits = b->long_value.ob_digit;
    #else
        if (Py_SIZE(a) != Py_SIZE(b)) return 0;
        size_t count = (size_t)Py_ABS(Py_SIZE(a));
        const digit *digits = a->ob_digit, *other_digits = b->ob_digit;
    #endif
        return fds_same_bytes((const char *)digits, (const char *)other_digits, count * sizeof(digit));
    }

    /* A text of ASCII. Of each single character Python has one text. */
    static inline PyObject *fds_ascii_text(const char *text, Py_ssize_t length) {
        if (length < 2) return PyUnicode_DecodeLatin1(text, length, NULL);
        PyObject *made = PyUnicode_New(length, 127);
        if (made != NULL) memcpy(PyUnicode_1BYTE_DATA(made), text, (size_t)length);
        return made;
    }

    /* The two halves of an exact int of at most 128 bits that is not negative; 0 for any other. */
    static inline int fds_int_words(PyObject *value, uint64_t *high, uint64_t *low) {
        PyLongObject *number = (PyLongObject *)value;
    #if PY_VERSION_HEX >= 0x030C0000
        uintptr_t tag = number->long_value.lv_tag;
        if ((tag & 3) == 2) return 0;
        size_t count = tag >> 3;
        const digit *digits = number->long_value.ob_digit;
    #else
        if (Py_SIZE(number) < 0) return 0;
        size_t count = (size_t)Py_SIZE(number);
        const digit *digits = number->ob_digit;
    #endif
        *high = *low = 0;
        while (count-- > 0) {
            if (*high >> (64 - PyLong_SHIFT)) return 0;
            *high = *high << PyLong_SHIFT | *low >> (64 - PyLong_SHIFT);
            *low = *low << PyLong_SHIFT | digits[count];
        }
        return 1;
    }

    #define FDS_IS_NUMBER(type) ((type) == &PyLong_Type || (type) == &PyBool_Type || (type) == &PyFloat_Type)
    #define FDS_IS_SCALAR(type) \
        ((type) == &PyUnicode_Type || FDS_IS_NUMBER(type) || (type) == Py_TYPE(Py_None) || (type) == &PyBytes_Type)

    static inline int fds_is_scalar(PyObject *value) { return FDS_IS_SCALAR(Py_TYPE(value)); }

    /* Python's `!=` for exact scalars: 1 they differ, 0 they do not, -1 Python must be asked. Reads memory only: no
       call, no reference count, so that it may run on any thread while one thread holds the interpreter lock. */
    static inline int fds_scalars_differ(PyObject *left, PyObject *right) {
        if (left == NULL || right == NULL) return -1;
        PyTypeObject *type = Py_TYPE(left);
        if (type == Py_TYPE(right)) {
            if (type == &PyUnicode_Type) {
                if (left == right) return 0;
                if (!fds_is_exact_str(left) || !fds_is_exact_str(right)) return -1;
                return !fds_same_str(left, right);
            }
            if (type == &PyLong_Type) return left != right && !fds_same_int(left, right);
            if (type == &PyBool_Type || left == Py_None) return left != right;
            if (type == &PyFloat_Type) return PyFloat_AS_DOUBLE(left) != PyFloat_AS_DOUBLE(right);
            if (type == &PyBytes_Type)
                return PyBytes_GET_SIZE(left) != PyBytes_GET_SIZE(right)
                    || memcmp(PyBytes_AS_STRING(left), PyBytes_AS_STRING(right), (size_t)PyBytes_GET_SIZE(left)) != 0;
            return -1;
        }
        /* None differs from every other scalar; numbers of different types may be equal, bytes and str may warn. */
        if (left == Py_None) return FDS_IS_SCALAR(Py_TYPE(right)) ? 1 : -1;
        if (right == Py_None) return FDS_IS_SCALAR(type) ? 1 : -1;
        return -1;
    }

    /* References that threads may add at once to a record which several parents list, or to a value of several records,
       while one of them holds the interpreter lock. Those of immortal objects are not counted. A Python without the lock
       counts in a way of its own, which wants the calling thread; no other walks there. */
    #if PY_VERSION_HEX >= 0x030C0000
    #define FDS_IS_COUNTED(object) (!_Py_IsImmortal(object))
    #else
    #define FDS_IS_COUNTED(object) 1
    #endif
    #if defined(Py_GIL_DISABLED)
    #define FDS_ADD_REFERENCE(object) Py_INCREF(object)
    #define FDS_DROP_REFERENCE(object) Py_DECREF(object)
    #elif defined(_MSC_VER)
    #include <intrin.h>
    #if defined(_WIN64) && PY_VERSION_HEX < 0x030E0000  /* 3.14 counts in 32 bits, and keeps flags beside them */
    #define FDS_COUNT_UP(count) ((void)_InterlockedIncrement64((volatile __int64 *)(count)))
    #define FDS_COUNT_DOWN(count) ((void)_InterlockedDecrement64((volatile __int64 *)(count)))
    #else
    #define FDS_COUNT_UP(count) ((void)_InterlockedIncrement((volatile long *)(count)))
    #define FDS_COUNT_DOWN(count) ((void)_InterlockedDecrement((volatile long *)(count)))
    #endif
    #else
    #define FDS_COUNT_UP(count) ((void)__atomic_fetch_add(count, 1, __ATOMIC_RELAXED))
    #define FDS_COUNT_DOWN(count) ((void)__atomic_fetch_sub(count, 1, __ATOMIC_RELAXED))
    #endif
    #ifndef FDS_ADD_REFERENCE
    static inline void fds_add_reference(PyObject *object) {
        if (FDS_IS_COUNTED(object)) FDS_COUNT_UP(&object->ob_refcnt);
    }
    static inline void fds_drop_reference(PyObject *object) {
        if (FDS_IS_COUNTED(object)) FDS_COUNT_DOWN(&object->ob_refcnt);
    }
    #define FDS_ADD_REFERENCE fds_add_reference
    #define FDS_DROP_REFERENCE fds_drop_reference
    #endif

    /* Whether Ctrl-C has come and its handler has not run yet. Looking at that is safe anywhere; the handler, which
       `PyErr_CheckSignals` calls, may do anything to the data. */
    static inline int fds_is_interrupted(void) {
        if (!PyOS_InterruptOccurred()) return 0;
        PyErr_SetInterrupt();
        return 1;
    }

    /* What tells one state of a class from all others, and from those of all other classes; 0 where there is no telling. */
    static inline unsigned int fds_version_of(PyTypeObject *cls) {
    #if PY_VERSION_HEX >= 0x030B0000
        return cls->tp_version_tag;
    #else
        return 0;
    #endif
    }

    /* Return a new object of a class, owned, made by the class below it, whose `__init__` has not run. */
    static inline PyObject *fds_make_instance(PyObject *cls) {
        static PyObject *nothing;
        if (nothing == NULL && (nothing = PyTuple_New(0)) == NULL) return NULL;
        return ((PyTypeObject *)cls)->tp_base->tp_new((PyTypeObject *)cls, nothing, NULL);
    }

    #if defined(__GNUC__) || defined(__clang__)
    #define FDS_PREFETCH(address) __builtin_prefetch(address)
    #else
    #define FDS_PREFETCH(address) ((void)(address))
    #endif
    """
    object new_instance "fds_new_instance"(object cls)
    object new_object "fds_new_object"(object cls, tuple no_arguments)
    bint is_scalar "fds_is_scalar"(PyObject *value) nogil
    int scalars_differ "fds_scalars_differ"(PyObject *left, PyObject *right) nogil
    void add_reference "FDS_ADD_REFERENCE"(PyObject *object) nogil
    void drop_reference "FDS_DROP_REFERENCE"(PyObject *object) nogil
    void prefetch "FDS_PREFETCH"(void *address) nogil
    Py_ssize_t slot_offset "fds_slot_offset"(object descriptor)
    PyObject *slot "fds_slot"(PyObject *record, Py_ssize_t offset) nogil
    void set_slot "fds_set_slot"(PyObject *record, Py_ssize_t offset, object value)
    void set_slot_quietly "fds_set_slot_quietly"(PyObject *record, Py_ssize_t offset, object value)
    PyObject *instance_dict "fds_instance_dict"(object record)
    bint is_exact_str "fds_is_exact_str"(PyObject *value) nogil
    Py_ssize_t str_length "PyUnicode_GET_LENGTH"(PyObject *value) nogil
    Py_hash_t known_hash "fds_known_hash"(PyObject *text) nogil
    bint have_other_hashes "fds_have_other_hashes"(PyObject *left, PyObject *right) nogil
    PyObject **inline_values "fds_inline_values"(PyObject *value) nogil
    bint same_str "fds_same_str"(PyObject *left, PyObject *right) nogil
    bint int_words "fds_int_words"(PyObject *value, uint64_t *high, uint64_t *low) nogil
    uint64_t word_at "fds_word_at"(const char *data, Py_ssize_t left) nogil
    bint is_interrupted "fds_is_interrupted"()
    unsigned int version_of "fds_version_of"(PyTypeObject *cls)
    object make_instance "fds_make_instance"(object cls)

# The functions of CPython's C-API that the kernel calls, each declared once. All take and return pointers: references are
# counted where the code says so. Those that say `nogil` only read memory.
cdef extern from "Python.h":
    ctypedef struct PyListObject:
        PyObject **ob_item

    PyObject *NONE "Py_None"

    PyTypeObject *class_of "Py_TYPE"(PyObject *value) nogil
    PyObject *find_in_type "_PyType_Lookup"(PyTypeObject *cls, object name)
    void Py_INCREF(PyObject *value)
    void Py_DECREF(PyObject *value)
    void Py_XDECREF(PyObject *value)

    bint PyDict_Check(PyObject *value) nogil
    bint PyDict_CheckExact(PyObject *value) nogil
    Py_ssize_t PyDict_GET_SIZE(PyObject *mapping) nogil
    int PyDict_Next(PyObject *mapping, Py_ssize_t *position, PyObject **key, PyObject **value) nogil
    PyObject *PyDict_GetItemWithError(PyObject *mapping, PyObject *key) except? NULL
    int PyDict_DelItem(PyObject *mapping, PyObject *key) except -1
    PyObject *PyDict_SetDefault(PyObject *mapping, PyObject *key, PyObject *value) except NULL

    list PyList_New(Py_ssize_t size)
    bint PyList_CheckExact(PyObject *value) nogil
    Py_ssize_t PyList_GET_SIZE(PyObject *values) nogil
    PyObject *PyList_GET_ITEM(PyObject *values, Py_ssize_t index) nogil
    void PyList_SET_ITEM(PyObject *values, Py_ssize_t index, PyObject *value)
    int PyList_Append(PyObject *values, PyObject *value) except -1

    tuple PyTuple_New(Py_ssize_t size)
    Py_ssize_t PyTuple_GET_SIZE(PyObject *values) nogil
    PyObject *PyTuple_GET_ITEM(PyObject *values, Py_ssize_t index) nogil
    void PyTuple_SET_ITEM(PyObject *values, Py_ssize_t index, PyObject *value)

    bint PyTuple_CheckExact(PyObject *value) nogil

    bint is_ascii "PyUnicode_IS_COMPACT_ASCII"(PyObject *text) nogil
    int kind_of_text "PyUnicode_KIND"(PyObject *text) nogil
    void *data_of_text "PyUnicode_DATA"(PyObject *text) nogil

    int PyObject_GenericSetAttr(object value, object name, object attribute) except -1
    PyObject *PyIter_Next(PyObject *iterator) except? NULL
    unsigned long long low_word_of "PyLong_AsUnsignedLongLongMask"(object value) except? 0xFFFFFFFFFFFFFFFF
    long long long_long_of "PyLong_AsLongLongAndOverflow"(object value, int *overflow) except? -1
    object ascii_text "fds_ascii_text"(const char *text, Py_ssize_t length)
    object PyLong_FromString(const char *text, char **end, int base)
    double PyOS_string_to_double(const char *text, char **end, PyObject *overflow) except? -1.0

    object PyWeakref_NewRef(object referent, PyObject *callback)

    bint is_collected "PyObject_IS_GC"(PyObject *value) nogil
    bint PyObject_GC_IsTracked(PyObject *value) nogil
    void PyObject_GC_Track(PyObject *value)
    void PyObject_GC_UnTrack(PyObject *value)

    int PyErr_CheckSignals() except -1

# How many steps of a long run pass before signals are looked at: a fraction of a millisecond.
cdef enum:
    STEPS_BETWEEN_SIGNALS = 1024


cdef inline int heed_signals(Py_ssize_t step) except -1:
    """Let handlers of signals run, that of Ctrl-C among them, at some of the steps of a long run.

    It is for where any code of a user's may run: what has been read must be read again.
    """
    if step % STEPS_BETWEEN_SIGNALS == 0:
        PyErr_CheckSignals()
    return 0
