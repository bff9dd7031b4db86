"""Damaged SQLite files: what is noticed when records are read, and what when a store is asked to check its file."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("damage", ["pages", "half"])
def test_corrupt_file(open_adapter: Callable[..., Any], path: Path, store_error: Any, damage: str) -> None:
    """A damaged file raises when its records are read; nothing is made up."""
    with open_adapter().store as store:
        for number in range(3000):
            store.adapter.add(store.adapter.device(name=f"r{number}", note="x" * 100))
    content = bytearray(path.read_bytes())
    if damage == "half":
        del content[len(content) // 2 :]
    else:
        for page in range(5, len(content) // 4096, 2):
            content[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    path.write_bytes(content)
    with pytest.raises(store_error, match="the file is damaged; restore it from a backup"):
        list(open_adapter().get_all("device"))


def damage_index(path: Path) -> None:
    """Let the index by which records are listed end after its first page, which SQLite does not notice."""
    connection = sqlite3.connect(path)
    page_size, root = connection.execute(
        "SELECT (SELECT page_size FROM pragma_page_size), rootpage FROM sqlite_master WHERE name = 'record_position'"
    ).fetchone()
    connection.close()
    content = bytearray(path.read_bytes())
    start = (root - 1) * page_size
    assert content[start] == 2, "the root of the index is to lead to other pages"
    content[start + 3 : start + 5] = (1).to_bytes(2, "big")
    path.write_bytes(content)


def load_devices(open_adapter: Callable[..., Any], count: int = 3000) -> None:
    """Write that many devices."""
    with open_adapter().store as store:
        for number in range(count):
            store.adapter.add(store.adapter.device(name=f"r{number}"))


@pytest.mark.parametrize("read_only", [False, True])
def test_check_of_a_sound_file(open_adapter: Callable[..., Any], read_only: bool) -> None:
    """A file without damage is found to have none, whether or not there are records, and changes not written yet."""
    with open_adapter().store as store:
        assert store.check() == []
    load_devices(open_adapter)
    adapter = open_adapter(read_only=read_only)
    if not read_only:
        adapter.remove(adapter.get("device", "r1"))
        adapter.add(adapter.device(name="new"))
    assert adapter.store.check() == []


def test_check_finds_what_an_index_has_lost(open_adapter: Callable[..., Any], path: Path) -> None:
    """Records that a damaged index leaves out of every listing, without a word, are counted by a check."""
    load_devices(open_adapter)
    damage_index(path)
    adapter = open_adapter()
    listed = len(adapter.get_all("device"))
    assert 0 < listed < 3000
    assert adapter.get("device", "r2999").name == "r2999"
    problems = adapter.store.check()
    assert problems[0] == f"device: of 3000 records, {listed} are in the order in which records are listed"
    assert any("missing from index record_position" in problem for problem in problems)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("REINDEX")
    connection.execute("VACUUM")
    connection.close()
    assert adapter.store.check() == []
    assert len(adapter.get_all("device")) == 3000


def test_check_finds_pages_that_cannot_be_read(open_adapter: Callable[..., Any], path: Path) -> None:
    """Pages that are no pages any more are named, and the check goes on."""
    load_devices(open_adapter)
    content = bytearray(path.read_bytes())
    for start in range(8192 * 6, len(content), 8192 * 3):
        content[start : start + 8192] = bytes(8192)
    path.write_bytes(content)
    problems = open_adapter().store.check()
    assert any("cannot be read to its end" in problem for problem in problems)
    assert len(problems) > 1


def test_check_finds_records_that_cannot_be_read(open_adapter: Callable[..., Any], path: Path) -> None:
    """Records whose bytes are garbage, or have become another record's, are named, in a file that is sound."""
    load_devices(open_adapter, 10)
    connection = sqlite3.connect(path)
    (data,) = connection.execute("SELECT data FROM record WHERE uid = 'r3'").fetchone()
    connection.execute("UPDATE record SET data = x'00' WHERE uid = 'r1'")
    connection.execute("UPDATE record SET data = ? WHERE uid = 'r4'", (data,))
    connection.commit()
    connection.close()
    first, second = open_adapter().store.check()
    assert first.startswith("device 'r1' cannot be read from the store: its bytes are not a record")
    assert second == "device 'r4' has become 'r3'"


def test_check_of_a_type_without_a_class(fastdiffsync: Any, open_adapter: Callable[..., Any], path: Path) -> None:
    """The pages and counts of a type are checked, where the adapter has no class to read its records with."""
    load_devices(open_adapter)
    with fastdiffsync.store.sqlite.SQLiteStore(path) as store:
        assert store.check() == []
    damage_index(path)
    with fastdiffsync.store.sqlite.SQLiteStore(path) as store:
        assert store.check()[0].startswith("device: of 3000 records,")
