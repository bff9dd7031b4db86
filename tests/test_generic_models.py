"""Generic models: `Setting[int]` is a class whose values are checked and converted as those of an int."""

from __future__ import annotations

import copy
import pickle
import sys
import types
from typing import TYPE_CHECKING, Annotated, Any, Generic, Optional, TypeVar

import annotated_types
import diffsync
import msgspec
import pytest
import typing_extensions

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
U = TypeVar("U")
Bound = TypeVar("Bound", bound=int)
Either = TypeVar("Either", int, bytes)
Default = typing_extensions.TypeVar("Default", default=int)
Listed = typing_extensions.TypeVar("Listed", default=list[T])


def make_setting(library: Any) -> Any:
    """Return a generic model class of a library."""

    class Setting(library.DiffSyncModel, Generic[T]):
        _modelname = "setting"
        _identifiers = ("name",)
        _attributes = ("value",)
        name: str = "mtu"
        value: T

    return Setting


def make_pair(library: Any, first: Any = T, second: Any = U) -> Any:
    """Return a model class of a library with two type variables, the second one inside of a list too."""
    body = {"_modelname": "pair", "_identifiers": ("name",), "name": "x"}
    body["__annotations__"] = {"name": str, "left": first, "right": dict[str, list[second]] | None}
    bases = (library.DiffSyncModel, Generic[first, second])
    return types.new_class("Pair", bases, exec_body=lambda namespace: namespace.update(body))


@pytest.fixture
def setting(fastdiffsync: Any) -> Any:
    """Give a generic class."""
    return make_setting(fastdiffsync)


def outcome(function: Any) -> Any:
    """Return what a call returns, or that it refuses."""
    try:
        return function()
    except (ValueError, TypeError):
        return "refused"


# ---- values ----


@pytest.mark.parametrize(
    "argument",
    [
        *(int, str, bytes, None, Any, list[int], dict[str, list[int]], int | None, Optional[str]),  # noqa: UP045
        *(int | bytes, bytes | int, Annotated[int, annotated_types.Gt(5)], tuple[int, ...], "int", "list[int]"),
    ],
    ids=str,
)
def test_values_are_those_of_the_argument(fastdiffsync: Any, argument: Any) -> None:
    """A class made by brackets, and a class that derives from it, convert and refuse what diffsync's models do."""

    def outcomes(library: Any) -> list[Any]:
        made = make_setting(library)[argument]

        class Derived(made):
            pass

        return [
            outcome(lambda cls=cls, value=value: cls(value=value).value) for cls in (made, Derived) for value in values
        ]

    values = ["7", "seven", 7, 3, None, [1], ["1"], b"7", {"a": ["1"]}]

    assert outcomes(fastdiffsync) == outcomes(diffsync)


@pytest.mark.parametrize("variables", [(T, U), (Bound, Either), (T, Default), (T, Listed)], ids=str)
@pytest.mark.parametrize("arguments", [(), (str,), (str, int), (bytes, str | None)], ids=str)
def test_several_variables(fastdiffsync: Any, variables: Any, arguments: Any) -> None:
    """Variables are replaced wherever they stand; those that are not are taken for their default, bound or choices."""

    def values(cls: Any, value: Any) -> Any:
        record = cls(left=value, right={"a": [value]})
        return record.left, record.right

    def outcomes(library: Any) -> Any:
        cls = make_pair(library, *variables)
        cls = outcome(lambda: cls[arguments]) if arguments else cls
        return cls if cls == "refused" else [outcome(lambda v=v: values(cls, v)) for v in (7, "7", "a", b"7", ["7"])]

    assert outcomes(fastdiffsync) == outcomes(diffsync)


def test_chains_of_classes(fastdiffsync: Any) -> None:
    """Variables that stand for others, in classes between, lead to what the last class gives for them."""

    def outcomes(library: Any) -> Any:
        setting = make_setting(library)

        class Renamed(setting[U]):
            pass

        class Lists(setting[list[U]], Generic[U]):
            pass

        class Deeper(Lists[list[T]], Generic[T]):
            _attributes = ("value", "second")
            second: T = 0

        class Silent(setting):
            pass

        classes = Renamed[int], Lists[int], Deeper[int], Silent[int]
        values = 7, "7", "a", ["7"], [["7"]], None
        return [outcome(lambda cls=cls, v=v: cls(value=v, second="3").get_attrs()) for cls in classes for v in values]

    assert outcomes(fastdiffsync) == outcomes(diffsync)


