"""Diffs of stores outside the process: in few requests, without reading what is equal, and the same as in memory."""

from __future__ import annotations

import math
import random
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..profile import by_profile
from .contract import STRANGE_NAMES
from .network import Row, contents, elements, fill, make_network, statuses, wide

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import RedisProcess

# ---- requests ----


DISKS_OF_H0 = ["h0__d0", "h0__d1", "h0__d2"]


class Requests:
    """Counts the requests for records that go to the databases behind some adapters."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fastdiffsync: Any, *adapters: Any) -> None:
        self.count = 0
        for adapter in adapters:
            backend = adapter.store._backend
            monkeypatch.setattr(backend, "read", self._counting(backend.read))
            monkeypatch.setattr(backend, "pages", self._counting_each(backend.pages))
        comparison = fastdiffsync.store.sqlite.SQLiteComparison
        monkeypatch.setattr(comparison, "_select", self._counting(comparison._select))

    def _counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            self.count += 1
            return function(*arguments)

        return counted

    def _counting_each(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            for page in function(*arguments, **options):
                self.count += 1
                yield page

        return counted


@pytest.mark.parametrize("hooked", [False, True], ids=["plain", "overridden hook"])
@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_requests_grow_with_levels_and_batches(
    fastdiffsync: Any, monkeypatch: pytest.MonkeyPatch, reopen: Any, kind: str, hooked: bool
) -> None:
    """A diff takes a few requests for each level and batch of records, however many parents there are."""
    adapter_class = make_network(fastdiffsync)
    if hooked:
        for modelname in ("region", "host", "disk"):
            model = getattr(adapter_class, modelname)
            hook = {"get_attrs": lambda self: type(self).__mro__[1].get_attrs(self)}
            setattr(adapter_class, modelname, type(model.__name__, (model,), hook))
    monkeypatch.setattr(fastdiffsync.store.prefetch, "BATCH", 200)
    requests = {}
    for hosts in (50, 400):
        source = reopen(kind, lambda adapter: fill(adapter, fastdiffsync, wide(hosts)), adapter_class)  # noqa: B023
        dest = reopen(kind, lambda adapter: fill(adapter, fastdiffsync, wide(hosts, h7_d1=2)), adapter_class)  # noqa: B023
        counter = Requests(monkeypatch, fastdiffsync, source, dest)
        assert dest.diff_from(source).summary()["update"] == 1
        requests[hosts] = counter.count
    levels = 3
    batches = 1 + 400 * 3 / 200
    assert requests[50] <= 6 * levels
    assert requests[400] <= 6 * levels + 4 * batches


def test_steps_of_sqlite_grow_with_the_records(fastdiffsync: Any, monkeypatch: pytest.MonkeyPatch, reopen: Any) -> None:
    """What SQLite does to compare two files grows with the number of their records, not with its square."""
    each = 100
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += each

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = sqlite3.Connection(*arguments, **options)
        connection.set_progress_handler(count, each)
        return connection

    needed = []
    for hosts in (50, 200):
        source, dest = (reopen("sqlite", lambda adapter: fill(adapter, fastdiffsync, wide(hosts))) for _ in range(2))  # noqa: B023
        with monkeypatch.context() as patch:
            patch.setattr(sqlite3, "connect", connect)
            steps = 0
            assert not dest.diff_from(source).has_diffs()
        needed.append(steps)
    assert 0 < needed[1] < 6 * needed[0]


@pytest.mark.parametrize("has_shortnames", [False, True], ids=["unique ids", "shortnames"])
@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_equal_records_are_not_read(
    fastdiffsync: Any, monkeypatch: pytest.MonkeyPatch, reopen: Any, kind: str, has_shortnames: bool
) -> None:
    """Of two stores with the same records, no record is made; of two that differ, those that differ."""
    network = make_network(fastdiffsync, has_shortnames=has_shortnames)
    source = reopen(kind, lambda adapter: fill(adapter, fastdiffsync, wide(20, flags=6)), network)
    dest = reopen(kind, lambda adapter: fill(adapter, fastdiffsync, wide(20, flags=6)), network)
    other = reopen(kind, lambda adapter: fill(adapter, fastdiffsync, wide(20, flags=6, h7_d1=2)), network)
    made = []
    encoding = fastdiffsync.store.encoding.RecordEncoding
    decode = encoding.decode

    def counting_decode(self: Any, data: bytes, uid: str, adapter: Any) -> Any:
        made.append(uid)
        return decode(self, data, uid, adapter)

    monkeypatch.setattr(encoding, "decode", counting_decode)
    diff = dest.diff_from(source)
    assert diff.summary()["no-change"] == len(diff) == 81
    assert made == []
    host = next(iter(next(iter(diff.get_children())).get_children()))
    assert [disk.name for disk in host.get_children()] == (["d0", "d1", "d2"] if has_shortnames else DISKS_OF_H0)
    assert made == []
    assert other.diff_from(source).summary()["update"] == 1
    assert made == ["h7__d1", "h7__d1"]


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_equal_siblings_of_one_shortname(fastdiffsync: Any, reopen: Any, kind: str) -> None:
    """Siblings that share a shortname are refused, also where the stores can tell that all are equal."""
    network = make_network(fastdiffsync, has_shortnames=True)

    def fill_wrongly(adapter: Any) -> None:
        fill(adapter, fastdiffsync, wide(2))
        host = adapter.get("host", "h0")
        host.disks.append("h1__d1")
        adapter.update(host)

    source, dest = (reopen(kind, fill_wrongly, network) for _ in range(2))
    with pytest.raises(fastdiffsync.exceptions.ObjectAlreadyExists, match=r"h0__d1.*h1__d1.*below.*h0"):
        dest.diff_from(source)


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_shortnames_that_unique_ids_do_not_tell(fastdiffsync: Any, reopen: Any, kind: str) -> None:
    """Where a unique id can be taken apart in several ways, the records say what they are called."""
    network = make_network(fastdiffsync, has_shortnames=True)
    rows = (Row("R", below=(Row("h_", below=(Row("_d"), Row("d__1"), Row("d_"))),)),)
    source, dest = (reopen(kind, lambda adapter: fill(adapter, fastdiffsync, rows), network) for _ in range(2))
    names = {name for _, modelname, name, *_ in elements(dest.diff_from(source)) if modelname == "disk"}
    assert names == {"_d", "d__1", "d_"}


def test_store_of_diffsyncs_methods_alone(fastdiffsync: Any, reopen: Any) -> None:
    """A store that knows nothing of batches is asked for the children of one parent at a time, as diffsync asks."""
    asked = []

    class Old(fastdiffsync.store.local.LocalStore):
        def get_by_uids(self, *, uids: list[str], model: Any) -> Any:
            asked.append((model, len(uids)))
            return super().get_by_uids(uids=uids, model=model)

    old = make_network(fastdiffsync)(internal_storage_engine=Old())
    fill(old, fastdiffsync, wide(5))
    for kind in ("local", "sqlite"):
        other = reopen(kind, lambda adapter: fill(adapter, fastdiffsync, wide(5)))
        for first, second in ((old, other), (other, old)):
            asked.clear()
            assert not first.diff_from(second).has_diffs()
            assert asked == [("region", 0), ("host", 5), *[("disk", 3)] * 5]


def test_store_that_declares_batches(fastdiffsync: Any) -> None:
    """A store with diffsync's methods that sets `fetches_in_batches` is asked for many parents' children at once."""
    asked = []

    class Remote(fastdiffsync.store.local.LocalStore):
        fetches_in_batches = True

        def get_by_uids(self, *, uids: list[str], model: Any) -> Any:
            asked.append((model, len(uids)))
            return super().get_by_uids(uids=uids, model=model)

    remote = make_network(fastdiffsync)(internal_storage_engine=Remote())
    fill(remote, fastdiffsync, wide(5))
    other = make_network(fastdiffsync)(internal_storage_engine=Remote())
    fill(other, fastdiffsync, wide(5, h3_d1=4))
    expected = [make_network(fastdiffsync)(name) for name in (remote.name, other.name)]
    fill(expected[0], fastdiffsync, wide(5))
    fill(expected[1], fastdiffsync, wide(5, h3_d1=4))
    diff = remote.diff_from(other)
    assert [count for model, count in asked if model == "disk"] == [15, 15]
    assert elements(diff) == elements(expected[0].diff_from(expected[1]))


# ---- the same as in memory ----

VALUES = [0, 1, "a", math.nan, -0.0, 0.0, True, None, (1, 2), [1]]
FLAGS = [0] * 12 + [1, 2, 4, 6]


def random_rows(source: random.Random, names: str, levels: tuple[str, ...], prefix: str = "") -> tuple[Row, ...]:
    """Return rows with some of the names, in any order, and below them rows of the next levels."""
    chosen = source.sample(names, source.randint(0, len(names)))
    rows = []
    for name in chosen:
        below: tuple[Row, ...] = ()
        for following in levels[:2] if len(levels) == 3 else levels[:1]:
            rest = levels[levels.index(following) + 1 :]
            below += random_rows(source, following, rest, prefix + name)
        rows.append(
            Row(prefix + name, source.choice(VALUES), source.choice(["", "", "x"]), source.choice(FLAGS), below)
        )
    return tuple(rows)


def networks(seed: int, *levels: str) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Return two sides, of which some records are equal; `levels` are the names at each level but the first."""
    source = random.Random(seed)  # noqa: S311 - no secret hangs on it
    first, second = (random_rows(source, "CDE", levels) for _ in range(2))
    common = first[: source.randint(0, len(first))]
    taken = {row.name for row in common}
    rest = [row for row in second if row.name not in taken]
    return first, (*common, *rest) if source.random() < 0.5 else (*rest, *common)


