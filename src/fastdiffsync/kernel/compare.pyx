# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Comparing the records that matched.

The twin of `compare_py.py`; whoever changes one changes both.

First comes a scan, which only reads memory and which several threads may share. It settles the pairs whose values are seen
to be equal, nearly all of them. What it leaves undecided is compared one by one, asking Python where memory does not tell.

Objects that a function takes are borrowed. Every function needs the lock, but for those of the scan marked `nogil`.
"""

from cpython.mem cimport PyMem_Free, PyMem_Malloc

from libc.stdint cimport uint8_t, uint64_t

from .dict_internals cimport entries_of
from .array cimport CREATE, DELETE, NO_ACTION, UNDECIDED, UNSEEN, UPDATE, Entry, FlatArray
from .known_types cimport refresh_known_types, values_differ
from .plans cimport Plan, plan_of
from .fields cimport attribute_values, identifier_values, name_of
from .capi cimport (
    PyDict_Next, PyListObject, PyObject, PyObject_GC_IsTracked, PyObject_GC_UnTrack, class_of,
    heed_signals, is_exact_str, scalars_differ, slot,
)
from .plain.threads cimport MAX_THREADS, Share, run_together
from .plain.columns cimport (
    CACHE_LINE, Offsets, ask_for_dest_values, ask_for_record, ask_for_source_values, fill_offsets, free_offsets,
    have_equal_values,
)

from ..schema import common_attributes
from .equality import differ

__all__ = ["compare"]


cdef enum:
    MAX_PLANS = 64

# How many entries ahead memory is asked for: first for the records, and when those have come, for their values. That is
# enough to hide a miss of the cache, and few enough to stay in it. Without it the scan takes 2.5 times as long.
cdef enum:
    PREFETCH_RECORDS = 24
cdef enum:
    PREFETCH_VALUES = 8

# Size in bytes of most records.
cdef enum:
    MOST_RECORDS = 192

# From how many entries on several threads share the scan. Below, starting one takes longer than it saves.
cdef enum:
    SHARED_FROM = 20000


ctypedef Offsets *OffsetsPointer


cdef class PairPlan:
    """Where the attributes that two classes have in common stand in their records, in the destination's order."""

    cdef object source_class, dest_class
    cdef Offsets offsets
    cdef tuple names

    def __cinit__(self, source_class, dest_class):
        cdef Plan source = plan_of(source_class), dest = plan_of(dest_class)
        self.source_class = source_class
        self.dest_class = dest_class
        self.names = common_attributes(source.schema, dest.schema)
        fill_offsets(&self.offsets, source, dest)

    def __dealloc__(self):
        free_offsets(&self.offsets)


def compare(FlatArray array, int threads=1):
    """Fill in every entry's action and bitmask, and take snapshots of those that have an action.

    Args:
        array: The flat array.
        threads: How many threads share the part that needs no Python.

    Raises:
        Exception: Whatever the `__ne__` of an attribute value or an overridden `get_attrs` raises.
    """
    cdef dict plans = {}
    refresh_known_types()
    if array.totals[UNSEEN]:
        plans = plans_of(array)
        scan_together(array, list(plans.values()), threads)
    if not array.has_tracked:
        # Where the garbage collector does not know the records, no cycle goes through the lists of them. It need not look
        # at hundreds of thousands of objects for nothing, which took as long as a sixth of a diff.
        PyObject_GC_UnTrack(<PyObject *>array._sources)
        PyObject_GC_UnTrack(<PyObject *>array._dests)
    if array.totals[UNDECIDED] or array.totals[UNSEEN]:
        compare_undecided(array, plans)
    array.names.clear()
    array.count_all()


cdef int compare_undecided(FlatArray array, dict plans) except -1:
    """Compare what the scan has left. Takes the plans by classes, and adds to them; needs the lock."""
    cdef Py_ssize_t count = 0
    cdef Py_ssize_t *undecided = undecided_in(array, &count)
    try:
        compare_one_by_one(array, plans, undecided, count)
    finally:
        PyMem_Free(undecided)
    return 0


