# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""What diffs and elements answer about all that is below them: length, differences, counts, text and nested dicts.

The twin of `reading_py.py`; whoever changes one changes both. Trees may be deeper than the stack, so every walk keeps a list of
the iterators that it is in. It asks the array where that answers for all below; who overrides a method is asked by a call.
Objects that a function takes are borrowed; those that it returns are owned. All that is here needs the lock.
"""

from libc.stdint cimport uint64_t

from .array cimport CREATE, DELETE, NO_ACTION, UPDATE, FlatArray
from .capi cimport heed_signals
from .child_iterator cimport Children, children_of, filed_children_of, has_order_methods, is_bare, next_of
from .diffs cimport DiffView
from .elements cimport ElementView, action_of
from .views cimport (
    ACTION, ATTRS_DIFFS, CHILDREN, DICT, GET_CHILDREN, GETATTRIBUTE, GROUPS, HAS_CHILD_DIFF, HAS_CHILDREN, HAS_DIFFS,
    HAS_SIDES, INIT, ITERATION, LEN, NEW, ORDER, SETATTR, STR, SUMMARY, FlatView, View, is_touched, replaced, replaced_in,
)

from ..enum import DiffSyncActions
from .child_iterator import NOTHING

__all__ = ["counts_of", "has_diffs_in", "length_of", "nested_dict_of", "text_of"]

cdef tuple counted = (DiffSyncActions.CREATE, DiffSyncActions.UPDATE, DiffSyncActions.DELETE, "no-change")

cdef dict place_of = {name: place for place, name in enumerate(counted)}
cdef dict parts = {HAS_DIFFS: "has_diffs", SUMMARY: "summary", STR: "str", DICT: "dict"}

# The number of the last walk. A walk notes its own in what it has an answer for.
cdef uint64_t last_walk = 0


# ---- what the array answers ----


cdef bint is_answered(View diff, unsigned int parts, bint is_ordered) except -1:
    """Whether the array answers for all of a diff: nothing touched, these parts not overridden, nothing ordered."""
    cdef FlatView flat = diff.flat
    cdef unsigned int overridden
    if flat is None or diff.given & HAS_CHILDREN or is_touched(flat, diff.index):
        return False
    overridden = replaced(diff)
    if overridden & (parts | GETATTRIBUTE):
        return False
    # A diff without elements has nothing to order; most have none, and need not be asked.
    return not is_ordered or flat.array.end(diff.index) == diff.index + 1 or not (
        overridden & ORDER or has_order_methods(flat, type(diff))
    )


cdef bint is_answered_below(ElementView element, unsigned int parts, bint is_ordered) except -1:
    """Whether the array answers for all below an element, of which a diff has not been made."""
    cdef FlatView flat = element.flat
    cdef unsigned int overridden
    cdef bint is_leaf
    if flat is None or element.given & HAS_CHILD_DIFF or replaced(element) & (CHILDREN | GET_CHILDREN):
        return False
    overridden = replaced_in(flat.diff_class)
    is_leaf = flat.array.items[flat.array.checked(element.index)].end == element.index + 1
    if overridden & (parts | INIT | NEW | SETATTR | GETATTRIBUTE) or not is_leaf and is_touched(flat, element.index):
        return False
    return is_leaf or not is_ordered or not (overridden & ORDER or has_order_methods(flat, flat.diff_class))


cdef bint is_empty(object diff):
    """Whether a diff is known to have no elements, without anybody being asked."""
    return isinstance(diff, DiffView) and is_bare(<View>diff) and not replaced(<View>diff) & GET_CHILDREN


cdef object ordered_children(View owner):
    """Return an iterator of what is right below a diff or an element, in order."""
    return iter(owner.get_children()) if replaced(owner) & (GET_CHILDREN | GETATTRIBUTE) else children_of(owner)


cdef bint is_own(object owner, unsigned int part) except -1:
    """Whether an object is a diff or an element that has the library's own method."""
    cdef unsigned int overridden
    if not isinstance(owner, View):
        return False
    overridden = replaced(<View>owner)
    if overridden & GETATTRIBUTE:
        name = "__len__" if part == LEN else parts[part]
        return getattr(getattr(owner, name), "__func__", None) is owner._library[name]
    return not overridden & part


