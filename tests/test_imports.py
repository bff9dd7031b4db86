"""What importing this library loads, and in which direction its modules know each other."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import COMPILED
from .interpreters import run

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOORS = (
    ("ground", "enum exceptions logging utils version drop_in runtime.*"),
    ("what annotations say", "classes classes.annotations classes.refusals"),
    ("values to types", "coercion.*"),
    ("what a class says", "schema"),
    ("plain data", "dumping.*"),
    (
        "what all of the kernel leans on",
        (
            "kernel kernel.capi kernel.known_types kernel.texts kernel.durations kernel.key_texts kernel.slotted "
            "kernel.slotted_py kernel.conversions kernel.dict_internals kernel.constants kernel.checks "
            "kernel.equality kernel.identity kernel.lookup kernel.skipping kernel.construction_errors kernel.row_errors"
        ),
    ),
    (
        "records in memory",
        (
            "kernel.plans kernel.layouts kernel.fields kernel.fields_py kernel.children kernel.children_py "
            "kernel.construction kernel.construction_py kernel.local_records kernel.local_records_py "
            "kernel.encoded_records kernel.encoded_records_py kernel.exactness kernel.exactness_py "
            "kernel.text_buffer kernel.typed_values kernel.typed_writing kernel.typed_bodies kernel.typed_bodies_py "
            "kernel.dumping kernel.dumping_py kernel.describing kernel.describing_py "
            "kernel.copying kernel.copying_py kernel.stored_records kernel.stored_records_py "
            "kernel.updating kernel.updating_py"
        ),
    ),
    ("the flat array", "kernel.cursor kernel.array kernel.array_py"),
    (
        "diffs as objects",
        (
            "kernel.views kernel.views_py kernel.child_iterator kernel.element_lines kernel.elements kernel.elements_py"
            " kernel.diffs kernel.diffs_py kernel.flat_text kernel.reading kernel.reading_py"
        ),
    ),
    ("plain trees", "kernel.plain.* kernel.plain_py"),
    (
        "what the kernel does with records one by one",
        (
            "kernel.pairing kernel.fetching kernel.match_state kernel.compare kernel.compare_py "
            "kernel.tables kernel.tables_py kernel.applying kernel.applying_py"
        ),
    ),
    ("matching", "_core _core_py"),
    ("the kernel's door", "_kernel"),
    (
        "models",
        (
            "classes.adapters classes.assignment classes.generics classes.inheritance classes.metaclass "
            "classes.model_fields model"
        ),
    ),
    ("where records are kept", "store.*"),
    ("reading a diff", "views.* diff"),
    ("loading and applying", "loading.* syncing.*"),
    ("two adapters in, a diff out; a diff in, changes out", "differ syncer"),
    ("one dataset", "adapter"),
    ("the front door", "helpers __init__"),
    ("for those who write stores", "testing.*"),
)
"""The floors of the house, from the ground up, each with its modules. A module may import those of its own floor and of
floors below; `room.*` is a package with all that is in it."""


def _package() -> Path:
    """Return the directory of the package, without importing it."""
    spec = find_spec("fastdiffsync")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _modules() -> dict[str, list[Path]]:
    """Return the files of all modules of the package: Python, and Cython's sources and declarations where they are."""
    package = _package()
    modules: dict[str, list[Path]] = {}
    for path in sorted(package.rglob("*")):
        if path.suffix in {".py", ".pyx", ".pxd"}:
            parts = path.relative_to(package).with_suffix("").parts
            modules.setdefault(
                ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts), []
            ).append(path)
    return modules


