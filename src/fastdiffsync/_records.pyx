# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""The compiled kernel, first part: making records, their keys and their lists of children.

The twin of `_records_py.py`, function for function; `_kernel.py` chooses. Whoever changes one changes both.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_TYPE
from libc.stdint cimport uintptr_t

from ._slots cimport is_plain_str, is_scalar, same_str, set_slot, set_slot_quietly, slot, slot_offset

from .dump import plain
from .enum import DiffSyncStatus
from .exceptions import ObjectAlreadyExists, ObjectNotFound, ObjectStoreWrongType
from .rules import INSTANCE_OVERRIDES, REBUILDING, coerce as _coerce, raise_construction_error
from .schema import StructMeta, copied, find_in_mro, schema_of

import msgspec
from weakref import ReferenceType as weak_reference

__all__ = [
    "REBUILDING",
    "RecordData",
    "add_child",
    "add_record",
    "construct",
    "create_record",
    "forget_plans",
    "get_attrs",
    "get_identifiers",
    "get_unique_id",
    "initialise",
    "install_constructor",
    "rebuild",
    "release_records",
    "remove_child",
    "set_attribute",
    "set_status",
    "unique_id_of",
]

ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *) except? NULL

cdef extern from *:
    """
    /* A metaclass written in Python loses msgspec's vectorcall before 3.12: calls then go through a tuple and a dict,
       which takes four times as long. The slot is still there; the flag says that it may be used. */
    static inline void fds_enable_vectorcall(PyObject *metaclass) {
    #if PY_VERSION_HEX < 0x030C0000
        ((PyTypeObject *)metaclass)->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    #endif
    }

    static inline int fds_has_vectorcall(PyObject *cls) {
        PyTypeObject *metaclass = Py_TYPE(cls);
        return metaclass->tp_vectorcall_offset == (Py_ssize_t)offsetof(PyTypeObject, tp_vectorcall)
            && ((PyTypeObject *)cls)->tp_vectorcall != NULL;
    }

    static inline vectorcallfunc fds_get_vectorcall(PyObject *cls) { return ((PyTypeObject *)cls)->tp_vectorcall; }
    static inline void fds_set_vectorcall(PyObject *cls, void *function) {
        ((PyTypeObject *)cls)->tp_vectorcall = (vectorcallfunc)function;
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

    /* Setting a Struct's attribute past DiffSyncModel.__setattr__. */
    static inline int fds_set_attribute(PyObject *struct_class, PyObject *model, PyObject *name, PyObject *value) {
        return ((PyTypeObject *)struct_class)->tp_setattro(model, name, value);
    }

    #define FDS_IS_EXCLUSIVE(object) (Py_REFCNT(object) == 1)
    #define FDS_REFERENCES(object) Py_REFCNT(object)

    static inline int fds_refers_to(PyObject *reference, PyObject *object) {
    #if PY_VERSION_HEX >= 0x030D0000
        PyObject *found;
        if (PyWeakref_GetRef(reference, &found) <= 0) { PyErr_Clear(); return 0; }
        Py_DECREF(found);
        return found == object;
    #else
        return PyWeakref_GET_OBJECT(reference) == object;
    #endif
    }

    #define FDS_CAN_BE_IN_CYCLE(object) ((object) != NULL && PyObject_IS_GC(object))

    """
    void enable_vectorcall "fds_enable_vectorcall"(object metaclass)
    bint has_vectorcall "fds_has_vectorcall"(PyObject *cls)
    void *get_vectorcall "fds_get_vectorcall"(PyObject *cls)
    void set_vectorcall "fds_set_vectorcall"(PyObject *cls, void *function)
    object join_key "fds_join_key"(PyObject **parts, Py_ssize_t count)
    int set_struct_attribute "fds_set_attribute"(PyObject *cls, PyObject *model, PyObject *name, PyObject *value) except -1
    Py_ssize_t references "FDS_REFERENCES"(PyObject *object)
    bint refers_to "fds_refers_to"(object reference, object value)
    bint can_be_in_cycle "FDS_CAN_BE_IN_CYCLE"(PyObject *value)
    bint is_exclusive "FDS_IS_EXCLUSIVE"(PyObject *object)

