"""Bad input gets a clear error, and leaves both stores as they were."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import diffsync
import diffsync.exceptions
import pytest

from .pair import Pair

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pair(fastdiffsync: Any) -> Pair:
    """Give two loaded adapters."""
    return Pair(fastdiffsync)


# ---- values ----


@pytest.mark.parametrize(
    ("annotation", "value"),
    [(int, "many"), (int, 1.5), (str, 1), (bool, "perhaps"), (list[int], ["a"]), (dict, 3), (int, None)],
)
def test_wrong_type(fastdiffsync: Any, annotation: Any, value: Any) -> None:
    """A value that cannot be made one of the field's type is a ValidationError that names the record and the field."""

    class Site(fastdiffsync.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        __annotations__ = {"name": str, "size": annotation}

    with pytest.raises(fastdiffsync.ValidationError, match=r"Site \{'name': 'a'\}: field 'size'") as caught:
        Site(name="a", size=value)
    assert isinstance(caught.value, ValueError)


def test_missing_fields(fastdiffsync: Any, pair: Pair) -> None:
    """A field that is not given and has no default is a ValidationError that names it."""
    with pytest.raises(
        fastdiffsync.ValidationError, match=r"Device \{'site': 'a'\}: missing required field \['name'\]"
    ):
        pair.Device(site="a")
    with pytest.raises(ValueError, match=r"missing required fields \['site', 'name'\]"):
        pair.Device(size=3)


def test_unknown_keywords(fastdiffsync: Any, pair: Pair) -> None:
    """Unknown keywords are ignored, unless the class forbids them: then they are a TypeError that names them."""

    class Strict(fastdiffsync.DiffSyncModel, forbid_unknown_fields=True):
        _modelname = "strict"
        _identifiers = ("name",)
        name: str

    assert pair.Site(name="c", diffsync=None).name == "c"
    with pytest.raises(TypeError, match="colour"):
        Strict(name="a", colour="red")


def test_positional_arguments(pair: Pair) -> None:
    """Values are given by name."""
    with pytest.raises(TypeError, match="positional"):
        pair.Site("a")


def test_bad_values_in_a_dict(fastdiffsync: Any, pair: Pair) -> None:
    """`load_from_dict` says which record cannot be made."""
    data = {"device": {"a__z": {"site": "a", "name": 5}}}
    pair.refuses(fastdiffsync.ValidationError, r"Device .*'name'", lambda: pair.dest.load_from_dict(data))


# ---- records ----


def test_uid_twice(fastdiffsync: Any, pair: Pair) -> None:
    """A second record with a unique id is refused, also if its identifiers merely join to the same one."""
    for record in (pair.Site(name="a"), pair.Device(site="a", name="x", size=9)):
        pair.refuses(fastdiffsync.ObjectAlreadyExists, "already present", lambda record=record: pair.dest.add(record))
        assert record.adapter is None
    pair.dest.add(pair.Device(site="a__b", name="c"))
    twin = pair.Device(site="a", name="b__c")
    pair.refuses(fastdiffsync.ObjectAlreadyExists, "a__b__c already present", lambda: pair.dest.add(twin))


def test_uid_of_two_identifier_tuples_on_two_sides(pair: Pair) -> None:
    """Two records that share a unique id and nothing else cannot be compared."""
    for adapter, identifiers in ((pair.source, ("a__b", "c")), (pair.dest, ("a", "b__c"))):
        device = pair.Device(site=identifiers[0], name=identifiers[1])
        adapter.add(device)
        adapter.get("site", "a").add_child(device)
    keys = r"Keys mismatch: \{'site': 'a__b', 'name': 'c'\} vs \{'site': 'a', 'name': 'b__c'\}: .* device \"a__b__c\""
    pair.refuses(ValueError, keys, lambda: pair.dest.diff_from(pair.source))
    pair.refuses(ValueError, keys, lambda: pair.dest.sync_from(pair.source))


@pytest.mark.parametrize(("one", "other"), [(None, "None"), (1, "1"), (True, "True"), (float("nan"), float("nan"))])
def test_identifiers_that_make_one_uid(fastdiffsync: Any, one: Any, other: Any) -> None:
    """What text makes equal is not equal: refused in one dataset, and in a diff of two, as diffsync refuses it."""
    for library in (diffsync, fastdiffsync):
        body = {"_modelname": "thing", "_identifiers": ("key",), "__annotations__": {"key": Any}}
        thing = type(library.DiffSyncModel)("Thing", (library.DiffSyncModel,), body)
        members = {"thing": thing, "top_level": ["thing"]}
        source, dest = (type("Things", (library.Adapter,), members)(name) for name in ("source", "dest"))
        source.add(thing(key=one))
        dest.add(thing(key=other))
        with pytest.raises(library.exceptions.ObjectAlreadyExists, match="already present"):
            source.add(thing(key=other))
        for verb in (dest.diff_from, dest.sync_from):
            with pytest.raises(ValueError, match="Keys mismatch"):
                verb(source)


def test_child_twice(fastdiffsync: Any, pair: Pair) -> None:
    """A child is added to a parent once."""
    site, device = pair.dest.get("site", "a"), pair.dest.get("device", "a__x")
    pair.refuses(fastdiffsync.ObjectAlreadyExists, "Already storing a device", lambda: site.add_child(device))


def test_wrong_parent_type(fastdiffsync: Any, pair: Pair) -> None:
    """A record cannot be a child where its type is not expected, nor be taken away from there."""
    site, device = pair.dest.get("site", "a"), pair.dest.get("device", "a__x")
    wrong = fastdiffsync.ObjectStoreWrongType
    pair.refuses(
        wrong, r"store site as a child of device; valid types are \['device'\]", lambda: device.add_child(site)
    )
    pair.refuses(wrong, "delete site as a child of device", lambda: device.remove_child(site))


def test_removing_what_is_not_there(fastdiffsync: Any, pair: Pair) -> None:
    """Neither a store nor a parent gives up what it does not have."""
    stranger = pair.Device(site="a", name="z")
    site = pair.dest.get("site", "a")
    pair.refuses(fastdiffsync.ObjectNotFound, "device a__z not present", lambda: pair.dest.remove(stranger))
    pair.refuses(fastdiffsync.ObjectNotFound, "a__z was not found as a child", lambda: site.remove_child(stranger))


@pytest.mark.parametrize("side", ["source", "dest"])
def test_children_that_are_not_there(fastdiffsync: Any, side: str) -> None:
    """A child that its store does not have is an error that begins like diffsync's, and names the parent."""

    def message(library: Any) -> str:
        pair = Pair(library)
        getattr(pair, side).get("site", "a").devices.append("a__lost")
        for verb in (pair.dest.diff_from, pair.dest.sync_from):
            pair.refuses(library.ObjectNotFound, "device a__lost not present", lambda verb=verb: verb(pair.source))
        with pytest.raises(library.ObjectNotFound) as caught:
            pair.source.diff_to(pair.dest)
        return str(caught.value)

    way_out = "add the record, or take its unique id out of the list"
    theirs = message(diffsync)
    assert message(fastdiffsync) == f'{theirs}: site "a" of Inventory "{side}" lists it in devices; {way_out}'


def test_children_that_are_not_in_files(fastdiffsync: Any, pair: Pair, tmp_path: Path) -> None:
    """The parent is named, too, where it has not been read, as it is the same in both files."""
    sides = []
    for name in ("source", "dest"):
        side = pair.Inventory(name, fastdiffsync.store.sqlite.SQLiteStore(tmp_path / f"{name}.db"))
        side.add(pair.Site(name="c", devices=["c__lost"]))
        sides.append(side)
    message = 'device c__lost not present in SQLiteStore .*: site "c" of Inventory "source" lists it in devices; add'
    with pytest.raises(fastdiffsync.ObjectNotFound, match=message):
        sides[1].diff_from(sides[0])
    for side in sides:
        side.store.close()


def test_own_error_of_a_child_that_is_not_there(fastdiffsync: Any, pair: Pair) -> None:
    """What an overridden `get_by_uids` raises of a kind of its own comes out as it is."""

    class Gone(fastdiffsync.ObjectNotFound):
        pass

    error = Gone("gone", 5)

    def get_by_uids(*_arguments: Any, **_keywords: Any) -> Any:
        raise error

    pair.source.get_by_uids = get_by_uids
    with pytest.raises(Gone) as caught:
        pair.dest.diff_from(pair.source)
    assert caught.value is error
    assert error.args == ("gone", 5)


@pytest.mark.parametrize(
    ("sides", "first", "second"),
    [
        (("source",), "a__x", "b__x"),
        (("dest",), "a__x", "b__x"),
        (("source", "dest"), "a__x", "b__x"),
    ],
)
def test_siblings_with_one_shortname(fastdiffsync: Any, sides: tuple[str, ...], first: str, second: str) -> None:
    """Two siblings of one type and shortname cannot stand in one diff; the error names both, and their parent."""
    pair = Pair(fastdiffsync)
    pair.Device._shortname = ("name",)
    for side in sides:
        twin = pair.Device(site="b", name="x")
        getattr(pair, side).add(twin)
        getattr(pair, side).get("site", "a").add_child(twin)
    message = (
        f'^Already storing a device named x: device "{first}" of source and dest and device "{second}" of '
        f'{" and ".join(sides)} below site "a" of source and dest have one shortname; add to _shortname'
    )
    for verb in (pair.dest.diff_from, pair.dest.sync_from):
        with pytest.raises(fastdiffsync.ObjectAlreadyExists) as caught:
            verb(pair.source)
        assert re.search(message, caught.value.args[0])
        assert caught.value.existing_object.name == "x"


@pytest.mark.parametrize("name", ["n", "n__m", "_", "é", "日", "😀"])
def test_siblings_with_one_shortname_and_unlike_unique_ids(fastdiffsync: Any, name: str) -> None:
    """Whatever the identifiers that are not in the shortname, the second sibling of the name is noticed."""
    others = ["b", "a__b", "b_", "_b", "é", "日", "😀"]
    for first, second in itertools.permutations(others, 2):
        pair = Pair(fastdiffsync)
        pair.Device._shortname = ("name",)
        for site in (first, second):
            twin = pair.Device(site=site, name=name)
            pair.source.add(twin)
            pair.source.get("site", "a").add_child(twin)
        with pytest.raises(fastdiffsync.ObjectAlreadyExists, match=f"Already storing a device named {name}:"):
            pair.dest.diff_from(pair.source)


def test_top_level_records_with_one_shortname(fastdiffsync: Any) -> None:
    """At the top there is no parent to name, and the one record may be on the one side, the other on the other."""
    pair = Pair(fastdiffsync)
    pair.Site._shortname = ("region",)
    pair.Site.region = property(lambda _site: "eu")
    message = 'Already storing a site named eu: site "a" of source and dest and site "b" of source have one shortname'
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match=message):
        pair.dest.diff_from(pair.source)