@settings(max_examples=by_profile(desk=15, ci=100))
@given(data=st.data())
def test_diff_and_sync_are_those_of_local_stores(
    fastdiffsync: Any, reopen: Any, kinds: tuple[str, str], data: st.DataObject
) -> None:
    """Diff and sync through stores of any kinds give what they give through `LocalStore`, order included."""
    # Regions in regions are records of a top-level type too: what becomes of them depends on the order.
    levels = ("pq", "123") if "redis" in kinds else ("AB", "pq", "123")
    source_rows, dest_rows = networks(data.draw(st.integers(0, 2**32), "seed"), *levels)
    size = data.draw(st.sampled_from([1, 2, 10_000]), "batch")
    given_flags = fastdiffsync.DiffSyncFlags(data.draw(st.sampled_from([0, 0, 2, 4, 6]), "flags"))
    network = make_network(fastdiffsync, has_shortnames=data.draw(st.booleans(), "shortnames"))
    local = [network(kind) for kind in kinds]
    fill(local[0], fastdiffsync, source_rows)
    fill(local[1], fastdiffsync, dest_rows)
    source = reopen(kinds[0], lambda adapter: fill(adapter, fastdiffsync, source_rows), network)
    dest = reopen(kinds[1], lambda adapter: fill(adapter, fastdiffsync, dest_rows), network)
    held = data.draw(st.booleans(), "held")
    live = [adapter.get_all("disk") for adapter in (source, dest)] if held else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastdiffsync.store.prefetch, "BATCH", size)
        expected, found = local[1].diff_from(local[0], flags=given_flags), dest.diff_from(source, flags=given_flags)
        assert found.summary() == expected.summary()
        arrange = sorted if "redis" in kinds else list
        assert arrange(map(repr, elements(found))) == arrange(map(repr, elements(expected)))
        progress: list[int] = []
        dest.diff_from(source, flags=given_flags, callback=lambda _stage, done, _total: progress.append(done))
        assert progress == sorted(progress)
        assert found.models_processed == expected.models_processed
        for adapter, diff, other in ((local[1], expected, local[0]), (dest, found, source)):
            adapter.sync_from(other, diff=diff, flags=fastdiffsync.DiffSyncFlags.CONTINUE_ON_FAILURE)
    for modelname, records in contents(local[1]).items():
        assert contents(dest)[modelname].keys() == records.keys()
        for uid, text in records.items():
            here = contents(dest)[modelname][uid]
            assert here == text or "redis" in kinds
    assert statuses(dest) == statuses(local[1])
    del live


