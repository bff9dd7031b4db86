"""Each flag, in an example."""

from __future__ import annotations

from typing import Any

import pytest

from .network import Lab, both, logged

SOURCE = {"rome": {"r1": 1, "r2": 2}, "oslo": {"o1": 1}}
DEST = {"rome": {"r1": 9, "r3": 3}, "bern": {"b1": 1, "b2": 2}}


def synced(fastdiffsync: Any, *flags: str) -> Any:
    """Return the summary of the diff, and what the destination has after the sync."""

    def program(library: Any) -> Any:
        lab = Lab(library)
        source, dest = lab.pair(SOURCE, DEST)
        value = library.DiffSyncFlags[flags[0]] if flags else library.DiffSyncFlags.NONE
        diff = dest.diff_from(source, flags=value)
        assert lab.sync(source, dest, *flags) is None
        return diff.summary(), lab.contents(dest)

    return both(fastdiffsync, program)


def test_no_flags(fastdiffsync: Any) -> None:
    """Without flags the destination becomes what the source is."""
    summary, contents = synced(fastdiffsync)
    assert summary == {"create": 3, "update": 1, "delete": 4, "no-change": 1, "skip": 0}
    assert contents == SOURCE


def test_global_skip_unmatched_source(fastdiffsync: Any) -> None:
    """SKIP_UNMATCHED_SRC creates nothing."""
    summary, contents = synced(fastdiffsync, "SKIP_UNMATCHED_SRC")
    assert summary == {"create": 0, "update": 1, "delete": 4, "no-change": 1, "skip": 2}
    assert contents == {"rome": {"r1": 1}}


def test_global_skip_unmatched_dest(fastdiffsync: Any) -> None:
    """SKIP_UNMATCHED_DST deletes nothing."""
    summary, contents = synced(fastdiffsync, "SKIP_UNMATCHED_DST")
    assert summary == {"create": 3, "update": 1, "delete": 0, "no-change": 1, "skip": 2}
    assert contents == {"rome": {"r1": 1, "r3": 3, "r2": 2}, "bern": {"b1": 1, "b2": 2}, "oslo": {"o1": 1}}


def test_global_skip_unmatched_both(fastdiffsync: Any) -> None:
    """SKIP_UNMATCHED_BOTH only updates."""
    summary, contents = synced(fastdiffsync, "SKIP_UNMATCHED_BOTH")
    assert summary == {"create": 0, "update": 1, "delete": 0, "no-change": 1, "skip": 4}
    assert contents == {"rome": {"r1": 1, "r3": 3}, "bern": {"b1": 1, "b2": 2}}


def test_log_unchanged_records(fastdiffsync: Any) -> None:
    """LOG_UNCHANGED_RECORDS logs those records too that need nothing."""

    def program(library: Any) -> Any:
        lab = Lab(library)
        source, dest = lab.pair({"rome": {"r1": 1}}, {"rome": {"r1": 1}})
        loud = logged(
            lambda: lab.sync(source, dest, "LOG_UNCHANGED_RECORDS"),
            "event",
            "unique_id",
            "action",
            "log_level",
            "status",
        )
        return logged(lambda: lab.sync(source, dest), "event"), loud

    quiet, loud = both(fastdiffsync, program)
    assert ("No changes to apply; no action needed",) not in quiet
    assert [entry for entry in loud if entry[1]] == [
        ("No changes to apply; no action needed", "rome", None, "debug", "success"),
        ("No changes to apply; no action needed", "r1", None, "debug", "success"),
    ]


def flagged(fastdiffsync: Any, flag: str, *, side: str, name: str, on_class: bool = False) -> Any:
    """Return summary, calls and contents of a sync in which one record, or its class, has a flag."""

    def program(library: Any) -> Any:
        lab = Lab(library)
        value = library.DiffSyncModelFlags[flag]
        modelname = "site" if name in SOURCE or name in DEST else "device"
        if on_class:
            cls = {"site": lab.Site, "device": lab.Device}[modelname]
            marked = type(cls)(
                cls.__name__, (cls,), {"__annotations__": {"model_flags": type(value)}, "model_flags": value}
            )
            setattr(lab, cls.__name__, marked)
            setattr(lab.Inventory, modelname, marked)
        source, dest = lab.pair(SOURCE, DEST)
        if not on_class:
            {"source": source, "dest": dest}[side].get(modelname, name).model_flags = value
        diff = dest.diff_from(source)
        error = lab.sync(source, dest)
        return diff.summary(), error, lab.calls, lab.contents(dest)

    summary, error, calls, contents = both(fastdiffsync, program)
    assert error is None
    return summary, calls, contents


@pytest.mark.parametrize(("side", "name"), [("source", "r1"), ("dest", "r1")])
def test_model_ignore(fastdiffsync: Any, side: str, name: str) -> None:
    """IGNORE on either record of a pair leaves it out of the diff and of the sync."""
    summary, calls, contents = flagged(fastdiffsync, "IGNORE", side=side, name=name)
    assert summary == {"create": 3, "update": 0, "delete": 4, "no-change": 1, "skip": 1}
    assert ("update", "r1") not in calls
    assert contents["rome"] == {"r1": 9, "r2": 2}


