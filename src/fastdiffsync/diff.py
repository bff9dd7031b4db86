"""Diff and DiffElement: the tree that people read, a view over the flat records."""

from __future__ import annotations

from functools import partial, total_ordering
from typing import TYPE_CHECKING, Any

from .enum import DiffSyncActions
from .exceptions import ObjectAlreadyExists
from .runtime.arguments import described
from .utils import OrderedDefaultDict, intersection
from .views import view
from .views.equality import are_equal
from .views.recursion import ask, ask_once, walked, walked_unless
from .views.text import changes_text, nested_dict, text_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .views.view import ViewedDiff
from .views.recursion import Steps

# Annotations below need these names: `dict` and `str` are methods of the classes.
_dict = dict
_str = str
_COUNTED = (DiffSyncActions.CREATE, DiffSyncActions.UPDATE, DiffSyncActions.DELETE, "no-change")


def _view_below(flat: ViewedDiff, index: int) -> Diff:
    diff = flat.diff_class()
    diff._index = index
    diff._flat = flat
    return diff


def _exposed_children(flat: ViewedDiff, index: int) -> OrderedDefaultDict[str, dict[str, DiffElement]]:
    view.touch(flat, index)
    children: OrderedDefaultDict[str, dict[str, DiffElement]] = OrderedDefaultDict(dict)
    for group, indices in view.indices_by_type(flat, index).items():
        children[group] = {flat.name(child): element_at(flat, child) for child in indices}
    return children


def _known_length(diff: Diff) -> int | None:
    flat, index = view.array_of(diff, *view.ITERATION, is_ordered=True), diff._index
    return None if flat is None else flat.array.end(index) - index - 1


def _known_has_diffs(diff: Diff) -> bool | None:
    flat, index = view.array_of(diff, "children", "groups", "has_diffs"), diff._index
    if flat is None:
        return None
    stop = flat.array.end(index)
    return flat.array.next_changed(index + 1, stop) < stop


def _known_summary(diff: Diff) -> dict[str, int] | None:
    flat, index = view.array_of(diff, *view.ITERATION, "summary", is_ordered=True), diff._index
    return None if flat is None else _summary(diff, *flat.array.count(index + 1, flat.array.end(index)))


def _summary(diff: Diff, creates: int, updates: int, deletes: int, unchanged: int) -> dict[str, int]:
    # What both sides have was processed twice. What somebody has put in by hand has not been processed at all.
    skipped = max(diff.models_processed - creates - 2 * updates - deletes - 2 * unchanged, 0)
    return dict(zip((*_COUNTED, DiffSyncActions.SKIP), (creates, updates, deletes, unchanged, skipped), strict=True))


