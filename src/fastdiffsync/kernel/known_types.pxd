# Types whose values are compared by reading memory: each exact type has its comparator.
#
# The types of scalars are known to the compiler. The others are in a table: those of the standard library that many
# records have, once their modules have been imported. Enums need no entry: their members are single objects.


from .capi cimport PyObject, PyTypeObject, is_scalar, scalars_differ

cdef extern from *:
    """
    #include "datetime.h"

    enum {
        FDS_ASK, FDS_DATE, FDS_TIME, FDS_DATETIME, FDS_TIMEDELTA, FDS_SLOTS, FDS_ATTRIBUTES, FDS_DECIMAL, FDS_LIST, FDS_TUPLE, FDS_SET, FDS_DICT
    };
    #define FDS_TABLE_SIZE 64   /* a power of two, far above the number of types */
    #define FDS_MAX_NESTING 8

    typedef struct {
        PyTypeObject *cls;
        int comparator;
        Py_ssize_t first, second;   /* of FDS_SLOTS: where the values are that make the object; -1 for none */
        Py_ssize_t attribute, other_attribute;   /* of FDS_ATTRIBUTES: the same, in the object's `fds_inline_values` */
    } fds_known_type;

    /* A `decimal.Decimal` of the C implementation; whether it looks like this is tried before it is relied upon. */
    typedef struct {
        PyObject_HEAD
        Py_hash_t hash;
        uint8_t flags;
        Py_ssize_t exponent, digits, length, allocated;
        size_t *words;
    } fds_decimal;
    #define FDS_DECIMAL_SIGN 1
    #define FDS_DECIMAL_SPECIAL 14

    static inline size_t fds_type_place(PyTypeObject *cls) {
        return (((size_t)cls >> 4) * (size_t)0x9E3779B1) >> 8 & (FDS_TABLE_SIZE - 1);
    }

    static inline const fds_known_type *fds_find_type(const fds_known_type *table, PyTypeObject *cls) {
        size_t place = fds_type_place(cls);
        while (table[place].cls != cls) {
            if (table[place].cls == NULL) return NULL;
            place = (place + 1) & (FDS_TABLE_SIZE - 1);
        }
        return &table[place];
    }

    /* Whether instances of a class are members of an enum that has its equality from `object`, `str` or `int`. */
    static inline int fds_are_members(PyTypeObject *cls, PyTypeObject *enum_type) {
        return Py_TYPE(cls) == enum_type && (
            cls->tp_richcompare == PyBaseObject_Type.tp_richcompare
            || cls->tp_richcompare == PyUnicode_Type.tp_richcompare || cls->tp_richcompare == PyLong_Type.tp_richcompare
        );
    }

    /* Members are single objects. Two that are not one may still be equal as texts or numbers. */
    static inline int fds_members_differ(PyTypeObject *cls, PyObject *left, PyObject *right) {
        if (left == right) return 0;
        return cls->tp_richcompare == PyBaseObject_Type.tp_richcompare ? 1 : -1;
    }

    static int fds_values_differ_in(const fds_known_type *table, PyTypeObject *enum_type, PyObject *, PyObject *, int);

    /* Whether items of containers differ: unlike attributes, those that are one object are equal whatever they are. */
    static inline int fds_items_differ(
        const fds_known_type *table, PyTypeObject *enum_type, PyObject *left, PyObject *right, int depth
    ) {
        if (left == right) return 0;
        int outcome = fds_scalars_differ(left, right);
        return outcome < 0 ? fds_values_differ_in(table, enum_type, left, right, depth) : outcome;
    }

    static inline int fds_slots_differ(PyObject *left, PyObject *right, Py_ssize_t offset) {
        if (offset < 0) return 0;
        PyObject *value = fds_slot(left, offset), *other = fds_slot(right, offset);
        return value == other && value != NULL ? 0 : fds_scalars_differ(value, other);
    }

    /* Objects whose attributes are read where they lie; those that are seen not to be equal are left to Python. */
    static inline int fds_attributes_differ(
        const fds_known_type *table, PyTypeObject *enum_type, const fds_known_type *known, PyObject *left, PyObject *right,
        int depth
    ) {
        PyObject **values = fds_inline_values(left), **others = fds_inline_values(right);
        if (values == NULL || others == NULL) return -1;
        if (fds_slots_differ(left, right, known->first) || fds_slots_differ(left, right, known->second)) return -1;
        if (fds_values_differ_in(table, enum_type, values[known->attribute], others[known->attribute], depth)) return -1;
        if (known->other_attribute < 0) return 0;
        return -(fds_values_differ_in(
            table, enum_type, values[known->other_attribute], others[known->other_attribute], depth
        ) != 0);
    }

    static inline int fds_decimals_differ(PyObject *left, PyObject *right) {
        const fds_decimal *a = (fds_decimal *)left, *b = (fds_decimal *)right;
        if ((a->flags | b->flags) & FDS_DECIMAL_SPECIAL) return -1;
        if (((a->flags ^ b->flags) & FDS_DECIMAL_SIGN) || a->exponent != b->exponent || a->length != b->length)
            return -1;  /* 1.0 is 1, and -0 is 0 */
        return memcmp(a->words, b->words, (size_t)a->length * sizeof(size_t)) != 0;
    }

    static inline int fds_sequences_differ(
        const fds_known_type *table, PyTypeObject *enum_type, PyObject *const *items, PyObject *const *others,
        Py_ssize_t count, int depth
    ) {
        for (Py_ssize_t i = 0; i < count; i++)
            if (fds_items_differ(table, enum_type, items[i], others[i], depth)) return -1;
        return 0;
    }

    static inline int fds_dicts_differ(
        const fds_known_type *table, PyTypeObject *enum_type, PyObject *left, PyObject *right, int depth
    ) {
        Py_ssize_t position = 0, other_position = 0;
        PyObject *key, *other_key, *value, *other;
        if (PyDict_GET_SIZE(left) != PyDict_GET_SIZE(right)) return -1;
        while (PyDict_Next(left, &position, &key, &value)) {
            if (!PyDict_Next(right, &other_position, &other_key, &other)) return -1;
            /* Keys that are in another order are looked up by Python. */
            if (fds_items_differ(table, enum_type, key, other_key, depth)) return -1;
            if (fds_items_differ(table, enum_type, value, other, depth)) return -1;
        }
        return 0;
    }

    /* Every item of one set must be in the other, where it has the same hash; equal sets mostly have it at the same place. */
    static inline int fds_sets_differ(
        const fds_known_type *table, PyTypeObject *enum_type, PyObject *left, PyObject *right, int depth
    ) {
        PySetObject *a = (PySetObject *)left, *b = (PySetObject *)right;
        if (a->used != b->used) return -1;
        for (Py_ssize_t i = 0; i <= a->mask; i++) {
            setentry *entry = &a->table[i];
            if (entry->key == NULL || entry->hash == -1) continue;
            int is_found = 0;
            if (i <= b->mask && b->table[i].key != NULL && b->table[i].hash == entry->hash)
                is_found = !fds_items_differ(table, enum_type, entry->key, b->table[i].key, depth);
            if (!is_found && b->mask >= 64) return -1;
            for (Py_ssize_t j = 0; !is_found && j <= b->mask; j++)
                if (b->table[j].key != NULL && b->table[j].hash == entry->hash)
                    is_found = !fds_items_differ(table, enum_type, entry->key, b->table[j].key, depth);
            if (!is_found) return -1;
        }
        return 0;
    }

    /* As `fds_scalars_differ`, of values that are no scalars. Containers that may differ are left to Python. */
    static int fds_values_differ_in(
        const fds_known_type *table, PyTypeObject *enum_type, PyObject *left, PyObject *right, int depth
    ) {
        if (left == NULL || right == NULL || Py_TYPE(left) != Py_TYPE(right) || depth > FDS_MAX_NESTING) return -1;
        PyTypeObject *cls = Py_TYPE(left);
        const fds_known_type *known = fds_find_type(table, cls);
        if (known == NULL) return fds_are_members(cls, enum_type) ? fds_members_differ(cls, left, right) : -1;
        if (left == right && known->comparator >= FDS_LIST) return 0;
        switch (known->comparator) {
        case FDS_DATE:
            return memcmp(((PyDateTime_Date *)left)->data, ((PyDateTime_Date *)right)->data, _PyDateTime_DATE_DATASIZE) != 0;
        case FDS_TIMEDELTA: {
            PyDateTime_Delta *a = (PyDateTime_Delta *)left, *b = (PyDateTime_Delta *)right;
            return a->days != b->days || a->seconds != b->seconds || a->microseconds != b->microseconds;
        }
        case FDS_DATETIME: {
            /* With one zone for both, or none, the clock alone tells, and `fold` does not matter. */
            PyDateTime_DateTime *a = (PyDateTime_DateTime *)left, *b = (PyDateTime_DateTime *)right;
            if (a->hastzinfo != b->hastzinfo || (a->hastzinfo && a->tzinfo != b->tzinfo)) return -1;
            return memcmp(a->data, b->data, _PyDateTime_DATETIME_DATASIZE) != 0;
        }
        case FDS_TIME: {
            PyDateTime_Time *a = (PyDateTime_Time *)left, *b = (PyDateTime_Time *)right;
            if (a->hastzinfo != b->hastzinfo || (a->hastzinfo && a->tzinfo != b->tzinfo)) return -1;
            return memcmp(a->data, b->data, _PyDateTime_TIME_DATASIZE) != 0;
        }
        case FDS_SLOTS: {
            int outcome = fds_slots_differ(left, right, known->first);
            return outcome != 0 ? outcome : fds_slots_differ(left, right, known->second);
        }
        case FDS_ATTRIBUTES: return fds_attributes_differ(table, enum_type, known, left, right, depth + 1);
        case FDS_DECIMAL: return fds_decimals_differ(left, right);
        case FDS_LIST:
            if (PyList_GET_SIZE(left) != PyList_GET_SIZE(right)) return -1;
            return fds_sequences_differ(
                table, enum_type, ((PyListObject *)left)->ob_item, ((PyListObject *)right)->ob_item,
                PyList_GET_SIZE(left), depth + 1
            );
        case FDS_TUPLE:
            if (PyTuple_GET_SIZE(left) != PyTuple_GET_SIZE(right)) return -1;
            return fds_sequences_differ(
                table, enum_type, ((PyTupleObject *)left)->ob_item, ((PyTupleObject *)right)->ob_item,
                PyTuple_GET_SIZE(left), depth + 1
            );
        case FDS_SET: return fds_sets_differ(table, enum_type, left, right, depth + 1);
        case FDS_DICT: return fds_dicts_differ(table, enum_type, left, right, depth + 1);
        }
        return -1;
    }

    /* Whether a value is known to be plain data that can be shared: neither a container nor of a class of the user's. */
    static inline int fds_is_known_single(const fds_known_type *table, PyTypeObject *enum_type, PyObject *value) {
        const fds_known_type *known = fds_find_type(table, Py_TYPE(value));
        return known == NULL ? fds_are_members(Py_TYPE(value), enum_type) : known->comparator && known->comparator < FDS_LIST;
    }

    static inline int fds_is_finite_decimal(PyObject *value) {
        return (((fds_decimal *)value)->flags & FDS_DECIMAL_SPECIAL) == 0;
    }

    /* Whether a decimal, known to be -123.45, lies in memory as `fds_decimal` says. */
    static inline int fds_knows_decimals(PyObject *sample) {
        const fds_decimal *d = (fds_decimal *)sample;
        if ((size_t)Py_TYPE(sample)->tp_basicsize < sizeof(fds_decimal)) return 0;
        if ((d->flags & (FDS_DECIMAL_SIGN | FDS_DECIMAL_SPECIAL)) != FDS_DECIMAL_SIGN) return 0;
        return d->exponent == -2 && d->digits == 5 && d->length == 1 && d->words[0] == 12345;
    }
    """
    ctypedef struct KnownType "fds_known_type":
        PyTypeObject *cls
        int comparator
        Py_ssize_t first, second, attribute, other_attribute

    enum:
        ASK "FDS_ASK"
        DATE "FDS_DATE"
        TIME "FDS_TIME"
        DATETIME "FDS_DATETIME"
        TIMEDELTA "FDS_TIMEDELTA"
        SLOTS "FDS_SLOTS"
        ATTRIBUTES "FDS_ATTRIBUTES"
        DECIMAL "FDS_DECIMAL"
        LIST_OF "FDS_LIST"
        TUPLE_OF "FDS_TUPLE"
        SET_OF "FDS_SET"
        DICT_OF "FDS_DICT"
        TABLE_SIZE "FDS_TABLE_SIZE"

    size_t type_place "fds_type_place"(PyTypeObject *cls) nogil
    const KnownType *find_type "fds_find_type"(const KnownType *table, PyTypeObject *cls) nogil
    int values_differ_in "fds_values_differ_in"(
        const KnownType *table, PyTypeObject *enum_type, PyObject *left, PyObject *right, int depth
    ) nogil
    bint is_known_single "fds_is_known_single"(const KnownType *table, PyTypeObject *enum_type, PyObject *value) nogil
    bint knows_decimals "fds_knows_decimals"(PyObject *sample)
    bint is_finite_decimal "fds_is_finite_decimal"(PyObject *value)

# The table, and the class of all enum classes.
cdef KnownType *known_types
cdef PyTypeObject *enum_type

cdef int refresh_known_types() except -1
cdef object shallow_copy(object value)


cdef inline int values_differ(PyObject *left, PyObject *right) noexcept nogil:
    """Python's `!=` for values of known types: 1 they differ, 0 they do not, -1 Python must be asked. Reads memory only."""
    cdef int outcome = scalars_differ(left, right)
    return outcome if outcome >= 0 else values_differ_in(known_types, enum_type, left, right, 0)


cdef inline bint is_single(PyObject *value) noexcept nogil:
    """Whether a value is plain data that can be shared as it is: a scalar, or of a known type that is no container."""
    return is_scalar(value) or is_known_single(known_types, enum_type, value)
