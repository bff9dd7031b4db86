"""Applying a diff, and the whole job around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import cases

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "case",
    [
        cases.sync_changes,
        cases.sync_creates,
        cases.sync_deletes,
        cases.sync_and_diff_creates,
        cases.sync_and_diff_deletes,
    ],
)
def test_sync(measure: Callable[..., Any], case: Callable[..., cases.Case]) -> None:
    """Leaves nothing for the next diff to find."""
    _applied, remaining, _length = measure(case)
    assert remaining["create"] == remaining["update"] == remaining["delete"] == 0


def test_whole_job(measure: Callable[..., Any]) -> None:
    """Finds differences at first and none in the end."""
    first, second = measure(cases.whole_job)
    assert first["update"]
    assert second["create"] == second["update"] == second["delete"] == 0
