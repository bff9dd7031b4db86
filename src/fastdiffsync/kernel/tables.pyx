# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Many records at once, from dicts into a local store and below their parents.

The twin of `tables_py.py`; whoever changes one changes both.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from .layouts cimport Layout
from .local_records cimport claim_record, empty_records, reference_to
from .plans cimport Plan, plan_of
from .children cimport child_list, tell_store
from .fields cimport has_key, type_name_of, unique_id
from .capi cimport (
    PyDict_Check, PyDict_CheckExact, PyDict_GetItemWithError, PyDict_SetDefault, PyErr_CheckSignals,
    PyList_Append, PyList_CheckExact, PyList_GET_SIZE, PyObject, PyObject_GC_UnTrack, PyTuple_GET_ITEM,
    heed_signals, is_exact_str, prefetch, same_str, set_slot_quietly, slot,
)

from itertools import islice

from .row_errors import as_dict, raise_at_row, raise_parent_missing

from . import local_records as _local

__all__ = ["construct_table", "link_table", "load_table"]

cdef extern from *:
    """
    /* Rows lie all over memory: ask for the keys and values of one that is wanted soon. */
    static inline void fds_prefetch_dict(PyObject *row) {
        char *keys = (char *)((PyDictObject *)row)->ma_keys;
        for (int line = 0; line < 4; line++) FDS_PREFETCH(keys + 64 * line);
    }
    """
    void prefetch_dict "fds_prefetch_dict"(object row)


cdef object RecordData = _local.RecordData


cdef enum:
    BLOCK_SIZE = 64   # rows: few enough to stay in the first caches
    READ_AHEAD = 8


cdef class Block:
    """Some rows of a table and the records that are made of them; what is done in turns stays in the cache."""

    cdef object table
    cdef object remaining
    cdef list source           # all rows, if they are given as a list
    cdef Layout layout
    cdef list rows, records
    cdef Py_ssize_t start      # number of the first row
    cdef Py_ssize_t place      # the row among these that is being looked at; -1 while the next ones are asked for
    cdef PyObject **values
    cdef char is_read[BLOCK_SIZE]    # whether the values of a row are there
    cdef char is_acyclic[BLOCK_SIZE]   # whether a record can be in no cycle

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
        PyErr_CheckSignals()
        self.start += len(self.rows)
        self.place = -1
        if self.source is None:
            self.rows = list(islice(self.remaining, BLOCK_SIZE))
        else:
            self.rows = self.source[self.start : self.start + BLOCK_SIZE]
        if not self.rows:
            return False
        self.records = [None] * len(self.rows)
        self.take_dicts()
        self.read_ahead()
        cdef bint is_fresh = True
        self.layout.has_converted = False
        cdef Py_ssize_t place
        for place in range(len(self.rows)):
            self.place = place
            record = None
            # Where Python code has run, which may have changed a row, what was read before is read again.
            if self.is_read[place] and (is_fresh or self.layout.read(self.rows[place], self.values_of(place))):
                record = self.layout.fill_shaped(self.values_of(place))
                is_fresh = is_fresh and not (self.layout.runs_code or self.layout.has_converted)
            if record is None:
                is_fresh = False
                record = self.layout.make(self.rows[place])
            self.records[place] = record
            self.is_acyclic[place] = self.layout.is_acyclic
        return True

    cdef int take_dicts(self) except -1:
        cdef Py_ssize_t place
        for place in range(len(self.rows)):
            self.place = place
            if not PyDict_CheckExact(<PyObject *>self.rows[place]):
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

    cdef int raise_at_place(self, error) except -1:
        """Raise what was met at a row with the row that it is about; as it is if the rows themselves raised it."""
        if self.place < 0:
            raise error
        raise_at_row(error, self.table.modelname, self.start + self.place)

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
        block.raise_at_place(error)


