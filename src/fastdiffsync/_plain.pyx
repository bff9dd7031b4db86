# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""The compiled kernel, the fast half of matching: trees about which there is nothing special.

Nearly all records are of classes without overridden hooks, bear no flags and lie in plain local stores. Their trees are
walked here without the interpreter: nothing is called, no reference is counted, memory is only read, so that several
threads can share the walk. Where a tree turns out to be special after all (a record of a subclass, a flag, a child that
is not there, ...), what was found of it is dropped, and `_core.pyx` walks it as diffsync would.

It makes no difference to the result, and there is nothing like it in the kernel in Python. Compared to walking all with
`_core.pyx` it takes a third of the time on one thread, and a fifth on two.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.object cimport PyObject, PyTypeObject
from libc.stdint cimport int32_t, uint16_t
from libc.stdlib cimport free, realloc
from libc.string cimport memset

from ._records cimport Plan, plan_of
from ._slots cimport is_plain_str, prefetch, same_str, slot, str_length
from ._threads cimport MAX_THREADS, Share, run_together

from ._values cimport (
    ask_for_dest_values, ask_for_record, ask_for_source_values, data_of_text, fill_offsets, has_clear_parts,
    have_equal_scalars, kind_of_text, type_of,
)

from .enum import DiffSyncModelFlags

cdef extern from "Python.h":
    bint PyDict_CheckExact(PyObject *value) nogil
    int PyDict_Next(PyObject *mapping, Py_ssize_t *position, PyObject **key, PyObject **value) nogil
    PyObject *PyDict_GetItemWithError(PyObject *mapping, PyObject *key) nogil
    Py_ssize_t PyDict_GET_SIZE(PyObject *mapping) nogil
    bint PyList_CheckExact(PyObject *value) nogil
    Py_ssize_t PyList_GET_SIZE(PyObject *values) nogil
    bint PyObject_GC_IsTracked(PyObject *object) nogil
    ctypedef struct PyListObject:
        PyObject **ob_item

# As in `_core.pxd`.
cdef enum:
    NO_ACTION = 0
    UNDECIDED = 4
    UNSEEN = 5

# A chain of records this deep may be a cycle, and is left to the walk that remembers its path.
cdef enum:
    MAX_DEPTH = 64

# How many entries of a store's dict may be passed over before the first ones have been found in their order.
cdef enum:
    FIRST_CREDIT = 256

# How many may be passed over for one record.
cdef enum:
    MAX_SKIPPED = 4096

# How far ahead siblings that are out of step are looked for.
cdef enum:
    LOOK_AHEAD = 4

# How many siblings ahead memory is asked for, at each step.
cdef enum:
    AHEAD = 16

# Up to so many siblings are compared each with each; of more, the ids are hashed.
cdef enum:
    EACH_WITH_EACH = 24

cdef PyObject *NONE = <PyObject *>None
cdef object NO_FLAGS_OBJECT = DiffSyncModelFlags.NONE
cdef PyObject *NO_FLAGS = <PyObject *>NO_FLAGS_OBJECT


