# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""The compiled kernel, fifth part: many records at once, from dicts into a local store and below their parents.

The twin of `_bulk_py.py`, function for function; `_kernel.py` chooses. Whoever changes one changes both.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_TYPE

from ._records cimport (
    Plan, child_list, claim_record, compute_key, has_key, initialise_record, plan_of, reference_to,
    tell_store, type_of, unique_id,
)
from ._slots cimport is_plain_str, prefetch, same_str, set_slot_quietly, slot

import msgspec
from itertools import islice

from .dump import SCALARS
from .exceptions import ObjectAlreadyExists
from .rules import as_dict, raise_at_row, raise_parent_missing
from .schema import StructMeta

from . import _records

__all__ = ["construct_table", "link_table", "load_table"]

cdef extern from *:
    """
    /* A record whose slots are all empty; its type's own allocator, as `object.__new__` would call it. */
    static inline PyObject *fds_new_record(PyObject *cls) {
        return ((PyTypeObject *)cls)->tp_alloc((PyTypeObject *)cls, 0);
    }

    /* Store a value in a slot that is still empty. */
    static inline void fds_fill_slot(PyObject *record, Py_ssize_t offset, PyObject *value) {
        Py_INCREF(value);
        *(PyObject **)((char *)record + offset) = value;
    }

    /* Rows lie all over memory: ask for the keys and values of one that is wanted soon. */
    static inline void fds_prefetch_dict(PyObject *row) {
        char *keys = (char *)((PyDictObject *)row)->ma_keys;
        for (int line = 0; line < 4; line++) FDS_PREFETCH(keys + 64 * line);
    }
    """
    object new_record "fds_new_record"(object cls)
    void fill_slot "fds_fill_slot"(PyObject *record, Py_ssize_t offset, PyObject *value)
    bint is_collected "PyObject_IS_GC"(PyObject *value)
    void prefetch_dict "fds_prefetch_dict"(object row)

cdef extern from "Python.h":
    int PyDict_Next(object mapping, Py_ssize_t *position, PyObject **key, PyObject **value)
    void PyObject_GC_UnTrack(PyObject *record)
    PyObject *PyDict_GetItemWithError(object mapping, object key) except? NULL
    PyObject *PyDict_SetDefault(object mapping, object key, object value) except NULL
    Py_ssize_t PyDict_GET_SIZE(object mapping)
    bint PyDict_Check(object value)
    bint PyDict_CheckExact(object value)
    bint PyList_CheckExact(object value)
    Py_ssize_t PyList_GET_SIZE(object values)
    int PyList_Append(object values, object value) except -1
    PyObject *PyTuple_GET_ITEM(object values, Py_ssize_t index)

cdef object add_child = _records.add_child
cdef object RecordData = _records.RecordData
cdef PyObject *LIST = <PyObject *>list
cdef PyObject *STR = <PyObject *>str
cdef object SCALARS_OR_NONE = SCALARS | {type(msgspec.NODEFAULT)}


cdef enum:
    BLOCK_SIZE = 64   # rows: few enough to stay in the first caches
    READ_AHEAD = 8


# ---- making records ----


cdef struct Field:
    PyObject *name        # this and what follows is borrowed from `Layout.kept`
    Py_ssize_t offset
    PyObject *first       # the one or two exact types that need no look at the value
    PyObject *second
    PyObject *default     # NULL where there is none
    PyObject *factory
    bint is_checked
    bint is_value         # whether a cycle may go through its value
    bint is_scalar        # whether none goes through instances of the exact types


cdef struct Entry:
    PyObject *key
    Py_ssize_t field      # -1 for a key that is no field


