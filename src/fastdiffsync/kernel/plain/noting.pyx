# cython: language_level=3, boundscheck=False, wraparound=False
"""Noting without the interpreter what differs, and taking snapshots of it with the interpreter.

Where a walk of plain trees finds that something differs, all that a snapshot holds is in the cache. It is noted there and
then, with references of its own. Reading it again afterwards, on the one thread that may make objects, took five times as
long where one record in fifty has changed.
"""

from libc.stdlib cimport free, realloc

from ..array cimport CREATE, DELETE, UNDECIDED, UPDATE
from .tree_types cimport Side
from ..plans cimport Plan
from ..capi cimport (
    PyObject, PyObject_GC_UnTrack, PyTuple_New, PyTuple_SET_ITEM, Py_XDECREF, add_reference,
    drop_reference, heed_signals, is_exact_str, is_scalar, slot,
)
from ..known_types cimport is_single, values_differ
from .columns cimport Offsets

# How many attributes a bitmask has room for; of more, Python is asked.
cdef enum:
    MASK_BITS = 64


# ---- without the interpreter ----


cdef uint8_t note_change(Changes *changes, Kind *kind, Py_ssize_t index, PyObject *source, PyObject *dest) noexcept nogil:
    """Note what differs between two records, or what there is of a single; either record may be NULL.

    Returns the action. That is UNDECIDED, with nothing noted, if Python must be asked or memory is short.
    """
    cdef Side *side = &kind.sides[1 if source == NULL else 0]
    cdef PyObject *model = dest if source == NULL else source
    cdef Change change
    change.index, change.kind, change.first, change.mask = <int32_t>index, kind.number, changes.value_count, 0
    if source != NULL and dest != NULL and not find_differences(&kind.values, source, dest, &change.mask):
        return UNDECIDED
    if not make_room(changes, 1 + kind.name_count + side.identifier_field_count + kind.sides[0].attribute_count + kind.sides[1].attribute_count):
        return UNDECIDED
    changes.items[changes.count] = change
    changes.count += 1
    add_reference(slot(model, side.key))
    changes.values[changes.value_count] = slot(model, side.key)
    changes.value_count += 1
    if (
        not note_names(changes, model, side.names, kind.name_count)
        or not note_values(changes, model, side.identifier_fields, side.identifier_field_count)
        or not (source == NULL or note_attributes(changes, &kind.sides[0], source))
        or not (dest == NULL or note_attributes(changes, &kind.sides[1], dest))
    ):
        forget_changes(changes, index)
        return UNDECIDED
    return DELETE if source == NULL else CREATE if dest == NULL else UPDATE


cdef bint find_differences(Offsets *offsets, PyObject *source, PyObject *dest, uint64_t *mask) noexcept nogil:
    """Fill in which columns differ; False if Python must be asked, or none does."""
    cdef Py_ssize_t i
    cdef int outcome
    if offsets.count > MASK_BITS:
        return False
    for i in range(offsets.count):
        outcome = values_differ(slot(source, offsets.source_values[i]), slot(dest, offsets.dest_values[i]))
        if outcome < 0:
            return False
        mask[0] |= <uint64_t>outcome << i
    return mask[0] != 0


cdef bint note_attributes(Changes *changes, Side *side, PyObject *record) noexcept nogil:
    """Note a record's attributes; False as for `note_values`, or if a hook must be asked for them."""
    return side.knows_attributes and note_values(changes, record, side.attributes, side.attribute_count)


cdef bint note_names(Changes *changes, PyObject *record, Py_ssize_t *offsets, Py_ssize_t count) noexcept nogil:
    """Note the parts of a record's name; False if one of them is no text."""
    cdef Py_ssize_t i
    for i in range(count):
        if slot(record, offsets[i]) == NULL or not is_exact_str(slot(record, offsets[i])):
            return False
    return note_values(changes, record, offsets, count)


cdef bint note_values(Changes *changes, PyObject *record, Py_ssize_t *offsets, Py_ssize_t count) noexcept nogil:
    """Note some values of a record, with a reference to each; False if one may be a container, which a snapshot copies."""
    cdef Py_ssize_t i
    cdef PyObject *value
    for i in range(count):
        value = slot(record, offsets[i]) if offsets[i] >= 0 else NULL
        if value == NULL or not is_single(value):
            return False
        add_reference(value)
        changes.values[changes.value_count] = value
        changes.value_count += 1
    return True


