# cython: language_level=3, boundscheck=False, wraparound=False
"""The compiled kernel, the fast half of matching: trees about which there is nothing special.

Nearly all records are of classes without overridden hooks, bear no flags and lie in plain local stores. The trees below
siblings that are all like that are walked here without the interpreter: nothing is called, and memory is only read, but
for the reference counts of what is found, so that several threads can share the walk. Where a tree turns out to be
special after all (a record of a subclass, a flag, a child that is not there, ...), what was found of it is dropped, and
`_core.pyx` visits its topmost pair as diffsync would.

It makes no difference to the result; `_plain_py.py` is the like of it in the kernel in Python, made in another way.
Compared to walking all with `_core.pyx` it takes a third of the time on one thread, and a fifth on two.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from libc.stdint cimport int32_t, uint16_t
from libc.stdlib cimport free, realloc
from libc.string cimport memset

from ._finding cimport WINDOW, Place, find_all, open_window
from ._flat cimport NO_ACTION, UNDECIDED, UNSEEN, Record, Records
from ._kinds cimport MAX_DEPTH, MAX_KINDS, ChildField, Kind, Kinds, Side
from ._siblings cimport Room, Siblings, are_distinct, make_room, pair_siblings
from ._slots cimport add_reference, drop_reference, is_plain_str, prefetch, same_str, slot, str_length
from ._threads cimport MAX_SHARES, MAX_THREADS, SHARES_EACH, Share, run_together, share_start
from ._values cimport (
    ask_for_dest_values, ask_for_record, ask_for_source_values, has_clear_parts, have_equal_scalars, type_of,
)

from .enum import DiffSyncModelFlags

cdef extern from "Python.h":
    int PyDict_Next(PyObject *mapping, Py_ssize_t *position, PyObject **key, PyObject **value) nogil
    Py_ssize_t PyDict_GET_SIZE(PyObject *mapping) nogil
    bint PyList_CheckExact(PyObject *value) nogil
    Py_ssize_t PyList_GET_SIZE(PyObject *values) nogil
    bint PyObject_GC_IsTracked(PyObject *object) nogil
    ctypedef struct PyListObject:
        PyObject **ob_item

# How many siblings ahead memory is asked for: their values, and twice as far the records.
cdef enum:
    AHEAD = 12

# From how many records on threads share a walk: below, starting one takes longer than it saves.
cdef enum:
    SHARED_FROM = 20000

# No type of a flat array has this number.
cdef enum:
    NO_TYPE = 0xFFFF

cdef PyObject *NONE = <PyObject *>None
cdef object NO_FLAGS_OBJECT = DiffSyncModelFlags.NONE
cdef PyObject *NO_FLAGS = <PyObject *>NO_FLAGS_OBJECT


cdef class PlainSiblings:
    """The siblings of one type, and what is found below them."""

    def __cinit__(self, Kinds kinds):
        self.kinds = kinds
        memset(&self.siblings, 0, sizeof(Siblings))
        memset(&self.room, 0, sizeof(Room))

    def __dealloc__(self):
        cdef Py_ssize_t i
        for i in range(self.taken, self.siblings.count if self.trees != NULL else 0):
            if self.trees[i].range != NULL:
                drop(self.trees[i].range, self.trees[i].first, self.trees[i].stop)
        for i in range(self.range_count):
            free(self.ranges[i].items)
            free(self.ranges[i].sources)
            free(self.ranges[i].dests)
        PyMem_Free(self.ranges)
        PyMem_Free(self.trees)
        PyMem_Free(self.uids)
        free(self.room.cells)

    cdef bint pair_all(self) except -1:
        """Pair all records of the type; False if Python must be asked."""
        cdef Side *side = self.kinds.items.sides
        cdef Siblings *siblings = &self.siblings
        siblings.uid_count = 0 if side[0].records == NULL else PyDict_GET_SIZE(side[0].records)
        siblings.other_uid_count = 0 if side[1].records == NULL else PyDict_GET_SIZE(side[1].records)
        self.uids = <PyObject **>PyMem_Malloc((siblings.uid_count + siblings.other_uid_count + 1) * sizeof(PyObject *))
        if self.uids == NULL or not make_room(siblings, &self.room):
            raise MemoryError
        siblings.uids = self.uids
        siblings.other_uids = self.uids + siblings.uid_count
        list_all(side[0].records, siblings.uids, siblings.sources, siblings.uid_count)
        list_all(side[1].records, siblings.other_uids, siblings.found, siblings.other_uid_count)
        return pair_siblings(siblings)

    cdef bint pair_children(self, list uids, list other_uids) except -1:
        """Pair the records with some unique ids; False if Python must be asked."""
        cdef Siblings *siblings = &self.siblings
        siblings.uids = (<PyListObject *>uids).ob_item
        siblings.other_uids = (<PyListObject *>other_uids).ob_item
        siblings.uid_count = len(uids)
        siblings.other_uid_count = len(other_uids)
        if not make_room(siblings, &self.room):
            raise MemoryError
        open_window(&self.kinds.places[0])
        open_window(&self.kinds.places[1])
        return find_siblings(self.kinds.items, self.kinds.places, siblings) and pair_siblings(siblings)

    cdef bint are_worthwhile(self, int threads) noexcept:
        """Whether to walk here, or to visit the siblings one by one: if they are too few to share, what is below may do."""
        return (
            threads == 1 or self.siblings.count >= 2 * threads or self.kinds.items.child_count == 0
            or self.expected_count() < SHARED_FROM
        )

    cdef Py_ssize_t expected_count(self) noexcept:
        """Return about how many records of both sides there are among the siblings and below them."""
        cdef Py_ssize_t own_count = self.kinds.record_count(0, 1)
        cdef Py_ssize_t sibling_count = self.siblings.uid_count + self.siblings.other_uid_count
        return <Py_ssize_t>(<double>sibling_count / max(own_count, 1) * self.kinds.record_count(0, self.kinds.count))

    cdef list walk(self, int threads):
        """Walk the trees, and return the pairs of those that are special, as (place, unique id, source, destination)."""
        cdef Py_ssize_t place, expected_count = self.expected_count()
        cdef PyObject *source
        cdef PyObject *dest
        cdef list special = []
        self.threads = 1
        if expected_count >= SHARED_FROM:
            self.threads = max(1, min(threads, MAX_THREADS, self.siblings.count // 2))
        self.range_count = 1 if self.threads == 1 else SHARES_EACH * self.threads
        self.trees = <Tree *>PyMem_Calloc(self.siblings.count + 1, sizeof(Tree))
        self.ranges = <Range *>PyMem_Calloc(self.range_count, sizeof(Range))
        if self.trees == NULL or self.ranges == NULL:
            raise MemoryError
        # A table is of all records, and worth its while only if most of them are walked.
        self.walk_parts(2 * expected_count >= self.kinds.record_count(0, self.kinds.count))
        for place in range(self.siblings.count):
            if self.trees[place].range == NULL:
                source = self.siblings.sources[place]
                dest = self.siblings.dests[place]
                special.append((
                    place,
                    <object>(self.siblings.dest_uids[place] if source == NULL else self.siblings.uids[place]),
                    None if source == NULL else <object>source,
                    None if dest == NULL else <object>dest,
                ))
        return special

    cdef int walk_parts(self, bint may_build_tables) except -1:
        """Walk all trees; those that could not be walked because a record was not found, once more with its table."""
        cdef Py_ssize_t i, left = self.siblings.count
        cdef Py_ssize_t *order = <Py_ssize_t *>PyMem_Malloc((left + 1) * sizeof(Py_ssize_t))
        if order == NULL:
            raise MemoryError
        try:
            for i in range(left):
                order[i] = i
            self.prepare_ranges(order)
            while left:
                self.walk_together(left)
                if not may_build_tables or not self.build_tables():
                    break
                left = 0
                for i in range(self.siblings.count):
                    if self.trees[i].range == NULL:
                        order[left] = i
                        left += 1
        finally:
            PyMem_Free(order)
            self.kinds.drop_tables()
            for i in range(1, self.range_count):
                release_workplace(&self.ranges[i])
        return 0

    cdef int prepare_ranges(self, Py_ssize_t *order) except -1:
        """Give each range its workplace; the first has that of the kinds, which remembers where it was."""
        cdef Range *part
        cdef Py_ssize_t i, place, start
        for i in range(self.range_count):
            part = &self.ranges[i]
            part.kind = self.kinds.items
            part.siblings = &self.siblings
            part.trees = self.trees
            part.order = order
            part.places = self.kinds.places
            part.rooms = self.kinds.rooms
            for place in range(2 * self.kinds.count if i == 0 else 0):
                open_window(&part.places[place])
            if i:
                start = share_start(i, self.threads, self.siblings.count)
                part.places = self.kinds.begin(<double>start / self.siblings.count)
                for place in range(2 * self.kinds.count):
                    part.places[place].first = &self.kinds.places[place]
                part.rooms = <Room *>PyMem_Calloc(MAX_DEPTH + 1, sizeof(Room))
                if part.rooms == NULL:
                    raise MemoryError
        return 0

    cdef int walk_together(self, Py_ssize_t count) except -1:
        """Walk the first trees of the order, some of them in each of the ranges."""
        cdef Share[MAX_SHARES] shares
        cdef Py_ssize_t i
        for i in range(self.range_count):
            self.ranges[i].first = share_start(i, self.threads, count)
            self.ranges[i].stop = share_start(i + 1, self.threads, count) if i + 1 < self.range_count else count
            shares[i] = &self.ranges[i]
        run_together(walk_range, shares, self.range_count, self.threads)
        return 0

    cdef bint build_tables(self) except -1:
        cdef Py_ssize_t i, place
        for i in range(1, self.range_count):
            for place in range(2 * self.kinds.count):
                if self.ranges[i].places[place].has_missed:
                    self.ranges[i].places[place].has_missed = False
                    self.kinds.places[place].has_missed = True
        return self.kinds.build_tables()

    cdef Py_ssize_t take(self, Records records, Py_ssize_t parent, Py_ssize_t stop) except -1:
        """Append to a flat array, below `parent`, the trees up to a place; return how many records they have of both sides."""
        cdef Range *part
        cdef Py_ssize_t i, first, last, place, count = 0
        cdef uint16_t kind
        cdef uint16_t[MAX_KINDS] type_numbers
        for i in range(self.kinds.count):
            type_numbers[i] = NO_TYPE
        if self.taken == 0:
            for i in range(self.siblings.count):
                count += self.trees[i].stop - self.trees[i].first
            records.reserve(count)
            for i in range(self.range_count):
                records.has_tracked = records.has_tracked or self.ranges[i].has_tracked
        count = 0
        while self.taken < stop:
            part = self.trees[self.taken].range
            first = last = self.trees[self.taken].first
            for i in range(self.taken, stop):
                if self.trees[i].range != part or self.trees[i].first != last:
                    break
                last = self.trees[i].stop
            else:
                i = stop
            for place in range(first, last):
                kind = part.items[place].type
                if type_numbers[kind] == NO_TYPE:
                    type_numbers[kind] = records.type_number(self.kinds.names[kind])
                part.items[place].type = type_numbers[kind]
            count += records.take_over(&part.items[first], &part.sources[first], &part.dests[first], last - first, first, parent)
            self.taken = i
        return count


cdef void list_all(PyObject *records, PyObject **uids, PyObject **found, Py_ssize_t count) noexcept:
    cdef Py_ssize_t i, position = 0
    for i in range(count):
        PyDict_Next(records, &position, &uids[i], &found[i])


cdef void release_workplace(Range *part) noexcept:
    cdef Py_ssize_t depth
    PyMem_Free(part.places)
    if part.rooms != NULL:
        for depth in range(MAX_DEPTH + 1):
            free(part.rooms[depth].cells)
    PyMem_Free(part.rooms)


# ---- walking ----
#
# Functions that return whether all went well return False as well where memory is short: the other walk will say so.
# Memory comes from the C library: Python's own functions may want the interpreter lock, while tracemalloc traces.


cdef void walk_range(void *share) noexcept nogil:
    cdef Range *part = <Range *>share
    cdef Siblings *siblings = part.siblings
    cdef Py_ssize_t i, place, before
    for i in range(part.first, part.stop):
        if i + 2 * AHEAD < part.stop:
            ask_for_pair(part.kind, siblings, part.order[i + 2 * AHEAD])
        if i + AHEAD < part.stop:
            ask_for_contents(part.kind, siblings, part.order[i + AHEAD])
        place = part.order[i]
        before = part.size
        if append_pair(part, part.kind, siblings, place, -1, 0):
            part.trees[place].range = part
            part.trees[place].first = <int32_t>before
            part.trees[place].stop = <int32_t>part.size
        else:
            drop(part, before, part.size)
            part.size = before


cdef void drop(Range *part, Py_ssize_t first, Py_ssize_t stop) noexcept nogil:
    """Give back the references of some items; all of them are in a store as well, so that nothing goes."""
    cdef Py_ssize_t i
    for i in range(first, stop):
        if part.sources[i] != NONE:
            drop_reference(part.sources[i])
        if part.dests[i] != NONE:
            drop_reference(part.dests[i])


cdef bint append_pair(
    Range *part, Kind *kind, Siblings *siblings, Py_ssize_t place, int32_t parent, int depth
) noexcept nogil:
    """Append the pair at a place and all below it, unless there is something special about them."""
    cdef PyObject *source = siblings.sources[place]
    cdef PyObject *dest = siblings.dests[place]
    if source != NULL and not is_expected(&kind.sides[0], source, siblings.uids[place]):
        return False
    if dest != NULL and not is_expected(&kind.sides[1], dest, siblings.dest_uids[place]):
        return False
    if source != NULL and dest != NULL and not are_same_thing(kind, source, dest):
        return False
    if kind.child_count and place + 1 < siblings.count:
        ask_for_children(kind, 0, siblings.sources[place + 1])
        ask_for_children(kind, 1, siblings.dests[place + 1])
    return append(part, kind, parent, source, dest, depth)


cdef bint append(Range *part, Kind *kind, int32_t parent, PyObject *source, PyObject *dest, int depth) noexcept nogil:
    """Append one pair or single and all below it."""
    cdef Py_ssize_t i, index = part.size
    if index == part.capacity and not grow(part):
        return False
    if source != NULL:
        add_reference(source)
    if dest != NULL:
        add_reference(dest)
    part.sources[index] = source if source != NULL else NONE
    part.dests[index] = dest if dest != NULL else NONE
    part.items[index].parent = parent
    part.items[index].type = kind.number
    part.items[index].action = UNSEEN
    part.size += 1
    if source != NULL and dest != NULL and kind.values.are_plain:
        if PyObject_GC_IsTracked(source) or PyObject_GC_IsTracked(dest):
            part.has_tracked = True
        part.items[index].action = NO_ACTION if have_equal_scalars(&kind.values, source, dest) else UNDECIDED
    if kind.child_count and depth == MAX_DEPTH:
        return False
    for i in range(kind.child_count):
        if not walk_children(part, &kind.children[i], <int32_t>index, source, dest, depth + 1):
            return False
    part.items[index].end = <int32_t>part.size
    return True


cdef bint grow(Range *part) noexcept nogil:
    cdef Py_ssize_t capacity = 2 * part.size + 64
    cdef void *items
    cdef void *sources
    cdef void *dests
    if part.size >= 0x3FFFFFFF:
        return False
    items = realloc(part.items, capacity * sizeof(Record))
    if items != NULL:
        part.items = <Record *>items
    sources = realloc(part.sources, capacity * sizeof(PyObject *))
    if sources != NULL:
        part.sources = <PyObject **>sources
    dests = realloc(part.dests, capacity * sizeof(PyObject *))
    if dests != NULL:
        part.dests = <PyObject **>dests
    if items == NULL or sources == NULL or dests == NULL:
        return False
    part.capacity = capacity
    return True


cdef bint walk_children(
    Range *part, ChildField *field, int32_t parent, PyObject *source, PyObject *dest, int depth
) noexcept nogil:
    """Append the children of one type and all below them."""
    cdef Siblings siblings
    cdef Kind *kind = field.kind
    cdef Py_ssize_t place
    siblings.uid_count = siblings.other_uid_count = 0
    if source != NULL and not children_of(source, field.offsets[0], &siblings.uids, &siblings.uid_count):
        return False
    if dest != NULL and not children_of(dest, field.offsets[1], &siblings.other_uids, &siblings.other_uid_count):
        return False
    if siblings.uid_count == 0 and siblings.other_uid_count == 0:
        return True
    if not make_room(&siblings, &part.rooms[depth]):
        return False
    if not find_siblings(kind, part.places, &siblings) or not pair_siblings(&siblings):
        return False
    if kind.sides[0].table.entries != NULL or kind.sides[1].table.entries != NULL or siblings.count > WINDOW:
        for place in range(min(siblings.count, AHEAD)):
            ask_for_contents(kind, &siblings, place)
    for place in range(siblings.count):
        if place + 2 * AHEAD < siblings.count:
            ask_for_pair(kind, &siblings, place + 2 * AHEAD)
        if place + AHEAD < siblings.count:
            ask_for_contents(kind, &siblings, place + AHEAD)
        if not append_pair(part, kind, &siblings, place, parent, depth):
            return False
    return True


cdef bint children_of(PyObject *parent, Py_ssize_t offset, PyObject ***uids, Py_ssize_t *count) noexcept nogil:
    cdef PyObject *children = slot(parent, offset)
    cdef Py_ssize_t i
    if children == NULL or not PyList_CheckExact(children):
        return False
    uids[0] = (<PyListObject *>children).ob_item
    count[0] = PyList_GET_SIZE(children)
    for i in range(min(count[0], AHEAD)):
        prefetch(uids[0][i])
    return True


cdef bint find_siblings(Kind *kind, Place *places, Siblings *siblings) noexcept nogil:
    """Find the records with the siblings' ids; False if one is not found, or is there twice."""
    cdef bint is_found = find_side(
        &kind.sides[0], &places[2 * kind.number], siblings.uids, siblings.uid_count, siblings.sources
    )
    return is_found and find_side(
        &kind.sides[1], &places[2 * kind.number + 1], siblings.other_uids, siblings.other_uid_count, siblings.found
    )


