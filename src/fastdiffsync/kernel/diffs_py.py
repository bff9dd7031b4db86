"""Diffs: the elements that they hold.

The twin of `diffs.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..exceptions import ObjectAlreadyExists
from ..runtime.arguments import described
from ..utils import OrderedDefaultDict
from .elements_py import ElementView
from .views_py import View, Viewed, element_at, indices_by_type, touch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..diff import DiffElement
__all__ = ["DiffView"]


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

    models_processed: int

    def __init__(self) -> None:
        """Make an empty diff."""
        self.__dict__["models_processed"] = 0

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
        values, own = element.__dict__, self.__dict__
        element_type = values.get("type") or element.type
        name = values.get("name") or element.name
        group = (own.get("children") or self.children)[element_type]
        if name in group:
            keys = f"{group[name].keys} and {element.keys}"
            message = f"Already storing a {element_type} named {name}: {keys} need different names"
            raise ObjectAlreadyExists(message, element)
        group[name] = element

    def groups(self) -> list[str]:
        """Return the types of the elements, in the order in which they first occur."""
        values = self.__dict__
        if "children" in values:
            return list(self.children)
        if "_groups" not in values:
            if self._flat is None or type(self).children is not self._library["children"]:
                return list(self.children.keys())
            values["_groups"] = list(indices_by_type(self._flat, self._index))
        return values["_groups"].copy()  # type: ignore[no-any-return]

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