cdef class Layout:
    """Where the values of a row go in a record of one class."""

    cdef object cls
    cdef Plan plan
    cdef frozenset extra
    cdef frozenset slots
    cdef bint is_direct, forbids_unknown
    cdef Field *fields
    cdef Py_ssize_t own_count, count
    cdef list kept
    cdef bint is_plain    # whether the record that was made last can be in no cycle
    cdef Entry *shape     # the first row's keys, in its order; most rows are like it
    cdef Py_ssize_t *absent   # the fields that it does not have
    cdef Py_ssize_t shape_count, absent_count
    cdef bint has_plain_defaults
    cdef bint has_shape   # whether records can be made of such rows without anybody's hooks
    cdef bint runs_code   # whether that runs Python code all the same: a unique id is made of other things than strings

    def __cinit__(self, cls, frozenset extra, first_row):
        self.cls = cls
        self.extra = extra
        self.plan = plan_of(cls)
        schema = self.plan.schema
        self.slots = schema.slots
        self.forbids_unknown = schema.forbid_unknown_fields
        # In the order of the rows, with those that few rows have last.
        unusual = [name for name in cls.__struct_fields__ if name.startswith("_") or name in ("adapter", "model_flags")]
        names = [name for name in (*first_row, *cls.__struct_fields__) if name in self.slots and name not in unusual]
        names = list(dict.fromkeys(names))
        self.own_count, self.count = len(names), len(names) + len(unusual)
        self.fields = <Field *>PyMem_Calloc(self.count or 1, sizeof(Field))
        if self.fields == NULL:
            raise MemoryError
        self.is_direct = (
            not self.plan.has_post_init and not schema.private_defaults and type(cls).__call__ is StructMeta.__call__
        )
        self.kept = [schema]
        for place, name in enumerate(names + unusual):
            self.describe(&self.fields[place], name)
        self.describe_shape(list(first_row), names + unusual)

    def __dealloc__(self):
        PyMem_Free(self.fields)
        PyMem_Free(self.shape)
        PyMem_Free(self.absent)

    cdef int describe_shape(self, list keys, list names) except -1:
        cdef Py_ssize_t i
        self.shape_count = len(keys)
        self.shape = <Entry *>PyMem_Calloc(self.shape_count or 1, sizeof(Entry))
        self.absent = <Py_ssize_t *>PyMem_Calloc(self.count or 1, sizeof(Py_ssize_t))
        if self.shape == NULL or self.absent == NULL:
            raise MemoryError
        self.kept.append(keys)
        for i in range(self.shape_count):
            self.shape[i].key = <PyObject *>keys[i]
            self.shape[i].field = names.index(keys[i]) if keys[i] in names else -1
        self.has_shape = self.is_direct and self.plan.plain_unique_id and all([type(key) is str for key in keys])
        if self.forbids_unknown and not self.extra.union(names).issuperset(keys):
            self.has_shape = False
        self.has_plain_defaults = True
        for i in range(self.count):
            if self.fields[i].factory == NULL and self.fields[i].default != NULL:
                if may_close_cycle(&self.fields[i], self.fields[i].default):
                    self.has_plain_defaults = False
            if names[i] in self.plan.schema.identifiers:
                self.has_shape = self.has_shape and self.fields[i].is_scalar
                if self.fields[i].first != STR or self.fields[i].second != NULL or self.fields[i].default != NULL:
                    self.runs_code = True
            if names[i] in keys:
                continue
            self.absent[self.absent_count] = i
            self.absent_count += 1
            if self.fields[i].default == NULL or (self.fields[i].factory != NULL and self.fields[i].factory != LIST):
                self.has_shape = False  # it is required, or a factory makes its value
        return 0

    cdef int describe(self, Field *field, name) except -1:
        schema = self.plan.schema
        default = schema.defaults[name]
        factory = getattr(default, "factory", None) if type(default).__module__.startswith("msgspec") else None
        field_type = schema.field_types.get(name)
        self.kept += [name, default, factory]
        field.name = <PyObject *>name
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
            field.is_scalar = {*field_type.exact[:2], type(default)} <= SCALARS_OR_NONE
        if field.offset < 0:
            self.is_direct = False
        return 0

    cdef object make(self, dict values):
        """Return a record of a row's values."""
        record = self.fill(values) if self.is_direct else None
        if record is not None:
            return record
        self.is_plain = False
        if self.forbids_unknown:
            return self.cls(**{name: value for name, value in values.items() if name not in self.extra})
        return self.cls(**{name: value for name, value in values.items() if name in self.slots})

    cdef bint read(self, dict row, PyObject **values) noexcept:
        """Take a row's values, borrowed, if it is like the first; False if it is not."""
        cdef Py_ssize_t position = 0
        cdef Py_ssize_t i
        cdef PyObject *key = NULL
        if not self.has_shape or PyDict_GET_SIZE(row) != self.shape_count:
            return False
        for i in range(self.shape_count):
            PyDict_Next(row, &position, &key, &values[i])
            if key != self.shape[i].key and not (is_plain_str(key) and same_str(key, self.shape[i].key)):
                return False
            prefetch(values[i])
        return True

    cdef object fill_shaped(self, PyObject **values):
        """Return a record made of what `read` took, None if it is left to `make`."""
        record = new_record(self.cls)
        cdef Py_ssize_t i
        cdef Field *field
        cdef bint is_plain = self.has_plain_defaults
        for i in range(self.shape_count):
            if self.shape[i].field >= 0:
                field = &self.fields[self.shape[i].field]
                if not is_exact(field, values[i]):
                    return None
                fill_slot(<PyObject *>record, field.offset, values[i])
                is_plain = is_plain and not may_close_cycle(field, values[i])
        self.is_plain = is_plain
        for i in range(self.absent_count):
            field = &self.fields[self.absent[i]]
            if field.factory == NULL:
                fill_slot(<PyObject *>record, field.offset, field.default)
            else:
                self.put_default(<PyObject *>record, field)
        set_slot_quietly(<PyObject *>record, self.plan.key_offset, compute_key(record, self.plan))
        return record

    cdef object fill(self, dict row):
        """Return a record made by writing to its slots, None if the row is to be refused."""
        record = new_record(self.cls)
        cdef Py_ssize_t found = 0
        cdef Py_ssize_t size = PyDict_GET_SIZE(row)
        cdef Py_ssize_t i
        cdef Field *field
        cdef PyObject *value
        cdef bint are_exact = True
        self.is_plain = self.has_plain_defaults
        for i in range(self.count):
            field = &self.fields[i]
            value = PyDict_GetItemWithError(row, <object>field.name) if i < self.own_count or found < size else NULL
            if value != NULL:
                found += 1
                are_exact = are_exact and is_exact(field, value)
                fill_slot(<PyObject *>record, field.offset, value)
                if may_close_cycle(field, value):
                    self.is_plain = False
            elif field.default == NULL:
                return None
            else:
                self.put_default(<PyObject *>record, field)
        if found < size and self.forbids_unknown and found + self.count_extra(row) < size:
            return None
        if not are_exact:
            self.is_plain = False
            initialise_record(record, self.plan)
        elif self.plan.plain_unique_id:
            set_slot_quietly(<PyObject *>record, self.plan.key_offset, compute_key(record, self.plan))
        return record

    cdef int put_default(self, PyObject *record, Field *field) except -1:
        if field.factory == NULL:
            fill_slot(record, field.offset, field.default)
            return 0
        made = [] if field.factory == LIST else (<object>field.factory)()
        fill_slot(record, field.offset, <PyObject *>made)
        if may_close_cycle(field, <PyObject *>made):
            self.is_plain = False
        return 0

    cdef Py_ssize_t count_extra(self, dict values) except -1:
        return sum([name in values for name in self.extra])


