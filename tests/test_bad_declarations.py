"""What a class lacks, or says wrongly, is an error that says so, where it is declared or where it first matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import diffsync
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOADERS = {
    "add": lambda adapter, cls, values: [adapter.add(cls(**each)) for each in values],
    "load_records": lambda adapter, _, values: adapter.load_records({"setting": values}),
    "load_from_dict": lambda adapter, _, values: adapter.load_from_dict({"setting": dict(enumerate(values))}),
}


@pytest.fixture(params=["local", "sqlite"])
def store(fastdiffsync: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Give a store in memory, and one that keeps bytes."""
    if request.param == "local":
        yield fastdiffsync.LocalStore()
        return
    from fastdiffsync.store.sqlite import SQLiteStore  # noqa: PLC0415 - of the kernel under test

    with SQLiteStore(tmp_path / "settings.sqlite") as opened:
        yield opened


# ---- no identifiers, no type name ----


@pytest.mark.parametrize("load", LOADERS.values(), ids=LOADERS)
def test_model_without_identifiers(fastdiffsync: Any, store: Any, load: Callable[..., Any]) -> None:
    """One record of it may be stored, as with diffsync; the second is refused with what the class lacks."""

    class Setting(fastdiffsync.DiffSyncModel):
        _modelname = "setting"
        _attributes = ("value",)
        value: int

    adapter_class = type("Settings", (fastdiffsync.Adapter,), {"setting": Setting, "top_level": ["setting"]})
    adapter = adapter_class(internal_storage_engine=store)
    load(adapter, Setting, [{"value": 1}])
    message = r"Object  already present: Setting has no _identifiers, so that all of its records have one unique id"
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match=message) as caught:
        load(adapter, Setting, [{"value": 2}])
    assert caught.value.existing_object.value == 2
    assert [setting.value for setting in adapter.get_all("setting")] == [1]


def test_models_without_modelnames(fastdiffsync: Any, store: Any) -> None:
    """Records of two classes that both have none are of one type; where that makes them collide, it is said."""

    class Site(fastdiffsync.DiffSyncModel):
        _identifiers = ("name",)
        name: str

    class Device(fastdiffsync.DiffSyncModel):
        _identifiers = ("name",)
        name: str
        role: str = ""

    class Bare(fastdiffsync.DiffSyncModel):
        name: str

    adapter = fastdiffsync.Adapter(internal_storage_engine=store)
    site = Site(name="a")
    adapter.add(site)
    reason = "no _modelname, so that its records are of one type, 'diffsyncmodel', with all like it"
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match=rf"Object a already present: Device has {reason}"):
        adapter.add(Device(name="a", role="leaf"))
    bare = Bare(name="x")
    adapter.add(bare)
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match=rf"Bare has no _identifiers, .* and {reason}"):
        adapter.add(Bare(name="y"))
    with pytest.raises(AttributeError, match='type name "diffsyncmodel", not "site"; give it one: _modelname = "site"'):
        type("Sites", (fastdiffsync.Adapter,), {"site": Site})


def test_models_that_lack_nothing(fastdiffsync: Any, store: Any) -> None:
    """A class that has both, or makes its own unique ids, is not told that it lacks anything."""

    class Setting(fastdiffsync.DiffSyncModel):
        _modelname = "setting"
        value: int

        def get_unique_id(self) -> str:
            return "all"

    adapter = fastdiffsync.Adapter(internal_storage_engine=store)
    first = Setting(value=1)
    adapter.add(first)
    with pytest.raises(fastdiffsync.ObjectAlreadyExists) as caught:
        adapter.add(Setting(value=2))
    assert caught.value.args[0] == "Object all already present"


def test_abstract_models(fastdiffsync: Any) -> None:
    """A model for others to derive from needs neither."""

    class Base(fastdiffsync.DiffSyncModel):
        source: str = ""

    class Site(Base):
        _modelname = "site"
        _identifiers = ("name",)
        name: str

    adapter = type("Sites", (fastdiffsync.Adapter,), {"site": Site, "top_level": ["site"]})()
    assert adapter.load_records({"site": [{"name": "a"}, {"name": "b"}]}) == 2


# ---- flags ----


def test_flags_of_a_class(fastdiffsync: Any) -> None:
    """Flags that are none of records' are refused where the class is declared: what was given, and what is wanted."""
    model = fastdiffsync.DiffSyncModel
    for flags, message in (
        (
            fastdiffsync.DiffSyncFlags.SKIP_UNMATCHED_DST,
            r"not DiffSyncFlags .*; flags of a diff or a sync are given to that",
        ),
        (1, "not int 1"),
        (None, "not NoneType None"),
    ):
        with pytest.raises(TypeError, match=f"^Site: model_flags must be DiffSyncModelFlags, {message}"):
            type(model)("Site", (model,), {"model_flags": flags})
    flags = fastdiffsync.DiffSyncModelFlags.IGNORE
    assert type(model)("Site", (model,), {"model_flags": flags})().model_flags is flags


@pytest.mark.parametrize("value", [0, 1, 5, 12, 64, 1.0, "1", "IGNORE", None, True, [], "the other enum"])
def test_flags_of_a_new_record(fastdiffsync: Any, value: Any) -> None:
    """What a record is made with is converted or refused as with diffsync: JSON has flags as numbers."""

    def outcome(library: Any) -> Any:
        given = library.DiffSyncFlags.CONTINUE_ON_FAILURE if value == "the other enum" else value
        try:
            flags = library.DiffSyncModel(model_flags=given).model_flags
        except (ValueError, TypeError):  # the latter by pydantic, on Python 3.10
            return "refused"
        return type(flags) is library.DiffSyncModelFlags, flags.value

    assert outcome(fastdiffsync) == outcome(diffsync)


