"""What public methods say of arguments that are not what they take: what was given, to whom, and what is wanted."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest

from .pair import Pair

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def pair(fastdiffsync: Any) -> Pair:
    """Give two loaded adapters."""
    return Pair(fastdiffsync)


class Duck:
    """Something that has what diffsync asks of a record when it stores it."""

    adapter = None

    def get_type(self) -> str:
        return "site"

    def get_unique_id(self) -> str:
        return "duck"


THEIRS = type("Theirs", (), {"__module__": "diffsync.models"})
"""A class that diffsync has made, or that stands below one of its."""


NO_RECORDS = {
    "None": (None, "not NoneType None"),
    "int": (5, "not int 5"),
    "str": ("a__x", r"not str 'a__x'; get it by its unique id first"),
    "dict": ({"name": "a"}, "not dict {'name': 'a'}"),
    "list": ([1], r"not list \[1\]; give them one by one"),
    "duck": (Duck(), "not Duck <"),
    "theirs": (THEIRS(), r"not Theirs <.*; its class is made by diffsync: call .*install_as_diffsync\(\)"),
}


def takers(pair: Pair) -> dict[str, Callable[[Any], Any]]:
    """Return all methods that take a record."""
    adapter, site = pair.dest, pair.dest.get("site", "a")
    return {
        "add": adapter.add,
        "update": adapter.update,
        "remove": adapter.remove,
        "get_or_add_model_instance": adapter.get_or_add_model_instance,
        "update_or_add_model_instance": adapter.update_or_add_model_instance,
        "add_child": site.add_child,
        "remove_child": site.remove_child,
    }


@pytest.mark.parametrize("value", NO_RECORDS)
def test_what_is_no_record(pair: Pair, value: str) -> None:
    """Something that is no record is a TypeError that names it and the method, and changes nothing."""
    given, text = NO_RECORDS[value]
    for name, method in takers(pair).items():
        pair.refuses(TypeError, f"{name} takes a record, .* {text}", lambda method=method: method(given))


def test_a_class_in_place_of_a_record(pair: Pair) -> None:
    """The class itself is not taken for one of its records."""
    for name, method in takers(pair).items():
        text = rf"{name} takes a record, .* not the class Site; make one of it: Site\(...\)"
        pair.refuses(TypeError, text, lambda method=method: method(pair.Site))


def test_adding_through_an_iterator_stops_at_what_is_no_record(pair: Pair) -> None:
    """`map` over `add` does not take what is no record for the end, and drop the rest without a word."""
    records = [pair.Site(name="new"), None, pair.Site(name="newer")]
    with pytest.raises(TypeError, match="add takes a record"):
        list(map(pair.dest.add, records))
    assert pair.dest.get("site", "new") is records[0]


def test_a_record_in_place_of_an_element(fastdiffsync: Any, pair: Pair) -> None:
    """A diff takes elements, also where something else has a type and a name."""

    class Typed(fastdiffsync.DiffSyncModel):
        _modelname = "typed"
        _identifiers = ("type", "name")
        type: str
        name: str

    element = fastdiffsync.DiffElement("site", "a", {"name": "a"})
    diff = fastdiffsync.Diff()
    for add in (diff.add, element.add_child):
        for value in (Typed(type="a", name="b"), pair.Site(name="a"), None, "a"):
            with pytest.raises(TypeError, match="a diff takes a DiffElement, not "):
                add(value)
    assert (len(diff), len(element)) == (0, 1)


@pytest.mark.parametrize("value", [None, 5, str, object()], ids=str)
def test_what_names_no_type(pair: Pair, value: Any) -> None:
    """What is neither a type name nor a model class or record is a TypeError of every method that asks for one."""
    adapter = pair.dest
    calls: dict[str, Callable[[], Any]] = {
        "get": lambda: adapter.get(value, "a"),
        "get_or_none": lambda: adapter.get_or_none(value, "a"),
        "get_all": lambda: adapter.get_all(value),
        "get_by_uids": lambda: adapter.get_by_uids(["a"], value),
        "get_or_instantiate": lambda: adapter.get_or_instantiate(value, {"name": "a"}),
        "update_or_instantiate": lambda: adapter.update_or_instantiate(value, {"name": "a"}, {}),
        "count": lambda: adapter.count(value or object()),
    }
    for call in calls.values():
        pair.refuses(TypeError, "model must be a type name, a model class or a record, not ", call)


@pytest.mark.parametrize("value", [None, 5, ["a"]], ids=str)
def test_what_is_no_identifier(pair: Pair, value: Any) -> None:
    """What is neither a unique id nor a dict of identifiers is a TypeError that says so."""
    for call in (
        lambda: pair.dest.get("site", value),
        lambda: pair.dest.get_or_none(pair.Site, value),
        lambda: pair.dest.get_or_instantiate(pair.Site, value),
    ):
        pair.refuses(TypeError, r"identifier must be a unique id \(str\) or a dict of identifiers, not ", call)


def test_identifiers_that_are_missing(pair: Pair) -> None:
    """The KeyError for an identifier that is not given is diffsync's, and says what else is to be given."""
    with pytest.raises(KeyError) as caught:
        pair.dest.get("device", {"site": "a", "nome": "x"})
    assert caught.value.args == ("name",)
    assert caught.value.__notes__ == ["a device is identified by ('site', 'name'): give ['name'] too"]


