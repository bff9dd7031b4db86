"""diffsync, which most behaviour is compared with, and what stands in for it where it cannot be installed."""

from __future__ import annotations

import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import pytest

IS_LEFT_OUT = sys.version_info >= (3, 14) and importlib.util.find_spec("diffsync") is None
"""Whether diffsync is absent with a reason; where it could be installed, its absence is an error."""

REASON = "diffsync needs Python < 3.14"

needs_diffsync = pytest.mark.skipif(IS_LEFT_OUT, reason=REASON)
"""Marks a test that uses diffsync in another way than by its names, as in a process of its own."""


class Absent(ModuleType):
    """A module of diffsync that can be imported; a test or module that uses anything of it is skipped."""

    def __getattr__(self, name: str) -> Any:
        """Skip what asks for a name of diffsync; the interpreter's own names are not there."""
        if name.startswith("__"):
            raise AttributeError(name)
        pytest.skip(REASON, allow_module_level=True)


class StandIns(MetaPathFinder, Loader):
    """Finds and makes modules for all names of diffsync."""

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        """Answer for diffsync and its modules, whatever their names."""
        return ModuleSpec(fullname, self, is_package=True) if fullname.partition(".")[0] == "diffsync" else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make a module that skips who uses it."""
        return Absent(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Put nothing into it."""
