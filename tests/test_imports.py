"""What importing this library loads, and in which direction its modules know each other."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .conftest import COMPILED

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOORS = [
    {"enum", "exceptions", "logging", "utils"},
    {"coercion"},
    {"schema"},
    {"_kernel"},
    {"model"},
    {"store", "store.local", "diff"},
    {"bulk", "differ", "syncer"},
    {"adapter"},
    {"helpers"},
    {"__init__"},
]
"""The rooms that carry the house, from the ground up: none may need one above it, not even through others."""


def _package() -> Path:
    """Return the directory of the package, without importing it."""
    spec = find_spec("fastdiffsync")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _modules() -> dict[str, Path]:
    """Return the files of all modules of the package, compiled ones by their sources where these are there."""
    package = _package()
    files = [path for path in sorted(package.rglob("*.py*")) if path.suffix in {".py", ".pyx"}]
    modules = {}
    for path in files:
        parts = path.relative_to(package).with_suffix("").parts
        modules[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return modules


MODULES = _modules()


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _import_statements(node: ast.AST, *, in_function: bool = False) -> Iterator[tuple[ast.ImportFrom, bool]]:
    """Yield the relative imports that run, and whether each runs inside a function only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom) and child.level:
            yield child, in_function
        elif _is_type_checking(child):
            assert isinstance(child, ast.If)
            for other in child.orelse:
                yield from _import_statements(ast.Module([other], []), in_function=in_function)
        else:
            is_function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from _import_statements(child, in_function=in_function or is_function)


def _parse(path: Path) -> ast.Module:
    """Return the syntax tree of a module; of one in Cython, its imports alone."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".pyx":
        text = "\n".join(re.findall(r"^from \.\S* import [^(\n]+$", text, re.MULTILINE))
    return ast.parse(text)


def _imported(name: str, statement: ast.ImportFrom) -> set[str]:
    """Return the modules of the package that a relative import in a module loads."""
    path = MODULES[name]
    base = [] if name == "__init__" else name.split(".")
    if path.stem != "__init__":
        base = base[:-1]
    base = base[: len(base) - (statement.level - 1)] + (statement.module.split(".") if statement.module else [])
    found = set()
    for alias in statement.names:
        for candidate in (".".join([*base, alias.name]), ".".join(base) or "__init__"):
            if candidate in MODULES:
                found.add(candidate)
                break
    return found


def _graph() -> dict[str, set[str]]:
    """Return the modules that each module imports when it runs."""
    return {
        name: set().union(*(_imported(name, statement) for statement, _ in _import_statements(_parse(path))))
        for name, path in MODULES.items()
    }


def _needed(graph: dict[str, set[str]], name: str) -> set[str]:
    """Return all modules that a module imports, directly or through others."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found


def test_no_module_needs_one_above_it() -> None:
    """The ground floor knows of nothing above it, models know of no adapters, stores of no differ, and so on."""
    graph = _graph()
    above: set[str] = set()
    for floor in reversed(FLOORS):
        for name in floor:
            assert not _needed(graph, name) & above, name
        above |= floor
    assert above <= graph.keys()


def test_imports_have_no_circle() -> None:
    """No module imports itself through others."""
    graph = _graph()
    assert graph["__init__"]
    while graph:
        free = {name for name, imported in graph.items() if not imported & graph.keys()}
        assert free, f"these import each other in a circle: {sorted(graph)}"
        graph = {name: imported for name, imported in graph.items() if name not in free}


# What is there from some version of Python on, and what takes long to import and not every program needs.
LATE = {"import annotationlib", "from .coercion import compile_type"}


def test_no_import_inside_a_function() -> None:
    """Modules of the package are imported at the top of the file, but for two that have a reason."""
    for name, path in MODULES.items():
        late = {ast.unparse(statement) for statement, in_function in _import_statements(_parse(path)) if in_function}
        assert late <= LATE, name


def _run(kernel: str, program: str) -> str:
    """Run a program in a process of its own, on a kernel, with warnings as errors, and return what it prints."""
    environment = {**os.environ, "FASTDIFFSYNC_IMPLEMENTATION": kernel}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, f"{program}\n{done.stderr}"
    return done.stdout


def test_each_module_imports_alone(kernel: str) -> None:
    """Every module that the front door leaves out can be the first that a program imports, without a warning."""
    loaded = set(_run(kernel, "import fastdiffsync, sys; print(*sys.modules)").split())
    names = {f"fastdiffsync.{name}" for name in MODULES if name != "__init__"} - loaded
    if kernel == "python":
        names -= {f"fastdiffsync.{name}" for name in COMPILED}
    assert "fastdiffsync.store.sqlite" in names
    for name in sorted(names):
        _run(kernel, f"import {name}")


def test_importing_loads_no_optional_dependency(kernel: str) -> None:
    """The front door needs msgspec and structlog, and loads neither what extras install, nor SQLite, nor diffsync."""
    loaded = set(_run(kernel, "import fastdiffsync, sys; print(*sys.modules)").split())
    assert {"msgspec", "structlog"} <= loaded
    assert not loaded & {"pydantic", "redis", "sqlite3", "diffsync", "pytest", "hypothesis", "Cython", "packaging"}


def test_importing_loads_little_more_than_its_dependencies(kernel: str) -> None:
    """The front door brings nothing that takes long to import and that msgspec and structlog do without."""
    dependencies = set(_run(kernel, "import msgspec, structlog, sys; print(*sys.modules)").split())
    loaded = set(_run(kernel, "import fastdiffsync, sys; print(*sys.modules)").split())
    assert not (loaded - dependencies) & {
        "importlib.abc",
        "ipaddress",
        "pathlib",
        "random",
        "shutil",
        "tempfile",
        "uuid",
    }
