# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""What a schema says about a model class, in the form that C reads, and the unique id that it gives a record.

Without a twin: the kernel in Python does this where it needs it.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uintptr_t

from .capi cimport NONE, PyObject, is_exact_str, slot, slot_offset
from .conversions cimport conversion_of
from .key_texts cimport key_text, learn_text_types

from ..enum import DiffSyncModelFlags
from ..schema import find_in_mro, is_model_class, schema_of
from .checks import check_record
from .constants import INSTANCE_OVERRIDES

cdef extern from *:
    """
    static inline void fds_join_ascii(PyObject **parts, Py_ssize_t count, char *text) {
        for (Py_ssize_t i = 0; i < count; i++) {
            if (i > 0) {
                *text++ = '_';
                *text++ = '_';
            }
            memcpy(text, PyUnicode_1BYTE_DATA(parts[i]), (size_t)PyUnicode_GET_LENGTH(parts[i]));
            text += PyUnicode_GET_LENGTH(parts[i]);
        }
    }

    /* The unique id of exact strings: the parts joined by "__", written into one new string. */
    static PyObject *fds_join_key(PyObject **parts, Py_ssize_t count) {
        Py_ssize_t length = 2 * (count - 1), position = 0;
        Py_UCS4 largest = 127;
        for (Py_ssize_t i = 0; i < count; i++) {
            length += PyUnicode_GET_LENGTH(parts[i]);
            Py_UCS4 of_part = PyUnicode_MAX_CHAR_VALUE(parts[i]);
            if (of_part > largest) largest = of_part;
        }
        PyObject *key = PyUnicode_New(length, largest);
        if (key == NULL) return NULL;
        if (largest == 127) {
            fds_join_ascii(parts, count, (char *)PyUnicode_1BYTE_DATA(key));
            return key;
        }
        for (Py_ssize_t i = 0; i < count; i++) {
            if (i > 0) {
                PyUnicode_WRITE(PyUnicode_KIND(key), PyUnicode_DATA(key), position, '_');
                PyUnicode_WRITE(PyUnicode_KIND(key), PyUnicode_DATA(key), position + 1, '_');
                position += 2;
            }
            Py_ssize_t part_length = PyUnicode_GET_LENGTH(parts[i]);
            if (PyUnicode_KIND(parts[i]) == PyUnicode_KIND(key))
                memcpy((char *)PyUnicode_DATA(key) + position * PyUnicode_KIND(key), PyUnicode_DATA(parts[i]),
                       (size_t)part_length * PyUnicode_KIND(key));
            else if (PyUnicode_CopyCharacters(key, position, parts[i], 0, part_length) < 0) {
                Py_DECREF(key);
                return NULL;
            }
            position += part_length;
        }
        return key;
    }
    """
    object join_key "fds_join_key"(PyObject **parts, Py_ssize_t count)

cdef enum:
    CACHE_SIZE = 64

cdef struct CacheEntry:
    PyObject *cls
    PyObject *plan

# Both pointers are borrowed: a plan lives as long as its class's schema, and clears its entry when it goes.
cdef CacheEntry[CACHE_SIZE] cache

NO_FLAGS = <PyObject *>DiffSyncModelFlags.NONE
OVERRIDES = <PyObject *>INSTANCE_OVERRIDES
adapter_offset = -1


