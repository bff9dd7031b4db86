# cython: language_level=3, boundscheck=False, wraparound=False
"""Finding records in a store's dict by their unique ids, without the interpreter.

Records are mostly stored in the order in which they are walked. So the item after the one found last mostly is the one that
is wanted, and comparing two pointers takes the place of a hash lookup in a large dict, which misses the cache up to three
times. Where the order is another one, a table of the dict's items is made. Unlike the dict, it can be searched by several
threads at once, and memory can be asked for its entries ahead.

Nothing here takes or gives references: ids and records are borrowed from the stores.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from ..dict_internals cimport next_entry
from ..capi cimport (
    PyDict_GET_SIZE, PyObject, class_of, data_of_text, is_exact_str, kind_of_text, prefetch, same_str,
    slot, str_length,
)
from .columns cimport ask_for_record


# How many items of a store's dict may be passed over before any have been found in their order.
cdef enum:
    FIRST_CREDIT = 256

# How many may be passed over for one record.
cdef enum:
    MAX_SKIPPED = 4096

# How many entries of a table are looked at for one record. More ids begin at one entry only if somebody has chosen them so.
# Those are not found, and left to the other walk.
cdef enum:
    MAX_PROBES = 256

# How many ids ahead memory is asked for.
cdef enum:
    AHEAD = 16


cdef void begin_at(Search *search, Py_ssize_t position) noexcept nogil:
    """Begin to look for records at a position; from any but the first, the first record is looked for as far as need be."""
    memset(search, 0, sizeof(Search))
    search.credit = FIRST_CREDIT
    search.position = position
    search.is_fresh = position > 0
    memset(search.left_behind, 0xFF, sizeof(search.left_behind))
    open_window(search)


cdef bint find_all(
    PyObject *records, Table *table, Search *search, Contents *contents, PyObject **uids, Py_ssize_t count,
    PyObject **found, bint *are_distinct
) noexcept nogil:
    """Find the records with some ids and fill them in, borrowed; False if one is not found.

    Clears `are_distinct` unless it is seen on the way that no record is found twice.
    """
    cdef Py_ssize_t i, position = 0, last = -1
    if table.entries != NULL:
        are_distinct[0] = False
        if look_up_all(table, uids, count, found):
            return True
        search.has_missed = True
        return False
    if count > WINDOW:
        contents = NULL  # what is asked for now would be gone from the cache when they are walked
    for i in range(count):
        found[i] = find(records, search, contents, uids[i], &position)
        if found[i] == NULL:
            search.has_missed = True
            return False
        # Items found one behind the other in a dict have different keys.
        are_distinct[0] = are_distinct[0] and position > last
        last = position
    return True


cdef PyObject *find(
    PyObject *records, Search *search, Contents *contents, PyObject *uid, Py_ssize_t *position
) noexcept nogil:
    """Return the record with this id, borrowed, or NULL, and fill in the position after it.

    What only the destination has is walked after its siblings. By then its items have been passed over, so some of those are
    remembered. Every hit earns the search one item of looking ahead.
    """
    cdef int i
    cdef Py_ssize_t skipped
    cdef PyObject *key
    cdef PyObject *record
    cdef Window *window = &search.window
    fill_window(records, search, contents)
    if window.count and window.keys[window.first] == uid:
        search.credit += 1
        search.is_fresh = False
        return take_from_window(search, 0, position)
    if search.is_fresh:
        return find_start(records, search, uid, position)
    for i in range(LEFT_BEHIND):
        position[0] = search.left_behind[i]
        if position[0] >= 0 and next_entry(records, position, &key, &record) and key == uid:
            search.left_behind[i] = position[0]
            return record
    for skipped in range(1, min(window.count, search.credit)):
        if window.keys[(window.first + skipped) & (WINDOW - 1)] == uid:
            leave_behind(search, skipped)
            return take_from_window(search, skipped, position)
    position[0] = window.tail
    skipped = window.count
    while skipped < min(search.credit, MAX_SKIPPED) and next_entry(records, position, &key, &record):
        if key == uid:
            leave_behind(search, skipped)
            search.position = position[0]
            open_window(search)
            return record
        skipped += 1
    search.credit = max(search.credit - skipped, 0)
    return NULL


cdef inline void leave_behind(Search *search, Py_ssize_t skipped) noexcept nogil:
    """Remember where some items begin that are passed over."""
    search.left_behind[search.next_left] = search.position
    search.next_left = (search.next_left + 1) % LEFT_BEHIND
    search.credit -= skipped


cdef PyObject *find_start(PyObject *records, Search *search, PyObject *uid, Py_ssize_t *position) noexcept nogil:
    """Return the first record that is wanted, wherever it is; NULL as for `find`."""
    cdef PyObject *key
    cdef PyObject *record
    cdef int turn
    search.is_fresh = False
    if search.first != NULL and search.first.has_missed:
        return NULL  # the records are in no order that leads anywhere
    position[0] = search.position
    for turn in range(2):
        while next_entry(records, position, &key, &record):
            if key == uid:
                search.position = position[0]
                open_window(search)
                return record
        position[0] = 0
    return NULL


# ---- the window ----
#
# The children of one parent are few, and what comes after them in the dict mostly is what the next parents list. Memory that
# is asked for it this early works while the walk does. With data that is in no cache that saves a sixth of the time.


cdef void open_window(Search *search) noexcept nogil:
    """Forget the items that come next: the position, or what is in the dict, is another."""
    search.window.first = search.window.count = search.window.asked = 0
    search.window.tail = search.position


cdef inline void fill_window(PyObject *records, Search *search, Contents *contents) noexcept nogil:
    """Take up to two more items into the window if there is room, so that it is filled in time but not at once."""
    cdef Window *window = &search.window
    cdef Py_ssize_t i
    cdef int turn
    for turn in range(2):
        i = (window.first + window.count) & (WINDOW - 1)
        if window.count == WINDOW or not next_entry(records, &window.tail, &window.keys[i], &window.records[i]):
            break
        window.ends[i] = window.tail
        window.count += 1
        if contents != NULL:
            prefetch(window.keys[i])
            ask_for_record(window.records[i], contents.size)
    while contents != NULL and window.asked < window.count // 2:
        ask_for_contents(contents, window.records[(window.first + window.asked) & (WINDOW - 1)])
        window.asked += 1


cdef inline PyObject *take_from_window(Search *search, Py_ssize_t skipped, Py_ssize_t *position) noexcept nogil:
    """Return the record of an item of the window, borrowed; fill in the position after it, where the window begins now."""
    cdef Window *window = &search.window
    cdef Py_ssize_t i = (window.first + skipped) & (WINDOW - 1)
    position[0] = search.position = window.ends[i]
    window.first = (i + 1) & (WINDOW - 1)
    window.count -= skipped + 1
    window.asked = max(window.asked - skipped - 1, 0)
    return window.records[i]


cdef inline void ask_for_contents(Contents *contents, PyObject *record) noexcept nogil:
    """Ask memory for what a record refers to; the record itself has been asked for before."""
    cdef Py_ssize_t i
    if class_of(record) != contents.cls:
        return
    for i in range(contents.value_count):
        prefetch(slot(record, contents.values[i]))
    for i in range(contents.identifier_count):
        prefetch(slot(record, contents.identifiers[i]))
    for i in range(contents.list_count):
        prefetch(slot(record, contents.lists[i]))


# ---- tables ----
#
# A record mostly lists the very objects that are its children's keys. So the first table looks ids up by their addresses,
# and need not read a text to find it. Only if an id is not found like that, a table by text is made.


cdef bint build_next_table(Table *table, PyObject *records) except -1:
    """Make a table of a dict's items, better than the last one; False if there is none. Needs the lock."""
    cdef size_t size = 8
    cdef Py_ssize_t position = 0
    cdef PyObject *key
    cdef PyObject *record
    cdef bint is_first = table.entries == NULL
    if table.is_by_text:
        return False
    free_table(table)
    table.is_by_text = not is_first
    while size < 3 * <size_t>PyDict_GET_SIZE(records) // 2:
        size *= 2
    table.entries = <TableEntry *>calloc(size, sizeof(TableEntry))
    if table.entries == NULL:
        raise MemoryError
    table.last = size - 1
    while next_entry(records, &position, &key, &record):
        if table.is_by_text and not is_exact_str(key):
            free_table(table)
            table.is_by_text = True
            return False
        put(table, key, record)
    return True


