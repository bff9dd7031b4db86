"""What diffs and their elements have in common: they may be views of a flat diff, until somebody changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ..enum import DiffSyncActions
from .flat import FlatDiff

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._kernel import FlatArray
    from ..adapter import Adapter
    from ..diff import Diff, DiffElement

V = TypeVar("V", bound="type[View]")

ITERATION = ("children", "groups", "get_children")
"""What decides which elements a diff has, apart from the methods that order them."""


class ViewedDiff(FlatDiff):
    """A flat diff that is shown as a tree, and what has been handed out of it.

    Attributes:
        diff_class: Class of the diff and of its elements' child diffs.
        elements: The elements that somebody has looked at, by index.
        touched: Indices of the elements of which something that can be changed has been handed out, and of all above
            them; for those the array no longer answers.
    """

    __slots__ = ("diff_class", "elements", "touched")

    def __init__(self, array: FlatArray, source: Adapter, dest: Adapter, diff_class: type[Diff]) -> None:
        """Show the array of a diff from `source` to `dest`."""
        super().__init__(array, source, dest)
        self.diff_class = diff_class
        self.elements: dict[int, DiffElement] = {}
        self.touched: set[int] = set()


class Viewed:
    """An attribute that is read from the flat diff when somebody first asks; from then on the instance has it."""

    def __init__(self, read: Callable[[ViewedDiff, int], Any], default: Callable[[], Any] | None = None) -> None:
        """Describe the attribute.

        Args:
            read: Reads the value, given the flat diff and the view's index.
            default: Makes the value where there is no flat diff; None if the attribute must then be assigned.
        """
        self._read = read
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        """Note the attribute's name."""
        self._name = name

    def __get__(self, view: View | None, owner: type) -> Any:
        """Read the attribute for the first time."""
        if view is None:
            return self
        if view._flat is not None:
            value = self._read(view._flat, view._index)
        elif self._default is not None:
            value = self._default()
        else:
            message = f"{type(view).__name__!r} object has no attribute {self._name!r}"
            raise AttributeError(message)
        vars(view)[self._name] = value
        return value


