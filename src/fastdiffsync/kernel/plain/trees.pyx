# cython: language_level=3, boundscheck=False, wraparound=False
"""The fast half of matching: plain trees.

Nearly all records are of classes without overridden hooks and lie in local stores. The trees below siblings that are all
like that are walked here without the interpreter. Nothing is called, and memory is only read, but for the reference counts
of what is found; so several threads can share the walk. Where a tree turns out to be special after all (a record of a
subclass, a child that is not there, ...), what was found of it is dropped, and `_core.pyx` visits its topmost pair as
diffsync would.

It makes no difference to the result. `plain_py.py` does the same in the kernel in Python, in another way. Walking all trees
with `_core.pyx` would take three times as long as this does on one thread, and five times as long as on two.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from libc.stdint cimport int32_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from ..capi cimport NONE, PyDict_GET_SIZE, PyDict_Next, PyListObject, PyObject, Py_DECREF, is_interrupted
from .finding cimport open_window
from ..array cimport UNSEEN, Entry, FlatArray
from .tree_types cimport MAX_DEPTH, Kinds, Side
from .pairing cimport Room, Siblings, make_room, pair_siblings
from .naming cimport have_distinct_names
from .skipping cimport free_skips, tell_skips
from .noting cimport free_changes, take_snapshots
from .threads cimport MAX_SHARES, MAX_THREADS, SHARES_EACH, Share, run_together, share_start
from .walking cimport PAUSE_AFTER, Range, Tree, find_siblings, walk_range


# From how many records on several threads share a walk. Below, starting one takes longer than it saves.
cdef enum:
    SHARED_FROM = 20000


cdef class PlainTrees:
    """Siblings, and the trees that are found below them: paired, walked, and then taken by a flat array, in this order.

    All methods need the lock. What they are given is borrowed.
    """

    def __cinit__(self, Kinds kinds):
        self.kinds = kinds
        memset(&self.siblings, 0, sizeof(Siblings))
        memset(&self.room, 0, sizeof(Room))

    def __dealloc__(self):
        cdef Py_ssize_t i
        for i in range(self.taken, self.siblings.count if self.trees != NULL else 0):
            if self.trees[i].range != NULL:
                drop(&self.trees[i])
        for i in range(self.range_count if self.ranges != NULL else 0):
            free_changes(&self.ranges[i].changes)
            free_skips(&self.ranges[i].skips)
            free(self.ranges[i].items)
            free(self.ranges[i].sources)
            free(self.ranges[i].dests)
        PyMem_Free(self.ranges)
        PyMem_Free(self.trees)
        PyMem_Free(self.uids)
        free(self.room.cells)

    cdef bint pair_all(self) except -1:
        """Pair all records of the type that the stores have; False if Python must be asked."""
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
        """Pair the records with some unique ids, lists of which the parents must keep; False if Python must be asked."""
        cdef Siblings *siblings = &self.siblings
        siblings.uids = (<PyListObject *>uids).ob_item
        siblings.other_uids = (<PyListObject *>other_uids).ob_item
        siblings.uid_count = len(uids)
        siblings.other_uid_count = len(other_uids)
        if not make_room(siblings, &self.room):
            raise MemoryError
        open_window(&self.kinds.searches[0])
        open_window(&self.kinds.searches[1])
        return find_siblings(self.kinds.items, self.kinds.searches, siblings) and pair_siblings(siblings)

    cdef bint are_worthwhile(self, int threads) noexcept:
        """Whether to walk here; if not, the siblings are visited one by one, and what is below them may be worthwhile."""
        cdef Py_ssize_t count = self.siblings.count, expected_count = self.expected_count()
        # What is below one sibling is walked in one go: it must not be so much that Ctrl-C would have to wait.
        return (
            self.kinds.items.child_count == 0 or expected_count < SHARED_FROM
            or (count >= 2 * threads and expected_count <= 2 * PAUSE_AFTER * count)
        )

    cdef Py_ssize_t expected_count(self) noexcept:
        """Return about how many records both sides have among the siblings and below them."""
        cdef Py_ssize_t own_count = self.kinds.record_count(0, 1)
        cdef Py_ssize_t sibling_count = self.siblings.uid_count + self.siblings.other_uid_count
        return <Py_ssize_t>(<double>sibling_count / max(own_count, 1) * self.kinds.record_count(0, self.kinds.count))

    cdef list walk(self, int threads):
        """Walk the trees, and return the topmost pairs of the special ones, as (place, unique id, source, destination).

        None if Ctrl-C has come. Its handler is to run before anything else, and what has been walked is of no use then.
        """
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
        # A table has all records of a type, and is worth making only if most of them are walked.
        if not self.walk_parts(2 * expected_count >= self.kinds.record_count(0, self.kinds.count)):
            return None
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

    cdef bint walk_parts(self, bint may_build_tables) except -1:
        """Walk all trees. Those in which a record was not found are walked once more, with a table of such records.

        False if Ctrl-C has come.
        """
        cdef Py_ssize_t i, left = self.siblings.count
        cdef Py_ssize_t *order = <Py_ssize_t *>PyMem_Malloc((left + 1) * sizeof(Py_ssize_t))
        if order == NULL:
            raise MemoryError
        try:
            for i in range(left):
                order[i] = i
            self.prepare_ranges(order)
            while left:
                if not self.walk_together(left):
                    return False
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
        return True

    cdef int prepare_ranges(self, Py_ssize_t *order) except -1:
        """Give each range its searches and rooms. The first has those of the kinds, which remember where it was."""
        cdef Range *part
        cdef Py_ssize_t i, place, start
        for i in range(self.range_count):
            part = &self.ranges[i]
            part.kind = self.kinds.items
            part.siblings = &self.siblings
            part.trees = self.trees
            part.global_bits = self.global_bits
            part.order = order
            part.is_paused = &self.is_paused
            if i == 0:
                part.searches = self.kinds.searches
                part.rooms = self.kinds.rooms
                for place in range(2 * self.kinds.count):
                    open_window(&part.searches[place])
            else:
                start = share_start(i, self.threads, self.siblings.count)
                part.searches = self.kinds.begin(<double>start / self.siblings.count)
                for place in range(2 * self.kinds.count):
                    part.searches[place].first = &self.kinds.searches[place]
                part.rooms = <Room *>PyMem_Calloc(MAX_DEPTH + 1, sizeof(Room))
                if part.rooms == NULL:
                    raise MemoryError
        return 0

    cdef bint walk_together(self, Py_ssize_t count) except -1:
        """Walk the first `count` trees of the order, a share of them in each range; False if Ctrl-C has come.

        No code of a user's may run during a walk, so the handler of Ctrl-C must wait. Large walks pause to look whether it
        has to run.
        """
        cdef Share[MAX_SHARES] shares
        cdef Py_ssize_t i
        for i in range(self.range_count):
            self.ranges[i].first = share_start(i, self.threads, count)
            self.ranges[i].stop = share_start(i + 1, self.threads, count) if i + 1 < self.range_count else count
            shares[i] = &self.ranges[i]
        self.is_paused = True
        while self.is_paused:
            self.is_paused = False
            run_together(walk_range, shares, self.range_count, self.threads)
            if self.is_paused and is_interrupted():
                return False
        return True

    cdef bint build_tables(self) except -1:
        """Make tables of the records of which any range has missed one; False if there are no new ones."""
        cdef Py_ssize_t i, place
        for i in range(1, self.range_count):
            for place in range(2 * self.kinds.count):
                if self.ranges[i].searches[place].has_missed:
                    self.ranges[i].searches[place].has_missed = False
                    self.kinds.searches[place].has_missed = True
        return self.kinds.build_tables()

    cdef bint have_distinct_names(self) noexcept:
        """Whether it is certain that no two siblings share a name."""
        return have_distinct_names(self.kinds.items, &self.siblings)

    cdef Py_ssize_t take(self, FlatArray array, Py_ssize_t parent, Py_ssize_t stop, object matching) except -1:
        """Append the trees up to a place to a flat array, below `parent`; return how many records of both sides they have.

        The references to the records become the array's.
        """
        cdef Run[MAX_SHARES] runs
        cdef Py_ssize_t i, first, run_count, size, count = 0
        if not self.has_begun:
            self.has_begun = True
            self.begin(array)
        while self.taken < stop:
            first = self.taken
            run_count = size = 0
            while self.taken < stop and run_count < MAX_SHARES:
                self.next_run(&runs[run_count], stop)
                size += runs[run_count].stop - runs[run_count].first
                run_count += 1
            try:
                array.reserve(size)
            except:
                self.taken = first  # what has no room is not the array's
                raise
            count += self.copy_runs(runs, run_count, size, array, parent)
            for i in range(run_count):
                tell_skips(&runs[i].part.skips, runs[i].first_skip, runs[i].last_skip, matching)
        return count

    cdef int begin(self, FlatArray array) except -1:
        """Make room in a flat array for all trees, and learn its numbers of their types."""
        cdef Py_ssize_t i, kind, count = 0
        for i in range(self.siblings.count):
            count += self.trees[i].stop - self.trees[i].first
        array.reserve(count)
        for i in range(self.range_count):
            array.has_tracked = array.has_tracked or self.ranges[i].has_tracked
            for kind in range(self.kinds.count):
                if self.ranges[i].kinds >> kind & 1:
                    self.type_numbers[kind] = array.type_number(self.kinds.names[kind])
        return 0

    cdef void next_run(self, Run *run, Py_ssize_t stop) noexcept:
        """Fill in a run: of the next trees up to a place, those that one range has found one after the other."""
        cdef Tree *tree = &self.trees[self.taken]
        run.part = tree.range
        run.first = run.stop = tree.first
        run.first_skip = run.last_skip = tree.first_skip
        while (
            self.taken < stop and tree.range == run.part and tree.first == run.stop and tree.first_skip == run.last_skip
        ):
            run.stop = tree.stop
            run.last_skip = tree.last_skip
            self.taken += 1
            tree += 1

    cdef Py_ssize_t copy_runs(
        self, Run *runs, Py_ssize_t run_count, Py_ssize_t size, FlatArray array, Py_ssize_t parent
    ) except -1:
        """Copy runs of entries into the array, which has room for them; return how many records of both sides they have."""
        cdef Share[MAX_SHARES] shares
        cdef Py_ssize_t i, action, none_count = 0, place = array.size
        for i in range(run_count):
            runs[i].type_numbers = self.type_numbers
            runs[i].parent = parent
            runs[i].shift = place - runs[i].first
            runs[i].items = &array.items[place]
            runs[i].sources = &(<PyListObject *>array._sources).ob_item[place]
            runs[i].dests = &(<PyListObject *>array._dests).ob_item[place]
            place += runs[i].stop - runs[i].first
            shares[i] = &runs[i]
        run_together(copy_run, shares, run_count, self.threads if size >= SHARED_FROM else 1)
        for i in range(run_count):
            none_count += runs[i].none_count
            for action in range(UNSEEN + 1):
                array.totals[action] += runs[i].totals[action]
        array.take_in(size, none_count)
        for i in range(run_count):
            take_snapshots(&runs[i].part.changes, self.kinds, runs[i].first, runs[i].stop, array, runs[i].shift)
        return 2 * size - none_count


cdef void drop(Tree *tree) noexcept:
    """Drop the references to the records of a tree that no array has taken. Needs the lock."""
    cdef Py_ssize_t i
    for i in range(tree.first, tree.stop):
        if tree.range.sources[i] != NONE:
            Py_DECREF(tree.range.sources[i])
        if tree.range.dests[i] != NONE:
            Py_DECREF(tree.range.dests[i])


cdef void list_all(PyObject *records, PyObject **uids, PyObject **found, Py_ssize_t count) noexcept:
    """Fill in the keys and values of a dict with `count` items, borrowed. Needs the lock."""
    cdef Py_ssize_t i, position = 0
    for i in range(count):
        PyDict_Next(records, &position, &uids[i], &found[i])


cdef void release_workplace(Range *part) noexcept:
    """Free a range's searches and rooms. Needs the lock."""
    cdef Py_ssize_t depth
    PyMem_Free(part.searches)
    if part.rooms != NULL:
        for depth in range(MAX_DEPTH + 1):
            free(part.rooms[depth].cells)
    PyMem_Free(part.rooms)


# ---- copying, without the interpreter ----


cdef void copy_run(void *share) noexcept nogil:
    """Copy a run. Threads share this too, since most of its time is the system's, which finds memory for the copy."""
    cdef Run *run = <Run *>share
    cdef Py_ssize_t i, count = run.stop - run.first
    cdef Entry *item
    memset(run.totals, 0, sizeof(run.totals))
    run.none_count = 0
    if count == 0:
        return  # a part without entries has no memory for them
    memcpy(run.items, &run.part.items[run.first], count * sizeof(Entry))
    memcpy(run.sources, &run.part.sources[run.first], count * sizeof(PyObject *))
    memcpy(run.dests, &run.part.dests[run.first], count * sizeof(PyObject *))
    for i in range(count):
        item = &run.items[i]
        item.parent = <int32_t>(run.parent if item.parent < 0 else item.parent + run.shift)
        item.end += <int32_t>run.shift
        item.type = run.type_numbers[item.type]
        run.totals[item.action] += 1
        run.none_count += (run.sources[i] == NONE) + (run.dests[i] == NONE)
