"""RedisStore: what a server keeps, several processes, and what happens when something is wrong with the server."""

from __future__ import annotations

import gc
import itertools
import pickle
import socket
import socketserver
import ssl
import subprocess
import threading
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from .conftest import free_port
from .contract import STRANGE_NAMES, TREE, contents, fill, make_adapter_class
from .network import fill as fill_network
from .network import make_network, wide
from .processes import run_in_child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .conftest import RedisProcess


@pytest.fixture
def store_error(fastdiffsync: Any) -> Any:
    """The exception that stores raise."""
    return fastdiffsync.exceptions.ObjectStoreException


@pytest.fixture
def open_adapter(fastdiffsync: Any, redis_server: RedisProcess) -> Iterator[Callable[..., Any]]:
    """A function that makes an adapter on a store of the shared server, or of the one given."""
    adapter_class = make_adapter_class(fastdiffsync)
    own_id = str(uuid.uuid4())
    opened = []

    def open_it(
        store_id: str = own_id,
        server: RedisProcess = redis_server,
        adapter_class: Any = adapter_class,
        **options: Any,
    ) -> Any:
        options.setdefault("url", server.url)
        opened.append(fastdiffsync.store.redis.RedisStore(store_id=store_id, **options))
        return adapter_class(internal_storage_engine=opened[-1])

    yield open_it
    for store in opened:
        if store.is_open:
            store.discard()
            store.close()


# ---- the constructor, as diffsync has it ----


def test_connects_by_host_or_url(fastdiffsync: Any, redis_server: RedisProcess) -> None:
    """A store connects by host and port or by URL; its text has its id, which is a new UUID if none is given."""
    by_host = fastdiffsync.store.redis.RedisStore(host="127.0.0.1", port=redis_server.port, store_id="123")
    assert str(by_host) == "RedisStore (123)"
    by_url = fastdiffsync.store.redis.RedisStore(url=redis_server.url, name="shared")
    assert str(by_url) == f"shared ({uuid.UUID(by_url._store_id)})"


def test_host_and_url_together(fastdiffsync: Any, redis_server: RedisProcess) -> None:
    """Host and URL together are refused in diffsync's words."""
    with pytest.raises(ValueError, match=r"'url' and 'host' arguments can't be specified together\."):
        fastdiffsync.store.redis.RedisStore(host="localhost", url=redis_server.url)


def test_nobody_there(fastdiffsync: Any, store_error: Any) -> None:
    """Without a server, or without an address, the store is unavailable, in diffsync's words."""
    with pytest.raises(store_error, match=r"Redis store is unavailable\.") as raised:
        fastdiffsync.store.redis.RedisStore(host="127.0.0.1", port=free_port())
    assert isinstance(raised.value.__cause__, redis.exceptions.ConnectionError)
    with pytest.raises(store_error, match="Redis store is unavailable"):
        fastdiffsync.store.redis.RedisStore()


def test_password(
    fastdiffsync: Any, start_redis: Callable[..., RedisProcess], open_adapter: Callable[..., Any], store_error: Any
) -> None:
    """The password in the URL opens a server; a wrong one, or none, is a clear error that does not repeat it."""
    server = start_redis("--requirepass", "sesame")
    adapter = open_adapter(url=f"redis://:sesame@127.0.0.1:{server.port}")
    adapter.add(adapter.device(name="r1"))
    assert adapter.count() == 1
    for url in (f"redis://:secret@127.0.0.1:{server.port}", server.url):
        with pytest.raises(store_error, match=r"unavailable.*refuses the user name or password") as raised:
            fastdiffsync.store.redis.RedisStore(url=url)
        assert "secret" not in str(raised.value)