cdef bint find_side(
    Side *side, Place *place, PyObject **uids, Py_ssize_t count, PyObject **found
) noexcept nogil:
    cdef bint are_known_to_be_distinct = True
    cdef Py_ssize_t i
    if count == 0:
        return True
    if side.records == NULL:
        return False
    if not find_all(
        side.records, &side.table, place, &side.contents, uids, count, found, &are_known_to_be_distinct
    ):
        return False
    for i in range(min(count, 2 * AHEAD) if side.table.entries != NULL or count > WINDOW else 0):
        ask_for_record(found[i], side.size)
    return are_known_to_be_distinct or are_distinct(found, count)


# ---- asking for memory ----


cdef inline void ask_for_pair(Kind *kind, Siblings *siblings, Py_ssize_t place) noexcept nogil:
    if siblings.sources[place] != NULL:
        ask_for_record(siblings.sources[place], kind.sides[0].size)
    if siblings.dests[place] != NULL:
        ask_for_record(siblings.dests[place], kind.sides[1].size)


cdef void ask_for_contents(Kind *kind, Siblings *siblings, Py_ssize_t place) noexcept nogil:
    """Ask for what the records at a place refer to; they have been asked for themselves before."""
    cdef PyObject *source = siblings.sources[place]
    cdef PyObject *dest = siblings.dests[place]
    if source != NULL and type_of(source) == kind.sides[0].cls:
        ask_for_parts(kind, 0, source)
        ask_for_source_values(&kind.values, source)
    if dest != NULL and type_of(dest) == kind.sides[1].cls:
        ask_for_parts(kind, 1, dest)
        ask_for_dest_values(&kind.values, dest)


