"""SQLiteStore: what a file keeps, and what happens when something is wrong with it."""

from __future__ import annotations

import gc
import itertools
import random
import resource
import sqlite3
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..profile import by_profile
from .contract import STRANGE_NAMES, TREE, contents, fill, make_adapter_class
from .processes import kill_after_steps, run_in_child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# ---- what a file keeps ----


def test_records_outlive_the_store(open_adapter: Callable[..., Any]) -> None:
    """What was written is there, in its order, when the file is opened again."""
    with open_adapter().store as store:
        fill(store.adapter, TREE)
        expected = contents(store.adapter)
    again = open_adapter(read_only=True)
    assert contents(again) == expected
    assert [place.name for place in again.get_all("place")] == list(TREE)
    again.store.close()


def test_forgotten_store_writes_what_it_has(open_adapter: Callable[..., Any]) -> None:
    """A store that is neither flushed nor closed writes its records when it is garbage."""
    adapter = open_adapter()
    fill(adapter, TREE)
    del adapter
    gc.collect()
    assert open_adapter().count() == 9


def test_end_of_the_process_writes_what_is_left(open_adapter: Callable[..., Any]) -> None:
    """A process that ends without closing its store leaves its records in the file."""
    adapter = open_adapter()
    program = (
        "import sys\n"
        "from fastdiffsync.store.sqlite import SQLiteStore\n"
        "from fastdiffsync import DiffSyncModel\n"
        "class Device(DiffSyncModel):\n"
        "    _modelname = 'device'\n"
        "    _identifiers = ('name',)\n"
        "    name: str\n"
        "store = SQLiteStore(sys.argv[1])\n"
        "store.add(obj=Device(name='r1'))\n"
    )
    subprocess.run([sys.executable, "-c", program, adapter.store._backend._path], check=True)
    assert adapter.count("device") == 1


def test_several_stores_in_one_file(open_adapter: Callable[..., Any]) -> None:
    """Stores with different ids share a file and never see each other's records, whatever the ids are."""
    for name in STRANGE_NAMES:
        with open_adapter(store_id=name).store as store:
            store.adapter.add(store.adapter.device(name=name))
            store.adapter.add(store.adapter.device(name="in all"))
    for name in STRANGE_NAMES:
        adapter = open_adapter(store_id=name)
        assert {device.name for device in adapter.get_all("device")} == {name, "in all"}
        assert adapter.get_all_model_names() == {"device"}
        adapter.store.close()


def test_name_of_the_store(open_adapter: Callable[..., Any]) -> None:
    """A store's text names its id and not its path, which must not get into logs."""
    assert str(open_adapter(store_id="netbox").store) == "SQLiteStore (netbox)"


def test_file_is_not_left_to_chance(open_adapter: Callable[..., Any], path: Path) -> None:
    """The file is in write-ahead mode, of the version that the code says, and holds no pickles but MessagePack maps."""
    adapter = open_adapter()
    adapter.add(adapter.device(name="r1"))
    adapter.store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    ((uid, data),) = connection.execute("SELECT uid, data FROM record").fetchall()
    connection.close()
    assert uid == "r1"
    assert b"\xa4name\xa2r1" in data


def test_closed_store_refuses(open_adapter: Callable[..., Any], store_error: Any) -> None:
    """A closed store raises for whatever is asked of it; closing it again does nothing."""
    adapter = open_adapter()
    device = adapter.device(name="r1")
    adapter.store.close()
    adapter.store.close()
    for use in (adapter.count, lambda: adapter.get("device", "r1"), lambda: adapter.add(device)):
        with pytest.raises(store_error, match="is closed"):
            use()


def test_equal_record_may_be_added_again(open_adapter: Callable[..., Any]) -> None:
    """Loading the same data into a file a second time is no error, and changes nothing."""
    with open_adapter().store as store:
        store.adapter.add(store.adapter.device(name="r1", role="spine"))
    adapter = open_adapter()
    adapter.add(adapter.device(name="r1", role="spine"))
    assert adapter.count() == 1


# ---- batches ----


class Spy:
    """Stands between a store and its backend, and keeps what is written and how often something is read."""

    def __init__(self, store: Any) -> None:
        self.batches: list[Any] = []
        self.reads = 0
        backend = store._backend
        write, read = backend.write, backend.read

        def note_write(batch: Any) -> None:
            write(batch)
            self.batches.append(batch)

        def note_read(modelname: str, uids: Any) -> Any:
            self.reads += 1
            return read(modelname, uids)

        backend.write, backend.read = note_write, note_read

    @property
    def bytes_written(self) -> int:
        written = [records for batch in self.batches for records in batch.written.values()]
        return sum(len(data) for records in written for data in records.values())


