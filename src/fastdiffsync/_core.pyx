# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""The compiled kernel, second part: matching two trees into the flat array.

The twin of `_core_py.py`, function for function; `_kernel.py` chooses. Whoever changes one changes both.

*Match* walks both trees in pre-order and appends one flat record for each pair or single.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Realloc
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_TYPE
from libc.stdint cimport int32_t, uint8_t, uint16_t

from ._plain cimport MAX_KINDS, Item, PlainTrees, Range, release
from ._records cimport Plan, plan_of, unique_id
from ._slots cimport is_plain_str, is_scalar, str_length, prefetch, same_str, scalars_differ, set_slot_quietly, slot
from ._threads cimport MAX_THREADS
from ._values cimport OVERRIDES, ask_for_record, has_clear_parts

from collections.abc import Iterable, Mapping

from .dump import copy_containers
from .enum import DiffSyncModelFlags
from .exceptions import ChildrenCycle
from .rules import INSTANCE_OVERRIDES, check_element, check_pair, skip_reason

__all__ = ["Records", "change_of", "mark_unknown", "match"]

cdef extern from "Python.h":
    bint PyDict_CheckExact(object value)
    int PyDict_Next(PyObject *mapping, Py_ssize_t *position, PyObject **key, PyObject **value)
    PyObject *PyDict_GetItemWithError(PyObject *mapping, PyObject *key) except? NULL
    Py_ssize_t PyDict_GET_SIZE(PyObject *mapping)
    bint PyList_CheckExact(object value)
    PyObject *PyList_GET_ITEM(PyObject *values, Py_ssize_t index) nogil
    Py_ssize_t PyList_GET_SIZE(PyObject *values)
    list PyList_New(Py_ssize_t size)
    void PyList_SET_ITEM(PyObject *values, Py_ssize_t index, PyObject *value)
    void Py_INCREF(PyObject *object)

# A chain of records this deep may be a cycle; from here on the walk remembers its path.
cdef enum:
    WATCH_CYCLES_FROM = 64

# How many entries of a store's dict may be passed over before the first ones have been found in their order.
cdef enum:
    FIRST_CREDIT = 256

# How far ahead siblings that are out of step are looked for.
cdef enum:
    LOOK_AHEAD = 4

# So many siblings out of step on both sides, and their order is taken to be another: the rest is hashed at once.
cdef enum:
    MAX_LEFT_OVER = 16

cdef enum:
    CACHE_LINE = 64

# From how many records on several threads walk plain trees, and how far ahead of taking over what they found memory is
# asked for.
cdef enum:
    SHARED_FROM = 20000
cdef enum:
    PREFETCH_TAKEN = 16

# So many trees may turn out to be special before one in two is expected to be, and is not tried as a plain one.
cdef enum:
    MAX_FAILURES = 16

# No type of a flat array has this number.
cdef enum:
    NO_TYPE = 0xFFFF

cdef PyObject *NONE = <PyObject *>None
cdef object NO_FLAGS_OBJECT = DiffSyncModelFlags.NONE
cdef PyObject *NO_FLAGS = <PyObject *>NO_FLAGS_OBJECT
cdef PyTypeObject *STR = <PyTypeObject *>str


cdef class Records:
    """The flat array: one record for each pair or single, in pre-order.

    Attributes:
        snapshots: `{index: (name, identifiers, source attributes or None, destination attributes or None)}` of the
            records that have an action, as they were when they were compared.
    """

    def __cinit__(self):
        self.type_names = []
        self.type_numbers = {}
        self._sources = []
        self._dests = []
        self._masks = {}
        self.snapshots = {}
        self.names = {}

    def __dealloc__(self):
        PyMem_Free(self.items)

    def __len__(self):
        return self.size

    cdef Py_ssize_t add(self, Py_ssize_t parent, object element_type, object source, object dest) except -1:
        cdef Py_ssize_t index = self.size
        if index == self.capacity:
            self.reserve(index + 64)
        self._sources.append(source)
        self._dests.append(dest)
        self.items[index].parent = <int32_t>parent
        self.items[index].end = <int32_t>index + 1
        self.items[index].type = self.type_number(element_type)
        self.items[index].action = UNSEEN
        self.unseen += 1
        self.size += 1
        return index

    cdef int reserve(self, Py_ssize_t count) except -1:
        """Make room for so many more records."""
        cdef Py_ssize_t capacity = self.size + count
        if capacity <= self.capacity:
            return 0
        if capacity >= 0x7FFFFFFF // 2:
            raise OverflowError("a diff holds at most 2**30 records")
        cdef Record *items = <Record *>PyMem_Realloc(self.items, capacity * sizeof(Record))
        if items == NULL:
            raise MemoryError
        self.items = items
        self.capacity = capacity
        return 0

    cdef uint16_t type_number(self, object element_type) except? 0xFFFF:
        if element_type is self.last_type:
            return self.last_type_number
        number = self.type_numbers.get(element_type)
        if number is None:
            number = len(self.type_names)
            if number >= 0xFFFF:
                raise OverflowError("a diff holds at most 65,535 types")
            self.type_names.append(element_type)
            self.type_numbers[element_type] = number
        self.last_type = element_type
        self.last_type_number = number
        return number

    cdef Py_ssize_t checked(self, Py_ssize_t index) except -1:
        if not 0 <= index < self.size:
            raise IndexError(f"record {index} of {self.size}")
        return index

    def append(self, parent, element_type, source, dest):
        """Add a record below `parent` (-1: at the top) and return its index; `close` it when its children are in."""
        return self.add(parent, element_type, source, dest)

    def close(self, index):
        """Say that all records added since record `index` are its descendants."""
        self.items[self.checked(index)].end = <int32_t>self.size

    def parent(self, index):
        """Return the index of a record's parent, -1 at the top."""
        return self.items[self.checked(index)].parent

    def end(self, index):
        """Return the index one past a record's last descendant."""
        return self.items[self.checked(index)].end

    def types(self):
        """Return the type names that occur."""
        return set(self.type_names)

    def type(self, index):
        """Return a record's type name."""
        return self.type_names[self.items[self.checked(index)].type]

    def source(self, index):
        """Return a record's source object, or None."""
        return self._sources[self.checked(index)]

    def dest(self, index):
        """Return a record's destination object, or None."""
        return self._dests[self.checked(index)]

    def action(self, index):
        """Return a record's action: 0 none, 1 create, 2 update, 3 delete."""
        return self.items[self.checked(index)].action

    def mask(self, index):
        """Return the bitmask of a record's changed attributes, by their place among the attributes of both sides."""
        return self._masks.get(self.checked(index), 0)

    def children(self, Py_ssize_t index):
        """Return the indices of a record's children, of the top records for -1."""
        cdef Py_ssize_t child = 0, stop = self.size
        if index != -1:
            child = self.checked(index) + 1
            stop = self.items[index].end
        found = []
        while child < stop:
            found.append(child)
            child = self.items[child].end
        return found

    def count(self, Py_ssize_t start, Py_ssize_t stop):
        """Return how many records from `start` up to `stop` are creates, updates, deletes, and unchanged."""
        cdef Py_ssize_t[UNSEEN + 1] counts
        cdef Py_ssize_t i
        for i in range(UNSEEN + 1):
            counts[i] = 0
        for i in range(max(start, 0), min(stop, self.size)):
            counts[self.items[i].action] += 1
        return counts[CREATE], counts[UPDATE], counts[DELETE], counts[NO_ACTION]

    def next_changed(self, Py_ssize_t start, Py_ssize_t stop):
        """Return the first index from `start` up to `stop` whose record has an action, or `stop`."""
        cdef Py_ssize_t i
        for i in range(max(start, 0), min(stop, self.size)):
            if self.items[i].action != NO_ACTION:
                return i
        return stop

    cdef dict cursors_of(self, object data):
        """Return the cursors into a store's dicts that the last call with the same data left off with."""
        if self.cursors_into is not data:
            self.cursors_into = data
            self.cursors = {}
        return self.cursors

    def set_outcome(self, index, action, mask):
        """Set a record's action and bitmask."""
        self.items[self.checked(index)].action = action
        if mask:
            self._masks[index] = mask


