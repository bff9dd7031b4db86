"""Copying stores of all kinds into each other, and syncing through them."""

from __future__ import annotations

import itertools
import tracemalloc
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..profile import by_profile
from .contract import TREE, contents, fill, make_adapter_class

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("local", "sqlite", "redis")
PAIRS = list(itertools.product(KINDS, KINDS))


@pytest.fixture
def make_adapter(fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]]) -> Callable[[str], Any]:
    """A function that makes an adapter on a new store of a kind."""
    adapter_class = make_adapter_class(fastdiffsync)
    return lambda kind: adapter_class(kind, internal_storage_engine=opener(kind)())


@pytest.mark.parametrize(("kind", "other_kind"), PAIRS)
def test_copy_has_the_same_records(
    fastdiffsync: Any, make_adapter: Callable[[str], Any], kind: str, other_kind: str
) -> None:
    """A copy has all records with values, flags, status and children, in order where both stores have one."""
    source, dest = make_adapter(kind), make_adapter(other_kind)
    fill(source, TREE)
    marked = source.device(name="marked", model_flags=fastdiffsync.DiffSyncModelFlags.IGNORE)
    marked.set_status(fastdiffsync.DiffSyncStatus.ERROR, "broken")
    source.add(marked)
    assert fastdiffsync.store.copy.copy_store(source.store, dest.store) == 10
    assert contents(dest) == contents(source)
    assert not dest.diff_from(source).has_diffs()
    copied = dest.get("device", "marked")
    assert copied.get_status() == (fastdiffsync.DiffSyncStatus.ERROR, "broken")
    assert copied.model_flags == fastdiffsync.DiffSyncModelFlags.IGNORE
    if "redis" not in {kind, other_kind}:
        assert [place.name for place in dest.get_all("place")] == [place.name for place in source.get_all("place")]


@pytest.mark.parametrize(("kind", "other_kind"), PAIRS)
def test_copies_share_nothing(
    fastdiffsync: Any, make_adapter: Callable[[str], Any], kind: str, other_kind: str
) -> None:
    """What is changed in a copy does not change in what was copied, also while a program holds both."""
    source, dest = make_adapter(kind), make_adapter(other_kind)
    fill(source, TREE)
    held = source.get("device", "north-r1")
    fastdiffsync.store.copy.copy_store(source.store, dest.store)
    copied = dest.get("device", "north-r1")
    assert copied is not held
    assert copied.adapter is dest
    assert held.adapter is source
    copied.add_child(dest.port(device="north-r1", name="new"))
    copied.update({"role": "spine"})
    assert held.role == "leaf"
    assert "north-r1__new" not in held.ports
    assert source.get("device", "north-r1").ports == ["north-r1__eth0", "north-r1__eth1"]


@pytest.mark.parametrize("kind", KINDS)
def test_copy_into_a_store_with_records(fastdiffsync: Any, make_adapter: Callable[[str], Any], kind: str) -> None:
    """A store that has records of a type already is left as it is, with a clear error."""
    source, dest = make_adapter("local"), make_adapter(kind)
    fill(source, TREE)
    dest.add(dest.place(name="other"))
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match="already has place records; copy"):
        fastdiffsync.store.copy.copy_store(source.store, dest.store)
    assert dest.count() == 1


@pytest.mark.parametrize(("kind", "other_kind"), [pair for pair in PAIRS if pair[0] != "local"])
def test_copying_holds_few_records(
    fastdiffsync: Any, monkeypatch: pytest.MonkeyPatch, make_adapter: Callable[[str], Any], kind: str, other_kind: str
) -> None:
    """While a store outside the process is copied, at most a page of its records, and a batch of bytes, is held."""
    source, dest = make_adapter(kind), make_adapter(other_kind)
    rows = [{"name": f"r{number}", "note": "x" * 6000} for number in range(4_500)]
    source.load_records({"device": rows})
    encoding = fastdiffsync.store.encoding.RecordEncoding
    decode = encoding.decode
    living: dict[int, weakref.ref[Any]] = {}
    most = 0

    def decode_and_count(*arguments: Any) -> Any:
        nonlocal most
        record = decode(*arguments)
        number = id(record)
        living[number] = weakref.ref(record, lambda _reference: living.pop(number))
        most = max(most, len(living))
        return record

    if other_kind != "local":
        tracemalloc.start()
    with monkeypatch.context() as patch:
        patch.setattr(encoding, "decode", decode_and_count)
        assert fastdiffsync.store.copy.copy_store(source.store, dest.store) == len(rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert dest.count("device") == len(rows)
    if other_kind == "local":
        assert 0 < most <= 3 * fastdiffsync.store.reading.PAGE_SIZE
    else:
        assert most == 0
        assert peak < 20_000_000 < sum(len(row["note"]) for row in rows)


def test_copy_needs_no_classes_between_stores_of_bytes(fastdiffsync: Any, make_adapter: Callable[[str], Any]) -> None:
    """Between stores that keep bytes, records are copied without their classes being there."""
    source, dest = make_adapter("sqlite"), make_adapter("redis")
    fill(source, TREE)
    adapter, dest.store.adapter, source.store.adapter = dest, None, None
    assert fastdiffsync.store.copy.copy_store(source.store, dest.store) == 9
    dest.store.adapter = adapter
    assert contents(adapter)["device"]["south-r1"]["ports"] == ["south-r1__eth0"]


ports = st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 3), max_size=3)
devices = st.dictionaries(st.sampled_from("xyz"), ports, max_size=3)
trees = st.dictionaries(st.sampled_from(["p", "q", "*", "ü:"]), devices, max_size=4)


@settings(max_examples=by_profile(desk=20, ci=100))
@given(source_tree=trees, dest_tree=trees, kinds=st.sampled_from(PAIRS[1:]))
def test_diff_and_sync_are_those_of_local_stores(
    make_adapter: Callable[[str], Any], source_tree: Any, dest_tree: Any, kinds: tuple[str, str]
) -> None:
    """Whatever the data, diff and sync between stores of any two kinds do what they do between local stores."""
    results = []
    for source_kind, dest_kind in (("local", "local"), kinds):
        source, dest = make_adapter(source_kind), make_adapter(dest_kind)
        source.name, dest.name = "source", "dest"
        fill(source, source_tree)
        fill(dest, dest_tree)
        diff = dest.diff_from(source)
        before = (diff.dict(), diff.summary(), len(diff))
        if "redis" not in kinds:
            before += (diff.str(),)
        dest.sync_from(source, diff=diff)
        after = contents(dest)
        for fields in [*after["place"].values(), *after["device"].values()]:
            for name in {"devices", "ports"} & fields.keys():
                fields[name] = sorted(fields[name]) if "redis" in kinds else fields[name]
        order = [place.name for place in dest.get_all("place")] if "redis" not in kinds else None
        assert not dest.diff_from(source).has_diffs()
        results.append((before, after, order))
    assert results[0] == results[1]