cdef inline void ask_for_parts(Kind *kind, int which, PyObject *record) noexcept nogil:
    cdef Py_ssize_t i
    if not kind.is_certain:
        for i in range(kind.identifier_count):
            prefetch(slot(record, kind.sides[which].identifiers[i]))
    for i in range(kind.child_count):
        prefetch(slot(record, kind.children[i].offsets[which]))


cdef inline void ask_for_children(Kind *kind, int which, PyObject *record) noexcept nogil:
    cdef Py_ssize_t i
    cdef PyObject *children
    if record == NULL or type_of(record) != kind.sides[which].cls:
        return
    for i in range(kind.child_count):
        children = slot(record, kind.children[i].offsets[which])
        if children != NULL and PyList_CheckExact(children):
            prefetch((<PyListObject *>children).ob_item)


# ---- what is plain ----


cdef inline bint is_expected(Side *side, PyObject *record, PyObject *uid) noexcept nogil:
    """Whether a record is of the expected class, without flags, and bears this id."""
    if type_of(record) != side.cls or slot(record, side.flags) != NO_FLAGS:
        return False
    cdef PyObject *key = slot(record, side.key)
    if key == NULL or not is_plain_str(key):
        return False
    return key == uid or (is_plain_str(uid) and same_str(key, uid))


cdef inline bint are_same_thing(Kind *kind, PyObject *source, PyObject *dest) noexcept nogil:
    """Whether two records that share a unique id are seen to be one thing without asking them.

    Where the types of the identifiers are certain, and there is but one way to take the key apart, equal keys have
    equal parts, and the parts need not be read. Otherwise equal keys whose parts have equal lengths have equal parts.
    """
    cdef Py_ssize_t i
    cdef PyObject *value
    cdef PyObject *other
    if kind.is_certain and has_clear_parts(slot(source, kind.sides[0].key), kind.identifier_count):
        return True
    for i in range(kind.identifier_count):
        value = slot(source, kind.sides[0].identifiers[i])
        other = slot(dest, kind.sides[1].identifiers[i])
        if value == NULL or other == NULL or not is_plain_str(value) or not is_plain_str(other):
            return False
        if value != other and str_length(value) != str_length(other):
            return False
    return True
