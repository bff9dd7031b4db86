"""Asking a finished diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import cases

if TYPE_CHECKING:
    from collections.abc import Callable


def test_summary(measure: Callable[..., Any]) -> None:
    """Counts records of every kind."""
    summary = measure(cases.summary)
    assert all(summary[action] for action in ("create", "update", "delete", "no-change"))


def test_length(measure: Callable[..., Any], request: pytest.FixtureRequest) -> None:
    """Counts every record once, whichever side it is on."""
    assert measure(cases.length) == request.config.getoption("--records")


def test_has_diffs(measure: Callable[..., Any]) -> None:
    """Finds no differences between equal sides."""
    assert measure(cases.has_diffs) is False


@pytest.mark.parametrize("case", [cases.diff_as_str, cases.diff_as_dict])
def test_readable(measure: Callable[..., Any], case: Callable[..., cases.Case]) -> None:
    """Says something."""
    assert measure(case)
