# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Matching two trees into the flat array.

The twin of `_core_py.py`; whoever changes one changes both.

*Match* walks both trees in pre-order and appends one flat record for each pair or single.
"""

from libc.stdint cimport int32_t

from .kernel.fetching cimport Fetching
from .kernel.fields cimport name_of
from .kernel.array cimport NO_ACTION, UNSEEN, FlatArray
from .kernel.known_types cimport refresh_known_types
from .kernel.match_state cimport Frame, Walk, take_walked_trees, take_child_trees, take_top_trees, take_leaves
from .kernel.pairing cimport pair_records
from .kernel.plans cimport NO_FLAGS, OVERRIDES, Plan, plan_of
from .kernel.capi cimport (
    STEPS_BETWEEN_SIGNALS, PyErr_CheckSignals, PyList_GET_ITEM, PyObject, PyTypeObject, class_of,
    is_exact_str, prefetch, slot,
)

from .exceptions import ChildrenCycle
from .kernel.constants import INSTANCE_OVERRIDES
from .kernel.identity import check_element
from .kernel.skipping import skip_reason

__all__ = ["match"]


# A chain of records this deep may be a cycle; from here on the walk remembers its path.
cdef enum:
    WATCH_CYCLES_FROM = 64

cdef PyTypeObject *STR = <PyTypeObject *>str


def match(matching, FlatArray array, modelname, sources, dests, bint are_paired=False):
    """Append the records of one top-level type and of all below it.

    Args:
        matching: The two sides, the flags, and whom to tell of progress, skipped records and repeated names.
        array: Where to append.
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
    refresh_known_types()
    walk.matching = matching
    walk.flags = matching.flags
    walk.prefetch = matching.prefetch
    walk.flag_bits = matching.flags.value
    walk.array = array
    walk.sources = Fetching(matching.source, matching.source_data)
    walk.dests = Fetching(matching.dest, matching.dest_data)
    walk.last_types = []
    walk.is_watched = matching.progress.is_watched
    cdef Frame top = Frame()
    top.index = -1
    top.first = array.size
    top.names = matching.names
    top.child_type = modelname
    is_local = matching.source_data is not None and matching.dest_data is not None
    walk.due = matching.progress.until_report
    if is_local:
        walk.kinds = {}
    try:
        if not (sources is None and dests is None and take_top_trees(walk, top)):
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
        sources = walk.sources.all_of(top.child_type, &are_distinct)
    if dests is None:
        dests = walk.dests.all_of(top.child_type, &are_distinct)
    return pair_or_take(walk, top, sources, dests, are_distinct, are_paired)


cdef int walk_tree(Walk walk, Frame top) except -1:
    """Walk the trees below the frame's siblings; whether these share names is for the caller to check."""
    cdef list stack = [top]
    cdef Frame frame, child
    cdef set path = set()
    cdef Py_ssize_t place, heeded = 0
    while stack:
        frame = <Frame>stack[len(stack) - 1]
        child = None
        while True:
            if walk.array.size - heeded >= STEPS_BETWEEN_SIGNALS:
                heeded = walk.array.size
                PyErr_CheckSignals()
            if frame.plain is not None:
                take_walked_trees(walk, frame)
            else:
                take_leaves(walk, frame)
            if frame.position >= len(frame.sources) or frame.position >= len(frame.dests):
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
                walk.array.items[frame.index].end = <int32_t>walk.array.size
            stack.pop()
            if path:
                path.discard(id(frame.source))
                path.discard(id(frame.dest))
    return 0


cdef bint is_unread(Frame frame, Py_ssize_t place) noexcept:
    cdef PyObject *uid = PyList_GET_ITEM(<PyObject *>frame.sources, place)
    return uid == PyList_GET_ITEM(<PyObject *>frame.dests, place) and is_exact_str(uid)


cdef int watch_path(set path, list stack) except -1:
    """Note the newest frame's records as part of the path, and raise if they already are."""
    cdef Frame frame
    cdef Frame newest = <Frame>stack[len(stack) - 1]
    if not path:
        for frame in stack[:len(stack) - 1]:
            note_path(path, frame)
    for model in (newest.source, newest.dest):
        if model is not None and id(model) in path:
            parent = (<Frame>stack[len(stack) - 2]).source
            raise ChildrenCycle(f"{model!r} is among its own descendants: remove it from the children of {parent!r}")
    note_path(path, newest)
    return 0


cdef int note_path(set path, Frame frame) except -1:
    for model in (frame.source, frame.dest):
        if model is not None:
            path.add(id(model))
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
    frame.needs_names = frame.needs_names or not walk.prefetch.are_named_by_unique_id(frame.child_type)
    return 0


