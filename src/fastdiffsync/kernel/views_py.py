"""What diffs and their elements have in common: they may be views of the flat array, until somebody changes them.

The twin of `views.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from .array_py import FlatArray

__all__ = ["FlatView", "View", "element_at", "know_class", "touch"]

_element_class: list[type[View]] = []
_diff_class: list[type[View]] = []

# What a class of diffs below `Diff` may not have for the array to answer for diffs of it that have not been made.
_WAYS = frozenset(
    {
        "__getattr__",
        "__getattribute__",
        "__init__",
        "__len__",
        "__new__",
        "__setattr__",
        "children",
        "dict",
        "get_children",
        "groups",
        "has_diffs",
        "str",
        "summary",
    }
)
# What `Diff` takes from the classes above.
_TAKEN = frozenset(
    {"__getattr__", "__getattribute__", "__init__", "__new__", "__setattr__", "children", "get_children", "groups"}
)


def know_class(cls: type[View], everything: dict[str, Any]) -> None:
    """Note what a class of the library defines, by name; it is `Diff` or `DiffElement`."""
    (_diff_class if "children" in everything else _element_class)[:] = [cls]


def has_own_ways(cls: Any, method: str) -> bool:
    """Whether diffs of a class may say something else by a method than the array does, apart from their order."""
    diff_class = _diff_class[0]
    if cls is not diff_class:
        if not isinstance(cls, type) or not issubclass(cls, diff_class):
            return True
        for base in cls.__mro__:
            if base is diff_class:
                break
            if not base.__dict__.keys().isdisjoint(_WAYS):
                return True
    own = diff_class.__dict__
    return not own.keys().isdisjoint(_TAKEN) or (method in own and own[method] is not diff_class._library[method])


def may_order(flat: FlatView, cls: Any) -> bool:
    """Whether diffs of a class may put the elements of a flat diff in another order."""
    diff_class = _diff_class[0]
    if (
        getattr(cls.order_children_default, "__func__", None)
        is not diff_class._library["order_children_default"].__func__
    ):
        return True
    names = {f"order_children_{name}" for name in flat.array.types()}
    for base in cls.__mro__:
        if not base.__dict__.keys().isdisjoint(names):
            return True
        if base is diff_class:
            return False
    return True


class FlatView:
    """A flat diff that is shown as a tree, and what has been handed out of it.

    Attributes:
        array: The flat array.
        diff_class: Class of the diff and of its elements' child diffs.
        elements: The elements that somebody has looked at, by index.
        touched: Indices of the elements of which something that can be changed has been handed out, and of all above
            them; for those the array no longer answers.
        source_adapter, dest_adapter, source_name, dest_name: The two sides, and their names when the diff was made.
    """

    __slots__ = (
        "array",
        "dest_adapter",
        "dest_name",
        "diff_class",
        "elements",
        "source_adapter",
        "source_name",
        "touched",
    )

    def __init__(self, array: FlatArray, source: Any, dest: Any, diff_class: Callable[[], Any]) -> None:
        """Show the array of a diff from `source` to `dest`."""
        self.array = array
        self.diff_class = diff_class
        self.elements: dict[int, Any] = {}
        self.touched: set[int] = set()
        self.source_adapter = source
        self.dest_adapter = dest
        self.source_name: str = source.name
        self.dest_name: str = dest.name


def touch(flat: FlatView, index: int) -> None:
    """Note that the flat diff no longer answers for an element, nor for any above it.

    That is so from the moment when something that can be changed is handed out, or something is assigned.
    """
    path = []
    while index not in flat.touched:
        path.append(index)
        if index == -1:
            break
        index = flat.array.parent(index)
    # From the top down: whatever comes in between, of one that is noted all above it are.
    while path:
        flat.touched.add(path.pop())


def indices_by_type(flat: FlatView, index: int) -> dict[str, list[int]]:
    """Return the indices right below one, by type, in the order in which the types first occur."""
    array = flat.array
    children = array.children(index)
    types = [array.type(child) for child in children]
    if len(set(types)) < 2:  # noqa: PLR2004 - mostly, one type
        return {types[0]: children} if types else {}
    indices: dict[str, list[int]] = {}
    for element_type, child in zip(types, children, strict=True):
        indices.setdefault(element_type, []).append(child)
    return indices


def element_at(flat: FlatView, index: int) -> Any:
    """Return the element that shows a record of a flat diff, always the same one."""
    element = flat.elements.get(index)
    if element is None:
        element = object.__new__(_element_class[0])
        values = element.__dict__
        values["_flat"], values["_index"] = flat, index
        flat.elements[index] = element
    return element


class Viewed:
    """An attribute that is read from the flat diff when somebody first asks; from then on the instance has it."""

    def __init__(self, read: Callable[[Any, int], Any], default: Callable[[], Any] | None = None) -> None:
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

    _flat: Any = None
    _index: int = -1
    _is_own = False
    _library: ClassVar[dict[str, Any]]

    def _has(self, name: str) -> bool:
        """Whether the object has a value of its own: it has been read before, or assigned."""
        return name in vars(self)

    def __setattr__(self, name: str, value: Any) -> None:
        """Assign an attribute; if it replaces what the library has under the name, the flat diff no longer answers."""
        if name in self._library or name.startswith("order_children_"):
            if self._flat is not None:
                touch(self._flat, self._index)
            if not isinstance(self._library.get(name), Viewed):
                self.__dict__["_is_own"] = True
        object.__setattr__(self, name, value)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle and copy the values: a copy stands on its own, apart from flat diff and adapters."""
        for name, attribute in self._library.items():
            if isinstance(attribute, Viewed):
                getattr(self, name)
        return {
            name: value for name, value in vars(self).items() if name not in {"_flat", "_groups", "_index", "_is_own"}
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the values that another object has had."""
        for name, value in state.items():
            setattr(self, name, value)