MODULES = _modules()
CYTHON_IMPORT = re.compile(r"^from (\.+)([\w.]*) c?import (\([^)]*\)|[^\n#]*)", re.MULTILINE)


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
    """Return the syntax tree of a module; of one in Cython, that of its imports and cimports alone."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        text = "\n".join(f"from {dots}{module} import {names}" for dots, module, names in CYTHON_IMPORT.findall(text))
    return ast.parse(text)


def _imported(path: Path, statement: ast.ImportFrom) -> set[str]:
    """Return the modules of the package that a relative import in a file loads."""
    base = list(path.relative_to(_package()).parts[:-1])
    base = base[: len(base) - (statement.level - 1)] + (statement.module.split(".") if statement.module else [])
    found = set()
    for alias in statement.names:
        for candidate in (".".join([*base, alias.name]), ".".join(base) or "__init__"):
            if candidate in MODULES:
                found.add(candidate)
                break
    return found


def _graph() -> dict[str, set[str]]:
    """Return the modules that each module imports when it runs; the kernel's door imports all twins by their names."""
    graph = {
        name: set().union(
            *(_imported(path, statement) for path in paths for statement, _ in _import_statements(_parse(path)))
        )
        - {name}
        for name, paths in MODULES.items()
    }
    twins = {name for name in MODULES if name.endswith("_py")}
    graph["_kernel"] |= twins | {name.removesuffix("_py") for name in twins} & MODULES.keys()
    return graph


def _floors() -> dict[str, int]:
    """Return the number of the floor of each module that has one."""
    numbers: dict[str, int] = {}
    for number, (_, names) in enumerate(FLOORS):
        for name in names.split():
            room = name.removesuffix(".*")
            inside = [each for each in MODULES if each == room or (name != room and each.startswith(f"{room}."))]
            assert not numbers.keys() & inside, f"{name} has two floors"
            numbers.update(dict.fromkeys(inside, number))
    return numbers


def test_every_module_has_a_floor() -> None:
    """A module that is added gets a place in the list above, which says what it may import."""
    homeless = MODULES.keys() - _floors().keys()
    assert not homeless, f"give each of these a floor in {Path(__file__).name}: {sorted(homeless)}"


def test_no_module_imports_one_above_it() -> None:
    """Nothing imports upwards, in Python or in Cython."""
    floors = _floors()
    upwards = {
        f"{name} imports {other}, which is on the floor of {FLOORS[floors[other]][0]}"
        for name, imported in _graph().items()
        for other in imported
        if floors[other] > floors[name]
    }
    assert not upwards


def test_imports_have_no_circle() -> None:
    """No module imports itself through others."""
    graph = _graph()
    assert graph["__init__"]
    while graph:
        free = {name for name, imported in graph.items() if not imported & graph.keys()}
        assert free, f"these import each other in a circle: {sorted(graph)}"
        graph = {name: imported for name, imported in graph.items() if name not in free}


def test_the_door_names_all_twins_to_type_checkers() -> None:
    """What the kernel's door loads by the folder, it lists for type checkers, who cannot look there."""
    path = _package() / "_kernel.py"
    listed = set().union(
        *(
            _imported(path, statement)
            for node in _parse(path).body
            if _is_type_checking(node)
            for statement in ast.walk(node)
            if isinstance(statement, ast.ImportFrom)
        )
    )
    offering = {
        name
        for name, paths in MODULES.items()
        if name.endswith("_py") and "\n__all__ = " in paths[0].read_text(encoding="utf-8")
    }
    assert listed == offering