@view.library_class
class Diff(view.View):
    """The differences between two datasets, or below one of their elements, as a tree.

    A diff that the library has calculated is a view: its elements are made when somebody looks at them, and what can
    be answered without them is. A diff can also be put together by hand, with `add`.

    Attributes:
        children: The elements, as `{type: {name: element}}`; they may be added, removed and reordered here.
        models_processed: How many records of both sides the calculation looked at.
    """

    if TYPE_CHECKING:
        children: OrderedDefaultDict[_str, _dict[_str, DiffElement]]
    else:
        children = view.Viewed(_exposed_children, default=lambda: OrderedDefaultDict(dict))

    def __init__(self) -> None:
        """Make an empty diff."""
        self.models_processed = 0

    def __eq__(self, other: object) -> bool:
        """Whether the other diff is of the same class and has equal elements at every level, in whatever order.

        What the datasets are called, and what was skipped, does not matter.
        """
        return are_equal(self, other, _filed, element_at) if type(self) is type(other) else NotImplemented

    __hash__ = object.__hash__  # by identity: a diff may change, and programs keep them in sets

    @walked_unless(_known_length)
    def __len__(self) -> Steps[int]:
        """Return the number of elements, all levels together."""
        total = 0
        for child in self.get_children():
            total += yield ask(child, "__len__")
        return total

    def complete(self) -> None:
        """Do what is to be done when a calculated diff is complete; a subclass may save it here."""

    def add(self, element: DiffElement) -> None:
        """Add an element.

        Raises:
            TypeError: If it is no element.
            ObjectAlreadyExists: If there is an element of the same type and name.
        """
        is_element = isinstance(element, DiffElement)
        if not is_element:
            message = f"a diff takes a DiffElement, not {described(element)}"
            raise TypeError(message)
        group = self.children[element.type]
        if element.name in group:
            keys = f"{group[element.name].keys} and {element.keys}"
            message = f"Already storing a {element.type} named {element.name}: {keys} need different names"
            raise ObjectAlreadyExists(message, element)
        group[element.name] = element

    def groups(self) -> list[_str]:
        """Return the types of the elements, in the order in which they first occur."""
        flat = view.unexposed(self, "children")
        return list(self.children.keys() if flat is None else view.indices_by_type(flat, self._index))

    @walked_unless(_known_has_diffs)
    def has_diffs(self) -> Steps[bool]:
        """Return whether any element, at any level, has an action."""
        for _group, elements in _filed(self):
            for child in elements:
                if (yield ask_once(child, "has_diffs", include_children=True)):
                    return True
        return False

    def get_children(self) -> Iterator[DiffElement]:
        """Yield the elements, type by type.

        The elements of a type come in the order of the method `order_children_<type>`, if there is one, which is
        given the dict `children[type]`; otherwise in that of `order_children_default`.
        """
        for group, elements in _filed(self):
            method = f"order_children_{group}"
            order = getattr(self, method) if hasattr(self, method) else self.order_children_default
            if getattr(order, "__func__", None) is _ORDER_OF_ADDING:
                yield from elements
            else:
                yield from order(self.children[group])

    @classmethod
    def order_children_default(cls, children: _dict[_str, DiffElement]) -> Iterator[DiffElement]:
        """Yield the elements of one type in the order in which they were added.

        Args:
            children: The elements by name.
        """
        yield from children.values()

    @walked_unless(_known_summary)
    def summary(self) -> Steps[_dict[_str, int]]:
        """Return how many elements are to be created, updated and deleted, or have no change, and what was skipped.

        `skip` counts the records that the calculation has looked at and that are in no element. It is 0 for what nobody
        has calculated: a diff that was put together by hand, and what is below an element.
        """
        summary = dict.fromkeys(_COUNTED, 0)
        for child in self.get_children():
            below = yield ask(child, "summary")
            for name in _COUNTED:
                summary[name] += below[name]
        return _summary(self, *summary.values())

    @walked
    def str(self, indent: int = 0) -> Steps[_str]:
        """Describe the differences, one line for each type, element and changed attribute.

        Args:
            indent: Number of spaces before each line.
        """
        flat = view.array_of(self, "children", "groups", "has_diffs", "str")
        if flat is not None:
            return "\n".join(text_lines(flat, self._index, indent)) or "(no diffs)"
        lines = []
        for group, elements in _filed(self):
            heading = [" " * indent + group]
            for child in elements:
                if (yield ask_once(child, "has_diffs", include_children=True)):
                    lines += heading
                    heading = []
                    lines.append((yield ask(child, "str", indent + 2)))
        return "\n".join(lines) or "(no diffs)"

    @walked
    def dict(self) -> Steps[_dict[_str, _dict[_str, _dict[_str, Any]]]]:
        """Return the differences as nested dicts.

        Each element is `{"+": new values, "-": old values, type: {name: element}, ...}`.
        """
        flat = view.array_of(self, *view.ITERATION, "has_diffs", "dict", is_ordered=True)
        if flat is not None:
            return nested_dict(flat, self._index)
        result: _dict[_str, _dict[_str, _dict[_str, Any]]] = {}
        for child in self.get_children():
            if (yield ask_once(child, "has_diffs", include_children=True)):
                below = yield ask(child, "dict")
                result.setdefault(child.type, {})[child.name] = below
        return result


