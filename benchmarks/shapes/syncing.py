"""Syncs of a shape: all children created, updated or deleted, by the library's own methods or by the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.cases import Case

from .datasets import Dataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def _sync_of(records: int, source: Any, make_target: Callable[[], Any]) -> Case:
    """Apply a given diff to a new target each time."""

    def setup() -> tuple[Any, Any]:
        target = make_target()
        return target, target.diff_from(source)

    def run(target: Any, diff: Any) -> tuple[Any, Any]:
        return target, target.sync_from(source, diff=diff)

    def evidence(result: tuple[Any, Any]) -> Any:
        target, diff = result
        return [diff.summary(), target.diff_from(source).summary(), len(target)]

    return Case(run, setup, evidence, records)


def _creates(dataset: Dataset, records: int) -> Case:
    return _sync_of(records, dataset.loaded(records, "source"), lambda: dataset.adapter("target"))


def _updates(dataset: Dataset, records: int) -> Case:
    source = dataset.loaded(records, "source")
    return _sync_of(records, source, lambda: dataset.loaded(records, "target", changed=1))


def _deletes(dataset: Dataset, records: int) -> Case:
    return _sync_of(records, dataset.adapter("source"), lambda: dataset.loaded(records, "target"))


def creates(library: ModuleType, records: int, name: str) -> Case:
    """Fill an empty adapter."""
    return _creates(Dataset.of(library, name), records)


def updates(library: ModuleType, records: int, name: str) -> Case:
    """Change one attribute of each child."""
    return _updates(Dataset.of(library, name), records)


def deletes(library: ModuleType, records: int, name: str) -> Case:
    """Empty a full adapter."""
    return _deletes(Dataset.of(library, name), records)


def own_creates(library: ModuleType, records: int, name: str) -> Case:
    """Fill an empty adapter of models that have a `create` of their own."""
    return _creates(Dataset.of(library, name, own_methods=True), records)


def own_updates(library: ModuleType, records: int, name: str) -> Case:
    """Change one attribute of each child, by an `update` of the user's."""
    return _updates(Dataset.of(library, name, own_methods=True), records)


def own_deletes(library: ModuleType, records: int, name: str) -> Case:
    """Empty a full adapter of models that have a `delete` of their own."""
    return _deletes(Dataset.of(library, name, own_methods=True), records)