cdef Frame visit_unread(Walk walk, Frame frame, Py_ssize_t place):
    """Append the record of a pair that is known to be equal, and of those after it up to one that may have children.

    Returns a frame for that one.
    """
    cdef Py_ssize_t index
    while True:
        uid = frame.sources[place]
        index = walk.array.add(frame.index, frame.child_type, uid, uid)
        walk.array.items[index].action = NO_ACTION
        walk.array.totals[UNSEEN] -= 1
        walk.array.totals[NO_ACTION] += 1
        walk.advance(2)
        if frame.below:
            return frame_of(walk, index, uid, uid, frame.below)
        if frame.position == len(frame.sources) or not is_unread(frame, frame.position):
            return None
        place = frame.position
        frame.position += 1


cdef int pair(Walk walk, Frame frame, object sources, object dests, bint are_distinct) except -1:
    """Match two lists of siblings by unique id into the frame; `are_distinct` as for `pair_records`."""
    cdef Py_ssize_t repeated = 0
    frame.position = 0
    frame.sources, frame.dests, frame.uids = pair_records(sources, dests, are_distinct, &repeated)
    if repeated:
        walk.advance(repeated)
    return 0


cdef Frame visit(Walk walk, Frame frame, object source, object dest, object uid):
    """Append the record of one pair, unless a flag says to skip it; return a frame if it may have children."""
    model = dest if source is None else source
    cdef Plan plan = plan_of(type(model))
    cdef PyObject *key = slot(<PyObject *>model, plan.key_offset)
    cdef bint is_plain = plan.knows_type and key != NULL and class_of(key) == STR
    if (walk.flag_bits and (source is None or dest is None)) or has_flags(source) or has_flags(dest):
        reason = skip_reason(walk.flags, source, dest)
        if reason:
            walk.skip(model, reason)
            return None
    element_type = plan.modelname if plan.knows_type and key != OVERRIDES else model.get_type()
    cdef bint asks_name = not (is_plain and plan.knows_shortname), is_named_by_uid = False
    if asks_name:
        is_named_by_uid = uid is not None and plan.is_named_by_unique_id and key != <PyObject *>INSTANCE_OVERRIDES
        name = uid if is_named_by_uid else name_of(model)
        if type(name) is not str or type(element_type) is not str:
            check_element(element_type, name)
    cdef Py_ssize_t index = walk.array.add(frame.index, element_type, source, dest)
    if asks_name and not is_named_by_uid:
        walk.array.names[index] = name
    if not plan.knows_type or not plan.is_named_by_unique_id or key == <PyObject *>INSTANCE_OVERRIDES:
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
    if plan.knows_children and key != <PyObject *>INSTANCE_OVERRIDES:
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
        frame.first = walk.array.size
        frame.child_type = child_type
        are_distinct = True
        uids = other_uids = ahead = sources = dests = None
        if may_be_plain and walk.kinds is not None:
            uids = [] if frame.source is None else getattr(frame.source, field)
            other_uids = [] if frame.dest is None else getattr(frame.dest, field)
            if take_child_trees(walk, frame, uids, other_uids):
                return True
        if walk.prefetch is not None:
            parent_type = walk.array.type(frame.index)
            ahead = walk.prefetch.children(frame.source, frame.dest, parent_type, child_type, field)
            are_distinct = ahead is None
            if ahead is not None:
                sources, dests = ahead.sources, ahead.dests
        if sources is None:
            sources = walk.sources.fetch(frame.source, field, uids, child_type, &are_distinct)
        if dests is None:
            dests = walk.dests.fetch(frame.dest, field, other_uids, child_type, &are_distinct)
        if sources or dests:
            pair_or_take(walk, frame, sources, dests, are_distinct, ahead is not None and ahead.are_paired)
            return True
    return False


cdef int check_names(Walk walk, Frame frame) except -1:
    """Tell of siblings of one type that share a name; unique ids need no check, they have been keys."""
    cdef Py_ssize_t index = frame.first
    frame.needs_names = False
    if frame.names is None:
        frame.names = {}
    told = names_of_unread(walk, frame)
    while index < walk.array.size:
        model = walk.array._sources[index]
        if model is None:
            model = walk.array._dests[index]
        names = frame.names.setdefault(walk.array.type(index), set())
        name = next(told) if type(model) is str else name_of(model)
        if name in names:
            walk.matching.repeated_name(index)
        names.add(name)
        index = walk.array.items[index].end
    return 0


cdef object names_of_unread(Walk walk, Frame frame):
    """Return an iterator of the names of those siblings that have not been read; they are all of the frame's type."""
    cdef Py_ssize_t index = frame.first
    cdef list unread = []
    while index < walk.array.size:
        if type(walk.array._sources[index]) is str:
            unread.append(walk.array._sources[index])
        index = walk.array.items[index].end
    return iter(walk.prefetch.names(unread, frame.child_type) if unread else unread)