cdef class PlainTrees:
    """What the walk must know of a type and of all types below it, in a form that needs no interpreter.

    Attributes:
        is_plain: Whether there is nothing special about any of them.
    """

    def __cinit__(self, source_data, dest_data, modelname):
        self.kinds = <Kind *>PyMem_Calloc(MAX_KINDS, sizeof(Kind))
        if self.kinds == NULL:
            raise MemoryError
        self.names = []
        self.numbers = {}
        self.keep_alive = []
        self.data = source_data
        self.other_data = dest_data
        self.is_plain = True
        self.add_kind(modelname)

    def __dealloc__(self):
        PyMem_Free(self.kinds)

    cdef int add_kind(self, object name) except -1:
        """Note a type and return its number."""
        number = self.numbers.get(name)
        if number is not None:
            return number
        if self.kind_count == MAX_KINDS:
            self.is_plain = False
            return 0
        cdef Py_ssize_t added = self.kind_count
        self.numbers[name] = added
        self.names.append(name)
        self.kind_count += 1
        self.kinds[added].number = <uint16_t>added
        self.fill_kind(added, name)
        return added

    cdef int fill_kind(self, Py_ssize_t number, object name) except -1:
        cdef Kind *kind = &self.kinds[number]
        cdef Plan plan, first = None
        cdef Side *side
        cdef Py_ssize_t i, which
        for which in range(2):
            side = &kind.sides[which]
            records = (self.other_data if which else self.data).get(name)
            if not records:
                continue
            if type(records) is not dict:
                self.is_plain = False
                return 0
            cls = type(next(iter(records.values())))
            plan = plan_of(cls)
            if not has_plain_trees(plan, name) or (first is not None and not are_alike(first, plan)):
                self.is_plain = False
                return 0
            self.keep_alive.append((cls, plan, records))
            side.cls = <PyTypeObject *>cls
            side.records = <PyObject *>records
            side.key = plan.key_offset
            side.flags = plan.flags_offset
            for i in range(plan.identifier_count):
                side.identifiers[i] = plan.identifier_offsets[i]
            kind.identifier_count = plan.identifier_count
            for i, field in enumerate(plan.children.values()):
                kind.children[i].offsets[which] = plan.offset(field)
                if kind.children[i].offsets[which] < 0:
                    self.is_plain = False
                    return 0
            fill_offsets(&kind.values, plan if first is None else first, plan)
            kind.is_certain = plan.certain_types is not None and (
                first is None or first.certain_types == plan.certain_types
            )
            first = plan
        if first is not None:
            kind.child_count = len(first.children)
            for i, child_type in enumerate(first.children):
                kind.children[i].kind = &self.kinds[self.add_kind(child_type)]
        return 0

    cdef Py_ssize_t record_count(self) except -1:
        """Return how many records of these types both sides have."""
        cdef Py_ssize_t i, which, count = 0
        for i in range(self.kind_count):
            for which in range(2):
                if self.kinds[i].sides[which].records != NULL:
                    count += PyDict_GET_SIZE(self.kinds[i].sides[which].records)
        return count

    cdef bint has_only_texts(self) except -1:
        """Whether all keys of the stores are exact strings, so that looking one up runs nobody's `__eq__`."""
        cdef Py_ssize_t i, which, position
        cdef PyObject *key
        cdef PyObject *model
        if self.known_texts is None:
            self.known_texts = {True: True}
            for i in range(self.kind_count):
                for which in range(2):
                    position = 0
                    while self.kinds[i].sides[which].records != NULL and PyDict_Next(
                        self.kinds[i].sides[which].records, &position, &key, &model
                    ):
                        if not is_plain_str(key):
                            self.known_texts = {}
                            return False
        return bool(self.known_texts)

    cdef int walk(self, list sources, list dests, Range *ranges, int count, bint compares) except -1:
        """Walk the trees of all siblings, an equal part of them for each of the ranges."""
        cdef Share[MAX_THREADS] shares
        cdef Py_ssize_t i, kind, which
        cdef Range *part
        cdef Place *place
        for i in range(count):
            part = &ranges[i]
            memset(part, 0, sizeof(Range))
            part.kinds = part.top = self.kinds
            part.compares = compares
            part.sources = (<PyListObject *>sources).ob_item
            part.dests = (<PyListObject *>dests).ob_item
            part.first = len(sources) * i // count
            part.stop = len(sources) * (i + 1) // count
            part.ends = <int32_t *>realloc(NULL, (part.stop - part.first + 1) * sizeof(int32_t))
            if part.ends == NULL:
                raise MemoryError
            for kind in range(self.kind_count):
                for which in range(2):
                    place = &part.places[2 * kind + which]
                    place.credit = FIRST_CREDIT
                    memset(place.left_behind, 0xFF, sizeof(place.left_behind))
                    if i and self.kinds[kind].sides[which].records != NULL:
                        place.is_fresh = True
                        place.position = PyDict_GET_SIZE(self.kinds[kind].sides[which].records) * i // count
            shares[i] = part
        run_together(walk_range, shares, count)
        return 0

    cdef int retry(self, list sources, list dests, Py_ssize_t place, Range *spare) except -1:
        """Walk one tree once more, with ids looked up by their hashes; return whether it went well.

        Not for several threads: a dict that finds another key with the same hash counts a reference.
        """
        if not self.has_only_texts():
            return False
        spare.kinds = spare.top = self.kinds
        spare.sources = (<PyListObject *>sources).ob_item
        spare.dests = (<PyListObject *>dests).ob_item
        spare.may_hash = True
        spare.size = spare.cells_used = 0
        return walk_tree(spare, place)


