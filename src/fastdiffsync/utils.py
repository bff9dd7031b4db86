"""Small helpers that diffsync's users import: ordered dicts, lists, and trees of nested dicts."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

SPACE = "    "
BRANCH = "│   "
TEE = "├── "
LAST = "└── "


def intersection(lst1: Iterable[T], lst2: Iterable[T]) -> list[T]:
    """Return the values of the first list that are also in the second, in the first's order."""
    known = list(lst2)
    return [value for value in lst1 if value in known]


def symmetric_difference(lst1: Iterable[T], lst2: Iterable[T]) -> list[T]:
    """Return the values that only one of the lists has, sorted."""
    return sorted(set(lst1) ^ set(lst2))  # type: ignore[type-var]


class OrderedDefaultDict(OrderedDict[K, V], Generic[K, V]):
    """An ordered dict that makes a value for a missing key."""

    def __init__(self, dict_type: Callable[[], V] = dict) -> None:  # type: ignore[assignment]
        """Make an empty dict.

        Args:
            dict_type: Called without arguments for the value of a missing key.
        """
        self.factory = dict_type
        super().__init__()

    def __missing__(self, key: K) -> V:
        """Store and return a new value."""
        value = self[key] = self.factory()
        return value

    def __reduce__(self) -> Any:
        """Pickle and copy with the factory."""
        return type(self), (self.factory,), None, None, iter(self.items())


def _tree_lines(data: dict[str, Any]) -> Iterator[str]:
    waiting = [("", list(data.items()))]
    while waiting:
        prefix, items = waiting.pop()
        name, below = items.pop(0)
        yield f"{prefix}{TEE if items else LAST}{name}"
        if items:
            waiting.append((prefix, items))
        if isinstance(below, dict) and below:
            waiting.append((prefix + (BRANCH if items else SPACE), list(below.items())))


def tree_string(data: dict[str, Any], root: str) -> str:
    """Return nested dicts drawn as a tree, one name a line.

    Args:
        data: The dicts; keys are names.
        root: The name at the top.
    """
    return "\n".join([root, *_tree_lines(data)] if data else [root])


def set_key(data: dict[str, Any], keys: list[str]) -> None:
    """Make the nested dicts that the list of keys leads through, where they are not there."""
    for key in keys:
        data = data.setdefault(key, {})


def get_path(nested_dict: dict[str, Any], search_value: str) -> list[str] | None:
    """Return the keys that lead to a key in nested dicts, the first in pre-order; None if it is not there."""
    waiting: list[tuple[list[str], Any]] = [([], nested_dict)]
    while waiting:
        path, below = waiting.pop()
        if path and path[-1] == search_value:
            return path
        if isinstance(below, dict):
            waiting.extend(([*path, key], value) for key, value in reversed(below.items()))
    return None
