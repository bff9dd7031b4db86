"""Fields that have another name in data, by `msgspec.field(name=...)` or `rename=`: a key need be no name in Python."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, ClassVar

import diffsync
import msgspec
import pydantic
import pytest

if TYPE_CHECKING:
    from pathlib import Path


def make_part(library: Any, **keywords: Any) -> Any:
    """Return a model class with a renamed identifier, attribute and list of children."""

    class Part(library.DiffSyncModel, **keywords):
        _modelname = "part"
        _identifiers = ("part_number",)
        _attributes = ("unit_price", "maker")
        _children: ClassVar = {"part": "made_of"}
        _parent_keys: ClassVar = {"part": ("used-in",)}

        part_number: str = msgspec.field(name="part-number")
        unit_price: float | None = msgspec.field(default=None, name="unit price")
        maker: str = ""
        made_of: list[str] = msgspec.field(default_factory=list, name="made-of")

    return Part


def make_adapter(library: Any, part: Any, name: str = "parts", **options: Any) -> Any:
    """Return an adapter with this class of parts."""
    return type("Parts", (library.Adapter,), {"part": part, "top_level": ["part"]})(name, **options)


def with_post_init(part: Any) -> Any:
    """Return a subclass whose records run code of their own when they are made."""

    class Checked(part):
        _seen: ClassVar = []

        def __post_init__(self) -> None:
            self._seen.append(self.part_number)

    return Checked


def with_private_attribute(part: Any) -> Any:
    """Return a subclass with a private attribute."""
    return type(part)("Private", (part,), {"_cache": {}})


@pytest.fixture(
    params=[lambda part: part, with_post_init, with_private_attribute], ids=["plain", "post_init", "private"]
)
def part_class(fastdiffsync: Any, request: pytest.FixtureRequest) -> Any:
    """Give the class, or one whose records need more than being filled."""
    return request.param(make_part(fastdiffsync))


# ---- making records ----


@pytest.mark.parametrize("price", ["unit price", "unit_price"])
@pytest.mark.parametrize("number", ["part-number", "part_number"])
def test_making_a_record(part_class: Any, number: str, price: str) -> None:
    """A value is taken by the field's name in data and by its own, in any mixture."""
    children = ["b"]
    for values in (
        {number: "a", price: "9.5"},
        {price: 9.5, "maker": "x", "unknown": 1, number: "a", "made-of": children},
    ):
        part = part_class(**values)
        assert (part.part_number, part.unit_price, part.get_unique_id()) == ("a", 9.5, "a")
        assert part.get_attrs() == {"unit_price": 9.5, "maker": values.get("maker", "")}
        assert part.made_of == values.get("made-of", [])
        assert part.made_of is not children


@pytest.mark.parametrize("forbid", [False, True])
@pytest.mark.parametrize(
    "values",
    [{"x-y": 1}, {"x_y": 1}, {"x-y": 1, "x_y": 2}, {"x_y": 2, "x-y": "1"}, {"x-y": "a", "x_y": 2}, {"z": 1}, {}],
    ids=str,
)
def test_making_a_record_is_like_pydantic(fastdiffsync: Any, values: dict[str, Any], *, forbid: bool) -> None:
    """It is what a diffsync model does with an alias, and with pydantic's setting that lets the field's own name in."""

    class Theirs(diffsync.DiffSyncModel):
        model_config = pydantic.ConfigDict(populate_by_name=True, extra="forbid" if forbid else "ignore")
        x_y: int = pydantic.Field(alias="x-y")

    class Ours(fastdiffsync.DiffSyncModel, forbid_unknown_fields=forbid):
        x_y: int = msgspec.field(name="x-y")

    def outcome(cls: Any) -> Any:
        try:
            return cls(**values).x_y
        except (ValueError, TypeError):
            return "refused"

    assert outcome(Ours) == outcome(Theirs)


def test_errors_of_construction(fastdiffsync: Any, part_class: Any) -> None:
    """Errors name the field, and a value that is forbidden names what was given."""
    with pytest.raises(fastdiffsync.ValidationError, match=r"missing required field \['part_number'\]"):
        part_class(**{"unit price": 1})
    with pytest.raises(fastdiffsync.ValidationError, match=r"\{'part_number': 'a'\}: field 'unit_price'"):
        part_class(**{"part-number": "a", "unit price": "much"})
    strict = make_part(fastdiffsync, forbid_unknown_fields=True)
    assert strict(**{"part-number": "a"}).part_number == "a"
    with pytest.raises(TypeError, match="colour"):
        strict(**{"part-number": "a", "colour": "red"})
    with pytest.raises(TypeError, match="'part_number' is given twice, by that name and as 'part-number'"):
        strict(**{"part-number": "a", "part_number": "a"})
    with pytest.raises(TypeError, match="positional"):
        part_class("a", **{"unit price": 1})