cdef extern from "Python.h":
    tuple PyTuple_New(Py_ssize_t size)
    void PyTuple_SET_ITEM(object values, Py_ssize_t index, object value)
    PyObject *PyDict_SetDefault(object mapping, object key, object value) except NULL
    PyObject *PyDict_GetItemWithError(object mapping, object key) except? NULL
    Py_ssize_t PyDict_GET_SIZE(PyObject *mapping)
    bint PyDict_Check(object value)
    bint PyList_CheckExact(object value)
    PyObject *PyList_GET_ITEM(PyObject *values, Py_ssize_t index)
    Py_ssize_t PyList_GET_SIZE(PyObject *values)
    bint PyObject_GC_IsTracked(PyObject *record)
    void PyObject_GC_UnTrack(PyObject *record)

cdef enum:
    MAX_PARTS = 16

# Below this many children a search through the list is cheaper than keeping an index of it.
INDEX_CHILDREN_FROM = 24
cdef Py_ssize_t index_children_from = INDEX_CHILDREN_FROM

cdef object Struct = msgspec.Struct
cdef object _struct_call = StructMeta.__call__
cdef PyObject *STR = <PyObject *>str
cdef object SUCCESS = DiffSyncStatus.SUCCESS
cdef object CREATED = "Created successfully"
cdef vectorcallfunc struct_vectorcall = NULL
cdef Py_ssize_t adapter_offset = -1


# ---- plans: a schema in the form that C reads ----

cdef enum:
    CACHE_SIZE = 64

cdef struct CacheEntry:
    PyObject *cls
    PyObject *plan

# Both pointers are borrowed: a plan lives as long as its class's schema, and clears its entry when it goes.
cdef CacheEntry[CACHE_SIZE] cache


cdef class Plan:
    """What a schema says about a class, with offsets in place of names."""

    def __cinit__(self, schema):
        cls = schema.cls
        self.schema = schema
        self.modelname = schema.modelname
        self.plain_unique_id = schema.plain_unique_id and len(schema.identifiers) <= MAX_PARTS
        self.plain_identifiers = schema.plain_identifiers
        self.plain_attrs = schema.plain_attrs
        self.plain_type = schema.plain_type
        self.plain_status = schema.plain_status
        self.plain_children = schema.plain_children and type(schema.children) is dict
        self.children = schema.children if self.plain_children else {}
        self.plain_shortname = schema.plain_shortname
        self.reads_fields = schema.reads_fields
        self.makes_plain_key = schema.makes_plain_key
        self.is_named_by_unique_id = schema.is_named_by_unique_id
        self.key_is_name = schema.plain_shortname and not schema.shortname and schema.plain_unique_id
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
        self.identifier_field_offsets = offsets_of(cls, schema.identifier_fields)
        value_names = [name for name in schema.fields if name not in ("model_flags", "adapter")]
        value_names = [name for name in value_names if name not in schema.children.values()]
        self.value_count = len(value_names)
        self.value_offsets = offsets_of(cls, value_names)
        self.child_offsets = {}
        for name in schema.children.values():
            self.child_offsets[name] = offset_of(cls, name)
        self.child_offset_list = list(set(self.child_offsets.values()))
        self.compile_checks()
        self.certain_types = schema.certain_types

    def __dealloc__(self):
        PyMem_Free(self.identifier_offsets)
        PyMem_Free(self.attribute_offsets)
        PyMem_Free(self.identifier_field_offsets)
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
        self.check_types = []
        for name, field_type in field_types.items():
            if field_type.convert is not None and offset_of(schema.cls, name) >= 0:
                self.check_types.append((name, field_type, schema.defaults[name]))
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
    for i, name in enumerate(names):
        offsets[i] = offset_of(cls, name)
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


def forget_plans():
    """Drop what was derived from schemas."""
    cdef Py_ssize_t i
    for i in range(CACHE_SIZE):
        cache[i].cls = NULL
        cache[i].plan = NULL


# ---- making records ----


def install_constructor(cls):
    """Make calls of the model class `cls` validate, coerce and compute the key.

    msgspec's constructor stays in charge of the object; ours is called in its place and calls it.
    """
    global struct_vectorcall, adapter_offset
    if not has_vectorcall(<PyObject *>cls):
        raise ImportError("this msgspec makes its records otherwise than the compiled kernel knows: use "
                          "FASTDIFFSYNC_IMPLEMENTATION=python")
    if struct_vectorcall == NULL:
        struct_vectorcall = <vectorcallfunc>get_vectorcall(<PyObject *>cls)
        adapter_offset = offset_of(cls, "adapter")
        type.__setattr__(cls, "adapter", property(get_adapter, set_adapter, doc="The adapter whose store holds the record."))
    enable_vectorcall(type(cls))
    set_vectorcall(<PyObject *>cls, <void *>construct_vectorcall)