# ---- matching ----


cdef class Frame:
    """One record whose children are being walked; for the top level, no record."""

    cdef Py_ssize_t index, first, position
    cdef object source, dest
    cdef list child_types, fields
    cdef Py_ssize_t next_type
    cdef object child_type, below
    # The siblings, and what their hooks gave as their unique ids; None where no hook was asked.
    cdef list sources, dests, uids
    cdef bint needs_names
    cdef dict names


cdef class Cursor:
    """A place in a store's dict: the entry after the one that was last found there.

    Records are mostly stored in the order in which they are walked, so the entry at the cursor mostly is the child
    that is wanted, and a comparison of pointers replaces a hash lookup in a large dict, a cache miss or three. The
    position is only a hint: every use checks the key, so a dict that has changed costs a lookup and nothing else.
    """

    cdef dict records
    cdef Py_ssize_t position
    cdef Py_ssize_t credit
    cdef bint is_ascending
    # The class of the records met last, and where its key stands: siblings are of one class.
    cdef object last_class
    cdef Py_ssize_t key_offset

    def __cinit__(self, dict records):
        self.records = records
        self.credit = FIRST_CREDIT


cdef class Walk:
    """The state of one match."""

    cdef object matching, flags, prefetch
    cdef int flag_bits
    cdef Records records
    cdef object source_data, dest_data
    cdef dict source_cursors, dest_cursors
    cdef bint is_watched
    cdef Py_ssize_t done
    cdef object last_mapping
    cdef list last_types, last_fields
    cdef PyObject **places
    cdef Py_ssize_t room
    cdef object leaf_class
    cdef Plan leaf_plan

    def __dealloc__(self):
        PyMem_Free(self.places)

    cdef int advance(self, Py_ssize_t delta) except -1:
        if self.is_watched:
            self.matching.advance(delta)
        else:
            self.done += delta
        return 0


def match(matching, Records records, modelname, sources, dests, bint are_paired=False):
    """Append the records of one top-level type and of all below it.

    Args:
        matching: The two sides, the flags, and whom to tell of progress, skipped records and repeated names.
        records: Where to append.
        modelname: The type.
        sources: The type's records on the source side, a list or a `{unique id: record}` mapping; None for all that
            the side's local data has.
        dests: The same on the destination side.
        are_paired: Whether the two are lists of pairs already, None standing in for a record that is not there. A pair
            of records that are known to be equal may be the same `str` twice, their unique id, in place of the records.

    Raises:
        TypeError: If two records with one unique id are of different types, or a side is no collection.
        ValueError: If two records with one unique id differ in shortname or identifiers.
        ObjectNotFound: If a child is not in its store.
        ChildrenCycle: If a record is its own descendant.
    """
    cdef Walk walk = Walk()
    walk.matching = matching
    walk.flags = matching.flags
    walk.prefetch = matching.prefetch
    walk.flag_bits = matching.flags.value
    walk.records = records
    walk.source_data = matching.source_data
    walk.dest_data = matching.dest_data
    walk.source_cursors = {}
    walk.dest_cursors = {}
    walk.last_types = []
    walk.is_watched = matching.progress.is_watched
    cdef Frame top = Frame()
    top.index = -1
    top.first = records.size
    top.names = matching.names
    cdef bint are_distinct = sources is None and dests is None
    if sources is None:
        sources = all_of(walk.source_data, modelname, &are_distinct)
    if dests is None:
        dests = all_of(walk.dest_data, modelname, &are_distinct)
    top.child_type = modelname
    pair_or_take(walk, top, sources, dests, are_distinct, are_paired)
    cdef PlainTrees trees = None
    if walk.source_data is not None and walk.dest_data is not None and not walk.is_watched and not walk.flag_bits:
        trees = PlainTrees(walk.source_data, walk.dest_data, modelname)
    try:
        if trees is not None and trees.is_plain:
            walk_plain_trees(walk, top, trees, matching.threads)
        else:
            walk_tree(walk, top)
        if top.needs_names:
            check_names(walk, top)
    finally:
        if walk.done:
            matching.advance(walk.done)


