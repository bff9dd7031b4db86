"""Records of everyday types as bytes, which do not say again what a field's type says, and lose nothing else."""

from __future__ import annotations

import enum
import ipaddress
import math
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Optional, TypedDict
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..conftest import KERNELS, load


class Size(enum.Enum):
    """Members whose values are texts."""

    SMALL = "s"
    LARGE = "l"


class Speed(enum.IntEnum):
    """Members that are numbers."""

    SLOW = 1
    FAST = 2


class Loose(enum.Enum):
    """Members that are equal to each other."""

    ONE = "1"
    TWO = "2"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loose)

    def __hash__(self) -> int:
        return 1


class Port(TypedDict, total=False):
    """A dict with certain keys."""

    name: str
    since: date


LATE = datetime(2024, 10, 27, 2, 30)  # noqa: DTZ001 - in Berlin it comes twice
addresses = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
dates = st.dates()
sparse = st.lists(st.sampled_from([0, 0, 0, 1, 0xFFFF]), min_size=8, max_size=8).map(
    lambda groups: int("".join(f"{group:04x}" for group in groups), 16)
)
"""The numbers of addresses of version 6 with runs of zeros."""

LONG = [letter * count for letter in "xü" for count in (15, 16, 31, 32, 128, 255, 256, 65535, 65536)]
"""Texts around the lengths from which more bytes tell the length."""

FIELDS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "number": (int, st.integers(-(2**63), 2**64 - 1) | st.just(2**64)),
    "ratio": (float, st.floats()),
    "is_up": (bool, st.booleans()),
    "raw": (bytes, st.binary(max_size=3)),
    "since": (date, dates),
    "seen": (
        datetime,
        st.datetimes()
        | st.datetimes(timezones=st.sampled_from([timezone.utc, timezone(timedelta(0)), timezone(timedelta(hours=2))]))
        | st.sampled_from([LATE.replace(fold=1), LATE.replace(fold=1, tzinfo=ZoneInfo("Europe/Berlin"))]),
    ),
    "at": (time, st.times() | st.sampled_from([time(1, fold=1), time(1, tzinfo=timezone.utc)])),
    "lasts": (timedelta, st.timedeltas()),
    "price": (
        Decimal,
        st.decimals(allow_nan=False, allow_infinity=False) | st.sampled_from([Decimal("1.0"), Decimal("-0")]),
    ),
    "key": (uuid.UUID, st.uuids()),
    "ipv4": (ipaddress.IPv4Address, addresses),
    "ipv6": (
        ipaddress.IPv6Address,
        st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)
        | sparse.map(ipaddress.IPv6Address)
        | st.just(ipaddress.IPv6Address("fe80::1%eth0")),
    ),
    "network": (
        ipaddress.IPv4Network,
        st.tuples(addresses, st.integers(0, 32)).map(lambda pair: ipaddress.IPv4Network(pair, strict=False)),
    ),
    "interface": (
        ipaddress.IPv6Interface,
        st.integers(0, 128).map(lambda bits: ipaddress.IPv6Interface(f"2001:db8::7/{bits}"))
        | st.just(ipaddress.IPv6Interface("fe80::1%eth0/64")),
    ),
    "prefix": (
        ipaddress.IPv6Network,
        st.tuples(sparse, st.integers(0, 128)).map(lambda pair: ipaddress.IPv6Network(pair, strict=False)),
    ),
    "gateway": (
        ipaddress.IPv4Interface,
        st.tuples(addresses, st.integers(0, 32)).map(ipaddress.IPv4Interface),
    ),
    "size": (Size, st.sampled_from(Size)),
    "speed": (Optional[Speed], st.none() | st.sampled_from(Speed)),  # noqa: UP045 - as users write
    "loose": (Loose, st.sampled_from(Loose)),
    "tags": (list[str], st.lists(st.text(max_size=3) | st.just("\ud800"), max_size=2)),
    "long": (list[str], st.lists(st.sampled_from(LONG), max_size=17)),
    "counts": (dict[str, int], st.dictionaries(st.text(max_size=2), st.integers(-(2**63), 2**64 - 1), max_size=17)),
    "dates": (dict[str, list[date]], st.dictionaries(st.text(max_size=2), st.lists(dates, max_size=2), max_size=2)),
    "hosts": (set[ipaddress.IPv4Address], st.sets(addresses, max_size=3)),
    "pair": (tuple[int, date], st.tuples(st.integers(0, 9), dates)),
    "many": (tuple[Decimal, ...], st.lists(st.sampled_from([Decimal(1), Decimal("1.00")]), max_size=2).map(tuple)),
    "frozen": (frozenset[int], st.frozensets(st.integers(0, 9), max_size=3)),
    "port": (Port, st.fixed_dictionaries({}, optional={"name": st.just("eth0"), "since": dates})),
}

UNORDERED = {"hosts", "frozen"}
"""Sets, whose bytes depend on the order in which they have their items."""


def device_class(library: Any, fields: dict[str, Any]) -> Any:
    namespace = {
        "__module__": __name__,
        "__annotations__": {"name": str, **fields},
        "_modelname": "device",
        "_identifiers": ("name",),
        "_attributes": tuple(fields),
    }
    return type(library.DiffSyncModel)("Device", (library.DiffSyncModel,), namespace)


