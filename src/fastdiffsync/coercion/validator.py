"""The ground floor: what a validator is, and the error that it raises."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

# How well a value fitted. A union takes the member that fits best, so every validator says how far it had to bend.
LAX: Final = 0
"""The value was converted: `"1"` for an int, a tuple for a list."""
STRICT: Final = 1
"""The value is of the type, though not exactly: an instance of a subclass, an int for a float."""
EXACT: Final = 2
"""The value is exactly of the type."""

MAX_DEPTH: Final = 255
"""How deep a recursive type may nest; pydantic draws the line at the same depth."""

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 60


class CoercionError(ValueError):
    """A value does not fit the declared type and cannot be turned into it.

    Args:
        expected: What would have been accepted, in words.
        value: What was got.

    """

    _path = ""

    def __init__(self, expected: str, value: Any) -> None:
        # The base class has taken the arguments in __new__ already, and unions make many that nobody reads.
        self._expected = expected
        self._value = value

    def inside(self, key: object) -> None:
        """Note that the value stood at `key` of a container."""
        self._path = f"[{_represent(key)}]{self._path}"

    def __str__(self) -> str:
        """Return what was expected, what was got, and where in a container it stood."""
        where = f" at {self._path}" if self._path else ""
        return f"expected {self._expected}, got {_represent(self._value)} ({type(self._value).__name__}){where}"


def _represent(value: object) -> str:
    try:
        return _short.repr(value)
    except Exception:  # noqa: BLE001 - a value's own repr may raise anything, and this is on the way to an error already
        return f"<{type(value).__name__}>"


class State:
    """What one validation learns on its way: how well the value fits, and what it is inside of."""

    __slots__ = ("_drained", "active", "exactness", "fields_set")

    def __init__(self) -> None:
        self.exactness: int = EXACT
        self.fields_set: int | None = None
        self.active: set[tuple[int, int]] | None = None
        self._drained: dict[int, tuple[Iterator[Any], list[Any]]] | None = None

    def lower(self, exactness: int) -> None:
        """Note that some part of the value fitted no better than `exactness`."""
        if exactness < self.exactness:  # noqa: PLR1730 - min() would cost as much as the rest of a conversion
            self.exactness = exactness

    def drain(self, iterator: Iterator[Any]) -> list[Any]:
        """Read an iterator to its end, once: a union's next member gets the values that the one before has read."""
        if self._drained is None:
            self._drained = {}
        if id(iterator) not in self._drained:
            self._drained[id(iterator)] = iterator, list(iterator)  # kept, lest another one gets its id
        return self._drained[id(iterator)][1]

    def add_fields(self, count: int) -> None:
        """Note that `count` fields of a record were given: among records, a union takes the one with the most."""
        self.fields_set = count + (self.fields_set or 0)


class Form(NamedTuple):
    """What the compiled kernel converts by itself: the everyday values of one declared type.

    What it makes of them is what the validator makes of them. All other values are the validator's, and all errors.

    Attributes:
        kind: What values are converted to: a scalar type, by the name that it has here, or a kind of container; "any",
            or "exact" for nothing but instances of the exact types.
        exact: Types whose instances are taken as they are.
        cls: The class of an enum.
        parts: The forms of items; of a dict those of its keys and values, of a typed dict those of its fields.
        names: The fields of a typed dict.
        required: Those of them that must be there.

    """

    kind: str
    exact: tuple[type, ...] = ()
    cls: type | None = None
    parts: tuple[Form, ...] = ()
    names: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()


def form_of(kind: str, *parts: Validator, **options: Any) -> Form | None:
    """Return the form of a container of what other validators take; None if one of these has none."""
    forms = [part.form for part in parts if part.form is not None]
    return Form(kind, parts=tuple(forms), **options) if len(forms) == len(parts) else None


Validate = Callable[[Any, State], Any]


class Validator:
    """One compiled type.

    Args:
        validate: Returns the value as the type has it, or raises `CoercionError`.
        exact: Types whose very instances (`type(value) in exact`) come back from `validate` as they are, as exact fits.
        greedy: Whether `validate` may turn a value of another type into its own and call it an exact fit. In a union,
            the members behind a greedy one may never be asked, so that their exact types prove nothing.
        form: What the compiled kernel converts by itself. None: what is of the exact types, if there are any.

    """

    __slots__ = ("exact", "form", "greedy", "validate")

    def __init__(
        self, validate: Validate, exact: tuple[type, ...] = (), *, greedy: bool = False, form: Form | None = None
    ) -> None:
        self.validate = validate
        self.exact = exact
        self.greedy = greedy
        self.form = form or (Form("exact", exact) if exact else None)


class Reference(Validator):
    """A named type that is used inside its own definition: resolved late, and guarded against endless values."""

    __slots__ = ("_target", "used")

    def __init__(self) -> None:
        super().__init__(self._validate, greedy=True)  # for all that is known yet
        self.used = False
        self._target: Validate = self._validate

    def resolve(self, target: Validator) -> None:
        """Point the reference at the finished definition."""
        self._target = target.validate
        self.exact = target.exact
        self.greedy = target.greedy
        # The form stays unknown: the kernel goes into no depth that a value decides.

    def _validate(self, value: Any, state: State) -> Any:
        mark = (id(self), id(value))
        if state.active is None:
            state.active = set()
        active = state.active
        if mark in active:
            msg = "a value that does not contain itself"
            raise CoercionError(msg, value)
        if len(active) >= MAX_DEPTH:
            msg = f"a value of at most {MAX_DEPTH} levels"
            raise CoercionError(msg, value)
        active.add(mark)
        try:
            return self._target(value, state)
        except RecursionError:  # the interpreter's own bound came first
            msg = "a value that is nested less deeply"
            raise CoercionError(msg, value) from None
        finally:
            active.discard(mark)


def _accept(value: Any, state: State) -> Any:
    state.lower(STRICT)
    return value


ANYTHING: Final = Validator(_accept, form=Form("any"))
"""`Any`, `object` and whatever else puts no bound on a value. In a union, it goes before a conversion."""
