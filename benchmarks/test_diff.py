"""Comparing two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import cases

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "case",
    [
        cases.diff,
        cases.diff_shuffled,
        cases.diff_wide_children,
        cases.diff_wide_top_level,
        cases.diff_overriding_sites,
        cases.diff_overriding_devices,
        cases.diff_overriding_interfaces,
        cases.diff_containers,
    ],
)
def test_diff(measure: Callable[..., Any], case: Callable[..., cases.Case]) -> None:
    """Finds records of every kind: changed, created, deleted and equal."""
    summary = measure(case)
    assert all(summary[action] for action in ("create", "update", "delete", "no-change"))
