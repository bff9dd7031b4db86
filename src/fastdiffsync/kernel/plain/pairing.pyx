# cython: language_level=3, boundscheck=False, wraparound=False
"""Pairing two lists of siblings by unique id, without the interpreter.

Functions that return whether all went well return False too where memory is short: the walk that asks Python will say so.
Memory comes from the C library, since Python's own functions may want the interpreter lock while tracemalloc traces.
"""

from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memset

from .finding cimport text_hash
from ..capi cimport PyObject, have_other_hashes, is_exact_str, known_hash, prefetch, same_str

# How far ahead siblings that are out of step are looked for.
cdef enum:
    LOOK_AHEAD = 4

# How many siblings ahead memory is asked for.
cdef enum:
    AHEAD = 16

# Up to so many siblings are compared each with each; of more, the addresses are hashed.
cdef enum:
    EACH_WITH_EACH = 24


cdef bint make_room(Siblings *siblings, Room *room) noexcept nogil:
    """Lay out the arrays of siblings whose ids have been counted; they last until the room is used for others."""
    cdef Py_ssize_t count = siblings.uid_count, other_count = siblings.other_uid_count
    cdef Py_ssize_t wanted = 3 * (count + other_count) + 2 * other_count
    cdef PyObject **cells
    if wanted > room.capacity:
        cells = <PyObject **>realloc(room.cells, 2 * wanted * sizeof(PyObject *))
        if cells == NULL:
            return False
        room.cells = cells
        room.capacity = 2 * wanted
    siblings.sources = room.cells
    siblings.dests = siblings.sources + count + other_count
    siblings.dest_uids = siblings.dests + count + other_count
    siblings.found = siblings.dest_uids + count + other_count
    siblings.unpaired = <Py_ssize_t *>(siblings.found + other_count)
    return True


cdef bint pair_siblings(Siblings *siblings) noexcept nogil:
    """Pair the records in `sources` with those in `found`: in the source's order, then what only the destination has.

    False if Python must be asked: an id is no text.
    """
    cdef Py_ssize_t i, number, count = siblings.uid_count
    siblings.have_clear_keys = False
    if not pair_in_step(siblings):
        return False
    if siblings.left_count and siblings.unpaired_count and not pair_left_over(siblings):
        return False
    for i in range(siblings.unpaired_count):
        number = siblings.unpaired[i]
        siblings.sources[count + i] = NULL
        siblings.dests[count + i] = siblings.found[number]
        siblings.dest_uids[count + i] = siblings.other_uids[number]
    siblings.count = count + siblings.unpaired_count
    return True


cdef bint pair_in_step(Siblings *siblings) noexcept nogil:
    """Go through both sides' ids side by side; False as for `pair_siblings`.

    Siblings mostly come in the same order. Where they do not, a look a few ids ahead tells an added record from a removed
    one. If it does not, both are left over.
    """
    cdef PyObject **uids = siblings.uids
    cdef PyObject **other_uids = siblings.other_uids
    cdef Py_ssize_t i = 0, j = 0, ahead, count = siblings.uid_count, other_count = siblings.other_uid_count
    siblings.unpaired_count = siblings.left_count = 0
    while i < count and j < other_count:
        if i + AHEAD < count:
            prefetch(uids[i + AHEAD])
        if j + AHEAD < other_count:
            prefetch(other_uids[j + AHEAD])
        if not is_exact_str(uids[i]) or not is_exact_str(other_uids[j]):
            return False
        if are_same(uids[i], other_uids[j]):
            pair_up(siblings, i, j)
            i += 1
            j += 1
            continue
        ahead = find_ahead(uids[i], other_uids, j, other_count)
        if ahead:
            while ahead:
                add_unpaired(siblings, j)
                j += 1
                ahead -= 1
            continue
        ahead = find_ahead(other_uids[j], uids, i, count)
        leave(siblings, i)
        i += 1
        if not ahead:
            add_unpaired(siblings, j)
            j += 1
    while i < count:
        leave(siblings, i)
        i += 1
    while j < other_count:
        add_unpaired(siblings, j)
        j += 1
    return True


cdef inline void pair_up(Siblings *siblings, Py_ssize_t place, Py_ssize_t partner) noexcept nogil:
    """Pair the source at a place with the destination's record of a number."""
    siblings.dests[place] = siblings.found[partner]
    siblings.dest_uids[place] = siblings.other_uids[partner]


cdef inline void leave(Siblings *siblings, Py_ssize_t place) noexcept nogil:
    """Leave over the source at a place."""
    siblings.dests[place] = NULL
    siblings.left_count += 1


cdef inline void add_unpaired(Siblings *siblings, Py_ssize_t number) noexcept nogil:
    """Leave over the destination's record of a number."""
    siblings.unpaired[siblings.unpaired_count] = number
    siblings.unpaired_count += 1