def test_parents_are_named(fastdiffsync: Any, pair: Pair) -> None:
    """What cannot be added to a parent's children, or be taken out of them, is an error that names the parent."""
    site, device = pair.dest.get("site", "a"), pair.dest.get("device", "a__x")
    stranger = pair.Device(site="a", name="z")
    for method, child, message in (
        (site.add_child, device, 'Already storing a device with unique_id a__x in devices of site "a"'),
        (site.remove_child, stranger, 'a__z was not found as a child in devices of site "a"'),
        (device.add_child, site, 'site "a" cannot be added to device "a__x"'),
        (device.remove_child, site, 'site "a" cannot be taken out of device "a__x"'),
    ):
        pair.refuses(
            fastdiffsync.exceptions.ObjectStoreException, message, lambda method=method, child=child: method(child)
        )


def test_shortnames_that_differ(fastdiffsync: Any) -> None:
    """A pair of records cannot have two shortnames."""
    pair = Pair(fastdiffsync)
    pair.Device._shortname = ("size",)
    pair.refuses(
        ValueError, r"Shortname mismatch: 2 vs 3: device \"a__y\" must", lambda: pair.dest.diff_from(pair.source)
    )


@pytest.mark.parametrize("hook", ["get_unique_id", "get_attrs"])
@pytest.mark.parametrize(("source", "dest"), [(1, True), (1, 2), ("a", "b"), (0.0, -0.0)])
def test_names_that_differ(fastdiffsync: Any, hook: str, source: Any, dest: Any) -> None:
    """Records of one unique id have one name on both sides; values that are equal may have texts that are not."""

    class Thing(fastdiffsync.DiffSyncModel):
        _modelname = "thing"
        _identifiers = ("key",)
        _shortname = ("key", "label")
        key: str
        label: Any

    own = getattr(fastdiffsync.DiffSyncModel, hook)
    setattr(Thing, hook, lambda self: own(self))  # noqa: PLW0108 - a hook of the model's own

    class Things(fastdiffsync.Adapter):
        thing = Thing
        top_level = ["thing"]  # noqa: RUF012

    adapters = [Things(name) for name in ("source", "dest")]
    for adapter, label in zip(adapters, (source, dest), strict=True):
        adapter.add(Thing(key="k", label=label))
    with pytest.raises(ValueError, match=f'Shortname mismatch: k__{source} vs k__{dest}: thing "k" must'):
        adapters[1].diff_from(adapters[0])