cdef int walk_plain_trees(Walk walk, Frame top, PlainTrees trees, int threads) except -1:
    """Walk the trees below the siblings at the top, those that are special as diffsync would, the others fast."""
    cdef Py_ssize_t count = len(top.sources), place, i, taken, found
    cdef int part_count = 1
    cdef bint is_shared = threads > 1 and trees.record_count() >= SHARED_FROM
    if is_shared and count >= 2 * threads:
        part_count = min(threads, MAX_THREADS)
    # One walk cannot be shared; then the comparison is, afterwards.
    cdef bint compares = part_count > 1 or not is_shared
    cdef Range *ranges = <Range *>PyMem_Calloc(part_count + 1, sizeof(Range))
    if ranges == NULL:
        raise MemoryError
    cdef Range *part
    cdef list held = None
    cdef Py_ssize_t failures = 0, successes = 0
    try:
        trees.walk(top.sources, top.dests, ranges, part_count, compares)
        for i in range(part_count):
            part = &ranges[i]
            taken = found = 0
            walk.records.has_tracked = walk.records.has_tracked or part.has_tracked
            for place in range(part.first, part.stop):
                if part.ends[place - part.first] >= 0:
                    found = part.ends[place - part.first]
                    continue
                take(walk, trees, part, taken, found)
                taken = found
                if failures <= successes + MAX_FAILURES and trees.retry(top.sources, top.dests, place, &ranges[part_count]):
                    take(walk, trees, &ranges[part_count], 0, ranges[part_count].size)
                    successes += 1
                    continue
                failures += 1
                if held is None:
                    held = objects_of(ranges, part_count)
                walk_single_tree(walk, top, place)
            take(walk, trees, part, taken, part.size)
    finally:
        for i in range(part_count + 1):
            release(&ranges[i])
        PyMem_Free(ranges)
    return 0


cdef list objects_of(Range *ranges, int count):
    """Return all records that have been found, so that none of them goes while a hook runs."""
    cdef list found = []
    cdef Py_ssize_t i
    cdef int part
    for part in range(count):
        for i in range(ranges[part].size):
            if ranges[part].items[i].source != NULL:
                found.append(<object>ranges[part].items[i].source)
            if ranges[part].items[i].dest != NULL:
                found.append(<object>ranges[part].items[i].dest)
    return found


cdef int take(Walk walk, PlainTrees trees, Range *part, Py_ssize_t first, Py_ssize_t stop) except -1:
    """Append to the flat array what a range has found."""
    cdef Records records = walk.records
    cdef Py_ssize_t i, count = stop - first, index = records.size, shift = records.size - first
    cdef Item *item
    cdef list sources = PyList_New(count), dests = PyList_New(count)
    cdef uint16_t[MAX_KINDS] type_numbers
    for i in range(trees.kind_count):
        type_numbers[i] = NO_TYPE
    records.reserve(count)
    for i in range(count):
        if i + PREFETCH_TAKEN < count:
            prefetch(part.items[first + i + PREFETCH_TAKEN].source)
            prefetch(part.items[first + i + PREFETCH_TAKEN].dest)
        item = &part.items[first + i]
        walk.done += (item.source != NULL) + (item.dest != NULL)
        put(sources, i, item.source if item.source != NULL else NONE)
        put(dests, i, item.dest if item.dest != NULL else NONE)
        if type_numbers[item.kind] == NO_TYPE:
            type_numbers[item.kind] = records.type_number(trees.names[item.kind])
        records.items[index + i].type = type_numbers[item.kind]
        records.items[index + i].parent = <int32_t>(item.parent + shift) if item.parent >= 0 else -1
        records.items[index + i].end = <int32_t>(item.end + shift)
        records.items[index + i].action = item.action
        records.unseen += item.action == UNSEEN
    records.size += count
    if index == 0:
        records._sources, records._dests = sources, dests
    else:
        records._sources.extend(sources)
        records._dests.extend(dests)
    return 0


cdef inline void put(list objects, Py_ssize_t place, PyObject *value):
    Py_INCREF(value)
    PyList_SET_ITEM(<PyObject *>objects, place, value)


cdef int walk_single_tree(Walk walk, Frame top, Py_ssize_t place) except -1:
    cdef Frame single = Frame()
    single.index = -1
    single.first = walk.records.size
    single.sources = [top.sources[place]]
    single.dests = [top.dests[place]]
    walk_tree(walk, single)
    top.needs_names = top.needs_names or single.needs_names
    return 0


cdef int walk_tree(Walk walk, Frame top) except -1:
    """Walk the trees below the frame's siblings; whether these share names is for the caller to check."""
    cdef list stack = [top]
    cdef Frame frame, child
    cdef set path = set()
    cdef Py_ssize_t place
    while stack:
        frame = <Frame>stack[len(stack) - 1]
        child = None
        while frame.position < len(frame.sources):
            visit_plain_run(walk, frame)
            if frame.position == len(frame.sources):
                break
            place = frame.position
            frame.position += 1
            if is_unread(frame, place):
                child = visit_unread(walk, frame, place)
            else:
                uid = None if frame.uids is None else frame.uids[place]
                child = visit(walk, frame, frame.sources[place], frame.dests[place], uid)
            if child is not None:
                break
        if child is not None:
            stack.append(child)
            if len(stack) > WATCH_CYCLES_FROM:
                watch_path(path, stack)
            continue
        if frame.needs_names and frame is not top:
            check_names(walk, frame)
        if not next_children(walk, frame):
            if frame.index >= 0:
                walk.records.items[frame.index].end = <int32_t>walk.records.size
            stack.pop()
            if path:
                path.discard(id(frame.source))
                path.discard(id(frame.dest))
    return 0


