"""Diff and DiffElement: the tree that people read, a view over the flat records."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from . import _kernel as kernel
from .enum import DiffSyncActions
from .kernel.flat_text import nested_dict, text_lines
from .views import view
from .views.equality import are_equal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .views.flat import FlatDiff

# Annotations below need these names: `dict` and `str` are methods of the classes.
_dict = dict
_str = str
_COUNTED = (DiffSyncActions.CREATE, DiffSyncActions.UPDATE, DiffSyncActions.DELETE, "no-change")


@view.library_class
class Diff(kernel.DiffView):
    """The differences between two datasets, or below one of their elements, as a tree.

    A diff that the library has calculated is a view: its elements are made when somebody looks at them, and what can
    be answered without them is. A diff can also be put together by hand, with `add`.

    Attributes:
        children: The elements, as `{type: {name: element}}`; they may be added, removed and reordered here.
        models_processed: How many records of both sides the calculation looked at.
    """

    def __eq__(self, other: object) -> bool:
        """Whether the other diff is of the same class and has equal elements at every level, in whatever order.

        What the datasets are called, and what was skipped, does not matter.
        """
        return are_equal(self, other, _filed, element_at) if type(self) is type(other) else NotImplemented

    __hash__ = object.__hash__  # by identity: a diff may change, and programs keep them in sets

    def __len__(self) -> int:
        """Return the number of elements, all levels together."""
        return kernel.length_of(self)

    def complete(self) -> None:
        """Do what is to be done when a calculated diff is complete; a subclass may save it here."""

    def has_diffs(self) -> bool:
        """Return whether any element, at any level, has an action."""
        return kernel.has_diffs_in(self)

    @classmethod
    def order_children_default(cls, children: _dict[_str, DiffElement]) -> Iterator[DiffElement]:
        """Yield the elements of one type in the order in which they were added.

        Args:
            children: The elements by name.
        """
        yield from children.values()

    def summary(self) -> _dict[_str, int]:
        """Return how many elements are to be created, updated and deleted, or have no change, and what was skipped.

        `skip` counts the records that the calculation has looked at and that are in no element. It is 0 for what nobody
        has calculated: a diff that was put together by hand, and what is below an element.
        """
        creates, updates, deletes, unchanged = counts = kernel.counts_of(self)
        # What both sides have was processed twice. What somebody has put in by hand has not been processed at all.
        skipped = max(self.models_processed - creates - 2 * updates - deletes - 2 * unchanged, 0)
        return dict(zip((*_COUNTED, DiffSyncActions.SKIP), (*counts, skipped), strict=True))

    def str(self, indent: int = 0) -> _str:
        """Describe the differences, one line for each type, element and changed attribute.

        Args:
            indent: Number of spaces before each line.
        """
        flat = view.array_of(self, "children", "groups", "has_diffs", "str")
        if flat is not None:
            return "\n".join(text_lines(flat, self._index, indent)) or "(no diffs)"
        return kernel.text_of(self, indent)

    def dict(self) -> _dict[_str, _dict[_str, _dict[_str, Any]]]:
        """Return the differences as nested dicts.

        Each element is `{"+": new values, "-": old values, type: {name: element}, ...}`.
        """
        flat = view.array_of(self, *view.ITERATION, "has_diffs", "dict", is_ordered=True)
        return kernel.nested_dict_of(self) if flat is None else nested_dict(flat, self._index)


@view.library_class
class DiffElement(kernel.ElementView):
    """One record that two datasets may differ in.

    Elements are equal if type, name, keys and attributes of both sides are; children do not matter. They are ordered by
    type and name.

    Attributes:
        type: The record's type name.
        name: Its name among its siblings, the shortname.
        keys: Its identifiers and their values.
        source_name, dest_name: Names of the datasets.
        source_attrs, dest_attrs: Its attributes on either side; None if a side does not have it.
        child_diff: The differences below it.
    """

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
        texts: tuple[tuple[_str, Any], ...] = (("obj_type", obj_type), ("name", name))
        for label, value in texts:
            if not isinstance(value, _str):
                message = f"{label} must be a string (not {type(value)})"
                raise ValueError(message)  # noqa: TRY004 - the type that diffsync raises
        self._fill(obj_type, name, keys, source_name, dest_name, diff_class())

    def __len__(self) -> int:
        """Return the number of elements from this one down."""
        return kernel.length_of(self)

    def add_attrs(self, source: _dict[_str, Any] | None = None, dest: _dict[_str, Any] | None = None) -> None:
        """Set the attributes of one or both sides; None leaves a side as it is."""
        self._give(source, dest)

    def has_diffs(self, include_children: bool = True) -> bool:
        """Return whether the element has an action.

        Args:
            include_children: Whether one anywhere below it counts too.
        """
        return kernel.has_diffs_in(self) if include_children else self._found_action() is not None

    def summary(self) -> _dict[_str, int]:
        """Return how many elements from this one down are to be created, updated and deleted, or have no change."""
        return dict(zip(_COUNTED, kernel.counts_of(self), strict=True))

    def str(self, indent: int = 0) -> _str:
        """Describe the element and the differences below it; see `Diff.str`.

        Args:
            indent: Number of spaces before each line.
        """
        return kernel.text_of(self, indent)

    def dict(self) -> _dict[_str, Any]:
        """Return the element's differences and those below it as nested dicts; see `Diff.dict`."""
        return kernel.nested_dict_of(self)


# ---- views ----


def element_at(flat: FlatDiff, index: int) -> DiffElement:
    """Return the element that shows a record of a flat diff, always the same one."""
    return kernel.element_at(flat, index)  # type: ignore[no-any-return]


def _filed(diff: Diff) -> Iterator[tuple[str, Iterable[DiffElement]]]:
    """Yield each type with its elements, as `groups` and `children` have them."""
    flat = view.unexposed(diff, "children", "groups")
    if flat is None:
        for group in diff.groups():
            yield group, diff.children[group].values()
    else:
        for group, indices in view.indices_by_type(flat, diff._index).items():
            yield group, map(partial(element_at, flat), indices)
