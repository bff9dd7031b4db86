"""The fixture that every behaviour test runs through: the package on the compiled kernel, and on its twin in Python."""

from __future__ import annotations

import gc
import importlib
import importlib.machinery
import importlib.util
import logging
import os
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import structlog

from . import interpreters, reference
from .profile import IN_CI

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

if reference.IS_LEFT_OUT:
    sys.meta_path.append(reference.StandIns())

PACKAGE = "fastdiffsync"
KERNELS = tuple(os.environ.get("FASTDIFFSYNC_TEST_KERNELS", "c,python").split(","))

# The fixtures give the same modules to every example, so it does not matter that they are not made anew.
_CHECKS = [hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("default", deadline=None, max_examples=30, suppress_health_check=_CHECKS)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=400, suppress_health_check=_CHECKS)
hypothesis.settings.load_profile("ci" if IN_CI else "default")

_loaded: dict[str, dict[str, ModuleType]] = {}


def _own_modules() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.startswith(PACKAGE)]  # few of some thousand, looked for at each test
    return {name: sys.modules[name] for name in names if name.partition(".")[0] == PACKAGE}


def _put_aside() -> dict[str, ModuleType]:
    modules = _own_modules()
    for name in modules:
        del sys.modules[name]
    return modules


def _compiled_modules() -> tuple[str, ...]:
    """Return the modules of the compiled kernel, as the package's folder has them: as sources, or built."""
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    endings = (".pyx", *importlib.machinery.EXTENSION_SUFFIXES)
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.name.endswith(endings)}
    return tuple(sorted({".".join((PACKAGE, *path.parent.parts, path.name.partition(".")[0])) for path in found}))


COMPILED = _compiled_modules()
"""The modules of the compiled kernel, none where there are only those in Python."""


def load(kernel: str) -> dict[str, ModuleType]:
    """Return the modules of the package on one kernel, imported once and apart from those on the other."""
    if kernel not in _loaded:
        aside = _put_aside()
        before = os.environ.get("FASTDIFFSYNC_IMPLEMENTATION")
        os.environ["FASTDIFFSYNC_IMPLEMENTATION"] = kernel
        try:
            package = importlib.import_module(PACKAGE)
            for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
                if module.name not in COMPILED:
                    importlib.import_module(module.name)
            _loaded[kernel] = _put_aside()
        finally:
            sys.modules.update(aside)
            if before is None:
                del os.environ["FASTDIFFSYNC_IMPLEMENTATION"]
            else:
                os.environ["FASTDIFFSYNC_IMPLEMENTATION"] = before
    return _loaded[kernel]


def kernel_file(kernel: str) -> str:
    """Return the path of the file that a kernel's functions come from."""
    modules = load(kernel)
    name = "_core" if modules[PACKAGE].is_compiled() else "_core_py"
    return str(modules[f"{PACKAGE}.{name}"].__file__)


def pytest_report_header() -> list[str]:
    """Say which file each kernel is; the tests of one that is missing fail, each with the reason."""
    lines = []
    for kernel in KERNELS:
        try:
            lines.append(f"kernel {kernel}: {kernel_file(kernel)}")
        except ImportError as error:
            lines.append(f"kernel {kernel}: missing ({error}); FASTDIFFSYNC_TEST_KERNELS=python tests the other alone")
    return lines


def pytest_sessionfinish() -> None:
    """End what was kept for the tests that run programs."""
    interpreters.close_all()


@pytest.fixture(params=KERNELS, scope="session")
def kernel(request: pytest.FixtureRequest) -> str:
    """Name the kernel under test, "c" or "python"."""
    return request.param


@pytest.fixture
def fastdiffsync(kernel: str) -> Iterator[ModuleType]:
    """Give the package on one of the kernels; while the test runs, it is what an import gives too."""
    modules = load(kernel)
    aside = _put_aside()
    sys.modules.update(modules)
    try:
        yield modules[PACKAGE]
    finally:
        _loaded[kernel] = _put_aside()
        sys.modules.update(aside)


@pytest.fixture(autouse=True, scope="module")
def _frozen_heap() -> None:
    """Let the garbage collector leave out what is there before a module's tests: most of it stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Keep log lines off the screen; a test that wants them captures them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()