cdef bint has_plain_trees(Plan plan, object name) except -1:
    return (
        plan.modelname == name and plan.plain_type and plan.key_is_name and plan.is_named_by_unique_id
        and plan.plain_identifiers and 0 < plan.identifier_count <= MAX_PARTS and plan.key_offset >= 0
        and plan.flags_offset >= 0 and plan.plain_children and len(plan.children) <= MAX_CHILD_TYPES
    )


cdef bint are_alike(Plan source, Plan dest) except -1:
    return (
        source.schema.identifiers == dest.schema.identifiers and source.children == dest.children
        and list(source.children) == list(dest.children)
    )


cdef void release(Range *found) noexcept:
    free(found.ends)
    free(found.items)
    free(found.cells)


# ---- walking ----
#
# Memory comes from the C library: Python's own functions may want the interpreter lock, while tracemalloc traces.
#
# Functions that return whether all went well return False as well where memory is short: the other walk will say so.


cdef void walk_range(void *share) noexcept nogil:
    cdef Range *part = <Range *>share
    cdef Py_ssize_t place, before
    for place in range(part.first, part.stop):
        if place + 2 * AHEAD < part.stop:
            ask_for_record(part.sources[place + 2 * AHEAD], part.top.values.source_size)
            ask_for_record(part.dests[place + 2 * AHEAD], part.top.values.dest_size)
        if place + AHEAD < part.stop:
            ask_for_top(part, place + AHEAD)
        before = part.size
        part.cells_used = 0
        if walk_tree(part, place):
            part.ends[place - part.first] = <int32_t>part.size
        else:
            part.size = before
            part.ends[place - part.first] = -1


cdef void ask_for_top(Range *part, Py_ssize_t place) noexcept nogil:
    cdef PyObject *source = part.sources[place]
    cdef PyObject *dest = part.dests[place]
    cdef Kind *kind = part.top
    if type_of(source) == kind.sides[0].cls and type_of(dest) == kind.sides[1].cls:
        prefetch(slot(source, kind.sides[0].key))
        if part.compares:
            ask_for_source_values(&kind.values, source)
            ask_for_dest_values(&kind.values, dest)


cdef bint walk_tree(Range *part, Py_ssize_t place) noexcept nogil:
    """Append the pair or single of a place at the top, and all below it."""
    cdef PyObject *source = part.sources[place]
    cdef PyObject *dest = part.dests[place]
    cdef Kind *kind = part.top
    if source == NONE:
        source = NULL
    elif not is_expected(&kind.sides[0], source, NULL):
        return False
    if dest == NONE:
        dest = NULL
    elif not is_expected(&kind.sides[1], dest, NULL):
        return False
    return append(part, kind, -1, source, dest, 0)


cdef bint append(Range *part, Kind *kind, int32_t parent, PyObject *source, PyObject *dest, int depth) noexcept nogil:
    """Append one pair or single and all below it."""
    cdef Py_ssize_t i, index = part.size
    cdef Item *items
    if index == part.capacity:
        if index >= 0x3FFFFFFF:
            return False
        items = <Item *>realloc(part.items, (2 * index + 64) * sizeof(Item))
        if items == NULL:
            return False
        part.items = items
        part.capacity = 2 * index + 64
    part.items[index].action = UNSEEN
    if part.compares and source != NULL and dest != NULL and kind.values.are_plain:
        if PyObject_GC_IsTracked(source) or PyObject_GC_IsTracked(dest):
            part.has_tracked = True
        part.items[index].action = NO_ACTION if have_equal_scalars(&kind.values, source, dest) else UNDECIDED
    part.items[index].parent = parent
    part.items[index].kind = kind.number
    part.items[index].source = source
    part.items[index].dest = dest
    part.size += 1
    if kind.child_count:
        if depth == MAX_DEPTH:
            return False
        for i in range(kind.child_count):
            if not walk_children(part, &kind.children[i], <int32_t>index, source, dest, depth + 1):
                return False
    part.items[index].end = <int32_t>part.size
    return True


