"""Syncs of stores outside the process: what is written and when, what statuses records have, and how much is read."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from ..profile import by_profile
from .contract import TREE, contents, make_adapter_class
from .contract import fill as fill_tree
from .network import fill, make_network, wide

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ["sqlite", "redis"]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of store outside the process."""
    found: str = request.param
    return found


class Journal:
    """The batches that reach a store's backend; it can be told to refuse them."""

    def __init__(self, store: Any, error: Exception | None = None) -> None:
        self.batches: list[Any] = []
        self.error = error
        write = store._backend.write

        def note(batch: Any) -> None:
            if self.error is not None:
                raise self.error
            write(batch)
            self.batches.append(batch)

        store._backend.write = note

    @property
    def records(self) -> int:
        """How many records have been written."""
        return sum(len(records) for batch in self.batches for records in batch.written.values())


# ---- what is written, and when ----


def test_changes_are_written_before_the_sync_is_complete(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], kind: str
) -> None:
    """When `sync_complete` is called, another process can read what the sync has changed."""
    seen = []

    class Inventory(make_adapter_class(fastdiffsync)):  # type: ignore[misc]
        def sync_complete(self, *_arguments: Any, **_options: Any) -> None:
            reader = make_adapter_class(fastdiffsync)(internal_storage_engine=opener(kind)("shared"))
            seen.append(contents(reader))

    dest = Inventory(internal_storage_engine=opener(kind)("shared"))
    source = make_adapter_class(fastdiffsync)()
    fill_tree(source, TREE)
    dest.sync_from(source)
    assert {name: set(records) for name, records in seen[0].items()} == {
        name: set(records) for name, records in contents(source).items()
    }


def stubborn(adapter_class: Any, act: Callable[[Any], Any]) -> Any:
    """Return a subclass of the tests' adapter class, of which the device north-r2 acts as told when it is changed."""

    class Stubborn(adapter_class.device):  # type: ignore[misc]
        def update(self, attrs: Any) -> Any:
            return act(self) if self.name == "north-r2" else super().update(attrs)

        def delete(self) -> Any:
            return act(self) if self.name == "north-r2" else super().delete()

    return type("Inventory", (adapter_class,), {"device": Stubborn})


@pytest.fixture
def failing_sync(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], kind: str
) -> tuple[Any, Callable[[], Any]]:
    """An adapter on a store, and a sync of it that changes one record and fails at the next."""

    def refuse(_device: Any) -> Any:
        message = "will not"
        raise fastdiffsync.exceptions.ObjectNotUpdated(message)

    adapter_class = make_adapter_class(fastdiffsync)
    dest = stubborn(adapter_class, refuse)(internal_storage_engine=opener(kind)("shared"))
    source = adapter_class()
    for adapter in (source, dest):
        fill_tree(adapter, TREE)
    for name in ("north-r1", "north-r2"):
        source.get("device", name).role = "spine"
    dest.store.flush()
    return dest, lambda: dest.sync_from(source)


def test_changes_are_written_when_the_sync_fails(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], kind: str, failing_sync: Any
) -> None:
    """What a sync has changed before it failed is written, and the failure is raised as it is."""
    _, sync = failing_sync
    with pytest.raises(fastdiffsync.exceptions.ObjectNotUpdated, match="will not"):
        sync()
    reader = make_adapter_class(fastdiffsync)(internal_storage_engine=opener(kind)("shared"))
    assert [reader.get("device", name).role for name in ("north-r1", "north-r2")] == ["spine", "leaf"]


def test_neither_of_two_failures_is_hidden(fastdiffsync: Any, failing_sync: Any) -> None:
    """If the store cannot write what a failed sync has changed, its error is raised, with the sync's in its context."""
    dest, sync = failing_sync
    journal = Journal(dest.store, fastdiffsync.exceptions.ObjectStoreException("no room"))
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match="no room") as raised:
        sync()
    assert isinstance(raised.value.__context__, fastdiffsync.exceptions.ObjectNotUpdated)
    journal.error = None
    dest.store.flush()
    assert journal.records == 2


def test_sync_is_not_complete_if_it_cannot_be_written(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], kind: str
) -> None:
    """A store that cannot write raises out of the sync, and `sync_complete` is not called."""
    completed = []

    class Inventory(make_adapter_class(fastdiffsync)):  # type: ignore[misc]
        def sync_complete(self, *arguments: Any, **_options: Any) -> None:
            completed.append(arguments)

    dest = Inventory(internal_storage_engine=opener(kind)())
    source = make_adapter_class(fastdiffsync)()
    fill_tree(source, TREE)
    journal = Journal(dest.store, fastdiffsync.exceptions.ObjectStoreException("no room"))
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match="no room"):
        dest.sync_from(source)
    assert completed == []
    journal.error = None