cdef int visit_plain_run(Walk walk, Frame frame) except -1:
    """Append the records of the pairs from the frame's position on, as long as there is nothing special about them.

    Nearly all records are leaves that both sides have, of one class without overrides, unflagged: this loop does what
    `visit` does, for those alone, and left to `visit` they would take twice as long.
    """
    cdef Py_ssize_t place = frame.position, count = len(frame.sources)
    cdef PyObject *source
    cdef PyObject *dest
    cdef PyObject *key
    cdef Plan plan = walk.leaf_plan
    if walk.is_watched:
        return 0
    while place < count:
        source = PyList_GET_ITEM(<PyObject *>frame.sources, place)
        dest = PyList_GET_ITEM(<PyObject *>frame.dests, place)
        if source == NONE or dest == NONE or Py_TYPE(<object>source) != Py_TYPE(<object>dest):
            break
        if is_plain_str(source):
            break
        if <PyObject *>Py_TYPE(<object>source) != <PyObject *>walk.leaf_class:
            plan = plan_of(<object>Py_TYPE(<object>source))
            if not is_leaf_plan(plan):
                break
            walk.leaf_class = <object>Py_TYPE(<object>source)
            walk.leaf_plan = plan
        key = slot(source, plan.key_offset)
        if (
            key == NULL or not is_plain_str(key)
            or slot(source, plan.flags_offset) != NO_FLAGS or slot(dest, plan.flags_offset) != NO_FLAGS
        ):
            break
        walk.records.add(frame.index, plan.modelname, <object>source, <object>dest)
        place += 1
    walk.done += 2 * (place - frame.position)
    frame.position = place
    return 0


cdef bint is_unread(Frame frame, Py_ssize_t place) noexcept:
    cdef PyObject *uid = PyList_GET_ITEM(<PyObject *>frame.sources, place)
    return uid == PyList_GET_ITEM(<PyObject *>frame.dests, place) and is_plain_str(uid)


cdef Frame visit_unread(Walk walk, Frame frame, Py_ssize_t place):
    """Append the record of a pair that is known to be equal, and of those after it up to one that may have children.

    Returns a frame for that one.
    """
    cdef Py_ssize_t index
    while True:
        uid = frame.sources[place]
        index = walk.records.add(frame.index, frame.child_type, uid, uid)
        walk.records.items[index].action = NO_ACTION
        walk.records.unseen -= 1
        walk.advance(2)
        if frame.below:
            return frame_of(walk, index, uid, uid, frame.below)
        if frame.position == len(frame.sources) or not is_unread(frame, frame.position):
            return None
        place = frame.position
        frame.position += 1


cdef bint is_leaf_plan(Plan plan) noexcept:
    return (
        plan.plain_type and plan.key_is_name and plan.flags_offset >= 0
        and plan.plain_children and len(plan.children) == 0
    )


cdef int watch_path(set path, list stack) except -1:
    """Note the newest frame's records as part of the path, and raise if they already are."""
    cdef Frame frame
    cdef Frame newest = <Frame>stack[len(stack) - 1]
    if not path:
        for frame in stack[:len(stack) - 1]:
            path.update([id(model) for model in (frame.source, frame.dest) if model is not None])
    for model in (newest.source, newest.dest):
        if model is not None and id(model) in path:
            parent = (<Frame>stack[len(stack) - 2]).source
            raise ChildrenCycle(f"{model!r} is among its own descendants: remove it from the children of {parent!r}")
    path.update([id(model) for model in (newest.source, newest.dest) if model is not None])
    return 0


cdef int pair_or_take(
    Walk walk, Frame frame, object sources, object dests, bint are_distinct, bint are_paired
) except -1:
    """Match two lists of siblings into the frame, unless they have been matched."""
    if not are_paired:
        return pair(walk, frame, sources, dests, are_distinct)
    frame.position = 0
    frame.uids = None
    frame.sources = <list>sources
    frame.dests = <list>dests
    frame.below = walk.prefetch.children_mapping(frame.child_type)
    return 0


cdef int pair(Walk walk, Frame frame, object sources, object dests, bint are_distinct) except -1:
    """Match two lists of siblings by unique id into the frame: the source's order, then what only the destination has.

    Args:
        walk: The match.
        frame: Whose children they are.
        sources, dests: The siblings.
        are_distinct: Whether it is known that no unique id is twice in either list.
    """
    cdef list pairs = None
    frame.position = 0
    if PyList_CheckExact(sources) and PyList_CheckExact(dests):
        pairs = pair_in_step(<list>sources, <list>dests, are_distinct)
    cdef bint are_paired_by_id = True
    if pairs is None:
        pairs = pair_by_hash(walk, sources, dests)
        are_paired_by_id = not (is_keyed(sources) or is_keyed(dests))
    frame.sources = <list>pairs[0]
    frame.dests = <list>pairs[1]
    frame.uids = <list>pairs[2] if len(pairs) > 2 and are_paired_by_id else None
    cdef Py_ssize_t i
    cdef PyObject *source
    cdef PyObject *dest
    cdef PyTypeObject *source_class = NULL
    cdef PyTypeObject *dest_class = NULL
    cdef Plan plan = None
    cdef Plan dest_plan = None
    cdef bint is_plain = False, have_named_identity = False
    for i in range(len(frame.sources)):
        source = PyList_GET_ITEM(<PyObject *>frame.sources, i)
        dest = PyList_GET_ITEM(<PyObject *>frame.dests, i)
        if source == NONE or dest == NONE:
            continue
        if Py_TYPE(<object>source) != source_class or Py_TYPE(<object>dest) != dest_class:
            plan = plan_of(<object>Py_TYPE(<object>source))
            dest_plan = plan_of(<object>Py_TYPE(<object>dest))
            source_class = Py_TYPE(<object>source)
            dest_class = Py_TYPE(<object>dest)
            is_plain = have_plain_identity(plan, dest_plan)
            have_named_identity = is_named_identity(plan, dest_plan)
        if not (is_plain and are_paired_by_id and are_same_thing(plan, dest_plan, source, dest)):
            if have_named_identity and are_paired_by_id and have_same_identifiers(plan, dest_plan, source, dest):
                continue
            check_pair(<object>source, <object>dest, are_paired_by_id=are_paired_by_id)
            source_class = NULL
    return 0


