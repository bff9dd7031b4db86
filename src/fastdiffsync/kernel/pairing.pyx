# cython: language_level=3, boundscheck=False, wraparound=False
"""Pairing two lists of siblings by unique id as diffsync would: hooks are asked, and both of a pair must be one thing.

Without a twin: the kernel in Python does this where it needs it.
"""

from libc.stdlib cimport free, malloc
from libc.string cimport memset

from .plans cimport OVERRIDES, Plan, plan_of
from .fields cimport has_nothing_else, unique_id
from .capi cimport (
    NONE, PyList_CheckExact, PyList_GET_ITEM, PyObject, PyTypeObject, class_of, is_exact_str, same_str,
    scalars_differ, slot, str_length,
)
from .plain.keys cimport has_clear_parts
from .plain.pairing cimport Room, Siblings, make_room, pair_siblings

from collections.abc import Iterable, Mapping

from ..schema import have_like_identities
from .identity import check_pair


cdef list pair_records(object sources, object dests, bint are_distinct, Py_ssize_t *repeated):
    """Match two lists of siblings by unique id: in the source's order, then what only the destination has.

    Args:
        sources, dests: The siblings, lists or `{unique id: record}` mappings.
        are_distinct: Whether it is known that no unique id is twice in either list.
        repeated: Set to the number of records that share a unique id with another one.

    Returns:
        Two lists of records, None standing in for one that is not there, and the list of their unique ids as hooks gave
        them, None if none was asked.

    Raises:
        TypeError: If two records with one unique id are of different types, or a side is no collection.
        ValueError: If two records with one unique id differ in shortname or identifiers.
    """
    cdef list pairs = None
    cdef bint are_paired_by_id = True
    if PyList_CheckExact(<PyObject *>sources) and PyList_CheckExact(<PyObject *>dests):
        pairs = pair_in_step(<list>sources, <list>dests, are_distinct)
    if pairs is None:
        pairs = pair_by_hash(sources, dests, repeated)
        are_paired_by_id = not (is_keyed(sources) or is_keyed(dests))
    check_identities(pairs[0], pairs[1], are_paired_by_id)
    return [pairs[0], pairs[1], pairs[2] if len(pairs) > 2 and are_paired_by_id else None]


cdef list pair_in_step(list sources, list dests, bint are_distinct):
    """Pair siblings by their keys, as the plain walk does, which is quick where both sides have them in one order.

    Returns None if that is not to be had: a hook decides on unique ids, or one may be there twice, or memory is short.
    """
    cdef Siblings siblings
    cdef Room room
    cdef list pairs = None
    memset(&siblings, 0, sizeof(Siblings))
    memset(&room, 0, sizeof(Room))
    siblings.uid_count = len(sources)
    siblings.other_uid_count = len(dests)
    cdef PyObject **keys = <PyObject **>malloc((siblings.uid_count + siblings.other_uid_count + 1) * sizeof(PyObject *))
    if keys == NULL:
        return None
    siblings.uids = keys
    siblings.other_uids = keys + siblings.uid_count
    try:
        if read_keys(sources, siblings.uids) and read_keys(dests, siblings.other_uids) and (
            are_distinct or (
                are_distinct_keys(siblings.uids, siblings.uid_count)
                and are_distinct_keys(siblings.other_uids, siblings.other_uid_count)
            )
        ):
            pairs = pair_by_keys(&siblings, &room, sources, dests)
    finally:
        free(keys)
        free(room.cells)
    return pairs


cdef list pair_by_keys(Siblings *siblings, Room *room, list sources, list dests):
    """Pair siblings whose keys have been read; None if memory is short."""
    cdef Py_ssize_t i
    if not make_room(siblings, room):
        return None
    for i in range(siblings.uid_count):
        siblings.sources[i] = PyList_GET_ITEM(<PyObject *>sources, i)
    for i in range(siblings.other_uid_count):
        siblings.found[i] = PyList_GET_ITEM(<PyObject *>dests, i)
    if not pair_siblings(siblings):
        return None
    if siblings.left_count == 0 and siblings.unpaired_count == 0:
        return [sources, dests]
    return [list_of(siblings.sources, siblings.count), list_of(siblings.dests, siblings.count)]


