"""Classes that say `validate_assignment=True`: what is assigned is checked and converted like a new value."""

from __future__ import annotations

import copy
import logging
import pickle
from typing import TYPE_CHECKING, Any

import diffsync
import msgspec
import pydantic
import pytest
import structlog

if TYPE_CHECKING:
    from pathlib import Path


def make_port(library: Any, **keywords: Any) -> Any:
    """Return a model class with these class keywords."""

    class Port(library.DiffSyncModel, **keywords):
        _modelname = "port"
        _identifiers = ("number",)
        _attributes = ("mtu", "tags")
        number: int
        mtu: int = None
        tags: list[str] = []  # noqa: RUF012
        _seen: int = 0

    return Port


def make_adapter(library: Any, port: Any, **options: Any) -> Any:
    """Return an adapter with this class of ports."""
    members = {"port": port, "top_level": ["port"]}
    return type("Switch", (library.Adapter,), members)(**options)


@pytest.fixture
def port_class(fastdiffsync: Any) -> Any:
    """Give a class that validates assignments."""
    return make_port(fastdiffsync, validate_assignment=True)


@pytest.mark.parametrize("value", ["1500", 1500.0, True, "many", 1.5, [], b"9"])
def test_assigning_is_like_pydantic(fastdiffsync: Any, value: Any) -> None:
    """A value is converted or refused as by a diffsync model with pydantic's setting of that name."""

    class Theirs(diffsync.DiffSyncModel):
        model_config = pydantic.ConfigDict(validate_assignment=True)
        _modelname = "port"
        mtu: int = 0

    def outcome(record: Any) -> Any:
        try:
            record.mtu = value
        except ValueError:
            return "refused", record.mtu
        return type(record.mtu), record.mtu

    ours = make_port(fastdiffsync, validate_assignment=True)(number=1, mtu=0)
    assert outcome(ours) == outcome(Theirs())


def test_error_names_the_record(fastdiffsync: Any, port_class: Any) -> None:
    """What cannot be converted is a ValidationError that names record and field, and the record keeps its value."""
    port = port_class(number=7, mtu=9000)
    with pytest.raises(fastdiffsync.ValidationError, match=r"Port \{'number': 7\}: field 'mtu': .*'many'"):
        port.mtu = "many"
    with pytest.raises(fastdiffsync.ValidationError, match=r"Port \{'number': 7\}: field 'number': "):
        port.number = "seven"
    assert (port.mtu, port.number, port.get_unique_id()) == (9000, 7, "7")


def test_what_is_assigned_unchanged(port_class: Any) -> None:
    """Private attributes and flags are no values of the record, and a field takes its own default whatever its type."""
    port = port_class(number=7, mtu=9000)
    port.mtu = None
    port._seen = "yes"
    assert (port.mtu, port._seen) == (None, "yes")


def test_identifiers(fastdiffsync: Any, port_class: Any) -> None:
    """The unique id follows the converted identifier, and such a record is matched and compared like any other."""
    port = port_class(number=7)
    port.number = "8"
    assert (port.number, port.get_unique_id()) == (8, "8")
    ours, theirs = (make_adapter(fastdiffsync, port_class) for _ in range(2))
    ours.add(port)
    theirs.add(port_class(number=8))
    assert not ours.diff_from(theirs).has_diffs()


def test_containers_are_copied(port_class: Any) -> None:
    """A list that is assigned is the record's own afterwards, as one given at construction is."""
    port, tags = port_class(number=7), ["a"]
    port.tags = tags
    tags.append("b")
    assert port.tags == ["a"]


