"""Elements of diffs: what they hold, and what they answer without looking further down.

The twin of `elements.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from functools import total_ordering
from typing import TYPE_CHECKING, Any

from ..enum import DiffSyncActions
from ..schema import schema_of
from ..utils import intersection
from .views_py import View, Viewed, _element_class, element_at, has_own_ways, indices_by_type, may_order, touch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..diff import Diff, DiffElement
    from .views_py import FlatView

__all__ = ["ElementView"]

SHOWN = {"type", "name", "keys", "source_name", "dest_name"}
TELLING = {"type", "name", "keys", "source_attrs", "dest_attrs"}
ACTIONS = (DiffSyncActions.NO_CHANGE, DiffSyncActions.CREATE, DiffSyncActions.UPDATE, DiffSyncActions.DELETE)


def view_below(flat: FlatView, index: int) -> Any:
    """Return a new diff of what is below an element."""
    diff = flat.diff_class()
    diff._index = index
    diff._flat = flat
    return diff


@total_ordering
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
        values: dict[str, Any] = {
            "type": obj_type,
            "name": name,
            "keys": keys,
            "source_name": source_name,
            "dest_name": dest_name,
            "source_attrs": None,
            "dest_attrs": None,
            "child_diff": child_diff,
        }
        cls = type(self)
        if cls is _element_class[0] and cls.__setattr__ is View.__setattr__:
            self.__dict__.update(values)
            return
        for attribute, value in values.items():
            setattr(self, attribute, value)

    @property
    def action(self) -> str | None:
        """What is to be done about the record: "create", "update", "delete" or None."""
        return action_of(self)

    def _found_action(self) -> str | None:
        """Return what the attributes of both sides say is to be done, whatever a subclass says."""
        return action_of(self)

    def _give(self, source: dict[str, Any] | None, dest: dict[str, Any] | None) -> None:
        """Set the attributes of one or both sides, given by place; see `DiffElement.add_attrs`."""
        values = self.__dict__
        if "_flat" not in values and type(self) is _element_class[0]:
            if source is not None:
                values["source_attrs"] = source
            if dest is not None:
                values["dest_attrs"] = dest
            return
        if source is not None:
            self.source_attrs = source
        if dest is not None:
            self.dest_attrs = dest

    def add_child(self, element: DiffElement) -> None:
        """Add an element below this one; see `Diff.add`."""
        self.child_diff.add(element)

    def get_attrs_keys(self) -> Iterable[str]:
        """Return the names of the attributes that both sides have, or that the only side has."""
        names = known_names(self)
        if names is not None:
            return names
        source, dest = sides(self)
        if source is not None and dest is not None:
            if type(source) is dict is type(dest):
                return [name for name in dest if name in source]
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
        values = self.__dict__
        flat = values.get("_flat")
        if flat is not None and "child_diff" not in values and not has_own_ways(flat.diff_class, "get_children"):
            index: int = values["_index"]
            stop = flat.array.end(index)
            if stop == index + 1:
                return
            if not may_order(flat, flat.diff_class):
                for indices in indices_by_type(flat, index).values():
                    for child in indices:
                        yield element_at(flat, child)
                return
        yield from self.child_diff.get_children()

    def __lt__(self, other: DiffElement) -> bool:
        """Whether type and name come before the other's."""
        if self.type != other.type:
            return self.type < other.type
        return self.name < other.name

    def __eq__(self, other: object) -> bool:
        """Whether type, name, keys and attributes of both sides are equal; children do not matter."""
        if not isinstance(other, ElementView):
            return NotImplemented
        if show_same_records(self, other):
            return True
        if self.type != other.type or self.name != other.name or (self.keys,) != (other.keys,):
            return False
        return sides(self) == sides(other)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        """Describe the element alone in one line."""
        values = self.__dict__
        diffs = self.get_attrs_diffs()
        if "_flat" in values and values.keys().isdisjoint(SHOWN) and type(self) is _element_class[0]:
            flat, index = values["_flat"], values["_index"]
            name, keys, sides = flat.name(index), flat.keys(index), f"{flat.source_name} → {flat.dest_name}"
            return f'{flat.array.type(index)} "{name}" : {keys} : {sides} : {diffs}'
        return f'{self.type} "{self.name}" : {self.keys} : {self.source_name} → {self.dest_name} : {diffs}'


def show_same_records(one: ElementView, two: ElementView) -> bool:
    """Whether two elements that have nothing of their own show the same records, without a change."""
    values, others = one.__dict__, two.__dict__
    if "_flat" not in values or "_flat" not in others:
        return False
    if not (values.keys().isdisjoint(TELLING) and others.keys().isdisjoint(TELLING)):
        return False
    array, other, index, match = values["_flat"].array, others["_flat"].array, values["_index"], others["_index"]
    source, dest = array._sources[index], array._dests[index]
    return (
        source is other._sources[match]
        and dest is other._dests[match]
        and type(source) is not str is not type(dest)
        and not array._actions[index]
        and not other._actions[match]
        and array._types[index] == other._types[match]
        and index not in array._snapshots
        and match not in other._snapshots
    )


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
    values = element.__dict__
    return "source_attrs" in values or "dest_attrs" in values


def sides(element: ElementView) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the attributes of both sides, for reading alone: of a view they are not handed out."""
    flat = element._flat
    if flat is None or shows_sides(element):
        return element.source_attrs, element.dest_attrs
    return flat.source_attrs(element._index), flat.dest_attrs(element._index)


def known_names(element: ElementView) -> list[str] | None:
    """Return the names of the attributes that both sides have, if no hook need be asked for them; otherwise None."""
    flat, index = element._flat, element._index
    if flat is None or shows_sides(element):
        return None
    source, dest = flat.array.source(index), flat.array.dest(index)
    if source is None or type(source) is not type(dest) or type(source) is str:
        return None
    schema = schema_of(type(source))
    if schema.knows_attributes and type(source._unique_id) is str is type(dest._unique_id):
        return list(schema.attributes)
    return None


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
    if type(source) is dict is type(dest) and type(element).get_attrs_keys is element._library["get_attrs_keys"]:
        for name, value in dest.items():
            if name in source and source[name] != value:
                return DiffSyncActions.UPDATE
        return DiffSyncActions.NO_CHANGE
    is_changed = any(source[name] != dest[name] for name in element.get_attrs_keys())
    return DiffSyncActions.UPDATE if is_changed else DiffSyncActions.NO_CHANGE
