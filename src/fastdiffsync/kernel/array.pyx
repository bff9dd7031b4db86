# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""The flat array that a diff is.

The twin of `array_py.py`; whoever changes one changes both. Objects that a function takes are borrowed; of those that the
array keeps it takes a reference of its own. All that is here needs the lock.
"""

from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.stdint cimport int32_t, uint16_t
from libc.string cimport memset

from .capi cimport NONE, PyObject, PyObject_GC_IsTracked, PyObject_GC_UnTrack, Py_INCREF


__all__ = ["FlatArray"]


cdef extern from *:
    """
    /* Return a list with room for more, owned: `list`, borrowed, if it has the room; otherwise a new one that has taken over
       its items with their references. Needs the lock. */
    static PyObject *fds_list_with_room(PyObject *list, Py_ssize_t more) {
        Py_ssize_t size = PyList_GET_SIZE(list);
        if (((PyListObject *)list)->allocated - size >= more) return Py_NewRef(list);
        PyObject *larger = PyList_New(size + more + size / 8);
        if (larger == NULL) return NULL;
        if (size) memcpy(((PyListObject *)larger)->ob_item, ((PyListObject *)list)->ob_item, size * sizeof(PyObject *));
        Py_SET_SIZE(larger, size);
        Py_SET_SIZE(list, 0);
        return larger;
    }

    /* Count objects that have been put behind the last one of a list as its own, with the references that came with them.
       The list is borrowed, and has the room. Needs the lock. */
    static inline void fds_grow_list(PyObject *list, Py_ssize_t count) { Py_SET_SIZE(list, PyList_GET_SIZE(list) + count); }
    """
    list list_with_room "fds_list_with_room"(list objects, Py_ssize_t more)
    void grow_list "fds_grow_list"(list objects, Py_ssize_t count)


cdef class FlatArray:
    """The flat array: one entry for each pair or single, in pre-order."""

    def __cinit__(self):
        self.type_names = []
        self.type_numbers = {}
        self._sources = []
        self._dests = []
        self._masks = {}
        self._snapshots = {}
        self.names = {}

    def __dealloc__(self):
        PyMem_Free(self.items)

    def __len__(self):
        return self.size

    cdef Py_ssize_t add(self, Py_ssize_t parent, object element_type, object source, object dest) except -1:
        """Do what `append` does. Takes the type's name and the records, borrowed; needs the lock."""
        cdef Py_ssize_t index = self.size
        if index == self.capacity:
            self.reserve(index + 64)
        self._sources.append(source)
        self._dests.append(dest)
        self.items[index].parent = <int32_t>parent
        self.items[index].end = <int32_t>index + 1
        self.items[index].type = self.type_number(element_type)
        self.items[index].action = UNSEEN
        self.totals[UNSEEN] += 1
        self.size += 1
        return index

    cdef int reserve(self, Py_ssize_t count) except -1:
        """Make room for so many more entries, and as many objects in either list. Needs the lock.

        The lists may be others afterwards, so a borrowed pointer to what they hold does not outlive the call.
        """
        self._sources = list_with_room(self._sources, count)
        self._dests = list_with_room(self._dests, count)
        cdef Py_ssize_t capacity = self.size + count
        if capacity <= self.capacity:
            return 0
        if capacity >= 0x7FFFFFFF // 2:
            raise OverflowError("a diff holds at most 2**30 entries")
        cdef Entry *items = <Entry *>PyMem_Realloc(self.items, capacity * sizeof(Entry))
        if items == NULL:
            raise MemoryError
        self.items = items
        self.capacity = capacity
        return 0

    cdef int take_in(self, Py_ssize_t count, Py_ssize_t none_count) except -1:
        """Count entries that have been put behind the last one as the array's own. Needs the lock.

        The records come with a reference each, which is the array's from now on.

        Args:
            count: How many entries they are; `reserve` has made room for them.
            none_count: How many of their objects are None, which come without a reference.
        """
        cdef Py_ssize_t i
        for i in range(none_count):
            Py_INCREF(NONE)
        grow_list(self._sources, count)
        grow_list(self._dests, count)
        self.size += count
        return 0

    cdef uint16_t type_number(self, object element_type) except? 0xFFFF:
        """Return the number that stands for a type in entries. Takes the type's name, borrowed; needs the lock."""
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
        """Return an index as it is. Needs the lock.

        Raises:
            IndexError: If no entry has it.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"entry {index} of {self.size}")
        return index

    def append(self, parent, element_type, source, dest):
        """Add an entry below `parent` (-1: at the top) and return its index; `close` it when its children are in."""
        return self.add(parent, element_type, source, dest)

    def close(self, index):
        """Say that all entries added since entry `index` are its descendants."""
        self.items[self.checked(index)].end = <int32_t>self.size

    def parent(self, index):
        """Return the index of an entry's parent, -1 at the top."""
        return self.items[self.checked(index)].parent

    def end(self, Py_ssize_t index):
        """Return the index one past an entry's last descendant, one past the last entry for -1."""
        return self.size if index == -1 else self.items[self.checked(index)].end

    def types(self):
        """Return the type names that occur."""
        return list(self.type_names)

    def type(self, index):
        """Return an entry's type name."""
        return self.type_names[self.items[self.checked(index)].type]

    def source(self, index):
        """Return an entry's source record, or None."""
        return self._sources[self.checked(index)]

    def dest(self, index):
        """Return an entry's destination record, or None."""
        return self._dests[self.checked(index)]

    def action(self, index):
        """Return an entry's action: 0 none, 1 create, 2 update, 3 delete."""
        return self.items[self.checked(index)].action

    def mask(self, index):
        """Return the bitmask of an entry's changed attributes: a bit for each attribute that both sides have."""
        return self._masks.get(self.checked(index), 0)

    def snapshot(self, index):
        """Return what the records of an entry with an action were when they were compared, None for any other entry.

        Returns:
            (name, identifiers, source attributes or None, destination attributes or None)
        """
        found = self._snapshots.get(index)
        if found is not None and len(<tuple>found) == FOLDED:
            found = unfolded(found)
            self._snapshots[index] = found
        return found

    def has_same_snapshot(self, index, FlatArray other, other_index):
        """Whether an entry has the same snapshot as one of another array, or neither has one."""
        one = self._snapshots.get(index)
        two = other._snapshots.get(other_index)
        if one is None or two is None or one == two:
            return one is two or one == two
        return shown(one) == shown(two)

    def noted_name(self, index):
        """Return the name that an entry's record had when it was compared, None where that has not been noted."""
        found = self._snapshots.get(index)
        return None if found is None else (<tuple>found)[0]

    def attrs_diffs(self, index):
        """Return what changed, in the form of `DiffElement.get_attrs_diffs`; the dicts are new, the values are not."""
        cdef tuple snapshot = self._snapshots.get(index)
        cdef int action = self.items[self.checked(index)].action
        if snapshot is None:
            return {"-": {}, "+": {}}
        if action == NO_ACTION:
            return {}  # both sides' hooks say nothing
        if len(snapshot) != FOLDED:
            snapshot = folded(snapshot)
        if action == CREATE:
            return {"+": dict_of(snapshot[3], snapshot[4])}
        if action == DELETE:
            return {"-": dict_of(snapshot[5], snapshot[6])}
        mask = self.mask(index)
        new = changed_attrs(snapshot, mask)
        cdef tuple names = snapshot[5], values = snapshot[6]
        cdef dict old = {}
        cdef Py_ssize_t i
        for i in range(len(names)):
            if names[i] in new:
                old[names[i]] = values[i]
        return {"-": old, "+": new}

    def children(self, Py_ssize_t index):
        """Return the indices of an entry's children, of the top entries for -1."""
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
        """Return how many entries from `start` up to `stop` are creates, updates, deletes, and unchanged."""
        cdef Py_ssize_t[UNSEEN + 1] counts
        cdef Py_ssize_t i
        if self.is_counted and start <= 0 and stop >= self.size:
            return self.totals[CREATE], self.totals[UPDATE], self.totals[DELETE], self.totals[NO_ACTION]
        for i in range(UNSEEN + 1):
            counts[i] = 0
        for i in range(max(start, 0), min(stop, self.size)):
            counts[self.items[i].action] += 1
        return counts[CREATE], counts[UPDATE], counts[DELETE], counts[NO_ACTION]

    def next_changed(self, Py_ssize_t start, Py_ssize_t stop):
        """Return the first index from `start` up to `stop` that has an action, or `stop`."""
        cdef Py_ssize_t i
        for i in range(max(start, self.first_changed), min(stop, self.size)):
            if self.items[i].action != NO_ACTION:
                return i
        return stop

    cdef int keep(
        self, Py_ssize_t index, object name, tuple identifier_names, tuple identifiers,
        tuple names, tuple values, tuple dest_names, tuple dest_values,
    ) except -1:
        """Keep a folded snapshot, see `array.pxd`. Takes its parts, borrowed; needs the lock.

        The garbage collector is not told of a snapshot whose values are scalars. After a diff, when the collector is
        switched on again, looking at tens of thousands of them took a sixth of the diff's time.
        """
        cdef tuple snapshot = (name, identifier_names, identifiers, names, values, dest_names, dest_values)
        if type(name) is str and is_untracked(identifiers) and is_untracked(values) and is_untracked(dest_values):
            PyObject_GC_UnTrack(<PyObject *>snapshot)
        self._snapshots[index] = snapshot
        return 0

    cdef int count_all(self) except -1:
        """Note how many entries have each action, and the first that has one. Needs the lock."""
        cdef Py_ssize_t i
        if self.totals[UNDECIDED] or self.totals[UNSEEN]:
            memset(self.totals, 0, sizeof(self.totals))
            for i in range(self.size):
                self.totals[self.items[i].action] += 1
        self.first_changed = self.size if self.totals[NO_ACTION] == self.size else 0
        while self.first_changed < self.size and self.items[self.first_changed].action == NO_ACTION:
            self.first_changed += 1
        self.is_counted = True
        return 0

    def set_outcome(self, index, action, mask):
        """Set an entry's action and bitmask."""
        self.items[self.checked(index)].action = action
        self.is_counted = False
        self.first_changed = 0
        if mask:
            self._masks[index] = mask


