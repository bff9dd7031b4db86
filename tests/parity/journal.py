"""What user code notes while a scenario is played: which of its methods the library calls, and with what."""

from __future__ import annotations

import copy
import math
import re
from datetime import timedelta, timezone
from typing import Any

_LIBRARY_NAME = re.compile(r"\bfastdiffsync\b")
_ZONE = re.compile(r"\bTzInfo\((-?[0-9]+)\)")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Text(str):
    """A text of a library's that equals one that begins with it, or with which it begins.

    fastdiffsync's errors and events say more than diffsync's: they begin with what diffsync says.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and (self.startswith(other) or other.startswith(self))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


class Journal:
    """The events of one run through one library."""

    def __init__(self) -> None:
        """Start with no events."""
        self.events: list[Any] = []

    def note(self, *event: Any) -> None:
        """Add an event; its parts are rendered at once, since the library may change them later."""
        self.events.append(tuple(part if type(part) is Text else render(part) for part in event))


def render(value: Any) -> Any:
    """Return a value as text that tells `1`, `1.0` and `True` apart, equals itself for NaN, and names no library."""
    if isinstance(value, (set, frozenset)):
        return f"set {sorted(map(repr, value))}"
    return neutral(repr(value))


def neutral(text: str) -> str:
    """Return a text without what is bound to differ: the library's name, addresses in memory, the class of a zone."""
    return _ZONE.sub(_zone, _ADDRESS.sub("", _LIBRARY_NAME.sub("diffsync", text)))


def _zone(found: re.Match[str]) -> str:
    """Return how a zone of pydantic's looks as one of the standard library's, which ours is; see docs/deviations.md."""
    return repr(timezone(timedelta(seconds=int(found[1]))))


def render_error(error: BaseException) -> tuple[str, ...]:
    """Return an exception's type and text.

    The text of a failed validation is each library's own, and that of what exists already is its message here, while
    diffsync's shows all arguments; see docs/deviations.md.
    """
    if type(error).__name__ == "ValidationError":
        return ("ValidationError",)
    if type(error).__name__ == "ObjectAlreadyExists":
        return ("ObjectAlreadyExists", Text(neutral(str(error.args[0]))), neutral(repr(error.args[1:])))
    return (type(error).__name__, Text(neutral(str(error))))


def fresh(value: Any) -> Any:
    """Return a copy of a drawn value that shares no container with it, and is another object if it is a NaN."""
    if isinstance(value, float) and math.isnan(value):
        return float("nan")
    return copy.deepcopy(value)
