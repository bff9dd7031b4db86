"""Filling an adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks import cases, models

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def test_load_in_bulk(benchmark: Any, request: pytest.FixtureRequest) -> None:
    """Loads the same records as the loop does, on the one library that can."""
    benchmark.group = "load"
    records = request.config.getoption("--records")
    case = cases.load_in_bulk(models.load_library("fastdiffsync"), records)
    loaded = benchmark.pedantic(case.run, setup=lambda: (case.setup(), {}), rounds=10)
    assert 0.98 * records < case.evidence(loaded) < records


def test_load(measure: Callable[..., Any], request: pytest.FixtureRequest) -> None:
    """Loads all records but the few that only the other side has."""
    records = request.config.getoption("--records")
    assert 0.98 * records < measure(cases.load) < records