def test_store_of_diffsyncs_methods_keeps_its_own_names(fastdiffsync: Any) -> None:
    """A store that was written for diffsync may have `flush` and `batch` of its own, which nobody calls."""
    called = []

    class Old(fastdiffsync.store.local.LocalStore):
        batch = 100

        def get(self, **arguments: Any) -> Any:
            return super().get(**arguments)

        def flush(self) -> None:
            called.append("deletes everything")

    adapter_class = make_adapter_class(fastdiffsync)
    dest, source = adapter_class(internal_storage_engine=Old()), adapter_class()
    fill_tree(source, TREE)
    dest.sync_from(source)
    dest.load_records({"place": [{"name": "west"}]})
    assert dest.count() == source.count() + 1
    assert called == []


def test_sync_and_load_inside_a_batch(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], kind: str
) -> None:
    """Syncs, loads and further blocks inside a `with store.batch()` block are written by its end, together."""
    adapter_class = make_adapter_class(fastdiffsync)
    dest, source = adapter_class(internal_storage_engine=opener(kind)()), adapter_class()
    fill_tree(source, TREE)
    diff = dest.diff_from(source)
    journal = Journal(dest.store)
    with dest.store.batch():
        dest.sync_from(source, diff=diff)
        dest.load_records({"place": [{"name": "west"}]})
        with dest.store.batch():
            dest.add(dest.place(name="east"))
        dest.store.flush()
        assert journal.batches == []
    assert len(journal.batches) == 1
    assert journal.records == source.count() + 2


def test_loading_a_second_time(fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], kind: str) -> None:
    """Rows of records that are there with the same values change nothing, in a store that somebody else has filled."""
    rows = {"place": [{"name": "north"}, {"name": "south"}]}
    for number in range(2):
        adapter = make_adapter_class(fastdiffsync)(internal_storage_engine=opener(kind)("shared"))
        adapter.load_records(rows | {"device": [{"name": f"r{number}"}]})
        adapter.store.flush()
    assert {name: set(records) for name, records in contents(adapter).items()} == {
        "place": {"north", "south"},
        "device": {"r0", "r1"},
        "port": set(),
    }


def test_loading_what_cannot_be_stored(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], kind: str
) -> None:
    """A row with a value that cannot be stored is named, and neither other rows nor links to parents are left."""
    dest = make_network(fastdiffsync)(internal_storage_engine=opener(kind)())
    dest.disk._parent_keys = {"host": ("host",)}
    dest.add(dest.host(name="h1"))
    rows = [{"host": "h1", "name": "d1"}, {"host": "h1", "name": "d2", "value": object()}]
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match="disk 'h1__d2': field 'value' holds"):
        dest.load_records({"host": [{"name": "h2"}], "disk": rows})
    assert dest.get("host", "h1").disks == []
    assert (dest.count("host"), dest.count("disk")) == (1, 0)


# ---- statuses ----


def statuses(adapter: Any) -> dict[str, Any]:
    """Return the status of every record, as one who asks for it by its keys sees it, when nobody holds it."""
    gc.collect()
    found = {}
    for modelname in ("place", "device", "port"):
        for uid in [record.get_unique_id() for record in adapter.get_all(modelname)]:
            status, message = adapter.get(modelname, uid).get_status()
            found[f"{modelname} {uid}"] = (status.name, message)
    return found


def outcomes(fastdiffsync: Any) -> dict[str, Callable[[Any], Any]]:
    """Return what a record's `update` or `delete` may do, by name."""

    def fail(device: Any) -> None:
        device.set_status(fastdiffsync.DiffSyncStatus.FAILURE, "no power")

    def refuse(device: Any) -> None:
        device.set_status(fastdiffsync.DiffSyncStatus.ERROR, "locked")
        message = "will not"
        raise fastdiffsync.exceptions.ObjectCrudException(message)

    def warn(device: Any) -> Any:
        device.update_base({"weight": 2.0})
        device.set_status(fastdiffsync.DiffSyncStatus.FAILURE, "in part")
        return device

    return {"fails": fail, "refuses": refuse, "warns": warn}


