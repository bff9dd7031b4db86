"""Diffs and their elements: what they hold, and what they answer without looking further down.

The twin of `elements.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..enum import DiffSyncActions
from ..exceptions import ObjectAlreadyExists
from ..runtime.arguments import described
from ..utils import OrderedDefaultDict, intersection
from .views_py import View, Viewed, element_at, touch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..diff import Diff, DiffElement
    from .views_py import FlatView

__all__ = ["DiffView", "ElementView"]

ACTIONS = (DiffSyncActions.NO_CHANGE, DiffSyncActions.CREATE, DiffSyncActions.UPDATE, DiffSyncActions.DELETE)


# ---- diffs ----


def expose_children(flat: Any, index: int) -> OrderedDefaultDict[str, dict[str, DiffElement]]:
    """Return the elements that a diff shows, by type and name."""
    touch(flat, index)
    children: OrderedDefaultDict[str, dict[str, DiffElement]] = OrderedDefaultDict(dict)
    for group, indices in indices_by_type(flat, index).items():
        children[group] = {flat.name(child): element_at(flat, child) for child in indices}
    return children


class DiffView(View):
    """What `Diff` is made of."""

    if TYPE_CHECKING:
        children: OrderedDefaultDict[str, dict[str, DiffElement]]
    else:
        children = Viewed(expose_children, default=lambda: OrderedDefaultDict(dict))

    def __init__(self) -> None:
        """Make an empty diff."""
        self.models_processed = 0

    def add(self, element: DiffElement) -> None:
        """Add an element.

        Raises:
            TypeError: If it is no element.
            ObjectAlreadyExists: If there is an element of the same type and name.
        """
        is_element = isinstance(element, ElementView)
        if not is_element:
            message = f"a diff takes a DiffElement, not {described(element)}"
            raise TypeError(message)
        element_type, name = element.type, element.name
        group = self.children[element_type]
        if name in group:
            keys = f"{group[name].keys} and {element.keys}"
            message = f"Already storing a {element_type} named {name}: {keys} need different names"
            raise ObjectAlreadyExists(message, element)
        group[name] = element

    def groups(self) -> list[str]:
        """Return the types of the elements, in the order in which they first occur."""
        if self._flat is None or "children" in vars(self) or type(self).children is not self._library["children"]:
            return list(self.children.keys())
        return list(indices_by_type(self._flat, self._index))

    def get_children(self) -> Iterator[DiffElement]:
        """Return an iterator of the elements, type by type.

        The elements of a type come in the order of the method `order_children_<type>`, if there is one, which is
        given the dict `children[type]`; otherwise in that of `order_children_default`.
        """
        own_order = self._library["order_children_default"].__func__
        for group, elements in filed(self):
            method = f"order_children_{group}"
            order: Any = getattr(self, method) if hasattr(self, method) else self.order_children_default  # type: ignore[attr-defined]
            if getattr(order, "__func__", None) is own_order:
                yield from elements
            else:
                yield from order(self.children[group])


def indices_by_type(flat: FlatView, index: int) -> dict[str, list[int]]:
    """Return the indices right below one, by type, in the order in which the types first occur."""
    indices: dict[str, list[int]] = {}
    array = flat.array
    for child in array.children(index):
        indices.setdefault(array.type(child), []).append(child)
    return indices


def filed(diff: Any) -> Iterator[tuple[str, Iterable[Any]]]:
    """Yield each type with its elements, as `groups` and `children` have them."""
    flat, library, cls = diff._flat, diff._library, type(diff)
    if (
        flat is None
        or "children" in vars(diff)
        or "groups" in vars(diff)
        or cls.children is not library["children"]
        or cls.groups is not library["groups"]
    ):
        for group in diff.groups():
            yield group, diff.children[group].values()
    else:
        for group, indices in indices_by_type(flat, diff._index).items():
            yield group, [element_at(flat, child) for child in indices]


# ---- elements ----


def view_below(flat: FlatView, index: int) -> Any:
    """Return a new diff of what is below an element."""
    diff = flat.diff_class()
    diff._index = index
    diff._flat = flat
    return diff


class ElementView(View):
    """What `DiffElement` is made of."""

    if TYPE_CHECKING:
        type: str
        name: str
        keys: dict[str, Any]
        source_name: str
        dest_name: str
        source_attrs: dict[str, Any] | None
        dest_attrs: dict[str, Any] | None
        child_diff: Diff
    else:
        type = Viewed(lambda flat, index: flat.array.type(index))
        name = Viewed(lambda flat, index: flat.name(index))
        keys = Viewed(lambda flat, index: flat.keys(index))
        source_name = Viewed(lambda flat, _index: flat.source_name)
        dest_name = Viewed(lambda flat, _index: flat.dest_name)
        source_attrs = Viewed(lambda flat, index: expose_sides(flat, index)["source_attrs"])
        dest_attrs = Viewed(lambda flat, index: expose_sides(flat, index)["dest_attrs"])
        child_diff = Viewed(view_below)

    def _fill(  # noqa: PLR0913, PLR0917 - they are given by place, which is quickest
        self, obj_type: str, name: str, keys: Any, source_name: str, dest_name: str, child_diff: Any
    ) -> None:
        """Set all that an element has which is made by hand."""
        self.type = obj_type
        self.name = name
        self.keys = keys
        self.source_name = source_name
        self.dest_name = dest_name
        self.source_attrs = None
        self.dest_attrs = None
        self.child_diff = child_diff

    @property
    def action(self) -> str | None:
        """What is to be done about the record: "create", "update", "delete" or None."""
        return action_of(self)

    def _found_action(self) -> str | None:
        """Return what the attributes of both sides say is to be done, whatever a subclass says."""
        return action_of(self)

    def _sides(self) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """Return the attributes of both sides, for reading alone: of a view they are not handed out."""
        return sides(self)

    def add_attrs(self, source: dict[str, Any] | None = None, dest: dict[str, Any] | None = None) -> None:
        """Set the attributes of one or both sides; None leaves a side as it is."""
        if source is not None:
            self.source_attrs = source
        if dest is not None:
            self.dest_attrs = dest

    def add_child(self, element: DiffElement) -> None:
        """Add an element below this one; see `Diff.add`."""
        self.child_diff.add(element)

    def get_attrs_keys(self) -> Iterable[str]:
        """Return the names of the attributes that both sides have, or that the only side has."""
        source, dest = sides(self)
        if source is not None and dest is not None:
            return intersection(dest.keys(), source.keys())
        only = dest if source is None else source
        return [] if only is None else only.keys()

    def get_attrs_diffs(self) -> dict[str, dict[str, Any]]:
        """Return the differing attributes, `{"+": {name: source's value}, "-": {name: destination's value}}`.

        If only one side has the record, there is only that side's part, with all attributes.
        """
        if self._flat is not None and not shows_sides(self):
            diffs: dict[str, dict[str, Any]] = self._flat.array.attrs_diffs(self._index)
            return diffs
        source, dest = self.source_attrs, self.dest_attrs
        names = self.get_attrs_keys()
        if source is not None and dest is not None:
            changed = [name for name in names if source[name] != dest[name]]
            return {"-": {name: dest[name] for name in changed}, "+": {name: source[name] for name in changed}}
        if dest is not None:
            return {"-": {name: dest[name] for name in names}}
        return {} if source is None else {"+": {name: source[name] for name in names}}

    def get_children(self) -> Iterator[DiffElement]:
        """Return an iterator of the elements right below this one; see `Diff.get_children`."""
        yield from self.child_diff.get_children()


def expose_sides(flat: Any, index: int) -> dict[str, Any]:
    """Give an element both sides' attributes; at once, so that they are of the same moment."""
    touch(flat, index)
    values: dict[str, Any] = vars(flat.elements[index])
    source_attrs, dest_attrs = flat.source_attrs(index), flat.dest_attrs(index)
    values.setdefault("source_attrs", source_attrs)
    values.setdefault("dest_attrs", dest_attrs)
    return values


def shows_sides(element: ElementView) -> bool:
    """Whether an element has attributes of its own, on either side."""
    values = vars(element)
    return "source_attrs" in values or "dest_attrs" in values


def sides(element: ElementView) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the attributes of both sides, for reading alone: of a view they are not handed out."""
    flat = element._flat
    if flat is None or shows_sides(element):
        return element.source_attrs, element.dest_attrs
    return flat.source_attrs(element._index), flat.dest_attrs(element._index)


def action_of(element: ElementView) -> str | None:
    """Return what the attributes of both sides say is to be done about the record."""
    flat = element._flat
    if flat is not None and not shows_sides(element):
        return ACTIONS[flat.array.action(element._index)]
    source, dest = element.source_attrs, element.dest_attrs
    if source is None or dest is None:
        if source is not None:
            return DiffSyncActions.CREATE
        return None if dest is None else DiffSyncActions.DELETE
    is_changed = any(source[name] != dest[name] for name in element.get_attrs_keys())
    return DiffSyncActions.UPDATE if is_changed else DiffSyncActions.NO_CHANGE
