# cython: language_level=3, boundscheck=False, wraparound=False
"""Where the values that a record is made of go, and what they are checked for.

Without a twin: the kernel in Python does this where it needs it.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from .dict_internals cimport entries_of
from .conversions cimport Conversion
from .plans cimport Check, Plan, compute_key, plan_of
from .texts cimport PENDING
from .capi cimport (
    PyDict_GET_SIZE, PyDict_GetItemWithError, PyDict_Next, PyList_CheckExact, PyObject,
    PyObject_GC_Track, PyObject_GC_UnTrack, PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTypeObject, Py_DECREF,
    Py_INCREF, class_of, is_collected, is_exact_str, new_instance, prefetch, same_str, set_slot,
    set_slot_quietly, slot,
)

from .fields import set_attribute

from ..dumping.copies import SCALARS
from ..dumping.dump import factory_of
from .construction_errors import coerce
from ..schema import copied

import msgspec

cdef extern from *:
    """
    #define FDS_IS_EXCLUSIVE(object) (Py_REFCNT(object) == 1)

    /* Whether records of a class are memory that holds nothing but the header and slots. */
    static inline int fds_has_plain_memory(PyObject *cls) {
        PyTypeObject *type = (PyTypeObject *)cls;
    #ifdef Py_TPFLAGS_INLINE_VALUES
        if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) return 0;
    #endif
        return type->tp_alloc == PyType_GenericAlloc && PyType_IS_GC(type) && type->tp_itemsize == 0;
    }

    static inline size_t fds_slots_size(PyObject *cls) {
        return (size_t)((PyTypeObject *)cls)->tp_basicsize - sizeof(PyObject);
    }

    /* A record whose slots are copies of others; the collector does not know of it yet. */
    static inline PyObject *fds_copy_slots(PyObject *cls, const char *slots) {
        PyObject *record = PyObject_GC_New(PyObject, (PyTypeObject *)cls);
        if (record != NULL) memcpy(record + 1, slots, fds_slots_size(cls));
        return record;
    }

    /* Store a value in a slot that is still empty. */
    static inline void fds_fill_slot(PyObject *record, Py_ssize_t offset, PyObject *value) {
        Py_INCREF(value);
        *(PyObject **)((char *)record + offset) = value;
    }
    """
    bint is_exclusive "FDS_IS_EXCLUSIVE"(PyObject *object)
    bint has_plain_memory "fds_has_plain_memory"(object cls)
    size_t slots_size "fds_slots_size"(object cls)
    object copy_slots "fds_copy_slots"(object cls, const char *slots)
    void fill_slot "fds_fill_slot"(PyObject *record, Py_ssize_t offset, PyObject *value)


# How many combinations of keywords are known of a class; who makes records with more of them waits a little longer.
cdef enum:
    MAX_LAYOUTS = 32

cdef PyObject *LIST = <PyObject *>list
cdef PyObject *STR = <PyObject *>str
cdef object SCALARS_OR_NONE = SCALARS | {type(msgspec.NODEFAULT)}


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
        kind = <PyObject *>class_of(value) if value != NULL else NULL
        if kind == check.first or kind == check.second or value == check.default:
            continue
        coerce_field(model, plan, i)
    for offset in plan.child_offset_list:
        own_child_list(record, offset)
    if plan.schema.private_defaults:
        for name, private in copied(plan.schema.private_defaults).items():
            set_attribute(model, name, private)
    if plan.knows_unique_id:
        set_slot_quietly(record, plan.key_offset, compute_key(model, plan))
    return 0


cdef int coerce_field(object model, Plan plan, Py_ssize_t place) except -1:
    name, field_type, _ = <tuple>plan.check_types[place]
    value = <object>slot(<PyObject *>model, plan.checks[place].offset)
    conversion = plan.conversions.get(name)
    if type(value) not in field_type.exact:
        converted = <object>PENDING if conversion is None else (<Conversion>conversion).convert(value)
        if <PyObject *>converted == PENDING:
            converted = coerce(model, plan.schema, name, field_type, value)
        set_slot(<PyObject *>model, plan.checks[place].offset, converted)
    return 0


cdef int own_child_list(PyObject *record, Py_ssize_t offset) except -1:
    """Copy a list of children that somebody else holds too."""
    if offset < 0:
        return 0
    cdef PyObject *value = slot(record, offset)
    if value != NULL and PyList_CheckExact(value) and not is_exclusive(value):
        copied_list = (<list>value)[:]
        set_slot(record, offset, copied_list)
    return 0


# ---- layouts ----


cdef class Layout:
    """Where the values of a row, or of keywords, go in a record of one class."""

    def __cinit__(self, cls, frozenset extra, first_row):
        self.cls = cls
        self.extra = extra
        self.plan = plan_of(cls)
        schema = self.plan.schema
        self.keywords = schema.keywords
        self.forbids_unknown = schema.forbid_unknown_fields
        # In the order of the rows, with those that few rows have last.
        unusual = [name for name in cls.__struct_fields__ if name.startswith("_") or name in ("adapter", "model_flags")]
        keys = list(map(schema.aliases.get, first_row, first_row))
        names = [name for name in (*keys, *cls.__struct_fields__) if name in schema.slots and name not in unusual]
        names = list(dict.fromkeys(names))
        self.own_count, self.count = len(names), len(names) + len(unusual)
        self.fields = <Field *>PyMem_Calloc(self.count or 1, sizeof(Field))
        if self.fields == NULL:
            raise MemoryError
        self.is_direct = self.plan.constructs_directly
        self.kept = [schema]
        self.aliases = {name: alias for alias, name in schema.aliases.items()}
        for place, name in enumerate(names + unusual):
            self.describe(&self.fields[place], name)
        self.describe_shape(list(first_row), keys, names + unusual)

    def __dealloc__(self):
        PyMem_Free(self.fields)
        PyMem_Free(self.shape)
        PyMem_Free(self.moves)
        PyMem_Free(self.absent)
        PyMem_Free(self.slots_before)

    cdef int describe_shape(self, list row, list keys, list names) except -1:
        """Describe rows like the first: `row` has its keys, and `keys` the same with fields in place of their aliases."""
        cdef Py_ssize_t i
        self.shape_count = len(row)
        self.shape = <PyObject **>PyMem_Calloc(self.shape_count or 1, sizeof(PyObject *))
        self.moves = <Move *>PyMem_Calloc(self.shape_count or 1, sizeof(Move))
        self.absent = <Absent *>PyMem_Calloc(self.count or 1, sizeof(Absent))
        self.slots_before = <char *>PyMem_Calloc(slots_size(self.cls) or 1, 1)
        if self.shape == NULL or self.moves == NULL or self.absent == NULL or self.slots_before == NULL:
            raise MemoryError
        self.kept.append(row)
        for i in range(self.shape_count):
            self.shape[i] = <PyObject *>row[i]
            if keys[i] in names:
                self.describe_move(&self.moves[self.move_count], i, &self.fields[names.index(keys[i])])
                self.move_count += 1
        self.has_shape = self.is_direct and self.plan.knows_unique_id and has_plain_memory(self.cls)
        self.has_shape = self.has_shape and set(map(type, row)) <= {str} and len(set(keys)) == len(keys)
        if self.forbids_unknown and not self.extra.union(names).issuperset(keys):
            self.has_shape = False
        if "_unique_id" in keys:
            self.has_shape = False
        self.has_acyclic_defaults = True
        for i in range(self.count):
            if self.fields[i].factory == NULL and self.fields[i].default != NULL:
                if may_close_cycle(&self.fields[i], self.fields[i].default):
                    self.has_acyclic_defaults = False
            if names[i] in self.plan.schema.identifiers:
                if self.fields[i].first != STR or self.fields[i].second != NULL or self.fields[i].default != NULL:
                    self.runs_code = True
        # Those with a value come first: all of these are in a new record, and must be its own, before making one may fail.
        for is_made in (False, True):
            for i in range(self.count):
                if names[i] in keys or self.fields[i].offset == self.plan.key_offset:
                    continue
                if is_made == (self.fields[i].factory != NULL):
                    self.describe_absent(&self.fields[i])
        return 0

    cdef int describe_move(self, Move *move, Py_ssize_t place, Field *field) except -1:
        move.place, move.offset = place, field.offset
        move.is_checked, move.first, move.second, move.default = (
            field.is_checked, field.first, field.second, field.default
        )
        move.conversion = field.conversion
        self.converts = self.converts or field.conversion != NULL
        move.may_close_cycle = field.is_value and not field.is_acyclic
        return 0

    cdef int describe_absent(self, Field *field) except -1:
        cdef Absent *absent = &self.absent[self.absent_count]
        self.absent_count += 1
        absent.field = field
        absent.value = field.default if field.factory == NULL else NULL
        if field.default == NULL or (field.factory != NULL and field.factory != LIST):
            self.has_shape = False  # it is required, or a factory makes its value
        elif absent.value != NULL and self.has_shape:
            # Where a slot is in a record, less the header, is where it is among the slots.
            (<PyObject **>(self.slots_before + field.offset - sizeof(PyObject)))[0] = absent.value
        return 0

    cdef int describe(self, Field *field, name) except -1:
        schema = self.plan.schema
        default = schema.defaults[name]
        factory = factory_of(default)
        field_type = schema.field_types.get(name)
        alias = self.aliases.get(name)
        self.kept += [name, alias, default, factory]
        field.name = <PyObject *>name
        field.alias = <PyObject *>alias if alias is not None else NULL
        field.offset = self.plan.adapter_offset if name == "adapter" else self.plan.offset(name)
        field.default = <PyObject *>default if default is not msgspec.NODEFAULT else NULL
        field.factory = <PyObject *>factory if factory is not None else NULL
        # A list of children is copied, which is left to `initialise_record` too.
        field.is_checked = name in self.plan.child_offsets
        is_visible = name in schema.fields and name != "model_flags"
        field.is_value = name == "_side_data" or (is_visible and name not in self.plan.child_offsets)
        if field_type is not None and field_type.convert is not None:
            field.is_checked = True
            field.first = <PyObject *>field_type.exact[0] if len(field_type.exact) > 0 else NULL
            field.second = <PyObject *>field_type.exact[1] if len(field_type.exact) > 1 else NULL
            field.is_acyclic = {*field_type.exact[:2], type(default)} <= SCALARS_OR_NONE
            conversion = self.plan.conversions.get(name)
            if conversion is not None:
                field.conversion = <PyObject *>conversion
                field.is_acyclic = (<Conversion>conversion).is_acyclic and (
                    type(default) in SCALARS_OR_NONE or type(default) in field_type.exact
                )
        if field.offset < 0:
            self.is_direct = False
        return 0

    cdef object make(self, dict values):
        """Return a record of a row's values."""
        record = self.fill(values) if self.is_direct else None
        if record is not None:
            return record
        self.is_acyclic = False
        if self.forbids_unknown:
            return self.cls(**{name: value for name, value in values.items() if name not in self.extra})
        return self.cls(**{name: value for name, value in values.items() if name in self.keywords})

    cdef bint read(self, dict row, PyObject **values) noexcept:
        """Take a row's values, borrowed, if it is like the first; False if it is not."""
        return self.has_shape and PyDict_GET_SIZE(<PyObject *>row) == self.shape_count and self.take(row, 0, values)

    cdef bint take(self, dict values, Py_ssize_t first, PyObject **taken) noexcept:
        """Take the values of a dict, borrowed, if its keys are those of the shape from `first` on."""
        cdef Py_ssize_t position = 0, count = PyDict_GET_SIZE(<PyObject *>values)
        cdef Py_ssize_t i
        cdef PyObject *key = NULL
        cdef PyObject **entries = entries_of(values)
        cdef PyObject **expected = self.shape + first
        if first + count > self.shape_count:
            return False
        taken += first
        if entries != NULL:
            for i in range(count):
                if not is_same_key(entries[2 * i], expected[i]):
                    return False
                taken[i] = entries[2 * i + 1]
                prefetch(taken[i])
            return True
        for i in range(count):
            PyDict_Next(<PyObject *>values, &position, &key, &taken[i])
            if not is_same_key(key, expected[i]):
                return False
        return True

    cdef bint fits(self, PyObject *names) noexcept:
        """Whether keywords of these names are those of the shape."""
        cdef Py_ssize_t i
        if PyTuple_GET_SIZE(names) != self.shape_count:
            return False
        for i in range(self.shape_count):
            if PyTuple_GET_ITEM(names, i) != self.shape[i]:
                return False
        return True

    cdef object fill_shaped(self, PyObject *const *values):
        """Return a record made of values in the order of the shape, None if one of them is to be validated or coerced.

        The slots that values do not go to are copied from those of a record with defaults only, and the garbage
        collector learns of the record only if a cycle can go through it: making a record takes a quarter less so.
        """
        cdef PyObject *value
        cdef PyObject *kind
        cdef Absent *absent = self.absent
        cdef Absent *last_absent = absent + self.absent_count
        cdef Move *move = self.moves
        cdef Move *last_move = move + self.move_count
        record = copy_slots(self.cls, self.slots_before)
        self.is_acyclic = self.has_acyclic_defaults
        while absent < last_absent:
            if absent.value != NULL:
                Py_INCREF(absent.value)
            else:
                self.put_default(<PyObject *>record, absent.field)
            absent += 1
        cdef bint is_acyclic = self.is_acyclic
        while move < last_move:
            value = values[move.place]
            kind = <PyObject *>class_of(value)
            if kind != move.first and move.is_checked and kind != move.second and value != move.default:
                if not self.converts or not self.fill_converted(<PyObject *>record, move, values, &is_acyclic):
                    return None
                break
            fill_slot(<PyObject *>record, move.offset, value)
            if move.may_close_cycle and is_collected(value):
                is_acyclic = False
            move += 1
        self.is_acyclic = is_acyclic
        key = compute_key(record, self.plan)
        fill_slot(<PyObject *>record, self.plan.key_offset, <PyObject *>key)
        if not is_acyclic:
            PyObject_GC_Track(<PyObject *>record)
        return record

    cdef bint fill_converted(self, PyObject *record, Move *move, PyObject *const *values, bint *is_acyclic) except -1:
        """Write the values of `move` and all that follow to the slots, converted; False if Python must be asked for one.

        Meanwhile anybody's code may run, and change the row that they are from.
        """
        cdef Py_ssize_t i
        cdef PyObject *value
        cdef PyObject *kind
        self.has_converted = True
        for i in range(self.shape_count):
            Py_INCREF(values[i])
        try:
            while move < self.moves + self.move_count:
                value = values[move.place]
                kind = <PyObject *>class_of(value)
                if kind != move.first and move.is_checked and kind != move.second and value != move.default:
                    if move.conversion == NULL:
                        return False
                    converted = (<Conversion>move.conversion).convert(<object>value)
                    value = <PyObject *>converted
                    if value == PENDING:
                        return False
                fill_slot(record, move.offset, value)
                if move.may_close_cycle and is_collected(value):
                    is_acyclic[0] = False
                move += 1
        finally:
            for i in range(self.shape_count):
                Py_DECREF(values[i])
        return True

    cdef object fill(self, dict row):
        """Return a record made by writing to its slots, None if the row is to be refused."""
        record = new_instance(self.cls)
        cdef Py_ssize_t found = 0
        cdef Py_ssize_t size = PyDict_GET_SIZE(<PyObject *>row)
        cdef Py_ssize_t i
        cdef Field *field
        cdef PyObject *value
        cdef bint are_exact = True
        self.is_acyclic = self.has_acyclic_defaults
        for i in range(self.count):
            field = &self.fields[i]
            value = field_value(row, field) if i < self.own_count or found < size else NULL
            if value != NULL:
                found += 1
                are_exact = are_exact and is_exact(field, value)
                fill_slot(<PyObject *>record, field.offset, value)
                if may_close_cycle(field, value):
                    self.is_acyclic = False
            elif field.default == NULL:
                return None
            else:
                self.put_default(<PyObject *>record, field)
        if found < size and self.forbids_unknown and found + self.count_extra(row) < size:
            return None
        if not are_exact:
            self.is_acyclic = False
            initialise_record(record, self.plan)
        elif self.plan.knows_unique_id:
            set_slot_quietly(<PyObject *>record, self.plan.key_offset, compute_key(record, self.plan))
        return record

    cdef int put_default(self, PyObject *record, Field *field) except -1:
        if field.factory == NULL:
            fill_slot(record, field.offset, field.default)
            return 0
        made = [] if field.factory == LIST else (<object>field.factory)()
        if field.factory == LIST and not field.is_value:
            # Unique ids, which no cycle goes through: the collector would read each of them at every turn.
            PyObject_GC_UnTrack(<PyObject *>made)
        fill_slot(record, field.offset, <PyObject *>made)
        if may_close_cycle(field, <PyObject *>made):
            self.is_acyclic = False
        return 0

    cdef Py_ssize_t count_extra(self, dict values) except -1:
        return len(self.extra.intersection(values))