@pytest.mark.parametrize("action", ["update", "delete"])
@pytest.mark.parametrize("outcome", ["fails", "refuses", "warns"])
def test_statuses_are_those_of_a_local_store(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], kind: str, action: str, outcome: str
) -> None:
    """After a sync every record has the status and message that it has in a `LocalStore`, changed, failed or not."""
    if (action, outcome) == ("delete", "warns"):
        outcome = "fails"
    adapter_class = make_adapter_class(fastdiffsync)
    found = []
    for where in ("local", kind):
        act = outcomes(fastdiffsync)[outcome]
        dest = stubborn(adapter_class, act)(internal_storage_engine=opener(where)())
        source = adapter_class()
        for adapter in (source, dest):
            fill_tree(adapter, TREE)
        source.get("device", "north-r1").role = "spine"
        source.add(source.place(name="new"))
        if action == "update":
            source.get("device", "north-r2").role = "spine"
        else:
            source.remove(source.get("device", "north-r2"))
            source.get("place", "north").devices.remove("north-r2")
        dest.sync_from(source, flags=fastdiffsync.DiffSyncFlags.CONTINUE_ON_FAILURE)
        found.append(statuses(dest))
    assert found[1] == found[0]
    assert found[0]["device north-r1"] == ("SUCCESS", "Updated successfully")
    assert found[0]["place new"] == ("SUCCESS", "Created successfully")
    assert found[0]["port south-r1__eth0"] == ("UNKNOWN", "")
    assert found[0]["device north-r2"][0] in {"FAILURE", "ERROR"}


def test_statuses_of_changed_records_are_written(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], kind: str
) -> None:
    """A process that opens the store after a sync sees how each change went, the failed ones included."""
    adapter_class = make_adapter_class(fastdiffsync)
    act = outcomes(fastdiffsync)["refuses"]
    dest = stubborn(adapter_class, act)(internal_storage_engine=opener(kind)("shared"))
    source = adapter_class()
    for adapter in (source, dest):
        fill_tree(adapter, TREE)
    for name in ("north-r1", "north-r2"):
        source.get("device", name).role = "spine"
    dest.sync_from(source, flags=fastdiffsync.DiffSyncFlags.CONTINUE_ON_FAILURE)
    found = statuses(adapter_class(internal_storage_engine=opener(kind)("shared")))
    assert found["device north-r1"] == ("SUCCESS", "Updated successfully")
    assert found["device north-r2"] == ("ERROR", "locked")


def test_later_changes_take_the_status_unknown_away(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], kind: str
) -> None:
    """A record that a sync has passed over is UNKNOWN until it is replaced, changed by the library or removed."""
    adapter_class = make_adapter_class(fastdiffsync)
    found = []
    for where in ("local", kind):
        dest, source = adapter_class(internal_storage_engine=opener(where)()), adapter_class()
        for adapter in (source, dest):
            fill_tree(adapter, TREE)
        dest.sync_from(source)
        dest.update(dest.device(name="north-r1"))
        dest.get("device", "north-r2").update({"role": "spine"})
        dest.remove(dest.get("port", "south-r1__eth0"))
        dest.add(dest.port(device="south-r1", name="eth0"))
        dest.get("place", "empty").add_child(dest.device(name="x"))
        found.append(statuses(dest))
    assert found[1] == found[0]
    assert {status for status, _ in found[0].values()} == {"SUCCESS", "UNKNOWN"}


# ---- how much is read and written ----