cdef object construct_vectorcall(object cls, PyObject *const *args, size_t nargsf, PyObject *kwnames):
    cdef Plan plan = plan_of(cls)
    cdef PyObject *made
    try:
        made = struct_vectorcall(<PyObject *>cls, args, nargsf, kwnames)
    except TypeError as error:
        return construct_known(cls, args, nargsf, kwnames, error)
    model = <object>made
    Py_DECREF(model)
    if not plan.has_post_init:
        initialise_record(model, plan)
    return model


cdef object construct_known(object cls, PyObject *const *args, size_t nargsf, PyObject *kwnames, error):
    """Make a record once more, without the keywords that are no fields."""
    cdef Py_ssize_t positional = <Py_ssize_t>(nargsf & ~(<size_t>1 << (8 * sizeof(size_t) - 1)))
    values = {}
    if kwnames != NULL:
        for i, name in enumerate(<tuple>kwnames):
            values[name] = <object>args[positional + i]
    positionals = tuple([<object>args[i] for i in range(positional)])
    schema = schema_of(cls)
    known = {name: value for name, value in values.items() if name in schema.slots}
    if positionals or schema.forbid_unknown_fields or len(known) == len(values):
        raise_construction_error(cls, positionals, values, error)
    try:
        model = construct_raw(cls, known)
    except TypeError as second_error:
        raise_construction_error(cls, (), known, second_error)
    if not hasattr(cls, "__post_init__"):
        initialise_record(model, plan_of(cls))
    return model


cdef object construct_raw(object cls, dict values):
    """Make a record as msgspec does, neither validated nor with a key."""
    cdef tuple names = tuple(values)
    cdef list items = list(values.values())
    cdef PyObject *made = struct_vectorcall(
        <PyObject *>cls, <PyObject *const *>(<PyListObject *><PyObject *>items).ob_item, 0,
        <PyObject *>names if names else NULL,
    )
    model = <object>made
    Py_DECREF(model)
    return model


cdef extern from "Python.h":
    ctypedef struct PyListObject:
        PyObject **ob_item


def construct(cls, args, values):
    """Make a record of the model class `cls`: what calling the class does."""
    return cls(*args, **values)


def create_record(cls, adapter, ids, attrs):
    """Make a record of the model class `cls` and mark it as created: `DiffSyncModel.create_base`."""
    model = cls(**ids, adapter=adapter, **attrs)
    cdef Plan plan = plan_of(type(model))
    if plan.plain_status and slot(<PyObject *>model, plan.key_offset) != <PyObject *>INSTANCE_OVERRIDES:
        set_slot_quietly(<PyObject *>model, plan.status_offset, SUCCESS)
        set_slot_quietly(<PyObject *>model, plan.message_offset, CREATED)
    else:
        model.set_status(SUCCESS, CREATED)
    return model


def initialise(model):
    """Validate and coerce the fields of a new record, give it its own containers, and compute its key."""
    initialise_record(model, plan_of(type(model)))


cdef int initialise_record(object model, Plan plan) except -1:
    cdef PyObject *record = <PyObject *>model
    cdef Py_ssize_t i
    cdef Check *check
    cdef PyObject *value
    cdef PyObject *kind
    for i in range(plan.check_count):
        check = &plan.checks[i]
        value = slot(record, check.offset)
        # The common case of a value that is already of its declared exact type costs this comparison.
        kind = <PyObject *>Py_TYPE(<object>value) if value != NULL else NULL
        if kind == check.first or kind == check.second or value == check.default:
            continue
        coerce_field(model, plan, i)
    for offset in plan.child_offset_list:
        own_child_list(record, offset)
    if plan.schema.private_defaults:
        for name, private in copied(plan.schema.private_defaults).items():
            set_attribute(model, name, private)
    if plan.plain_unique_id:
        set_slot_quietly(record, plan.key_offset, compute_key(model, plan))
    return 0


cdef int coerce_field(object model, Plan plan, Py_ssize_t place) except -1:
    name, field_type, _ = <tuple>plan.check_types[place]
    value = <object>slot(<PyObject *>model, plan.checks[place].offset)
    if type(value) not in field_type.exact:
        converted = _coerce(model, plan.schema, name, field_type, value)
        set_slot(<PyObject *>model, plan.checks[place].offset, converted)
    return 0


