"""What is measured on both libraries: one function for each, returning how to prepare, run and check it.

Every function takes the library's module and the number of records a side. Both libraries must give the same evidence
for the same data, which the table's command checks; none of the evidence is gathered while the clock runs.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from . import data, models

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


class Case(NamedTuple):
    """One measurement, ready to be repeated."""

    run: Callable[..., Any]
    """What is timed; called with what `setup` returned."""

    setup: Callable[[], tuple[Any, ...]] = tuple
    """Called before each repeat, outside the timing."""

    evidence: Callable[[Any], Any] = repr
    """Makes something comparable, as JSON, of what the last run returned."""

    operations: int = 1
    """By how many the time of a run is divided: those of its records, or its calls."""


def _pair(library: ModuleType, records: int) -> tuple[Any, Any]:
    """Return source and target, loaded in the order in which they are walked."""
    adapter = models.adapter_class(library, models.scalar_models(library))
    source, target = adapter("source"), adapter("target")
    models.load(source, data.tree(records, "source"))
    models.load(target, data.tree(records, "target"))
    return source, target


def _loaded(library: ModuleType, records: int) -> Any:
    """Return an adapter that has the source's records."""
    adapter = models.adapter_class(library, models.scalar_models(library))("source")
    models.load(adapter, data.tree(records, "source"))
    return adapter


