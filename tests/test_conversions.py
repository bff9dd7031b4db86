"""What a record holds is what its fields' types make of the values, however the record is made, and on both kernels."""

from __future__ import annotations

import datetime as dt
import gc
import ipaddress
import uuid
import weakref
from decimal import Decimal
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .profile import by_profile
from .test_coercion import TYPES, Colour, Level, Port, Speed, attempt, coerce, make_values

# ---- ways to make a record of one value ----


def model_of(fastdiffsync: Any, annotation: Any) -> Any:
    """Return a model class with a field of this type."""

    class Device(fastdiffsync.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("value",)
        name: str
        value: annotation

    return Device


def by_keywords(model: Any, value: Any) -> Any:
    return model(name="r1", value=value).value


def by_other_keywords(model: Any, value: Any) -> Any:
    return model(value=value, unknown=1, name="r1").value


def in_bulk(fastdiffsync: Any) -> Any:
    def load(model: Any, value: Any) -> Any:
        adapter = type("Inventory", (fastdiffsync.Adapter,), {"device": model, "top_level": ["device"]})()
        adapter.load_records({"device": [{"name": "r1", "value": value}]})
        return adapter.get("device", "r1").value

    return load


def ways(fastdiffsync: Any) -> list[Any]:
    return [by_keywords, by_other_keywords, in_bulk(fastdiffsync)]


def disagreements(fastdiffsync: Any, annotation: Any, expected_value: Any, values: list[Any]) -> list[str]:
    """Return where a record does not hold what its field's type makes of a value; `values` has one for each way."""
    model, field_type = model_of(fastdiffsync, annotation), fastdiffsync.coercion.compile_type(annotation)
    expected = attempt(lambda value: coerce(field_type, value), expected_value)
    found = []
    for way, value in zip(ways(fastdiffsync), values, strict=True):
        got = attempt(lambda value, way=way: way(model, value), value)
        if got != expected:
            found.append(f"{annotation} of {value!r:.80}: {expected}, but {got} by {way.__name__}")
    return found


@pytest.mark.filterwarnings("ignore:__int__ returned non-int:DeprecationWarning")  # ipaddress, of an address from True
@pytest.mark.parametrize("annotation", TYPES, ids=str)
def test_records_hold_what_values_become(fastdiffsync: Any, annotation: Any) -> None:
    """Values of all kinds are converted, or refused, as the declared type says."""
    model, field_type = model_of(fastdiffsync, annotation), fastdiffsync.coercion.compile_type(annotation)
    known_ways, found = ways(fastdiffsync), []
    sets = by_profile(desk=[None], ci=[0, 1, 2])  # on a desk, the values take turns with the ways
    for chosen in sets:
        for place, (value, other) in enumerate(zip(make_values(), make_values(), strict=True)):
            way = known_ways[place % len(known_ways) if chosen is None else chosen]
            expected = attempt(lambda value: coerce(field_type, value), value)
            got = attempt(lambda value, way=way: way(model, value), other)
            if got != expected:
                found.append(f"{other!r:.80}: {expected}, but {got} by {way.__name__}")
    assert found == []


# ---- texts ----

SEEDS = {
    int: ["0", "-7", "+12", "123456789012345678", "1234567890123456789", "1_000", "5.0", "-0"],
    float: [
        "0.1",
        "-1.5e3",
        "1e22",
        "9007199254740993",
        "0.30000000000000004",
        "123456789.123456",
        "nan",
        "-inf",
        ".5",
        "5.",
    ],
    bool: ["true", "False", "1", "0", "yes"],
    dt.date: ["2024-02-29", "2023-02-28", "1900-02-28", "0001-01-01", "9999-12-31"],
    dt.datetime: [
        *("2024-02-29T23:59:59", "2024-01-01 00:00", "2024-01-01T00:00:00.123456789Z", "2024-01-01T00:00:00+02:30"),
        *("2024-01-01T00:00:00.5-23:59", "2024-01-01T12:00:00-00:00", "2024-01-01t12:00:00z"),
    ],
    dt.time: ["23:59", "00:00:00", "12:30:00.25", "12:30:00.000001+01:00", "12:30Z"],
    dt.timedelta: [
        *("P1DT2H3M4.5S", "-PT36H", "+P3W", "P1Y2M3W4D", "PT0.000001S", "P100000000D", "P999999999D", "PT4294967295S"),
        *(
            "PT0.1234567S",
            "PT1.S",
            "PT1,5S",
            "P1.5D",
            "P",
            "PT",
            "P1DT",
            "PT1M1H1M",
            "P1D\x00",
            "1:00:00\x00",
            "P0DT61.000000S",
            "PT1234567890S",
        ),
        *("1 day, 2:03:04", "-1 day, 23:00:00.500000", "12 days", "3d 04:05", "2:03:04.1234567", "100:00:00", ":30:00"),
        *(
            "1:30",
            "01:30",
            "3 days, 24:00:00",
            "3D04:05:59",
            "1 DAYS,1:00:00",
            "123456789 days",
            "0:00:00,5",
            "5:60:00",
        ),
    ],
    bytes: ["", "a", "a b c", "a\x00b", "\u00e9", "\ud800"],
    Decimal: ["0", "-1.50", "1e5", "NaN", "Infinity", "1_0", "123456789012345678901234567890.1"],
    uuid.UUID: ["12345678-1234-5678-1234-56781234567F", "12345678123456781234567812345678"],
    ipaddress.IPv4Address: ["10.0.0.1", "255.255.255.255", "0.0.0.1"],
    ipaddress.IPv6Address: [
        "::",
        "::1",
        "fe80::1",
        "2001:db8:0:0:1:0:0:1",
        "1:2:3:4:5:6:7::",
        "::ffff:1.2.3.4",
        "fe80::1%eth0",
    ],
    ipaddress.IPv4Network: [
        "10.0.0.0/8",
        "0.0.0.0/0",
        "10.0.0.0/30",
        "10.0.0.0/31",
        "10.0.0.1",
        "10.0.0.1/8",
        "10.0.0.0/255.0.0.0",
    ],
    ipaddress.IPv4Interface: ["10.0.0.1/8", "10.0.0.1/32", "10.0.0.1", "10.0.0.1/0"],
    ipaddress.IPv6Network: ["fe80::/64", "::/0", "::/126", "::/127", "fe80::1/64"],
    ipaddress.IPv6Interface: ["fe80::1/64", "::1/128"],
    Colour: ["red", "RED", "1"],
    Level: ["low", "high"],
    Speed: ["1", "10"],
}
CHARACTERS = st.sampled_from("0159.:,-+/_eETZPDdHMSyW aAfFgn%\t\u0663\u00b2")


@st.composite
def texts(draw: st.DrawFn, annotation: Any) -> str:
    """Draw a text that is one of the type, or nearly."""
    text = draw(st.sampled_from(SEEDS[annotation]))
    for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2)))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(CHARACTERS | st.just("")) + text[place + draw(st.integers(0, 1)) :]
    return text