cdef bint walk_children(
    Range *part, ChildField *field, int32_t parent, PyObject *source, PyObject *dest, int depth
) noexcept nogil:
    """Pair the children of one type and append them: in the source's order, then what only the destination has."""
    cdef Siblings siblings
    cdef Py_ssize_t start = part.cells_used
    memset(&siblings, 0, sizeof(Siblings))
    siblings.kind = field.kind
    siblings.parent = parent
    siblings.depth = depth
    siblings.cells = start
    if source != NULL and not children_of(source, field.offsets[0], &siblings.sides[0]):
        return False
    if dest != NULL and not children_of(dest, field.offsets[1], &siblings.sides[1]):
        return False
    cdef Py_ssize_t count = siblings.sides[0].count, other_count = siblings.sides[1].count
    if count == 0 and other_count == 0:
        return True
    if not reserve(part, 3 * (count + other_count)):
        return False
    siblings.sides[1].offset = count
    if not walk_in_step(part, &siblings):
        return False
    if not are_distinct(part, &siblings, 0) or not are_distinct(part, &siblings, 1):
        return False
    if siblings.left and siblings.unpaired and not pair_left_over(part, &siblings):
        return False
    if not append_rest(part, &siblings):
        return False
    part.cells_used = start
    return True


cdef bint children_of(PyObject *parent, Py_ssize_t offset, Sequence *sequence) noexcept nogil:
    cdef PyObject *children = slot(parent, offset)
    cdef Py_ssize_t i
    if children == NULL or not PyList_CheckExact(children):
        return False
    sequence.uids = (<PyListObject *>children).ob_item
    sequence.count = PyList_GET_SIZE(children)
    sequence.is_ascending = True
    sequence.last_position = -1
    for i in range(min(sequence.count, AHEAD)):
        prefetch(sequence.uids[i])
    return True


cdef bint reserve(Range *part, Py_ssize_t count) noexcept nogil:
    cdef void **cells
    if part.cells_used + count > part.cells_capacity:
        cells = <void **>realloc(part.cells, 2 * (part.cells_used + count) * sizeof(void *))
        if cells == NULL:
            return False
        part.cells = cells
        part.cells_capacity = 2 * (part.cells_used + count)
    part.cells_used += count
    return True


# ---- finding records ----


cdef bint prepare(Range *part, Siblings *siblings, int which, Py_ssize_t wanted) noexcept nogil:
    """Find and check the siblings of one side up to the wanted one and some more; False if one is not as expected.

    Each step asks for the memory that the next one reads, so that it comes into the cache while others are looked up.
    """
    cdef Sequence *sequence = &siblings.sides[which]
    cdef Kind *kind = siblings.kind
    cdef Side *side = &kind.sides[which]
    cdef Place *place = &part.places[2 * kind.number + which]
    cdef PyObject **found = <PyObject **>(part.cells + siblings.cells + sequence.offset)
    cdef Py_ssize_t i, j, position = 0
    if side.records == NULL:
        return False
    while sequence.found < min(wanted + 2 * AHEAD, sequence.count):
        i = sequence.found
        if i + AHEAD < sequence.count:
            prefetch(sequence.uids[i + AHEAD])
        found[i] = find(part, side, place, sequence.uids[i], &position)
        if found[i] == NULL:
            return False
        sequence.is_ascending = sequence.is_ascending and position > sequence.last_position
        sequence.last_position = position
        ask_for_record(found[i], kind.values.source_size if which == 0 else kind.values.dest_size)
        sequence.found += 1
    while sequence.checked < min(wanted + AHEAD, sequence.count):
        i = sequence.checked
        if not is_expected(side, found[i], sequence.uids[i]):
            return False
        if not kind.is_certain:
            for j in range(kind.identifier_count):
                prefetch(slot(found[i], side.identifiers[j]))
        for j in range(kind.child_count):
            prefetch(slot(found[i], kind.children[j].offsets[which]))
        if part.compares and which == 0:
            ask_for_source_values(&kind.values, found[i])
        elif part.compares:
            ask_for_dest_values(&kind.values, found[i])
        sequence.checked += 1
    return True