cdef list pair_in_step(list sources, list dests, bint are_distinct):
    """Pair siblings that mostly come in the same order on both sides, walking both lists while the ids agree.

    Where they do not, a look a few places ahead tells an added record from a removed one; what is left over on both
    sides is hashed. Returns None if that is not to be had: a hook decides on unique ids, or one may be there twice.
    """
    cdef Py_ssize_t i = 0, j = 0, ahead, count = len(sources), dest_count = len(dests)
    cdef Py_ssize_t left_over = 0
    cdef PyObject *key
    cdef PyObject *other
    if not are_distinct and not (has_distinct_keys(sources) and has_distinct_keys(dests)):
        return None
    cdef PyTypeObject *cls = NULL
    cdef Py_ssize_t key_offset = 0
    while i < count and j < dest_count:
        if (
            cls != NULL and Py_TYPE(<object>PyList_GET_ITEM(<PyObject *>sources, i)) == cls
            and Py_TYPE(<object>PyList_GET_ITEM(<PyObject *>dests, j)) == cls
        ):
            key = slot(PyList_GET_ITEM(<PyObject *>sources, i), key_offset)
            other = slot(PyList_GET_ITEM(<PyObject *>dests, j), key_offset)
            if key == NULL or other == NULL or not is_plain_str(key) or not is_plain_str(other):
                return None
        else:
            key = plain_key(PyList_GET_ITEM(<PyObject *>sources, i))
            other = plain_key(PyList_GET_ITEM(<PyObject *>dests, j))
            if key == NULL or other == NULL:
                return None
            cls = Py_TYPE(sources[i])
            key_offset = plan_of(<object>cls).key_offset
        if not same_str(key, other):
            break
        i += 1
        j += 1
    if i == count and j == dest_count:
        return [sources, dests]
    cdef list paired_sources = sources[:]
    cdef list paired_dests = dests[:j]
    cdef list unmatched = []
    cdef list unmatched_places = []
    while i < count and j < dest_count:
        key = plain_key(PyList_GET_ITEM(<PyObject *>sources, i))
        other = plain_key(PyList_GET_ITEM(<PyObject *>dests, j))
        if key == NULL or other == NULL:
            return None
        if same_str(key, other):
            paired_dests.append(dests[j])
            i += 1
            j += 1
            continue
        ahead = 0 if left_over > MAX_LEFT_OVER else find_ahead(dests, j, key)
        if ahead > 0:
            unmatched.extend(dests[j:j + ahead])
            j += ahead
            continue
        unmatched_places.append(i)
        paired_dests.append(None)
        i += 1
        if left_over > MAX_LEFT_OVER or find_ahead(sources, i - 1, other) == 0:
            unmatched.append(dests[j])
            left_over += 1
            j += 1
    while i < count:
        unmatched_places.append(i)
        paired_dests.append(None)
        i += 1
    unmatched.extend(dests[j:])
    if unmatched and unmatched_places:
        unmatched = pair_left_over(sources, paired_dests, unmatched_places, unmatched)
    if unmatched is None:
        return None
    paired_sources.extend([None] * len(unmatched))
    paired_dests.extend(unmatched)
    return [paired_sources, paired_dests]


cdef Py_ssize_t find_ahead(list siblings, Py_ssize_t place, PyObject *key) except -1:
    """Return how far after `place` a sibling with this key stands, 0 if not within a few places."""
    cdef Py_ssize_t ahead
    cdef PyObject *other
    for ahead in range(1, LOOK_AHEAD):
        if place + ahead >= len(siblings):
            return 0
        other = plain_key(PyList_GET_ITEM(<PyObject *>siblings, place + ahead))
        if other != NULL and same_str(other, key):
            return ahead
    return 0


cdef list pair_left_over(list sources, list paired_dests, list places, list unmatched):
    """Pair by hash what the walk in step has left over; return the destination's rest, None if a hook is to be asked."""
    cdef dict by_key = {}
    cdef PyObject *key
    for dest in unmatched:
        key = plain_key(<PyObject *>dest)
        if key == NULL:
            return None
        by_key[<object>key] = dest
    for place in places:
        key = plain_key(PyList_GET_ITEM(<PyObject *>sources, place))
        if key == NULL:
            return None
        dest = by_key.pop(<object>key, None)
        if dest is not None:
            paired_dests[place] = dest
    return list(by_key.values())


cdef bint has_distinct_keys(list siblings) except -1:
    cdef set keys = set()
    cdef PyObject *key
    cdef Py_ssize_t i
    for i in range(len(siblings)):
        key = plain_key(PyList_GET_ITEM(<PyObject *>siblings, i))
        if key == NULL:
            return False
        keys.add(<object>key)
    return len(keys) == len(siblings)


cdef PyObject *plain_key(PyObject *model) except? NULL:
    """Return the key of a record whose unique id is the library's own to compute, borrowed; otherwise NULL."""
    cdef Plan plan = plan_of(<object>Py_TYPE(<object>model))
    cdef PyObject *key
    if not plan.plain_unique_id:
        return NULL
    key = slot(model, plan.key_offset)
    return key if key != NULL and is_plain_str(key) else NULL