@pytest.fixture
def tls_url(redis_server: RedisProcess, tmp_path: Path) -> Iterator[str]:
    """The address of the shared server behind TLS, with a certificate of the test's own."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as secure,
                socket.create_connection(("127.0.0.1", redis_server.port)) as plain,
            ):
                answers = threading.Thread(target=relay, args=(plain, secure))
                answers.start()
                relay(secure, plain)
                plain.shutdown(socket.SHUT_RDWR)
                answers.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"rediss://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def relay(source: socket.socket, dest: socket.socket) -> None:
    """Pass on what comes in until there is no more."""
    with suppress(OSError):
        while data := source.recv(65536):
            dest.sendall(data)


def test_tls(fastdiffsync: Any, tls_url: str, tmp_path: Path, store_error: Any) -> None:
    """A `rediss://` URL connects by TLS; a certificate that nobody vouches for is refused."""
    url = f"{tls_url}?ssl_ca_certs={tmp_path / 'certificate.pem'}"
    adapter = make_adapter_class(fastdiffsync)(internal_storage_engine=fastdiffsync.store.redis.RedisStore(url=url))
    fill(adapter, TREE)
    assert adapter.count() == 9
    adapter.store.close()
    with pytest.raises(store_error, match="Redis store is unavailable") as raised:
        fastdiffsync.store.redis.RedisStore(url=tls_url)
    assert "CERTIFICATE_VERIFY_FAILED" in str(raised.value.__cause__)


def test_databases_are_apart(open_adapter: Callable[..., Any]) -> None:
    """Stores of one id in two databases of a server are two stores."""
    first, second = open_adapter(db=0), open_adapter(db=1)
    fill(first, TREE)
    assert first.count() == 9
    assert second.count() == 0


# ---- what a server keeps ----


def test_several_processes_share_a_store(open_adapter: Callable[..., Any]) -> None:
    """What one process has flushed, others see; they can add to it at the same time."""
    adapter = open_adapter()
    fill(adapter, TREE)
    adapter.store.flush()

    def add_in_child() -> Any:
        theirs = open_adapter()
        before = contents(theirs)
        theirs.add(theirs.device(name="from a child"))
        theirs.store.flush()
        return before

    before = contents(adapter)
    assert run_in_child(add_in_child) == before
    assert adapter.get("device", "from a child").name == "from a child"


def test_forked_child_goes_on_with_the_store(open_adapter: Callable[..., Any]) -> None:
    """A forked child may use its parent's store; what the parent has not written yet, the parent writes."""
    adapter = open_adapter()
    adapter.add(adapter.device(name="of the parent"))

    def add_in_child() -> int:
        adapter.add(adapter.device(name="of the child"))
        return adapter.count()

    assert run_in_child(add_in_child) == 1
    assert {device.name for device in adapter.get_all("device")} == {"of the parent", "of the child"}


def test_stores_are_apart_whatever_their_names(open_adapter: Callable[..., Any]) -> None:
    """No character in a store's id or in a type's name lets one store see another's records."""
    prefix = str(uuid.uuid4())
    ids = [f"{prefix}{name}" for name in ("", *STRANGE_NAMES, ":records:device", "}:types", "\ud800")]
    for store_id in ids:
        adapter = open_adapter(store_id=store_id)
        adapter.add(adapter.device(name=store_id.encode("utf-8", "replace").decode()))
        adapter.store.close()
    for store_id in ids:
        adapter = open_adapter(store_id=store_id)
        assert adapter.count() == 1
        assert adapter.get_all_model_names() == {"device"}
        adapter.store.close()


@given(names=st.lists(st.tuples(st.text(), st.text()), unique=True, min_size=2, max_size=5))
def test_keys_of_types_and_stores_never_meet(fastdiffsync: Any, names: list[tuple[str, str]]) -> None:
    """Different (store id, type name) pairs never share a key, and none is one that keeps the types or batches."""
    keys = set()
    for store_id, modelname in names:
        server = fastdiffsync.store.redis.RedisServer.__new__(fastdiffsync.store.redis.RedisServer)
        server._prefix = fastdiffsync.store.redis.prefix_of(store_id)
        keys.add(server._records_key(modelname))
        assert not {server._types_key, server._batches_key} & keys
    assert len(keys) == len(names)


def test_nothing_scans_the_keyspace(open_adapter: Callable[..., Any], redis_server: RedisProcess) -> None:
    """The server is never asked for keys by pattern, and many records take few commands."""
    client = redis_server.client()
    client.config_resetstat()
    adapter = open_adapter()
    for number in range(5000):
        adapter.add(adapter.device(name=f"r{number}"))
    assert adapter.count() == 5000
    assert len(adapter.get_by_uids([f"r{number}" for number in range(5000)], "device")) == 5000
    assert len(adapter.get_all("device")) == 5000
    stats = {name.removeprefix("cmdstat_"): values["calls"] for name, values in client.info("commandstats").items()}
    assert not stats.keys() & {"keys", "scan"}
    assert stats["hset"] <= 10
    assert stats["hmget"] <= 5
    assert stats["hscan"] <= 20
    client.close()


