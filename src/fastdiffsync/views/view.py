"""What diffs and their elements have in common: they may be views of a flat diff, until somebody changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .. import _kernel as kernel

if TYPE_CHECKING:
    from ..diff import Diff
    from .flat import FlatDiff

V = TypeVar("V", bound="type[kernel.View]")

_OWN_STATE = {"_flat", "_index", "_is_own", "_library", "models_processed"}

ITERATION = ("children", "groups", "get_children")
"""What decides which elements a diff has, apart from the methods that order them."""


def library_class(cls: V) -> V:
    """Note what a class of the library defines, so that overrides can be told from it."""
    names = {name for base in cls.__mro__[:-1] for name in vars(base)} - _OWN_STATE
    cls._library = {name: getattr(cls, name) for name in names}
    kernel.know_class(cls, cls._library)
    return cls


def is_overridden(cls: type[kernel.View], *names: str) -> bool:
    """Return whether a class has one of these methods from somewhere else than the library."""
    library = cls._library
    for name in names:  # noqa: SIM110 - asked of every element: a generator would take longer than all the rest
        if getattr(cls, name) is not library[name]:
            return True
    return False


def has_replaced_methods(view: kernel.View, *names: str) -> bool:
    """Return whether methods, these or else any, have been replaced on the instance."""
    library, values = view._library, vars(view)
    if values.keys().isdisjoint(names or library):
        return False
    return any(name in values and callable(library.get(name)) for name in names or library)


def indices_by_type(flat: FlatDiff, index: int) -> dict[str, list[int]]:
    """Return the indices right below one, by type, in the order in which the types first occur."""
    indices: dict[str, list[int]] = {}
    for child in flat.children(index):
        indices.setdefault(flat.type(child), []).append(child)
    return indices


def unexposed(diff: kernel.View, *methods: str) -> FlatDiff | None:
    """Return the flat diff if it knows the children: their dict not handed out, and these methods not overridden."""
    if diff._has("children") or has_replaced_methods(diff, *methods) or is_overridden(type(diff), *methods):
        return None
    flat: FlatDiff | None = diff._flat
    return flat


def array_of(diff: Diff, *methods: str, is_ordered: bool = False) -> FlatDiff | None:
    """Return the flat diff if it answers for all of this one: nothing touched, these methods not overridden."""
    flat: FlatDiff | None = diff._flat
    index = diff._index
    if flat is None or index in flat.touched:
        return None
    values, cls, library = diff.__dict__, type(diff), diff._library
    if diff._has("children"):
        return None
    for name in methods:
        if name in values or getattr(cls, name) is not library[name]:
            return None
    # A diff without elements has nothing to order; most have none, and need not be asked.
    if is_ordered and flat.array.end(index) > index + 1 and is_reordered(diff, flat):
        return None
    return flat


def is_reordered(diff: Diff, flat: FlatDiff) -> bool:
    """Whether an order method may leave elements out, or bring others."""
    order = diff.order_children_default
    if getattr(order, "__func__", None) is not diff._library["order_children_default"].__func__:
        return True
    for name in flat.array.types():  # noqa: SIM110 - a generator would take longer than all the rest
        if hasattr(diff, f"order_children_{name}"):
            return True
    return False


def is_as_made(root: Diff, flat: FlatDiff, index: int) -> bool:
    """Whether what was handed out of an element still says what the flat diff says."""
    if index == -1:
        return _lists_as_made(root, flat, -1)
    element = flat.elements.get(index)
    if element is None:
        return True
    for name in ("source_attrs", "dest_attrs", "type", "name", "keys"):
        if element._has(name) and getattr(element, name) != getattr(flat, name)(index):
            return False
    if has_replaced_methods(element):
        return False
    if not element._has("child_diff"):
        return True
    below = element.child_diff
    return below._flat is flat and below._index == index and _lists_as_made(below, flat, index)


def _lists_as_made(diff: Diff, flat: FlatDiff, index: int) -> bool:
    if has_replaced_methods(diff) or is_reordered(diff, flat):
        return False
    if not diff._has("children"):
        return True
    listed = [(group, list(elements.values())) for group, elements in diff.children.items() if elements]
    made = indices_by_type(flat, index).items()
    # Elements are compared by identity: their equality is that of the attributes.
    return [(group, [id(element) for element in elements]) for group, elements in listed] == [
        (group, [id(flat.elements.get(child)) for child in indices]) for group, indices in made
    ]