cdef bint is_keyed(object siblings) except -1:
    """Whether siblings come by unique id, and not as a collection of records."""
    return type(siblings) is not list and isinstance(siblings, Mapping)


cdef list pair_by_hash(Walk walk, object sources, object dests):
    for siblings in (sources, dests):
        if type(siblings) is not list and not isinstance(siblings, Iterable):
            raise TypeError(f"Type combination {type(sources)}/{type(dests)} is not supported... for now")
    by_id = sources if is_keyed(sources) else {unique_id(model): model for model in sources}
    dest_by_id = dests if is_keyed(dests) else {unique_id(model): model for model in dests}
    paired_sources = []
    paired_dests = []
    uids = list(by_id)
    for uid, source in by_id.items():
        paired_sources.append(source)
        paired_dests.append(dest_by_id.get(uid))
    for uid, dest in dest_by_id.items():
        if uid not in by_id:
            uids.append(uid)
            paired_sources.append(None)
            paired_dests.append(dest)
    count = len(paired_sources)
    repeated = max(len(sources) - count, 0) + max(len(dests) - count, 0)
    if repeated:
        walk.advance(repeated)
    return [paired_sources, paired_dests, uids]


cdef bint have_plain_identity(Plan plan, Plan other) except -1:
    """Whether the keys and identifiers of two classes' records settle that they are one thing."""
    return (
        plan.plain_type and other.plain_type and plan.key_is_name and other.key_is_name
        and plan.plain_identifiers and other.plain_identifiers and plan.identifier_count > 0
        and (plan is other or (
            plan.modelname == other.modelname and plan.schema.identifiers == other.schema.identifiers
        ))
    )


cdef bint is_named_identity(Plan plan, Plan other) except -1:
    """Whether records of two classes are one thing if they share the unique id, whatever gives it, and identifiers."""
    return (
        plan.plain_type and other.plain_type and plan.modelname == other.modelname
        and plan.is_named_by_unique_id and other.is_named_by_unique_id
        and plan.plain_identifiers and other.plain_identifiers and plan.identifier_count > 0
        and plan.schema.identifiers == other.schema.identifiers
    )


cdef bint have_same_identifiers(Plan plan, Plan other, PyObject *source, PyObject *dest) noexcept:
    """Whether the identifiers of two records are seen to be equal without asking Python."""
    cdef Py_ssize_t i
    if slot(source, plan.key_offset) == OVERRIDES or slot(dest, other.key_offset) == OVERRIDES:
        return False
    for i in range(plan.identifier_count):
        if scalars_differ(slot(source, plan.identifier_offsets[i]), slot(dest, other.identifier_offsets[i])) != 0:
            return False
    return True


cdef bint are_same_thing(Plan plan, Plan other, PyObject *source, PyObject *dest) except -1:
    """Whether two records that share a unique id are seen to be one thing without asking them."""
    cdef PyObject *key = slot(source, plan.key_offset)
    cdef PyObject *other_key = slot(dest, other.key_offset)
    if key == NULL or other_key == NULL or not is_plain_str(key) or not is_plain_str(other_key):
        return False
    # Equal keys whose parts have equal lengths have equal parts; where the types are certain and there is but one way to
    # take the key apart, the parts need not be read.
    cdef Py_ssize_t i
    if (
        plan.certain_types is not None and (plan is other or plan.certain_types == other.certain_types)
        and has_clear_parts(key, plan.identifier_count)
    ):
        return True
    cdef PyObject *value
    cdef PyObject *other_value
    for i in range(plan.identifier_count):
        value = slot(source, plan.identifier_offsets[i])
        other_value = slot(dest, other.identifier_offsets[i])
        if value == NULL or other_value == NULL or not is_plain_str(value) or not is_plain_str(other_value):
            return False
        if value != other_value and str_length(value) != str_length(other_value):
            return False
    return True


cdef Frame visit(Walk walk, Frame frame, object source, object dest, object uid):
    """Append the record of one pair, unless a flag says to skip it; return a frame if it may have children."""
    model = dest if source is None else source
    cdef Plan plan = plan_of(type(model))
    cdef PyObject *key = slot(<PyObject *>model, plan.key_offset)
    cdef bint is_plain = plan.plain_type and key != NULL and Py_TYPE(<object>key) == STR
    if walk.flag_bits or has_flags(source) or has_flags(dest):
        reason = skip_reason(walk.flags, source, dest)
        if reason:
            walk.matching.skip(model, reason)
            return None
    element_type = plan.modelname if plan.plain_type and key != OVERRIDES else model.get_type()
    cdef bint asks_name = not (is_plain and plan.plain_shortname)
    if asks_name:
        is_named_by_uid = uid is not None and plan.is_named_by_unique_id and key != <PyObject *>INSTANCE_OVERRIDES
        name = uid if is_named_by_uid else model.get_shortname()
        if type(name) is not str or type(element_type) is not str:
            check_element(element_type, name)
    cdef Py_ssize_t index = walk.records.add(frame.index, element_type, source, dest)
    if asks_name:
        walk.records.names[index] = name
    if not plan.plain_type or not plan.is_named_by_unique_id or key == <PyObject *>INSTANCE_OVERRIDES:
        frame.needs_names = True
    walk.advance((source is not None) + (dest is not None))
    if (source is None or not mapping_of(source)) and (dest is None or not mapping_of(dest)):
        return None
    return frame_of(walk, index, source, dest, children_mapping(walk, source, dest))


cdef Frame frame_of(Walk walk, Py_ssize_t index, object source, object dest, object mapping):
    if not mapping:
        return None
    cdef Frame child = Frame()
    child.index = index
    child.source = source
    child.dest = dest
    if mapping is not walk.last_mapping or len(mapping) != len(walk.last_types):
        walk.last_types = list(mapping)
        walk.last_fields = list(mapping.values())
        walk.last_mapping = mapping
    child.child_types = walk.last_types
    child.fields = walk.last_fields
    child.sources = []
    child.dests = []
    return child