@given(data=st.data())
@pytest.mark.parametrize("annotation", SEEDS, ids=str)
def test_texts(fastdiffsync: Any, annotation: Any, data: st.DataObject) -> None:
    """A text becomes a value, or is refused, however little it differs from one that is known."""
    text = data.draw(texts(annotation))
    assert disagreements(fastdiffsync, annotation, text, [text] * 3) == []
    assert disagreements(fastdiffsync, Optional[annotation], text, [text] * 3) == []  # noqa: UP045 - as users write


@given(data=st.data())
@pytest.mark.parametrize(
    "make",
    [lambda item: list[item], lambda item: dict[str, item], lambda item: tuple[str, item], lambda item: set[item]],
)
def test_texts_in_containers(fastdiffsync: Any, make: Any, data: st.DataObject) -> None:
    """In a container, each text is converted, and the container is one of the record's own."""
    item = data.draw(st.sampled_from(list(SEEDS)))
    annotation = make(item)
    drawn = [data.draw(texts(item)) for _ in range(2)]
    values: list[Any] = [drawn, tuple(drawn), {"a": drawn[0], "b": drawn[1]}, set(drawn), frozenset(drawn)]
    for value in values:
        assert disagreements(fastdiffsync, annotation, value, [value] * 3) == []


def test_containers_are_copies(fastdiffsync: Any) -> None:
    """A record shares no container that can be changed, neither with what it is made of nor inside another."""
    values: list[Any] = [[["a"]], [{"a": ["b"]}], {"a": {"b"}}]
    annotations: list[Any] = [list[list[str]], list[dict[str, list[str]]], dict[str, set[str]]]
    for annotation, value in zip(annotations, values, strict=True):
        for way in ways(fastdiffsync):
            held = way(model_of(fastdiffsync, annotation), value)
            assert held == value
            assert held is not value
            inner, other = (next(iter(each.values())) if isinstance(each, dict) else each[0] for each in (held, value))
            assert inner is not other


class Restless:
    """A key with another hash each time."""

    count = 0

    def __hash__(self) -> int:
        Restless.count += 1
        return Restless.count