@pytest.fixture(params=["sqlite", "redis"])
def two_sides(request: pytest.FixtureRequest, fastdiffsync: Any, reopen: Any) -> tuple[Any, Any]:
    """Two adapters on stores of one kind, with equal records that nobody holds."""
    return tuple(reopen(request.param, lambda adapter: fill(adapter, fastdiffsync, wide(4))) for _ in range(2))  # type: ignore[return-value]


def test_nan_differs_from_itself(two_sides: Any) -> None:
    """A NaN differs from a NaN with the same bytes."""
    for adapter in two_sides:
        adapter.update(adapter.disk(host="h1", name="d1", value=math.nan))
    assert two_sides[1].diff_from(two_sides[0]).summary()["update"] == 1


def test_flags_of_equal_records(fastdiffsync: Any, two_sides: Any) -> None:
    """A record with the flag IGNORE is left out of the diff, even if both stores have the same bytes for it."""
    for adapter in two_sides:
        adapter.update(adapter.disk(host="h1", name="d1", value=1, model_flags=fastdiffsync.DiffSyncModelFlags.IGNORE))
    assert len(two_sides[1].diff_from(two_sides[0])) == 16


def test_records_that_were_edited_by_hand(two_sides: Any) -> None:
    """What a program has assigned to a record that it holds counts, though the store has not been told."""
    source, dest = two_sides
    held = dest.get("disk", "h1__d1"), dest.get("host", "h2"), source.get("disk", "h3__d1")
    for record in held:
        record.value = "edited"
    assert [keys for _, _, _, keys, action, _ in elements(dest.diff_from(source)) if action] == [
        {"host": "h1", "name": "d1"},
        {"name": "h2"},
        {"host": "h3", "name": "d1"},
    ]