cdef bint has_flags(object model) except -1:
    if model is None:
        return False
    cdef Plan plan = plan_of(type(model))
    cdef PyObject *flags = slot(<PyObject *>model, plan.flags_offset) if plan.flags_offset >= 0 else NULL
    if flags == NO_FLAGS:
        return False
    return bool(model.model_flags.value)


cdef object children_mapping(Walk walk, object source, object dest):
    """Return the `{type: field}` of the children to walk: of both records what they have in common."""
    if source is None or dest is None:
        return mapping_of(dest if source is None else source)
    source_mapping = mapping_of(source)
    dest_mapping = mapping_of(dest)
    if source_mapping is dest_mapping or source_mapping == dest_mapping:
        return source_mapping
    for child_type, field in source_mapping.items():
        if child_type not in dest_mapping:
            walk.advance(len(getattr(source, field)))
    for child_type, field in dest_mapping.items():
        if child_type not in source_mapping:
            walk.advance(len(getattr(dest, field)))
    return {child_type: field for child_type, field in source_mapping.items() if child_type in dest_mapping}


cdef object mapping_of(object model):
    cdef Plan plan = plan_of(type(model))
    cdef PyObject *key = slot(<PyObject *>model, plan.key_offset)
    if plan.plain_children and key != <PyObject *>INSTANCE_OVERRIDES:
        return plan.children
    return model.get_children_mapping()


cdef bint next_children(Walk walk, Frame frame) except -1:
    """Fetch and pair the frame's children of the next type; False if there is none."""
    cdef bint are_distinct
    if frame.child_types is None:
        return False
    while frame.next_type < len(frame.child_types):
        child_type = frame.child_types[frame.next_type]
        field = frame.fields[frame.next_type]
        frame.next_type += 1
        are_distinct = True
        ahead = sources = dests = None
        if walk.prefetch is not None:
            parent_type = walk.records.type(frame.index)
            ahead = walk.prefetch.children(frame.source, frame.dest, parent_type, child_type, field)
            are_distinct = ahead is None
            if ahead is not None:
                sources, dests = ahead.sources, ahead.dests
        if sources is None:
            sources = fetch(
                walk, walk.source_data, walk.source_cursors, walk.matching.source, frame.source, field, child_type, &are_distinct
            )
        if dests is None:
            dests = fetch(
                walk, walk.dest_data, walk.dest_cursors, walk.matching.dest, frame.dest, field, child_type, &are_distinct
            )
        if sources or dests:
            frame.first = walk.records.size
            frame.child_type = child_type
            pair_or_take(walk, frame, sources, dests, are_distinct, ahead is not None and ahead.are_paired)
            return True
    return False


cdef object fetch(
    Walk walk, object data, dict cursors, object adapter, object parent, object field, object child_type, bint *are_distinct
):
    """Return the children of one type of one parent, straight from a local store's dict where there is one.

    Clears `are_distinct` unless it is seen on the way that no unique id is there twice.
    """
    if parent is None:
        return []
    uids = getattr(parent, field)
    if data is not None and PyList_CheckExact(uids):
        found = gather(walk, data, cursors, child_type, <list>uids, are_distinct)
        if found is not None:
            return found
    are_distinct[0] = False
    return adapter.get_by_uids(uids, child_type)


cdef list all_of(object data, object modelname, bint *are_distinct):
    """Return all records of a type in a local store."""
    cdef PyObject *key
    cdef PyObject *model
    cdef Py_ssize_t position = 0
    records = data[modelname]
    cdef list found = list(records.values())
    if not PyDict_CheckExact(records):
        are_distinct[0] = False
        return found
    cdef Py_ssize_t place = 0
    while are_distinct[0] and PyDict_Next(<PyObject *>records, &position, &key, &model):
        if place + PREFETCH_TAKEN < len(found):
            ask_for_record(PyList_GET_ITEM(<PyObject *>found, place + PREFETCH_TAKEN), 2 * CACHE_LINE)
        place += 1
        are_distinct[0] = plain_key(model) == key
    return found


cdef list gather(Walk walk, object data, dict cursors, object child_type, list uids, bint *are_distinct):
    """Return the records with these ids, or None if one is missing or something else is unusual."""
    cdef Cursor cursor = cursors.get(child_type)
    if PyList_GET_SIZE(<PyObject *>uids) == 0:
        return []
    if cursor is None:
        records = data.get(child_type)
        if not PyDict_CheckExact(records):
            return None
        cursor = Cursor(records)
        cursors[child_type] = cursor
    cdef Py_ssize_t i, count = PyList_GET_SIZE(<PyObject *>uids)
    cdef PyObject *model
    cdef PyObject *uid
    cdef PyObject **places = reserve(walk, count)
    cursor.is_ascending = True
    # Two passes, so that the records come into the cache while the others are looked up.
    for i in range(count):
        places[i] = look_up(cursor, PyList_GET_ITEM(<PyObject *>uids, i))
        if places[i] == NULL:
            return None
        prefetch(places[i])
        prefetch(<char *>places[i] + CACHE_LINE)
    cdef list found = PyList_New(count)
    for i in range(count):
        Py_INCREF(places[i])
        PyList_SET_ITEM(<PyObject *>found, i, places[i])
    # Entries found one after the other in a dict have different keys; they are the unique ids unless one has changed.
    if not cursor.is_ascending:
        are_distinct[0] = False
    for i in range(count):
        if not are_distinct[0]:
            break
        model = PyList_GET_ITEM(<PyObject *>found, i)
        uid = PyList_GET_ITEM(<PyObject *>uids, i)
        if <PyObject *>Py_TYPE(<object>model) == <PyObject *>cursor.last_class:
            are_distinct[0] = slot(model, cursor.key_offset) == uid
        else:
            are_distinct[0] = plain_key(model) == uid
            cursor.last_class = <object>Py_TYPE(<object>model)
            cursor.key_offset = plan_of(cursor.last_class).key_offset
            if not plan_of(cursor.last_class).plain_unique_id:
                cursor.last_class = None
    return found