class Requests:
    """Counts what is asked of the backends of some adapters, and the records that are made of their answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fastdiffsync: Any, *adapters: Any) -> None:
        self.count = 0
        self.uids: list[str] = []
        self.made = 0
        for adapter in adapters:
            backend = adapter.store._backend
            monkeypatch.setattr(backend, "read", self._counting(backend.read))
        encoding = fastdiffsync.store.encoding.RecordEncoding
        decode = encoding.decode

        def counting_decode(*arguments: Any) -> Any:
            self.made += 1
            return decode(*arguments)

        monkeypatch.setattr(encoding, "decode", counting_decode)

    def _counting(self, read: Callable[..., Any]) -> Callable[..., Any]:
        def counted(modelname: str, uids: Any) -> Any:
            self.count += 1
            self.uids += uids
            return read(modelname, uids)

        return counted


@pytest.mark.parametrize("source_kind", ["same", "local"])
def test_cost_of_a_sync_grows_with_the_changes(
    fastdiffsync: Any,
    monkeypatch: pytest.MonkeyPatch,
    reopen: Callable[..., Any],
    kind: str,
    source_kind: str,
) -> None:
    """A sync asks for what changes and what is above it, in a few requests, however many records are unchanged."""
    source_kind = kind if source_kind == "same" else source_kind
    changed = {f"h{host}_d1": 2 for host in range(0, 40, 4)}
    counts = []
    for hosts in (40, 400):
        dest = reopen(kind, lambda adapter: fill(adapter, fastdiffsync, wide(hosts)))  # noqa: B023
        source = reopen(source_kind, lambda adapter: fill(adapter, fastdiffsync, wide(hosts, **changed)))  # noqa: B023
        for number in range(5):
            dest.load_records({"disk": [{"host": "h1", "name": f"old{number}", "value": 1}]})
            dest.get("host", "h1").add_child(dest.get("disk", f"h1__old{number}"))
            source.load_records({"disk": [{"host": "h2", "name": f"new{number}", "value": 1}]})
            source.get("host", "h2").add_child(source.get("disk", f"h2__new{number}"))
        diff = dest.diff_from(source)
        journal = Journal(dest.store)
        requests = Requests(monkeypatch, fastdiffsync, dest, *([] if source_kind == "local" else [source]))
        dest.sync_from(source, diff=diff)
        assert (diff.summary()["update"], diff.summary()["create"], diff.summary()["delete"]) == (10, 5, 5)
        assert requests.count <= 6
        assert requests.made <= 40
        assert len(requests.uids) <= 40
        counts.append((requests.count, requests.made, len(requests.uids), journal.records))
        assert not dest.diff_from(source).has_diffs()
    assert counts[0] == counts[1]


def test_read_ahead_finds_what_a_hook_has_added(fastdiffsync: Any, reopen: Callable[..., Any], kind: str) -> None:
    """A record that a hook adds before the sync comes to it fails to be created, as in a `LocalStore`."""
    results = []
    for where in ("local", kind):
        network = make_network(fastdiffsync)

        class Eager(network.disk):  # type: ignore[misc]
            @classmethod
            def create(cls, adapter: Any, ids: Any, attrs: Any) -> Any:
                if ids["name"] == "d0":
                    adapter.add(cls(host=ids["host"], name="d2", value="of the hook"))
                return super().create(adapter, ids, attrs)

        network.disk = Eager
        dest = reopen(where, lambda adapter: fill(adapter, fastdiffsync, wide(2, 0)), network)
        source = reopen("local", lambda adapter: fill(adapter, fastdiffsync, wide(2)))
        dest.sync_from(source, flags=fastdiffsync.DiffSyncFlags.CONTINUE_ON_FAILURE)
        results.append({uid: dest.get("disk", uid).value for uid in ("h0__d0", "h0__d1", "h0__d2")})
    assert results[1] == results[0] == {"h0__d0": 1, "h0__d1": 1, "h0__d2": "of the hook"}


def test_parent_that_is_gone(fastdiffsync: Any, reopen: Callable[..., Any], kind: str) -> None:
    """What is below a record that was removed after the diff is left alone, as in a `LocalStore`."""
    results = []
    for where in ("local", kind):
        dest = reopen(where, lambda adapter: fill(adapter, fastdiffsync, wide(3)))
        source = reopen(where, lambda adapter: fill(adapter, fastdiffsync, wide(3, h0_d1=2, h1_d1=2, h2_d1=2)))
        diff = dest.diff_from(source)
        dest.remove(dest.get("host", "h1"))
        dest.sync_from(source, diff=diff)
        results.append([dest.get("disk", f"h{number}__d1").value for number in range(3)])
    assert results[1] == results[0] == [2, 1, 2]


def test_deep_trees(fastdiffsync: Any, reopen: Callable[..., Any], kind: str) -> None:
    """A change below more unchanged records than calls may be nested is reached."""
    depth = by_profile(desk=1_200, ci=2_000)  # Python's recursion limit is 1,000

    class Node(fastdiffsync.DiffSyncModel):  # type: ignore[misc]
        _modelname = "node"
        _identifiers = ("name",)
        _attributes = ("value",)
        _children: ClassVar[dict[str, str]] = {"node": "nodes"}
        name: str
        value: int = 0
        nodes: list[str] = []  # noqa: RUF012 - copied for each record

    class Root(Node):
        _modelname = "root"

    class Chain(fastdiffsync.Adapter):  # type: ignore[misc]
        root = Root
        node = Node
        top_level: ClassVar[list[str]] = ["root"]

    def load(value: int) -> Callable[[Any], None]:
        def load_chain(adapter: Any) -> None:
            parent = adapter.root(name="top")
            adapter.add(parent)
            for number in range(depth):
                node = adapter.node(name=f"n{number}", value=value if number == depth - 1 else 0)
                adapter.add(node)
                parent.add_child(node)
                parent = node

        return load_chain

    dest, source = (reopen(kind, load(value), Chain) for value in (1, 2))
    dest.sync_from(source)
    assert dest.get("node", f"n{depth - 1}").value == 2
