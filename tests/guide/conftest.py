"""Every program of the guide runs with diffsync and with this library, on both kernels, and does the same."""

from __future__ import annotations

import sys
from typing import Any

import diffsync
import pytest

from ..conftest import KERNELS, PACKAGE, load


@pytest.fixture(params=["diffsync", *KERNELS])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give diffsync, or this library on one of the kernels; while the test runs, it is what an import gives too."""
    if request.param == "diffsync":
        return diffsync
    modules = load(request.param)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        monkeypatch.delitem(sys.modules, name)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return modules[PACKAGE]
