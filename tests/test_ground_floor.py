"""The modules `enum`, `exceptions` and `logging` have the names and values that diffsync's have."""

from __future__ import annotations

import enum
import importlib
import inspect
import json
import pickle
from typing import Any

import diffsync
import diffsync.enum
import diffsync.exceptions
import msgspec
import pytest

from .interpreters import run
from .reference import needs_diffsync

SUBMODULES = ["diff", "enum", "exceptions", "helpers", "logging", "store", "store.local", "store.redis", "utils"]


@needs_diffsync
@pytest.mark.parametrize("name", ["", *(f".{name}" for name in SUBMODULES)])
def test_every_public_name_of_diffsync_is_there(fastdiffsync: Any, name: str) -> None:
    """What a module of diffsync defines, and all that its package offers, has the same place here."""
    theirs = importlib.import_module(f"diffsync{name}")
    ours = importlib.import_module(f"{fastdiffsync.__name__}{name}")
    offered = {
        key
        for key, value in vars(theirs).items()
        if not key.startswith("_") and (getattr(value, "__module__", "") or "").startswith(theirs.__name__)
    }
    assert offered
    assert offered <= set(vars(ours))


@pytest.mark.parametrize("name", ["DiffSyncModelFlags", "DiffSyncFlags", "DiffSyncStatus"])
def test_enums_have_the_same_members(fastdiffsync: Any, name: str) -> None:
    """Flags and statuses have diffsync's names, values and order, aliases included."""
    theirs, ours = getattr(diffsync.enum, name), getattr(fastdiffsync.enum, name)
    assert {key: member.value for key, member in ours.__members__.items()} == {
        key: member.value for key, member in theirs.__members__.items()
    }
    assert issubclass(ours, enum.Flag) == issubclass(theirs, enum.Flag)


def test_actions_have_the_same_values(fastdiffsync: Any) -> None:
    """The actions of elements are diffsync's strings, and None for no change."""

    def actions(owner: type) -> dict[str, Any]:
        return {key: value for key, value in vars(owner).items() if not key.startswith("_")}

    assert actions(fastdiffsync.enum.DiffSyncActions) == actions(diffsync.enum.DiffSyncActions)


def test_exceptions_have_the_same_ancestors(fastdiffsync: Any) -> None:
    """An `except` clause written for diffsync catches the same exceptions."""
    for name, theirs in inspect.getmembers(diffsync.exceptions, inspect.isclass):
        ours = getattr(fastdiffsync.exceptions, name)
        assert [base.__name__ for base in ours.__mro__] == [base.__name__ for base in theirs.__mro__]


def test_already_exists_carries_the_object(fastdiffsync: Any) -> None:
    """The exception has diffsync's attributes and arguments, also after a pickle; as text it is the message alone."""
    error = fastdiffsync.exceptions.ObjectAlreadyExists("it is there", {"name": "a"}, "more")
    for twin in (error, pickle.loads(pickle.dumps(error))):
        assert twin.existing_object == {"name": "a"}
        assert twin.args == ("it is there", {"name": "a"}, "more")
        assert str(twin) == "it is there"
    theirs = diffsync.exceptions.ObjectAlreadyExists("it is there", {"name": "a"}, "more")
    assert (theirs.existing_object, theirs.args) == (error.existing_object, error.args)


def test_already_exists_pickles_with_a_record(fastdiffsync: Any) -> None:
    """The exception that a store raises can be sent to another process, with the element it is about."""
    element = fastdiffsync.DiffElement("site", "nyc", {"name": "nyc"})
    error = pickle.loads(pickle.dumps(fastdiffsync.ObjectAlreadyExists("it is there", element)))
    assert (error.existing_object.type, error.existing_object.keys) == ("site", {"name": "nyc"})


def test_errors_of_this_library(fastdiffsync: Any) -> None:
    """A validation error is a ValueError, as pydantic's is, and msgspec's; a cycle is an error of the store."""
    assert issubclass(fastdiffsync.ValidationError, msgspec.ValidationError)
    assert issubclass(fastdiffsync.ValidationError, ValueError)
    assert issubclass(fastdiffsync.ChildrenCycle, fastdiffsync.exceptions.ObjectStoreException)


LOGGING = """
import json, logging, sys
import structlog
library = __import__(LIBRARY + ".logging").logging
library.enable_console_logging(verbosity=VERBOSITY)
config = structlog.get_config()
print(json.dumps({
    "level": logging.getLogger().level,
    "processors": [getattr(each, "__qualname__", type(each).__name__) for each in config["processors"]],
    "classes": [type(config["logger_factory"]).__name__, config["wrapper_class"].__name__],
    "cached": config["cache_logger_on_first_use"],
}))
log = structlog.get_logger("name")
log.debug("a debug message"), log.info("an info message"), log.warning("a warning", answer=42)
try:
    1 / 0
except ZeroDivisionError:
    log.exception("it failed")
"""


def configured(library: str, verbosity: int) -> tuple[dict[str, Any], str]:
    """Return structlog's configuration and what was logged, in a process that asked for console logging."""
    program = f"LIBRARY, VERBOSITY = {library!r}, {verbosity}\n{LOGGING}"
    done = run(None, program, beginning=f"import {library}.logging")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


@needs_diffsync
@pytest.mark.parametrize("verbosity", [0, 1, 2, 3])
def test_console_logging(verbosity: int) -> None:
    """Console logging is configured as diffsync configures it, and prints the levels that were asked for."""
    config, output = configured("fastdiffsync", verbosity)
    assert config == configured("diffsync", verbosity)[0]
    assert "a warning" in output
    assert "answer" in output
    assert "ZeroDivisionError" in output
    assert ("an info message" in output) == (verbosity >= 1)
    assert ("a debug message" in output) == (verbosity >= 2)