cdef inline bint may_close_cycle(Field *field, PyObject *value) noexcept:
    return field.is_value and not field.is_scalar and is_collected(value)


cdef inline bint is_exact(Field *field, PyObject *value) noexcept:
    """Whether a value needs neither validation nor coercion."""
    cdef PyObject *kind = <PyObject *>Py_TYPE(<object>value)
    return not field.is_checked or kind == field.first or kind == field.second or value == field.default


cdef class Block:
    """Some rows of a table and the records that are made of them; what is done in turns stays in the cache."""

    cdef object table
    cdef object remaining
    cdef list source           # all rows, if they are given as a list
    cdef Layout layout
    cdef list rows, records
    cdef Py_ssize_t start      # number of the first row
    cdef Py_ssize_t place      # the row among these that is being looked at
    cdef PyObject **values
    cdef char is_read[BLOCK_SIZE]    # whether the values of a row are there
    cdef char is_plain[BLOCK_SIZE]   # whether a record can be in no cycle

    def __cinit__(self, table):
        self.table = table
        self.source = table.rows if type(table.rows) is list else None
        self.remaining = iter(table.rows) if self.source is None else None
        self.rows = []
        self.start = self.place = 0

    def __dealloc__(self):
        PyMem_Free(self.values)

    cdef bint next(self) except -1:
        """Go on to the next rows and make their records; False if there are none."""
        self.start += len(self.rows)
        self.place = 0
        self.rows, self.records = [], []
        if self.source is None:
            self.rows = list(islice(self.remaining, BLOCK_SIZE))
        else:
            self.rows = self.source[self.start : self.start + BLOCK_SIZE]
        if not self.rows:
            return False
        self.take_dicts()
        self.read_ahead()
        cdef bint is_fresh = True
        cdef Py_ssize_t place
        for place in range(len(self.rows)):
            self.place = place
            record = None
            # Where Python code has run, which may have changed a row, what was read before is read again.
            if self.is_read[place] and (is_fresh or self.layout.read(self.rows[place], self.values_of(place))):
                record = self.layout.fill_shaped(self.values_of(place))
                is_fresh = is_fresh and not self.layout.runs_code
            if record is None:
                is_fresh = False
                record = self.layout.make(self.rows[place])
            self.records.append(record)
            self.is_plain[place] = self.layout.is_plain
        return True

    cdef int take_dicts(self) except -1:
        cdef Py_ssize_t place
        for place in range(len(self.rows)):
            self.place = place
            if not PyDict_CheckExact(self.rows[place]):
                self.rows[place] = as_dict(self.rows[place])
        if self.layout is None:
            self.layout = Layout(self.table.cls, self.table.extra, self.rows[0])
            self.values = <PyObject **>PyMem_Calloc(BLOCK_SIZE * self.layout.shape_count or 1, sizeof(PyObject *))
            if self.values == NULL:
                raise MemoryError
        return 0

    cdef int read_ahead(self) except -1:
        """Read all rows, so that the values that they lead to are on their way from memory when they are needed."""
        cdef Py_ssize_t place
        cdef Py_ssize_t count = len(self.rows)
        cdef Py_ssize_t behind = self.start + BLOCK_SIZE
        for place in range(count):
            if self.source is not None and behind + place < len(self.source):
                prefetch(<PyObject *>self.source[behind + place])
            if place + READ_AHEAD < count:
                prefetch_dict(self.rows[place + READ_AHEAD])
            self.is_read[place] = self.layout.read(self.rows[place], self.values_of(place))
        return 0

    cdef PyObject **values_of(self, Py_ssize_t place) noexcept:
        return self.values + place * self.layout.shape_count


