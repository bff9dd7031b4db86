"""What diffs and elements answer about all that is below them: length, differences, counts, text and nested dicts.

The twin of `reading.pyx`; whoever changes one changes both. Trees may be deeper than the interpreter's stack, so each
of these is written as a recursion which yields its questions to other objects, and `_answer` walks through it. It asks
the array where that answers for all below; who overrides a method is asked by a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from ..enum import DiffSyncActions
from .diffs_py import DiffView, filed
from .elements_py import action_of, shows_sides
from .flat_text import nested_dict, text_lines
from .views_py import has_own_ways, may_order

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .views_py import FlatView, View

__all__ = ["counts_of", "has_diffs_in", "length_of", "nested_dict_of", "text_of"]

T = TypeVar("T")


class Question(NamedTuple):
    """A call that a walk wants to be made.

    Attributes:
        owner: The object to ask.
        method: Name of its method.
        args, kwargs: What to call the method with.
    """

    owner: Any
    method: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}  # noqa: RUF012 - nobody changes it


Steps: TypeAlias = "Generator[Question, Any, T]"
COUNTED = (DiffSyncActions.CREATE, DiffSyncActions.UPDATE, DiffSyncActions.DELETE, "no-change")
ITERATION = ("children", "groups", "get_children")
WITH_CHILDREN = {"include_children": True}


# ---- what the array answers ----


def _is_answered(diff: View, *parts: str, is_ordered: bool) -> bool:
    """Whether the array answers for all of a diff: nothing touched, these parts not overridden, nothing ordered."""
    flat, index, values = diff._flat, diff._index, vars(diff)
    if flat is None or index in flat.touched or "children" in values:
        return False
    cls, library = type(diff), diff._library
    for name in parts:
        if name in values or getattr(cls, name) is not library[name]:
            return False
    # A diff without elements has nothing to order; most have none, and need not be asked.
    return not is_ordered or flat.array.end(index) == index + 1 or not _is_reordered(diff, flat)


def _is_answered_below(element: Any, method: str, *, is_ordered: bool) -> bool:
    """Whether the array answers for all below an element of the library's class, of which a diff has not been made."""
    values = element.__dict__
    flat = values.get("_flat")
    if flat is None or "child_diff" in values or has_own_ways(flat.diff_class, method):
        return False
    index = values["_index"]
    is_leaf: bool = flat.array.end(index) == index + 1
    return is_leaf or (index not in flat.touched and not (is_ordered and may_order(flat, flat.diff_class)))


def _known_diffs(child: Any) -> bool | None:
    """Return whether an element has differences, if that takes no walk; None if it takes one, or a call."""
    if child._is_own or getattr(type(child), "has_diffs", None) is not child._library["has_diffs"]:
        return None
    if action_of(child) is not None:
        return True
    if not _is_answered_below(child, "has_diffs", is_ordered=False):
        below = child.__dict__.get("child_diff")
        return False if _is_without(below, "has_diffs") else None
    return _has_changes(child)


def _is_without(diff: Any, method: str) -> bool:
    """Whether nobody has ever put an element into a diff of the library's own ways, nor looked for one."""
    if not isinstance(diff, DiffView) or has_own_ways(type(diff), method) or diff._is_own:
        return False
    values = diff.__dict__
    return not values.get("children") and "_flat" not in values


def _is_reordered(diff: Any, flat: FlatView) -> bool:
    """Whether an order method may leave elements out, or bring others."""
    order = diff.order_children_default
    if getattr(order, "__func__", None) is not diff._library["order_children_default"].__func__:
        return True
    for name in flat.array.types():  # noqa: SIM110 - a generator would take longer than all the rest
        if hasattr(diff, f"order_children_{name}"):
            return True
    return False


# ---- length ----


def length_of(root: View) -> int:
    """Return how many elements a diff has, all levels together; of an element, how many there are from it down."""
    return _answer(_length(root))


def _length(owner: Any) -> Steps[int]:
    if isinstance(owner, DiffView):
        if _is_answered(owner, *ITERATION, "__len__", is_ordered=True):
            return owner._flat.array.end(owner._index) - owner._index - 1  # type: ignore[no-any-return]
        total = 0
    else:
        total = 1
        if type(owner).get_children is owner._library["get_children"] and not owner._is_own:
            if _is_answered_below(owner, "__len__", is_ordered=True):
                return owner._flat.array.end(owner._index) - owner._index  # type: ignore[no-any-return]
            if _is_without(owner.child_diff, "__len__"):
                return total
    for child in owner.get_children():
        known = _known_length(child)
        total += (yield Question(child, "__len__")) if known is None else known
    return total


