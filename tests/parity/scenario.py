"""What a parity test draws: two datasets, their classes, and what is done with them, as plain data.

Nothing here knows either library: `build.py` makes classes and adapters of a scenario, `run.py` plays it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, settings

from ..profile import by_profile


def examples(in_ci: int) -> settings:
    """Return the settings of a test that runs `in_ci` examples in CI and a tenth of that on a desk."""
    return settings(
        max_examples=by_profile(desk=max(in_ci // 10, 20), ci=in_ci),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
    )


@dataclass(frozen=True)
class Field:
    """A field of a model class.

    Attributes:
        name: Its name.
        kind: Its annotation, a key of `build.ANNOTATIONS`.
        has_default: Whether it may be left out; the default is that of its kind.
    """

    name: str
    kind: str
    has_default: bool = False


@dataclass(frozen=True)
class Failure:
    """What a create, update or delete of one model class does wrong.

    Attributes:
        operation: "create", "update" or "delete".
        behaviour: A key of `build.BEHAVIOURS`.
        victims: Values of the first identifier for which it happens; None for all.
    """

    operation: str
    behaviour: str
    victims: tuple[str, ...] | None


@dataclass(frozen=True)
class Model:
    """One model class on one side."""

    modelname: str
    fields: tuple[Field, ...]
    identifiers: tuple[str, ...]
    shortname: tuple[str, ...]
    attributes: tuple[str, ...]
    children: tuple[tuple[str, str], ...]
    flags: int = 0
    hooks: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    is_recorded: bool = True


@dataclass(frozen=True)
class Record:
    """One record and all below it.

    Attributes:
        values: Identifiers, attributes and whatever else is passed to the class.
        flags: Its own `model_flags`; None to leave those of the class.
        children: Records that are added to it.
        odd_children: (type, unique id) pairs that are appended to its lists without a record being added.
    """

    modelname: str
    values: dict[str, Any]
    flags: int | None = None
    children: tuple[Record, ...] = ()
    odd_children: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Side:
    """One adapter: its classes, its store, its records."""

    name: str | None
    models: tuple[Model, ...]
    top_level: tuple[str, ...]
    hooks: tuple[str, ...]
    store: str
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Step:
    """One thing that is done with the two adapters.

    Attributes:
        verb: The name of a method of `run.Run`.
        flags: Global flags of a diff or a sync.
        place: Which record, element or diff is meant, modulo how many there are.
        has_callback: Whether progress is reported.
    """

    verb: str
    flags: int = 0
    place: int = 0
    has_callback: bool = False


@dataclass(frozen=True)
class Scenario:
    """Two sides, the class of the diff, and what is done.

    Attributes:
        is_quiet: Whether only warnings and errors are logged, as in production, and not every change.
    """

    source: Side
    dest: Side
    diff_hooks: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    is_quiet: bool = False