cdef int own_child_list(PyObject *record, Py_ssize_t offset) except -1:
    """Copy a list of children that somebody else holds too."""
    if offset < 0:
        return 0
    cdef PyObject *value = slot(record, offset)
    if value != NULL and PyList_CheckExact(<object>value) and not is_exclusive(value):
        copied_list = (<list>value)[:]
        set_slot(record, offset, copied_list)
    return 0


cdef object compute_key(object model, Plan plan):
    """Return the unique id that the library's own hooks give the record."""
    cdef PyObject *record = <PyObject *>model
    cdef PyObject *parts[MAX_PARTS]
    cdef Py_ssize_t i, count = plan.identifier_count
    cdef bint are_strings = count > 0
    for i in range(count):
        parts[i] = slot(record, plan.identifier_offsets[i])
        if parts[i] == NULL or not is_plain_str(parts[i]):
            are_strings = False
            break
    if are_strings:
        return <object>parts[0] if count == 1 else join_key(parts, count)
    return "__".join([str(plain(getattr(model, name))) for name in plan.schema.identifiers])


def set_attribute(model, name, value):
    """Assign an attribute of a record: `DiffSyncModel.__setattr__`.

    An assigned identifier changes the key; a method replaced on the instance makes the record's hooks be called.

    Raises:
        ValueError: If the name is neither a field, nor private, nor an attribute of the class.
    """
    cls = type(model)
    cdef Plan plan = plan_of(cls)
    cdef PyObject *record = <PyObject *>model
    if name in plan.schema.slots:
        set_struct_attribute(<PyObject *>Struct, record, <PyObject *>name, <PyObject *>value)
        if plan.plain_unique_id and name in plan.schema.identifiers and model._unique_id is not INSTANCE_OVERRIDES:
            set_slot(record, plan.key_offset, compute_key(model, plan))
        if plan.certain_types is not None and name in plan.schema.identifiers:
            if type(value) is not plan.certain_types[plan.schema.identifiers.index(name)]:
                plan.schema.doubt_identifiers()
        return
    if not name.startswith("_") and not hasattr(cls, name):
        raise ValueError(f'"{cls.__name__}" object has no field "{name}"')
    set_struct_attribute(<PyObject *>Struct, record, <PyObject *>name, <PyObject *>value)
    if slot(record, plan.side_data_offset) == <PyObject *>None:
        side_data = {}
        set_slot(record, plan.side_data_offset, side_data)
    if name in model.__dict__ and callable(getattr(cls, name, None)):
        set_slot(record, plan.key_offset, INSTANCE_OVERRIDES)


def rebuild(cls):
    """Return a record of the model class `cls` with no values yet, for a pickle or a copy to fill."""
    values = dict.fromkeys(schema_of(cls).required)
    values["model_flags"] = REBUILDING
    return construct_raw(cls, values)


def set_status(self, status, message=""):
    """Record how the last create, update or delete of this record went.

    Args:
        self: The record.
        status: The outcome, a `DiffSyncStatus`.
        message: An explanation for people.
    """
    cdef Plan plan = plan_of(type(self))
    if type(status) is DiffSyncStatus and type(message) is str and plan.status_offset >= 0 and plan.message_offset >= 0:
        set_slot_quietly(<PyObject *>self, plan.status_offset, status)
        set_slot_quietly(<PyObject *>self, plan.message_offset, message)
    else:
        self._status = status
        self._status_message = message


def unique_id_of(model):
    """Return the unique id of any record: its key where that is valid, otherwise what its hook says."""
    return unique_id(model)


cdef object unique_id(object model):
    cdef Plan plan = plan_of(type(model))
    cdef PyObject *key
    if plan.plain_unique_id:
        key = slot(<PyObject *>model, plan.key_offset)
        if key != NULL and Py_TYPE(<object>key) == <PyTypeObject *>STR:
            return <object>key
    return model.get_unique_id()


# ---- reading records ----


def get_unique_id(self):
    """Return the unique id, computed when the record was made or an identifier was last assigned."""
    cdef Plan plan = plan_of(type(self))
    cdef PyObject *key = slot(<PyObject *>self, plan.key_offset)
    if key != NULL and Py_TYPE(<object>key) == <PyTypeObject *>STR:
        return <object>key
    if plan.makes_plain_key and plan.identifier_count <= MAX_PARTS and key != <PyObject *>INSTANCE_OVERRIDES:
        return compute_key(self, plan)
    return self.create_unique_id(**self.get_identifiers())