def test_flags_that_are_assigned(fastdiffsync: Any) -> None:
    """Assigned flags that are none of records' are refused by the record's name, and nothing has changed."""

    class Site(fastdiffsync.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        name: str

    site = Site(name="a")
    for flags in (fastdiffsync.DiffSyncFlags.CONTINUE_ON_FAILURE, 1, None):
        with pytest.raises(TypeError, match=r'^site "a": model_flags must be DiffSyncModelFlags, not'):
            site.model_flags = flags
    assert site.model_flags is fastdiffsync.DiffSyncModelFlags.NONE
    site.model_flags = fastdiffsync.DiffSyncModelFlags.IGNORE
    assert site.model_flags is fastdiffsync.DiffSyncModelFlags.IGNORE


def test_flags_of_a_record_that_cannot_be_described(fastdiffsync: Any) -> None:
    """Assigning flags asks a record for nothing."""

    class Site(fastdiffsync.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        name: str

        def get_unique_id(self) -> str:
            raise KeyError(self.name)

    site = Site(name="a")
    site.model_flags = fastdiffsync.DiffSyncModelFlags.IGNORE
    assert site.model_flags is fastdiffsync.DiffSyncModelFlags.IGNORE


# ---- create ----


def plain(cls: Any, adapter: Any, ids: Any, attrs: Any) -> Any:
    """Stand in for a `create` that lacks its decorator."""


def test_create_that_is_no_class_method(fastdiffsync: Any) -> None:
    """It could not be called on the class, and the class says so; in a mixin and a subclass too."""
    model = fastdiffsync.DiffSyncModel
    mixin = type("Mixin", (), {"create": plain})
    for bases, body in (((model,), {"create": plain}), ((mixin, model), {})):
        with pytest.raises(
            TypeError, match=r"Site.create must be a class method: @classmethod def create\(cls, adapter"
        ):
            type(model)("Site", bases, body)


def test_create_in_other_ways(fastdiffsync: Any) -> None:
    """Whatever can be called on the class is called."""
    model = fastdiffsync.DiffSyncModel

    def without_class(adapter: Any, ids: Any, attrs: Any) -> Any:
        return adapter, ids, attrs

    def with_keywords(**keywords: Any) -> Any:
        return tuple(keywords.values())

    for create in (
        without_class,
        with_keywords,
        staticmethod(without_class),
        classmethod(lambda _, **k: tuple(k.values())),
    ):
        site = type(model)("Site", (model,), {"create": create})
        assert site.create(adapter=1, ids={}, attrs={"a": 2}) == (1, {}, {"a": 2})


# ---- what models do not have ----


def test_frozen_models(fastdiffsync: Any) -> None:
    """A record changes when it is stored and synchronised: a class of frozen ones is refused where it is declared."""
    with pytest.raises(TypeError, match="Site: frozen=True is not supported"):
        type(fastdiffsync.DiffSyncModel)("Site", (fastdiffsync.DiffSyncModel,), {}, frozen=True)


@pytest.mark.parametrize("setting", ["_identifiers", "_attributes"])
def test_the_adapter_is_no_value_of_a_record(fastdiffsync: Any, setting: str) -> None:
    """What stands in `adapter` is lost when a record is stored, so it is refused as an identifier and an attribute."""
    namespace = {"__annotations__": {"name": str, "adapter": str}, "_identifiers": ("name",), setting: ("adapter",)}
    with pytest.raises(TypeError, match=r"^Port: 'adapter' is where a record keeps its adapter, .*; give the field an"):
        type(fastdiffsync.DiffSyncModel)("Port", (fastdiffsync.DiffSyncModel,), namespace)


@pytest.mark.parametrize("name", ["create", "update", "get_type", "get_shortname", "dict"])
def test_fields_that_hide_methods(fastdiffsync: Any, name: str) -> None:
    """A field that takes the place of a method which diffs and syncs call is refused where it is declared."""
    namespace = {"__annotations__": {"name": str, name: str}, "_identifiers": ("name",)}
    with pytest.raises(TypeError, match=f"^Port: field '{name}' hides the method of that name; give the field another"):
        type(fastdiffsync.DiffSyncModel)("Port", (fastdiffsync.DiffSyncModel,), namespace)


def test_fields_of_other_names(fastdiffsync: Any) -> None:
    """Names that mean something elsewhere in Python are names of fields like others."""
    namespace = {"__annotations__": {"cls": str, "args": int, "values": int}, "_identifiers": ("cls",)}
    port = type(fastdiffsync.DiffSyncModel)("Port", (fastdiffsync.DiffSyncModel,), namespace)
    record = port(cls="a", args=1, values=2)
    assert (record.get_unique_id(), record.args, record.values) == ("a", 1, 2)


def test_text_in_place_of_a_tuple(fastdiffsync: Any) -> None:
    """A forgotten comma makes a text of a tuple: the error shows what is meant."""
    namespace = {"__annotations__": {"name": str}, "_identifiers": "name"}
    with pytest.raises(AttributeError, match=r'it is to be a tuple: _identifiers = \("name",\)'):
        type(fastdiffsync.DiffSyncModel)("Port", (fastdiffsync.DiffSyncModel,), namespace)
