"""Options and fixtures of the pytest-benchmark files.

`pytest benchmarks` compares the two libraries side by side; `--records` sets the size, `--benchmark-save` and
`--benchmark-compare` keep and compare runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import models
from benchmarks.cases import Case

if TYPE_CHECKING:
    from types import ModuleType

MakeCase = Callable[["ModuleType", int], Case]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the size of the data to the command line."""
    parser.addoption("--records", type=int, default=11_000, help="records a side, a multiple of 100 (default: 11000)")


@pytest.fixture(params=["diffsync", "fastdiffsync"])
def library(request: pytest.FixtureRequest) -> ModuleType:
    """Return the library that is measured."""
    return models.load_library(request.param)


@pytest.fixture
def measure(benchmark: Any, library: ModuleType, request: pytest.FixtureRequest) -> Callable[[MakeCase], Any]:
    """Return a function that measures a case and returns the evidence of what it did."""

    def run(make: MakeCase) -> Any:
        benchmark.group = make.__name__
        case = make(library, request.config.getoption("--records"))
        rounds = 3 if library.__name__ == "diffsync" else 10
        result = benchmark.pedantic(case.run, setup=lambda: (case.setup(), {}), rounds=rounds)
        return case.evidence(result)

    return run