def test_error_names_the_class(fastdiffsync: Any, setting: Any) -> None:
    """A refused value names the class with its argument."""
    with pytest.raises(
        fastdiffsync.ValidationError, match=r"Setting\[int\] \{'name': 'mtu'\}: field 'value': .*'seven'"
    ):
        setting[int](value="seven")
    assert setting[int](value="7").get_attrs() == {"value": 7}
    assert setting(value="7").get_attrs() == {"value": "7"}


def test_redeclared_fields(setting: Any) -> None:
    """A subclass may declare the field for itself; one that gives a default alone keeps the argument's type."""

    class Texts(setting[int]):
        value: str

    class Defaults(setting[int]):
        value = 5

    assert Texts(value="7").value == "7"
    assert (Defaults().value, Defaults(value="7").value) == (5, 7)


def test_two_generic_parents(fastdiffsync: Any, setting: Any) -> None:
    """Each parent's fields are of the types that were given to that parent, also where both use one variable."""

    class Unit(fastdiffsync.DiffSyncModel, Generic[T]):
        unit: T

    class Both(setting[int], Unit[list[int]]):
        pass

    class Other(Unit[list[int]], setting[int]):
        pass

    class Mixed(fastdiffsync.DiffSyncModel):
        plain: int

    class WithPlain(setting[int], Mixed):
        pass

    for cls in (Both, Other):
        record = cls(value="7", unit=("8",))
        assert (record.value, record.unit) == (7, [8])
    assert WithPlain(value="7", plain="8").value == 7


def test_generic_mixins(fastdiffsync: Any) -> None:
    """A generic class that is no model gives its fields the types that it is given."""

    class Valued(Generic[T]):
        value: T

    class Setting(Valued[int], fastdiffsync.DiffSyncModel):
        _modelname = "setting"

    assert Setting(value="7").value == 7


def test_mixins_of_another_module(fastdiffsync: Any) -> None:
    """Names in a mixin's annotations are looked up in the mixin's module."""
    module = types.ModuleType("tests.another_module")
    sys.modules[module.__name__] = module
    try:
        exec(  # noqa: S102
            "from __future__ import annotations\nOwn = int\nclass Mixin:\n    value: Own\n", vars(module)
        )

        class Setting(module.Mixin, fastdiffsync.DiffSyncModel):
            _modelname = "setting"

        assert Setting(value="7").value == 7
    finally:
        del sys.modules[module.__name__]


# ---- classes ----


def test_classes_are_made_once(fastdiffsync: Any, setting: Any) -> None:
    """Equal arguments give one class, a subclass of the generic one, whose name says what they are."""
    made = setting[int]
    assert setting[int] is made
    assert setting[U][int] is made
    assert setting[T] is setting
    assert issubclass(made, setting)
    assert isinstance(made(value=1), setting)
    assert (made.__name__, setting[list[int]].__name__, made.__module__) == (
        "Setting[int]",
        "Setting[list[int]]",
        __name__,
    )
    assert (setting[bytes | int](value="7").value, setting[int | bytes](value="7").value) == (b"7", 7)
    pair = make_pair(fastdiffsync)
    assert pair[int, U].__parameters__ == (U,)
    assert pair[int, U][str] is pair[int, str]
    assert setting[Annotated[int, msgspec.Meta(ge=1, extra={})]](value="7").value == 7


