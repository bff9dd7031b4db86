"""After `install_as_diffsync()`, programs written for diffsync run on this library without a change."""

from __future__ import annotations

import pytest

from .interpreters import run
from .reference import needs_diffsync

INSTALL = "import fastdiffsync; fastdiffsync.install_as_diffsync()\n"
SUBMODULES = ["diff", "enum", "exceptions", "helpers", "logging", "store", "store.local", "store.redis", "utils"]


def assert_runs(kernel: str, program: str) -> None:
    """Run a program whose assertions must hold."""
    done = run(kernel, program)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", SUBMODULES)
def test_submodules_are_this_librarys(kernel: str, name: str) -> None:
    """Each submodule of diffsync is the very module of this library, and keeps its own name and spec."""
    assert_runs(
        kernel,
        INSTALL
        + f"""
import diffsync.{name}
import fastdiffsync.{name}, sys
module = fastdiffsync.{name}
assert diffsync.{name} is module is sys.modules["diffsync.{name}"] is sys.modules["fastdiffsync.{name}"]
assert module.__name__ == module.__spec__.name == "fastdiffsync.{name}"
assert diffsync is fastdiffsync and diffsync.__spec__.name == "fastdiffsync"
""",
    )


def test_program_written_for_diffsync(kernel: str) -> None:
    """Imports of every form give this library's classes, and the program's answers come from them."""
    assert_runs(
        kernel,
        INSTALL
        + """
from diffsync import Adapter, DiffSyncModel
from diffsync.enum import DiffSyncFlags
from diffsync.exceptions import ObjectNotFound
from diffsync.store.local import LocalStore
import diffsync.diff as diff_module

class Site(DiffSyncModel):
    _modelname = "site"
    _identifiers = ("name",)
    _attributes = ("rooms",)
    name: str
    rooms: int

class Sites(Adapter):
    site = Site
    top_level = ["site"]

here, there = Sites(internal_storage_engine=LocalStore), Sites()
here.add(Site(name="nyc", rooms=1))
there.add(Site(name="nyc", rooms="2"))
diff = here.diff_to(there, flags=DiffSyncFlags.SKIP_UNMATCHED_SRC)
assert isinstance(diff, diff_module.Diff)
assert diff.dict() == {"site": {"nyc": {"-": {"rooms": 2}, "+": {"rooms": 1}}}}
try:
    here.get("site", "sfo")
except ObjectNotFound:
    pass
import fastdiffsync
assert DiffSyncModel is fastdiffsync.DiffSyncModel
""",
    )


def test_modules_that_import_later(kernel: str) -> None:
    """A plugin that is imported by name, long after, gets this library too."""
    assert_runs(
        kernel,
        INSTALL
        + """
import importlib
assert importlib.import_module("diffsync.store").BaseStore is fastdiffsync.BaseStore
assert importlib.import_module(".utils", "diffsync") is fastdiffsync.utils
""",
    )


def test_installing_twice(kernel: str) -> None:
    """A second call changes nothing, before and after diffsync's name has been used."""
    assert_runs(
        kernel,
        INSTALL
        + """
import sys
finders = list(sys.meta_path)
fastdiffsync.install_as_diffsync()
import diffsync.store
fastdiffsync.install_as_diffsync()
assert sys.meta_path == finders
assert diffsync is fastdiffsync
""",
    )


@needs_diffsync
def test_too_late(kernel: str) -> None:
    """Where the real diffsync has been imported, the call says so and changes nothing."""
    assert_runs(
        kernel,
        """
import diffsync, fastdiffsync, sys
finders = list(sys.meta_path)
try:
    fastdiffsync.install_as_diffsync()
except ImportError as error:
    assert "before anything imports it" in str(error), error
else:
    raise AssertionError("no error")
import diffsync.store.local
assert sys.meta_path == finders
assert diffsync.Adapter is not fastdiffsync.Adapter
assert diffsync.store.local.__name__ == "diffsync.store.local"
""",
    )


@needs_diffsync
def test_importing_alone_replaces_nothing(kernel: str) -> None:
    """Until it is asked to, this library leaves the real diffsync in its place."""
    assert_runs(kernel, "import fastdiffsync, diffsync; assert diffsync.__name__ == 'diffsync'")


def test_redis_is_imported_only_when_asked_for(kernel: str) -> None:
    """The Redis store's module, and redis, are loaded with the first import that names it."""
    assert_runs(
        kernel,
        INSTALL
        + """
import sys
import diffsync.store
assert "redis" not in sys.modules and "fastdiffsync.store.redis" not in sys.modules
from diffsync.store.redis import RedisStore
assert "redis" in sys.modules
""",
    )


def test_redis_store_without_redis(kernel: str) -> None:
    """Without the package redis, the import of its store fails with the name of the extra to install."""
    assert_runs(
        kernel,
        INSTALL
        + """
import sys
sys.modules["redis"] = None
try:
    import diffsync.store.redis
except ImportError as error:
    assert "fastdiffsync[redis]" in str(error), error
else:
    raise AssertionError("no error")
""",
    )


def test_modules_that_do_not_exist(kernel: str) -> None:
    """A submodule that neither library has is not found, under the name that was asked for."""
    done = run(kernel, INSTALL + "import diffsync.nonsense")
    assert "ModuleNotFoundError: No module named 'diffsync.nonsense'" in done.stderr


@needs_diffsync
def test_reload_pickle_and_metadata(kernel: str) -> None:
    """Reloading and pickling work under both names; the real package's metadata stays what it is."""
    assert_runs(
        kernel,
        INSTALL
        + """
import importlib, importlib.metadata, pickle
import diffsync.utils
from diffsync.enum import DiffSyncFlags
from diffsync.diff import Diff
assert pickle.loads(pickle.dumps(DiffSyncFlags.NONE)) is DiffSyncFlags.NONE
assert pickle.loads(pickle.dumps(Diff)) is fastdiffsync.Diff
assert importlib.reload(diffsync.utils) is fastdiffsync.utils
assert importlib.util.find_spec("diffsync.utils").name == "fastdiffsync.utils"
assert importlib.metadata.version("diffsync") == "2.2.3"
""",
    )
