"""Diff and DiffElement: the tree that people read, a view over the flat records."""

from __future__ import annotations

from functools import total_ordering
from typing import TYPE_CHECKING, Any
from typing import Dict as _Dict  # noqa: UP035 - `dict` and `str` are methods of the classes below

from .enum import DiffSyncActions
from .exceptions import ObjectAlreadyExists
from .rendering import changes_text, nested_dict, text_lines
from .utils import OrderedDefaultDict, intersection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .flat import FlatDiff

_str = str
_COUNTED = (DiffSyncActions.CREATE, DiffSyncActions.UPDATE, DiffSyncActions.DELETE, "no-change")
_ITERATION = ("children", "groups", "get_children")


class Diff:
    """The differences between two datasets, or below one of their elements, as a tree.

    A diff that the library has calculated is a view: its elements are made when somebody looks at them, and what can
    be answered without them is. A diff can also be put together by hand, with `add`.

    Attributes:
        models_processed: How many records of both sides the calculation looked at.
    """

    _flat: FlatDiff | None = None
    _index = -1
    _children: OrderedDefaultDict[_str, _Dict[_str, DiffElement]] | None = None

    def __init__(self) -> None:
        """Make an empty diff."""
        self.models_processed = 0

    @property
    def children(self) -> OrderedDefaultDict[_str, _Dict[_str, DiffElement]]:
        """The elements, as `{type: {name: element}}`; they may be added, removed and reordered here."""
        if self._children is None:
            self._children = OrderedDefaultDict(dict)
            if self._flat is not None:
                touch(self._flat, self._index)
                for index in self._flat.children(self._index):
                    element = element_at(self._flat, index)
                    self._children[element.type][element.name] = element
        return self._children

    @children.setter
    def children(self, children: Any) -> None:
        if self._flat is not None:
            touch(self._flat, self._index)
        self._children = children

    def __len__(self) -> int:
        """Return the number of elements, all levels together."""
        return sum(_count(self))

    def complete(self) -> None:
        """Do what is to be done when a calculated diff is complete; a subclass may save it here."""

    def add(self, element: DiffElement) -> None:
        """Add an element.

        Raises:
            ObjectAlreadyExists: If there is an element of the same type and name.
        """
        group = self.children[element.type]
        if element.name in group:
            message = f"Already storing a {element.type} named {element.name}"
            raise ObjectAlreadyExists(message, element)
        group[element.name] = element

    def groups(self) -> list[_str]:
        """Return the types of the elements, in the order in which they first occur."""
        if self._flat is not None and self._children is None:
            return list(dict.fromkeys(self._flat.type(index) for index in self._flat.children(self._index)))
        return list(self.children.keys())

    def has_diffs(self) -> bool:
        """Return whether any element, at any level, has an action."""
        waiting: list[Diff] = [self]
        while waiting:
            diff = waiting.pop()
            if diff is not self and _is_overridden(diff, "has_diffs"):
                if diff.has_diffs():
                    return True
            elif (flat := _view(diff, "children", "groups")) is not None:
                start, stop = _extent(flat, diff._index)
                if flat.next_changed(start, stop) < stop:
                    return True
            else:
                for group in diff.groups():
                    for element in diff.children[group].values():
                        if element.has_diffs(include_children=False):
                            return True
                        waiting.append(element.child_diff)
        return False

    def get_children(self) -> Iterator[DiffElement]:
        """Yield the elements, type by type.

        The elements of a type come in the order of the method `order_children_<type>`, if there is one, which is
        given the dict `children[type]`; otherwise in that of `order_children_default`.
        """
        flat = _view(self, "children", "groups", is_ordered=True)
        if flat is not None:
            groups: _Dict[_str, list[int]] = {}
            for index in flat.children(self._index):
                groups.setdefault(flat.type(index), []).append(index)
            for indices in groups.values():
                for index in indices:
                    yield element_at(flat, index)
            return
        for group in self.groups():
            order: Callable[[Any], Iterable[DiffElement]]
            order = getattr(self, f"order_children_{group}", None) or self.order_children_default
            yield from order(self.children[group])

    @classmethod
    def order_children_default(cls, children: _Dict[_str, DiffElement]) -> Iterator[DiffElement]:
        """Yield the elements of one type in the order in which they were added.

        Args:
            children: The elements by name.
        """
        yield from children.values()

    def summary(self) -> _Dict[_str, int]:
        """Return how many elements are to be created, updated and deleted, have no change, and were skipped."""
        creates, updates, deletes, unchanged = _count(self, asks="summary")
        # What both sides have was processed twice.
        skipped = self.models_processed - creates - 2 * updates - deletes - 2 * unchanged
        return {**dict(zip(_COUNTED, (creates, updates, deletes, unchanged), strict=True)), DiffSyncActions.SKIP: skipped}

    def str(self, indent: int = 0) -> _str:
        """Describe the differences, one line for each type, element and changed attribute.

        Args:
            indent: Number of spaces before each line.
        """
        flat = _view(self, "children", "groups", "str", "has_diffs")
        if flat is not None:
            lines = text_lines(flat, self._index, indent)
        else:
            lines = []
            for group in self.groups():
                changed = [child for child in self.children[group].values() if child.has_diffs(include_children=True)]
                lines += [" " * indent + group] if changed else []
                lines += [child.str(indent + 2) for child in changed]
        return "\n".join(lines) or "(no diffs)"

    def dict(self) -> _Dict[_str, _Dict[_str, _Dict[_str, Any]]]:
        """Return the differences as nested dicts.

        Each element is `{"+": new values, "-": old values, type: {name: element}, ...}`.
        """
        flat = _view(self, *_ITERATION, "dict", "has_diffs", is_ordered=True)
        if flat is not None:
            return nested_dict(flat, self._index)
        result: _Dict[_str, _Dict[_str, _Dict[_str, Any]]] = {}
        for child in self.get_children():
            if child.has_diffs(include_children=True):
                result.setdefault(child.type, {})[child.name] = child.dict()
        return result