_ORDER_OF_ADDING = Diff._library["order_children_default"].__func__


@view.library_class
@total_ordering
class DiffElement(view.View):
    """One record that two datasets may differ in.

    Attributes:
        type: The record's type name.
        name: Its name among its siblings, the shortname.
        keys: Its identifiers and their values.
        source_name, dest_name: Names of the datasets.
        source_attrs, dest_attrs: Its attributes on either side; None if a side does not have it.
        child_diff: The differences below it.
    """

    if not TYPE_CHECKING:
        type = view.Viewed(lambda flat, index: flat.type(index))
        name = view.Viewed(lambda flat, index: flat.name(index))
        keys = view.Viewed(lambda flat, index: flat.keys(index))
        source_name = view.Viewed(lambda flat, _index: flat.source_name)
        dest_name = view.Viewed(lambda flat, _index: flat.dest_name)
        source_attrs = view.Viewed(lambda flat, index: view.exposed_attrs(flat, index)["source_attrs"])
        dest_attrs = view.Viewed(lambda flat, index: view.exposed_attrs(flat, index)["dest_attrs"])
        child_diff = view.Viewed(_view_below)

    def __init__(  # noqa: PLR0913, PLR0917 - diffsync's signature
        self,
        obj_type: _str,
        name: _str,
        keys: _dict[_str, Any],
        source_name: _str = "source",
        dest_name: _str = "dest",
        diff_class: type[Diff] = Diff,
    ) -> None:
        """Make an element by hand.

        Args:
            obj_type: The record's type name.
            name: Its name; no other element of the type may have it under the same parent.
            keys: Its identifiers and their values.
            source_name: Name of the source dataset.
            dest_name: Name of the destination dataset.
            diff_class: Class of `child_diff`.

        Raises:
            ValueError: If the type or the name is no text.
        """
        texts: _dict[_str, Any] = {"obj_type": obj_type, "name": name}
        for label, value in texts.items():
            if not isinstance(value, _str):
                message = f"{label} must be a string (not {type(value)})"
                raise ValueError(message)  # noqa: TRY004 - the type that diffsync raises
        self.type = obj_type
        self.name = name
        self.keys = keys
        self.source_name = source_name
        self.dest_name = dest_name
        self.source_attrs: _dict[_str, Any] | None = None
        self.dest_attrs: _dict[_str, Any] | None = None
        self.child_diff = diff_class()

    def __lt__(self, other: DiffElement) -> bool:
        """Whether type and name come before the other's."""
        return (self.type, self.name) < (other.type, other.name)

    def __eq__(self, other: object) -> bool:
        """Whether type, name, keys and attributes of both sides are equal; children do not matter."""
        if not isinstance(other, DiffElement):
            return NotImplemented
        identity, other_identity = (self.type, self.name, self.keys), (other.type, other.name, other.keys)
        return identity == other_identity and view.sides(self) == view.sides(other)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> _str:
        """Describe the element alone in one line."""
        sides = f"{self.source_name} → {self.dest_name}"
        return f'{self.type} "{self.name}" : {self.keys} : {sides} : {self.get_attrs_diffs()}'

    @walked
    def __len__(self) -> Steps[int]:
        """Return the number of elements from this one down."""
        flat = view.array_of(self.child_diff, *view.ITERATION, is_ordered=True)
        if flat is not None:
            return flat.end(self._index) - self._index
        total = 1
        for child in self.get_children():
            total += yield ask(child, "__len__")
        return total

    @property
    def action(self) -> _str | None:
        """What is to be done about the record: "create", "update", "delete" or None."""
        return view.action_of(self)

    def add_attrs(self, source: _dict[_str, Any] | None = None, dest: _dict[_str, Any] | None = None) -> None:
        """Set the attributes of one or both sides; None leaves a side as it is."""
        if source is not None:
            self.source_attrs = source
        if dest is not None:
            self.dest_attrs = dest

    def get_attrs_keys(self) -> Iterable[_str]:
        """Return the names of the attributes that both sides have, or that the only side has."""
        source, dest = view.sides(self)
        if source is not None and dest is not None:
            return intersection(dest.keys(), source.keys())
        only = dest if source is None else source
        return [] if only is None else only.keys()

    def get_attrs_diffs(self) -> _dict[_str, _dict[_str, Any]]:
        """Return the differing attributes, `{"+": {name: source's value}, "-": {name: destination's value}}`.

        If only one side has the record, there is only that side's part, with all attributes.
        """
        flat = view.snapshot(self)
        if flat is not None:
            return flat.attrs_diffs(self._index)
        source, dest = self.source_attrs, self.dest_attrs
        names = self.get_attrs_keys()
        if source is not None and dest is not None:
            changed = [name for name in names if source[name] != dest[name]]
            return {"-": {name: dest[name] for name in changed}, "+": {name: source[name] for name in changed}}
        if dest is not None:
            return {"-": {name: dest[name] for name in names}}
        return {} if source is None else {"+": {name: source[name] for name in names}}

    def add_child(self, element: DiffElement) -> None:
        """Add an element below this one; see `Diff.add`."""
        self.child_diff.add(element)

    def get_children(self) -> Iterator[DiffElement]:
        """Yield the elements right below this one; see `Diff.get_children`."""
        yield from self.child_diff.get_children()

    @walked
    def has_diffs(self, include_children: bool = True) -> Steps[bool]:
        """Return whether the element has an action.

        Args:
            include_children: Whether one anywhere below it counts too.
        """
        if view.action_of(self) is not None:
            return True
        return include_children and bool((yield ask_once(self.child_diff, "has_diffs")))

    @walked
    def summary(self) -> Steps[_dict[_str, int]]:
        """Return how many elements from this one down are to be created, updated and deleted, or have no change."""
        below = yield ask(self.child_diff, "summary")
        summary = {name: below[name] for name in _COUNTED}
        summary[self.action or "no-change"] += 1
        return summary

    @walked
    def str(self, indent: int = 0) -> Steps[_str]:
        """Describe the element and the differences below it; see `Diff.str`.

        Args:
            indent: Number of spaces before each line.
        """
        margin = " " * indent
        text = f"{margin}{self.type}: {self.name}"
        action = view.action_of(self)
        if action == DiffSyncActions.CREATE:
            text += f" MISSING in {self.dest_name}"
        elif action == DiffSyncActions.DELETE:
            text += f" MISSING in {self.source_name}"
        else:
            text += changes_text(self.get_attrs_diffs(), margin, self.source_name, self.dest_name)
        if (yield ask_once(self.child_diff, "has_diffs")):
            text += "\n" + (yield ask(self.child_diff, "str", indent + 2))
        elif not self.get_attrs_diffs():
            text += " (no diffs)"
        return text

    @walked
    def dict(self) -> Steps[_dict[_str, Any]]:
        """Return the element's differences and those below it as nested dicts; see `Diff.dict`."""
        result: _dict[_str, Any] = self.get_attrs_diffs()
        if (yield ask_once(self.child_diff, "has_diffs")):
            result.update((yield ask(self.child_diff, "dict")))
        return result


# ---- views ----


def element_at(flat: ViewedDiff, index: int) -> DiffElement:
    """Return the element that shows a record of a flat diff, always the same one."""
    element = flat.elements.get(index)
    if element is None:
        element = object.__new__(DiffElement)
        values = vars(element)
        values["_flat"], values["_index"] = flat, index
        flat.elements[index] = element
    return element


def _filed(diff: Diff) -> Iterator[tuple[str, Iterable[DiffElement]]]:
    """Yield each type with its elements, as `groups` and `children` have them."""
    flat = view.unexposed(diff, "children", "groups")
    if flat is None:
        for group in diff.groups():
            yield group, diff.children[group].values()
    else:
        for group, indices in view.indices_by_type(flat, diff._index).items():
            yield group, map(partial(element_at, flat), indices)
