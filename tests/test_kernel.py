"""Which kernel runs: the one that was asked for, or a clear error; and the tests test what they say they test."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import COMPILED, KERNELS

if TYPE_CHECKING:
    from types import ModuleType

COMPILED_MODULES = COMPILED or ("fastdiffsync._core",)
"""Where there is no compiled kernel, the first of its modules stands for all that are missing."""

PACKAGE_FOLDER = Path(find_spec("fastdiffsync").origin).parent  # type: ignore[union-attr, arg-type]
STUBS = sorted(path.relative_to(PACKAGE_FOLDER).as_posix() for path in PACKAGE_FOLDER.rglob("*.pyi"))


def run(implementation: str | None, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program of Python in a process of its own, with the switch set, or left unset."""
    environment = {key: value for key, value in os.environ.items() if key != "FASTDIFFSYNC_IMPLEMENTATION"}
    if implementation is not None:
        environment["FASTDIFFSYNC_IMPLEMENTATION"] = implementation
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, env=environment
    )


def test_the_kernel_under_test_is_what_it_is_called(kernel: str, fastdiffsync: ModuleType) -> None:
    """The fixture's "c" package runs compiled code, and its "python" package does not."""
    assert fastdiffsync.is_compiled() == (kernel == "c")
    match = fastdiffsync.differ.kernel.match
    assert match.__module__ == ("fastdiffsync._core" if kernel == "c" else "fastdiffsync._core_py")
    home = sys.modules[match.__module__].__file__
    assert home is not None
    assert home.endswith(tuple(EXTENSION_SUFFIXES)) == (kernel == "c")


def test_both_kernels_offer_the_same_names(kernel: str, fastdiffsync: ModuleType) -> None:
    """Whatever the facade takes from one kernel, it takes from the other."""
    offered = {name for name in vars(fastdiffsync._kernel) if not name.startswith("_")}
    python = run("python", "from fastdiffsync import _kernel; print(*(n for n in vars(_kernel) if n[0] != '_'))")
    assert {"Records", "compare", "match"} <= offered
    assert offered >= set(python.stdout.split()), kernel


@pytest.mark.parametrize("name", STUBS)
def test_the_stub_of_a_compiled_module_names_what_it_offers(kernel: str, fastdiffsync: ModuleType, name: str) -> None:
    """A type checker sees of a compiled module just what it and its twin in Python export."""
    stub = Path(fastdiffsync.__file__ or "").parent / name
    module_name = ".".join(("fastdiffsync", *Path(name).with_suffix("").parts))
    named = {
        alias.asname
        for node in ast.parse(stub.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    module = sys.modules[module_name if kernel == "c" else f"{module_name}_py"]
    assert named == set(module.__all__)


def test_the_switch_chooses(kernel: str) -> None:
    """FASTDIFFSYNC_IMPLEMENTATION picks the kernel; the Python one loads no compiled module at all."""
    done = run(kernel, "import fastdiffsync, sys; print(fastdiffsync.is_compiled(), *sys.modules)")
    is_compiled, *modules = done.stdout.split()
    assert is_compiled == str(kernel == "c"), done.stderr
    assert all((name in modules) == (kernel == "c") for name in COMPILED_MODULES)


@pytest.mark.parametrize("unset", [None, ""])
def test_compiled_by_default(kernel: str, unset: str | None) -> None:
    """Without the switch, the compiled kernel is used where it is there."""
    absent = () if kernel == "c" else COMPILED_MODULES
    block = f"import sys; sys.modules.update(dict.fromkeys({absent}))"
    done = run(unset, f"{block}; import fastdiffsync; print(fastdiffsync.is_compiled())")
    assert done.stdout.split() == [str(kernel == "c")], done.stderr


@pytest.mark.parametrize("missing", COMPILED_MODULES)
def test_asking_for_a_compiled_kernel_that_is_missing(missing: str) -> None:
    """The switch set to "c" never falls back to Python: the import fails, and names what is missing."""
    done = run("c", f"import sys; sys.modules[{missing!r}] = None; import fastdiffsync")
    assert done.returncode == 1
    candidates = [missing] if "c" in KERNELS else COMPILED_MODULES
    assert any(name in done.stderr.splitlines()[-1] for name in candidates)
    assert "ImportError" in done.stderr or "ModuleNotFoundError" in done.stderr


@pytest.mark.parametrize("missing", COMPILED_MODULES)
def test_a_part_of_a_compiled_kernel_is_none(missing: str) -> None:
    """Where one of the compiled modules is missing, the Python kernel is used whole."""
    done = run(
        None,
        f"import sys; sys.modules[{missing!r}] = None; import fastdiffsync; from fastdiffsync import _kernel;"
        "print(fastdiffsync.is_compiled(), {getattr(v, '__module__', None) for v in vars(_kernel).values()})",
    )
    assert done.stdout.startswith("False"), done.stderr
    assert not [name for name in COMPILED_MODULES if f"{name}'" in done.stdout]


@pytest.mark.parametrize("value", ["C", "cython", "0", " python"])
def test_a_wrong_switch(value: str) -> None:
    """A value that is neither kernel is an error that names the variable, both values and the one given."""
    done = run(value, "import fastdiffsync")
    assert done.returncode == 1
    assert f"ImportError: FASTDIFFSYNC_IMPLEMENTATION must be 'c' or 'python', not {value!r}" in done.stderr