def test_an_attribute_of_the_adapter_that_is_no_class(pair: Pair) -> None:
    """A name under which the adapter has something else than a model class is one that no class is known for."""
    with pytest.raises(ValueError, match="Invalid args"):
        pair.dest.get("name", {"name": "a"})


def test_what_new_records_are_made_of(pair: Pair) -> None:
    """Where a record is to be made, class, identifiers and attributes must be that; nothing is added otherwise."""
    adapter = pair.dest
    calls = {
        "model must be a model class, .* not str 'site'": lambda: adapter.get_or_instantiate("site", {"name": "new"}),
        "ids must be a dict, to make the site .* not str 'new'": lambda: adapter.get_or_instantiate(pair.Site, "new"),
        "attrs must be a dict, .* not int 5": lambda: adapter.get_or_instantiate(pair.Site, {"name": "new"}, 5),
        "attrs must be a dict .* not NoneType None; {} if": lambda: adapter.update_or_instantiate(
            pair.Site, {"name": "new"}, None
        ),
    }
    for text, call in calls.items():
        pair.refuses(TypeError, text, call)


def test_attributes_that_are_no_fields(pair: Pair) -> None:
    """`update_or_instantiate` with an attribute that is no field sets none of the others, and adds no record."""
    for name in ("x", "new"):
        ids, attrs = {"site": "a", "name": name}, {"size": 9, "colour": "red"}
        pair.refuses(
            AttributeError,
            "colour",
            lambda ids=ids, attrs=attrs: pair.dest.update_or_instantiate(pair.Device, ids, attrs),
        )


@pytest.mark.parametrize("value", [None, ("a__x",), {"a__x"}, "a__x", 5], ids=str)
def test_a_list_of_children_that_is_none(pair: Pair, value: Any) -> None:
    """A field of children that is no list is named, with its record, when a child is to be added or removed."""
    site, device = pair.dest.get("site", "a"), pair.dest.get("device", "a__y")
    site.devices = value
    for method in (site.add_child,) if isinstance(value, set) else (site.add_child, site.remove_child):
        text = "site \"a\": its field 'devices' lists its children, and must be a list, not "
        pair.refuses(TypeError, text, lambda method=method: method(device))


def test_removing_from_a_set_of_children(fastdiffsync: Any, pair: Pair) -> None:
    """A child that is not there is not found, also if its parent keeps a set: it is no KeyError."""
    site = pair.dest.get("site", "a")
    site.devices = {"a__x"}
    site.remove_child(pair.dest.get("device", "a__x"))
    assert site.devices == set()
    with pytest.raises(fastdiffsync.ObjectNotFound, match="a__x was not found as a child in devices"):
        site.remove_child(pair.dest.get("device", "a__x"))


@pytest.mark.parametrize("engine", [dict, "sqlite", 5, None], ids=str)
def test_what_is_no_store(pair: Pair, engine: Any) -> None:
    """An adapter is made with a store or a class of stores; anything else is an error at once."""
    with pytest.raises(TypeError, match="internal_storage_engine must be a store or a class of stores, not "):
        pair.Inventory("third", engine)


def test_copying_what_is_no_store(fastdiffsync: Any, pair: Pair) -> None:
    """`copy_store` copies stores, not adapters, and says where the store of one is."""
    copy_store = importlib.import_module(f"{fastdiffsync.__name__}.store.copy").copy_store
    empty = pair.Inventory("third")
    with pytest.raises(TypeError, match=r"source is Inventory <.*>; give its store: source\.store"):
        copy_store(pair.source, empty.store)
    with pytest.raises(TypeError, match="dest is NoneType None"):
        copy_store(pair.source.store, None)
    assert len(empty) == 0


# ---- loading ----


class Frame:
    """What a table of pandas has that could be taken for something else."""

    columns = ("name",)

    def items(self) -> Any:
        return iter([("name", ["a"])])

    def __iter__(self) -> Any:
        return iter(self.columns)

    def to_dict(self, kind: str) -> list[dict[str, str]]:
        assert kind == "records"
        return [{"name": "new"}]


ROWS = [{"name": "new"}]
WRONG_TABLES = {
    "a list": (ROWS, r"takes a dict of the rows of each type, \{modelname: rows\}, not list \["),
    "a table": (Frame(), r'not Frame .*; write load_records\(\{modelname: frame.to_dict\("records"\)\}\)'),
    "a str": ("site", r"not str 'site'"),
    "None": (None, "not NoneType None"),
    "pairs": ([("site", ROWS)], "not list "),
    "a number for a type": ({1: ROWS}, r"are type names, not int 1"),
    "nested dicts": (
        {"site": {"new": ROWS[0]}},
        r"rows of site .* not dict .*; .* give its \.values\(\); load_from_dict",
    ),
    "a row for rows": ({"site": ROWS[0]}, "rows of site .* not dict .*; if it is one row, put it into a list"),
    "a table for rows": ({"site": Frame()}, r'rows of site .* not Frame .*; give frame\.to_dict\("records"\)'),
    "a str for rows": ({"site": "new"}, r"rows of site .* not str 'new'"),
    "None for rows": ({"site": None}, "rows of site .* not NoneType"),
    "a function for rows": ({"site": lambda: ROWS}, "rows of site .* not function"),
    "a tuple for a row": ({"site": [("new",)]}, r"row 0 of site: .* not tuple .*; give dict\(zip\(names, row\)\)"),
    "a str for a row": ({"site": ["new"]}, r"row 0 of site: a row must be a mapping .* not str 'new'"),
}