def test_attributes_that_are_not_compared(two_sides: Any) -> None:
    """Records that differ in other fields than their attributes, or in their status alone, are unchanged."""
    source, dest = two_sides
    dest.update(dest.disk(host="h1", name="d1", value=1, note="another"))
    record = dest.get("disk", "h2__d1")
    record.set_status(next(iter(type(record.get_status()[0]))), "a message")
    dest.update(record)
    del record
    assert not dest.diff_from(source).has_diffs()


def test_hooks_of_the_instance(two_sides: Any) -> None:
    """A method replaced on a record that a program holds is asked."""
    source, dest = two_sides
    held = dest.get("disk", "h1__d1")
    held.get_attrs = lambda: {"value": "replaced"}
    assert dest.diff_from(source).summary()["update"] == 1


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_strange_names(fastdiffsync: Any, reopen: Any, kind: str) -> None:
    """Whatever characters are in unique ids, a record is compared with the one of the same id."""
    for changed in (None, "a\x00b", STRANGE_NAMES[-1]):
        sides = [dict.fromkeys(STRANGE_NAMES, 1) for _ in range(2)]
        if changed is not None:
            sides[1][changed] = 2
        source, dest = (
            reopen(kind, lambda adapter, side=side: fill(adapter, fastdiffsync, (_host_with(side),))) for side in sides
        )
        found = [element[3]["name"] for element in elements(dest.diff_from(source)) if element[4]]
        assert found == ([] if changed is None else [changed])


def _host_with(disks: dict[str, int]) -> Row:
    return Row("R", below=(Row("h", below=tuple(Row(name, value) for name, value in disks.items())),))


def test_redis_without_scripts(fastdiffsync: Any, start_redis: Callable[..., RedisProcess]) -> None:
    """On a server that runs no scripts for the user, the bytes are compared here."""
    server = start_redis()
    client = server.client()
    client.acl_setuser("plain", enabled=True, passwords=["+secret"], keys=["*"], commands=["+@all", "-@scripting"])
    client.close()
    sides = []
    for name in ("source", "dest"):
        url = f"redis://plain:secret@127.0.0.1:{server.port}"
        store = fastdiffsync.store.redis.RedisStore(url=url, store_id=name)
        fill(make_network(fastdiffsync)(internal_storage_engine=store), fastdiffsync, wide(4, h1_d1=len(sides)))
        store.flush()
        sides.append(store.adapter)
    assert sides[1].diff_from(sides[0]).summary()["update"] == 1
    for adapter in sides:
        adapter.store.close()