cdef PyObject *find(Range *part, Side *side, Place *place, PyObject *uid, Py_ssize_t *position) noexcept nogil:
    """Return the record with this id, borrowed, or NULL, and fill in its position, -1 if it was looked up by its hash.

    Records are mostly stored in the order in which they are walked, so the entry after the one found last mostly is
    the one that is wanted, and a comparison of pointers replaces a hash lookup in a large dict, a cache miss or three.
    What only the destination has is walked after its siblings: its entries have been passed over and are remembered.
    Looking further ahead is paid for with what the hits have saved.
    """
    cdef int i
    cdef Py_ssize_t skipped
    cdef PyObject *key
    cdef PyObject *model
    position[0] = place.position
    if PyDict_Next(side.records, position, &key, &model) and key == uid:
        place.position = position[0]
        place.credit += 1
        place.is_fresh = False
        return model
    if place.is_fresh:
        return find_start(side, place, uid, position)
    for i in range(LEFT_BEHIND):
        position[0] = place.left_behind[i]
        if position[0] >= 0 and PyDict_Next(side.records, position, &key, &model) and key == uid:
            place.left_behind[i] = position[0]
            return model
    position[0] = place.position
    skipped = 0
    while skipped < min(place.credit, MAX_SKIPPED) and PyDict_Next(side.records, position, &key, &model):
        if key == uid:
            place.left_behind[place.next_left] = place.position
            place.next_left = (place.next_left + 1) % LEFT_BEHIND
            place.position = position[0]
            place.credit -= skipped
            return model
        skipped += 1
    place.credit -= skipped
    position[0] = -1
    if not part.may_hash or not is_plain_str(uid):
        return NULL
    return PyDict_GetItemWithError(side.records, uid)


cdef PyObject *find_start(Side *side, Place *place, PyObject *uid, Py_ssize_t *position) noexcept nogil:
    """Find the first record of a range, wherever it is."""
    cdef PyObject *key
    cdef PyObject *model
    cdef int turn
    place.is_fresh = False
    position[0] = place.position
    for turn in range(2):
        while PyDict_Next(side.records, position, &key, &model):
            if key == uid:
                place.position = position[0]
                return model
        position[0] = 0
    return NULL


cdef inline bint is_expected(Side *side, PyObject *model, PyObject *uid) noexcept nogil:
    """Whether a record is of the expected class, without flags, and bears this id; any plain one for NULL."""
    if type_of(model) != side.cls or slot(model, side.flags) != NO_FLAGS:
        return False
    cdef PyObject *key = slot(model, side.key)
    if key == NULL or not is_plain_str(key):
        return False
    return uid == NULL or key == uid or (is_plain_str(uid) and same_str(key, uid))


cdef bint are_distinct(Range *part, Siblings *siblings, int which) noexcept nogil:
    """Whether no record is there twice among the siblings of one side."""
    cdef Sequence *sequence = &siblings.sides[which]
    cdef Py_ssize_t size = 4, i, j, place, table_start = part.cells_used
    cdef PyObject **models = <PyObject **>(part.cells + siblings.cells + sequence.offset)
    cdef PyObject **table
    # Entries found one after the other in a dict have different keys.
    if sequence.is_ascending:
        return True
    if sequence.count <= EACH_WITH_EACH:
        for i in range(sequence.count):
            for j in range(i):
                if models[i] == models[j]:
                    return False
        return True
    while size < 2 * sequence.count:
        size *= 2
    if not reserve(part, size):
        return False
    part.cells_used = table_start
    models = <PyObject **>(part.cells + siblings.cells + sequence.offset)
    table = <PyObject **>part.cells + table_start
    memset(table, 0, size * sizeof(void *))
    for i in range(sequence.count):
        place = <Py_ssize_t>(((<size_t>models[i] >> 4) * <size_t>0x9E3779B1) & <size_t>(size - 1))
        while table[place] != NULL:
            if table[place] == models[i]:
                return False
            place = (place + 1) & (size - 1)
        table[place] = models[i]
    return True


