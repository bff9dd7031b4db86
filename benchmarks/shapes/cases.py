"""What is measured of a shape in memory, on either library; each function takes the shape's name last.

All times are those of one child.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, create_model

from benchmarks.cases import Case

from .datasets import Dataset, by_type, load, rows
from .table import SHAPES

if TYPE_CHECKING:
    from types import ModuleType

_ONE_IN_A_HUNDRED = 100


def _diff_of(library: ModuleType, records: int, name: str, changed: int) -> Case:
    """Compare two sides of which one in so many children is changed."""
    dataset = Dataset.of(library, name)
    source, target = dataset.loaded(records, "source"), dataset.loaded(records, "target", changed=changed)
    options = dataset.options()
    return Case(
        run=lambda: target.diff_from(source, **options), evidence=lambda diff: diff.summary(), operations=records
    )


def diff(library: ModuleType, records: int, name: str) -> Case:
    """Compare two sides that are equal, but for records that one side has alone if the shape has those."""
    return _diff_of(library, records, name, 0)


def diff_changed(library: ModuleType, records: int, name: str) -> Case:
    """Compare two sides of which 1 % is changed."""
    return _diff_of(library, records, name, _ONE_IN_A_HUNDRED)


def _load_of(library: ModuleType, records: int, name: str, *, text: bool) -> Case:
    dataset = Dataset.of(library, name)
    every = list(dataset.rows(records, "source", text=text))

    def run(target: Any) -> Any:
        load(target, every)
        return target

    return Case(run, setup=lambda: (dataset.adapter("target"),), evidence=len, operations=records)


def load_values(library: ModuleType, records: int, name: str) -> Case:
    """Construct, `add`, `add_child` from values that are of their types already."""
    return _load_of(library, records, name, text=False)


def load_text(library: ModuleType, records: int, name: str) -> Case:
    """Construct, `add`, `add_child` from values as a file spells them."""
    return _load_of(library, records, name, text=True)


def _bulk_of(library: ModuleType, records: int, name: str, *, text: bool) -> Case:
    dataset = Dataset.of(library, name)
    every = by_type(dataset.rows(records, "source", text=text))

    def run(target: Any) -> Any:
        target.load_records(every)
        return target

    return Case(run, setup=lambda: (dataset.adapter("target"),), evidence=len, operations=records)


def bulk_values(library: ModuleType, records: int, name: str) -> Case:
    """Load the rows of `load_values` in one call; only this library has it."""
    return _bulk_of(library, records, name, text=False)


def bulk_text(library: ModuleType, records: int, name: str) -> Case:
    """Load the rows of `load_text` in one call; only this library has it."""
    return _bulk_of(library, records, name, text=True)


def _pydantic_model(name: str) -> Any:
    """Return a pydantic model of the same fields, and nothing else."""
    shape = SHAPES[name]
    fields = {field: (kind.annotation, ...) for field, kind in {**shape.identifiers, **shape.attributes}.items()}
    return create_model("Child", **fields)  # type: ignore[call-overload]


def _pydantic_rows(records: int, name: str, *, text: bool) -> list[dict[str, Any]]:
    return [child for _, children in rows(SHAPES[name], records, "source", text=text) for child in children]


def _pydantic_of(records: int, name: str, *, text: bool) -> Case:
    model, every = _pydantic_model(name), _pydantic_rows(records, name, text=text)

    def run() -> list[Any]:
        made = []
        for values in every:
            made.append(model(**values))  # noqa: PERF401 - the loop in which they would be loaded
        return made

    return Case(run, operations=records, evidence=_nothing)


def _nothing(_result: Any) -> None:
    """Leave no evidence: it is not this library's."""


def pydantic_values(records: int, name: str) -> Case:
    """Construct pydantic models of the values of `load_values`."""
    return _pydantic_of(records, name, text=False)


def pydantic_text(records: int, name: str) -> Case:
    """Construct pydantic models of the values of `load_text`."""
    return _pydantic_of(records, name, text=True)


def table_in_bulk(library: ModuleType, records: int, name: str) -> Case:
    """Load a table of text in one call, into records that have no parents."""
    dataset = Dataset.of(library, name)
    every = _pydantic_rows(records, name, text=True)
    model = types.new_class("Row", (dataset.adapter.child,), exec_body=lambda body: body.update(_parent_keys={}))
    adapter = type("Table", (library.Adapter,), {"child": model, "top_level": ["child"]})

    def run(target: Any) -> Any:
        target.load_records({"child": every})
        return target

    return Case(run, setup=lambda: (adapter("target"),), operations=records, evidence=_nothing)


def table_by_pydantic(records: int, name: str) -> Case:
    """Validate the same table in one call as a list of pydantic models."""
    adapter = TypeAdapter(list[_pydantic_model(name)])  # type: ignore[misc]
    every = _pydantic_rows(records, name, text=True)
    return Case(lambda: adapter.validate_python(every), operations=records, evidence=_nothing)