@pytest.mark.parametrize("annotation", [dict[Any, list[int]], dict[Restless, list[int]]], ids=str)
def test_keys_of_changing_hash(fastdiffsync: Any, annotation: Any) -> None:
    """Keys are put into the record's own dict once each, whatever their hash says meanwhile."""
    keys = [Restless(), "a", Restless()] if annotation == dict[Any, list[int]] else [Restless(), Restless()]
    value = {key: ["1"] for key in keys}
    for way in ways(fastdiffsync):
        held = way(model_of(fastdiffsync, annotation), value)
        assert list(held.items()) == [(key, [1]) for key in keys]


def test_fields_of_a_typed_dict(fastdiffsync: Any) -> None:
    """A typed dict has its own keys, in their order; without one that it needs it is refused."""
    model = model_of(fastdiffsync, Port)
    assert list(by_keywords(model, {"other": 1, "b": "x", "a": "10"}).items()) == [("a", 10), ("b", "x")]
    assert by_keywords(model, {"a": 1}) == {"a": 1}
    with pytest.raises(fastdiffsync.exceptions.ValidationError, match="Port with 'a'"):
        model(name="r1", value={"b": "x"})


# ---- cycles ----


class Holder:
    """Something that may refer to what it is in."""

    record: Any = None


def is_collected(make: Any, put: Any) -> bool:
    """Say whether a record goes when something that refers to it has been put below it, and nobody else does."""
    holder = Holder()
    holder.record = make()
    put(holder.record, holder)
    reference = weakref.ref(holder)
    del holder
    gc.collect()
    return reference() is None


@pytest.mark.parametrize(
    ("annotation", "value", "put"),
    [
        (list, [], lambda held, holder: held.append(holder)),
        (list[Any], ["a"], lambda held, holder: held.append(holder)),
        (list[list], [["a"]], lambda held, holder: held[0].append(holder)),
        (list[Holder], [], lambda held, holder: held.append(holder)),
        (dict, {}, lambda held, holder: held.update(a=holder)),
        (dict[str, Any], {"a": "b"}, lambda held, holder: held.update(a=holder)),
        (list[dict], [{"a": "b"}], lambda held, holder: held[0].update(a=holder)),
        (tuple[str, list], ("a", []), lambda held, holder: held[1].append(holder)),
        (set[Any], {"a"}, lambda held, holder: held.add(holder)),
    ],
    ids=lambda value: str(value) if isinstance(value, type) else "",
)
def test_cycles_through_containers_of_anything(fastdiffsync: Any, annotation: Any, value: Any, put: Any) -> None:
    """A record goes with all that it holds when nobody else refers to it, though what it holds refers to it."""
    model = model_of(fastdiffsync, annotation)
    for make in (model, lambda **values: model(unknown=1, **values)):
        assert is_collected(
            lambda make=make: make(name="r1", value=value), lambda record, holder: put(record.value, holder)
        )


@pytest.mark.parametrize("annotation", [list[str], dict[str, list[int]], uuid.UUID, tuple[int, ...] | None], ids=str)
def test_cycles_through_assigned_values(fastdiffsync: Any, annotation: Any) -> None:
    """A value that is assigned may be anything, and the record goes with it, whatever its field's type."""
    model = model_of(fastdiffsync, annotation)
    values = {list[str]: ["a"], dict[str, list[int]]: {"a": ["1"]}, uuid.UUID: str(uuid.UUID(int=1))}

    def put(record: Any, holder: Holder) -> None:
        record.value = [holder]

    assert is_collected(lambda: model(name="r1", value=values.get(annotation, [1, 2])), put)


@pytest.mark.parametrize("annotation", [list[str], dict[str, list[int]], uuid.UUID, list[Any]], ids=str)
def test_stored_records_and_their_adapter(fastdiffsync: Any, annotation: Any) -> None:
    """A record that somebody holds keeps its adapter, whatever its values, and both go when nobody does."""
    model = model_of(fastdiffsync, annotation)
    values = {list[str]: ["a"], dict[str, list[int]]: {"a": ["1"]}, uuid.UUID: str(uuid.UUID(int=1))}
    adapter = type("Inventory", (fastdiffsync.Adapter,), {"device": model, "top_level": ["device"]})()
    adapter.add(model(name="r1", value=values.get(annotation, ["a"])))
    adapter.load_records({"device": [{"name": "r2", "value": values.get(annotation, ["a"])}]})
    records, name = adapter.get_all("device"), repr(adapter)
    del adapter
    gc.collect()
    assert [repr(record.adapter) for record in records] == [name] * 2
    reference = weakref.ref(records[0].adapter)
    del records
    gc.collect()
    assert reference() is None