# ---- pairing siblings ----
#
# The cells of siblings: the records of both sides, for each source the place of its partner or -1, and the places of
# the destination's records that have none. Whatever needs more cells may move them.


cdef inline void **partners_of(Range *part, Siblings *siblings) noexcept nogil:
    return part.cells + siblings.cells + siblings.sides[0].count + siblings.sides[1].count


cdef inline void **unpaired_of(Range *part, Siblings *siblings) noexcept nogil:
    return partners_of(part, siblings) + siblings.sides[0].count


cdef bint walk_in_step(Range *part, Siblings *siblings) noexcept nogil:
    """Walk both sides' siblings while their ids agree, and append them.

    Siblings mostly come in the same order. Where they do not, a look a few places ahead tells an added record from a
    removed one; if it does not, what follows is appended only when it is known what is left over on both sides.
    """
    cdef Sequence *sources = &siblings.sides[0]
    cdef Sequence *dests = &siblings.sides[1]
    cdef Py_ssize_t i = 0, j = 0, ahead
    cdef bint is_careful = False
    while i < sources.count or j < dests.count:
        if i < sources.count and i >= sources.checked and not prepare(part, siblings, 0, i):
            return False
        if j < dests.count and j >= dests.checked and not prepare(part, siblings, 1, j):
            return False
        if j == dests.count:
            partners_of(part, siblings)[i] = <void *>-1
            siblings.left += 1
            i += 1
            continue
        if i == sources.count:
            add_unpaired(part, siblings, j)
            j += 1
            continue
        if same_str(sources.uids[i], dests.uids[j]):
            partners_of(part, siblings)[i] = <void *>j
            if not is_careful and not append_sibling(part, siblings, i):
                return False
            i += 1
            j += 1
            continue
        is_careful = is_careful or part.may_hash
        ahead = find_ahead(sources.uids[i], dests.uids, j, dests.count)
        if ahead:
            while ahead:
                add_unpaired(part, siblings, j)
                j += 1
                ahead -= 1
            continue
        ahead = find_ahead(dests.uids[j], sources.uids, i, sources.count)
        is_careful = is_careful or not ahead
        partners_of(part, siblings)[i] = <void *>-1
        siblings.left += 1
        if not is_careful and not append_sibling(part, siblings, i):
            return False
        i += 1
        if not ahead:
            add_unpaired(part, siblings, j)
            j += 1
    return True


cdef inline void add_unpaired(Range *part, Siblings *siblings, Py_ssize_t place) noexcept nogil:
    unpaired_of(part, siblings)[siblings.unpaired] = <void *>place
    siblings.unpaired += 1


cdef bint append_sibling(Range *part, Siblings *siblings, Py_ssize_t place) noexcept nogil:
    """Append the next source, with its partner if it has one."""
    cdef void **cells = part.cells + siblings.cells
    cdef Py_ssize_t partner = <Py_ssize_t>partners_of(part, siblings)[place]
    cdef Py_ssize_t count = siblings.sides[0].count
    siblings.appended = place + 1
    if partner < 0:
        return append(part, siblings.kind, siblings.parent, <PyObject *>cells[place], NULL, siblings.depth)
    if not are_same_thing(siblings.kind, <PyObject *>cells[place], <PyObject *>cells[count + partner]):
        return False
    if siblings.kind.child_count:
        if place + 1 < siblings.sides[0].checked:
            ask_for_children(siblings.kind, 0, <PyObject *>cells[place + 1])
        if partner + 1 < siblings.sides[1].checked:
            ask_for_children(siblings.kind, 1, <PyObject *>cells[count + partner + 1])
    return append(
        part, siblings.kind, siblings.parent, <PyObject *>cells[place], <PyObject *>cells[count + partner],
        siblings.depth,
    )