# ---- length ----


def length_of(View root not None):
    """Return how many elements a diff has, all levels together; of an element, how many there are from it down."""
    cdef list walk = []
    cdef Py_ssize_t total = 0, step = 0
    more = 0  # what methods of users say
    total = enter_length(root, walk)
    while walk:
        step += 1
        heed_signals(step)
        child = next_of(walk[len(walk) - 1])
        if child is NOTHING:
            walk.pop()
        elif is_own(child, LEN):
            total += enter_length(<View>child, walk)
        else:
            more += child.__len__()
    return total + more


cdef Py_ssize_t enter_length(View owner, list walk) except -1:
    """Return how many elements are known of a diff or an element; what is below it may yet have to be walked."""
    cdef FlatArray array
    if isinstance(owner, DiffView):
        if is_answered(owner, ITERATION | LEN, True):
            return owner.flat.array.end(owner.index) - owner.index - 1
        if not is_empty(owner):
            walk.append(ordered_children(owner))
        return 0
    if is_answered_below(<ElementView>owner, ITERATION, True):
        array = owner.flat.array
        return array.items[owner.index].end - owner.index
    if replaced(owner) & (GET_CHILDREN | CHILDREN) or not is_empty(owner.child_diff):
        walk.append(ordered_children(owner))
    return 1


# ---- differences ----


def has_diffs_in(View root not None):
    """Return whether any element of a diff has an action, at any level."""
    return find_diffs(root, begin_walk(), True)


cdef uint64_t begin_walk() noexcept:
    """Return a number that no walk has had."""
    global last_walk
    last_walk += 1
    return last_walk


cdef bint find_diffs(object root, uint64_t number, bint is_asked=False) except -1:
    """Whether an element or a diff has differences, which is noted for the rest of the walk of that number.

    Its own method is asked, unless that is what asks.
    """
    cdef list walk = [], above = []
    cdef Py_ssize_t step = 0
    cdef int answer = enter_diffs(root, number, walk, above, is_asked)
    if answer >= 0:
        return answer
    while walk:
        step += 1
        heed_signals(step)
        child = next_of(walk[len(walk) - 1])
        if child is NOTHING:
            walk.pop()
            note_diffs(above.pop(), number, False)
            continue
        if enter_diffs(child, number, walk, above, False) == 1:
            for owners in above:
                note_diffs(owners, number, True)
            return True
    return False


cdef int note_diffs(tuple owners, uint64_t number, bint answer) except -1:
    """Note an answer in a diff and the element that it is below."""
    cdef View owner
    for owner in owners:
        owner.walk = number
        owner.has_found = answer
    return 0


cdef int enter_diffs(object owner, uint64_t number, list walk, list above, bint is_asked) except -2:
    """Return 1 if there are differences, 0 if there are none, -1 if a diff has yet to be walked."""
    cdef View view, diff
    if not is_asked and not is_own(owner, HAS_DIFFS):
        return bool(owner.has_diffs(include_children=True) if not isinstance(owner, DiffView) else owner.has_diffs())
    view = <View>owner
    if view.walk == number:
        return view.has_found
    cdef tuple owners = (view,)
    if not isinstance(view, DiffView):
        if action_of(<ElementView>view) is not None:
            return 1
        if is_answered_below(<ElementView>view, CHILDREN | GROUPS | HAS_DIFFS, False):
            return has_changes(view)
        below = view.child_diff
        if not is_own(below, HAS_DIFFS):
            return bool(below.has_diffs())
        diff = <View>below
        if diff.walk == number:
            return diff.has_found
        owners = (view, diff)
    else:
        diff = view
    if is_answered(diff, CHILDREN | GROUPS | HAS_DIFFS, False):
        return has_changes(diff)
    if is_bare(diff):
        return 0
    walk.append(filed_children_of(diff))
    above.append(owners)
    return -1


cdef bint has_changes(View owner) except -1:
    """Whether the array has a change below an element, or in all that a diff shows."""
    cdef Py_ssize_t stop = owner.flat.array.end(owner.index)
    return stop > owner.index + 1 and owner.flat.array.next_changed(owner.index + 1, stop) < stop


