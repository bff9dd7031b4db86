# cython: language_level=3, boundscheck=False, wraparound=False
"""The innermost part of matching: walking plain trees without the interpreter.

Functions that return whether all went well return False too where memory is short: the walk that asks Python will say so.
Memory comes from the C library, since Python's own functions may want the interpreter lock while tracemalloc traces.
"""

from libc.stdint cimport int32_t, uint8_t, uint64_t
from libc.stdlib cimport realloc

from .finding cimport WINDOW, Search, find_all
from ..array cimport NO_ACTION, UNSEEN, Entry
from .tree_types cimport MAX_DEPTH, ChildField, Kind, Side
from .pairing cimport Siblings, are_distinct, make_room, pair_siblings
from ..capi cimport (
    NONE, PyListObject, PyList_CheckExact, PyList_GET_SIZE, PyObject, PyObject_GC_IsTracked,
    add_reference, class_of, drop_reference, is_exact_str, prefetch, same_str, slot, str_length,
)
from ..known_types cimport values_differ
from .naming cimport have_distinct_names, have_same_names
from .skipping cimport forget_skips, note_skip, reason_to_skip
from .keys cimport has_clear_parts
from .noting cimport forget_changes, note_change
from .columns cimport (
    ask_for_dest_values, ask_for_record, ask_for_source_values, have_equal_values,
)


# How many siblings ahead memory is asked for: their values, and twice as far the records.
cdef enum:
    AHEAD = 12


cdef void walk_range(void *share) noexcept nogil:
    """Walk the trees of a `Range` until all are done, or it pauses; what is found of a special one is dropped."""
    cdef Range *part = <Range *>share
    cdef Siblings *siblings = part.siblings
    cdef Py_ssize_t i, place, before, skipped
    cdef uint64_t kinds
    cdef Py_ssize_t limit = part.size + PAUSE_AFTER
    if part.is_paused[0]:
        return
    for i in range(part.first, part.stop):
        if i + 2 * AHEAD < part.stop:
            ask_for_pair(part.kind, siblings, part.order[i + 2 * AHEAD])
        if i + AHEAD < part.stop:
            ask_for_contents(part.kind, siblings, part.order[i + AHEAD])
        place = part.order[i]
        before = part.size
        skipped = part.skips.count
        kinds = part.kinds
        if append_pair(part, part.kind, siblings, place, -1, 0):
            part.trees[place].range = part
            part.trees[place].first = <int32_t>before
            part.trees[place].stop = <int32_t>part.size
            part.trees[place].first_skip, part.trees[place].last_skip = skipped, part.skips.count
        else:
            drop(part, before)
            forget_skips(&part.skips, skipped)
            part.kinds = kinds
        part.first = i + 1
        if part.size >= limit:
            part.is_paused[0] = True
            return


cdef void drop(Range *part, Py_ssize_t first) noexcept nogil:
    """Drop the entries from `first` on, with their references; no record goes, since the stores hold them still."""
    forget_changes(&part.changes, first)
    while part.size > first:
        part.size -= 1
        if part.sources[part.size] != NONE:
            drop_reference(part.sources[part.size])
        if part.dests[part.size] != NONE:
            drop_reference(part.dests[part.size])


cdef bint append_pair(
    Range *part, Kind *kind, Siblings *siblings, Py_ssize_t place, int32_t parent, int depth
) noexcept nogil:
    """Append the entry at a place and all below it, unless flags skip it; False if there is something special about any."""
    cdef PyObject *source = siblings.sources[place]
    cdef PyObject *dest = siblings.dests[place]
    if source != NULL and not is_expected(&kind.sides[0], source, siblings.uids[place]):
        return False
    if dest != NULL and not is_expected(&kind.sides[1], dest, siblings.dest_uids[place]):
        return False
    if source != NULL and dest != NULL and not are_same_thing(kind, source, dest, siblings.have_clear_keys):
        return False
    cdef int reason = reason_to_skip(
        part.global_bits,
        NULL if source == NULL else slot(source, kind.sides[0].flags), NULL if dest == NULL else slot(dest, kind.sides[1].flags),
    )
    if reason:
        return reason > 0 and note_skip(&part.skips, dest if source == NULL else source, reason)
    if kind.child_count and place + 1 < siblings.count:
        ask_for_children(kind, 0, siblings.sources[place + 1])
        ask_for_children(kind, 1, siblings.dests[place + 1])
    return append(part, kind, parent, source, dest, depth)