cdef list list_of(PyObject **records, Py_ssize_t count):
    """Return records as a list, None for one that is not there."""
    cdef Py_ssize_t i
    cdef list made = [None] * count
    for i in range(count):
        if records[i] != NULL:
            made[i] = <object>records[i]
    return made


cdef bint read_keys(list siblings, PyObject **keys) except -1:
    """Read the keys of siblings, borrowed; False if one of them is not known."""
    cdef Py_ssize_t i, key_offset = 0
    cdef PyTypeObject *cls = NULL
    cdef PyObject *sibling
    for i in range(len(siblings)):
        sibling = PyList_GET_ITEM(<PyObject *>siblings, i)
        if cls == NULL or class_of(sibling) != cls:
            cls = class_of(sibling)
            if not plan_of(<object>cls).knows_unique_id:
                return False
            key_offset = plan_of(<object>cls).key_offset
        keys[i] = slot(sibling, key_offset)
        if keys[i] == NULL or not is_exact_str(keys[i]):
            return False
    return True


cdef bint are_distinct_keys(PyObject **keys, Py_ssize_t count) except -1:
    cdef set distinct = set()
    cdef Py_ssize_t i
    for i in range(count):
        distinct.add(<object>keys[i])
    return len(distinct) == count


cdef PyObject *known_key(PyObject *model) except? NULL:
    """Return the key of a record whose unique id is the library's own to compute, borrowed; otherwise NULL."""
    cdef Plan plan = plan_of(<object>class_of(model))
    cdef PyObject *key
    if not plan.knows_unique_id:
        return NULL
    key = slot(model, plan.key_offset)
    return key if key != NULL and is_exact_str(key) else NULL


cdef bint is_keyed(object siblings) except -1:
    """Whether siblings come by unique id, and not as a collection of records."""
    return type(siblings) is not list and isinstance(siblings, Mapping)


cdef list pair_by_hash(object sources, object dests, Py_ssize_t *repeated):
    for siblings in (sources, dests):
        if type(siblings) is not list and not isinstance(siblings, Iterable):
            raise TypeError(f"Type combination {type(sources)}/{type(dests)} is not supported... for now")
    if type(sources) is list and type(dests) is list:
        uids = unique_ids(sources)
        dest_uids = unique_ids(dests)
        if uids == dest_uids and len(set(uids)) == len(uids):
            return [list(sources), list(dests), uids]
        by_id = dict(zip(uids, sources))
        dest_by_id = dict(zip(dest_uids, dests))
    else:
        by_id = sources if is_keyed(sources) else {unique_id(model, plan_of(type(model))): model for model in sources}
        dest_by_id = dests if is_keyed(dests) else {unique_id(model, plan_of(type(model))): model for model in dests}
    paired_sources = []
    paired_dests = []
    uids = list(by_id)
    for uid, source in by_id.items():
        paired_sources.append(source)
        paired_dests.append(dest_by_id.get(uid))
    for uid, dest in dest_by_id.items():
        if uid not in by_id:
            uids.append(uid)
            paired_sources.append(None)
            paired_dests.append(dest)
    count = len(paired_sources)
    repeated[0] = max(len(sources) - count, 0) + max(len(dests) - count, 0)
    return [paired_sources, paired_dests, uids]


cdef list unique_ids(list models):
    cdef list uids = []
    for model in models:
        uids.append(unique_id(model, plan_of(type(model))))
    return uids


# ---- identity ----


