"""SQLite stores that only read: what they refuse and when, and files in places where nothing can be written."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .contract import TREE, contents, fill, make_adapter_class
from .processes import run_in_child

if TYPE_CHECKING:
    from collections.abc import Callable


def test_read_only_needs_a_file(open_adapter: Callable[..., Any], path: Path, store_error: Any) -> None:
    """Opening what is not there, or empty, for reading only is an error and makes no file."""
    with pytest.raises(store_error, match="cannot open the file"):
        open_adapter(read_only=True)
    assert not path.exists()
    path.touch()
    with pytest.raises(store_error, match="the file is empty"):
        open_adapter(read_only=True)


@pytest.fixture
def read_only(open_adapter: Callable[..., Any]) -> Any:
    """An adapter on a store of some records that was opened for reading only."""
    with open_adapter().store as store:
        fill(store.adapter, TREE)
    return open_adapter(read_only=True)


def sync_one_more(adapter: Any) -> None:
    """Sync from an adapter that has one place more."""
    other = type(adapter)()
    fill(other, {**TREE, "new": {}})
    adapter.sync_from(other)


def sync_another_value(adapter: Any) -> None:
    """Sync from an adapter in which a port has another speed."""
    other = type(adapter)()
    fill(other, {**TREE, "south": {"r1": {"eth0": 100}}})
    adapter.sync_from(other)


NEW = {"name": "new"}
CHANGES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "add": (lambda a: a.add(a.device(**NEW)), "add or update device 'new'"),
    "update": (lambda a: a.update(a.device(name="north-r1", role="spine")), "add or update device 'north-r1'"),
    "remove": (lambda a: a.remove(a.get("device", "north-r1")), "remove device 'north-r1'"),
    "remove all below": (lambda a: a.remove(a.get("place", "north"), remove_children=True), "remove place 'north'"),
    "get_or_instantiate": (lambda a: a.get_or_instantiate(a.device, NEW), "add or update device 'new'"),
    "update_or_instantiate": (
        lambda a: a.update_or_instantiate(a.device, {"name": "north-r1"}, {"role": "spine"}),
        "change device 'north-r1'",
    ),
    "update of a record": (lambda a: a.get("device", "north-r1").update({"role": "x"}), "change device 'north-r1'"),
    "add_child": (lambda a: a.get("place", "empty").add_child(a.device(**NEW)), "change place 'empty'"),
    "load_records": (lambda a: a.load_records({"place": [NEW, {"name": "north"}]}), "add place 'new'"),
    "load_records below": (
        lambda a: a.load_records({"port": [{"device": "north-r1", "name": "new"}]}),
        "add port 'north-r1__new'",
    ),
    "sync of a new record": (sync_one_more, "add or update place 'new'"),
    "sync of a changed record": (sync_another_value, "change port 'south-r1__eth0'"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_are_refused_at_once(read_only: Any, store_error: Any, change: str) -> None:
    """Every way to change a record raises when it is tried, with the record's name; all stays as it was."""
    before = contents(read_only)
    attempt, what = CHANGES[change]
    with pytest.raises(store_error, match=f"cannot {re.escape(what)}: .* was opened with read_only=True"):
        attempt(read_only)
    assert contents(read_only) == before
    read_only.store.close()


def test_refused_record_belongs_to_nobody(read_only: Any, store_error: Any) -> None:
    """A record that was refused can be added to another adapter as if nothing had been."""
    record, other = read_only.device(**NEW), type(read_only)()
    with pytest.raises(store_error):
        read_only.add(record)
    other.add(record)
    assert record.adapter is other


def test_copying_into_a_read_only_store(read_only: Any, fastdiffsync: Any, store_error: Any) -> None:
    """A store that was opened for reading cannot be copied to."""
    other = type(read_only)()
    other.store.add(obj=type("Rack", (read_only.place,), {"_modelname": "rack"})(name="a"))
    with pytest.raises(store_error, match=r"cannot add rack records: .* was opened with read_only=True"):
        fastdiffsync.store.copy.copy_store(other.store, read_only.store)


def test_what_changes_nothing_is_allowed(read_only: Any) -> None:
    """Equal records may be added, equal data loaded and synced, and others synced from a store that only reads."""
    local = type(read_only)()
    local.sync_from(read_only)
    assert contents(local) == contents(read_only)
    read_only.sync_from(local)
    read_only.add(read_only.device(**read_only.get("device", "north-r2").dict()))
    assert read_only.load_records({"port": [], "place": [{"name": "empty"}]}) == 1
    read_only.store.flush()
    read_only.store.close()


# ---- places where nothing can be written ----


def run_unprivileged(function: Callable[[Path], Any]) -> Any:
    """Call a function in a child process that may not write where permissions say so, with a directory of its own."""

    def call() -> Any:
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        with tempfile.TemporaryDirectory() as directory:
            try:
                return function(Path(directory))
            finally:
                Path(directory).chmod(0o755)

    return run_in_child(call)