cdef PyObject **reserve(Walk walk, Py_ssize_t count) except NULL:
    """Return room for so many pointers; it lasts until the next call."""
    cdef void *places
    if count > walk.room or walk.places == NULL:
        places = PyMem_Realloc(walk.places, (count + 64) * sizeof(PyObject *))
        if places == NULL:
            raise MemoryError
        walk.places = <PyObject **>places
        walk.room = count + 64
    return walk.places


cdef PyObject *look_up(Cursor cursor, PyObject *uid) except? NULL:
    """Return the record with this id, borrowed; NULL if there is none or the id is no string."""
    cdef Py_ssize_t position = cursor.position
    cdef PyObject *key
    cdef PyObject *model
    if not is_plain_str(uid):
        return NULL
    if PyDict_Next(<PyObject *>cursor.records, &position, &key, &model) and key == uid:
        cursor.position = position
        cursor.credit += 1
        return model
    return search(cursor, uid)


cdef PyObject *search(Cursor cursor, PyObject *uid) except? NULL:
    """Look ahead of the cursor for an id, and if it is not to be found there, hash it.

    Entries that the walk does not want, of records that no parent lists or whose parents come later, must not stop
    the cursor for good. Looking ahead is paid for with what the hits have saved, so that it never costs more.
    """
    cdef Py_ssize_t position = cursor.position
    cdef PyObject *key
    cdef PyObject *model
    while cursor.credit > 0 and PyDict_Next(<PyObject *>cursor.records, &position, &key, &model):
        if key == uid:
            cursor.position = position
            return model
        cursor.credit -= 1
    cursor.is_ascending = False
    return PyDict_GetItemWithError(<PyObject *>cursor.records, uid)


cdef int check_names(Walk walk, Frame frame) except -1:
    """Tell of siblings of one type that share a name; unique ids need no check, they have been keys."""
    cdef Py_ssize_t index = frame.first
    frame.needs_names = False
    if frame.names is None:
        frame.names = {}
    while index < walk.records.size:
        model = walk.records._sources[index]
        if model is None:
            model = walk.records._dests[index]
        names = frame.names.setdefault(walk.records.type(index), set())
        name = model if type(model) is str else model.get_shortname()
        if name in names:
            walk.matching.repeated_name(index)
        names.add(name)
        index = walk.records.items[index].end
    return 0


def mark_unknown(Records records, Py_ssize_t start, Py_ssize_t stop, data, status):
    """Give the destination objects of unchanged records the status that a sync gives whatever it passes.

    Args:
        records: The array.
        start: The first record.
        stop: One past the last record.
        data: The `{modelname: {unique id: record}}` of the destination's local store.
        status: The status, `DiffSyncStatus.UNKNOWN`.

    Returns:
        The index of the first record that needs more than that: it has an action, its object is no longer the one in
        the store, or hooks of its class are overridden. `stop` if there is none.
    """
    cdef Py_ssize_t i
    cdef Plan plan
    cdef PyObject *dest
    cdef PyObject *key
    cdef Cursor cursor
    empty = ""
    cdef dict cursors = records.cursors_of(data)
    for i in range(max(start, 0), min(stop, records.size)):
        dest = PyList_GET_ITEM(<PyObject *>records._dests, i)
        if records.items[i].action != NO_ACTION or dest == NONE or is_plain_str(dest):
            return i
        plan = plan_of(<object>Py_TYPE(<object>dest))
        key = slot(dest, plan.key_offset)
        if not (plan.plain_status and plan.plain_unique_id) or key == NULL or not is_plain_str(key):
            return i
        cursor = cursors.get(records.type_names[records.items[i].type])
        if cursor is None:
            stored = data.get(records.type_names[records.items[i].type])
            if not PyDict_CheckExact(stored):
                return i
            cursor = Cursor(stored)
            cursors[records.type_names[records.items[i].type]] = cursor
        if look_up(cursor, key) != dest:
            return i
        set_slot_quietly(dest, plan.status_offset, status)
        set_slot_quietly(dest, plan.message_offset, empty)
    return stop


def change_of(Records records, Py_ssize_t index, data, identifiers):
    """Return what a sync needs to know of a record that has an action.

    Args:
        records: The array.
        index: The record.
        data: The `{modelname: {unique id: record}}` of the destination's local store.
        identifiers: The identifiers of the destination's class, in the order in which they make the unique id.

    Returns:
        The type, the action (1 create, 2 update, 3 delete), new dicts of the identifiers and of the new attributes, and
        the destination's record as it is now, or None.
    """
    _, keys, source, dest = records.snapshots[index]
    cdef Py_ssize_t position = 0
    cdef PyObject *name
    cdef PyObject *value
    cdef dict attrs = {}
    if dest is None:
        attrs = dict(source)
    elif source is not None:
        mask = records.mask(index)
        for place, common in enumerate([common for common in dest if common in source]):
            if mask >> place & 1:
                attrs[common] = source[common]
    while PyDict_Next(<PyObject *>attrs, &position, &name, &value):
        if not is_scalar(value):
            attrs = {attribute: copy_containers(held) for attribute, held in attrs.items()}
            break
    element_type = records.type(index)
    if len(identifiers) == 1:
        uid = keys[identifiers[0]]
        uid = uid if type(uid) is str else str(uid)
    else:
        uid = "__".join([str(keys[identifier]) for identifier in identifiers])
    return element_type, records.items[index].action, dict(keys), attrs, data[element_type].get(uid)