cdef inline void put(Table *table, PyObject *key, PyObject *record) noexcept nogil:
    """Enter a record in a table, if there is room near to where the search for it begins."""
    cdef size_t bucket = bucket_of(table, key)
    cdef int probes
    for probes in range(MAX_PROBES):
        if table.entries[bucket].uid == NULL:
            table.entries[bucket].uid = key
            table.entries[bucket].record = record
            break
        bucket = (bucket + 1) & table.last


cdef inline size_t bucket_of(Table *table, PyObject *uid) noexcept nogil:
    """Return the number of the entry where the search for an id begins."""
    cdef size_t number
    if table.is_by_text:
        return text_hash(uid) & table.last
    number = (<size_t>uid >> 4) * <size_t>0x9E3779B97F4A7C15
    return (number >> (4 * sizeof(size_t))) & table.last


cdef void free_table(Table *table) noexcept nogil:
    """Free a table's memory; the next one is by address again."""
    free(table.entries)
    table.entries = NULL
    table.is_by_text = False


cdef bint look_up_all(Table *table, PyObject **uids, Py_ssize_t count, PyObject **found) noexcept nogil:
    """Look up some ids in a table, asking memory for those that come later; False if one is not found."""
    cdef Py_ssize_t i
    cdef size_t[AHEAD] buckets
    for i in range(min(count, 2 * AHEAD) if table.is_by_text else 0):
        prefetch(uids[i])
    for i in range(min(count, AHEAD)):
        if not ask_for_bucket(table, uids[i], &buckets[i]):
            return False
    for i in range(count):
        found[i] = look_up(table, buckets[i % AHEAD], uids[i])
        if found[i] == NULL:
            return False
        if table.is_by_text and i + 2 * AHEAD < count:
            prefetch(uids[i + 2 * AHEAD])
        if i + AHEAD < count and not ask_for_bucket(table, uids[i + AHEAD], &buckets[i % AHEAD]):
            return False
    return True


