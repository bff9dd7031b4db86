# cython: language_level=3, boundscheck=False, wraparound=False
"""What a match remembers of where it is, and what it takes without visiting each record: plain trees, and runs of leaves.

Without a twin: the kernel in Python does this where it needs it.
"""

from .plain.tree_types cimport Kinds
from .pairing cimport check_identities, known_key
from .plans cimport NO_FLAGS, plan_of
from .capi cimport (
    NONE, STEPS_BETWEEN_SIGNALS, PyErr_CheckSignals, PyList_GET_ITEM, PyObject, class_of, is_exact_str,
    same_str, slot,
)


cdef class Frame:
    """One record whose children are being walked; for the top level, no record."""


cdef class Walk:
    """The state of one match."""

    cdef int advance(self, Py_ssize_t delta) except -1:
        """Count what is done. Of a run that is watched, it is told as soon as a report is due."""
        self.done += delta
        if self.is_watched and self.done >= self.due:
            self.tell()
        return 0

    cdef int tell(self) except -1:
        """Tell how much has been done."""
        cdef Py_ssize_t done = self.done
        self.done = 0
        if done:
            self.matching.advance(done)
        self.due = self.matching.progress.until_report
        return 0

    def skip(self, record, reason):
        """Tell that a record is left out of the diff, and why."""
        self.tell()
        self.matching.skip(record, reason)
        self.due = self.matching.progress.until_report


# ---- whole trees ----


cdef Kinds kinds_of(Walk walk, object modelname):
    """Return what is known of a type and those below it, None if there is something special about one of them."""
    cdef Kinds kinds
    if walk.kinds is None:
        return None
    kinds = walk.kinds.get(modelname)
    if kinds is None:
        kinds = Kinds(walk.sources.data, walk.dests.data, modelname)
        walk.kinds[modelname] = kinds
    return kinds if kinds.are_plain else None


cdef bint take_top_trees(Walk walk, Frame top) except -1:
    """Walk all records of the top-level type; False if they are to be paired otherwise."""
    cdef Kinds kinds = kinds_of(walk, top.child_type)
    if kinds is None:
        return False
    cdef PlainTrees plain = PlainTrees(kinds)
    return plain.pair_all() and walk_plain(walk, top, plain)


cdef bint take_child_trees(Walk walk, Frame frame, object uids, object other_uids) except -1:
    """Walk the children with some unique ids; False if they are to be paired otherwise."""
    if type(uids) is not list or type(other_uids) is not list or not (uids or other_uids):
        return False
    cdef Kinds kinds = kinds_of(walk, frame.child_type)
    if kinds is None:
        return False
    cdef PlainTrees plain = PlainTrees(kinds)
    return plain.pair_children(<list>uids, <list>other_uids) and walk_plain(walk, frame, plain)


cdef bint walk_plain(Walk walk, Frame frame, PlainTrees plain) except -1:
    """Walk the trees of siblings, and leave to the frame those that turn out to be special.

    False if the siblings are to be paired otherwise: one that is special does not bear the unique id that it was found by.
    """
    cdef int threads = walk.matching.threads
    cdef list special_places = [], sources = [], dests = []
    if not plain.are_worthwhile(threads):
        return False
    plain.global_bits = walk.flag_bits
    frame.needs_names = not plain.have_distinct_names()
    cdef list special = plain.walk(threads)
    if special is None:
        PyErr_CheckSignals()
        return False
    for place, uid, source, dest in special:
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
    cdef PyObject *key = known_key(<PyObject *>model)
    return key != NULL and is_exact_str(<PyObject *>uid) and same_str(key, <PyObject *>uid)


cdef int take_walked_trees(Walk walk, Frame frame) except -1:
    """Append the trees that have been walked, up to the next that is to be visited."""
    cdef Py_ssize_t stop = frame.plain.siblings.count
    if frame.position < len(frame.special_places):
        stop = frame.special_places[frame.position]
    cdef Py_ssize_t i, first = walk.array.size
    cdef Py_ssize_t count = frame.plain.take(walk.array, frame.index, stop, walk)
    frame.plain.taken = stop + 1
    if not walk.is_watched:
        walk.done += count
        return 0
    for i in range(first, walk.array.size):
        walk.advance((walk.array._sources[i] is not None) + (walk.array._dests[i] is not None))
    return 0


# ---- runs of leaves ----


cdef int take_leaves(Walk walk, Frame frame) except -1:
    """Append the records of the pairs from the frame's position on, as long as there is nothing special about them.

    Nearly all records are leaves that both sides have, of one class without overrides, unflagged: this loop does what
    `visit` does, for those alone, and left to `visit` they would take twice as long.
    """
    cdef Py_ssize_t place = frame.position
    cdef Py_ssize_t count = min(len(frame.sources), len(frame.dests), place + STEPS_BETWEEN_SIGNALS)
    cdef PyObject *source
    cdef PyObject *dest
    cdef PyObject *key
    cdef Plan plan = walk.leaf_plan
    while place < count:
        source = PyList_GET_ITEM(<PyObject *>frame.sources, place)
        dest = PyList_GET_ITEM(<PyObject *>frame.dests, place)
        if source == NONE or dest == NONE or class_of(source) != class_of(dest):
            break
        if is_exact_str(source):
            break
        if <PyObject *>class_of(source) != <PyObject *>walk.leaf_class:
            plan = plan_of(<object>class_of(source))
            if not is_leaf_plan(plan):
                break
            walk.leaf_class = <object>class_of(source)
            walk.leaf_plan = plan
        key = slot(source, plan.key_offset)
        if (
            key == NULL or not is_exact_str(key)
            or slot(source, plan.flags_offset) != NO_FLAGS or slot(dest, plan.flags_offset) != NO_FLAGS
        ):
            break
        walk.array.add(frame.index, plan.modelname, <object>source, <object>dest)
        place += 1
    cdef Py_ssize_t found = place - frame.position
    frame.position = place
    if not walk.is_watched:
        walk.done += 2 * found
        return 0
    for place in range(found):
        walk.advance(2)
    return 0


cdef bint is_leaf_plan(Plan plan) noexcept:
    return plan.is_plain and plan.key_is_name and len(plan.children) == 0