cdef class Plan:
    """What a schema says about a class, with offsets in place of names."""

    def __cinit__(self, schema):
        cls = schema.cls
        self.schema = schema
        self.modelname = schema.modelname
        has_few_parts = len(schema.identifiers) <= MAX_PARTS
        self.knows_type = schema.knows_type
        self.knows_dict = schema.knows_dict
        self.knows_text = schema.knows_text
        self.knows_unique_id = schema.knows_unique_id and has_few_parts
        self.knows_identifiers = schema.knows_identifiers
        self.knows_attributes = schema.knows_attributes
        self.knows_shortname = schema.knows_shortname
        self.knows_children = schema.knows_children and type(schema.children) is dict
        self.knows_status = schema.knows_status
        self.children = schema.children if self.knows_children else {}
        self.reads_fields = schema.reads_fields
        self.computes_key = schema.computes_key and has_few_parts
        self.is_named_by_unique_id = schema.is_named_by_unique_id
        self.key_is_name = schema.key_is_name and has_few_parts
        self.has_telling_key = schema.has_telling_key and has_few_parts
        self.has_telling_identifiers = schema.has_telling_identifiers
        self.is_plain = schema.is_plain and has_few_parts and self.knows_children
        self.constructs_directly = schema.constructs_directly
        self.assigns_directly = schema.assigns_directly
        self.links_directly = schema.links_directly and self.knows_children
        self.may_be_marked = schema.may_be_marked and has_few_parts
        self.stores_directly = schema.stores_directly and has_few_parts
        self.changes_directly = schema.changes_directly and has_few_parts
        self.validates_assignment = schema.validates_assignment
        self.has_post_init = hasattr(cls, "__post_init__")
        self.key_offset = offset_of(cls, "_unique_id")
        self.flags_offset = offset_of(cls, "model_flags")
        self.adapter_offset = adapter_offset
        self.status_offset = offset_of(cls, "_status")
        self.message_offset = offset_of(cls, "_status_message")
        self.side_data_offset = offset_of(cls, "_side_data")
        self.identifier_count = len(schema.identifiers)
        self.identifier_offsets = offsets_of(cls, schema.identifiers)
        self.attribute_names = schema.attributes
        self.attribute_offsets = offsets_of(cls, schema.attributes)
        self.identifier_names = schema.identifier_fields
        self.empty_attributes = dict.fromkeys(schema.attributes)
        self.empty_identifiers = dict.fromkeys(schema.identifier_fields)
        self.identifier_field_offsets = offsets_of(cls, schema.identifier_fields)
        self.name_count = len(schema.shortname)
        self.name_offsets = offsets_of(cls, schema.shortname)
        value_names = [name for name in schema.fields if name not in ("model_flags", "adapter")]
        value_names = [name for name in value_names if name not in schema.children.values()]
        self.value_count = len(value_names)
        self.value_offsets = offsets_of(cls, value_names)
        self.child_offsets = {}
        for name in schema.children.values():
            self.child_offsets[name] = offset_of(cls, name)
        self.child_offset_list = list(set(self.child_offsets.values()))
        self.compile_checks()
        learn_text_types()
        self.certain_types = schema.certain_types
        self.layouts = {}

    def __dealloc__(self):
        PyMem_Free(self.identifier_offsets)
        PyMem_Free(self.attribute_offsets)
        PyMem_Free(self.identifier_field_offsets)
        PyMem_Free(self.name_offsets)
        PyMem_Free(self.value_offsets)
        PyMem_Free(self.checks)
        cdef Py_ssize_t i
        for i in range(CACHE_SIZE):
            if cache[i].plan == <PyObject *>self:
                cache[i].cls = NULL
                cache[i].plan = NULL

    cdef Py_ssize_t offset(self, name) except -2:
        return offset_of(self.schema.cls, name)

    cdef int compile_checks(self) except -1:
        schema = self.schema
        field_types = schema.field_types
        self.check_types, self.conversions = [], {}
        for name, field_type in field_types.items():
            if field_type.convert is not None and offset_of(schema.cls, name) >= 0:
                self.check_types.append((name, field_type, schema.defaults[name]))
                if field_type.form is not None:
                    self.conversions[name] = conversion_of(field_type.form)
        self.check_count = len(self.check_types)
        self.checks = <Check *>PyMem_Calloc(self.check_count or 1, sizeof(Check))
        if self.checks == NULL:
            raise MemoryError
        for i, (name, field_type, default) in enumerate(self.check_types):
            self.checks[i].offset = offset_of(schema.cls, name)
            self.checks[i].default = <PyObject *>default
            if len(field_type.exact) > 0:
                self.checks[i].first = <PyObject *>field_type.exact[0]
            if len(field_type.exact) > 1:
                self.checks[i].second = <PyObject *>field_type.exact[1]
        return 0


cdef Py_ssize_t offset_of(cls, name) except -2:
    return slot_offset(find_in_mro(cls, name))