@pytest.mark.parametrize(
    ("rename", "names"),
    [
        ("kebab", ("part-number", "own name")),
        ("camel", ("partNumber", "own name")),
        ("pascal", ("PartNumber", "own name")),
        ("upper", ("PART_NUMBER", "own name")),
        ({"part_number": "no."}, ("no.", "own name")),
        (lambda name: name[::-1], ("rebmun_trap", "own name")),
        (None, ("part_number", "own name")),
    ],
    ids=str,
)
def test_rename(fastdiffsync: Any, rename: Any, names: tuple[str, str]) -> None:
    """A class renames its fields but those that have names of their own, and leaves the library's own alone."""

    class Part(fastdiffsync.DiffSyncModel, rename=rename):
        _modelname = "part"
        _identifiers = ("part_number",)
        part_number: str
        status: str = msgspec.field(default="", name="own name")
        tags: list[int] = msgspec.field(default_factory=list, name="tag-list")

    class Derived(Part):
        status = "new"
        tags = [1]  # noqa: RUF012
        maker: str = "x"

    flags = fastdiffsync.DiffSyncModelFlags.IGNORE
    for cls in (Part, Derived):
        part = cls(**dict(zip(names, "ab", strict=True)), model_flags=flags)
        assert (part.part_number, part.status, part.model_flags) == ("a", "b", flags)
    assert (Derived(part_number="a").status, Derived(part_number="a").tags) == ("new", [1])
    assert Derived(**{"part_number": "a", "tag-list": ["2"]}).tags == [2]


def test_two_parents(fastdiffsync: Any) -> None:
    """Names in data are inherited from each of several models."""
    part = make_part(fastdiffsync)

    class Weighed(fastdiffsync.DiffSyncModel, rename="pascal"):
        net_weight: int

    for bases in ((part, Weighed), (Weighed, part)):
        both = type(part)("Both", bases, {}, rename="upper")(**{"part-number": "a", "unit price": 2, "NetWeight": "3"})
        assert (both.part_number, both.unit_price, both.net_weight) == ("a", 2.0, 3)
        with pytest.raises(fastdiffsync.ValidationError, match="part_number"):
            type(both)(PART_NUMBER="a", net_weight=1)


def test_name_of_another_field(fastdiffsync: Any) -> None:
    """A name in data that another field has in Python is refused: the two could not be told apart."""
    body = {"__annotations__": {"a": int, "b": int}, "a": msgspec.field(name="b"), "b": msgspec.field(name="a")}
    with pytest.raises(
        AttributeError, match="Swapped: 'b', which stands for field 'a' in data, is the name of another"
    ):
        type(fastdiffsync.DiffSyncModel)("Swapped", (fastdiffsync.DiffSyncModel,), body)


# ---- many records ----


@pytest.mark.parametrize("adds", [False, True])
def test_load_records(fastdiffsync: Any, part_class: Any, *, adds: bool) -> None:
    """Rows are read by the names in data, whether all rows have the same keys or not."""
    parts = make_adapter(fastdiffsync, part_class)
    if adds:  # a method of one's own is called for each record
        parts.add = lambda obj: type(parts).add(parts, obj)
    rows = [
        {"part-number": "a", "unit price": 1.5, "made-of": [], "unknown": 1},
        {"part-number": "b", "unit price": 2.5, "made-of": [], "unknown": 1, "used-in": "a"},
        {"part-number": "c", "unit price": "3.5", "used-in": "a"},
        {"used-in": None, "unit_price": 4.5, "maker": "x", "part_number": "d"},
        {"part_number": "ignored", "part-number": "e"},
    ]
    assert parts.load_records({"part": rows}) == 5
    found = {part.part_number: (part.unit_price, part.maker, part.made_of) for part in parts.get_all("part")}
    assert found == {
        "a": (1.5, "", ["b", "c"]),
        "b": (2.5, "", []),
        "c": (3.5, "", []),
        "d": (4.5, "x", []),
        "e": (None, "", []),
    }
    with pytest.raises(fastdiffsync.ValidationError, match=r"row 1 of part: .*\['part_number'\]"):
        parts.load_records({"part": [{"part-number": "f"}, {"unit price": 1}]})
    assert parts.count() == 5


def test_forbidden_keys_of_rows(fastdiffsync: Any) -> None:
    """Where unknown keys are forbidden, names in data and keys of parents are not unknown."""
    parts = make_adapter(fastdiffsync, make_part(fastdiffsync, forbid_unknown_fields=True))
    rows = [{"part-number": "a", "unit price": 1.0}, {"part-number": "b", "used-in": "a"}, {"part_number": "c"}]
    assert parts.load_records({"part": rows}) == 3
    for row, message in (
        ({"part-number": "d", "colour": 1}, "colour"),
        ({"part-number": "d", "part_number": "d"}, "twice"),
    ):
        with pytest.raises(TypeError, match=f"row 0 of part: .*{message}"):
            parts.load_records({"part": [row]})
    assert parts.count() == 3