def test_names_of_one_record(pair: Pair) -> None:
    """What a record itself says of its name is heard, whether by a method or by the fields that it names."""
    site = pair.source.get("site", "b")
    site._shortname = ("name", "devices")
    assert site.get_shortname() == "b__[]"
    site.get_shortname = lambda: "own"
    assert [shown.name for shown in pair.dest.diff_from(pair.source).get_children()] == ["a", "own"]


# ---- declarations ----


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"_identifiers": ("nothing",)}, "_identifiers .* references missing or un-annotated attr nothing"),
        ({"_attributes": ("nothing",)}, "_attributes .* references missing or un-annotated attr nothing"),
        ({"_shortname": ("nothing",)}, "_shortname .* references missing or un-annotated attr nothing"),
        ({"_children": {"device": "nothing"}}, "_children .* references missing or un-annotated attr nothing"),
        ({"_attributes": ("name",)}, "included in both _identifiers and _attributes"),
        ({"_children": {"device": "name"}}, "included in both _identifiers and _children"),
        ({"_attributes": ("kids",), "_children": {"device": "kids"}}, "included in both _attributes and _children"),
    ],
)
def test_wrong_class_settings(fastdiffsync: Any, settings: dict[str, Any], message: str) -> None:
    """What a class says about its fields is checked when it is declared."""
    body = {"_modelname": "site", "_identifiers": ("name",), "__annotations__": {"name": str, "kids": list}, **settings}
    with pytest.raises(AttributeError, match=message):
        type(fastdiffsync.DiffSyncModel)("Site", (fastdiffsync.DiffSyncModel,), body)


