"""Each way in which a create, update or delete can fail, in an example."""

from __future__ import annotations

from typing import Any

import pytest

from .network import Lab, both, logged

SOURCE = {"rome": {"r1": 1, "r2": 2}, "oslo": {"o1": 1}}
DEST = {"rome": {"r1": 9, "r3": 3}, "bern": {"b1": 1}}

DISK_FULL = ("disk full",)
VICTIMS = [("create", "oslo"), ("create", "r2"), ("update", "r1"), ("delete", "r3"), ("delete", "bern")]
ERRORS = {"create": "ObjectNotCreated", "update": "ObjectNotUpdated", "delete": "ObjectNotDeleted"}
AFTER_SKIPPING = {
    ("create", "oslo"): {"rome": {"r1": 1, "r2": 2}},
    ("create", "r2"): {"rome": {"r1": 1}, "oslo": {"o1": 1}},
    ("update", "r1"): {"rome": {"r1": 1, "r2": 2}, "oslo": {"o1": 1}},
    ("delete", "r3"): {"rome": {"r1": 1, "r3": 3, "r2": 2}, "oslo": {"o1": 1}},
    ("delete", "bern"): {"rome": {"r1": 1, "r2": 2}, "bern": {"b1": 1}, "oslo": {"o1": 1}},
}
"""What the destination has if one operation fails: its record stays as it is, and so does what is below it.

An update that fails here has set the new values before it does.
"""


def raises(error: type[Exception]) -> Any:
    def fail(_model: Any) -> Any:
        raise error(*DISK_FULL)

    return fail


def failing(fastdiffsync: Any, victim: tuple[str, str], failure: Any, *flags: str) -> Any:
    """Return error, calls, contents, logs, and the statuses afterwards, of a sync in which one operation fails."""

    def program(library: Any) -> Any:
        lab = Lab(library)
        lab.failures[victim] = failure(library)
        source, dest = lab.pair(SOURCE, DEST)
        errors: list[Any] = []
        logs = logged(
            lambda: errors.append(lab.sync(source, dest, *flags)), "event", "log_level", "unique_id", "status"
        )
        statuses = {
            model.name: model.get_status()[0].name for model in (*dest.get_all("site"), *dest.get_all("device"))
        }
        return errors[0], lab.calls, lab.contents(dest), logs, statuses

    return both(fastdiffsync, program)


@pytest.mark.parametrize("victim", VICTIMS)
def test_crud_error_stops_the_sync(fastdiffsync: Any, victim: tuple[str, str]) -> None:
    """A CRUD error is logged, propagates, and nothing comes after it; what was done before stays."""
    error_name = ERRORS[victim[0]]
    error, calls, _, logs, _ = failing(
        fastdiffsync, victim, lambda library: raises(getattr(library.exceptions, error_name))
    )
    assert error == (error_name, "disk full")
    assert calls[-1] == victim
    assert logs[-1] == ("disk full", "error", victim[1], "error")


@pytest.mark.parametrize("victim", VICTIMS)
def test_crud_error_with_continue_on_failure(fastdiffsync: Any, victim: tuple[str, str]) -> None:
    """With CONTINUE_ON_FAILURE a CRUD error costs the record and what is below it, and nothing else."""
    error, calls, contents, logs, _ = failing(
        fastdiffsync,
        victim,
        lambda library: raises(getattr(library.exceptions, ERRORS[victim[0]])),
        "CONTINUE_ON_FAILURE",
    )
    assert error is None
    assert calls[-1] == ("sync_complete", "source")
    assert contents == AFTER_SKIPPING[victim]
    assert ("No object resulted from sync, will not process child objects.", "warning", victim[1], None) in logs


@pytest.mark.parametrize("flags", [(), ("CONTINUE_ON_FAILURE",)])
@pytest.mark.parametrize("victim", VICTIMS)
def test_returning_none(fastdiffsync: Any, victim: tuple[str, str], flags: tuple[str, ...]) -> None:
    """A method that returns None failed: the record and what is below it stay as they are, and the sync goes on."""
    error, _, contents, logs, _ = failing(fastdiffsync, victim, lambda _library: lambda _model: None, *flags)
    assert error is None
    assert contents == AFTER_SKIPPING[victim]
    kind = "site" if victim[1] in {"oslo", "bern"} else "device"
    assert (f"{kind} {victim[0]} did not return the model object.", "warning", victim[1], "failure") in logs


@pytest.mark.parametrize(("status", "level"), [("FAILURE", "warning"), ("ERROR", "error"), ("UNKNOWN", "error")])
@pytest.mark.parametrize("victim", VICTIMS)
def test_setting_a_status(fastdiffsync: Any, victim: tuple[str, str], status: str, level: str) -> None:
    """A method that sets a status and returns the record is logged accordingly, and the sync goes on."""

    def failure(library: Any) -> Any:
        def fail(model: Any) -> Any:
            model.set_status(library.DiffSyncStatus[status], "half done")
            return model

        return fail

    error, _, contents, logs, statuses = failing(fastdiffsync, victim, failure)
    assert error is None
    assert contents == SOURCE
    assert ("half done", level, victim[1], status.lower()) in logs
    assert statuses.get(victim[1], status) == status


@pytest.mark.parametrize("flags", [(), ("CONTINUE_ON_FAILURE",)])
@pytest.mark.parametrize("victim", VICTIMS)
def test_other_errors_propagate(fastdiffsync: Any, victim: tuple[str, str], flags: tuple[str, ...]) -> None:
    """An error that is no CRUD error propagates under every flag."""
    error, calls, _, _, _ = failing(fastdiffsync, victim, lambda _library: raises(OSError), *flags)
    assert error == ("OSError", "disk full")
    assert calls[-1] == victim


def test_statuses_after_a_sync(fastdiffsync: Any) -> None:
    """Created and updated records are successes, records that were merely passed are unknown."""
    _, _, _, _, statuses = failing(fastdiffsync, ("create", "nobody"), lambda _library: None)
    assert statuses == {"rome": "UNKNOWN", "oslo": "SUCCESS", "r1": "SUCCESS", "r2": "SUCCESS", "o1": "SUCCESS"}


def test_a_diff_that_no_longer_fits(fastdiffsync: Any) -> None:
    """Creating what is there by now, and changing or deleting what is not, are CRUD errors that name the record."""

    def program(library: Any) -> Any:
        outcomes = []
        for name in ("r1", "r2", "r3"):
            lab = Lab(library)
            source, dest = lab.pair(SOURCE, DEST)
            diff = dest.diff_from(source)
            if name == "r2":
                dest.add(lab.Device(name="r2"))
            else:
                dest.remove(dest.get("device", name))
            outcomes.append(lab.sync(source, dest, diff=diff))
        return outcomes

    assert both(fastdiffsync, program) == [
        ("ObjectNotUpdated", "Failed to update device {'name': 'r1'} - not found!"),
        ("ObjectNotCreated", "Failed to create device {'name': 'r2'} - it already exists!"),
        ("ObjectNotDeleted", "Failed to delete device {'name': 'r3'} - not found!"),
    ]
