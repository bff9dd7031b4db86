# cython: language_level=3, boundscheck=False, wraparound=False
"""What a walk without the interpreter must know of the types that it meets: where their records keep what in memory."""

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint16_t
from libc.stdlib cimport free

from ..capi cimport PyDict_GET_SIZE, PyObject, PyTypeObject
from .finding cimport MAX_LISTS, Contents, Search, begin_at, build_next_table, free_table
from ..plans cimport Plan, plan_of
from .pairing cimport Room
from .columns cimport fill_offsets, free_offsets

from ...schema import have_like_identities


# By how much of a dict a range begins to look before its share of the records. What it looks for first may lie somewhat
# before that, and what lies before the beginning is found only after all that follows.
cdef double BACK_OFF = 1 / 64.0


cdef class Kinds:
    """A type and all types below it, in a form that needs no interpreter. All methods need the lock.

    Attributes:
        are_plain: Whether the trees of all of them can be plain.
        count: How many types there are.
        names: Their names, by number; all others are below the first.
    """

    def __cinit__(self, source_data, dest_data, modelname):
        self.items = <Kind *>PyMem_Calloc(MAX_KINDS, sizeof(Kind))
        self.rooms = <Room *>PyMem_Calloc(MAX_DEPTH + 1, sizeof(Room))
        if self.items == NULL or self.rooms == NULL:
            raise MemoryError
        self.names = []
        self.numbers = {}
        self.keep_alive = []
        self.data = source_data
        self.other_data = dest_data
        self.are_plain = True
        self.add(modelname)
        self.searches = self.begin(0)

    def __dealloc__(self):
        cdef Py_ssize_t depth, i
        if self.items != NULL:
            self.drop_tables()
            for i in range(self.count):
                free_offsets(&self.items[i].values)
        if self.rooms != NULL:
            for depth in range(MAX_DEPTH + 1):
                free(self.rooms[depth].cells)
        PyMem_Free(self.rooms)
        PyMem_Free(self.searches)
        PyMem_Free(self.items)

    cdef int add(self, object name) except -1:
        """Note a type and return its number."""
        number = self.numbers.get(name)
        if number is not None:
            return number
        if self.count == MAX_KINDS:
            self.are_plain = False
            return 0
        cdef Py_ssize_t added = self.count
        self.numbers[name] = added
        self.names.append(name)
        self.count += 1
        self.items[added].number = <uint16_t>added
        self.fill(added, name)
        return added

    cdef int fill(self, Py_ssize_t number, object name) except -1:
        """Say what is known of a type, by the class of the first record on either side, and note the types below it."""
        cdef Kind *kind = &self.items[number]
        cdef Plan plan, first = None
        cdef Side *side
        cdef Py_ssize_t i, which
        for which in range(2):
            side = &kind.sides[which]
            records = (self.other_data if which else self.data).get(name)
            if not records:
                continue
            if type(records) is not dict:
                self.are_plain = False
                return 0
            cls = type(next(iter(records.values())))
            plan = plan_of(cls)
            if not has_plain_trees(plan, name) or (first is not None and not are_alike(first, plan)):
                self.are_plain = False
                return 0
            self.keep_alive.append((cls, plan, records))
            side.cls = <PyTypeObject *>cls
            side.records = <PyObject *>records
            side.size = cls.__basicsize__
            side.key = plan.key_offset
            side.flags = plan.flags_offset
            side.plan = <PyObject *>plan
            side.identifier_fields = plan.identifier_field_offsets
            side.identifier_field_count = len(plan.identifier_names)
            side.attributes = plan.attribute_offsets
            side.names = plan.name_offsets
            side.attribute_count = len(plan.attribute_names)
            side.knows_attributes = plan.knows_attributes
            for i in range(plan.identifier_count):
                side.identifiers[i] = plan.identifier_offsets[i]
            kind.identifier_count = plan.identifier_count
            for i, field in enumerate(plan.children.values()):
                kind.children[i].offsets[which] = plan.offset(field)
                if kind.children[i].offsets[which] < 0:
                    self.are_plain = False
                    return 0
            fill_offsets(&kind.values, plan if first is None else first, plan)
            kind.is_certain = plan.certain_types is not None and (
                first is None or first.certain_types == plan.certain_types
            )
            first = plan
        if first is not None:
            self.describe_names(kind, first)
            kind.child_count = len(first.children)
            for i, child_type in enumerate(first.children):
                kind.children[i].kind = &self.items[self.add(child_type)]
            self.describe_contents(kind)
        return 0

    cdef int describe_names(self, Kind *kind, Plan plan) except -1:
        """Say which fields make the shortname; none if it is the unique id."""
        shortname, identifiers = plan.schema.shortname, plan.schema.identifiers
        kind.name_count = 0 if shortname == identifiers else plan.name_count
        kind.key_tells_name = kind.is_certain and set(identifiers).issuperset(shortname)
        for i, name in enumerate(shortname if kind.key_tells_name else ()):
            kind.name_parts[i] = identifiers.index(name)
        return 0

    cdef int describe_contents(self, Kind *kind) except -1:
        """Say what of each side's records will be read."""
        cdef Contents *contents
        cdef Py_ssize_t i, which
        for which in range(2):
            contents = &kind.sides[which].contents
            contents.cls = kind.sides[which].cls
            contents.size = kind.sides[which].size
            contents.values = kind.values.dest_values if which else kind.values.source_values
            contents.value_count = kind.values.count
            contents.identifiers = &kind.sides[which].identifiers[0]
            contents.identifier_count = 0 if kind.is_certain else kind.identifier_count
            contents.list_count = min(kind.child_count, MAX_LISTS)
            for i in range(contents.list_count):
                contents.lists[i] = kind.children[i].offsets[which]
        return 0

    cdef Search *begin(self, double share) except NULL:
        """Return searches for the records of all types that begin a little before a share of them; the caller frees them."""
        cdef Py_ssize_t i, which
        cdef Search *searches = <Search *>PyMem_Calloc(2 * self.count, sizeof(Search))
        if searches == NULL:
            raise MemoryError
        share = max(share - BACK_OFF, 0)
        for i in range(self.count):
            for which in range(2):
                if self.items[i].sides[which].records != NULL:
                    begin_at(
                        &searches[2 * i + which],
                        <Py_ssize_t>(share * PyDict_GET_SIZE(self.items[i].sides[which].records)),
                    )
        return searches

    cdef bint build_tables(self) except -1:
        """Make tables of the records of which one was looked for in vain; return whether there are new ones.

        A table does not follow what happens to the dict: it is to be dropped before any other code runs.
        """
        cdef Py_ssize_t i, which
        cdef Side *side
        cdef bint are_new = False
        for i in range(self.count):
            for which in range(2):
                side = &self.items[i].sides[which]
                if side.records != NULL and self.searches[2 * i + which].has_missed:
                    self.searches[2 * i + which].has_missed = False
                    are_new = build_next_table(&side.table, side.records) or are_new
        return are_new

    cdef int drop_tables(self) except -1:
        """Free all tables."""
        cdef Py_ssize_t i, which
        for i in range(self.count):
            for which in range(2):
                free_table(&self.items[i].sides[which].table)
        return 0

    cdef Py_ssize_t record_count(self, Py_ssize_t first, Py_ssize_t stop) noexcept:
        """Return how many records of some of the types both sides have."""
        cdef Py_ssize_t i, which, count = 0
        for i in range(first, stop):
            for which in range(2):
                if self.items[i].sides[which].records != NULL:
                    count += PyDict_GET_SIZE(self.items[i].sides[which].records)
        return count


cdef bint has_plain_trees(Plan plan, object name) except -1:
    """Whether records of a class, stored under the name of a type, may have plain trees. Needs the lock."""
    return (
        plan.is_plain and plan.modelname == name and len(plan.children) <= MAX_CHILD_TYPES
        and plan.name_count <= MAX_PARTS
    )


cdef bint are_alike(Plan source, Plan dest) except -1:
    """Whether both sides' classes make keys and names alike, and have the same children. Needs the lock."""
    return (
        have_like_identities(source.schema, dest.schema) and source.schema.shortname == dest.schema.shortname
        and list(source.children.items()) == list(dest.children.items())
    )
