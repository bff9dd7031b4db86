# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""The compiled kernel, fifth part: matching two trees into the flat array.

The twin of `_core_py.py`, function for function; `_kernel.py` chooses. Whoever changes one changes both.

*Match* walks both trees in pre-order and appends one flat record for each pair or single.
"""

from cpython.mem cimport PyMem_Free, PyMem_Realloc
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_TYPE
from libc.stdint cimport int32_t

from ._cursor cimport Cursor, look_up
from ._flat cimport NO_ACTION, UNSEEN, Records
from ._kinds cimport Kinds
from ._pairing cimport check_identities, pair_siblings, plain_key
from ._plain cimport PlainSiblings
from ._plans cimport Plan, plan_of
from ._slots cimport is_plain_str, prefetch, same_str, slot
from ._values cimport OVERRIDES

from .enum import DiffSyncModelFlags
from .exceptions import ChildrenCycle
from .rules import INSTANCE_OVERRIDES, check_element, skip_reason

__all__ = ["match"]

cdef extern from "Python.h":
    bint PyDict_CheckExact(object value)
    int PyDict_Next(PyObject *mapping, Py_ssize_t *position, PyObject **key, PyObject **value)
    bint PyList_CheckExact(object value)
    PyObject *PyList_GET_ITEM(PyObject *values, Py_ssize_t index) nogil
    Py_ssize_t PyList_GET_SIZE(PyObject *values)
    list PyList_New(Py_ssize_t size)
    void PyList_SET_ITEM(PyObject *values, Py_ssize_t index, PyObject *value)
    void Py_INCREF(PyObject *object)

# A chain of records this deep may be a cycle; from here on the walk remembers its path.
cdef enum:
    WATCH_CYCLES_FROM = 64

cdef enum:
    CACHE_LINE = 64

cdef PyObject *NONE = <PyObject *>None
cdef object NO_FLAGS_OBJECT = DiffSyncModelFlags.NONE
cdef PyObject *NO_FLAGS = <PyObject *>NO_FLAGS_OBJECT
cdef PyTypeObject *STR = <PyTypeObject *>str


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
    # Where the siblings have been walked without the interpreter: those, and the places among them of the special ones,
    # which are what is left to visit.
    cdef PlainSiblings plain
    cdef list special_places


cdef class Walk:
    """The state of one match."""

    cdef object matching, flags, prefetch
    cdef int flag_bits
    cdef Records records
    cdef object source_data, dest_data
    cdef dict source_cursors, dest_cursors
    cdef bint is_watched
    # `{type: Kinds}`; None if nothing may be walked without the interpreter.
    cdef dict kinds
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
    top.child_type = modelname
    if walk.source_data is not None and walk.dest_data is not None and not walk.is_watched and not walk.flag_bits:
        walk.kinds = {}
    try:
        if not (sources is None and dests is None and take_plain_records(walk, top)):
            pair_top(walk, top, sources, dests, are_paired)
        walk_tree(walk, top)
        if top.needs_names:
            check_names(walk, top)
    finally:
        if walk.done:
            matching.advance(walk.done)


cdef int pair_top(Walk walk, Frame top, object sources, object dests, bint are_paired) except -1:
    """Pair the records of the top-level type."""
    cdef bint are_distinct = sources is None and dests is None
    if sources is None:
        sources = all_of(walk.source_data, top.child_type, &are_distinct)
    if dests is None:
        dests = all_of(walk.dest_data, top.child_type, &are_distinct)
    return pair_or_take(walk, top, sources, dests, are_distinct, are_paired)


# ---- what is walked without the interpreter ----


cdef Kinds kinds_of(Walk walk, object modelname):
    """Return what is known of a type and those below it, None if there is something special about one of them."""
    cdef Kinds kinds
    if walk.kinds is None:
        return None
    kinds = walk.kinds.get(modelname)
    if kinds is None:
        kinds = Kinds(walk.source_data, walk.dest_data, modelname)
        walk.kinds[modelname] = kinds
    return kinds if kinds.are_plain else None


cdef bint take_plain_records(Walk walk, Frame top) except -1:
    """Walk all records of the top-level type; False if they are to be paired otherwise."""
    cdef Kinds kinds = kinds_of(walk, top.child_type)
    if kinds is None:
        return False
    cdef PlainSiblings plain = PlainSiblings(kinds)
    return plain.pair_all() and walk_plain(walk, top, plain)


cdef bint take_plain_children(Walk walk, Frame frame, object uids, object other_uids) except -1:
    """Walk the children with some unique ids; False if they are to be paired otherwise."""
    if type(uids) is not list or type(other_uids) is not list or not (uids or other_uids):
        return False
    cdef Kinds kinds = kinds_of(walk, frame.child_type)
    if kinds is None:
        return False
    cdef PlainSiblings plain = PlainSiblings(kinds)
    return plain.pair_children(<list>uids, <list>other_uids) and walk_plain(walk, frame, plain)


cdef bint walk_plain(Walk walk, Frame frame, PlainSiblings plain) except -1:
    """Walk the trees of siblings, and leave to the frame those that turn out to be special.

    False if the siblings are to be paired otherwise: one that is special does not bear the unique id that it was found by.
    """
    cdef int threads = walk.matching.threads
    cdef list special_places = [], sources = [], dests = []
    if not plain.are_worthwhile(threads):
        return False
    for place, uid, source, dest in plain.walk(threads):
        if not (source is None or bears(source, uid)) or not (dest is None or bears(dest, uid)):
            return False
        special_places.append(place)
        sources.append(source)
        dests.append(dest)
    frame.plain, frame.special_places, frame.sources, frame.dests = plain, special_places, sources, dests
    frame.position = 0
    frame.uids = None
    check_identities(sources, dests, True)
    return True


cdef bint bears(object model, object uid) except -1:
    """Whether a record's unique id is this one, and the library's own to compute."""
    cdef PyObject *key = plain_key(<PyObject *>model)
    return key != NULL and is_plain_str(<PyObject *>uid) and same_str(key, <PyObject *>uid)


cdef int take_found(Walk walk, Frame frame) except -1:
    """Append the trees that have been walked, up to the next that is to be visited."""
    cdef Py_ssize_t stop = frame.plain.siblings.count
    if frame.position < len(frame.special_places):
        stop = frame.special_places[frame.position]
    walk.done += frame.plain.take(walk.records, frame.index, stop)
    frame.plain.taken = stop + 1
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
        while True:
            if frame.plain is not None:
                take_found(walk, frame)
            else:
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
        if not next_children(walk, frame, len(stack) <= WATCH_CYCLES_FROM):
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
        walk.records.totals[UNSEEN] -= 1
        walk.records.totals[NO_ACTION] += 1
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
    """Match two lists of siblings by unique id into the frame; `are_distinct` as for `pair_siblings`."""
    cdef Py_ssize_t repeated = 0
    frame.position = 0
    frame.sources, frame.dests, frame.uids = pair_siblings(sources, dests, are_distinct, &repeated)
    if repeated:
        walk.advance(repeated)
    return 0


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
    cdef bint asks_name = not (is_plain and plan.plain_shortname), is_named_by_uid = False
    if asks_name:
        is_named_by_uid = uid is not None and plan.is_named_by_unique_id and key != <PyObject *>INSTANCE_OVERRIDES
        name = uid if is_named_by_uid else model.get_shortname()
        if type(name) is not str or type(element_type) is not str:
            check_element(element_type, name)
    cdef Py_ssize_t index = walk.records.add(frame.index, element_type, source, dest)
    if asks_name and not is_named_by_uid:
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


cdef bint next_children(Walk walk, Frame frame, bint may_be_plain) except -1:
    """Fetch and pair the frame's children of the next type; False if there is none."""
    cdef bint are_distinct
    frame.plain = None
    if frame.child_types is None:
        return False
    while frame.next_type < len(frame.child_types):
        child_type = frame.child_types[frame.next_type]
        field = frame.fields[frame.next_type]
        frame.next_type += 1
        frame.first = walk.records.size
        frame.child_type = child_type
        are_distinct = True
        uids = other_uids = ahead = sources = dests = None
        if may_be_plain and walk.kinds is not None:
            uids = [] if frame.source is None else getattr(frame.source, field)
            other_uids = [] if frame.dest is None else getattr(frame.dest, field)
            if take_plain_children(walk, frame, uids, other_uids):
                return True
        if walk.prefetch is not None:
            parent_type = walk.records.type(frame.index)
            ahead = walk.prefetch.children(frame.source, frame.dest, parent_type, child_type, field)
            are_distinct = ahead is None
            if ahead is not None:
                sources, dests = ahead.sources, ahead.dests
        if sources is None:
            sources = fetch(
                walk, walk.source_data, walk.source_cursors, walk.matching.source, frame.source, field, uids, child_type,
                &are_distinct,
            )
        if dests is None:
            dests = fetch(
                walk, walk.dest_data, walk.dest_cursors, walk.matching.dest, frame.dest, field, other_uids, child_type,
                &are_distinct,
            )
        if sources or dests:
            pair_or_take(walk, frame, sources, dests, are_distinct, ahead is not None and ahead.are_paired)
            return True
    return False


cdef object fetch(
    Walk walk, object data, dict cursors, object adapter, object parent, object field, object uids, object child_type,
    bint *are_distinct,
):
    """Return the children of one type of one parent, straight from a local store's dict where there is one.

    Clears `are_distinct` unless it is seen on the way that no unique id is there twice.
    """
    if parent is None:
        return []
    if uids is None:
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
    while are_distinct[0] and PyDict_Next(<PyObject *>records, &position, &key, &model):
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
        prefetch(<char *>places[i] + 2 * CACHE_LINE)
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