def _known_length(child: Any) -> int | None:
    """Return how many elements there are from one down, if that takes no walk; None if it takes one, or a call."""
    library, cls = child._library, type(child)
    if child._is_own or cls.__len__ is not library["__len__"] or cls.get_children is not library["get_children"]:
        return None
    if _is_answered_below(child, "__len__", is_ordered=True):
        return child._flat.array.end(child._index) - child._index  # type: ignore[no-any-return]
    return 1 if _is_without(child.child_diff, "__len__") else None


# ---- differences ----


def has_diffs_in(root: View) -> bool:
    """Return whether any element of a diff has an action, at any level."""
    known = None if isinstance(root, DiffView) or root._is_own else _known_diffs(root)
    return _answer(_diffs(root)) if known is None else known


def _diffs(owner: Any, include_children: bool = True) -> Steps[bool]:
    if not isinstance(owner, DiffView):
        if action_of(owner) is not None:
            return True
        if _is_answered_below(owner, "has_diffs", is_ordered=False):
            return include_children and _has_changes(owner)
        return include_children and bool((yield Question(owner.child_diff, "has_diffs")))
    if _is_answered(owner, "children", "groups", "has_diffs", is_ordered=False):
        return _has_changes(owner)
    for _group, elements in filed(owner):
        for child in elements:
            known = _known_diffs(child)
            if (yield Question(child, "has_diffs", (), WITH_CHILDREN)) if known is None else known:
                return True
    return False


def _has_changes(owner: Any) -> bool:
    """Whether the array has a change below an element, or in all that a diff shows."""
    array, start = owner._flat.array, owner._index + 1
    stop = array.end(owner._index)
    return start < stop and array.next_changed(start, stop) < stop  # type: ignore[no-any-return]


# ---- counts ----


def counts_of(root: View) -> list[int]:
    """Return how many elements are to be created, updated and deleted, or have no change, in that order.

    They are those of a diff, all levels together, or those from an element down.
    """
    return list(_answer(_counts(root)).values())


def _counts(owner: Any) -> Steps[dict[str, int]]:
    if not isinstance(owner, DiffView):
        known = _known_counts(owner)
        if known is not None:
            return known
        below = yield Question(owner.child_diff, "summary")
        counts = {name: below[name] for name in COUNTED}
        counts[owner.action or "no-change"] += 1
        return counts
    if _is_answered(owner, *ITERATION, "summary", is_ordered=True):
        start, stop = owner._index + 1, owner._flat.array.end(owner._index)
        return dict(zip(COUNTED, owner._flat.array.count(start, stop), strict=True))
    counts = dict.fromkeys(COUNTED, 0)
    for child in owner.get_children():
        is_own = not child._is_own and type(child).summary is child._library["summary"]
        action = _only_action(child) if is_own else ""
        if action != "":
            counts[action or "no-change"] += 1
            continue
        known = _known_counts(child) if is_own else None
        below = (yield Question(child, "summary")) if known is None else known
        for name in COUNTED:
            counts[name] += below[name]
    return counts


def _only_action(element: Any) -> str | None:
    """Return the action of an element that has none below it; an empty text if it may have some, or asks itself."""
    if type(element).action is not element._library["action"]:
        return ""
    values = element.__dict__
    if "child_diff" in values:
        return action_of(element) if _is_without(values["child_diff"], "summary") else ""
    flat, index = element._flat, element._index
    if flat is None or flat.array.end(index) > index + 1 or has_own_ways(flat.diff_class, "summary"):
        return ""
    return action_of(element)


def _known_counts(element: Any) -> dict[str, int] | None:
    """Return the counts from an element down, if that takes no walk."""
    if shows_sides(element) or type(element).action is not element._library["action"]:
        return None
    if not _is_answered_below(element, "summary", is_ordered=True):
        return None
    index, array = element._index, element._flat.array
    return dict(zip(COUNTED, array.count(index, array.end(index)), strict=True))


# ---- text and nested dicts ----


def text_of(root: View, indent: int) -> str:
    """Return the text of a diff, or of an element and what is below it; see `Diff.str`."""
    return _answer(_text(root, indent))


