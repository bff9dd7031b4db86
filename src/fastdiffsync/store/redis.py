"""RedisStore: records on a Redis server, for data that several processes share."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from ..exceptions import ObjectStoreException
from .comparison import Comparison
from .encoded import EncodedStore

try:
    import redis
    from redis.backoff import ExponentialBackoff
    from redis.retry import Retry
except ImportError as error:
    _MESSAGE = "RedisStore needs the package redis: pip install 'fastdiffsync[redis]'"
    raise ImportError(_MESSAGE) from error

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from . import BaseStore
    from .buffer import Batch
    from .encoding import RecordEncoding

ROOT = "fastdiffsync"
"""What all keys begin with."""

TIMEOUT = 5.0
"""Seconds to wait for a connection, and for each answer."""

RETRIES = 3
"""How often a request is sent again when the connection is lost or times out; every request may be sent twice."""

_CHUNK = 1000

_UNEQUAL = """
local fields = cmsgpack.unpack(ARGV[1])
local first = redis.call('HMGET', KEYS[1], unpack(fields))
local second = redis.call('HMGET', KEYS[2], unpack(fields))
local settled = {}
for number = 2, #ARGV do
    settled[ARGV[number]] = true
end
local unequal = {}
for place, data in ipairs(first) do
    local prefix = data and string.sub(data, 1, #ARGV[2])
    if not data or data ~= second[place] or not settled[prefix] then
        unequal[#unequal + 1] = place - 1
    end
end
return unequal
"""
"""Compares the same fields of two hashes; false stands for one that is not there."""


class RedisStore(EncodedStore):
    """Keeps records on a Redis server, one hash for each type of record; a Redis hash has no order.

    Several processes can use one store, each with a `RedisStore` of the same `store_id`; if two write one record, the
    last one wins. A lost connection is made again. A server that has been restarted and no longer has what this
    process has seen of the store is an error, and so is a restart in the middle of a listing.
    """

    def __init__(  # noqa: PLR0913 - the arguments are diffsync's
        self,
        *args: Any,
        store_id: str | None = None,
        host: str | None = None,
        port: int = 6379,
        url: str | None = None,
        db: int = 0,
        timeout: float = TIMEOUT,
        **kwargs: Any,
    ) -> None:
        """Connect to a server.

        Args:
            *args: As for `BaseStore`.
            store_id: Name of the store on the server; a new UUID if empty.
            host: Name or address of the server.
            port: Its port.
            url: In place of host: `redis://` or, with TLS, `rediss://`, then `user:password@host:port/db`.
            db: Number of the database, unless the URL has one.
            timeout: Seconds to wait for a connection, and for each answer.
            **kwargs: As for `EncodedStore`.

        Raises:
            ValueError: If both `url` and `host` are given.
            ObjectStoreException: If neither is, or the server cannot be reached or refuses.
        """
        if url and host and port:
            message = "'url' and 'host' arguments can't be specified together."
            raise ValueError(message)
        self._store_id = store_id or str(uuid.uuid4())
        self._backend: RedisServer
        server = RedisServer(self._store_id, host=host, port=port, url=url, db=db, timeout=timeout)
        super().__init__(server, *args, **kwargs)

    def __str__(self) -> str:
        """Return the store's name and id."""
        return f"{self.name} ({self._store_id})"

    def comparison_with(self, other: BaseStore) -> Comparison | None:
        """Return what compares records of both stores by their bytes; on one server, the server does it."""
        comparison = super().comparison_with(other)
        if comparison is not None and isinstance(other, RedisStore) and self._backend.shares_server(other._backend):
            return RedisComparison(self, other)
        return comparison


class RedisComparison(Comparison):
    """Tells which records of two stores on one server may differ; the bytes of equal ones do not leave the server."""

    def __init__(self, source: RedisStore, dest: RedisStore) -> None:
        """Prepare to compare the records of two stores."""
        super().__init__(source, dest)
        self._servers = source._backend, dest._backend

    def _unequal(self, modelname: str, uids: list[str], encoding: RecordEncoding) -> set[str]:
        source, dest = self._servers
        unequal = source.find_unequal(dest, modelname, uids, encoding.settled_prefixes)
        return super()._unequal(modelname, uids if unequal is None else unequal, encoding)


class _DataLostError(redis.exceptions.RedisError):
    """The server has been restarted without all that was written."""


class RedisServer:
    """One store on a Redis server, as bytes: the backend of `RedisStore`.

    The keys are `fastdiffsync:{store}:records:type` (a hash), `fastdiffsync:{store}:types` (a set) and
    `fastdiffsync:{store}:batches` (how many batches have been written), with store and type percent-encoded; the
    braces keep a store on one node of a cluster.
    """

    survives_fork = True

    def __init__(  # noqa: PLR0913 - as above
        self, store_id: str, *, host: str | None, port: int, url: str | None, db: int, timeout: float
    ) -> None:
        """Connect; the arguments are those of `RedisStore`."""
        self._store_id = store_id
        self._prefix = prefix_of(store_id)
        self._run_id: Any = None
        self._restarts = 0
        self._batches_seen = 0
        options: dict[str, Any] = {
            "db": db,
            "socket_timeout": timeout,
            "socket_connect_timeout": timeout,
            "retry": Retry(ExponentialBackoff(cap=1.0, base=0.1), RETRIES),
            "redis_connect_func": self._on_connect,
            "protocol": 2,  # of answers as plain as ours, redis reads those of version 2 in four fifths of the time
        }
        if not url and not host:
            message = "Redis store is unavailable: neither 'host' nor 'url' was given."
            raise ObjectStoreException(message)
        try:
            if url:
                self._client: Any = redis.Redis.from_url(url, **options)
            else:
                self._client = redis.Redis(host=host or "", port=port, **options)
            self._batches_seen = int(self._client.get(self._batches_key) or 0)
        except redis.exceptions.AuthenticationError as error:
            message = "Redis store is unavailable: the server refuses the user name or password; check the URL."
            raise ObjectStoreException(message) from error
        except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError) as error:
            message = "Redis store is unavailable."
            raise ObjectStoreException(message) from error
        except redis.exceptions.RedisError as error:
            message = f"Redis store is unavailable: {error}."
            raise ObjectStoreException(message) from error

    @property
    def _batches_key(self) -> str:
        return f"{self._prefix}:batches"

    @property
    def _types_key(self) -> str:
        return f"{self._prefix}:types"

    def _records_key(self, modelname: str) -> str:
        return f"{self._prefix}:records:{_quoted(modelname)}"

    def read(self, modelname: str, uids: Sequence[str]) -> list[bytes | None]:
        """Return the bytes of records of a type, None where there is none, in one round trip."""
        fields = _fields(uids)
        with self._explaining(f"read {modelname} records"):
            if len(fields) == 1:
                return [self._client.hget(self._records_key(modelname), fields[0])]
            pipeline = self._client.pipeline(transaction=False)
            for start in range(0, len(fields), _CHUNK):
                pipeline.hmget(self._records_key(modelname), fields[start : start + _CHUNK])
            return [data for chunk in pipeline.execute() for data in chunk]

    def shares_server(self, other: RedisServer) -> bool:
        """Whether another store is in the same database of the same server, as far as is known."""
        databases = [server._client.get_connection_kwargs().get("db", 0) for server in (self, other)]
        return self._run_id is not None and self._run_id == other._run_id and databases[0] == databases[1]

    def find_unequal(
        self, other: RedisServer, modelname: str, uids: list[str], prefixes: tuple[bytes, ...]
    ) -> list[str] | None:
        """Return those of the unique ids whose bytes differ from those of another store, or begin otherwise.

        None if the server runs no scripts, or not on these keys together, as in a cluster, or an id is no Unicode.
        """
        keys = self._records_key(modelname), other._records_key(modelname)
        pipeline = self._client.pipeline(transaction=False)
        parts = [uids[start : start + _CHUNK] for start in range(0, len(uids), _CHUNK)]
        for part in parts:
            try:
                asked = msgspec.msgpack.encode(part)
            except UnicodeEncodeError:
                return None
            pipeline.eval(_UNEQUAL, 2, *keys, asked, *prefixes)
        with self._explaining(f"compare {modelname} records"):
            try:
                answers = pipeline.execute()
            except redis.exceptions.ResponseError:
                return None
        return [part[place] for part, places in zip(parts, answers, strict=True) for place in places]

    def write(self, batch: Batch) -> None:
        """Apply a batch as one transaction, in one round trip."""
        with self._explaining(f"write {', '.join(batch.modelnames)} records"):
            pipeline = self._client.pipeline(transaction=True)
            for modelname, uids in batch.removed.items():
                for start in range(0, len(uids), _CHUNK):
                    pipeline.hdel(self._records_key(modelname), *_fields(uids[start : start + _CHUNK]))
            for modelname, records in batch.written.items():
                items = [*chain.from_iterable(zip(_fields(records), records.values(), strict=True))]
                for start in range(0, len(items), 2 * _CHUNK):
                    pipeline.hset(self._records_key(modelname), items=items[start : start + 2 * _CHUNK])
                pipeline.sadd(self._types_key, _field(modelname))
            pipeline.incr(self._batches_key)
            self._batches_seen = pipeline.execute()[-1]

    def pages(self, modelname: str, size: int, *, by_uid: bool) -> Iterator[list[tuple[str, bytes]]]:  # noqa: ARG002
        """Yield all (unique id, bytes) of a type, about `size` at a time; the unique ids of those yielded are kept.

        Redis may repeat what a scan has already returned; here it comes once.
        """
        seen: set[bytes] = set()
        cursor = 0
        restarts = self._restarts
        while True:
            with self._explaining(f"read {modelname} records"):
                cursor, found = self._client.hscan(self._records_key(modelname), cursor, count=size)
                if self._restarts != restarts:
                    message = f"cannot read {modelname} records: the server was restarted meanwhile; read them again"
                    raise ObjectStoreException(message)
            new = {field: data for field, data in found.items() if field not in seen}
            seen.update(new)
            if new:
                yield [(field.decode("utf-8", "surrogatepass"), data) for field, data in new.items()]
            if cursor == 0:
                return

    def count(self, modelname: str | None) -> int:
        """Return the number of records of a type, or of all types."""
        with self._explaining("count records"):
            if modelname is not None:
                return int(self._client.hlen(self._records_key(modelname)))
            return sum(self._counts().values())

    def modelnames(self) -> set[str]:
        """Return the types of which there are records."""
        with self._explaining("list the types of records"):
            return {modelname for modelname, count in self._counts().items() if count}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _counts(self) -> dict[str, int]:
        names = [field.decode("utf-8", "surrogatepass") for field in self._client.smembers(self._types_key)]
        pipeline = self._client.pipeline(transaction=False)
        for name in names:
            pipeline.hlen(self._records_key(name))
        return dict(zip(names, pipeline.execute(), strict=True))

    def _on_connect(self, connection: Any) -> None:
        """Set a new connection up, and find out whether the server is still the one that was there before.

        A server without persistence comes back empty, and one with it may have lost the last batches: then what is
        read would pass for everything there is. Positions in a listing do not outlive a restart either.
        """
        connection.on_connect()
        connection.send_command("INFO", "server")
        lines = bytes(connection.read_response()).splitlines()
        run_id = next((line for line in lines if line.startswith(b"run_id:")), b"")
        if self._run_id is not None and run_id != self._run_id:
            self._restarts += 1
            connection.send_command("GET", self._batches_key)
            if int(connection.read_response() or 0) < self._batches_seen:
                message = "the server was restarted and has lost records that were written"
                raise _DataLostError(message)
        self._run_id = run_id

    @contextmanager
    def _explaining(self, operation: str) -> Iterator[None]:
        """Turn what redis raises into an ObjectStoreException that says what failed and what to do."""
        try:
            yield
        except redis.exceptions.RedisError as error:
            # What a pipeline raises repeats the command, and with it the records.
            reason = str(error).rpartition("of pipeline caused error: ")[2]
            message = f"cannot {operation} in Redis store {self._store_id!r}: {reason}; {_way_out(error)}"
            raise ObjectStoreException(message) from error


def _way_out(error: redis.exceptions.RedisError) -> str:
    text = str(error)
    if isinstance(error, _DataLostError):
        return "make a new store and load the records again, and let the server keep its data (appendonly yes)"
    if "maxmemory" in text:
        return "raise the server's maxmemory or make room; what was not written is kept for the next batch"
    if "WRONGTYPE" in text:
        return "another program uses the key; give another store_id or database"
    if isinstance(error, redis.exceptions.AuthenticationError):
        return "check the user name and password in the URL"
    if isinstance(error, (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)):
        return "check that the server runs and can be reached, and try again; what was not written is kept"
    return "see the cause"


def prefix_of(store_id: str) -> str:
    """Return what the keys of a store begin with."""
    return f"{ROOT}:{{{_quoted(store_id)}}}"


def _quoted(name: str) -> str:
    return quote(name, safe="", errors="surrogatepass")


def _field(uid: str) -> bytes:
    return uid.encode("utf-8", "surrogatepass")


def _fields(uids: Collection[str]) -> list[bytes]:
    """Return the names of the fields for many unique ids, in a third of the time that one after the other takes."""
    try:
        return list(map(str.encode, uids))
    except UnicodeEncodeError:
        return list(map(_field, uids))
