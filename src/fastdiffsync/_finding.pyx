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

from ._slots cimport is_plain_str, prefetch, same_str, str_length
from ._values cimport data_of_text, kind_of_text

cdef extern from "Python.h":
    int PyDict_Next(PyObject *mapping, Py_ssize_t *position, PyObject **key, PyObject **value) nogil
    Py_ssize_t PyDict_GET_SIZE(PyObject *mapping) nogil

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


cdef void begin_at(Place *place, Py_ssize_t position) noexcept nogil:
    """Begin to look for records at an entry; if it is not the first, as far from it as need be."""
    memset(place, 0, sizeof(Place))
    place.credit = FIRST_CREDIT
    place.position = position
    place.is_fresh = position > 0
    memset(place.left_behind, 0xFF, sizeof(place.left_behind))


cdef bint find_all(
    PyObject *records, Table *table, Place *place, PyObject **uids, Py_ssize_t count, PyObject **found,
    bint *are_distinct
) noexcept nogil:
    """Find the records with some ids, borrowed; False if one is not found.

    Clears `are_distinct` unless it is seen on the way that no record is there twice.
    """
    cdef Py_ssize_t i, position = 0, last = -1
    if table.entries != NULL:
        are_distinct[0] = False
        return look_up_all(table, uids, count, found)
    for i in range(count):
        found[i] = find(records, place, uids[i], &position)
        if found[i] == NULL:
            place.has_missed = True
            return False
        # Entries found one after the other in a dict have different keys.
        are_distinct[0] = are_distinct[0] and position > last
        last = position
    return True


cdef PyObject *find(PyObject *records, Place *place, PyObject *uid, Py_ssize_t *position) noexcept nogil:
    """Return the record with this id, borrowed, or NULL, and fill in its position.

    What only the destination has is walked after its siblings: its entries have been passed over and are remembered.
    Looking further ahead is paid for with what the hits have saved.
    """
    cdef int i
    cdef Py_ssize_t skipped
    cdef PyObject *key
    cdef PyObject *record
    position[0] = place.position
    if PyDict_Next(records, position, &key, &record) and key == uid:
        place.position = position[0]
        place.credit += 1
        place.is_fresh = False
        return record
    if place.is_fresh:
        return find_start(records, place, uid, position)
    for i in range(LEFT_BEHIND):
        position[0] = place.left_behind[i]
        if position[0] >= 0 and PyDict_Next(records, position, &key, &record) and key == uid:
            place.left_behind[i] = position[0]
            return record
    position[0] = place.position
    skipped = 0
    while skipped < min(place.credit, MAX_SKIPPED) and PyDict_Next(records, position, &key, &record):
        if key == uid:
            place.left_behind[place.next_left] = place.position
            place.next_left = (place.next_left + 1) % LEFT_BEHIND
            place.position = position[0]
            place.credit -= skipped
            return record
        skipped += 1
    place.credit -= skipped
    return NULL


cdef PyObject *find_start(PyObject *records, Place *place, PyObject *uid, Py_ssize_t *position) noexcept nogil:
    """Find the first record that is wanted, wherever it is."""
    cdef PyObject *key
    cdef PyObject *record
    cdef int turn
    place.is_fresh = False
    position[0] = place.position
    for turn in range(2):
        while PyDict_Next(records, position, &key, &record):
            if key == uid:
                place.position = position[0]
                return record
        position[0] = 0
    return NULL


# ---- tables ----


cdef bint build_table(Table *table, PyObject *records) except -1:
    """Make a table of a dict's entries; False if there is a key that is no exact string."""
    cdef size_t size = 8, place, hash
    cdef Py_ssize_t position = 0
    cdef int probes
    cdef PyObject *key
    cdef PyObject *record
    cdef Entry *entries
    while size < 3 * <size_t>PyDict_GET_SIZE(records) // 2:
        size *= 2
    entries = <Entry *>calloc(size, sizeof(Entry))
    if entries == NULL:
        raise MemoryError
    while PyDict_Next(records, &position, &key, &record):
        if not is_plain_str(key):
            free(entries)
            return False
        hash = text_hash(key)
        place = hash & (size - 1)
        for probes in range(MAX_PROBES):
            if entries[place].uid == NULL:
                entries[place].hash = hash
                entries[place].uid = key
                entries[place].record = record
                break
            place = (place + 1) & (size - 1)
    table.entries = entries
    table.last = size - 1
    return True


cdef void free_table(Table *table) noexcept nogil:
    free(table.entries)
    table.entries = NULL


cdef bint look_up_all(Table *table, PyObject **uids, Py_ssize_t count, PyObject **found) noexcept nogil:
    """Look up some ids in a table, asking for the memory of those that come later."""
    cdef Py_ssize_t i
    cdef size_t[AHEAD] hashes
    for i in range(min(count, 2 * AHEAD)):
        prefetch(uids[i])
    for i in range(min(count, AHEAD)):
        if not is_plain_str(uids[i]):
            return False
        hashes[i] = text_hash(uids[i])
        prefetch(&table.entries[hashes[i] & table.last])
    for i in range(count):
        found[i] = look_up(table, hashes[i % AHEAD], uids[i])
        if found[i] == NULL:
            return False
        if i + 2 * AHEAD < count:
            prefetch(uids[i + 2 * AHEAD])
        if i + AHEAD < count:
            if not is_plain_str(uids[i + AHEAD]):
                return False
            hashes[i % AHEAD] = text_hash(uids[i + AHEAD])
            prefetch(&table.entries[hashes[i % AHEAD] & table.last])
    return True


cdef PyObject *look_up(Table *table, size_t hash, PyObject *uid) noexcept nogil:
    cdef size_t place = hash & table.last
    cdef int probes
    for probes in range(MAX_PROBES):
        if table.entries[place].uid == NULL:
            return NULL
        if table.entries[place].hash == hash and same_str(table.entries[place].uid, uid):
            return table.entries[place].record
        place = (place + 1) & table.last
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