class _Viewed:
    """An attribute of an element: set, or read from the flat diff when somebody first asks.

    An attribute that can be changed from outside once it is handed out, and any that is assigned, takes the element
    out of the flat diff's hands: `touch`.
    """

    def __init__(self, read: Callable[[FlatDiff, int], Any], *, exposes: bool = False) -> None:
        self._read = read
        self._exposes = exposes

    def __set_name__(self, owner: type, name: str) -> None:
        self._slot = f"_{name}"

    def __get__(self, element: DiffElement | None, owner: type) -> Any:
        if element is None:
            return self
        values = element.__dict__
        if self._slot in values:
            return values[self._slot]
        if element._flat is None:
            raise AttributeError(self._slot[1:])
        value = values[self._slot] = self._read(element._flat, element._index)
        if self._exposes:
            touch(element._flat, element._index)
        return value

    def __set__(self, element: DiffElement, value: Any) -> None:
        if element._flat is not None:
            touch(element._flat, element._index)
        element.__dict__[self._slot] = value


@total_ordering
class DiffElement:
    """One record that two datasets may differ in.

    Attributes:
        type: The record's type name.
        name: Its name among its siblings, the shortname.
        keys: Its identifiers and their values.
        source_name, dest_name: Names of the datasets.
        source_attrs, dest_attrs: Its attributes on either side; None if a side does not have it.
        child_diff: The differences below it.
    """

    _flat: FlatDiff | None = None
    _index = -1

    def __init__(
        self,
        obj_type: _str,
        name: _str,
        keys: _Dict[_str, Any],
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
        for label, value in (("obj_type", obj_type), ("name", name)):
            if not isinstance(value, _str):
                message = f"{label} must be a string (not {type(value)})"
                raise ValueError(message)  # noqa: TRY004 - the type that diffsync raises
        self.type = obj_type
        self.name = name
        self.keys = keys
        self.source_name = source_name
        self.dest_name = dest_name
        self.source_attrs: _Dict[_str, Any] | None = None
        self.dest_attrs: _Dict[_str, Any] | None = None
        self.child_diff = diff_class()

    if not TYPE_CHECKING:
        type = _Viewed(lambda flat, index: flat.type(index))
        name = _Viewed(lambda flat, index: flat.name(index))
        keys = _Viewed(lambda flat, index: flat.keys(index))
        source_name = _Viewed(lambda flat, _index: flat.source_name)
        dest_name = _Viewed(lambda flat, _index: flat.dest_name)
        source_attrs = _Viewed(lambda flat, index: flat.source_attrs(index), exposes=True)
        dest_attrs = _Viewed(lambda flat, index: flat.dest_attrs(index), exposes=True)
        child_diff = _Viewed(lambda flat, index: diff_view(flat, index))

    def __lt__(self, other: DiffElement) -> bool:
        """Whether type and name come before the other's."""
        return (self.type, self.name) < (other.type, other.name)

    def __eq__(self, other: object) -> bool:
        """Whether type, name, keys and attributes of both sides are equal; children do not matter."""
        if not isinstance(other, DiffElement):
            return NotImplemented
        return (self.type, self.name, self.keys, self.source_attrs, self.dest_attrs) == (
            other.type,
            other.name,
            other.keys,
            other.source_attrs,
            other.dest_attrs,
        )

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> _str:
        """Describe the element alone in one line."""
        return f'{self.type} "{self.name}" : {self.keys} : {self.source_name} → {self.dest_name} : {self.get_attrs_diffs()}'

    def __len__(self) -> int:
        """Return the number of elements from this one down."""
        return 1 + sum(_count(self.child_diff))

    @property
    def action(self) -> _str | None:
        """What is to be done about the record: "create", "update", "delete" or None."""
        if self._is_untouched():
            return self._flat.action(self._index)  # type: ignore[union-attr]
        source, dest = self.source_attrs, self.dest_attrs
        if source is None or dest is None:
            if source is not None:
                return DiffSyncActions.CREATE
            return None if dest is None else DiffSyncActions.DELETE
        is_changed = any(source[name] != dest[name] for name in self.get_attrs_keys())
        return DiffSyncActions.UPDATE if is_changed else DiffSyncActions.NO_CHANGE

    def add_attrs(self, source: _Dict[_str, Any] | None = None, dest: _Dict[_str, Any] | None = None) -> None:
        """Set the attributes of one or both sides; None leaves a side as it is."""
        if source is not None:
            self.source_attrs = source
        if dest is not None:
            self.dest_attrs = dest

    def get_attrs_keys(self) -> Iterable[_str]:
        """Return the names of the attributes that both sides have, or that the only side has."""
        if self.source_attrs is not None and self.dest_attrs is not None:
            return intersection(self.dest_attrs.keys(), self.source_attrs.keys())
        only = self.dest_attrs if self.source_attrs is None else self.source_attrs
        return [] if only is None else only.keys()

    def get_attrs_diffs(self) -> _Dict[_str, _Dict[_str, Any]]:
        """Return the differing attributes, `{"+": {name: source's value}, "-": {name: destination's value}}`.

        If only one side has the record, there is only that side's part, with all attributes.
        """
        if self._is_untouched():
            return self._flat.attrs_diffs(self._index)  # type: ignore[union-attr]
        source, dest = self.source_attrs, self.dest_attrs
        if source is not None and dest is not None:
            changed = [name for name in self.get_attrs_keys() if source[name] != dest[name]]
            return {"-": {name: dest[name] for name in changed}, "+": {name: source[name] for name in changed}}
        if dest is not None:
            return {"-": dict(dest)}
        return {} if source is None else {"+": dict(source)}

    def add_child(self, element: DiffElement) -> None:
        """Add an element below this one; see `Diff.add`."""
        self.child_diff.add(element)

    def get_children(self) -> Iterator[DiffElement]:
        """Yield the elements right below this one; see `Diff.get_children`."""
        yield from self.child_diff.get_children()

    def has_diffs(self, include_children: bool = True) -> bool:
        """Return whether the element has an action.

        Args:
            include_children: Whether one anywhere below it counts too.
        """
        return self.action is not None or (include_children and self.child_diff.has_diffs())

    def summary(self) -> _Dict[_str, int]:
        """Return how many elements from this one down are to be created, updated and deleted, or have no change."""
        summary = self.child_diff.summary()
        counts = {name: summary[name] for name in _COUNTED}
        counts[self.action or "no-change"] += 1
        return counts

    def _is_untouched(self) -> bool:
        values = self.__dict__
        return self._flat is not None and "_source_attrs" not in values and "_dest_attrs" not in values

    def str(self, indent: int = 0) -> _str:
        """Describe the element and the differences below it; see `Diff.str`.

        Args:
            indent: Number of spaces before each line.
        """
        margin = " " * indent
        text = f"{margin}{self.type}: {self.name}"
        action = self.action
        if action == DiffSyncActions.CREATE:
            text += f" MISSING in {self.dest_name}"
        elif action == DiffSyncActions.DELETE:
            text += f" MISSING in {self.source_name}"
        else:
            text += changes_text(self.get_attrs_diffs(), margin, self.source_name, self.dest_name)
        if self.child_diff.has_diffs():
            text += "\n" + self.child_diff.str(indent + 2)
        elif not self.get_attrs_diffs():
            text += " (no diffs)"
        return text

    def dict(self) -> _Dict[_str, Any]:
        """Return the element's differences and those below it as nested dicts; see `Diff.dict`."""
        result: _Dict[_str, Any] = self.get_attrs_diffs()
        if self.child_diff.has_diffs():
            result.update(self.child_diff.dict())
        return result


# ---- views ----


def diff_view(flat: FlatDiff, index: int) -> Diff:
    """Return a new diff of the flat diff's class that shows what is below an element."""
    diff = flat.diff_class()
    diff._flat, diff._index = flat, index
    return diff


def bind_diff(diff: Diff, flat: FlatDiff) -> None:
    """Make an empty diff show the top of a flat diff.

    A class that overrides `add` is given every element through it, children before their parents.
    """
    if not _is_overridden(diff, "add"):
        diff._flat = flat
        return
    stack = [_adding(diff, flat, -1)]
    while stack:
        below = next(stack[-1], None)
        if below is None:
            stack.pop()
        else:
            stack.append(_adding(*below))


def _adding(diff: Diff, flat: FlatDiff, index: int) -> Iterator[tuple[Diff, FlatDiff, int]]:
    """Add the elements below `index` to `diff`, list by list; yield what is to be filled first."""
    lists: dict[_str, list[int]] = {}
    for child in flat.children(index):
        lists.setdefault(flat.type(child), []).append(child)
    for indices in lists.values():
        elements = [element_at(flat, child) for child in indices]
        for element, child in zip(elements, indices, strict=True):
            element.child_diff = flat.diff_class()
            yield element.child_diff, flat, child
        for element in elements:
            diff.add(element)


def element_at(flat: FlatDiff, index: int) -> DiffElement:
    """Return the element that shows a record of a flat diff, always the same one."""
    element = flat.elements.get(index)
    if element is None:
        element = flat.elements[index] = object.__new__(DiffElement)
        element._flat, element._index = flat, index
    return element


def touch(flat: FlatDiff, index: int) -> None:
    """Note that an element, and so all above it, can no longer be answered for by the flat diff."""
    while index not in flat.touched:
        flat.touched.add(index)
        if index == -1:
            break
        index = flat.parent(index)


def flat_view(diff: Diff) -> FlatDiff | None:
    """Return the flat diff behind a whole diff if walking it is as good as walking the elements, otherwise None."""
    flat = diff._flat
    if flat is None or diff._index != -1 or _is_overridden(diff, *_ITERATION) or _is_reordered(diff):
        return None
    return flat if all(_is_as_made(diff, flat, index) for index in flat.touched) else None


def _is_as_made(root: Diff, flat: FlatDiff, index: int) -> bool:
    """Whether what was handed out of an element still says what the flat diff says."""
    if index == -1:
        return _has_own_children(root, flat, -1)
    values = flat.elements[index].__dict__ if index in flat.elements else {}
    for name in ("source_attrs", "dest_attrs", "type", "name", "keys"):
        if f"_{name}" in values and values[f"_{name}"] != getattr(flat, name)(index):
            return False
    below = values.get("_child_diff")
    if below is None:
        return True
    return below._flat is flat and below._index == index and _has_own_children(below, flat, index)


def _has_own_children(diff: Diff, flat: FlatDiff, index: int) -> bool:
    if diff._children is None:
        return not _is_overridden(diff, *_ITERATION)
    listed = [element for group in diff._children.values() for element in group.values()]
    expected = flat.children(index)
    return len(listed) == len(expected) and all(
        element is flat.elements.get(child) for element, child in zip(listed, expected, strict=True)
    )


def _view(diff: Diff, *methods: _str, is_ordered: bool = False) -> FlatDiff | None:
    """Return the flat diff if it answers for this one: nothing touched below, and none of these methods overridden."""
    flat = diff._flat
    if flat is None or diff._children is not None or diff._index in flat.touched:
        return None
    if _is_overridden(diff, *methods) or (is_ordered and _is_reordered(diff)):
        return None
    return flat


def is_overridden(cls: type[Diff], *methods: _str) -> bool:
    """Return whether a class of diffs has one of these methods of its own."""
    return cls is not Diff and any(getattr(cls, name) is not getattr(Diff, name) for name in methods)


def _is_overridden(diff: Diff, *methods: _str) -> bool:
    return is_overridden(diff.__class__, *methods) or any(name in diff.__dict__ for name in methods)


def _is_reordered(diff: Diff) -> bool:
    names = [*diff.__dict__, *(name for cls in type(diff).__mro__ for name in cls.__dict__)]
    ordering = {name for name in names if name.startswith("order_children_")}
    if ordering != {"order_children_default"} or "order_children_default" in diff.__dict__:
        return True
    return type(diff).order_children_default.__func__ is not Diff.order_children_default.__func__  # type: ignore[attr-defined]


def _extent(flat: FlatDiff, index: int) -> tuple[int, int]:
    return (0, len(flat)) if index == -1 else (index + 1, flat.end(index))


def _count(root: Diff, asks: _str | None = None) -> tuple[int, int, int, int]:
    """Count creates, updates, deletes and unchanged elements, asking overrides of the method `asks` below the top."""
    totals = [0, 0, 0, 0]
    waiting = [root]
    while waiting:
        diff = waiting.pop()
        if asks and diff is not root and _is_overridden(diff, asks):
            summary = getattr(diff, asks)()
            counts = [summary[name] for name in _COUNTED]
        elif (flat := _view(diff, *_ITERATION, is_ordered=True)) is not None:
            counts = list(flat.count(*_extent(flat, diff._index)))
        else:
            counts = [0, 0, 0, 0]
            for element in diff.get_children():
                counts[_COUNTED.index(element.action or "no-change")] += 1
                waiting.append(element.child_diff)
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
    return totals[0], totals[1], totals[2], totals[3]