# ---- counts ----


def counts_of(View root not None):
    """Return how many elements are to be created, updated and deleted, or have no change, in that order.

    They are those of a diff, all levels together, or those from an element down.
    """
    cdef list walk = [], counts = [0, 0, 0, 0]
    cdef Py_ssize_t step = 0
    enter_counts(root, walk, counts)
    while walk:
        step += 1
        heed_signals(step)
        child = next_of(walk[len(walk) - 1])
        if child is NOTHING:
            walk.pop()
        elif is_own(child, SUMMARY):
            enter_counts(<View>child, walk, counts)
        else:
            add_counts(counts, child.summary())
    return counts


cdef int add_counts(list counts, object summary) except -1:
    """Add what a user's method says."""
    cdef Py_ssize_t i
    for i in range(4):
        counts[i] += summary[counted[i]]
    return 0


cdef int enter_counts(View owner, list walk, list counts) except -1:
    """Count what is known of a diff or an element; what is below it may yet have to be walked."""
    cdef bint is_diff = isinstance(owner, DiffView)
    if is_diff:
        if is_answered(owner, ITERATION | SUMMARY, True):
            return count_entries(owner, owner.index + 1, counts)
    elif not owner.given & HAS_SIDES and not replaced(owner) & ACTION:
        if is_answered_below(<ElementView>owner, ITERATION | SUMMARY, True):
            return count_entries(owner, owner.index, counts)
    if not is_diff:
        action = (action_of(<ElementView>owner) if not replaced(owner) & ACTION else owner.action) or "no-change"
        counts[place_of[action]] += 1
        if is_answered_below(<ElementView>owner, ITERATION | SUMMARY, True):
            return count_entries(owner, owner.index + 1, counts)
        below = owner.child_diff
        if not is_own(below, SUMMARY):
            return add_counts(counts, below.summary())
        owner = <View>below
        if is_answered(owner, ITERATION | SUMMARY, True):
            return count_entries(owner, owner.index + 1, counts)
    if not is_empty(owner):
        walk.append(ordered_children(owner))
    return 0


cdef int count_entries(View owner, Py_ssize_t start, list counts) except -1:
    """Count the entries from `start` to the last one below a diff or an element."""
    cdef FlatArray array = owner.flat.array
    cdef Py_ssize_t stop = array.end(owner.index), i, place
    if stop == start + 1:
        i = array.items[array.checked(start)].action
        place = i - 1 if i else 3
        counts[place] += 1
    elif stop > start:
        i = 0
        for found in array.count(start, stop):
            counts[i] += found
            i += 1
    return 0


# ---- text and nested dicts ----


cdef class Level:
    """A diff that a walk is in."""
    cdef object children      # iterator of its elements
    cdef View owner           # the element that it is below, None at the top
    cdef dict below           # what is said of its elements
    cdef object values        # what is said of the owner
    cdef object group         # type of the last element with differences
    cdef Py_ssize_t margin, start


cdef object differing_below(ElementView element, uint64_t number):
    """Return the diff below an element if it has differences, otherwise None."""
    if is_answered_below(element, CHILDREN | GROUPS | HAS_DIFFS, False):
        return element.child_diff if has_changes(element) else None
    below = element.child_diff
    found = find_diffs(below, number) if is_own(below, HAS_DIFFS) else below.has_diffs()
    return below if found else None


def text_of(View root not None, Py_ssize_t indent):
    """Return the text of a diff, or of an element and what is below it; see `Diff.str`."""
    cdef list walk = [], lines = []
    cdef uint64_t number = begin_walk()
    cdef Level level
    cdef Py_ssize_t step = 0
    if isinstance(root, DiffView):
        walk.append(text_level(root, indent, lines))
    else:
        describe(<ElementView>root, indent, number, walk, lines)
    while walk:
        step += 1
        heed_signals(step)
        level = <Level>walk[len(walk) - 1]
        child = next_of(level.children)
        if child is NOTHING:
            walk.pop()
            if len(lines) == level.start:
                lines.append("(no diffs)")
            continue
        if not find_diffs(child, number):
            continue
        group = (<Children>level.children).group_name
        if group is not level.group:
            level.group = group
            lines.append(f"{' ' * level.margin}{group}")
        if is_own(child, STR):
            describe(<ElementView>child, level.margin + 2, number, walk, lines)
        else:
            lines.append(child.str(level.margin + 2))
    return "\n".join(lines)