@pytest.mark.parametrize("what", WRONG_TABLES)
def test_rows_of_another_form(pair: Pair, what: str) -> None:
    """`load_records` says what it was given in place of rows, for which type, and what to give."""
    rows, text = WRONG_TABLES[what]
    for errors in ("first", "all"):
        error = ValueError if errors == "all" and "row 0" in text else TypeError
        pair.refuses(error, text, lambda errors=errors: pair.dest.load_records(rows, errors=errors))


def test_classes_and_records_among_rows(pair: Pair) -> None:
    """A model class is no type name, and a record no row."""
    text = "type names, not the class Site; write 'site'"
    pair.refuses(TypeError, text, lambda: pair.dest.load_records({pair.Site: ROWS}))
    text = "row 0 of site: .* not Site .*; store a record with add"
    pair.refuses(TypeError, text, lambda: pair.dest.load_records({"site": [pair.Site(name="new")]}))


def test_which_errors_are_asked_for(pair: Pair) -> None:
    """There are two answers to the question which errors to report."""
    pair.refuses(ValueError, "errors must be 'first' or 'all'", lambda: pair.dest.load_records({}, errors="collect"))


def test_errors_of_the_rows_themselves(pair: Pair) -> None:
    """What a generator of rows raises is no matter of any row: it comes through as it is, and nothing is loaded."""

    def rows() -> Any:
        yield {"name": "new"}
        message = "the file has ended"
        raise TypeError(message)

    for errors in ("first", "all"):
        pair.refuses(
            TypeError,
            "^the file has ended$",
            lambda errors=errors: pair.dest.load_records({"site": rows()}, errors=errors),
        )


def test_an_end_of_iteration_in_a_hook(fastdiffsync: Any) -> None:
    """A StopIteration that a model raises does not end the iteration that the load is part of."""

    class Site(fastdiffsync.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        name: str

        def __post_init__(self) -> None:
            next(iter(()))

    adapter = type("Sites", (fastdiffsync.Adapter,), {"site": Site})()
    with pytest.raises(RuntimeError, match="row 0 of site: StopIteration was raised"):
        list(map(adapter.load_records, [{"site": ROWS}]))
    assert len(adapter) == 0


WRONG_DICTS = {
    "a list": ([ROWS], r"takes \{modelname: \{unique id: \{field: value\}\}\}, as dict\(\) returns it, not list "),
    "a str": ("site", r"not str 'site'"),
    "None": (None, "not NoneType None"),
    "rows": (
        {"site": ROWS},
        r"\{unique id: \{field: value\}\} for site, not list .*; load_records takes",
    ),
    "None for a type": ({"site": None}, "for site, not NoneType"),
    "one record": ({"site": ROWS[0]}, r"takes \{field: value\} for site name, not str 'new'"),
    "a list for a record": ({"site": {"new": ["new"]}}, r"takes \{field: value\} for site new, not list"),
}


@pytest.mark.parametrize("what", WRONG_DICTS)
def test_dicts_of_another_form(pair: Pair, what: str) -> None:
    """`load_from_dict` says what it was given in place of dicts of dicts of dicts, for which type and record."""
    data, text = WRONG_DICTS[what]
    pair.refuses(TypeError, text, lambda: pair.dest.load_from_dict(data))


@pytest.mark.parametrize("store", ["local", "overridden add"])
def test_dicts_are_loaded_as_a_whole(fastdiffsync: Any, pair: Pair, store: str) -> None:
    """If a record of a nested dict is refused, those before it are not there either."""
    if store == "overridden add":
        library_add = fastdiffsync.Adapter.add
        type(pair.dest).add = lambda self, obj: library_add(self, obj=obj)
    sites = {"new": {"name": "new"}, "other": {"name": "other", "devices": ["a__new"]}}
    devices = {"a__new": {"site": "a", "name": "new"}}
    taken = {"site": sites, "device": {**devices, "a__x": {"site": "a", "name": "x", "size": 7}}}
    pair.refuses(fastdiffsync.ObjectAlreadyExists, "a__x already", lambda: pair.dest.load_from_dict(taken))
    wrong = {"site": sites, "device": {**devices, "a__z": {"site": "a"}}}
    pair.refuses(fastdiffsync.ValidationError, "name", lambda: pair.dest.load_from_dict(wrong))
    pair.dest.load_from_dict({"site": sites, "device": devices})
    assert pair.dest.get("device", "a__new").adapter is pair.dest