def test_missing_child(fastdiffsync: Any, two_sides: Any) -> None:
    """A child that is listed but not there raises ObjectNotFound, as in memory."""
    source, dest = two_sides
    for adapter in two_sides:
        adapter.store.remove_item("disk", "h2__d1")
    with pytest.raises(fastdiffsync.ObjectNotFound, match="disk h2__d1 not present in"):
        dest.diff_from(source)
    dest.add(dest.disk(host="h2", name="d1", value=1))
    with pytest.raises(fastdiffsync.ObjectNotFound, match="disk h2__d1 not present in"):
        dest.diff_from(source)


def test_cycle(fastdiffsync: Any, two_sides: Any) -> None:
    """Records that are their own descendants raise ChildrenCycle."""
    for adapter in two_sides:
        top, inner_region = adapter.get("region", "R"), adapter.region(name="S")
        adapter.add(inner_region)
        top.add_child(inner_region)
        inner_region.add_child(top)
        adapter.store.flush()
        del top, inner_region
    with pytest.raises(fastdiffsync.exceptions.ChildrenCycle, match="is among its own descendants"):
        two_sides[1].diff_from(two_sides[0])


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_shared_and_repeated_children(fastdiffsync: Any, reopen: Any, kind: str) -> None:
    """A record under two parents is compared under both; one that is listed twice under one, once."""

    def load(adapter: Any) -> None:
        fill(adapter, fastdiffsync, wide(4))
        adapter.get("host", "h1").disks.append("h0__d0")
        adapter.get("host", "h2").disks.append("h2__d0")
        adapter.add(adapter.region(name="S", hosts=["h3"]))

    local = [make_network(fastdiffsync)(kind) for _ in range(2)]
    for adapter in local:
        load(adapter)
    source, dest = reopen(kind, then_update(load)), reopen(kind, then_update(load))
    found, expected = dest.diff_from(source), local[1].diff_from(local[0])
    assert sorted(map(repr, elements(found))) == sorted(map(repr, elements(expected)))
    assert found.models_processed == expected.models_processed


def then_update(load: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a loader that tells the store of the lists that `load` has changed by hand."""

    def load_and_update(adapter: Any) -> None:
        held = []
        get = adapter.get

        def get_and_hold(*arguments: Any) -> Any:
            held.append(get(*arguments))
            return held[-1]

        adapter.get = get_and_hold
        load(adapter)
        for record in held:
            adapter.update(record)

    return load_and_update


def test_diff_is_a_snapshot(two_sides: Any) -> None:
    """A diff that is read after the stores have changed still says what was changed, and what was not."""
    source, dest = two_sides
    dest.update(dest.disk(host="h1", name="d1", value="before"))
    diff = dest.diff_from(source)
    for adapter in two_sides:
        for name in ("d0", "d1"):
            adapter.update(adapter.disk(host="h1", name=name, value=f"{adapter.name} later"))
    source.remove(source.get("disk", "h3__d0"))
    assert diff.summary() == {"create": 0, "update": 1, "delete": 0, "no-change": 16, "skip": 0}
    changed = [element for element in elements(diff) if element[4]]
    assert changed == [
        (2, "disk", "h1__d1", {"host": "h1", "name": "d1"}, "update", "({'value': 1}, {'value': 'before'})")
    ]


def test_unchanged_record_that_is_gone(fastdiffsync: Any, two_sides: Any) -> None:
    """The values of an unchanged record that both stores have lost since the diff cannot be had; the error says so."""
    diff = two_sides[1].diff_from(two_sides[0])
    for adapter in two_sides:
        adapter.remove(adapter.get("disk", "h3__d0"))
    disk = next(child for child in diff.children["region"]["R"].child_diff.children["host"]["h3"].get_children())
    assert (disk.type, disk.name, disk.action) == ("disk", "h3__d0", None)
    with pytest.raises(fastdiffsync.ObjectNotFound, match="disk h3__d0 has been removed from both stores since"):
        _ = disk.keys