def test_writes_are_batched(open_adapter: Callable[..., Any]) -> None:
    """A load of many records makes few transactions, and asks of next to none of the new ones whether it is there."""
    adapter = open_adapter(batch_bytes=50_000)
    spy = Spy(adapter.store)
    for number in range(5000):
        adapter.add(adapter.device(name=f"r{number}"))
    adapter.store.flush()
    assert len(spy.batches) <= 10
    assert spy.reads <= 5  # a filter of hashes takes one in some ten thousand for known


def test_wide_parent_is_not_written_again_for_each_child(open_adapter: Callable[..., Any]) -> None:
    """What is written for a parent with many children grows with their number, not with its square."""
    written = []
    for count, name in ((4000, "one"), (16000, "four")):
        adapter = open_adapter(store_id=name, batch_bytes=10_000)
        spy = Spy(adapter.store)
        place = adapter.place(name="wide")
        adapter.add(place)
        for number in range(count):
            device = adapter.device(name=f"r{number:06d}")
            adapter.add(device)
            place.add_child(device)
        adapter.store.close()
        written.append(spy.bytes_written)
    assert written[1] < 5 * written[0]


def dangling_and_orphans(adapter: Any) -> tuple[set[str], set[str]]:
    """Return the ids that parents list without a record, and those of records that no parent lists."""
    listed: set[str] = set()
    present: set[str] = set()
    for parent_type, field, child_type in (("place", "devices", "device"), ("device", "ports", "port")):
        listed |= {f"{child_type} {uid}" for parent in adapter.get_all(parent_type) for uid in getattr(parent, field)}
        present |= {f"{child_type} {child.get_unique_id()}" for child in adapter.get_all(child_type)}
    return listed - present, present - listed


@pytest.mark.parametrize("order", ["add, then link", "link, then add"])
def test_each_batch_has_children_and_their_links(open_adapter: Callable[..., Any], order: str) -> None:
    """Whatever batch a reader sees last, every listed child is there and every child is listed."""
    adapter = open_adapter(batch_bytes=400)
    states = []
    write = adapter.store._backend.write

    def write_and_look(batch: Any) -> None:
        write(batch)
        reader = open_adapter(read_only=True)
        states.append(dangling_and_orphans(reader))
        reader.store.close()

    adapter.store._backend.write = write_and_look

    def insert(parent: Any, child: Any) -> None:
        steps = [lambda: adapter.add(child), lambda: parent.add_child(child)]
        for step in steps if order == "add, then link" else reversed(steps):
            step()

    def delete(parent: Any, child: Any) -> None:
        steps = [lambda: adapter.remove(child), lambda: parent.remove_child(child)]
        for step in steps if order == "add, then link" else reversed(steps):
            step()

    place = adapter.place(name="north")
    adapter.add(place)
    devices = [adapter.device(name=f"r{number}") for number in range(12)]
    for device in devices:
        insert(place, device)
        for number in range(5):
            insert(device, adapter.port(device=device.name, name=f"eth{number}"))
    adapter.store.flush()
    assert len(states) > 20
    for device in devices:
        for uid in list(device.ports):
            delete(device, adapter.get("port", uid))
        delete(place, device)
    adapter.store.flush()
    assert len(states) > 30
    assert states == [(set(), set())] * len(states)


def test_batch_block_is_one_transaction(open_adapter: Callable[..., Any]) -> None:
    """All that is changed in a `with store.batch()` block is written at its end, together."""
    adapter = open_adapter(batch_bytes=1)
    spy = Spy(adapter.store)
    with adapter.store.batch():
        fill(adapter, TREE)
        assert spy.batches == []
    assert len(spy.batches) == 1


def test_removing_a_tree_is_one_transaction(open_adapter: Callable[..., Any]) -> None:
    """Removing a record with all below it cannot stop half way."""
    adapter = open_adapter(batch_bytes=1)
    fill(adapter, TREE)
    adapter.store.flush()
    spy = Spy(adapter.store)
    adapter.remove(adapter.get("place", "north"), remove_children=True)
    adapter.store.flush()
    assert len(spy.batches) == 1


