"""Filling an adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks import cases

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def test_load(measure: Callable[..., Any], request: pytest.FixtureRequest) -> None:
    """Loads all records but the few that only the other side has."""
    records = request.config.getoption("--records")
    assert 0.98 * records < measure(cases.load) < records
