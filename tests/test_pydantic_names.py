"""What programs written for pydantic call on a model does there what needs no pydantic."""

from __future__ import annotations

import pickle
from typing import Annotated, Any
from unittest import mock

import msgspec
import pytest


@pytest.fixture
def device(fastdiffsync: Any) -> Any:
    """Give a model with defaults of all kinds."""

    class Device(fastdiffsync.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("mtu", "tags", "serial")
        _children = {"device": "parts"}  # noqa: RUF012
        name: str
        mtu: Annotated[int, msgspec.Meta(ge=68)] = 1500
        tags: list[str] = []  # noqa: RUF012
        serial: str | None = msgspec.field(default=None, name="serial-number")
        parts: list[str] = []  # noqa: RUF012

    return Device


def test_model_fields(device: Any) -> None:
    """`model_fields`, of the class and of a record, says what the fields are."""
    fields = device.model_fields
    assert fields == device(name="a").model_fields == device.__fields__
    assert list(fields) == ["model_flags", "adapter", "name", "mtu", "tags", "serial", "parts"]
    assert [name for name, field in fields.items() if field.is_required()] == ["name"]
    assert (fields["mtu"].annotation, fields["mtu"].default) == (int, 1500)
    assert fields["mtu"].metadata == (msgspec.Meta(ge=68),)
    assert (fields["tags"].annotation, fields["tags"].default_factory) == (list[str], list)
    assert fields["tags"].get_default(call_default_factory=True) == []
    assert fields["tags"].get_default() is None
    assert fields["serial"].alias == "serial-number"
    assert fields["serial"].get_default() is None
    with pytest.raises(TypeError):
        fields["other"] = fields["name"]


def test_rebuilding(device: Any) -> None:
    """What resolves annotations in pydantic has nothing to do."""
    assert device.update_forward_refs(Other=int) is None
    assert device.model_rebuild(force=True) is None
    assert device(name="a").mtu == 1500


def test_dumping(fastdiffsync: Any, device: Any) -> None:
    """Fields come with the adapter, unlike those of `dict`, and as they are where a record is iterated over."""
    record = device(name="a", tags=["x"])
    flags = fastdiffsync.DiffSyncModelFlags.NONE
    expected = {
        "model_flags": flags,
        "adapter": None,
        "name": "a",
        "mtu": 1500,
        "tags": ["x"],
        "serial": None,
        "parts": [],
    }
    assert record.model_dump() == dict(record) == expected
    assert list(record.model_dump()) == list(expected)
    assert record.model_dump()["tags"] is not record.tags is dict(record)["tags"]
    assert record.model_dump(include={"name", "mtu"}, exclude_defaults=True) == {"name": "a"}
    assert record.model_dump(mode="json", exclude={"adapter", "parts"})["model_flags"] == 0
    assert msgspec.json.decode(record.model_dump_json()) == {**expected, "model_flags": 0}
    assert record.model_dump_json(include={"name"}, indent=2) == '{\n  "name": "a"\n}'
    with pytest.raises(TypeError, match="unknown option 'by_alias'"):
        record.model_dump(by_alias=True)


def test_copying(fastdiffsync: Any, device: Any) -> None:
    """A copy takes other values, and its unique id follows."""
    record = device(name="a", tags=["x"])
    other = record.model_copy(update={"name": "b", "mtu": 9000})
    assert (other.get_unique_id(), other.mtu, other.tags is record.tags) == ("b", 9000, True)
    deep = record.model_copy(deep=True)
    assert deep == record
    assert deep.tags is not record.tags
    with pytest.raises(ValueError, match="colour"):
        record.model_copy(update={"colour": "red"})
    assert isinstance(record, fastdiffsync.DiffSyncModel)


def test_validating(fastdiffsync: Any, device: Any) -> None:
    """A mapping becomes a record, a record stays what it is, and all else is refused."""
    record = device.model_validate({"name": "a", "mtu": "9000", "serial-number": "s"})
    assert (record.get_unique_id(), record.mtu, record.serial) == ("a", 9000, "s")
    assert device.model_validate(record) is record
    with pytest.raises(fastdiffsync.ValidationError, match="Device: a record is made of a mapping"):
        device.model_validate(["a"])
    with pytest.raises(fastdiffsync.ValidationError, match="mtu"):
        device.model_validate({"name": "a", "mtu": "many"})


def test_constructing(device: Any) -> None:
    """Values are taken as they are, and make the unique id."""
    record = device.model_construct(name=7, mtu="many", other=1, **{"serial-number": "s"})
    assert (record.get_unique_id(), record.mtu, record.serial, record.tags) == ("7", "many", "s", [])
    assert not hasattr(record, "other")
    assert device.model_construct(None, mtu=1).name is None
    assert device.model_construct(name="a").tags is not record.tags


def test_fields_that_are_set(device: Any) -> None:
    """Those are named whose value is not their default."""
    assert device(name="a", mtu=1500, tags=["x"]).model_fields_set == {"name", "tags"}


def test_errors(fastdiffsync: Any, device: Any) -> None:
    """A ValidationError says in pydantic's form what is wrong, field by field where fields are missing."""

    class Sized(device):  # type: ignore[misc]
        size: int

    with pytest.raises(fastdiffsync.ValidationError) as caught:
        Sized(mtu=1500)
    assert caught.value.error_count() == 2
    assert caught.value.errors(include_url=False) == [
        {"type": "missing", "loc": (name,), "msg": "Field required", "input": {"mtu": 1500}}
        for name in ("name", "size")
    ]
    with pytest.raises(fastdiffsync.ValidationError) as caught:
        Sized(name="a", size="many")
    (error,) = caught.value.errors()
    assert (error["type"], error["loc"], error["input"]) == ("value_error", ("size",), "many")
    assert error["msg"] in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.errors() == caught.value.errors()


def test_errors_of_rows(fastdiffsync: Any, device: Any) -> None:
    """So does that of a row, and one that is about no field."""
    adapter = type("Devices", (fastdiffsync.Adapter,), {"device": device, "top_level": ["device"]})()
    with pytest.raises(fastdiffsync.ValidationError) as caught:
        adapter.load_records({"device": [{"name": "a", "mtu": "many"}]})
    assert [(error["loc"], error["input"]) for error in caught.value.errors()] == [(("mtu",), "many")]
    assert fastdiffsync.ValidationError("no").errors() == [
        {"type": "value_error", "loc": (), "msg": "no", "input": None}
    ]


ADAPTERS: dict[str, Any] = {
    "mock": lambda _library: mock.Mock(),
    "mock of the class": lambda library: mock.create_autospec(library.Adapter),
    "without the library's __init__": lambda library: type("Bare", (library.Adapter,), {"__init__": _nothing})(),
    "any object": lambda _library: object(),
}


def _nothing(_self: Any) -> None:
    """Leave out what the library's own `__init__` does."""


@pytest.mark.parametrize("kind", ADAPTERS)
def test_adapters_without_a_store(fastdiffsync: Any, device: Any, kind: str) -> None:
    """The library's own create, update and delete ask no more of an adapter than that it is there."""
    adapter = ADAPTERS[kind](fastdiffsync)
    record = device.create(adapter, {"name": "a"}, {"mtu": 1000})
    assert record.adapter is adapter
    assert record.update({"mtu": 2000}) is record
    record.add_child(device(name="b"))
    record.remove_child(device(name="b"))
    assert (record.mtu, record.parts, record.delete()) == (2000, [], record)