class View:
    """A view of one element of a flat diff, or of all that is below it; or, without a flat diff, a thing of its own."""

    _flat: ViewedDiff | None = None
    _index: int = -1
    _library: ClassVar[dict[str, Any]]

    def __setattr__(self, name: str, value: Any) -> None:
        """Assign an attribute; if it replaces what the library has under the name, the flat diff no longer answers."""
        if self._flat is not None and (name in self._library or name.startswith("order_children_")):
            touch(self._flat, self._index)
        object.__setattr__(self, name, value)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle and copy the values: a copy stands on its own, apart from flat diff and adapters."""
        for name, attribute in self._library.items():
            if isinstance(attribute, Viewed):
                getattr(self, name)
        return {name: value for name, value in vars(self).items() if name not in {"_flat", "_index"}}


def library_class(cls: V) -> V:
    """Note what a class of the library defines, so that overrides can be told from it."""
    cls._library = dict(vars(cls))
    return cls


def is_overridden(cls: type[View], *names: str) -> bool:
    """Return whether a class has one of these methods from somewhere else than the library."""
    library = cls._library
    for name in names:  # noqa: SIM110 - asked of every element: a generator would take longer than all the rest
        if getattr(cls, name) is not library[name]:
            return True
    return False


def has_replaced_methods(view: View, *names: str) -> bool:
    """Return whether methods, these or else any, have been replaced on the instance."""
    library, values = view._library, vars(view)
    if values.keys().isdisjoint(names or library):
        return False
    return any(name in values and not isinstance(library[name], Viewed) for name in names or library)


def touch(flat: ViewedDiff, index: int) -> None:
    """Note that the flat diff no longer answers for an element, nor for any above it.

    That is so from the moment when something that can be changed is handed out, or something is assigned.
    """
    path = []
    while index not in flat.touched:
        path.append(index)
        if index == -1:
            break
        index = flat.parent(index)
    # From the top down: whatever comes in between, of one that is noted all above it are.
    while path:
        flat.touched.add(path.pop())


def indices_by_type(flat: ViewedDiff, index: int) -> dict[str, list[int]]:
    """Return the indices right below one, by type, in the order in which the types first occur."""
    indices: dict[str, list[int]] = {}
    for child in flat.children(index):
        indices.setdefault(flat.type(child), []).append(child)
    return indices


def unexposed(diff: View, *methods: str) -> ViewedDiff | None:
    """Return the flat diff if it knows the children: their dict not handed out, and these methods not overridden."""
    if "children" in vars(diff) or has_replaced_methods(diff, *methods) or is_overridden(type(diff), *methods):
        return None
    return diff._flat


def array_of(diff: Diff, *methods: str, is_ordered: bool = False) -> ViewedDiff | None:
    """Return the flat diff if it answers for all of this one: nothing touched, these methods not overridden."""
    flat = diff._flat
    index = diff._index
    if flat is None or index in flat.touched:
        return None
    values, cls, library = diff.__dict__, type(diff), diff._library
    for name in methods:
        if name in values or getattr(cls, name) is not library[name]:
            return None
    # A diff without elements has nothing to order; most have none, and need not be asked.
    if is_ordered and flat.array.end(index) > index + 1 and is_reordered(diff, flat):
        return None
    return flat


def is_reordered(diff: Diff, flat: ViewedDiff) -> bool:
    """Whether an order method may leave elements out, or bring others."""
    order = diff.order_children_default
    if getattr(order, "__func__", None) is not diff._library["order_children_default"].__func__:
        return True
    for name in flat.array.types():  # noqa: SIM110 - a generator would take longer than all the rest
        if hasattr(diff, f"order_children_{name}"):
            return True
    return False


def is_as_made(root: Diff, flat: ViewedDiff, index: int) -> bool:
    """Whether what was handed out of an element still says what the flat diff says."""
    if index == -1:
        return _lists_as_made(root, flat, -1)
    element = flat.elements.get(index)
    if element is None:
        return True
    values = vars(element)
    for name in ("source_attrs", "dest_attrs", "type", "name", "keys"):
        if name in values and values[name] != getattr(flat, name)(index):
            return False
    if has_replaced_methods(element):
        return False
    below: Diff | None = values.get("child_diff")
    return below is None or (below._flat is flat and below._index == index and _lists_as_made(below, flat, index))


def _lists_as_made(diff: Diff, flat: ViewedDiff, index: int) -> bool:
    if has_replaced_methods(diff) or is_reordered(diff, flat):
        return False
    children = vars(diff).get("children")
    if children is None:
        return True
    listed = [(group, list(elements.values())) for group, elements in children.items() if elements]
    made = indices_by_type(flat, index).items()
    # Elements are compared by identity: their equality is that of the attributes.
    return [(group, [id(element) for element in elements]) for group, elements in listed] == [
        (group, [id(flat.elements.get(child)) for child in indices]) for group, indices in made
    ]


def exposed_attrs(flat: ViewedDiff, index: int) -> dict[str, Any]:
    """Give an element both sides' attributes; at once, so that they are of the same moment."""
    touch(flat, index)
    values = vars(flat.elements[index])
    source_attrs, dest_attrs = flat.source_attrs(index), flat.dest_attrs(index)
    values.setdefault("source_attrs", source_attrs)
    values.setdefault("dest_attrs", dest_attrs)
    return values


def snapshot(element: DiffElement) -> ViewedDiff | None:
    """Return the flat diff if it answers for the attributes of an element."""
    return None if vars(element).keys() & {"source_attrs", "dest_attrs"} else element._flat


def sides(element: DiffElement) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the attributes of both sides, for reading alone: of a view they are not handed out."""
    flat = snapshot(element)
    if flat is None:
        return element.source_attrs, element.dest_attrs
    return flat.source_attrs(element._index), flat.dest_attrs(element._index)


def action_of(element: DiffElement) -> str | None:
    """Return what the attributes of both sides say is to be done about the record."""
    flat = snapshot(element)
    if flat is not None:
        return flat.action(element._index)
    source, dest = element.source_attrs, element.dest_attrs
    if source is None or dest is None:
        if source is not None:
            return DiffSyncActions.CREATE
        return None if dest is None else DiffSyncActions.DELETE
    is_changed = any(source[name] != dest[name] for name in element.get_attrs_keys())
    return DiffSyncActions.UPDATE if is_changed else DiffSyncActions.NO_CHANGE
