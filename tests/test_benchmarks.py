"""The benchmarks' rows measure something: a row that cannot be measured would only be found when all are."""

from __future__ import annotations

import pytest

pytest.importorskip("pydantic", reason="the benchmarks' peers are made with pydantic, which comes with diffsync")

from benchmarks import worker
from benchmarks.calls import measure
from benchmarks.calls.marks import call_marks
from benchmarks.marks import Mark, marks, store_marks
from benchmarks.runner import Measurement
from benchmarks.shapes.marks import shape_marks
from benchmarks.shapes.table import SHAPES

EVERY = [*marks(quick=True), *store_marks(quick=True), *shape_marks(quick=True), *call_marks()]


def _measurements(rows: list[Mark]) -> set[Measurement]:
    sides = [side for row in rows for side in (row.ours, row.theirs)]
    return {side for side in sides if isinstance(side, Measurement)}


def test_every_row_has_its_function() -> None:
    """Each measurement names a function of the benchmarks, and a shape or a call that there is."""
    for measurement in _measurements(EVERY):
        module = measurement.name.partition(".")[0]
        if module != "peers":  # Polars and DuckDB need not be there
            function, *variant = worker.resolve(measurement.name)
            assert callable(function)
            if variant and module == "shapes":
                assert variant[0] in SHAPES
            elif variant:
                assert measure.find(variant[0])


def test_each_caption_stands_once() -> None:
    """A caption and a peer choose one row, whether all are measured quickly or not."""
    captions = [(row.what, row.peer, row.ours.records) for row in EVERY]
    assert len(captions) == len(set(captions))