cdef Level text_level(View diff, Py_ssize_t margin, list lines):
    """Return what a walk notes when it goes into a diff."""
    cdef Level level = Level.__new__(Level)
    level.children = filed_children_of(diff)
    level.group = NOTHING
    level.margin = margin
    level.start = len(lines)
    return level


cdef int describe(ElementView element, Py_ssize_t indent, uint64_t number, list walk, list lines) except -1:
    """Add the lines of an element alone; what is below it may yet have to be walked."""
    margin = " " * indent
    text = f"{margin}{element.type}: {element.name}"
    action = action_of(element)
    cdef bint is_own_diffs = not replaced(element) & ATTRS_DIFFS
    diffs = None
    if action == DiffSyncActions.CREATE:
        text += f" MISSING in {element.dest_name}"
    elif action == DiffSyncActions.DELETE:
        text += f" MISSING in {element.source_name}"
    elif action is None and is_own_diffs and element.flat is not None and not element.given & HAS_SIDES:
        diffs = element.flat.array.snapshot(element.index) is None
    else:
        diffs = element.get_attrs_diffs()
        if diffs.get("+"):
            source_name, dest_name, old = element.source_name, element.dest_name, diffs["-"]
            for name, value in diffs["+"].items():
                text += f"\n{margin}  {name}    {source_name}({value})    {dest_name}({old[name]})"
    below = differing_below(element, number)
    if below is None:
        if not diffs and not (element.get_attrs_diffs() if diffs is None or not is_own_diffs else diffs):
            text += " (no diffs)"
        lines.append(text)
        return 0
    lines.append(text)
    if is_own(below, STR):
        walk.append(text_level(<View>below, indent + 2, lines))
    else:
        lines.append(below.str(indent + 2))
    return 0


def nested_dict_of(View root not None):
    """Return the differences of a diff, or of an element and what is below it, as nested dicts; see `Diff.dict`."""
    cdef list walk = []
    cdef uint64_t number = begin_walk()
    cdef Level level
    cdef Py_ssize_t step = 0
    cdef object result
    if isinstance(root, DiffView):
        level = dict_level(root, None, None)
        result = level.below
        walk.append(level)
    else:
        result = nest(<ElementView>root, number, walk)
    while walk:
        step += 1
        heed_signals(step)
        level = <Level>walk[len(walk) - 1]
        child = next_of(level.children)
        if child is NOTHING:
            walk.pop()
            if level.owner is not None:
                level.values.update(level.below)
                if walk:
                    put(<Level>walk[len(walk) - 1], level.owner, level.values)
        elif find_diffs(child, number):
            if not is_own(child, DICT):
                put(level, child, child.dict())
                continue
            values = nest(<ElementView>child, number, walk)
            if walk[len(walk) - 1] is level:
                put(level, child, values)
    return result


cdef Level dict_level(View diff, View owner, object values):
    """Return what a walk notes when it goes into a diff, below an element of which some values are known."""
    cdef Level level = Level.__new__(Level)
    level.children = ordered_children(diff)
    level.owner = owner
    level.values = values
    level.below = {}
    return level


cdef int put(Level level, object element, object values) except -1:
    """File what is said of an element below its type and name."""
    group = level.below.get(element.type)
    if group is None:
        group = {}
        level.below[element.type] = group
    group[element.name] = values
    return 0


cdef object nest(ElementView element, uint64_t number, list walk):
    """Return what is said of an element alone; what is below it may yet have to be walked."""
    values = element.get_attrs_diffs()
    below = differing_below(element, number)
    if below is not None:
        if is_own(below, DICT):
            walk.append(dict_level(<View>below, element, values))
        else:
            values.update(below.dict())
    return values