cdef bint append(Range *part, Kind *kind, int32_t parent, PyObject *source, PyObject *dest, int depth) noexcept nogil:
    """Append one pair or single and all below it, with a reference to each record; False as for `append_pair`."""
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
    part.items[index].action = action_of(part, kind, index, source, dest)
    part.size += 1
    part.kinds |= <uint64_t>1 << kind.number
    if kind.child_count and depth == MAX_DEPTH:
        return False
    for i in range(kind.child_count):
        if not walk_children(part, &kind.children[i], <int32_t>index, source, dest, depth + 1):
            return False
    part.items[index].end = <int32_t>part.size
    return True


cdef inline uint8_t action_of(
    Range *part, Kind *kind, Py_ssize_t index, PyObject *source, PyObject *dest
) noexcept nogil:
    """Return the action of a new entry, and note what its snapshot will hold; UNSEEN or UNDECIDED if *compare* is to tell."""
    if source != NULL and dest != NULL and not kind.values.are_fields:
        return UNSEEN
    if (source != NULL and PyObject_GC_IsTracked(source)) or (dest != NULL and PyObject_GC_IsTracked(dest)):
        part.has_tracked = True
    if source != NULL and dest != NULL and have_equal_values(&kind.values, source, dest):
        return NO_ACTION
    return note_change(&part.changes, kind, index, source, dest)


cdef bint grow(Range *part) noexcept nogil:
    """Make room for more entries; False if memory is short, or there are too many."""
    cdef Py_ssize_t capacity = 2 * part.size + 64
    cdef void *items
    cdef void *sources
    cdef void *dests
    if part.size >= 0x3FFFFFFF:
        return False
    items = realloc(part.items, capacity * sizeof(Entry))
    if items != NULL:
        part.items = <Entry *>items
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
    """Append the children of one type and all below them; False as for `append_pair`."""
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
    if not find_siblings(kind, part.searches, &siblings) or not pair_siblings(&siblings):
        return False
    if not have_distinct_names(kind, &siblings):
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
    """Fill in where a record's list of children has its ids, borrowed, and how many; False if it is no list."""
    cdef PyObject *children = slot(parent, offset)
    cdef Py_ssize_t i
    if children == NULL or not PyList_CheckExact(children):
        return False
    uids[0] = (<PyListObject *>children).ob_item
    count[0] = PyList_GET_SIZE(children)
    for i in range(min(count[0], AHEAD)):
        prefetch(uids[0][i])
    return True


cdef bint find_siblings(Kind *kind, Search *searches, Siblings *siblings) noexcept nogil:
    """Find both sides' records with the siblings' ids, borrowed; False if one is not found, or is found twice."""
    cdef bint is_found = find_side(
        &kind.sides[0], &searches[2 * kind.number], siblings.uids, siblings.uid_count, siblings.sources
    )
    return is_found and find_side(
        &kind.sides[1], &searches[2 * kind.number + 1], siblings.other_uids, siblings.other_uid_count, siblings.found
    )


