"""The unique id of a record is made of the texts that its identifiers have, whatever types they are of."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st


class Colour(enum.Enum):
    RED = "red"


class Level(str, enum.Enum):
    LOW = "low"


class Speed(enum.IntEnum):
    SLOW = 1


class Own:
    """Something with a text of its own."""

    def __str__(self) -> str:
        return "own"


class Text(str):
    """A text that writes itself in another way."""

    __slots__ = ()

    def __str__(self) -> str:
        return "<" + "".join(self) + ">"


class NamedUUID(uuid.UUID):
    """A UUID with a text of its own."""

    def __str__(self) -> str:
        return "named"


GROUPS = st.lists(st.sampled_from((0, 0, 0, 1, 0x10, 0x100, 0xFFFF)) | st.integers(0, 0xFFFF), min_size=8, max_size=8)
INTS = (
    st.integers() | st.integers(-(2**64) - 9, -(2**63) + 9) | st.integers(2**63 - 9, 2**64 + 9) | st.integers(0, 2**128)
)
VALUES = st.one_of(
    INTS,
    st.booleans(),
    st.none(),
    st.floats(),
    st.text(max_size=5),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(dt.timezone.utc)),
    st.times(),
    st.timedeltas(),
    st.decimals(),
    st.uuids(),
    st.ip_addresses(),
    GROUPS.map(lambda groups: ipaddress.IPv6Address(b"".join(group.to_bytes(2, "big") for group in groups))),
    st.integers(0, 2**32 - 1).map(lambda number: ipaddress.IPv6Address((0xFFFF << 32) + number)),
    st.sampled_from(
        (Colour.RED, Level.LOW, Speed.SLOW, Own(), Text("a"), NamedUUID(int=1), (1, 2), [1, "a"], {"a": 1})
    ),
    st.sampled_from((ipaddress.IPv6Address("fe80::1%eth0"), ipaddress.IPv4Network("10.0.0.0/8"), Decimal("1.50"))),
)


def model_of(fastdiffsync: Any, count: int) -> Any:
    """Return a model class with so many identifiers, of any type."""
    names = ("first", "second", "third")[:count]
    namespace = {"_modelname": "device", "_identifiers": names, "__annotations__": dict.fromkeys(names, Any)}
    return type("Device", (fastdiffsync.DiffSyncModel,), namespace)


@given(values=st.lists(VALUES, min_size=1, max_size=3))
@example(values=[ipaddress.IPv6Address("::")])
@example(values=[dt.datetime(1, 1, 1)])  # noqa: DTZ001 - one without a zone is meant
@example(values=["a", uuid.UUID(int=0), -1])
def test_unique_ids_are_texts_of_identifiers(fastdiffsync: Any, values: list[Any]) -> None:
    """A unique id is the texts of the identifiers, as `str` has them, with two underscores between them."""
    model = model_of(fastdiffsync, len(values))
    given_values = dict(zip(model._identifiers, values, strict=True))
    expected = "__".join(str(value) for value in values)
    adapter = type("Inventory", (fastdiffsync.Adapter,), {"device": model, "top_level": ["device"]})()
    adapter.load_records({"device": [given_values]})
    for record in (model(**given_values), model(unknown=1, **given_values), *adapter.get_all("device")):
        assert record.get_unique_id() == expected
    assert adapter.get("device", expected).get_unique_id() == expected


@pytest.mark.parametrize(
    ("cls", "value"),
    [(uuid.UUID, uuid.UUID(int=1)), (ipaddress.IPv4Address, ipaddress.IPv4Address("10.0.0.1"))],
    ids=["UUID", "IPv4Address"],
)
def test_replaced_text_of_a_class(fastdiffsync: Any, monkeypatch: pytest.MonkeyPatch, cls: Any, value: Any) -> None:
    """Where somebody has given a class of the standard library another text, that is what unique ids have."""
    model = model_of(fastdiffsync, 1)
    assert model(first=value).get_unique_id() == str(value)
    monkeypatch.setattr(cls, "__str__", lambda _self: "replaced")
    assert model(first=value).get_unique_id() == "replaced"