def test_refused_arguments(fastdiffsync: Any, setting: Any) -> None:
    """As many arguments as there are variables, for a class that has any."""
    for arguments, count in ((), 0), ((int, str), 2):
        with pytest.raises(TypeError, match=rf"Setting takes 1 type arguments, \[T\], not {count}"):
            setting[arguments]
    with pytest.raises(TypeError, match="DiffSyncModel is not generic"):
        fastdiffsync.DiffSyncModel[int]
    with pytest.raises(TypeError, match=r"Setting\[int\] is not generic"):
        setting[int][int]
    with pytest.raises(TypeError, match="'Unknown'"):
        setting["Unknown"](value=1)
    with pytest.raises(TypeError, match=r"Wrong must name all type variables .*: Generic\[T, U\]"):
        types.new_class("Wrong", (setting, Generic[U]))
    many = typing_extensions.TypeVarTuple("many")
    row = types.new_class("Row", (fastdiffsync.DiffSyncModel, Generic[typing_extensions.Unpack[many]]))
    with pytest.raises(TypeError, match="Row: a TypeVarTuple, many, is not supported"):
        row[int, str]


def test_brackets_of_ones_own(setting: Any) -> None:
    """A class that says itself what its brackets mean is asked."""

    class Catalogue(setting):
        def __class_getitem__(cls, name: str) -> str:
            return f"{cls.__name__} {name}"

    assert Catalogue["a"] == "Catalogue a"


TYPE_PARAMETERS = """
def make(Model):
    class Number(int):
        pass

    class Setting[T](Model):
        value: list[T]
        number: Number | None = None

    class Ints(Setting[int]):
        pass

    return Setting, Ints
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is Python 3.12's")
@pytest.mark.parametrize("first_line", ["", "from __future__ import annotations"])
def test_type_parameter_syntax(fastdiffsync: Any, first_line: str) -> None:
    """Type variables of a class statement are found, and names around it, in annotations that are strings too."""
    names: dict[str, Any] = {"__name__": __name__}
    exec(first_line + TYPE_PARAMETERS, names)  # noqa: S102
    setting, ints = names["make"](fastdiffsync.DiffSyncModel)
    assert setting[int](value=["7"]).value == ints(value=["7"]).value == [7]
    with pytest.raises(fastdiffsync.ValidationError, match="field 'number'"):
        ints(value=[], number="x")


# ---- what is done with them ----


def test_generic_records_everywhere(fastdiffsync: Any, setting: Any, tmp_path: Path) -> None:
    """Loading, comparing, synchronising and storing treat the class as any other."""
    from fastdiffsync.store.sqlite import SQLiteStore  # noqa: PLC0415 - of the kernel under test

    members = {"setting": setting[int], "top_level": ["setting"]}
    adapter_class = type("Settings", (fastdiffsync.Adapter,), members)
    source = adapter_class("source")
    source.load_records({"setting": [{"name": "a", "value": "7"}, {"name": "b", "value": 8}]})
    with SQLiteStore(tmp_path / "settings.sqlite") as store:
        kept = adapter_class("kept", internal_storage_engine=store)
        kept.add(setting[int](name="a", value="1"))
        kept.sync_from(source)
    with SQLiteStore(tmp_path / "settings.sqlite") as store:
        kept = adapter_class("kept", internal_storage_engine=store)
        assert {record.name: record.value for record in kept.get_all("setting")} == {"a": 7, "b": 8}
        assert not kept.diff_from(source).has_diffs()


def test_copies_and_pickles(setting: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of such a class, and the class itself, are copied and pickled like others."""
    monkeypatch.setattr(sys.modules[__name__], "Setting", setting, raising=False)
    setting.__qualname__ = "Setting"
    record = setting[list[int]](value=["7"])
    for made in (copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record))):
        assert made == record
    assert pickle.loads(pickle.dumps([setting[int], setting])) == [setting[int], setting]


def test_models_inside_of_models(fastdiffsync: Any, setting: Any) -> None:
    """A generic model in a field's annotation is given what the outer class is given."""

    class Holder(fastdiffsync.DiffSyncModel, Generic[T]):
        inner: setting[T]
        more: list[setting[T]] = []  # noqa: RUF012

    record = Holder[int](inner=setting[int](value=1), more=[setting[int](value=2)])
    assert (record.inner.value, record.more[0].value) == (1, 2)
    with pytest.raises(fastdiffsync.ValidationError, match="field 'more'"):
        Holder[int](inner=setting[int](value=1), more=[setting[str](value="a")])