@pytest.mark.parametrize("key", ["of-site", "of_site"])
@pytest.mark.parametrize("given", ["of-site", "of_site"])
def test_parent_keys(fastdiffsync: Any, key: str, given: str) -> None:
    """A parent key may be either name of a field, and a row may have either."""

    class Site(fastdiffsync.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("number",)
        _children: ClassVar = {"rack": "racks"}
        number: int = msgspec.field(name="site-number")
        racks: list[str] = []  # noqa: RUF012

    class Rack(fastdiffsync.DiffSyncModel):
        _modelname = "rack"
        _identifiers = ("of_site",)
        _parent_keys: ClassVar = {"site": (key,)}
        of_site: str = msgspec.field(name="of-site")

    members = {"site": Site, "rack": Rack, "top_level": ["site"]}
    adapter = type("Sites", (fastdiffsync.Adapter,), members)()
    adapter.load_records({"site": [{"site-number": "1"}], "rack": [{given: "1"}]})
    assert adapter.get("site", "1").racks == ["1"]


# ---- what is done with records ----


def test_plain_data_and_back(fastdiffsync: Any, part_class: Any) -> None:
    """`dict` and `json` name fields as Python does, as pydantic does, and what they give makes the record again."""
    parts = make_adapter(fastdiffsync, part_class)
    parts.load_records({"part": [{"part-number": "a", "unit price": 1.5}, {"part-number": "b", "used-in": "a"}]})
    values = {"part_number": "a", "unit_price": 1.5, "made_of": ["b"]}
    assert parts.get("part", "a").dict(exclude_defaults=True) == values
    assert json.loads(parts.get("part", "a").json()) == values
    again = make_adapter(fastdiffsync, part_class)
    again.load_from_dict(parts.dict())
    assert again.dict() == parts.dict()
    assert not again.diff_from(parts).has_diffs()
    for made in (copy.copy(parts.get("part", "a")), copy.deepcopy(parts.get("part", "a"))):
        assert made.get_attrs() == parts.get("part", "a").get_attrs()


class Size(msgspec.Struct, rename="kebab"):
    """A value with names of its own."""

    outer_width: int = 0
    inner: list[Size] = []


def test_values_with_names_of_their_own(fastdiffsync: Any) -> None:
    """Structs and records inside of a record are made by either name too, so that `dict` can be loaded."""
    annotations = {"name": str, "size": Size, "first": make_part(fastdiffsync)}
    body = {"_modelname": "box", "_identifiers": ("name",), "__annotations__": annotations}
    box_class = type(fastdiffsync.DiffSyncModel)("Box", (fastdiffsync.DiffSyncModel,), body)
    size = {"outer-width": "3", "inner": [{"outer-width": 2}, {"outer_width": 1}]}
    box = box_class(name="x", size=size, first={"part-number": "a", "unit price": "2"})
    assert box.size == Size(3, [Size(2), Size(1)])
    assert (box.first.get_unique_id(), box.first.unit_price) == ("a", 2.0)
    assert box_class(**box.dict()) == box
    with pytest.raises(fastdiffsync.ValidationError, match=r"field 'first': .*unit_price"):
        box_class(name="x", size=size, first={"part-number": "a", "unit price": "much"})


@pytest.mark.parametrize("kind", ["local", "sqlite"])
def test_syncs(fastdiffsync: Any, part_class: Any, kind: str, tmp_path: Path) -> None:
    """A sync gives `create` and `update` the names that fields have in Python, and any store keeps such records."""
    store = fastdiffsync.LocalStore()
    if kind == "sqlite":
        from fastdiffsync.store.sqlite import SQLiteStore  # noqa: PLC0415 - of the kernel under test

        store = SQLiteStore(tmp_path / "parts.sqlite")
    given = []

    class Part(part_class):
        @classmethod
        def create(cls, adapter: Any, ids: dict[str, Any], attrs: dict[str, Any]) -> Any:
            given.append({**ids, **attrs})
            return super().create(adapter, ids, attrs)

    source = make_adapter(fastdiffsync, part_class, "source")
    source.load_records({"part": [{"part-number": "a", "unit price": 1.5}, {"part-number": "b"}]})
    for cls in (Part, part_class):
        dest = make_adapter(fastdiffsync, cls, "dest", internal_storage_engine=store)
        for part in dest.get_all("part"):
            dest.remove(part)
        dest.add(cls(part_number="a", unit_price=9.0))
        dest.sync_from(source)
        assert not dest.diff_from(source).has_diffs()
        assert dest.get("part", {"part_number": "a"}).unit_price == 1.5
    assert given == [{"part_number": "b", "unit_price": None, "maker": ""}]
    part, _ = dest.get_or_instantiate(part_class, {"part_number": "c"}, {"unit_price": "2"})
    assert (part.get_unique_id(), part.unit_price) == ("c", 2.0)
    if kind == "sqlite":
        store.close()