cdef void ask_for_children(Kind *kind, int which, PyObject *model) noexcept nogil:
    cdef Py_ssize_t i
    cdef PyObject *children
    for i in range(kind.child_count):
        children = slot(model, kind.children[i].offsets[which])
        if children != NULL and PyList_CheckExact(children):
            prefetch((<PyListObject *>children).ob_item)


cdef bint append_rest(Range *part, Siblings *siblings) noexcept nogil:
    """Append the sources that have not been, and after them what only the destination has."""
    cdef Py_ssize_t i, place
    for i in range(siblings.appended, siblings.sides[0].count):
        if not append_sibling(part, siblings, i):
            return False
    for i in range(siblings.unpaired):
        place = siblings.sides[0].count + <Py_ssize_t>unpaired_of(part, siblings)[i]
        if not append(
            part, siblings.kind, siblings.parent, NULL, <PyObject *>(part.cells + siblings.cells)[place], siblings.depth
        ):
            return False
    return True


cdef Py_ssize_t find_ahead(PyObject *uid, PyObject **uids, Py_ssize_t place, Py_ssize_t count) noexcept nogil:
    """Return how far after `place` an id stands, 0 if not within a few places."""
    cdef Py_ssize_t ahead
    for ahead in range(1, LOOK_AHEAD):
        if place + ahead >= count:
            return 0
        if is_plain_str(uids[place + ahead]) and same_str(uid, uids[place + ahead]):
            return ahead
    return 0


cdef bint pair_left_over(Range *part, Siblings *siblings) noexcept nogil:
    """Pair what the walk in step has left over, by a table of hashes; False if that comes too late for one."""
    cdef Py_ssize_t size = 4, i, place, candidate, kept = 0, table_start = part.cells_used
    cdef PyObject **uids = siblings.sides[0].uids
    cdef PyObject **other_uids = siblings.sides[1].uids
    cdef void **partners
    cdef void **unpaired
    cdef void **table
    while size < 2 * siblings.unpaired:
        size *= 2
    if not reserve(part, size):
        return False
    part.cells_used = table_start
    partners = partners_of(part, siblings)
    unpaired = unpaired_of(part, siblings)
    table = part.cells + table_start
    memset(table, 0xFF, size * sizeof(void *))
    for i in range(siblings.unpaired):
        place = text_hash(other_uids[<Py_ssize_t>unpaired[i]]) & (size - 1)
        while table[place] != <void *>-1:
            place = (place + 1) & (size - 1)
        table[place] = <void *>i
    for i in range(siblings.sides[0].count):
        if <Py_ssize_t>partners[i] >= 0:
            continue
        place = text_hash(uids[i]) & (size - 1)
        while table[place] != <void *>-1:
            candidate = <Py_ssize_t>table[place]
            if <Py_ssize_t>unpaired[candidate] >= 0 and same_str(uids[i], other_uids[<Py_ssize_t>unpaired[candidate]]):
                if i < siblings.appended:
                    return False
                partners[i] = unpaired[candidate]
                unpaired[candidate] = <void *>-1
                break
            place = (place + 1) & (size - 1)
    for i in range(siblings.unpaired):
        if <Py_ssize_t>unpaired[i] >= 0:
            unpaired[kept] = unpaired[i]
            kept += 1
    siblings.unpaired = kept
    return True


cdef Py_ssize_t text_hash(PyObject *text) noexcept nogil:
    """Return a number for a text: its last characters, which among siblings differ most, and its length."""
    cdef Py_ssize_t i, length = str_length(text) * kind_of_text(text)
    cdef size_t number = <size_t>length
    cdef const unsigned char *data = <const unsigned char *>data_of_text(text)
    for i in range(max(0, length - 24), length):
        number = (number ^ data[i]) * <size_t>0x100000001B3
    return <Py_ssize_t>((number ^ (number >> 29)) >> 1)


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