def get_identifiers(self):
    """Return the identifier fields and their values, in field order."""
    cdef Plan plan = plan_of(type(self))
    if not plan.reads_fields:
        return self.dict(**{"include": set(self._identifiers)})
    return fields_of(self, plan.identifier_names, plan.identifier_field_offsets)


def get_attrs(self):
    """Return the attribute fields and their values, in field order; containers are copies."""
    cdef Plan plan = plan_of(type(self))
    if not plan.reads_fields:
        return self.dict(**{"include": set(self._attributes)})
    return fields_of(self, plan.attribute_names, plan.attribute_offsets)


cdef dict fields_of(object model, tuple names, Py_ssize_t *offsets):
    cdef dict result = {}
    cdef Py_ssize_t i
    for i in range(len(names)):
        result[names[i]] = field_of(model, names[i], offsets[i])
    return result


cdef inline object field_of(object model, object name, Py_ssize_t offset):
    cdef PyObject *value = slot(<PyObject *>model, offset)
    if value == NULL:
        return plain(getattr(model, name))
    return <object>value if is_scalar(value) else plain(<object>value)


cdef object attrs_of(object model):
    """Return what `get_attrs` returns, asking it only where it may be the user's."""
    cdef Plan plan = plan_of(type(model))
    if plan.plain_attrs and has_key(model, plan):
        return fields_of(model, plan.attribute_names, plan.attribute_offsets)
    return model.get_attrs()


cdef object identifiers_of(object model):
    """Return what `get_identifiers` returns, asking it only where it may be the user's."""
    cdef Plan plan = plan_of(type(model))
    if plan.plain_identifiers and has_key(model, plan):
        return fields_of(model, plan.identifier_names, plan.identifier_field_offsets)
    return model.get_identifiers()


cdef tuple attribute_values(object model, Plan plan):
    """Return the values of `attrs_of`, of a record whose attributes may be read without asking it."""
    return values_of(model, plan.attribute_names, plan.attribute_offsets)


cdef tuple identifier_values(object model, Plan plan):
    """Return the values of `identifiers_of`, of a record whose identifiers may be read without asking it."""
    return values_of(model, plan.identifier_names, plan.identifier_field_offsets)


cdef tuple values_of(object model, tuple names, Py_ssize_t *offsets):
    """Return the values of some fields; the garbage collector does not know of the tuple if all of them are plain."""
    cdef Py_ssize_t i, count = len(names)
    cdef tuple values = PyTuple_New(count)
    cdef bint are_scalars = True
    for i in range(count):
        value = field_of(model, names[i], offsets[i])
        are_scalars = are_scalars and is_scalar(<PyObject *>value)
        Py_INCREF(value)
        PyTuple_SET_ITEM(values, i, value)
    if are_scalars:
        PyObject_GC_UnTrack(<PyObject *>values)
    return values


cdef object name_of(object model):
    """Return what `get_shortname` returns, asking it only where it may be the user's or is made of fields."""
    cdef Plan plan = plan_of(type(model))
    if plan.key_is_name and has_key(model, plan):
        return <object>slot(<PyObject *>model, plan.key_offset)
    return model.get_shortname()


cdef bint has_key(object model, Plan plan) noexcept:
    cdef PyObject *key = slot(<PyObject *>model, plan.key_offset)
    return key != NULL and Py_TYPE(<object>key) == <PyTypeObject *>STR


# ---- children and stores ----


def add_child(self, child):
    """Record a child's unique id in the field that `_children` names for its type; the child itself is not stored.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectAlreadyExists: If the child's unique id is already there.
    """
    cdef Plan plan = plan_of(type(self))
    child_type = type_of(child)
    children = self._children if not plan.plain_children else plan.children
    if child_type not in children:
        raise ObjectStoreWrongType(
            f"Unable to store {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}"
        )
    field = children[child_type]
    uids = child_list(self, plan, field)
    uid = unique_id(child)
    index = None
    if PyList_CheckExact(uids) and type(uid) is str:
        if PyList_GET_SIZE(<PyObject *>uids) >= index_children_from:
            index = child_index(self, plan, field, uids)
            known = uid in (uids if index is None else index)
        else:
            known = is_in_short_list(<PyObject *>uids, <PyObject *>uid)
    else:
        known = uid in uids
    if known:
        raise ObjectAlreadyExists(f"Already storing a {child_type} with unique_id {uid}", child)
    uids.append(uid)
    if index is not None:
        (<dict>index)[uid] = None
    tell_store(self, plan)


