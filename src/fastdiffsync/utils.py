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
    candidates, known = list(lst1), list(lst2)
    try:
        known_set = set(known)
        return [value for value in candidates if value in known_set]
    except TypeError:  # Values that have no hash, such as lists, can only be searched for.
        return [value for value in candidates if value in known]


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
    levels = [("", _with_last(data))]
    while levels:
        prefix, items = levels[-1]
        for name, below, is_last in items:
            yield f"{prefix}{LAST if is_last else TEE}{name}"
            if isinstance(below, dict):
                levels.append((prefix + (SPACE if is_last else BRANCH), _with_last(below)))
                break
        else:
            levels.pop()


def _with_last(data: dict[str, Any]) -> Iterator[tuple[str, Any, bool]]:
    """Yield each key and value of a dict, and whether it is the last."""
    for index, (name, below) in enumerate(data.items(), start=1):
        yield name, below, index == len(data)


def tree_string(data: dict[str, Any], root: str) -> str:
    """Return nested dicts drawn as a tree, one name a line.

    Args:
        data: The dicts; keys are names.
        root: The name at the top.
    """
    return "\n".join([root, *_tree_lines(data)])


def set_key(data: dict[str, Any], keys: list[str]) -> None:
    """Make the nested dicts that the list of keys leads through, where they are not there."""
    for key in keys:
        data = data.setdefault(key, {})


def get_path(nested_dict: dict[str, Any], search_value: str) -> list[str] | None:
    """Return the keys that lead to a key in nested dicts, the first in pre-order; None if it is not there."""
    path: list[str] = []
    levels = [iter(nested_dict.items())]
    while levels:
        for key, below in levels[-1]:
            if key == search_value:
                return [*path, key]
            if isinstance(below, dict):
                path.append(key)
                levels.append(iter(below.items()))
                break
        else:
            levels.pop()
            if path:
                path.pop()
    return None