def construct_table(table):
    """Make a record of each row, validated and coerced as by calling the class, and keep both with the table.

    Raises:
        ValidationError, TypeError: As the class raises them, with the number of the row.
    """
    cdef Block block = Block(table)
    try:
        while block.next():
            table.keep(block.records, block.rows)
    except Exception as error:
        raise_at_row(error, table.modelname, block.start + block.place)


def load_table(store, table, journal):
    """Make a record of each row, store it as `LocalStore.add` does, and link it if its parent is there by now.

    Args:
        store: A local store.
        table: The rows. If it `links_later`, records and rows are kept with it, for `link_table`.
        journal: Told which parents are about to change, so that it can be undone.

    Returns:
        The number of rows.

    Raises:
        ValidationError, TypeError: As the class raises them, with the number of the row.
        ObjectAlreadyExists: If a unique id is taken.
        Exception: What `link_table` raises.
    """
    cdef Block block = Block(table)
    cdef Storer storer = Storer(store)
    cdef Linker linker = Linker(table, store._data, journal) if table.parent_keys and not table.links_later else None
    cdef Py_ssize_t place
    try:
        while block.next():
            for place in range(len(block.records)):
                block.place = place
                storer.add(block.records[place], block.layout.plan, block.is_plain[place])
            if linker is not None:
                for place in range(len(block.records)):
                    block.place = place
                    linker.link(block.records[place], block.rows[place])
            elif table.links_later:
                table.keep(block.records, block.rows)
    except Exception as error:
        raise_at_row(error, table.modelname, block.start + block.place)
    return block.start