def _defined(path: Path) -> list[str]:
    """Return the names of the functions and classes of a module, in order, without the underscore of private ones."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^(?:(?:cdef )?class (\w+)|(?:cdef|def) [^\n(=]*?(\w+)\()", text, re.MULTILINE)
    return [(of_class or of_function).lstrip("_") for of_class, of_function in found]


def test_twins_can_be_read_side_by_side() -> None:
    """What both twins define stands in the same order in both; what has no twin says so."""
    for name, paths in MODULES.items():
        source = next((path for path in paths if path.suffix == ".pyx"), None)
        if source is None or name.startswith("kernel.plain."):
            continue
        if f"{name}_py" in MODULES:
            names, twin_names = _defined(source), _defined(MODULES[f"{name}_py"][0])
            assert [each for each in names if each in twin_names] == [each for each in twin_names if each in names], (
                name
            )
        else:
            assert "Without a twin:" in source.read_text(encoding="utf-8"), name


SOURCES = {path for paths in MODULES.values() for path in paths if path.suffix == ".pyx"}


@pytest.mark.skipif(not SOURCES, reason="the package is installed without the sources of the compiled kernel")
def test_no_list_comprehension_of_new_objects() -> None:
    """The compiled kernel makes no list by a comprehension or a generator, but of objects that have a name.

    Cython 3.3 drops any other object twice where the list cannot grow, so that running out of memory is a crash. A loop
    that appends to a list is compiled into something else.
    """
    for path in SOURCES:
        source = io.StringIO(path.read_text(encoding="utf-8"))
        tokens = [token for token in tokenize.generate_tokens(source.readline) if token.type != tokenize.NL]
        opened: list[int] = []
        for place, token in enumerate(tokens):
            if token.string in {"[", "(", "{"}:
                opened.append(place)
            elif token.string in {"]", ")", "}"}:
                opened.pop()
            elif token.string == "for" and opened and tokens[opened[-1]].string != "{":
                assert place == opened[-1] + 2, f"{path}, line {token.start[0]}"


# What is there from some version of Python on, and what takes long to import and not every program needs.
LATE = {"import annotationlib", "from .coercion import compile_type"}


def test_no_import_inside_a_function() -> None:
    """Modules of the package are imported at the top of the file, but for two that have a reason."""
    for name, paths in MODULES.items():
        statements = [each for path in paths for each in _import_statements(_parse(path))]
        late = {ast.unparse(statement) for statement, in_function in statements if in_function}
        assert late <= LATE, name


def _loaded(kernel: str, beginning: str) -> set[str]:
    """Return the names of the modules that are loaded in an interpreter that has run a program, on a kernel."""
    environment = {**os.environ, "FASTDIFFSYNC_IMPLEMENTATION": kernel}
    command = [sys.executable, "-W", "error", "-c", f"{beginning}, sys; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.split())


def test_each_module_imports_alone(kernel: str) -> None:
    """Every module that the front door leaves out can be the first that a program imports, without a warning."""
    loaded = _loaded(kernel, "import fastdiffsync")
    can_run = {name for name, paths in MODULES.items() if any(path.suffix != ".pxd" for path in paths)}
    names = {f"fastdiffsync.{name}" for name in can_run - {"__init__"}} - loaded
    if kernel == "python":
        names -= set(COMPILED)
    assert "fastdiffsync.store.sqlite" in names
    # An import of any of them imports the front door first, which here is done once for all.
    runs = {name: run(kernel, f"import {name}", beginning="import fastdiffsync") for name in sorted(names)}
    assert not {name: done.stderr for name, done in runs.items() if done.returncode or done.stderr}


def test_importing_loads_no_optional_dependency(kernel: str) -> None:
    """The front door needs msgspec and structlog, and loads neither what extras install, nor SQLite, nor diffsync."""
    loaded = _loaded(kernel, "import fastdiffsync")
    assert {"msgspec", "structlog"} <= loaded
    assert not loaded & {"pydantic", "redis", "sqlite3", "diffsync", "pytest", "hypothesis", "Cython", "packaging"}


def test_importing_loads_little_more_than_its_dependencies(kernel: str) -> None:
    """The front door brings nothing that takes long to import and that msgspec and structlog do without."""
    dependencies = _loaded(kernel, "import msgspec, structlog")
    loaded = _loaded(kernel, "import fastdiffsync")
    assert not (loaded - dependencies) & {
        "importlib.abc",
        "ipaddress",
        "pathlib",
        "random",
        "shutil",
        "tempfile",
        "uuid",
    }