cdef Py_ssize_t *offsets_of(cls, names) except NULL:
    cdef Py_ssize_t *offsets = <Py_ssize_t *>PyMem_Calloc(len(names) or 1, sizeof(Py_ssize_t))
    if offsets == NULL:
        raise MemoryError
    try:
        for i, name in enumerate(names):
            offsets[i] = offset_of(cls, name)
    except:
        PyMem_Free(offsets)
        raise
    return offsets


cdef Plan plan_of(object cls):
    """Return the plan of a model class; classes are few and met again and again, so a small cache answers."""
    # Two places for each class, so that two classes that are used in turn do not drive each other out.
    cdef size_t place = ((<uintptr_t><PyObject *>cls) >> 6) % CACHE_SIZE
    if cache[place].cls == <PyObject *>cls:
        return <Plan>cache[place].plan
    if cache[place ^ 1].cls == <PyObject *>cls:
        return <Plan>cache[place ^ 1].plan
    schema = schema_of(cls)
    plan = schema.plan
    if plan is None:
        plan = Plan(schema)
        schema.plan = plan
    if cache[place].cls != NULL and cache[place ^ 1].cls == NULL:
        place ^= 1
    cache[place].cls = <PyObject *>cls
    cache[place].plan = <PyObject *>plan
    return plan


cdef Plan plan_of_record(object record, str taker):
    """Return the plan of the class of what a method was given; raise, naming the taker, if that is no record."""
    cls = type(record)
    cdef size_t place = ((<uintptr_t><PyObject *>cls) >> 6) % CACHE_SIZE
    if cache[place].cls == <PyObject *>cls:
        return <Plan>cache[place].plan
    if cache[place ^ 1].cls == <PyObject *>cls:
        return <Plan>cache[place ^ 1].plan
    check_record(record, taker)
    return plan_of(cls)


def forget_plans():
    """Drop what was derived from schemas."""
    cdef Py_ssize_t i
    for i in range(CACHE_SIZE):
        cache[i].cls = NULL
        cache[i].plan = NULL


cdef object compute_key(object model, Plan plan):
    """Return the unique id that the library's own hooks give the record."""
    cdef PyObject *record = <PyObject *>model
    cdef PyObject *parts[MAX_PARTS]
    cdef Py_ssize_t i, count = plan.identifier_count
    cdef bint are_strings = count > 0
    for i in range(count):
        parts[i] = slot(record, plan.identifier_offsets[i])
        if parts[i] == NULL or not is_exact_str(parts[i]):
            are_strings = False
            break
    if not are_strings:
        return compute_key_of_any(model, plan)
    return <object>parts[0] if count == 1 else join_key(parts, count)


cdef object compute_key_of_any(object model, Plan plan):
    """Return the unique id of identifiers that are not all strings. Writing one may run anybody's code."""
    cdef PyObject *parts[MAX_PARTS]
    cdef Py_ssize_t i
    cdef bint are_strings = True
    cdef list texts
    if plan.identifier_count == 1:
        text = text_of_identifier(model, plan, 0)
        return text if is_exact_str(<PyObject *>text) else "".join([text])
    texts = []
    for i in range(plan.identifier_count):
        text = text_of_identifier(model, plan, i)
        if not is_exact_str(<PyObject *>text):
            are_strings = False
        parts[i] = <PyObject *>text
        texts.append(text)
    return join_key(parts, len(texts)) if are_strings and texts else "__".join(texts)


cdef object text_of_identifier(object model, Plan plan, Py_ssize_t place):
    cdef PyObject *value = slot(<PyObject *>model, plan.identifier_offsets[place])
    # An empty slot is asked for by its name, which raises as it does for anybody.
    return key_text(getattr(model, plan.schema.identifiers[place]) if value == NULL else <object>value)


cdef object join_texts(PyObject **parts, Py_ssize_t count):
    """Return the unique id that identifiers make which are exact strings."""
    return join_key(parts, count)


cdef Plan plan_if_model(object value):
    """Return the plan of a model class; None for anything else."""
    cdef size_t place = ((<uintptr_t><PyObject *>value) >> 6) % CACHE_SIZE
    if cache[place].cls == <PyObject *>value:
        return <Plan>cache[place].plan
    if cache[place ^ 1].cls == <PyObject *>value:
        return <Plan>cache[place ^ 1].plan
    return plan_of(value) if is_model_class(value) else None
