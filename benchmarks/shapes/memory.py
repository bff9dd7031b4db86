"""What a loaded record of a shape takes, its values not counted, be they the row's or the library's own copies."""

from __future__ import annotations

import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

from benchmarks.footprint import bytes_taken

from .datasets import Dataset, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

_CONTAINERS = (list, tuple, set, frozenset)


def loaded_record(library: ModuleType, records: int, name: str) -> list[float]:
    """Return the bytes that an adapter takes for each record."""
    dataset = Dataset.of(library, name)
    rows = list(dataset.rows(records, "source"))

    def make() -> Any:
        adapter = dataset.adapter("source")
        load(adapter, rows)
        return adapter

    taken = bytes_taken(make)
    adapter = make()
    known = {id(value) for values in _dicts(rows) for value in _with_all_below(values.values())}
    shape = dataset.shape
    fields = {"parent": ["name", *shape.parent_attributes], "child": [*shape.identifiers, *shape.attributes]}
    values = (
        getattr(record, field)
        for modelname, names in fields.items()
        for record in adapter.get_all(modelname)
        for field in names
    )
    copied = sum(sys.getsizeof(value) for value in _with_all_below(values) if id(value) not in known)
    return [(taken - copied) / len(adapter)]


def _dicts(rows: Iterable[tuple[dict[str, Any], list[dict[str, Any]]]]) -> Iterator[dict[str, Any]]:
    """Yield the values of parents and children alike."""
    for parent, children in rows:
        yield parent
        yield from children


def _with_all_below(values: Iterable[Any]) -> Iterator[Any]:
    """Yield the values, and what is in those that are containers."""
    for value in values:
        yield value
        if isinstance(value, dict):
            yield from _with_all_below(chain(value, value.values()))
        elif isinstance(value, _CONTAINERS):
            yield from _with_all_below(value)