def load_table(store, table, journal):
    """Make a record of each row, store it as `LocalStore.add` does, and link it if its parent is there by now.

    Args:
        store: A local store, whose own `add` is called for a record whose unique id is taken.
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
    cdef Storer storer = Storer(store, 0 if block.source is None else len(block.source))
    cdef Linker linker = Linker(table, store._data, journal) if table.parent_keys and not table.links_later else None
    cdef Py_ssize_t place
    try:
        while block.next():
            for place in range(len(block.records)):
                block.place = place
                storer.add(block.records[place], block.layout.plan, block.is_acyclic[place])
            if linker is not None:
                for place in range(len(block.records)):
                    block.place = place
                    linker.link(block.records[place], block.rows[place])
            elif table.links_later:
                table.keep(block.records, block.rows)
    except Exception as error:
        block.raise_at_place(error)
    return block.start


cdef class Storer:
    """Adds records to a local store, as `LocalStore.add` does."""

    cdef object store, data, adapter, reference, modelname, known
    cdef Py_ssize_t expected

    def __cinit__(self, store, Py_ssize_t expected):
        self.expected = expected
        self.store, self.data, self.adapter = store, store._data, store.adapter
        if self.adapter is not None and type(self.data) is RecordData:
            self.reference = reference_to(self.adapter)

    cdef int add(self, object record, Plan plan, bint is_acyclic) except -1:
        if self.modelname is None or not plan.knows_type:
            self.modelname = type_name_of(record, plan)
            if type(self.data) is RecordData and self.modelname not in self.data:
                self.data[self.modelname] = empty_records(self.expected)
            self.known = self.data[self.modelname]
            if not PyDict_Check(<PyObject *>self.known):
                _local.add_record(self.store, obj=record)  # which has an error for it
        # A plain record has been given its key when it was made.
        cdef bint has_key_of_its_own = is_acyclic and plan.knows_unique_id
        uid = <object>slot(<PyObject *>record, plan.key_offset) if has_key_of_its_own else unique_id(record, plan)
        if PyDict_SetDefault(<PyObject *>self.known, <PyObject *>uid, <PyObject *>record) != <PyObject *>record:
            self.store.add(obj=record)  # which has an error for it, unless it takes the one for the other
            return 0
        if is_acyclic and self.reference is not None:
            set_slot_quietly(<PyObject *>record, plan.adapter_offset, self.reference)
            PyObject_GC_UnTrack(<PyObject *>record)
        else:
            claim_record(record, plan, self.reference, self.adapter)
        return 0


# ---- linking records ----


cdef class Reader:
    """Reads one parent key of rows and records."""

    cdef object key
    cdef object parents
    cdef tuple names
    cdef Py_ssize_t count
    cdef Py_ssize_t *offsets
    cdef bint joins_strings

    def __cinit__(self, key, data, Plan plan):
        self.key = key
        self.parents = data.get(key.modelname, {})
        if not PyDict_Check(<PyObject *>self.parents):
            raise TypeError(f"the store keeps {type(self.parents).__name__} where it should keep a dict of records")
        self.names = key.names
        self.count = len(key.names)
        self.offsets = <Py_ssize_t *>PyMem_Calloc(self.count or 1, sizeof(Py_ssize_t))
        if self.offsets == NULL:
            raise MemoryError
        for place, name in enumerate(key.names):
            self.offsets[place] = plan.offset(name) if name in plan.schema.slots else -1
        self.joins_strings = key.joins_strings

    def __dealloc__(self):
        PyMem_Free(self.offsets)

    cdef inline PyObject *value(self, Py_ssize_t place, object record, object row) except? NULL:
        """Return one value, borrowed, NULL if it is missing."""
        if self.offsets[place] >= 0:
            return slot(<PyObject *>record, self.offsets[place])
        return PyDict_GetItemWithError(<PyObject *>row, PyTuple_GET_ITEM(<PyObject *>self.names, place))

    cdef tuple values(self, object record, object row):
        """Return the values of the parent's identifiers, None if one of them is missing or None."""
        cdef list values = []
        cdef PyObject *value
        for place in range(self.count):
            value = self.value(place, record, row)
            if value == NULL or value == <PyObject *>None:
                return None
            values.append(<object>value)
        return tuple(values)

    cdef bint reads(self, tuple values, object record, object row) except -1:
        """Whether a row has these very values, so that its parent is the last one's."""
        cdef PyObject *value
        cdef PyObject *other
        cdef Py_ssize_t place
        for place in range(self.count):
            value = self.value(place, record, row)
            other = PyTuple_GET_ITEM(<PyObject *>values, place)
            if value != other and (
                value == NULL or not is_exact_str(value) or not is_exact_str(other) or not same_str(value, other)
            ):
                return False
        return True

    cdef object find(self, tuple values):
        """Return the parent with these identifiers."""
        cdef PyObject *found
        uid = None
        if self.joins_strings and are_strings(values):
            uid = values[0] if len(values) == 1 else "__".join(values)
        else:
            uid = self.key.unique_id(values)
        found = PyDict_GetItemWithError(<PyObject *>self.parents, <PyObject *>uid)
        if found == NULL:
            raise_parent_missing(self.key.modelname, uid)
        return <object>found


cdef bint are_strings(tuple values) noexcept:
    for value in values:
        if type(value) is not str:
            return False
    return True


cdef class Linker:
    """Appends records of a type with parent keys to their parents' children; those that come in a run cost one look-up."""

    cdef list readers
    cdef Reader first
    cdef object journal, cls
    cdef Plan plan
    cdef Reader reader         # the parent key of the last record, None if it had none
    cdef tuple values
    cdef object parent
    cdef list uids             # the parent's children if there were none before, so that none of them can be in it twice
    cdef Py_ssize_t length     # how long that list has become by now
    cdef bint are_distinct     # whether no two of the records have one unique id

    def __cinit__(self, table, data, journal):
        self.cls, self.plan = table.cls, plan_of(table.cls)
        self.journal = journal
        self.are_distinct = table.are_distinct
        self.readers = []
        for key in table.parent_keys:
            self.readers.append(Reader(key, data, self.plan))
        self.first = self.readers[0]

    cdef int link(self, object record, dict row) except -1:
        cdef Plan plan = self.plan if type(record) is self.cls else plan_of(type(record))
        if self.reader is not self.first or not self.reader.reads(self.values, record, row):
            if not self.find_parent(record, row):
                return 0
        if self.uids is not None and PyList_GET_SIZE(<PyObject *>self.uids) == self.length and has_key(record, plan):
            PyList_Append(<PyObject *>self.uids, slot(<PyObject *>record, plan.key_offset))
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
                self.uids = empty_list(self.parent, record) if self.are_distinct else None
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
    if not table.parent_keys:
        return
    cdef Linker linker = Linker(table, store._data, journal)
    cdef list records = table.records
    cdef list rows = table.kept_rows
    cdef Py_ssize_t place = 0
    try:
        for place in range(len(records)):
            heed_signals(place)
            linker.link(records[place], rows[place])
    except Exception as error:
        raise_at_row(error, table.modelname, place)


cdef object empty_list(object parent, object record):
    """Return the parent's list for children like the record if it is empty and `add_child` is the library's own."""
    cdef Plan plan = plan_of(type(parent))
    cdef Plan child_plan = plan_of(type(record))
    if not (plan.links_directly and child_plan.knows_type and child_plan.knows_unique_id and has_key(parent, plan)):
        return None
    if child_plan.modelname not in plan.children:
        return None
    uids = child_list(parent, plan, plan.children[child_plan.modelname])
    return uids if PyList_CheckExact(<PyObject *>uids) and PyList_GET_SIZE(<PyObject *>uids) == 0 else None