def test_all_records_once_while_the_hash_grows(open_adapter: Callable[..., Any]) -> None:
    """Records that are there all the time are listed once each, while others are added and the hash is rebuilt."""
    adapter = open_adapter()
    adapter.load_records({"device": [{"name": f"r{number}"} for number in range(3000)]})
    listed = []
    for device in adapter.store.iterate(model="device"):
        listed.append(device.name)
        if len(listed) % 500 == 1:
            adapter.load_records({"device": [{"name": f"new {len(listed)} {number}"} for number in range(1000)]})
            adapter.store.flush()
    assert len(listed) == len(set(listed))
    assert {f"r{number}" for number in range(3000)} <= set(listed)


# ---- what should not be there ----


def test_foreign_values(open_adapter: Callable[..., Any], redis_server: RedisProcess, store_error: Any) -> None:
    """Garbage, and what diffsync would have pickled, is a clear error that names the record; other records are read."""
    adapter = open_adapter()
    fill(adapter, TREE)
    adapter.store.flush()
    key = adapter.store._backend._records_key("device")
    client = redis_server.client()
    for value in (b"", b"garbage", pickle.dumps({"name": "north-r1"}), b"\xdd\xff\xff\xff\xff", b"\x93\xc0\xc0\xc0"):
        client.hset(key, "north-r1", value)
        with pytest.raises(store_error, match=r"device 'north-r1' cannot be read from the store.*remove it with"):
            adapter.get("device", "north-r1")
    client.close()
    assert adapter.get("device", "north-r2").name == "north-r2"


def test_key_of_another_program(open_adapter: Callable[..., Any], redis_server: RedisProcess, store_error: Any) -> None:
    """A key that is no hash is a clear error."""
    adapter = open_adapter()
    client = redis_server.client()
    client.set(adapter.store._backend._records_key("device"), "theirs")
    client.close()
    with pytest.raises(store_error, match=r"WRONGTYPE.*another program uses the key; give another store_id"):
        adapter.count("device")


# ---- a server that fails ----


def test_lost_connection_is_made_again(open_adapter: Callable[..., Any], redis_server: RedisProcess) -> None:
    """When the server drops connections, the store connects again and goes on."""
    adapter = open_adapter()
    fill(adapter, TREE)
    client = redis_server.client()
    for _ in range(3):
        client.client_kill_filter(_type="normal", skipme=True)
        assert len(contents(adapter)["device"]) == 3
        adapter.add(adapter.device(name=str(uuid.uuid4())))
        client.client_kill_filter(_type="normal", skipme=True)
        adapter.store.flush()
        adapter.remove(adapter.get_all("device")[-1])
    client.close()


def test_server_that_hangs(
    start_redis: Callable[..., RedisProcess], open_adapter: Callable[..., Any], store_error: Any
) -> None:
    """A server that takes requests and never answers is an error after the time-out."""
    server = start_redis()
    adapter = open_adapter(server=server, timeout=0.05)
    server.freeze()
    with pytest.raises(store_error, match=r"cannot count records.*check that the server runs and can be reached"):
        adapter.count()


def test_memory_limit(
    start_redis: Callable[..., RedisProcess], open_adapter: Callable[..., Any], store_error: Any
) -> None:
    """A server that is full refuses a batch as a whole; it is kept, and written once there is room."""
    server = start_redis("--maxmemory", "3mb", "--maxmemory-policy", "noeviction")
    adapter = open_adapter(server=server, batch_bytes=100_000)
    numbers = itertools.count()

    def add_until_it_fails() -> None:
        for number in numbers:
            adapter.add(adapter.device(name=f"r{number}", note="x" * 200))

    with pytest.raises(store_error, match=r"cannot write device records.*raise the server's maxmemory"):
        add_until_it_fails()
    added = next(numbers) - 1
    client = server.client()
    assert client.hlen(adapter.store._backend._records_key("device")) < added
    client.config_set("maxmemory", "0")
    client.close()
    adapter.store.flush()
    assert {device.name for device in adapter.get_all("device")} == {f"r{number}" for number in range(added)}