def test_model_ignore_of_a_parent(fastdiffsync: Any) -> None:
    """IGNORE on a parent leaves out all that is below it."""
    _, calls, contents = flagged(fastdiffsync, "IGNORE", side="dest", name="bern")
    assert not {("delete", "bern"), ("delete", "b1")} & set(calls)
    assert contents["bern"] == {"b1": 1, "b2": 2}


def test_model_skip_unmatched_source(fastdiffsync: Any) -> None:
    """SKIP_UNMATCHED_SRC on a record that only the source has keeps it from being created."""
    _, calls, contents = flagged(fastdiffsync, "SKIP_UNMATCHED_SRC", side="source", name="oslo")
    assert not {("create", "oslo"), ("create", "o1")} & set(calls)
    assert "oslo" not in contents


def test_model_skip_unmatched_dest(fastdiffsync: Any) -> None:
    """SKIP_UNMATCHED_DST on a record that only the destination has keeps it from being deleted."""
    _, calls, contents = flagged(fastdiffsync, "SKIP_UNMATCHED_DST", side="dest", name="r3")
    assert ("delete", "r3") not in calls
    assert contents["rome"] == {"r1": 1, "r3": 3, "r2": 2}


def test_model_skip_unmatched_both(fastdiffsync: Any) -> None:
    """SKIP_UNMATCHED_BOTH on a class only lets its records be updated."""
    _, calls, contents = flagged(fastdiffsync, "SKIP_UNMATCHED_BOTH", side="dest", name="r1", on_class=True)
    assert [call for call in calls if call[1].startswith("r")] == [("update", "r1")]
    assert contents["rome"] == {"r1": 1, "r3": 3}


@pytest.mark.parametrize("on_class", [False, True])
def test_model_skip_children_on_delete(fastdiffsync: Any, on_class: bool) -> None:
    """SKIP_CHILDREN_ON_DELETE removes children from the store without calling their delete."""
    _, calls, contents = flagged(fastdiffsync, "SKIP_CHILDREN_ON_DELETE", side="dest", name="bern", on_class=on_class)
    assert [call for call in calls if call[0] == "delete"] == [("delete", "r3"), ("delete", "bern")]
    assert "bern" not in contents


@pytest.mark.parametrize("on_class", [False, True])
def test_model_natural_deletion_order(fastdiffsync: Any, on_class: bool) -> None:
    """NATURAL_DELETION_ORDER deletes children before their parent."""
    _, calls, _ = flagged(fastdiffsync, "NATURAL_DELETION_ORDER", side="dest", name="bern", on_class=on_class)
    assert [call for call in calls if call[0] == "delete"][1:] == [
        ("delete", "b1"),
        ("delete", "b2"),
        ("delete", "bern"),
    ]


def test_deletion_order_without_flag(fastdiffsync: Any) -> None:
    """Without a flag a parent is deleted before its children."""
    _, calls, _ = flagged(fastdiffsync, "NONE", side="dest", name="bern")
    assert [call for call in calls if call[0] == "delete"][1:] == [
        ("delete", "bern"),
        ("delete", "b1"),
        ("delete", "b2"),
    ]


def test_natural_deletion_logs_the_parent_itself(fastdiffsync: Any) -> None:
    """A parent that is deleted after its children is logged under its own name; diffsync logs the last child's."""
    lab = Lab(fastdiffsync)
    source, dest = lab.pair({}, {"bern": {"b1": 1}})
    dest.get("site", "bern").model_flags = fastdiffsync.DiffSyncModelFlags.NATURAL_DELETION_ORDER
    entries = logged(lambda: lab.sync(source, dest), "event", "model", "unique_id")
    assert [entry[1:] for entry in entries if entry[0] == "Deleted successfully"] == [
        ("device", "b1"),
        ("site", "bern"),
    ]


def test_natural_deletion_keeps_to_the_parents_action(fastdiffsync: Any) -> None:
    """A parent is deleted though an element below it creates a record; diffsync tries to create the parent too."""
    lab = Lab(fastdiffsync)
    source, dest = lab.pair({}, {"bern": {"b1": 1}})
    dest.get("site", "bern").model_flags = fastdiffsync.DiffSyncModelFlags.NATURAL_DELETION_ORDER
    diff = dest.diff_from(source)
    element = fastdiffsync.diff.DiffElement("device", "b2", {"name": "b2"})
    element.add_attrs(source={"mtu": 2})
    diff.children["site"]["bern"].add_child(element)
    dest.sync_from(source, diff=diff)
    assert dest.get_or_none("site", "bern") is None
    assert dest.get_or_none("device", "b1") is None
    assert dest.get("device", "b2").mtu == 2