cdef class Storer:
    """Adds records to a local store, as `LocalStore.add` does."""

    cdef object store, data, adapter, reference, modelname, known

    def __cinit__(self, store):
        self.store, self.data, self.adapter = store, store._data, store.adapter
        if self.adapter is not None and type(self.data) is RecordData:
            self.reference = reference_to(self.adapter)

    cdef int add(self, object record, Plan plan, bint is_plain) except -1:
        if self.modelname is None or not plan.plain_type:
            self.modelname = type_of(record)
            self.known = self.data[self.modelname]
            if not PyDict_Check(self.known):
                _records.add_record(self.store, obj=record)  # which has an error for it
        uid = unique_id(record)
        if PyDict_SetDefault(self.known, uid, record) != <PyObject *>record:
            raise ObjectAlreadyExists(f"Object {uid} already present", record)
        if is_plain and self.reference is not None:
            set_slot_quietly(<PyObject *>record, plan.adapter_offset, self.reference)
            PyObject_GC_UnTrack(<PyObject *>record)
        else:
            claim_record(record, plan, self.data, self.adapter)
        return 0


# ---- linking records ----


cdef class Reader:
    """Reads one parent key of rows and records."""

    cdef object key
    cdef object parents
    cdef tuple names
    cdef list offsets
    cdef bint joins_strings

    def __cinit__(self, key, data, Plan plan):
        self.key = key
        self.parents = data.get(key.modelname, {})
        if not PyDict_Check(self.parents):
            raise TypeError(f"the store keeps {type(self.parents).__name__} where it should keep a dict of records")
        self.names = key.names
        self.offsets = [plan.offset(name) if name in plan.schema.slots else -1 for name in key.names]
        self.joins_strings = key.joins_strings

    cdef PyObject *value(self, Py_ssize_t place, object record, object row) except? NULL:
        """Return one value, borrowed, NULL if it is missing or None."""
        cdef Py_ssize_t offset = <Py_ssize_t>self.offsets[place]
        cdef PyObject *value
        if offset >= 0:
            value = slot(<PyObject *>record, offset)
        else:
            value = PyDict_GetItemWithError(row, <object>PyTuple_GET_ITEM(self.names, place))
        return NULL if value == <PyObject *>None else value

    cdef tuple values(self, object record, object row):
        """Return the values of the parent's identifiers, None if one of them is missing."""
        cdef list values = []
        cdef PyObject *value
        for place in range(len(self.names)):
            value = self.value(place, record, row)
            if value == NULL:
                return None
            values.append(<object>value)
        return tuple(values)

    cdef bint reads(self, tuple values, object record, object row) except -1:
        """Whether a row has these very values, so that its parent is the last one's."""
        cdef PyObject *value
        cdef PyObject *other
        for place in range(len(self.names)):
            value = self.value(place, record, row)
            other = PyTuple_GET_ITEM(values, place)
            if value != other and (
                value == NULL or not is_plain_str(value) or not is_plain_str(other) or not same_str(value, other)
            ):
                return False
        return True

    cdef object find(self, tuple values):
        """Return the parent with these identifiers."""
        cdef PyObject *found
        uid = None
        if self.joins_strings and all([type(value) is str for value in values]):
            uid = values[0] if len(values) == 1 else "__".join(values)
        else:
            uid = self.key.unique_id(values)
        found = PyDict_GetItemWithError(self.parents, uid)
        if found == NULL:
            raise_parent_missing(self.key.modelname, uid)
        return <object>found