cdef inline bint ask_for_bucket(Table *table, PyObject *uid, size_t *bucket) noexcept nogil:
    """Fill in where the search for an id begins, and ask memory for it; False if the table is by text and the id is none."""
    if table.is_by_text and not is_exact_str(uid):
        return False
    bucket[0] = bucket_of(table, uid)
    prefetch(&table.entries[bucket[0]])
    return True


cdef PyObject *look_up(Table *table, size_t bucket, PyObject *uid) noexcept nogil:
    """Return the record with an id, the search for which begins at `bucket`; borrowed, NULL if it is not found."""
    cdef int probes
    cdef PyObject *other
    for probes in range(MAX_PROBES):
        other = table.entries[bucket].uid
        if other == NULL:
            return NULL
        if other == uid or (table.is_by_text and same_str(other, uid)):
            return table.entries[bucket].record
        bucket = (bucket + 1) & table.last
    return NULL


cdef size_t text_hash(PyObject *text) noexcept nogil:
    """Return a number for a text. Unlike Python's own hash it is not kept with it, so several threads may ask for it."""
    cdef Py_ssize_t size = str_length(text) * kind_of_text(text)
    cdef const char *data = <const char *>data_of_text(text)
    cdef size_t number = <size_t>size, word
    while size >= <Py_ssize_t>sizeof(size_t):
        memcpy(&word, data, sizeof(size_t))
        number = (number ^ word) * <size_t>0x9E3779B97F4A7C15
        number ^= number >> (4 * sizeof(size_t))
        data += sizeof(size_t)
        size -= sizeof(size_t)
    if size:
        word = 0
        memcpy(&word, data, size)
        number = (number ^ word) * <size_t>0x9E3779B97F4A7C15
        number ^= number >> (4 * sizeof(size_t))
    return number