def _digest(text: str) -> str:
    """Return a fingerprint of a long text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _diff_of(source: Any, target: Any) -> Case:
    """Return the comparison of two loaded adapters, witnessed by its summary."""
    return Case(run=lambda: target.diff_from(source), evidence=lambda diff: diff.summary())


def diff(library: ModuleType, records: int) -> Case:
    """Compare two sides that were loaded in the same order."""
    return _diff_of(*_pair(library, records))


def diff_shuffled(library: ModuleType, records: int) -> Case:
    """Compare two sides, one of which has all its records in random order."""
    adapter = models.adapter_class(library, models.scalar_models(library))
    source, target = adapter("source"), adapter("target")
    models.load(source, data.tree(records, "source"))
    models.load_shuffled(target, data.tree(records, "target"))
    return _diff_of(source, target)


def diff_wide_children(library: ModuleType, records: int) -> Case:
    """Compare two sides of one site each, which has all other records as its children."""
    adapter = models.adapter_class(library, models.scalar_models(library))
    source, target = adapter("source"), adapter("target")
    fill = models.load_unchecked if library.__name__ == "diffsync" else models.load
    fill(source, data.wide_children(records, "source"))
    fill(target, data.wide_children(records, "target"))
    return _diff_of(source, target)


def diff_wide_top_level(library: ModuleType, records: int) -> Case:
    """Compare two sides that have top-level records only."""
    adapter = models.adapter_class(library, models.scalar_models(library))
    source, target = adapter("source"), adapter("target")
    models.load(source, data.wide_top_level(records, "source"))
    models.load(target, data.wide_top_level(records, "target"))
    return _diff_of(source, target)


def _diff_overriding(library: ModuleType, records: int, position: int) -> Case:
    """Compare two sides where the type at this position of site, device, interface overrides two hooks."""
    classes = models.scalar_models(library)
    classes[position] = models.overriding(classes[position])
    adapter = models.adapter_class(library, classes)
    source, target = adapter("source"), adapter("target")
    models.load(source, data.tree(records, "source"))
    models.load(target, data.tree(records, "target"))
    return _diff_of(source, target)


def diff_overriding_sites(library: ModuleType, records: int) -> Case:
    """Compare two sides where `get_attrs` and `get_unique_id` are overridden for 1 % of the records."""
    return _diff_overriding(library, records, 0)


def diff_overriding_devices(library: ModuleType, records: int) -> Case:
    """Compare two sides where `get_attrs` and `get_unique_id` are overridden for 9 % of the records."""
    return _diff_overriding(library, records, 1)


def diff_overriding_interfaces(library: ModuleType, records: int) -> Case:
    """Compare two sides where `get_attrs` and `get_unique_id` are overridden for 90 % of the records."""
    return _diff_overriding(library, records, 2)


def diff_containers(library: ModuleType, records: int) -> Case:
    """Compare two sides whose every attribute is a list or a dict."""
    adapter = models.adapter_class(library, models.container_models(library))
    source, target = adapter("source"), adapter("target")
    models.load(source, data.tree(records, "source", data.CONTAINERS))
    models.load(target, data.tree(records, "target", data.CONTAINERS))
    return _diff_of(source, target)


def load(library: ModuleType, records: int) -> Case:
    """Fill one adapter: construct, validated, then `add` and `add_child`."""
    adapter = models.adapter_class(library, models.scalar_models(library))
    rows = list(data.tree(records, "source"))

    def run(target: Any) -> Any:
        models.load(target, rows)
        return target

    return Case(run, setup=lambda: (adapter("target"),), evidence=len)


def load_in_bulk(library: ModuleType, records: int) -> Case:
    """Fill one adapter with the same records in one call; only this library has it."""
    adapter = models.adapter_class(library, models.with_parent_keys(models.scalar_models(library)))
    rows = data.by_type(data.tree(records, "source"))

    def run(target: Any) -> Any:
        target.load_records(rows)
        return target

    return Case(run, setup=lambda: (adapter("target"),), evidence=len)


def sync_changes(library: ModuleType, records: int) -> Case:
    """Apply a given diff in which 1 % of the records are changed and 1 % are created or deleted."""
    source = _loaded(library, records)

    def setup() -> tuple[Any, Any]:
        target = type(source)("target")
        models.load(target, data.tree(records, "target"))
        return target, target.diff_from(source)

    return _sync_of(source, setup)


def sync_creates(library: ModuleType, records: int) -> Case:
    """Fill an empty adapter by applying a given diff."""
    source = _loaded(library, records)

    def setup() -> tuple[Any, Any]:
        target = type(source)("target")
        return target, target.diff_from(source)

    return _sync_of(source, setup)


def sync_deletes(library: ModuleType, records: int) -> Case:
    """Empty a full adapter by applying a given diff."""
    adapter = models.adapter_class(library, models.scalar_models(library))
    source = adapter("source")

    def setup() -> tuple[Any, Any]:
        target = adapter("target")
        models.load(target, data.tree(records, "target"))
        return target, target.diff_from(source)

    return _sync_of(source, setup)


def _sync_of(source: Any, setup: Callable[[], tuple[Any, Any]]) -> Case:
    """Return the application of a diff, witnessed by its summary and by what the next diff finds."""

    def run(target: Any, diff: Any) -> tuple[Any, Any]:
        return target, target.sync_from(source, diff=diff)

    def evidence(result: tuple[Any, Any]) -> Any:
        target, diff = result
        return [diff.summary(), target.diff_from(source).summary(), len(target)]

    return Case(run, setup, evidence)


def sync_and_diff_creates(library: ModuleType, records: int) -> Case:
    """Fill an empty adapter by `sync_from` alone, which makes the diff too."""
    source = _loaded(library, records)
    return _sync_of(source, lambda: (type(source)("target"), None))


def sync_and_diff_deletes(library: ModuleType, records: int) -> Case:
    """Empty a full adapter by `sync_from` alone, which makes the diff too."""
    adapter = models.adapter_class(library, models.scalar_models(library))

    def setup() -> tuple[Any, Any]:
        target = adapter("target")
        models.load(target, data.tree(records, "target"))
        return target, None

    return _sync_of(adapter("source"), setup)


def whole_job(library: ModuleType, records: int) -> Case:
    """Load both sides, compare them, apply the diff, and compare again."""
    adapter = models.adapter_class(library, models.scalar_models(library))
    source_rows, target_rows = list(data.tree(records, "source")), list(data.tree(records, "target"))

    def run() -> list[Any]:
        source, target = adapter("source"), adapter("target")
        models.load(source, source_rows)
        models.load(target, target_rows)
        first = target.diff_from(source)
        target.sync_from(source, diff=first)
        return [first, target.diff_from(source)]

    return Case(run, evidence=lambda diffs: [diff.summary() for diff in diffs])


def summary(library: ModuleType, records: int) -> Case:
    """Ask a finished diff for its summary, for the first time."""
    source, target = _pair(library, records)
    return Case(lambda diff: diff.summary(), setup=lambda: (target.diff_from(source),), evidence=dict)


def length(library: ModuleType, records: int) -> Case:
    """Ask a finished diff for its length, for the first time."""
    source, target = _pair(library, records)
    return Case(len, setup=lambda: (target.diff_from(source),), evidence=int)


def has_diffs(library: ModuleType, records: int) -> Case:
    """Ask a finished diff of equal sides, for the first time, whether it has differences."""
    source, target = _loaded(library, records), _loaded(library, records)
    return Case(lambda diff: diff.has_diffs(), setup=lambda: (target.diff_from(source),), evidence=bool)


def diff_as_str(library: ModuleType, records: int) -> Case:
    """Print a finished diff."""
    source, target = _pair(library, records)
    return Case(lambda diff: diff.str(), setup=lambda: (target.diff_from(source),), evidence=_digest)


def diff_as_dict(library: ModuleType, records: int) -> Case:
    """Turn a finished diff into a dict."""
    source, target = _pair(library, records)
    return Case(
        lambda diff: diff.dict(),
        setup=lambda: (target.diff_from(source),),
        evidence=lambda result: _digest(repr(result)),
    )
