"""Which kernel runs: the one that was asked for, or a clear error; and the tests test what they say they test."""

from __future__ import annotations

import ast
import shutil
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from .conftest import COMPILED, KERNELS
from .interpreters import run

if TYPE_CHECKING:
    from types import ModuleType

PACKAGE_FOLDER = Path(find_spec("fastdiffsync").origin).parent  # type: ignore[union-attr, arg-type]
STUBS = sorted(path.relative_to(PACKAGE_FOLDER).as_posix() for path in PACKAGE_FOLDER.rglob("*.pyi"))


@pytest.fixture(scope="module")
def unbuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the package as it is where the compiled kernel was not built."""
    folder = tmp_path_factory.mktemp("unbuilt")
    built = [f"*{suffix}" for suffix in EXTENSION_SUFFIXES]
    shutil.copytree(PACKAGE_FOLDER, folder / "fastdiffsync", ignore=shutil.ignore_patterns("__pycache__", *built))
    return folder


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
    assert {"FlatArray", "compare", "match"} <= offered
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
    assert all((name in modules) == (kernel == "c") for name in COMPILED)


@pytest.mark.parametrize("unset", [None, ""])
def test_compiled_by_default(kernel: str, unset: str | None, unbuilt: Path) -> None:
    """Without the switch, the compiled kernel is used where it is there; where it is not, nobody is warned."""
    done = run(unset, "import fastdiffsync; print(fastdiffsync.is_compiled())", path=None if kernel == "c" else unbuilt)
    assert done.stdout.split() == [str(kernel == "c")], done.stderr


def test_asking_for_a_compiled_kernel_that_was_not_built(unbuilt: Path) -> None:
    """The switch set to "c" never falls back to Python: the import fails, says what is missing, and how to get it."""
    done = run("c", "import fastdiffsync", path=unbuilt)
    assert done.returncode == 1
    error = done.stderr.splitlines()[-1]
    assert error.startswith("ImportError: FASTDIFFSYNC_IMPLEMENTATION is 'c', but the compiled kernel cannot be used: ")
    assert "fastdiffsync._core is missing" in error
    assert "FASTDIFFSYNC_REQUIRE_EXTENSION=1 pip install" in error


# What makes the compiled kernel unusable, each with a part of the reason that a user is told.
OBSTACLES = {
    "its first module is missing": (
        "import sys; sys.modules['fastdiffsync._core'] = None",
        "fastdiffsync._core is missing; `FASTDIFFSYNC_REQUIRE_EXTENSION=1 pip install",
    ),
    "a module that has a twin is missing": (
        "import sys; sys.modules['fastdiffsync.kernel.fields'] = None",
        "fastdiffsync.kernel.fields is missing; `FASTDIFFSYNC_REQUIRE_EXTENSION=1 pip install",
    ),
    "a module that has none is missing": (
        "import sys; sys.modules['fastdiffsync.kernel.plain.walking'] = None",
        "fastdiffsync.kernel.plain.walking is missing; `FASTDIFFSYNC_REQUIRE_EXTENSION=1 pip install",
    ),
    "a module is of another build": (
        "import sys, types; sys.modules['fastdiffsync.kernel.plans'] = types.ModuleType('plans')",
        "plans",
    ),
    "msgspec keeps fields in another way": (
        """
import msgspec
class Meta(msgspec.StructMeta):
    def __new__(mcls, name, bases, namespace, **options):
        cls = super().__new__(mcls, name, bases, namespace, **options)
        for field in cls.__struct_fields__:
            slot = cls.__dict__.get(field)
            if slot is not None:
                type.__setattr__(cls, field, property(slot.__get__, slot.__set__))
        return cls
class Struct(msgspec.Struct, metaclass=Meta):
    pass
msgspec.StructMeta, msgspec.Struct = Meta, Struct
""",
        f"msgspec {msgspec.__version__} keeps fields otherwise than in slots",
    ),
    "msgspec makes records in another way": (
        """
import ctypes, msgspec
def move(metaclass, words):
    # `tp_vectorcall_offset` is what comes after the header, the name, two sizes and a function.
    word = ctypes.sizeof(ctypes.c_void_p)
    offset = ctypes.c_ssize_t.from_address(id(metaclass) + object.__basicsize__ + 5 * word)
    assert 0 < offset.value < type.__basicsize__
    offset.value += words * word
move(msgspec.StructMeta, 1)
import fastdiffsync
for metaclass in type(fastdiffsync.DiffSyncModel), msgspec.StructMeta:  # the kernel in Python makes records by it, too
    move(metaclass, -1)
""",
        f"msgspec {msgspec.__version__} makes records otherwise than by vectorcall",
    ),
    "there is no interpreter lock": (
        "import sys; sys._is_gil_enabled = lambda: False",
        "it needs the interpreter lock, which is off (PYTHON_GIL=0 or -X gil=0)",
    ),
}
USE = """
import fastdiffsync
class Site(fastdiffsync.DiffSyncModel):
    _modelname, _identifiers, _attributes = "site", ("name",), ("size",)
    name: str
    size: int = 0
class Sites(fastdiffsync.Adapter):
    site = Site
    top_level = ("site",)
old, new = Sites(), Sites()
old.add(Site(name="a", size=1)), new.add(Site(name="a", size="2"))
print(fastdiffsync.is_compiled(), old.diff_from(new).summary())
"""
USED = "False {'create': 0, 'update': 1, 'delete': 0, 'no-change': 0, 'skip': 0}"


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_asking_for_a_compiled_kernel_that_cannot_be_used(kernel: str, obstacle: str) -> None:
    """The switch set to "c" makes the import fail and say why; set to "python", all goes well and in silence."""
    change, reason = OBSTACLES[obstacle]
    done = run(kernel, change + USE)
    if kernel == "c":
        error = done.stderr.splitlines()[-1]
        assert error.startswith("ImportError: FASTDIFFSYNC_IMPLEMENTATION is 'c', but the compiled kernel cannot be")
        assert reason in error
    else:
        assert done.stdout.splitlines()[-1] == USED, done.stderr


@pytest.mark.parametrize("obstacle", OBSTACLES)
@pytest.mark.skipif("c" not in KERNELS, reason="there is no compiled kernel")
def test_a_compiled_kernel_that_cannot_be_used_is_left_with_a_warning(obstacle: str) -> None:
    """Without the switch, the import succeeds on the Python kernel, all of it, and a warning says why it is slower."""
    change, reason = OBSTACLES[obstacle]
    seen = "\nfrom fastdiffsync import _kernel; print({getattr(v, '__module__', None) for v in vars(_kernel).values()})"
    done = run(None, f"{change}\n{USE}{seen}", warnings="default")
    *_, result, modules = done.stdout.splitlines()
    assert result == USED, done.stderr
    assert not [name for name in COMPILED if f"{name}'" in modules]
    (warning,) = [line for line in done.stderr.splitlines() if "Warning: " in line]
    assert warning.startswith("<string>:")
    assert "RuntimeWarning: fastdiffsync is slower than it could be, as the compiled kernel cannot be used: " in warning
    assert reason in warning


@pytest.mark.parametrize("value", ["C", "cython", "0", " python"])
def test_a_wrong_switch(value: str) -> None:
    """A value that is neither kernel is an error that names the variable, both values and the one given."""
    done = run(value, "import fastdiffsync")
    assert done.returncode == 1
    assert f"ImportError: FASTDIFFSYNC_IMPLEMENTATION must be 'c' or 'python', not {value!r}" in done.stderr