cdef bint is_untracked(tuple values) noexcept:
    """Whether the garbage collector does not know a tuple, borrowed, or there is none. Needs the lock."""
    return values is None or not PyObject_GC_IsTracked(<PyObject *>values)


cdef tuple shown(tuple snapshot):
    """Return a snapshot, folded or not, as `FlatArray.snapshot` does: owned. Takes it borrowed; needs the lock."""
    return unfolded(snapshot) if len(snapshot) == FOLDED else snapshot


cdef tuple unfolded(tuple folded):
    """Return a folded snapshot as `FlatArray.snapshot` does: a new tuple, owned. Takes it borrowed; needs the lock."""
    name, identifier_names, identifiers, source_names, source_values, dest_names, dest_values = folded
    return (
        name, dict_of(identifier_names, identifiers), dict_of(source_names, source_values), dict_of(dest_names, dest_values)
    )


cdef dict dict_of(tuple names, tuple values):
    """Return a new dict of names and values, owned, or None if the values are None.

    Takes both borrowed, as many values as names; needs the lock.
    """
    cdef Py_ssize_t i
    cdef dict made = {}
    if values is None:
        return None
    for i in range(len(names)):
        made[names[i]] = values[i]
    return made


cdef dict changed_attrs(tuple folded, mask):
    """Return the source's values of the attributes that a bitmask names, in a new dict, owned.

    The bitmask has a bit for each attribute that both sides have. Takes a folded snapshot, borrowed; needs the lock.
    """
    cdef tuple names = folded[3], values = folded[4], dest_names = folded[5]
    cdef dict attrs = {}
    cdef Py_ssize_t i, place = 0
    cdef uint64_t word = 0
    cdef bint are_same = names is dest_names
    for i in range(len(dest_names)):
        name = dest_names[i]
        if not are_same and name not in names:
            continue
        if has_bit(mask, &word, place):
            attrs[name] = values[i if are_same else names.index(name)]
        place += 1
    return attrs


cdef tuple folded(tuple snapshot):
    """Return a snapshot in its folded form, see `array.pxd`: a new tuple, owned. Takes it borrowed; needs the lock."""
    cdef list parts = [snapshot[0]]
    for values in snapshot[1:]:
        parts.append(None if values is None else tuple(values))
        parts.append(None if values is None else tuple(values.values()))
    return tuple(parts)