cdef Py_ssize_t *undecided_in(FlatArray array, Py_ssize_t *count) except NULL:
    """Return the indices of the entries that the scan has left undecided, and fill in how many they are.

    The memory is the caller's, who frees it by `PyMem_Free`. Needs the lock.
    """
    cdef Py_ssize_t i
    for i in range(array.size):
        count[0] += array.items[i].action == UNDECIDED
    cdef Py_ssize_t *found = <Py_ssize_t *>PyMem_Malloc((count[0] + 1) * sizeof(Py_ssize_t))
    if found == NULL:
        raise MemoryError
    count[0] = 0
    for i in range(array.size):
        if array.items[i].action == UNDECIDED:
            found[count[0]] = i
            count[0] += 1
    return found


cdef int compare_one_by_one(FlatArray array, dict plans, Py_ssize_t *undecided, Py_ssize_t count) except -1:
    """Compare the entries of some indices, borrowed; any code of a user's may run meanwhile. Needs the lock."""
    cdef PairPlan plan = None
    cdef Py_ssize_t place, i
    for place in range(count):
        heed_signals(place)
        # What the scan has read is no longer in the cache, and taking snapshots reads all of it again.
        if place + PREFETCH_VALUES < count:
            i = undecided[place + PREFETCH_VALUES]
            ask_for_record(<PyObject *>array._sources[i], MOST_RECORDS)
            ask_for_record(<PyObject *>array._dests[i], MOST_RECORDS)
        if plan is not None and place + PREFETCH_VALUES // 2 < count:
            i = undecided[place + PREFETCH_VALUES // 2]
            ask_for_values(&plan.offsets, <PyObject *>array._sources[i], <PyObject *>array._dests[i])
        i = undecided[place]
        array.items[i].action = NO_ACTION
        source = array._sources[i]
        dest = array._dests[i]
        if source is not None and dest is not None:
            if plan is None or plan.source_class is not type(source) or plan.dest_class is not type(dest):
                plan = pair_plan(plans, type(source), type(dest))
            if plan.offsets.are_fields and compare_values(array, plan, i, source, dest):
                continue
        elif note_single(array, i, dest if source is None else source, source is None):
            continue
        compare_by_hooks(array, i, source, dest)
    return 0


# ---- the scan ----


cdef struct Scan:
    Entry *items
    PyObject **sources
    PyObject **dests
    OffsetsPointer *plans
    Py_ssize_t plan_count
    Py_ssize_t first, stop
    bint has_tracked


cdef dict plans_of(FlatArray array):
    """Return plans for the first pair of each type, by their classes: mostly, all records of a type are of one class.

    The dict is new, owned. Needs the lock.
    """
    cdef dict plans = {}
    cdef bytearray is_planned = bytearray(len(array.type_names))
    cdef Py_ssize_t i, missing = len(is_planned)
    for i in range(array.size):
        if array.items[i].action != UNSEEN or is_planned[array.items[i].type]:
            continue
        if array._sources[i] is None or array._dests[i] is None:
            continue
        pair_plan(plans, type(array._sources[i]), type(array._dests[i]))
        is_planned[array.items[i].type] = 1
        missing -= 1
        if not missing:
            break
    return plans


cdef int scan_together(FlatArray array, list plans, int threads) except -1:
    """Settle what can be settled by reading memory; all else becomes undecided.

    Needs the lock, and keeps it while the threads read. The scans borrow the array's records and the plans' offsets.
    """
    cdef OffsetsPointer[MAX_PLANS] offsets
    cdef Scan[MAX_THREADS] scans
    cdef Share[MAX_THREADS] shares
    cdef PairPlan plan
    cdef Py_ssize_t i, count = 0
    for plan in plans:
        if plan.offsets.are_fields and count < MAX_PLANS:
            offsets[count] = &plan.offsets
            count += 1
    threads = max(1, min(threads, MAX_THREADS)) if array.size >= SHARED_FROM else 1
    for i in range(threads):
        scans[i].items = array.items
        scans[i].sources = (<PyListObject *>array._sources).ob_item
        scans[i].dests = (<PyListObject *>array._dests).ob_item
        scans[i].plans = offsets
        scans[i].plan_count = count
        scans[i].first = array.size * i // threads
        scans[i].stop = array.size * (i + 1) // threads
        scans[i].has_tracked = array.has_tracked
        shares[i] = &scans[i]
    run_together(scan_entries, shares, threads, threads)
    for i in range(threads):
        array.has_tracked = array.has_tracked or scans[i].has_tracked
    return 0


cdef void scan_entries(void *share) noexcept nogil:
    """Mark the entries of a scan whose values are not seen to be equal as undecided.

    Takes a `Scan`, whose pointers are all borrowed. Works without the lock, on any thread, while the calling one holds it.
    """
    cdef Scan *scan = <Scan *>share
    cdef Py_ssize_t i, first = scan.first, stop = scan.stop
    cdef PyObject *source
    cdef PyObject *dest
    cdef Offsets *plan = NULL
    for i in range(first, min(first + PREFETCH_RECORDS, stop)):
        ask_for_record(scan.sources[i], CACHE_LINE)
        ask_for_record(scan.dests[i], CACHE_LINE)
    for i in range(first, stop):
        if scan.items[i].action != UNSEEN:
            continue
        source = scan.sources[i]
        dest = scan.dests[i]
        if PyObject_GC_IsTracked(source) or PyObject_GC_IsTracked(dest):
            scan.has_tracked = True
        if plan == NULL or class_of(source) != plan.source_class or class_of(dest) != plan.dest_class:
            plan = find_plan(scan, source, dest)
        if plan == NULL:
            scan.items[i].action = UNDECIDED
            continue
        if i + PREFETCH_RECORDS < stop:
            ask_for_record(scan.sources[i + PREFETCH_RECORDS], plan.source_size)
            ask_for_record(scan.dests[i + PREFETCH_RECORDS], plan.dest_size)
        if i + PREFETCH_VALUES < stop:
            ask_for_values(plan, scan.sources[i + PREFETCH_VALUES], scan.dests[i + PREFETCH_VALUES])
        scan.items[i].action = NO_ACTION if have_equal_values(plan, source, dest) else UNDECIDED


cdef inline void ask_for_values(Offsets *plan, PyObject *source, PyObject *dest) noexcept nogil:
    """Ask memory for the values of two records, borrowed, if they are of the plan's classes. Works without the lock."""
    if class_of(source) == plan.source_class:
        ask_for_source_values(plan, source)
    if class_of(dest) == plan.dest_class:
        ask_for_dest_values(plan, dest)


cdef Offsets *find_plan(Scan *scan, PyObject *source, PyObject *dest) noexcept nogil:
    """Return where the values of two records, borrowed, stand; NULL if no plan tells. Works without the lock."""
    cdef Py_ssize_t i
    for i in range(scan.plan_count):
        if class_of(source) == scan.plans[i].source_class and class_of(dest) == scan.plans[i].dest_class:
            return scan.plans[i]
    return NULL


# ---- what is left ----


cdef bint note_single(FlatArray array, Py_ssize_t index, object model, bint is_dest) except -1:
    """Note the action and the snapshot of a single; False, with nothing noted, if its hooks must be asked.

    Takes the record, borrowed, and whether it is the destination's; needs the lock.
    """
    cdef Plan plan = plan_of(type(model))
    cdef PyObject *key = slot(<PyObject *>model, plan.key_offset)
    if not plan.knows_attributes or key == NULL or not is_exact_str(key):
        return False
    cdef tuple names = plan.attribute_names, values = attribute_values(model, plan)
    cdef tuple identifier_names, identifiers
    identifier_names, identifiers = folded_identifiers(model, plan)
    if is_dest:
        array.items[index].action = DELETE
        array.keep(index, name_of(model), identifier_names, identifiers, None, None, names, values)
    else:
        array.items[index].action = CREATE
        array.keep(index, name_of(model), identifier_names, identifiers, names, values, None, None)
    return True


cdef tuple folded_identifiers(object model, Plan plan):
    """Return the names and the values of a record's identifiers, owned; the record is asked where its hooks may say.

    Takes the record, borrowed, and the plan of its class; needs the lock.
    """
    if plan.knows_identifiers:
        return plan.identifier_names, identifier_values(model, plan)
    identifiers = model.get_identifiers()
    return tuple(identifiers), tuple(identifiers.values())


cdef PairPlan pair_plan(dict plans, object source_class, object dest_class):
    """Return the plan for pairs of two classes, owned, making it if it is not among the plans yet. Needs the lock."""
    classes = (source_class, dest_class)
    plan = plans.get(classes)
    if plan is None:
        plan = PairPlan(source_class, dest_class)
        plans[classes] = plan
    return plan


cdef bint compare_values(FlatArray array, PairPlan plan, Py_ssize_t index, object source, object dest) except -1:
    """Compare two records attribute by attribute, asking Python where memory does not tell.

    Takes the records, borrowed, of the plan's classes; needs the lock. Returns False, with nothing done, if a method is
    replaced on either instance, so that its hooks must be asked.
    """
    cdef Py_ssize_t i
    cdef int outcome
    cdef PyObject *value
    cdef PyObject *other
    mask = 0
    cdef Plan source_plan = plan_of(plan.source_class), dest_plan = plan_of(plan.dest_class)
    cdef PyObject *key = slot(<PyObject *>source, plan.offsets.source_key)
    cdef PyObject *other_key = slot(<PyObject *>dest, plan.offsets.dest_key)
    if key == NULL or other_key == NULL or not is_exact_str(key) or not is_exact_str(other_key):
        return False
    for i in range(plan.offsets.count):
        value = slot(<PyObject *>source, plan.offsets.source_values[i])
        other = slot(<PyObject *>dest, plan.offsets.dest_values[i])
        outcome = values_differ(value, other)
        if outcome < 0:
            if value == NULL or other == NULL:
                name = plan.names[i]
                outcome = differ(getattr(source, name), getattr(dest, name))
            else:
                outcome = differ(<object>value, <object>other)
        if outcome:
            mask |= <object>1 << i
    if mask:
        array.items[index].action = UPDATE
        array._masks[index] = mask
        identifier_names, identifiers = folded_identifiers(source, source_plan)
        array.keep(
            index, name_of(source), identifier_names, identifiers,
            source_plan.attribute_names, attribute_values(source, source_plan),
            dest_plan.attribute_names, attribute_values(dest, dest_plan),
        )
    return True


cdef int compare_by_hooks(FlatArray array, Py_ssize_t index, object source, object dest) except -1:
    """Compare what `get_attrs` returns, which may be the user's. Takes the records, borrowed; needs the lock."""
    attrs = None if source is None else source.get_attrs()
    dest_attrs = None if dest is None else dest.get_attrs()
    model = dest if source is None else source
    cdef uint8_t action = NO_ACTION
    mask = 0
    if attrs is not None and dest_attrs is not None:
        if not (type(attrs) is dict and type(dest_attrs) is dict and are_equal_in_step(attrs, dest_attrs)):
            mask = mask_of(attrs, dest_attrs)
        action = UPDATE if mask else NO_ACTION
    elif attrs is not None:
        action = CREATE
    elif dest_attrs is not None:
        action = DELETE
    array.items[index].action = action
    if mask:
        array._masks[index] = mask
    # What equal records say can be asked of them again, unless one of them says nothing.
    if action != NO_ACTION or attrs is None or dest_attrs is None:
        name = array.names.get(index)
        name = name_of(model) if name is None else name
        array._snapshots[index] = (name, model.get_identifiers(), attrs, dest_attrs)
    return 0


cdef bint are_equal_in_step(dict attrs, dict dest_attrs) noexcept:
    """Whether two dicts have the same keys in one order, and scalars that are equal. Takes both borrowed; needs the lock."""
    cdef Py_ssize_t position = 0, other_position = 0
    cdef Py_ssize_t i, count = len(attrs)
    cdef PyObject **entries = entries_of(attrs)
    cdef PyObject **dest_entries = entries_of(dest_attrs)
    cdef PyObject *name
    cdef PyObject *other_name
    cdef PyObject *value
    cdef PyObject *other
    if count != len(dest_attrs):
        return False
    for i in range(count):
        if entries != NULL and dest_entries != NULL:
            name, value = entries[2 * i], entries[2 * i + 1]
            other_name, other = dest_entries[2 * i], dest_entries[2 * i + 1]
        else:
            PyDict_Next(<PyObject *>attrs, &position, &name, &value)
            PyDict_Next(<PyObject *>dest_attrs, &other_position, &other_name, &other)
        if name != other_name or scalars_differ(value, other) != 0:
            return False
    return True


cdef object mask_of(object attrs, object dest_attrs):
    """Return the bitmask of the attributes that differ, owned: a bit for each that both mappings have.

    Takes what hooks have returned, borrowed; needs the lock.
    """
    cdef Py_ssize_t bit = 0
    mask = 0
    for name in dest_attrs:
        if name in attrs:
            value = attrs[name]
            other = dest_attrs[name]
            outcome = scalars_differ(<PyObject *>value, <PyObject *>other)
            if value != other if outcome < 0 else outcome:
                mask |= <object>1 << bit
            bit += 1
    return mask