cdef bint make_room(Changes *changes, Py_ssize_t value_count) noexcept nogil:
    """Make room for one more change with so many values; False if memory is short."""
    cdef void *larger
    if changes.count == changes.capacity:
        larger = realloc(changes.items, (2 * changes.count + 64) * sizeof(Change))
        if larger == NULL:
            return False
        changes.items = <Change *>larger
        changes.capacity = 2 * changes.count + 64
    if changes.value_count + value_count > changes.value_capacity:
        larger = realloc(changes.values, 2 * (changes.value_count + value_count) * sizeof(PyObject *))
        if larger == NULL:
            return False
        changes.values = <PyObject **>larger
        changes.value_capacity = 2 * (changes.value_count + value_count)
    return True


cdef void forget_changes(Changes *changes, Py_ssize_t index) noexcept nogil:
    """Drop what has been noted of the entries from `index` on; no value goes, since the records hold them still."""
    while changes.count and changes.items[changes.count - 1].index >= index:
        changes.count -= 1
        while changes.value_count > changes.items[changes.count].first:
            changes.value_count -= 1
            drop_reference(changes.values[changes.value_count])


# ---- with the interpreter ----


cdef int take_snapshots(
    Changes *changes, Kinds kinds, Py_ssize_t first, Py_ssize_t stop, FlatArray array, Py_ssize_t shift
) except -1:
    """Take snapshots of the changes of entries from `first` up to `stop`, whose indices are larger by `shift` in the array.

    Needs the lock. Handlers of signals may run meanwhile.
    """
    cdef Py_ssize_t place = 0, end = changes.count, middle
    while place < end:
        middle = (place + end) // 2
        if changes.items[middle].index < first:
            place = middle + 1
        else:
            end = middle
    while place < changes.count and changes.items[place].index < stop:
        heed_signals(place)
        take_snapshot(changes, &changes.items[place], kinds, array, changes.items[place].index + shift)
        place += 1
    return 0


cdef int take_snapshot(Changes *changes, Change *change, Kinds kinds, FlatArray array, Py_ssize_t index) except -1:
    """Take a snapshot of one change, with the references that were noted for it. Needs the lock."""
    cdef Kind *kind = &kinds.items[change.kind]
    cdef int action = array.items[index].action
    cdef Plan plan = <Plan>kind.sides[1 if action == DELETE else 0].plan
    cdef Plan dest_plan = <Plan>kind.sides[1].plan if action != CREATE else None
    cdef PyObject **values = &changes.values[change.first]
    name = <object>values[0]
    values += 1
    if kind.name_count:
        name = "__".join(take_values(&values, kind.name_count))
    cdef tuple identifiers = take_values(&values, kind.sides[1 if action == DELETE else 0].identifier_field_count)
    cdef tuple names = None, attributes = None, dest_names = None, dest_attributes = None
    if action != DELETE:
        names, attributes = plan.attribute_names, take_values(&values, kind.sides[0].attribute_count)
    if action != CREATE:
        dest_names, dest_attributes = dest_plan.attribute_names, take_values(&values, kind.sides[1].attribute_count)
    if action == UPDATE:
        array._masks[index] = change.mask
    array.keep(index, name, plan.identifier_names, identifiers, names, attributes, dest_names, dest_attributes)
    return 0


cdef tuple take_values(PyObject ***values, Py_ssize_t count):
    """Return the next values in a new tuple, owned, which the references noted for them go to. Needs the lock.

    The garbage collector is not told of a tuple of scalars.
    """
    cdef Py_ssize_t i
    cdef tuple taken = PyTuple_New(count)
    cdef bint are_scalars = True
    for i in range(count):
        are_scalars = are_scalars and is_scalar(values[0][i])
        PyTuple_SET_ITEM(<PyObject *>taken, i, values[0][i])
        values[0][i] = NULL
    values[0] += count
    if are_scalars:
        PyObject_GC_UnTrack(<PyObject *>taken)
    return taken


cdef void free_changes(Changes *changes) noexcept:
    """Free changes, and drop the references that have not been given away. Needs the lock."""
    cdef Py_ssize_t i
    for i in range(changes.value_count):
        Py_XDECREF(changes.values[i])
    free(changes.values)
    free(changes.items)