def test_unwritable_record_does_not_lose_others(open_adapter: Callable[..., Any], store_error: Any) -> None:
    """A value that cannot be stored, assigned after a change, is an error when it is written, and nothing is lost."""
    adapter = open_adapter()
    fill(adapter, TREE)
    device = adapter.get("device", "north-r1")
    device.update({"role": "spine"})
    device.note = object()
    with pytest.raises(store_error, match=r"device 'north-r1': field 'note' holds a builtins\.object"):
        adapter.store.flush()
    device.note = ""
    adapter.store.flush()
    adapter.store.close()
    assert open_adapter().get("device", "north-r1").role == "spine"


def test_iterating_holds_few_records(open_adapter: Callable[..., Any]) -> None:
    """Going through all records takes memory for a page of them, not for all."""
    with open_adapter().store as store:
        store.adapter.load_records({"device": [{"name": f"r{number}", "note": "x" * 500} for number in range(20_000)]})
    adapter = open_adapter()
    next(iter(adapter.store.iterate(model="device")))
    gc.collect()
    tracemalloc.start()
    assert sum(1 for _ in adapter.store.iterate(model="device")) == 20_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000


def test_connection_older_than_its_store(
    open_adapter: Callable[..., Any], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forgotten store closes its file before Python could warn that a connection was not closed."""
    connections = [sqlite3.connect(path, isolation_level=None, check_same_thread=False)]
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *_arguments, **_options: connections.pop())
        adapter = open_adapter()
    adapter.add(adapter.device(name="r1"))
    del adapter
    gc.collect()
    with open_adapter(read_only=True).store as store:
        assert store.count() == 1


def test_listing_while_changing(open_adapter: Callable[..., Any]) -> None:
    """Records can be changed, added and removed while all are gone through."""
    adapter = open_adapter()
    for number in range(2500):
        adapter.add(adapter.device(name=f"r{number}"))
    for device in adapter.store.iterate(model="device"):
        if device.name.endswith("7"):
            adapter.remove(device)
        else:
            device.update({"role": "seen"})
    assert {device.role for device in adapter.get_all("device")} == {"seen"}
    assert adapter.count() == 2250


def test_threads(open_adapter: Callable[..., Any]) -> None:
    """Threads that add to one store at the same time lose nothing."""
    adapter = open_adapter(batch_bytes=2000)

    def load(first: int) -> None:
        for number in range(first, first + 300):
            adapter.add(adapter.device(name=f"r{number}"))
            assert adapter.get("device", f"r{number}").name == f"r{number}"

    threads = [threading.Thread(target=load, args=(first,)) for first in range(0, 1200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {device.name for device in adapter.get_all("device")} == {f"r{number}" for number in range(1200)}


def test_forked_child_needs_a_store_of_its_own(open_adapter: Callable[..., Any], store_error: Any) -> None:
    """A store refuses to work in a child process, and what its parent has not written yet is written once."""
    adapter = open_adapter()
    adapter.add(adapter.device(name="r1"))

    def use_in_child() -> str:
        with pytest.raises(store_error) as raised:
            adapter.count()
        return str(raised.value)

    assert "a child process must make a store of its own" in run_in_child(use_in_child)
    assert run_in_child(lambda: open_adapter().count()) == 0
    adapter.store.close()
    assert run_in_child(lambda: open_adapter().count()) == 1


# ---- faults ----


def test_later_schema_version(open_adapter: Callable[..., Any], path: Path, store_error: Any) -> None:
    """A file of another schema version is refused, with both versions named, and left as it is."""
    open_adapter().store.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(store_error, match="schema version 99, and this release reads version 1; use the release"):
        open_adapter()


def test_database_of_another_program(open_adapter: Callable[..., Any], path: Path, store_error: Any) -> None:
    """An SQLite database that is no store is refused and left as it is."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(store_error, match="database of another program"):
        open_adapter()
    assert path.read_bytes() == before


def test_file_that_is_no_database(open_adapter: Callable[..., Any], path: Path, store_error: Any) -> None:
    """A file of another kind is refused and left as it is."""
    path.write_text("name,role\n" * 1000)
    with pytest.raises(store_error, match=r"open the file.*not a database; the file is something else") as raised:
        open_adapter()
    assert isinstance(raised.value.__cause__, sqlite3.Error)
    assert path.read_text() == "name,role\n" * 1000


@pytest.mark.parametrize("read_only", [False, True])
def test_empty_path(fastdiffsync: Any, store_error: Any, read_only: bool) -> None:
    """An empty path, which SQLite would take for a temporary file, is refused."""
    with pytest.raises(store_error, match="needs the path of a file, and got an empty one"):
        fastdiffsync.store.sqlite.SQLiteStore("", read_only=read_only)


def test_store_without_a_file(fastdiffsync: Any, store_error: Any) -> None:
    """`:memory:` is a store that is gone when it is closed, compared like any other; there is nothing in it to read."""
    adapter_class = make_adapter_class(fastdiffsync)
    first, second = (
        adapter_class(internal_storage_engine=fastdiffsync.store.sqlite.SQLiteStore(":memory:")) for _ in range(2)
    )
    fill(first, TREE)
    fill(second, {**TREE, "south": {"r1": {"eth0": 7}}})
    assert first.diff_from(second).summary()["update"] == 1
    first.sync_from(second)
    assert contents(first) == contents(second)
    assert first.store.check() == []
    first.store.close()
    with fastdiffsync.store.sqlite.SQLiteStore(":memory:") as store:
        assert store.count() == 0
    with pytest.raises(store_error, match="with read_only=True there is nothing to read"):
        fastdiffsync.store.sqlite.SQLiteStore(":memory:", read_only=True)
    assert not Path(":memory:").exists()


def test_missing_directory(fastdiffsync: Any, tmp_path: Path, store_error: Any) -> None:
    """A path in a directory that is not there is a clear error."""
    with pytest.raises(store_error, match="check that the directory exists"):
        fastdiffsync.store.sqlite.SQLiteStore(tmp_path / "absent" / "records.db")


def test_locked_file(open_adapter: Callable[..., Any], path: Path, store_error: Any) -> None:
    """While another process writes, a store that has waited long enough raises, and writes later."""
    adapter = open_adapter(timeout=0.01)
    adapter.add(adapter.device(name="r1"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(store_error, match=r"cannot write device records.*locked; another process is writing"):
        adapter.store.flush()
    assert adapter.get("device", "r1").name == "r1"
    other.execute("ROLLBACK")
    other.close()
    adapter.store.flush()
    assert run_in_child(lambda: open_adapter().count()) == 1


def add_until_it_fails(adapter: Any, numbers: Iterator[int]) -> None:
    """Add devices with the numbers given."""
    for number in numbers:
        adapter.add(adapter.device(name=f"r{number}", note="x" * 200))


def test_full_disk(open_adapter: Callable[..., Any], store_error: Any) -> None:
    """On a full disk a load stops with a clear error; what was written stays, and all is written once there is room."""
    adapter = open_adapter(batch_bytes=20_000)
    connection = adapter.store._backend._connection
    connection.execute("PRAGMA max_page_count = 40")
    numbers = itertools.count()
    with pytest.raises(store_error, match=r"cannot write device records.*full; make room on the disk"):
        add_until_it_fails(adapter, numbers)
    added = next(numbers) - 1
    written = run_in_child(lambda: open_adapter().count())
    assert 0 < written < added
    connection.execute("PRAGMA max_page_count = 1000000")
    adapter.store.close()
    names = {device.name for device in open_adapter().get_all("device")}
    assert names == {f"r{number}" for number in range(added)}


def test_full_disk_at_a_change(open_adapter: Callable[..., Any], store_error: Any) -> None:
    """A change that the library makes when an earlier batch cannot be written is kept with it, and written later."""
    adapter = open_adapter(batch_bytes=1000)
    places = [adapter.place(name=f"p{number}") for number in range(10)]
    for place in places:
        adapter.add(place)
    adapter.store.flush()
    connection = adapter.store._backend._connection
    connection.execute("PRAGMA max_page_count = 1")

    def change_all() -> None:
        for place in places:
            place.update({"region": place.name * 10_000})

    with pytest.raises(store_error, match=r"cannot write place records.*full; make room on the disk"):
        change_all()
    connection.execute("PRAGMA max_page_count = 1000000")
    adapter.store.flush()
    changed = {place.name: place.region for place in places}
    assert 0 < len([region for region in changed.values() if region]) < len(places)
    assert {place.name: place.region for place in open_adapter().get_all("place")} == changed


def test_limit_on_file_sizes(open_adapter: Callable[..., Any], store_error: Any) -> None:
    """A limit of the system on the size of files gives a clear error and leaves a file that can be read."""

    def load_in_child() -> tuple[str, int]:
        adapter = open_adapter(batch_bytes=20_000)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
        numbers = itertools.count()
        with pytest.raises(store_error) as raised:
            add_until_it_fails(adapter, numbers)
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        adapter.store.close()
        return str(raised.value), next(numbers) - 1

    text, added = run_in_child(load_in_child)
    assert "cannot write device records" in text
    assert "kept" in text
    assert open_adapter().count() == added


# ---- sudden death ----

DEATHS = by_profile(desk=20, ci=100)


def assert_whole(adapter: Any, expected: dict[str, dict[str, list[Any]]]) -> None:
    """Check that each record is one of those expected under its id, and that links and children agree."""
    for modelname, records in plain_contents(adapter).items():
        for uid, fields in records.items():
            assert fields in expected[modelname].get(uid, []), f"{modelname} {uid}"
    assert dangling_and_orphans(adapter) == (set(), set())


def plain_contents(adapter: Any) -> dict[str, dict[str, Any]]:
    """Return all records without their lists of children."""
    return {
        modelname: {
            uid: {name: value for name, value in fields.items() if name not in {"devices", "ports"}}
            for uid, fields in records.items()
        }
        for modelname, records in contents(adapter).items()
    }


def big_tree(seed: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Return a tree with some hundred records, a part of them the same for every seed."""
    chance = random.Random(seed)  # noqa: S311
    return {
        f"p{place}": {
            f"d{device}": {f"e{port}": chance.choice([10, 100, None]) for port in range(5) if chance.random() < 0.8}
            for device in range(8)
            if chance.random() < 0.8
        }
        for place in range(6)
    }


def test_killed_while_loading(fastdiffsync: Any, open_adapter: Callable[..., Any], path: Path) -> None:
    """Killed anywhere in a load, many times over, a process leaves a file with whole batches, nothing half linked."""
    adapter_class = make_adapter_class(fastdiffsync)
    whole = adapter_class()
    fill(whole, big_tree(1))
    expected = {name: {uid: [fields] for uid, fields in found.items()} for name, found in plain_contents(whole).items()}
    chance = random.Random(7)  # noqa: S311
    seen = set()
    kills = 0
    for _ in range(2 * DEATHS):  # on a busy machine some come to their end before they are killed
        if kills == DEATHS:
            break
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)

        def load(step: Callable[[], None], batch_bytes: int = chance.choice([200, 2000])) -> None:
            adapter = open_adapter(batch_bytes=batch_bytes)
            add = adapter.add
            adapter.add = lambda obj: (add(obj), step())
            fill(adapter, big_tree(1))
            adapter.store.close()

        kills += kill_after_steps(load, chance.randrange(len(whole)))
        with open_adapter().store as store:
            assert_whole(store.adapter, expected)
            seen.add(len(store.adapter))
    assert len(seen) > 10
    assert kills == DEATHS


def test_killed_while_syncing(fastdiffsync: Any, open_adapter: Callable[..., Any], path: Path) -> None:
    """Killed anywhere in a sync, many times over, a process leaves whole, linked records; the next sync goes on."""
    adapter_class = make_adapter_class(fastdiffsync)
    old, new = adapter_class(), adapter_class()
    fill(old, big_tree(1))
    fill(new, big_tree(2))
    expected: dict[str, dict[str, list[Any]]] = {"place": {}, "device": {}, "port": {}}
    for side in (old, new):
        for modelname, records in plain_contents(side).items():
            for uid, fields in records.items():
                expected[modelname].setdefault(uid, []).append(fields)
    with open_adapter().store as store:
        fill(store.adapter, big_tree(1))
    original = path.read_bytes()
    chance = random.Random(8)  # noqa: S311
    kills = 0
    seen = set()
    for _ in range(2 * DEATHS):  # on a busy machine some come to their end before they are killed
        if kills == DEATHS:
            break
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        path.write_bytes(original)

        def sync(step: Callable[[], None]) -> None:
            adapter = open_adapter(batch_bytes=300)
            source = adapter_class()
            fill(source, big_tree(2))
            diff = adapter.diff_from(source)
            record_changed, add = adapter.store.record_changed, adapter.store.add
            adapter.store.record_changed = lambda *, obj: (record_changed(obj=obj), step())
            adapter.store.add = lambda *, obj: (add(obj=obj), step())
            adapter.sync_from(source, diff=diff)
            adapter.store.close()

        kills += kill_after_steps(sync, chance.randrange(1, 150))
        with open_adapter().store as store:
            assert_whole(store.adapter, expected)
            seen.add(repr(plain_contents(store.adapter)))
    assert kills == DEATHS
    assert len(seen) > 10
    adapter = open_adapter()
    adapter.sync_from(new)
    assert plain_contents(adapter) == plain_contents(new)