class Restarter:
    """Kills the server and starts it again before the n-th request of a store for records."""

    def __init__(self, server: RedisProcess, store: Any, at_request: int) -> None:
        self._server = server
        self._left = at_request
        backend = store._backend
        backend.read = self._counting(backend.read)
        backend.write = self._counting(backend.write)

    def _counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            self.count()
            return function(*arguments)

        return counted

    def count(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._server.kill()
            self._server.start()

    @property
    def is_done(self) -> bool:
        return self._left <= 0


@pytest.fixture(params=[True, False], ids=["with persistence", "without"])
def mortal_server(
    request: pytest.FixtureRequest, start_redis: Callable[..., RedisProcess]
) -> tuple[RedisProcess, bool]:
    """A server of the test's own, and whether it keeps its data when it is killed."""
    keeps_data: bool = request.param
    return start_redis(*(("--appendonly", "yes", "--appendfsync", "always") if keeps_data else ())), keeps_data


WIDE_TREE = {f"p{place}": {f"d{device}": {"e0": 1} for device in range(20)} for place in range(60)}


@pytest.fixture
def two_sides(fastdiffsync: Any, mortal_server: tuple[RedisProcess, bool], open_adapter: Callable[..., Any]) -> Any:
    """An adapter on the mortal server, newly opened, and a local one whose records differ in one place."""
    with open_adapter(server=mortal_server[0]).store as store:
        fill(store.adapter, WIDE_TREE)
    local = make_adapter_class(fastdiffsync)()
    fill(local, WIDE_TREE | {"p7": {"d7": {"e0": 2}}})
    return open_adapter(server=mortal_server[0]), local


def test_server_restarts_during_a_diff(two_sides: Any, mortal_server: Any, store_error: Any) -> None:
    """A server that is killed and started during a diff gives the right diff if it kept its data, or a clear error."""
    adapter, local = two_sides
    server, keeps_data = mortal_server
    restarter = Restarter(server, adapter.store, at_request=2)
    if keeps_data:
        summary = adapter.diff_from(local).summary()
        assert (summary["create"], summary["update"], summary["delete"]) == (0, 1, 38)
    else:
        with pytest.raises(store_error, match="the server was restarted and has lost records"):
            adapter.diff_from(local)
    assert restarter.is_done


def test_server_restarts_during_a_diff_of_two_stores(
    fastdiffsync: Any, mortal_server: Any, open_adapter: Callable[..., Any], store_error: Any
) -> None:
    """Two stores on a server that is killed and started while it compares them: the right diff, or a clear error."""
    server, keeps_data = mortal_server
    sides = [open_adapter(store_id=name, server=server, adapter_class=make_network(fastdiffsync)) for name in "ab"]
    for number, adapter in enumerate(sides):
        fill_network(adapter, fastdiffsync, wide(200, h7_d1=number))
        adapter.store.flush()
    gc.collect()
    comparison = fastdiffsync.store.redis.RedisServer.find_unequal
    restarts = []

    def restart_and_compare(self: Any, *arguments: Any) -> Any:
        if not restarts:
            restarts.append(server.kill())
            server.start()
        return comparison(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastdiffsync.store.redis.RedisServer, "find_unequal", restart_and_compare)
        if keeps_data:
            assert sides[0].diff_from(sides[1]).summary()["update"] == 1
        else:
            with pytest.raises(store_error, match="the server was restarted and has lost records"):
                sides[0].diff_from(sides[1])
    assert restarts


def test_server_restarts_during_a_sync(two_sides: Any, mortal_server: Any, store_error: Any) -> None:
    """A server that is killed and started during a sync is synced in the end if it kept its data, or a clear error."""
    adapter, local = two_sides
    server, keeps_data = mortal_server
    diff = adapter.diff_from(local)
    restarter = Restarter(server, adapter.store, at_request=1)

    def sync() -> None:
        adapter.sync_from(local, diff=diff)
        adapter.store.flush()

    if keeps_data:
        sync()
        assert not adapter.diff_from(local).has_diffs()
    else:
        with pytest.raises(store_error, match="the server was restarted and has lost records"):
            sync()
    assert restarter.is_done


def test_server_restarts_during_a_listing(two_sides: Any, mortal_server: Any, store_error: Any) -> None:
    """A listing that a restart of the server interrupts is a clear error, as part of it may be missing."""
    adapter, _ = two_sides
    server, keeps_data = mortal_server
    restarter = Restarter(server, adapter.store, at_request=2)

    def names() -> list[str]:
        found = []
        for device in adapter.store.iterate(model="port"):
            found.append(device.get_unique_id())
            restarter.count()
        return found

    with pytest.raises(store_error, match="the server was restarted"):
        names()
    if keeps_data:
        assert len(names()) == 1200


def test_server_that_is_gone(
    start_redis: Callable[..., RedisProcess], open_adapter: Callable[..., Any], store_error: Any
) -> None:
    """A server that does not come back is a clear error, and what was not written is kept."""
    server = start_redis("--appendonly", "yes")
    adapter = open_adapter(server=server)
    adapter.add(adapter.device(name="r1"))
    server.kill()
    with pytest.raises(store_error, match=r"cannot write device records.*what was not written is kept"):
        adapter.store.flush()
    server.start()
    adapter.store.flush()
    assert adapter.count() == 1
