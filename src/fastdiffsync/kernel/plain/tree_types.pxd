from libc.stdint cimport uint16_t

from ..capi cimport PyObject, PyTypeObject
from ..plans cimport Plan
from .finding cimport Contents, Search, Table
from .pairing cimport Room
from .columns cimport Offsets

cdef enum:
    MAX_PARTS = 16
    MAX_CHILD_TYPES = 16
    MAX_KINDS = 64

# A chain of records this deep may be a cycle, and is left to the walk that remembers its path.
cdef enum:
    MAX_DEPTH = 64

# Objects are borrowed; `Kinds.keep_alive` has them. What is not described is an offset of a slot.

cdef struct Side:
    PyTypeObject *cls              # NULL where the side has no record of the type
    PyObject *records              # the store's `{unique id: record}`, NULL where there is none
    Table table                    # of the same records, if it has been needed
    Py_ssize_t size                # of a record, in bytes
    Py_ssize_t key, flags
    Py_ssize_t[MAX_PARTS] identifiers
    Contents contents
    # What a snapshot holds of a record: offsets in the order of its fields, and -1 for what is in no slot.
    PyObject *plan
    Py_ssize_t *identifier_fields
    Py_ssize_t *attributes
    Py_ssize_t *names              # the fields that make the shortname
    Py_ssize_t identifier_field_count, attribute_count
    bint knows_attributes          # whether the attributes can be read without asking a hook


cdef struct ChildField:
    Kind *kind
    Py_ssize_t[2] offsets


cdef struct Kind:
    Side[2] sides
    Offsets values
    bint is_certain                # whether all records of both sides have identifiers of the same exact types
    Py_ssize_t identifier_count, child_count
    ChildField[MAX_CHILD_TYPES] children
    uint16_t number                # of this kind among all
    Py_ssize_t name_count          # how many fields make the shortname; 0 if it is the key
    bint key_tells_name            # whether all of these are identifiers
    # If so, which parts of the key they are.
    Py_ssize_t[MAX_PARTS] name_parts


cdef class Kinds:
    cdef Kind *items
    # Where both sides' records of each type were found last; and for each depth of a walk, room for siblings.
    cdef Search *searches
    cdef Room *rooms
    cdef readonly Py_ssize_t count
    cdef readonly list names
    cdef dict numbers
    cdef list keep_alive
    cdef object data, other_data
    cdef readonly bint are_plain
    cdef int add(self, object name) except -1
    cdef int fill(self, Py_ssize_t number, object name) except -1
    cdef int describe_names(self, Kind *kind, Plan plan) except -1
    cdef int describe_contents(self, Kind *kind) except -1
    cdef Search *begin(self, double share) except NULL
    cdef Py_ssize_t record_count(self, Py_ssize_t first, Py_ssize_t stop) noexcept
    cdef bint build_tables(self) except -1
    cdef int drop_tables(self) except -1