cdef class Linker:
    """Appends records to their parents' children; children of one parent that come in a run cost one look-up."""

    cdef list readers
    cdef object journal
    cdef Reader reader         # the parent key of the last record, None if it had none
    cdef tuple values
    cdef object parent
    cdef list uids             # the parent's children if there were none before, so that none of them can be in it twice
    cdef Py_ssize_t length     # how long that list has become by now

    def __cinit__(self, table, data, journal):
        cdef Plan plan = plan_of(table.cls)
        self.journal = journal
        self.readers = [Reader(key, data, plan) for key in table.parent_keys]

    cdef int link(self, object record, dict row) except -1:
        cdef Plan plan = plan_of(type(record))
        if self.reader is None or self.reader is not self.readers[0] or not self.reader.reads(self.values, record, row):
            if not self.find_parent(record, row):
                return 0
        if self.uids is not None and PyList_GET_SIZE(self.uids) == self.length and has_key(record, plan):
            PyList_Append(self.uids, <object>slot(<PyObject *>record, plan.key_offset))
            self.length += 1
        else:
            self.parent.add_child(record)
        return 0

    cdef bint find_parent(self, object record, dict row) except -1:
        """Find a record's parent, if it has one."""
        cdef Reader reader
        self.reader = None
        for reader in self.readers:
            values = reader.values(record, row)
            if values is not None:
                self.parent = reader.find(values)
                self.uids = empty_list(self.parent, record)
                self.length = 0
                if self.uids is None:
                    self.journal.will_link(self.parent)
                else:
                    self.journal.begun.append(self.uids)
                    tell_store(self.parent, plan_of(type(self.parent)))
                self.reader, self.values = reader, values
                return True
        return False


def link_table(store, table, journal):
    """Append each record that a table has kept to its parent's children, as `add_child` does.

    Args:
        store: The local store that has the records.
        table: Rows and records.
        journal: Told which parents are about to change, so that it can be undone.

    Raises:
        ObjectNotFound: If a parent is not there.
        ObjectStoreWrongType: If a parent cannot have children of the type.
        ObjectAlreadyExists: If a parent has the child already.
    """
    cdef Linker linker = Linker(table, store._data, journal)
    cdef list records = table.records
    cdef list rows = table.kept_rows
    cdef Py_ssize_t place = 0
    try:
        for place in range(len(records)):
            linker.link(records[place], rows[place])
    except Exception as error:
        raise_at_row(error, table.modelname, place)


cdef object empty_list(object parent, object record):
    """Return the parent's list for children like the record if it is empty and `add_child` is the library's own."""
    cdef Plan plan = plan_of(type(parent))
    cdef Plan child_plan = plan_of(type(record))
    if not (plan.plain_children and child_plan.plain_type and child_plan.plain_unique_id and has_key(parent, plan)):
        return None
    if child_plan.modelname not in plan.children or type(parent).add_child is not add_child:
        return None
    uids = child_list(parent, plan, plan.children[child_plan.modelname])
    return uids if PyList_CheckExact(uids) and PyList_GET_SIZE(uids) == 0 else None