cdef bint find_side(
    Side *side, Search *search, PyObject **uids, Py_ssize_t count, PyObject **found
) noexcept nogil:
    """Do what `find_siblings` does, for one side."""
    cdef bint are_known_to_be_distinct = True
    cdef Py_ssize_t i
    if count == 0:
        return True
    if side.records == NULL:
        return False
    if not find_all(
        side.records, &side.table, search, &side.contents, uids, count, found, &are_known_to_be_distinct
    ):
        return False
    for i in range(min(count, 2 * AHEAD) if side.table.entries != NULL or count > WINDOW else 0):
        ask_for_record(found[i], side.size)
    return are_known_to_be_distinct or are_distinct(found, count)


# ---- asking for memory ----


cdef inline void ask_for_pair(Kind *kind, Siblings *siblings, Py_ssize_t place) noexcept nogil:
    """Ask memory for the records at a place."""
    if siblings.sources[place] != NULL:
        ask_for_record(siblings.sources[place], kind.sides[0].size)
    if siblings.dests[place] != NULL:
        ask_for_record(siblings.dests[place], kind.sides[1].size)


cdef void ask_for_contents(Kind *kind, Siblings *siblings, Py_ssize_t place) noexcept nogil:
    """Ask memory for what the records at a place refer to; the records themselves have been asked for before."""
    cdef PyObject *source = siblings.sources[place]
    cdef PyObject *dest = siblings.dests[place]
    if source != NULL and class_of(source) == kind.sides[0].cls:
        ask_for_parts(kind, 0, source)
        ask_for_source_values(&kind.values, source)
    if dest != NULL and class_of(dest) == kind.sides[1].cls:
        ask_for_parts(kind, 1, dest)
        ask_for_dest_values(&kind.values, dest)


cdef inline void ask_for_parts(Kind *kind, int which, PyObject *record) noexcept nogil:
    """Ask memory for the identifiers of a record, if they will be read, and for its lists of children."""
    cdef Py_ssize_t i
    if not kind.is_certain:
        for i in range(kind.identifier_count):
            prefetch(slot(record, kind.sides[which].identifiers[i]))
    for i in range(kind.child_count):
        prefetch(slot(record, kind.children[i].offsets[which]))


cdef inline void ask_for_children(Kind *kind, int which, PyObject *record) noexcept nogil:
    """Ask memory for what the lists of children of a record hold; the record may be NULL."""
    cdef Py_ssize_t i
    cdef PyObject *children
    if record == NULL or class_of(record) != kind.sides[which].cls:
        return
    for i in range(kind.child_count):
        children = slot(record, kind.children[i].offsets[which])
        if children != NULL and PyList_CheckExact(children):
            prefetch((<PyListObject *>children).ob_item)


# ---- what is plain ----


cdef inline bint is_expected(Side *side, PyObject *record, PyObject *uid) noexcept nogil:
    """Whether a record is of the expected class and bears the id that it was found by."""
    if class_of(record) != side.cls:
        return False
    cdef PyObject *key = slot(record, side.key)
    if key == NULL or not is_exact_str(key):
        return False
    return key == uid or (is_exact_str(uid) and same_str(key, uid))


cdef inline bint are_same_thing(Kind *kind, PyObject *source, PyObject *dest, bint is_clear) noexcept nogil:
    """Whether two records with one unique id are seen to be one thing without asking them.

    Equal keys have equal parts if the types of the identifiers are certain and the key can be taken apart in one way only.
    Then the parts need not be read. Otherwise equal keys have equal parts if the lengths of these are equal.
    """
    cdef Py_ssize_t i
    cdef PyObject *value
    cdef PyObject *other
    if not have_same_names(kind, source, dest):
        return False
    if kind.is_certain and (is_clear or has_clear_parts(slot(source, kind.sides[0].key), kind.identifier_count)):
        return True
    for i in range(kind.identifier_count):
        value = slot(source, kind.sides[0].identifiers[i])
        other = slot(dest, kind.sides[1].identifiers[i])
        if value == NULL or other == NULL:
            return False
        if not is_exact_str(value) or not is_exact_str(other):
            if values_differ(value, other):
                return False
        elif value != other and str_length(value) != str_length(other):
            return False
    return True
