# cython: language_level=3, boundscheck=False, wraparound=False
"""Finding records in a store's dict by their unique ids, without the interpreter.

Records are mostly stored in the order in which they are walked, so the entry after the one found last mostly is the one
that is wanted, and a comparison of pointers replaces a hash lookup in a large dict, a cache miss or three. Where the order
is another one, a table of the dict's entries is made, which unlike the dict several threads may search at once,
and whose places can be asked for ahead.
"""

from cpython.object cimport PyObject
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from ..dict_internals cimport next_entry
from ..capi cimport (
    PyDict_GET_SIZE, class_of, data_of_text, is_exact_str, kind_of_text, prefetch, same_str, slot, str_length,
)
from .columns cimport ask_for_record, data_of_text, kind_of_text


# How many entries of a store's dict may be passed over before the first ones have been found in their order.
cdef enum:
    FIRST_CREDIT = 256

# How many may be passed over for one record.
cdef enum:
    MAX_SKIPPED = 4096

# How many entries of a table are looked at for one record. More have one place only if somebody has made them so; those
# are not found, and left to the other walk.
cdef enum:
    MAX_PROBES = 256

# How many ids ahead memory is asked for.
cdef enum:
    AHEAD = 16


cdef void begin_at(Search *search, Py_ssize_t position) noexcept nogil:
    """Begin to look for records at an entry; if it is not the first, as far from it as need be."""
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
    """Find the records with some ids, borrowed; False if one is not found.

    Clears `are_distinct` unless it is seen on the way that no record is there twice.
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
        # Entries found one after the other in a dict have different keys.
        are_distinct[0] = are_distinct[0] and position > last
        last = position
    return True


cdef PyObject *find(
    PyObject *records, Search *search, Contents *contents, PyObject *uid, Py_ssize_t *position
) noexcept nogil:
    """Return the record with this id, borrowed, or NULL, and fill in its position.

    What only the destination has is walked after its siblings: its entries have been passed over and are remembered.
    Looking further ahead is paid for with what the hits have saved.
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
    """Remember that some entries have been passed over."""
    search.left_behind[search.next_left] = search.position
    search.next_left = (search.next_left + 1) % LEFT_BEHIND
    search.credit -= skipped


cdef PyObject *find_start(PyObject *records, Search *search, PyObject *uid, Py_ssize_t *position) noexcept nogil:
    """Find the first record that is wanted, wherever it is."""
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
# The children of one parent are few, and what comes after them in the dict mostly is what the next parents list. Asking for
# it that early lets memory work while the walk does: on data that is in no cache, a sixth less time.


cdef void open_window(Search *search) noexcept nogil:
    """Forget the entries that come next: the place, or what is in the dict, is another."""
    search.window.first = search.window.count = search.window.asked = 0
    search.window.tail = search.position


cdef inline void fill_window(PyObject *records, Search *search, Contents *contents) noexcept nogil:
    """Take one or two more entries into the window if there is room, so that it is filled in time but not at once."""
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
    """Return the record of an entry of the window, which then begins after it."""
    cdef Window *window = &search.window
    cdef Py_ssize_t i = (window.first + skipped) & (WINDOW - 1)
    position[0] = search.position = window.ends[i]
    window.first = (i + 1) & (WINDOW - 1)
    window.count -= skipped + 1
    window.asked = max(window.asked - skipped - 1, 0)
    return window.records[i]


cdef inline void ask_for_contents(Contents *contents, PyObject *record) noexcept nogil:
    """Ask for what a record refers to; it has been asked for itself before."""
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
# A record mostly lists the very objects that are its children's keys, so the first table looks ids up by where they are
# in memory, and nothing need be read of a string to find it. Only if an id is not found like that, a table by text is made.


cdef bint build_next_table(Table *table, PyObject *records) except -1:
    """Make a table of a dict's entries, better than the last one; False if there is none."""
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
    cdef size_t bucket = bucket_of(table, key)
    cdef int probes
    for probes in range(MAX_PROBES):
        if table.entries[bucket].uid == NULL:
            table.entries[bucket].uid = key
            table.entries[bucket].record = record
            break
        bucket = (bucket + 1) & table.last


cdef inline size_t bucket_of(Table *table, PyObject *uid) noexcept nogil:
    """Return where the search for an id begins."""
    cdef size_t number
    if table.is_by_text:
        return text_hash(uid) & table.last
    number = (<size_t>uid >> 4) * <size_t>0x9E3779B97F4A7C15
    return (number >> (4 * sizeof(size_t))) & table.last


cdef void free_table(Table *table) noexcept nogil:
    free(table.entries)
    table.entries = NULL
    table.is_by_text = False


cdef bint look_up_all(Table *table, PyObject **uids, Py_ssize_t count, PyObject **found) noexcept nogil:
    """Look up some ids in a table, asking for the memory of those that come later."""
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
    """Fill in where the search for an id begins, and ask for it; False if ids are not looked up by what this one is."""
    if table.is_by_text and not is_exact_str(uid):
        return False
    bucket[0] = bucket_of(table, uid)
    prefetch(&table.entries[bucket[0]])
    return True


cdef PyObject *look_up(Table *table, size_t bucket, PyObject *uid) noexcept nogil:
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
    """Return a number for a text; several threads may call it for one text, other than Python's own."""
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
