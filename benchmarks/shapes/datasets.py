"""Models, adapters and rows of a shape, built alike on whichever library is measured."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import models

from .kinds import Kind, as_text
from .table import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

    from benchmarks.data import Side, Values

    from .table import Shape

ParentRow = tuple["Values", list["Values"]]
_ONE_IN = 200
_PLACES: dict[Side, int] = {"source": 5, "target": 105}
"""Which of so many children one side alone has."""


def _declare(library: ModuleType, name: str, identifiers: Iterable[str], fields: dict[str, Any], **own: Any) -> type:
    """Return a model class; `fields` are all fields' annotations, `own` what else stands in the class body."""
    named = tuple(identifiers)
    namespace = {
        "__module__": __name__,
        "__annotations__": fields,
        "_modelname": name,
        "_identifiers": named,
        "_attributes": tuple(field for field in fields if field not in named and field != "children"),
        **own,
    }
    return types.new_class(name.title(), (library.DiffSyncModel,), exec_body=lambda body: body.update(namespace))


def _with_own_methods(model: type) -> type:
    """Return a subclass with `create`, `update` and `delete` as a user writes them, without the call to a system."""

    class WithOwnMethods(model):  # type: ignore[misc, valid-type]
        @classmethod
        def create(cls, adapter: Any, ids: dict[str, Any], attrs: dict[str, Any]) -> Any:
            return super().create(adapter=adapter, ids=ids, attrs=attrs)

        def update(self, attrs: dict[str, Any]) -> Any:
            return super().update(attrs)

        def delete(self) -> Any:
            return super().delete()

    return WithOwnMethods


def _annotations(kinds: dict[str, Kind]) -> dict[str, Any]:
    return {name: kind.annotation for name, kind in kinds.items()}


class Dataset(NamedTuple):
    """A shape on one of the libraries."""

    library: ModuleType
    shape: Shape
    adapter: type

    @classmethod
    def of(cls, library: ModuleType, name: str, *, own_methods: bool = False) -> Dataset:
        """Declare the classes of the shape of this name.

        Args:
            library: "diffsync" or "fastdiffsync", imported.
            name: The shape's.
            own_methods: Whether the models have methods of their own that create, update and delete.
        """
        shape = SHAPES[name]
        parent = _declare(
            library,
            "parent",
            ("name",),
            {"name": str, **_annotations(shape.parent_attributes), "children": list[str]},
            _children={"child": "children"},
            children=[],
        )
        fields = _annotations({**shape.identifiers, **shape.attributes})
        own = {"_shortname": shape.shortname, "_parent_keys": {"parent": ("owner",)}}
        child = _declare(library, "child", shape.identifiers, fields, **own)
        if shape.overriding:
            child = models.overriding(child)
        if own_methods:
            parent, child = _with_own_methods(parent), _with_own_methods(child)
        namespace = {"parent": parent, "child": child, "top_level": ["parent"]}
        return cls(library, shape, type("Shaped", (library.Adapter,), namespace))

    def rows(self, records: int, side: Side, *, changed: int = 0, text: bool = False) -> Iterator[ParentRow]:
        """Make the rows of one side with their `model_flags`; arguments as for the function `rows`."""
        flags = self.library.DiffSyncModelFlags
        return rows(self.shape, records, side, changed=changed, text=text, flags=flags)

    def loaded(self, records: int, side: Side, *, changed: int = 0) -> Any:
        """Return an adapter that has the rows; arguments as for `rows`."""
        adapter = self.adapter(side)
        load(adapter, self.rows(records, side, changed=changed))
        return adapter

    def options(self) -> dict[str, Any]:
        """Return the keywords that `diff_from` is given."""
        return self.shape.options(self.library)


def rows(  # noqa: PLR0913 - what they may differ in
    shape: Shape, records: int, side: Side, *, changed: int = 0, text: bool = False, flags: Any = None
) -> Iterator[ParentRow]:
    """Make the rows of one side, parents with their children, in load order; every value is a new object.

    Args:
        shape: What the rows are like.
        records: Number of children.
        side: "source" or "target".
        changed: Of how many children one, on the target, has one value changed; 0 for none.
        text: Whether the values are spelled as in a file.
        flags: The library's enum of `model_flags`; without it there are none.
    """
    spell = as_text if text else _as_it_is
    for number in range(-(-records // shape.children)):
        parent: Values = {"name": f"parent-{number:06d}", **_values(shape.parent_attributes, number, spell)}
        first = number * shape.children
        children = []
        for child in range(first, min(first + shape.children, records)):
            place = child % _ONE_IN
            one_sided = shape.one_sided and place in _PLACES.values()
            if one_sided and place != _PLACES[side]:
                continue
            is_changed = bool(changed) and side == "target" and child % changed == 0
            values = _child(shape, child, is_changed, spell)
            own_flags = shape.record_flags(flags, child, one_sided) if flags and shape.record_flags else None
            children.append(values if own_flags is None else {**values, "model_flags": own_flags})
        yield parent, children


def _child(shape: Shape, number: int, changed: bool, spell: Any) -> Values:
    """Return one child's values; if it is to be changed, one of its attributes has another child's."""
    values = {name: spell(kind.value(number)) for name, kind in shape.identifiers.items()}
    values.update(_values(shape.attributes, number, spell))
    if changed:
        width = len(shape.attributes)
        name, kind = list(shape.attributes.items())[number % width]
        values[name] = spell(kind.value(number * width + number % width + 1))
    return values


def _values(kinds: dict[str, Kind], number: int, spell: Any) -> Values:
    """Return the values of a record's attributes; no two of its values are those of one number."""
    first = number * len(kinds)
    return {name: spell(kind.value(first + place)) for place, (name, kind) in enumerate(kinds.items())}


def _as_it_is(value: Any) -> Any:
    return value


def load(adapter: Any, rows: Iterable[ParentRow]) -> None:
    """Fill the adapter as a user's `load()` does: construct, `add`, `add_child`."""
    make_parent, make_child = adapter.parent, adapter.child
    for parent_values, children in rows:
        parent = make_parent(**parent_values)
        adapter.add(parent)
        for values in children:
            child = make_child(**values)
            adapter.add(child)
            parent.add_child(child)


def by_type(rows: Iterable[ParentRow]) -> dict[str, list[Values]]:
    """Return the same rows as one flat list a type, in which a child's names its parent."""
    flat: dict[str, list[Values]] = {"parent": [], "child": []}
    for parent, children in rows:
        flat["parent"].append(parent)
        flat["child"].extend({"owner": parent["name"], **child} for child in children)
    return flat