def remove_child(self, child):
    """Take a child's unique id out of the field that `_children` names for its type.

    Args:
        self: The parent.
        child: The child record.

    Raises:
        ObjectStoreWrongType: If the child's type is not in `_children`.
        ObjectNotFound: If the child's unique id is not there.
    """
    cdef Plan plan = plan_of(type(self))
    child_type = type_of(child)
    if child_type not in self._children:
        raise ObjectStoreWrongType(
            f"Unable to find and delete {child_type} as a child of {self.get_type()}; "
            f"valid types are {sorted(self._children.keys())}"
        )
    field = self._children[child_type]
    uids = child_list(self, plan, field)
    uid = unique_id(child)
    try:
        uids.remove(uid)
    except ValueError:
        raise ObjectNotFound(f"{child} was not found as a child in {field}") from None
    indexes = self._side_data
    if indexes is not None and field in indexes:
        of_list, index = indexes[field]
        if of_list is uids:
            index.pop(uid, None)
    tell_store(self, plan)


cdef object type_of(object model):
    cdef Plan plan = plan_of(type(model))
    if plan.plain_type and has_key(model, plan):
        return plan.modelname
    return model.get_type()


cdef object child_list(object model, Plan plan, object field):
    cdef PyObject *offset = PyDict_GetItemWithError(plan.child_offsets, field)
    cdef PyObject *value
    if offset != NULL and <Py_ssize_t><object>offset >= 0:
        value = slot(<PyObject *>model, <Py_ssize_t><object>offset)
        if value != NULL:
            return <object>value
    return getattr(model, field)


cdef bint is_in_short_list(PyObject *uids, PyObject *uid) except -1:
    cdef Py_ssize_t i
    cdef PyObject *other
    if not is_plain_str(uid):
        return <object>uid in <object>uids
    for i in range(PyList_GET_SIZE(uids)):
        other = PyList_GET_ITEM(uids, i)
        if other == uid:
            return True
        if not is_plain_str(other):
            return <object>uid in <object>uids
        if same_str(other, uid):
            return True
    return False


cdef object child_index(object model, Plan plan, object field, list uids):
    """Return the ids in a long list of children as a dict, kept with the record; None if the list has repetitions.

    diffsync searches the list, which makes loading a wide parent quadratic. The index is rebuilt when it is not of
    this very list, or the list has been changed behind its back: another length, or another last id.
    """
    indexes = <object>slot(<PyObject *>model, plan.side_data_offset)
    if indexes is None:
        # Nothing is in it but the list, which the record has anyhow, and texts: no reason to track the record.
        indexes = {}
        set_slot_quietly(<PyObject *>model, plan.side_data_offset, indexes)
    entry = indexes.get(field)
    if entry is not None:
        index = (<tuple>entry)[1]
        if (<tuple>entry)[0] is uids and len(<dict>index) == len(uids) and uids[len(uids) - 1] in index:
            return index
    index = dict.fromkeys(uids)
    if len(<dict>index) != len(uids):
        return None
    indexes[field] = (uids, index)
    return index


cdef int tell_store(object model, Plan plan) except -1:
    """Tell the store of a record's adapter that the record has changed, so that it need not be told by the user."""
    if not PyObject_GC_IsTracked(<PyObject *>model):
        return 0  # its adapter, if it has one, was set by a local store
    adapter = get_adapter(model)
    if adapter is not None:
        store = adapter.store
        if store.keeps_copies:
            store.record_changed(obj=model)
    return 0


# ---- records, their adapter, and the garbage collector ----
#
# A million records that the collector must visit make every collection slow: loading took twice as long. A record of
# plain values is therefore taken out of its lists once a local store holds it. The one cycle that goes through such a
# record, from adapter to store to record to adapter, must then not be one of strong references: the record refers to
# its adapter weakly. When the last reference to the adapter goes, `release_records` looks whether anybody but the
# store holds a record. If so, all its records get strong references and are tracked again, which keeps the adapter:
# a record's adapter is there as long as the record, as with an ordinary reference.