@pytest.mark.parametrize("children", [["devices"], ("device", "devices"), "devices", None, 5])
def test_children_setting_of_the_wrong_shape(fastdiffsync: Any, children: Any) -> None:
    """`_children` is a mapping, and a class that says otherwise is told so when it is declared."""
    body = {"_modelname": "site", "_identifiers": ("name",), "_children": children}
    body["__annotations__"] = {"name": str, "devices": list}
    with pytest.raises((AttributeError, TypeError), match=r"_children|items|values"):
        type(fastdiffsync.DiffSyncModel)("Site", (fastdiffsync.DiffSyncModel,), body)


def test_adapter_with_a_model_under_another_name(fastdiffsync: Any, pair: Pair) -> None:
    """A model class stands on an adapter under its own modelname, and `top_level` names such attributes."""
    with pytest.raises(AttributeError, match='Incorrect field name - Site has type name "site", not "place"'):
        type("Wrong", (fastdiffsync.Adapter,), {"place": pair.Site})
    with pytest.raises(AttributeError, match='top_level references attribute "site" but it is not a class attribute!'):
        type("Wrong", (fastdiffsync.Adapter,), {"top_level": ["site"]})
    with pytest.raises(AttributeError, match='"site" but it is not a DiffSyncModel subclass!'):
        type("Wrong", (fastdiffsync.Adapter,), {"top_level": ["site"], "site": str})


def test_record_of_a_type_the_destination_does_not_know(fastdiffsync: Any, pair: Pair) -> None:
    """A type that the destination has no class for cannot be created there, and nothing is."""

    class Bare(fastdiffsync.Adapter):
        site = pair.Site
        top_level = ["site"]  # noqa: RUF012

    bare = Bare()
    bare.add(pair.Site(name="a"))
    before = bare.dict()
    with pytest.raises(AttributeError, match="'Bare' object has no attribute 'device'"):
        bare.sync_from(pair.source)
    assert bare.dict() == before


@pytest.mark.parametrize("children", [None, 5, "a__x", {"a__x": 1}, ("a__x",), {"a__x"}, [1], [None], [["a__x"]]])
def test_child_list_of_the_wrong_shape(fastdiffsync: Any, children: Any) -> None:
    """A list of children that is none is refused like diffsync does, or read like diffsync does."""

    def outcome(library: Any) -> Any:
        pair = Pair(library)
        pair.source.get("site", "a").devices = children
        before = pair.contents()
        try:
            return pair.dest.diff_from(pair.source).dict()
        except (TypeError, library.ObjectNotFound) as error:
            assert pair.contents() == before
            return type(error).__name__

    assert outcome(fastdiffsync) == outcome(diffsync)


# ---- cycles ----


@pytest.mark.parametrize("side", ["source", "dest"])
@pytest.mark.parametrize("ring", [["a__x"], ["a__x", "a__y"]])
def test_cycle(fastdiffsync: Any, pair: Pair, side: str, ring: list[str]) -> None:
    """A record that is its own descendant is an error that names it."""
    adapter = getattr(pair, side)
    for place, uid in enumerate(ring):
        adapter.get("device", uid).parts.append(ring[(place + 1) % len(ring)])
    before = pair.dest.store.count(), pair.source.store.count()
    for action in (pair.dest.diff_from, pair.dest.sync_from):
        with pytest.raises(fastdiffsync.ChildrenCycle, match=r'device "a__[xy]" is among its own descendants'):
            action(pair.source)
    assert (pair.dest.store.count(), pair.source.store.count()) == before


def test_removing_a_cycle(pair: Pair) -> None:
    """Removing a record and all below it ends, even if one of those is the record."""
    device = pair.dest.get("device", "a__x")
    device.parts.append("a__x")
    pair.dest.remove(device, remove_children=True)
    assert pair.dest.get_or_none("device", "a__x") is None
