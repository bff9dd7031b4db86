"""Nautobot's job: it compares, keeps the diff as a dict, syncs with all events on, and logs each to its database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from benchmarks import data, models
from benchmarks.cases import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def _configure(take: Callable[[Any, str, dict[str, Any]], Any]) -> None:
    """Set structlog up as the job does, with one processor that gets every event."""
    structlog.configure(
        processors=[take],
        context_class=dict,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class _Taken:
    """Counts the events as they come, and drops them."""

    def __init__(self) -> None:
        """Begin without any."""
        self.count = 0

    def __call__(self, _logger: Any, _method: str, _event: dict[str, Any]) -> Any:
        """Take one event."""
        self.count += 1
        raise structlog.DropEvent


class _Sides:
    """Makes the two sides."""

    def __init__(self, library: ModuleType, records: int) -> None:
        """Prepare the rows."""
        self._adapter = models.adapter_class(library, models.scalar_models(library))
        self._rows = list(data.tree(records, "source")), list(data.tree(records, "target"))
        self.flags = library.DiffSyncFlags.CONTINUE_ON_FAILURE | library.DiffSyncFlags.LOG_UNCHANGED_RECORDS

    def load(self) -> tuple[Any, Any]:
        """Return both, loaded."""
        source, target = self._adapter("source"), self._adapter("target")
        models.load(source, self._rows[0])
        models.load(target, self._rows[1])
        return source, target


def job(library: ModuleType, records: int) -> Case:
    """Compare, ask for summary and dict, and sync without the diff, so that it is made again."""
    sides, taken = _Sides(library, records), _Taken()
    _configure(taken)

    def setup() -> tuple[Any, Any]:
        taken.count = 0
        return sides.load()

    def run(source: Any, target: Any) -> Any:
        diff = source.diff_to(target, flags=sides.flags)
        summary = diff.summary()
        as_dict = diff.dict()
        source.sync_to(target, flags=sides.flags)
        return summary, len(as_dict), taken.count

    return Case(run, setup, list, records)


def events_alone(library: ModuleType, records: int) -> Case:
    """Log the same events by themselves, with one logger that has what they have in common."""
    sides, taken = _Sides(library, records), _Taken()
    events: list[tuple[str, dict[str, Any]]] = []

    def keep(_logger: Any, method: str, event: dict[str, Any]) -> Any:
        events.append((method, dict(event)))
        raise structlog.DropEvent

    _configure(keep)
    source, target = sides.load()
    source.diff_to(target, flags=sides.flags)
    source.sync_to(target, flags=sides.flags)
    _configure(taken)
    common = dict(set.intersection(*[set(_hashable(event)) for _, event in events]))
    logger = structlog.get_logger().bind(**common)
    calls = [
        (method, event["event"], {key: value for key, value in event.items() if key not in common and key != "event"})
        for method, event in events
    ]

    def run() -> int:
        for method, event, values in calls:
            getattr(logger, method)(event, **values)
        return taken.count

    return Case(run, evidence=lambda _: None, operations=records)


def _hashable(event: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return those of an event's entries that can be the same in all events."""
    return [(key, value) for key, value in event.items() if key != "event" and value.__hash__ is not None]