def seal(directory: Path) -> None:
    """Take away the right to write into a directory and its files."""
    for path in directory.iterdir():
        path.chmod(0o444)
    directory.chmod(0o555)


def test_file_in_a_place_that_is_not_writable(fastdiffsync: Any) -> None:
    """A file on read-only media is read in every way, and compared with another one there."""
    adapter_class = make_adapter_class(fastdiffsync)

    def use(directory: Path) -> Any:
        def open_it(name: str, **options: Any) -> Any:
            store = fastdiffsync.store.sqlite.SQLiteStore(directory / f"#{name}?.db", **options)
            return adapter_class(internal_storage_engine=store)

        for name, speed in (("a", 10), ("b", 100)):
            with open_it(name).store as store:
                fill(store.adapter, {**TREE, "south": {"r1": {"eth0": speed}}})
        seal(directory)
        first, second = open_it("a", read_only=True), open_it("b", read_only=True)
        return (
            contents(first)["port"]["south-r1__eth0"]["speed"],
            [place.name for place in second.get_all("place")],
            second.get("port", "south-r1__eth0").speed,
            first.diff_from(second).summary(),
            first.store.check(),
        )

    changes = {"create": 0, "update": 1, "delete": 0, "no-change": 8, "skip": 0}
    assert run_unprivileged(use) == (10, list(TREE), 100, changes, [])


def test_batches_beside_a_file_that_is_not_writable(fastdiffsync: Any, store_error: Any) -> None:
    """Where batches have not been moved into the file, the error says where they are and what can be done."""
    adapter_class = make_adapter_class(fastdiffsync)

    def use(directory: Path) -> str:
        (directory / "copy").mkdir()
        with fastdiffsync.store.sqlite.SQLiteStore(directory / "a.db") as store:
            fill(adapter_class(internal_storage_engine=store), TREE)
            store.flush()
            for name in ("a.db", "a.db-wal"):
                shutil.copy(directory / name, directory / "copy" / name)
        seal(directory / "copy")
        try:
            with pytest.raises(store_error) as raised:
                fastdiffsync.store.sqlite.SQLiteStore(directory / "copy" / "a.db", read_only=True)
        finally:
            (directory / "copy").chmod(0o755)
        with fastdiffsync.store.sqlite.SQLiteStore(directory / "copy" / "a.db", read_only=True) as store:
            assert store.count() == 9
        return str(raised.value)

    text = run_unprivileged(use)
    assert re.search(r"the last changes are in .*copy/a.db-wal, .* copy both files to a directory that may be", text)


def test_file_that_changes_after_all(fastdiffsync: Any, store_error: Any) -> None:
    """A file that is read without locks, and changed by somebody meanwhile, raises in place of giving half of each."""
    adapter_class = make_adapter_class(fastdiffsync)

    def use(directory: Path) -> int:
        path = directory / "a.db"
        with fastdiffsync.store.sqlite.SQLiteStore(path) as store:
            fill(adapter_class(internal_storage_engine=store), TREE)
        directory.chmod(0o555)
        reading = adapter_class(internal_storage_engine=fastdiffsync.store.sqlite.SQLiteStore(path, read_only=True))
        count = reading.count()
        directory.chmod(0o755)
        with fastdiffsync.store.sqlite.SQLiteStore(path) as store:
            store.add(obj=adapter_class.device(name="new"))
            store.flush()
            with pytest.raises(store_error, match=r"cannot count records .* another process has changed the file"):
                reading.count()
        for use_it in (reading.count, lambda: reading.get_all("device"), lambda: reading.get("device", "new")):
            with pytest.raises(store_error, match=r"another process has changed the file.*; open the store again"):
                use_it()
        return count

    assert run_unprivileged(use) == 9


def test_file_that_may_not_be_written(fastdiffsync: Any, store_error: Any) -> None:
    """A file and directory without write permission give a clear error."""
    adapter_class = make_adapter_class(fastdiffsync)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "records.db"
        with fastdiffsync.store.sqlite.SQLiteStore(path) as store:
            adapter_class(internal_storage_engine=store).add(adapter_class.device(name="r1"))
        path.chmod(0o444)
        Path(directory).chmod(0o555)

        def use_in_child() -> str:
            if os.getuid() == 0:
                os.setuid(65534)

            def add_record() -> None:
                adapter = adapter_class(internal_storage_engine=fastdiffsync.store.sqlite.SQLiteStore(path))
                adapter.add(adapter.device(name="r2"))
                adapter.store.flush()

            with pytest.raises(store_error) as raised:
                add_record()
            return str(raised.value)

        text = run_in_child(use_in_child)
        Path(directory).chmod(0o755)
    assert "may be read and written" in text or "make the file and its directory writable" in text