cdef int check_identities(list sources, list dests, bint are_paired_by_id) except -1:
    """Check of each pair that the two are one thing.

    Raises:
        TypeError: If two records are of different types.
        ValueError: If they differ in shortname or identifiers.
    """
    cdef Py_ssize_t i
    cdef PyObject *source
    cdef PyObject *dest
    cdef PyTypeObject *source_class = NULL
    cdef PyTypeObject *dest_class = NULL
    cdef Plan plan = None
    cdef Plan dest_plan = None
    cdef bint is_plain = False, have_named_identity = False
    for i in range(len(sources)):
        source = PyList_GET_ITEM(<PyObject *>sources, i)
        dest = PyList_GET_ITEM(<PyObject *>dests, i)
        if source == NONE or dest == NONE:
            continue
        if class_of(source) != source_class or class_of(dest) != dest_class:
            plan = plan_of(<object>class_of(source))
            dest_plan = plan_of(<object>class_of(dest))
            source_class = class_of(source)
            dest_class = class_of(dest)
            is_plain = have_plain_identity(plan, dest_plan)
            have_named_identity = is_named_identity(plan, dest_plan)
        if not (is_plain and are_paired_by_id and are_same_thing(plan, dest_plan, source, dest)):
            if have_named_identity and are_paired_by_id and have_same_identifiers(plan, dest_plan, source, dest):
                continue
            check_pair(<object>source, <object>dest, are_paired_by_id=are_paired_by_id)
            source_class = NULL
    return 0


cdef bint have_plain_identity(Plan plan, Plan other) except -1:
    """Whether the keys and identifiers of two classes' records settle that they are one thing."""
    return plan.has_telling_key and other.has_telling_key and (
        plan is other or have_like_identities(plan.schema, other.schema)
    )


cdef bint is_named_identity(Plan plan, Plan other) except -1:
    """Whether records of two classes are one thing if they share unique id, whatever gives it, identifiers and name."""
    return plan.has_telling_identifiers and other.has_telling_identifiers and (
        plan is other
        or (have_like_identities(plan.schema, other.schema) and plan.schema.shortname == other.schema.shortname)
    )


cdef bint have_same_identifiers(Plan plan, Plan other, PyObject *source, PyObject *dest) noexcept:
    """Whether the identifiers of two records, and what makes their names, are seen to be equal without asking Python."""
    cdef Py_ssize_t i
    cdef PyObject *part
    if slot(source, plan.key_offset) == OVERRIDES or slot(dest, other.key_offset) == OVERRIDES:
        return False
    for i in range(plan.identifier_count):
        if scalars_differ(slot(source, plan.identifier_offsets[i]), slot(dest, other.identifier_offsets[i])) != 0:
            return False
    if plan.name_count > 0 and not (has_nothing_else(source, plan) and has_nothing_else(dest, other)):
        return False
    for i in range(plan.name_count):
        # Values of other types may be equal, and not so their texts.
        part = slot(source, plan.name_offsets[i])
        if part == NULL or not is_exact_str(part) or scalars_differ(part, slot(dest, other.name_offsets[i])) != 0:
            return False
    return True


cdef bint are_same_thing(Plan plan, Plan other, PyObject *source, PyObject *dest) except -1:
    """Whether two records that share a unique id are seen to be one thing without asking them."""
    cdef PyObject *key = slot(source, plan.key_offset)
    cdef PyObject *other_key = slot(dest, other.key_offset)
    if key == NULL or other_key == NULL or not is_exact_str(key) or not is_exact_str(other_key):
        return False
    # Equal keys whose parts have equal lengths have equal parts; where the types are certain and there is but one way to
    # take the key apart, the parts need not be read.
    cdef Py_ssize_t i
    if (
        plan.certain_types is not None and (plan is other or plan.certain_types == other.certain_types)
        and has_clear_parts(key, plan.identifier_count)
    ):
        return True
    cdef PyObject *value
    cdef PyObject *other_value
    for i in range(plan.identifier_count):
        value = slot(source, plan.identifier_offsets[i])
        other_value = slot(dest, other.identifier_offsets[i])
        if value == NULL or other_value == NULL or not is_exact_str(value) or not is_exact_str(other_value):
            return False
        if value != other_value and str_length(value) != str_length(other_value):
            return False
    return True