def written(library: Any, fields: dict[str, Any], values: dict[str, Any]) -> tuple[Any, Any, bytes]:
    """Return the encoding of a class, a record of it, and the record's bytes."""
    encoding = library.store.encoding.RecordEncoding(device_class(library, fields))
    record = encoding.cls(name="r1", **values)
    return encoding, record, encoding.encode(record)


def shown(value: Any) -> Any:
    """Return everything that there is to say of a value, texts included that have no Unicode."""
    if isinstance(value, (datetime, time)):
        return repr(value), value.fold, repr(value.tzinfo)
    if isinstance(value, (set, frozenset)):
        return type(value), sorted(map(repr, value))
    return type(value), repr(value)


@given(data=st.data())
def test_what_comes_back(fastdiffsync: Any, data: st.DataObject) -> None:
    """Of any values, of some of the everyday types, the same come back, also those that a type does not say all of."""
    names = data.draw(st.lists(st.sampled_from(sorted(FIELDS)), unique=True, min_size=1, max_size=4))
    fields = {name: FIELDS[name][0] for name in names}
    values = {name: data.draw(FIELDS[name][1], name) for name in names}
    try:
        encoding, record, encoded = written(fastdiffsync, fields, values)
    except fastdiffsync.exceptions.ObjectStoreException as error:
        assert "not valid Unicode" in str(error) or "time in a" in str(error)  # noqa: PT017 - one of many draws
        return
    status = data.draw(st.booleans(), "status")
    if status:
        record.set_status(fastdiffsync.DiffSyncStatus.FAILURE, "why")
        encoded = encoding.encode(record)
    again = encoding.decode(encoded, "r1", None)
    assert {name: shown(getattr(again, name)) for name in names} == {
        name: shown(getattr(record, name)) for name in names
    }
    assert again.get_unique_id() == "r1"
    assert again.get_status() == record.get_status()
    if not UNORDERED.intersection(names):
        assert encoding.encode(again) == encoded


@given(data=st.data())
def test_both_kernels_write_the_same(data: st.DataObject) -> None:
    """The bytes of a record do not depend on the kernel, so that stores written by either can be compared.

    Those of a set do on the order in which it has its items, which is nobody's to say.
    """
    name = data.draw(st.sampled_from(sorted(FIELDS.keys() - UNORDERED)))
    value = data.draw(FIELDS[name][1])
    found = []
    for kernel in KERNELS:
        library = load(kernel)["fastdiffsync"]
        try:
            found.append(written(library, {name: FIELDS[name][0]}, {name: value})[2])
        except Exception as error:  # noqa: BLE001 - of two libraries
            found.append(str(error).encode())
    assert all(one == found[0] for one in found)


@given(data=st.data())
def test_damaged_bytes(fastdiffsync: Any, data: st.DataObject) -> None:
    """A body that has been damaged is refused, or is one of a record of the class."""
    encoding, _, encoded = written(
        fastdiffsync,
        {"since": date, "ipv4": ipaddress.IPv4Address, "size": Size, "tags": list[str]},
        {"since": LATE.date(), "ipv4": ipaddress.IPv4Address(7), "size": Size.SMALL, "tags": ["a"]},
    )
    place = data.draw(st.integers(encoded.index(b"\xa4name"), len(encoded) - 1))
    damaged = encoded[:place] + data.draw(st.binary(max_size=2)) + encoded[place + 1 :]
    try:
        record = encoding.decode(damaged, "r1", None)
    except fastdiffsync.exceptions.ObjectStoreException:
        return
    types = {name: type(getattr(record, name)) for name in ("since", "ipv4", "size", "tags")}
    assert types == {"since": date, "ipv4": ipaddress.IPv4Address, "size": Size, "tags": list}


def test_enum_that_has_changed(fastdiffsync: Any) -> None:
    """A member is found by its value, whatever it is called; one that is gone is an error that names the record."""
    cls = enum.Enum("Size", {"TINY": "s"})
    _, _, encoded = written(fastdiffsync, {"size": Size}, {"size": Size.SMALL})
    later = fastdiffsync.store.encoding.RecordEncoding(device_class(fastdiffsync, {"size": cls}))
    assert later.decode(encoded, "r1", None).size is cls("s")
    gone = fastdiffsync.store.encoding.RecordEncoding(
        device_class(fastdiffsync, {"size": enum.Enum("Size", {"LARGE": "l"})})
    )
    with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match=r"device 'r1' cannot be read.*'s'"):
        gone.decode(encoded, "r1", None)


def test_not_a_number_is_never_settled(fastdiffsync: Any) -> None:
    """Equal bytes of a NaN prove nothing."""
    for fields, values in (({"ratio": float}, {"ratio": math.nan}), ({"a": list[float]}, {"a": [math.nan]})):
        encoding, _, encoded = written(fastdiffsync, fields, values)
        assert not encoded.startswith(encoding.settled_prefixes)
    encoding, _, encoded = written(fastdiffsync, {"ratio": float}, {"ratio": 0.5})
    assert encoded.startswith(encoding.settled_prefixes)