cdef Py_ssize_t find_ahead(PyObject *uid, PyObject **uids, Py_ssize_t place, Py_ssize_t count) noexcept nogil:
    """Return how far behind `place` an id stands in a list of ids, 0 if it is not among the next few."""
    cdef Py_ssize_t ahead
    for ahead in range(1, LOOK_AHEAD):
        if place + ahead >= count:
            return 0
        if is_exact_str(uids[place + ahead]) and are_same(uid, uids[place + ahead]):
            return ahead
    return 0


cdef inline bint are_same(PyObject *uid, PyObject *other) noexcept nogil:
    """Whether two ids, both exact texts, are equal. Others mostly have been keys of a dict, so that their hashes tell."""
    return uid == other or (not have_other_hashes(uid, other) and same_str(uid, other))


cdef bint pair_left_over(Siblings *siblings) noexcept nogil:
    """Pair what has been left over on both sides, by a table of hashes; False as for `pair_siblings`, or without memory."""
    cdef Py_ssize_t size = 4, i
    cdef Py_ssize_t *table
    cdef bint has_paired
    while size < 2 * siblings.unpaired_count:
        size *= 2
    table = <Py_ssize_t *>malloc(size * sizeof(Py_ssize_t))
    if table == NULL:
        return False
    has_paired = pair_by_table(siblings, table, size)
    free(table)
    return has_paired


cdef bint pair_by_table(Siblings *siblings, Py_ssize_t *table, Py_ssize_t size) noexcept nogil:
    """Pair what has been left over, by a table of `size` cells: a power of two, and at least twice the ids to put in."""
    cdef Py_ssize_t i, cell, candidate, kept = 0
    cdef Py_ssize_t *unpaired = siblings.unpaired
    cdef PyObject *uid
    cdef bint are_hashed = have_known_hashes(siblings)
    memset(table, 0xFF, size * sizeof(Py_ssize_t))
    for i in range(siblings.unpaired_count):
        uid = siblings.other_uids[unpaired[i]]
        if not is_exact_str(uid):
            return False
        cell = (<size_t>known_hash(uid) if are_hashed else text_hash(uid)) & (size - 1)
        while table[cell] != -1:
            cell = (cell + 1) & (size - 1)
        table[cell] = i
    for i in range(siblings.uid_count):
        uid = siblings.uids[i]
        if siblings.dests[i] != NULL:
            continue
        if not is_exact_str(uid):
            return False
        cell = (<size_t>known_hash(uid) if are_hashed else text_hash(uid)) & (size - 1)
        while table[cell] != -1:
            candidate = table[cell]
            if unpaired[candidate] >= 0 and are_same(uid, siblings.other_uids[unpaired[candidate]]):
                pair_up(siblings, i, unpaired[candidate])
                unpaired[candidate] = -1
                break
            cell = (cell + 1) & (size - 1)
    for i in range(siblings.unpaired_count):
        if unpaired[i] >= 0:
            unpaired[kept] = unpaired[i]
            kept += 1
    siblings.unpaired_count = kept
    return True


cdef bint have_known_hashes(Siblings *siblings) noexcept nogil:
    """Whether all ids that are left over have been keys of a dict, so that no hash need be calculated."""
    cdef Py_ssize_t i
    cdef PyObject *uid
    for i in range(siblings.unpaired_count):
        uid = siblings.other_uids[siblings.unpaired[i]]
        if not is_exact_str(uid) or known_hash(uid) == -1:
            return False
    for i in range(siblings.uid_count):
        uid = siblings.uids[i]
        if siblings.dests[i] == NULL and (not is_exact_str(uid) or known_hash(uid) == -1):
            return False
    return True


cdef bint are_distinct(PyObject **records, Py_ssize_t count) noexcept nogil:
    """Whether no record is there twice; False as well where memory is short."""
    cdef Py_ssize_t size = 4, i, j, cell
    cdef PyObject **table
    cdef bint found = False
    if count <= EACH_WITH_EACH:
        for i in range(count):
            for j in range(i):
                if records[i] == records[j]:
                    return False
        return True
    while size < 2 * count:
        size *= 2
    table = <PyObject **>calloc(size, sizeof(PyObject *))
    if table == NULL:
        return False
    for i in range(count):
        cell = <Py_ssize_t>(((<size_t>records[i] >> 4) * <size_t>0x9E3779B1) & <size_t>(size - 1))
        while table[cell] != NULL and table[cell] != records[i]:
            cell = (cell + 1) & (size - 1)
        if table[cell] != NULL:
            found = True
            break
        table[cell] = records[i]
    free(table)
    return not found