cdef inline PyObject *field_value(dict row, Field *field) except? NULL:
    """Return the value that a row has for a field, borrowed: that of its alias if there is one, NULL if it has none."""
    cdef PyObject *value = NULL
    if field.alias != NULL:
        value = PyDict_GetItemWithError(<PyObject *>row, field.alias)
    return value if value != NULL else PyDict_GetItemWithError(<PyObject *>row, field.name)


cdef inline bint is_same_key(PyObject *key, PyObject *expected) noexcept:
    return key == expected or (is_exact_str(key) and same_str(key, expected))


cdef inline bint may_close_cycle(Field *field, PyObject *value) noexcept:
    return field.is_value and not field.is_acyclic and is_collected(value)


cdef inline bint is_exact(Field *field, PyObject *value) noexcept:
    """Whether a value needs neither validation nor coercion."""
    cdef PyObject *kind = <PyObject *>class_of(value)
    return not field.is_checked or kind == field.first or kind == field.second or value == field.default


cdef Layout layout_of(Plan plan, PyObject *names):
    """Return the layout of a record that is made with keywords of these names; None if it is to be made otherwise.

    Most records of a class are made with the same keywords, and a look at their names is all that it takes to know.
    """
    cdef Layout layout = <Layout>plan.last_layout if plan.last_layout is not None else None
    if layout is None or not layout.fits(names):
        layout = plan.layouts.get(<tuple>names)
        if layout is None:
            if len(plan.layouts) == MAX_LAYOUTS:
                return None
            layout = Layout(plan.schema.cls, frozenset(), <tuple>names)
            plan.layouts[<tuple>names] = layout
        plan.last_layout = layout
    return layout if layout.has_shape else None
