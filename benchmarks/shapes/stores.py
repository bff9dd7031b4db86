"""What a shape takes in this library's stores outside the process; each function takes the shape's name last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.cases import Case
from benchmarks.stores import RedisAdapters, SQLiteAdapters

from .datasets import Dataset

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from .datasets import ParentRow


def _load(adapter: Any, rows: Iterable[ParentRow]) -> Any:
    """Fill the adapter, each parent when it has all its children, and have all of it written."""
    for parent_values, children in rows:
        parent = adapter.parent(**parent_values)
        for values in children:
            child = adapter.child(**values)
            adapter.add(child)
            parent.add_child(child)
        adapter.add(parent)
    adapter.store.flush()
    return adapter


class _Stores:
    """Makes adapters of a shape on stores of one sort."""

    def __init__(self, library: ModuleType, name: str, store: str) -> None:
        """Begin without records; `store` is "sqlite" or "redis"."""
        self.dataset = Dataset.of(library, name)
        make = {"sqlite": SQLiteAdapters, "redis": RedisAdapters}[store]
        self._adapters: Any = make(library, self.dataset.adapter)

    def open(self, name: str) -> Any:
        """Return a new adapter on the store of this name, which remembers none of its records."""
        return self._adapters.open(name)

    def new(self, name: str) -> Any:
        """Return an adapter on an empty store of this name."""
        return self._adapters.new(name)

    def fill(self, name: str, records: int, *, changed: int = 0) -> Any:
        """Fill the store of this name with the side's rows and return a new adapter on it."""
        adapter = _load(self.new(name), self.dataset.rows(records, name, changed=changed))  # type: ignore[arg-type]
        adapter.store.close()
        return self.open(name)


def _load_of(library: ModuleType, records: int, name: str, store: str) -> Case:
    stores = _Stores(library, name, store)
    rows = list(stores.dataset.rows(records, "source"))
    return Case(lambda target: _load(target, rows), lambda: (stores.new("target"),), len, records)


def _reopen_of(library: ModuleType, records: int, name: str, store: str) -> Case:
    stores = _Stores(library, name, store)
    stores.fill("source", records)
    return Case(lambda: stores.open("source").get_all("child"), evidence=len, operations=records)


def _diff_of(library: ModuleType, records: int, name: str, store: str) -> Case:
    stores = _Stores(library, name, store)
    stores.fill("source", records)
    stores.fill("target", records)
    options = stores.dataset.options()
    return Case(
        run=lambda source, target: target.diff_from(source, **options),
        setup=lambda: (stores.open("source"), stores.open("target")),
        evidence=lambda diff: diff.summary(),
        operations=records,
    )


def _sync_of(library: ModuleType, records: int, name: str, store: str) -> Case:
    stores = _Stores(library, name, store)
    stores.fill("source", records)

    def setup() -> tuple[Any, Any, Any]:
        source, target = stores.open("source"), stores.fill("target", records, changed=1)
        return source, target, target.diff_from(source)

    def run(source: Any, target: Any, diff: Any) -> Any:
        target.sync_from(source, diff=diff)
        target.store.flush()
        return diff

    return Case(run, setup, lambda diff: diff.summary(), records)


def sqlite_load(library: ModuleType, records: int, name: str) -> Case:
    """Fill a new SQLite file."""
    return _load_of(library, records, name, "sqlite")


def sqlite_reopen(library: ModuleType, records: int, name: str) -> Case:
    """Open a SQLite file and get all children."""
    return _reopen_of(library, records, name, "sqlite")


def sqlite_diff(library: ModuleType, records: int, name: str) -> Case:
    """Compare two SQLite files that have just been opened."""
    return _diff_of(library, records, name, "sqlite")


def sqlite_sync(library: ModuleType, records: int, name: str) -> Case:
    """Apply a given diff that changes each child in a SQLite file."""
    return _sync_of(library, records, name, "sqlite")


def redis_load(library: ModuleType, records: int, name: str) -> Case:
    """Fill a store on a Redis server."""
    return _load_of(library, records, name, "redis")


def redis_reopen(library: ModuleType, records: int, name: str) -> Case:
    """Connect to a store on a Redis server and get all children."""
    return _reopen_of(library, records, name, "redis")


def redis_diff(library: ModuleType, records: int, name: str) -> Case:
    """Compare two stores on one Redis server."""
    return _diff_of(library, records, name, "redis")


def redis_sync(library: ModuleType, records: int, name: str) -> Case:
    """Apply a given diff that changes each child on a Redis server."""
    return _sync_of(library, records, name, "redis")