def test_inheritance(fastdiffsync: Any, port_class: Any) -> None:
    """Subclasses inherit the keyword and may say otherwise; `validate=False` turns it off with all validation."""

    class Inherits(port_class):
        speed: int = 0

    class Refuses(port_class, validate_assignment=False):
        pass

    class Unvalidated(port_class, validate=False):
        pass

    inherits, refuses, unvalidated = Inherits(number=1), Refuses(number=1), Unvalidated(number=1)
    for record in (inherits, refuses, unvalidated):
        record.mtu = "9"
    inherits.speed = "100"
    assert (inherits.mtu, inherits.speed, refuses.mtu, unvalidated.mtu) == (9, 100, "9", "9")
    with pytest.raises(TypeError, match="Wrong: validate_assignment=True needs validate=True"):
        type(port_class)("Wrong", (Unvalidated,), {}, validate_assignment=True)
    assert make_port(fastdiffsync)(number=1).update({"mtu": "9"}).mtu == "9"


def test_updates_are_all_or_nothing(fastdiffsync: Any, port_class: Any) -> None:
    """`update` converts every value before it sets the first."""
    port = port_class(number=7)
    assert port.update({"mtu": "9", "tags": ("a",)}).get_attrs() == {"mtu": 9, "tags": ["a"]}
    port.set_status(fastdiffsync.DiffSyncStatus.UNKNOWN)
    with pytest.raises(fastdiffsync.ValidationError, match="field 'tags'"):
        port.update({"mtu": "10", "tags": 5})
    assert port.mtu == 9
    assert port.get_status()[0] == fastdiffsync.DiffSyncStatus.UNKNOWN


@pytest.mark.parametrize("kind", ["local", "sqlite"])
def test_update_or_instantiate(fastdiffsync: Any, port_class: Any, kind: str, tmp_path: Path) -> None:
    """Found records are given converted values or none, and stores outside the process keep what the record has."""
    store = fastdiffsync.LocalStore()
    if kind == "sqlite":
        from fastdiffsync.store.sqlite import SQLiteStore  # noqa: PLC0415 - of the kernel under test

        store = SQLiteStore(tmp_path / "ports.sqlite")
    switch = make_adapter(fastdiffsync, port_class, internal_storage_engine=store)
    for mtu in ("1", "2"):
        port, _ = switch.update_or_instantiate(port_class, {"number": "7"}, {"mtu": mtu})
        assert port.mtu == int(mtu)
    with pytest.raises(fastdiffsync.ValidationError, match="field 'tags'"):
        switch.update_or_instantiate(port_class, {"number": "7"}, {"mtu": "3", "tags": 5})
    del port
    assert switch.get("port", "7").mtu == 2
    if kind == "sqlite":
        store.close()


@pytest.mark.parametrize("level", [logging.CRITICAL, logging.DEBUG])
def test_syncs(fastdiffsync: Any, port_class: Any, level: int) -> None:
    """What a sync writes is converted too, whether or not somebody hears of every change."""
    logger = structlog.make_filtering_bound_logger(level)
    structlog.configure(wrapper_class=logger, logger_factory=structlog.ReturnLoggerFactory())
    loose = make_port(fastdiffsync, validate=False)
    source, dest = make_adapter(fastdiffsync, loose, name="source"), make_adapter(fastdiffsync, port_class)
    for number in (7, 8):
        source.add(loose(number=number, mtu="9", tags=("a",)))
    source.add(loose(number=9, tags=("a",)))
    dest.add(port_class(number=7, mtu=1, tags=["a"]))
    dest.add(port_class(number=9, mtu=1, tags=["a"]))
    dest.sync_from(source)
    found = {port.number: (port.mtu, port.tags) for port in dest.get_all("port")}
    assert found == {7: (9, ["a"]), 8: (9, ["a"]), 9: (None, ["a"])}


def test_copies_and_pickles_are_not_validated(port_class: Any) -> None:
    """A copy has the values of its record, whatever they are."""
    port = port_class(number=7)
    msgspec.structs.force_setattr(port, "mtu", "none of these")
    assert copy.copy(port).mtu == copy.deepcopy(port).mtu == "none of these"
    state = port.__reduce__()
    record = state[0](*state[1])
    record.__setstate__(pickle.loads(pickle.dumps(state[2])))
    assert record.mtu == "none of these"