def get_adapter(self):
    """Return the adapter whose store holds the record, or None."""
    cdef PyObject *owner = slot(<PyObject *>self, adapter_offset)
    if owner == NULL:
        raise AttributeError("adapter")
    return (<object>owner)() if type(<object>owner) is weak_reference else <object>owner


def set_adapter(self, adapter):
    """Set the adapter whose store holds the record."""
    set_slot(<PyObject *>self, adapter_offset, adapter)


def release_records(self):
    """Keep an adapter that is about to go, if any of its records stays: `Adapter.__del__`."""
    cdef PyObject *owner
    store = self.__dict__.get("store")
    data = getattr(store, "_data", None)
    if type(data) is not RecordData:
        return
    weakly_held = [
        record for records in data.values() if type(records) is dict
        for record in records.values() if refers_weakly(record)
    ]
    # The list and the store hold each record; the loop variable holds the one that is looked at.
    is_needed = store.adapter is not self or any([references(<PyObject *>record) > 3 for record in weakly_held])
    if is_needed:
        for record in weakly_held:
            set_slot(<PyObject *>record, adapter_offset, self)


cdef bint refers_weakly(object record) except -1:
    cdef PyObject *owner
    if not isinstance(type(record), StructMeta) or not hasattr(type(record), "add_child"):
        return False
    owner = slot(<PyObject *>record, adapter_offset)
    return owner != NULL and type(<object>owner) is weak_reference


cdef object last_reference = None


cdef object reference_to(object adapter):
    """Return a weak reference to an adapter, None if its end would not be seen by `release_records`."""
    global last_reference
    if last_reference is not None and refers_to(last_reference, adapter):
        return last_reference
    if getattr(type(adapter), "__del__", None) is not release_records:
        return None
    last_reference = weak_reference(adapter)
    return last_reference


cdef class RecordData(dict):
    """A local store's `{modelname: {unique id: record}}`; asking for a type makes its dict."""

    def __missing__(self, modelname):
        records = self[modelname] = {}
        return records

    def __reduce__(self):
        return RecordData, (dict(self),)


def add_record(self, *, obj):
    """Store a new record and claim it for the store's adapter: `LocalStore.add`.

    Raises:
        ObjectAlreadyExists: If a different record of the type has the unique id.
    """
    cdef Plan plan = plan_of(type(obj))
    cdef PyObject *record = <PyObject *>obj
    cdef PyObject *found
    data = self._data
    adapter = self.adapter
    modelname = type_of(obj)
    uid = unique_id(obj)
    found = PyDict_GetItemWithError(data, modelname) if PyDict_Check(data) else NULL
    records = data[modelname] if found == NULL else <object>found
    if not PyDict_Check(records):
        raise TypeError(f"the store keeps {type(records).__name__} where it should keep a dict of {modelname} records")
    cdef Py_ssize_t size = PyDict_GET_SIZE(<PyObject *>records)
    found = PyDict_SetDefault(records, uid, obj)
    if found != record:
        raise ObjectAlreadyExists(f"Object {uid} already present", obj)
    if PyDict_GET_SIZE(<PyObject *>records) == size:
        return
    claim_record(obj, plan, data, adapter)


cdef int claim_record(object obj, Plan plan, object data, object adapter) except -1:
    """Make a record that has come into a store that of the store's adapter, unless it has another."""
    cdef PyObject *record = <PyObject *>obj
    cdef PyObject *owner = slot(record, adapter_offset)
    if adapter is None or (owner != NULL and owner != <PyObject *>None and owner != <PyObject *>adapter):
        return 0
    reference = reference_to(adapter) if type(data) is RecordData and has_plain_values(record, plan) else None
    if reference is not None:
        set_slot_quietly(record, adapter_offset, reference)
        if PyObject_GC_IsTracked(record):
            PyObject_GC_UnTrack(record)
    elif owner != <PyObject *>adapter:
        set_slot(record, adapter_offset, adapter)
    return 0


cdef bint has_plain_values(PyObject *record, Plan plan) noexcept:
    """Whether no cycle can go through a record but that by way of its adapter."""
    cdef Py_ssize_t i
    for i in range(plan.value_count):
        if plan.value_offsets[i] < 0 or can_be_in_cycle(slot(record, plan.value_offsets[i])):
            return False
    return slot(record, plan.side_data_offset) == <PyObject *>None