def _text(owner: Any, indent: int = 0) -> Steps[str]:
    if not isinstance(owner, DiffView):
        return (yield from _element_text(owner, indent))
    if _is_answered(owner, "children", "groups", "has_diffs", "str", is_ordered=False):
        return "\n".join(text_lines(owner._flat, owner._index, indent)) or "(no diffs)"
    lines = []
    for group, elements in filed(owner):
        heading = [" " * indent + group]
        for child in elements:
            known = _known_diffs(child)
            if (yield Question(child, "has_diffs", (), WITH_CHILDREN)) if known is None else known:
                lines += heading
                heading = []
                lines.append((yield Question(child, "str", (indent + 2,))))
    return "\n".join(lines) or "(no diffs)"


def _element_text(element: Any, indent: int) -> Steps[str]:
    margin = " " * indent
    text = f"{margin}{element.type}: {element.name}"
    action = action_of(element)
    if action == DiffSyncActions.CREATE:
        text += f" MISSING in {element.dest_name}"
    elif action == DiffSyncActions.DELETE:
        text += f" MISSING in {element.source_name}"
    else:
        diffs = element.get_attrs_diffs()
        for name, value in diffs.get("+", {}).items():
            old = diffs["-"][name]
            text += f"\n{margin}  {name}    {element.source_name}({value})    {element.dest_name}({old})"
    if _is_answered_below(element, "has_diffs", is_ordered=False) and not _has_changes(element):
        has_diffs = False
    else:
        has_diffs = not _is_without(element.child_diff, "has_diffs") and (
            yield Question(element.child_diff, "has_diffs")
        )
    if has_diffs:
        text += "\n" + (yield Question(element.child_diff, "str", (indent + 2,)))
    elif not element.get_attrs_diffs():
        text += " (no diffs)"
    return text


def nested_dict_of(root: View) -> dict[str, Any]:
    """Return the differences of a diff, or of an element and what is below it, as nested dicts; see `Diff.dict`."""
    return _answer(_nested_dict(root))


def _nested_dict(owner: Any) -> Steps[dict[str, Any]]:
    result: dict[str, Any]
    if not isinstance(owner, DiffView):
        result = owner.get_attrs_diffs()
        if _is_answered_below(owner, "has_diffs", is_ordered=False) and not _has_changes(owner):
            return result
        if not _is_without(owner.child_diff, "has_diffs") and (yield Question(owner.child_diff, "has_diffs")):
            result.update((yield Question(owner.child_diff, "dict")))
        return result
    if _is_answered(owner, *ITERATION, "has_diffs", "dict", is_ordered=True):
        return nested_dict(owner._flat, owner._index)
    result = {}
    for child in owner.get_children():
        known = _known_diffs(child)
        if (yield Question(child, "has_diffs", (), WITH_CHILDREN)) if known is None else known:
            below = yield Question(child, "dict")
            result.setdefault(child.type, {})[child.name] = below
    return result


# ---- recursion ----


WALKS: dict[str, Callable[..., Steps[Any]]] = {
    "__len__": _length,
    "has_diffs": _diffs,
    "summary": _counts,
    "str": _text,
    "dict": _nested_dict,
}


def _answer(steps: Steps[T]) -> T:
    """Walk to the end of a recursion and return its result.

    Where the object asked has the library's own method, the walk goes on into it; one that overrides it, in a subclass
    or on the instance, is called as it would be in a recursion. What is said of differences is kept for the rest of the
    walk, as it is asked at every level.
    """
    stack: list[tuple[Steps[Any], Question | None]] = [(steps, None)]
    kept: dict[int, tuple[Any, Any]] = {}
    answer: Any = None
    while stack:
        steps, question = stack[-1]
        try:
            following = steps.send(answer)
        except StopIteration as finished:
            answer = finished.value
            stack.pop()
            if question is not None and question.method == "has_diffs":
                # The owner is kept along with the answer: while it lives, no other object has its id.
                kept[id(question.owner)] = question.owner, answer
            continue
        owner, name = following.owner, following.method
        if name == "has_diffs" and id(owner) in kept:
            answer = kept[id(owner)][1]
            continue
        method = getattr(owner, name)
        function = getattr(method, "__func__", None)
        if function is not None and function is getattr(owner, "_library", {}).get(name):
            answer = None
            stack.append((WALKS[name](owner, *following.args, **following.kwargs), following))
        else:
            answer = method(*following.args, **following.kwargs)
    return answer  # type: ignore[no-any-return]
