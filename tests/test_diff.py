"""Diffs and their elements: as diffsync has them, whether put together by hand, calculated, or changed afterwards."""

from __future__ import annotations

import copy
import pickle
import weakref
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import diffsync
import diffsync.diff
import diffsync.exceptions
import diffsync.utils
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .parity.journal import Text
from .profile import by_profile
from .small_stack import on_small_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEEP = by_profile(desk=5_000, ci=20_000)
DEEPEST = by_profile(desk=5_000, ci=100_000)
DESCRIBED = by_profile(desk=600, ci=1_000)  # a call of `Diff.str` and one of `DiffElement.str` each
NAN = float("nan")


# ---- what can be seen of a diff ----


def attempt(function: Callable[[], Any]) -> Any:
    """Return what a call returns, or the type and text of what it raises."""
    try:
        return function()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other library must raise it too
        return type(error).__name__, Text(error.args[0])


def without_negative_skip(summary: dict[str, int]) -> dict[str, int]:
    """Return a summary with no fewer than 0 records skipped: diffsync goes below, see docs/deviations.md."""
    return {**summary, "skip": max(summary["skip"], 0)}


def see_element(element: Any) -> Any:
    return {
        "identity": (element.type, element.name, element.keys, element.source_name, element.dest_name),
        "action": element.action,
        "diffs": repr(element.get_attrs_diffs()),
        "names": list(element.get_attrs_keys()),
        "has_diffs": (element.has_diffs(), element.has_diffs(include_children=False)),
        "numbers": (len(element), element.summary()),
        "texts": (str(element), element.str(), element.str(indent=3), repr(element.dict())),
        "attrs": repr((element.source_attrs, element.dest_attrs)),
    }


ANSWERS: dict[str, Callable[[Any], Any]] = {
    "len": len,
    "has_diffs": lambda diff: diff.has_diffs(),
    "summary": lambda diff: without_negative_skip(diff.summary()),
    "str": lambda diff: diff.str(),
    "indented": lambda diff: diff.str(indent=5),
    "dict": lambda diff: repr(diff.dict()),
    "groups": lambda diff: diff.groups(),
    "order": lambda diff: [(element.type, element.name) for element in diff.get_children()],
    "elements": lambda diff: [see_element(element) for element in every_element(diff)],
    "children": lambda diff: {group: list(elements) for group, elements in diff.children.items()},
}


def every_element(diff: Any) -> Iterator[Any]:
    for element in diff.get_children():
        yield element
        yield from every_element(element.child_diff)


def see(diff: Any, names: tuple[str, ...] = tuple(ANSWERS)) -> dict[str, Any]:
    return {name: attempt(lambda name=name: ANSWERS[name](diff)) for name in names}


# ---- classes of diffs ----


@cache
def diff_classes(library: Any) -> dict[str, Any]:  # noqa: C901 - a row of small classes
    """Return subclasses that override each one part, calling the library's own where a user would."""

    class LastFirst(library.Diff):
        def order_children_device(self, children: Any) -> Any:
            yield from reversed(list(children.values()))

    class WithoutDeletes(library.Diff):
        @staticmethod
        def order_children_default(children: Any) -> Any:
            return (element for element in children.values() if element.action != "delete")

    class OneChild(library.Diff):
        def get_children(self) -> Any:
            yield from islice(super().get_children(), 1)

    class BlindToSites(library.Diff):
        def groups(self) -> Any:
            return [group for group in super().groups() if group != "device"]

    class Counting(library.Diff):
        def summary(self) -> Any:
            summary = super().summary()
            summary["create"] += 100
            return summary

    class Contrary(library.Diff):
        def has_diffs(self) -> bool:
            return not super().has_diffs()

    class Shouting(library.Diff):
        def str(self, indent: int = 0) -> Any:
            return super().str(indent).upper()

    class Marked(library.Diff):
        def dict(self) -> Any:
            return {**super().dict(), "mark": {}}

    class Changes(library.Diff):
        def add(self, element: Any) -> None:
            if element.has_diffs():
                super().add(element)

    class OwnChildren(library.Diff):
        def __init__(self) -> None:
            super().__init__()
            self.children = library.utils.OrderedDefaultDict(dict)

    class OnInstance(library.Diff):
        def __init__(self) -> None:
            super().__init__()
            self.order_children_site = lambda children: sorted(children.values(), reverse=True)

    class OnRequest(library.Diff):
        def __getattr__(self, name: str) -> Any:
            if name == "order_children_device":
                return lambda children: list(children.values())[:1]
            raise AttributeError(name)

    classes = (LastFirst, WithoutDeletes, OneChild, BlindToSites, Counting, Contrary, Shouting, Marked, Changes)
    return {cls.__name__: cls for cls in (library.Diff, *classes, OwnChildren, OnInstance, OnRequest)}


CLASSES = st.deferred(lambda: st.sampled_from(sorted(diff_classes(diffsync))))


# ---- calculated diffs ----

VALUES = st.sampled_from((1, 2, "1", None, NAN, [1], [2]))
SITES = st.dictionaries(
    st.sampled_from("abcd"),
    st.tuples(VALUES, st.dictionaries(st.sampled_from("wxyz"), VALUES, max_size=3)),
    max_size=3,
)


@cache
def adapter_class(library: Any) -> Any:
    """Return a class of adapters with sites and, below them, devices and rooms."""

    class Device(library.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("site", "name")
        _shortname = ("name",)
        _attributes = ("value", "fixed")
        site: str
        name: str
        value: Any
        fixed: int = 0

    class Room(library.DiffSyncModel):
        _modelname = "room"
        _identifiers = ("name",)
        name: str

    class Site(library.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        _attributes = ("value",)
        _children = {"device": "devices", "room": "rooms"}  # noqa: RUF012 - as models are written
        name: str
        value: Any
        devices: list[str] = []  # noqa: RUF012
        rooms: list[str] = []  # noqa: RUF012

    class Network(library.Adapter):
        site = Site
        device = Device
        room = Room
        top_level = ("site",)

    return Network


def adapter(library: Any, name: str, sites: dict[str, Any]) -> Any:
    """Return an adapter with the sites, their devices, and a room in each."""
    network = adapter_class(library)(name=name)
    for site_name, (value, devices) in sites.items():
        site = network.site(name=site_name, value=value)
        children = [network.device(site=site_name, name=device, value=value) for device, value in devices.items()]
        children.append(network.room(name=f"room of {site_name}"))
        for record in (site, *children):
            network.add(record)
        for child in children:
            site.add_child(child)
    return network


def calculated(library: Any, source: dict[str, Any], dest: dict[str, Any], diff_class: str = "Diff") -> Any:
    cls = diff_classes(library)[diff_class]
    return adapter(library, "dest", dest).diff_from(adapter(library, "source", source), diff_class=cls)


OLD = {"a": (1, {"w": 1, "x": 1}), "b": (1, {"w": 1}), "c": (1, {"y": 1})}
NEW = {"a": (1, {"w": 1, "x": 2}), "b": (1, {"w": 1}), "d": (1, {"z": 1})}


@given(source=SITES, dest=SITES, diff_class=CLASSES, names=st.permutations(sorted(ANSWERS)))
def test_calculated_diffs_answer_as_diffsync(fastdiffsync, source, dest, diff_class, names):
    """A calculated diff answers all questions as diffsync's, in whatever order, whatever is overridden."""
    theirs, mine = (calculated(library, source, dest, diff_class) for library in (diffsync, fastdiffsync))
    names = tuple(names)
    assert see(mine, names) == see(theirs, names)
    assert see(mine) == see(theirs)


@pytest.mark.parametrize("changed", [None, "a", "b", "c"])
def test_parts_of_a_diff_answer_for_themselves(fastdiffsync, changed):
    """Each element counts what is below it, wherever in the whole diff the only change is."""
    source = {site: (1, {"w": 1, "x": 2 if site == changed else 1}) for site in "abc"}
    dest = {site: (1, {"w": 1, "x": 1}) for site in "abc"}
    diff = calculated(fastdiffsync, source, dest)
    assert diff.has_diffs() is (changed is not None)
    assert {site.name: site.has_diffs() for site in diff.get_children()} == {site: site == changed for site in "abc"}
    updates = {site.name: site.summary()["update"] for site in diff.get_children()}
    assert updates == {site: int(site == changed) for site in "abc"}
    assert (diff.summary()["update"], diff.summary()["no-change"]) == ((0, 12) if changed is None else (1, 11))
    assert [len(site) for site in diff.get_children()] == [4, 4, 4]


def test_order_methods_that_come_and_go(fastdiffsync):
    """A class may be given an order method, and lose it, between two questions to its diffs."""

    def answers(library: Any) -> list[Any]:
        own_diff = type("OwnDiff", (library.Diff,), {})
        diff = adapter(library, "dest", OLD).diff_from(adapter(library, "source", NEW), diff_class=own_diff)
        found = [see(diff, ("len", "summary"))]
        own_diff.order_children_device = lambda _self, _children: iter(())
        found.append(see(diff, ("len", "summary")))
        del own_diff.order_children_device
        found.append(see(diff, ("len", "summary")))
        own_diff.order_children_default = classmethod(lambda _cls, _children: iter(()))
        return [*found, see(diff, ("len", "summary"))]

    assert answers(fastdiffsync) == answers(diffsync)


# ---- changes of diffs ----


def new_element(library: Any, diff: Any, element_type: str, name: str) -> Any:
    element = library.diff.DiffElement(element_type, name, {"name": name}, diff_class=type(diff))
    element.add_attrs(source={"value": 1}, dest={"value": len(name)})
    return element


def replace_children(element: Any) -> None:
    element.child_diff.get_children = lambda: iter(())


def replace_has_diffs(element: Any) -> None:
    element.child_diff.has_diffs = lambda: True


def replace_order(element: Any) -> None:
    element.child_diff.order_children_device = lambda children: list(children.values())[:1]


def set_value(attrs: Any) -> None:
    if attrs is not None:
        attrs["value"] = "edited"


def delete_first(children: Any) -> None:
    for group in list(children.values())[:1]:
        for name in list(group)[:1]:
            del group[name]


def reverse(children: Any) -> None:
    for group in list(children):
        children[group] = dict(reversed(children[group].items()))


ELEMENT_CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "read source_attrs": lambda _, element: element.source_attrs,
    "edit source_attrs": lambda _, element: set_value(element.source_attrs),
    "edit dest_attrs": lambda _, element: set_value(element.dest_attrs),
    "assign source_attrs": lambda _, element: setattr(element, "source_attrs", {"value": 7}),
    "assign dest_attrs": lambda _, element: setattr(element, "dest_attrs", None),
    "assign name": lambda _, element: setattr(element, "name", "renamed"),
    "assign type": lambda _, element: setattr(element, "type", "other"),
    "assign keys": lambda _, element: setattr(element, "keys", {"id": 1}),
    "edit keys": lambda _, element: element.keys.update(id=2),
    "add_attrs": lambda _, element: element.add_attrs(source={"value": 3}, dest={"value": NAN}),
    "add_child": lambda library, element: element.add_child(
        new_element(library, element.child_diff, "device", f"{element.name}+")
    ),
    "assign child_diff": lambda _, element: setattr(element, "child_diff", type(element.child_diff)()),
    "delete child": lambda _, element: delete_first(element.child_diff.children),
    "replace get_children": lambda _, element: replace_children(element),
    "replace has_diffs": lambda _, element: replace_has_diffs(element),
    "replace order": lambda _, element: replace_order(element),
}
DIFF_CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda library, diff: diff.add(new_element(library, diff, "site", "added")),
    "add again": lambda library, diff: diff.add(new_element(library, diff, "site", "a")),
    "delete": lambda _, diff: delete_first(diff.children),
    "reverse": lambda _, diff: reverse(diff.children),
    "replace groups": lambda _, diff: setattr(diff, "groups", lambda: ["device"]),
    "assign children": lambda _, diff: setattr(diff, "children", dict(islice(diff.children.items(), 1))),
}
CHANGES = st.one_of(
    st.tuples(st.just("element"), st.sampled_from(sorted(ELEMENT_CHANGES)), st.integers(0, 12)),
    st.tuples(st.just("diff"), st.sampled_from(sorted(DIFF_CHANGES)), st.just(0)),
    st.tuples(st.just("see"), st.sampled_from(sorted(ANSWERS)), st.just(0)),
)


def change_one(library: Any, diff: Any, what: str, name: str, place: int) -> None:
    if what == "diff":
        DIFF_CHANGES[name](library, diff)
    else:
        for element in islice(every_element(diff), place, place + 1):
            ELEMENT_CHANGES[name](library, element)


def play(library: Any, diff: Any, changes: list[tuple[str, str, int]]) -> list[Any]:
    """Make changes, and return what was seen in between and at the end."""
    seen: list[Any] = []
    for what, name, place in changes:
        if what == "see":
            seen.append(see(diff, (name,)))
        else:
            seen.append(attempt(lambda what=what, name=name, place=place: change_one(library, diff, what, name, place)))
    return [*seen, see(diff)]


@given(
    source=SITES,
    dest=SITES,
    diff_class=CLASSES,
    changes=st.lists(CHANGES, min_size=1, max_size=5),
)
def test_changed_diffs_answer_as_diffsync(fastdiffsync, source, dest, diff_class, changes):
    """A calculated diff whose elements, attributes or methods are changed answers as diffsync's does."""
    theirs, mine = (
        play(library, calculated(library, source, dest, diff_class), changes) for library in (diffsync, fastdiffsync)
    )
    assert mine == theirs


# ---- diffs put together by hand ----

ATTRS = st.none() | st.dictionaries(st.sampled_from(("size", "tags", "note")), VALUES, max_size=3)
TREES = st.recursive(
    st.just([]),
    lambda below: st.lists(st.tuples(st.sampled_from("st"), st.sampled_from("abc"), ATTRS, ATTRS, below), max_size=3),
    max_leaves=8,
)


def grow(library: Any, diff: Any, tree: list[Any], errors: list[Any]) -> Any:
    """Put a drawn tree into a diff, and note what it refuses."""
    for element_type, name, source, dest, below in tree:
        element = library.diff.DiffElement(element_type, name, {"name": name}, "here", diff_class=type(diff))
        element.add_attrs(source=copy.copy(source), dest=copy.copy(dest))
        errors.append(attempt(lambda element=element: diff.add(element)))
        grow(library, element.child_diff, below, errors)
    return diff


@given(tree=TREES, diff_class=CLASSES, changes=st.lists(CHANGES, max_size=3))
def test_diffs_put_together_by_hand(fastdiffsync, tree, diff_class, changes):
    """The same elements added by hand, and changed, give the same answers and the same refusals as with diffsync."""
    outcomes = []
    for library in (diffsync, fastdiffsync):
        errors: list[Any] = []
        diff = grow(library, diff_classes(library)[diff_class](), tree, errors)
        outcomes.append((errors, play(library, diff, changes)))
    theirs, mine = outcomes
    assert mine == theirs


@given(tree=TREES)
def test_ordering_and_equality(fastdiffsync, tree):
    """Elements are ordered by type and name, and equal if they say the same, whatever is below them."""

    def compared(library: Any) -> list[Any]:
        elements = list(every_element(grow(library, library.Diff(), tree, [])))
        pairs = [(one, other) for one in elements for other in elements]
        return [(a < b, a <= b, a > b, a >= b, a == b, a != b) for a, b in pairs]

    assert compared(fastdiffsync) == compared(diffsync)


def test_elements_are_not_hashable_and_not_equal_to_other_things(fastdiffsync):
    """An element equals nothing but elements, and has no hash."""
    element = fastdiffsync.diff.DiffElement("site", "a", {})
    assert element != "a"
    assert element.__eq__("a") is NotImplemented
    with pytest.raises(TypeError, match="unhashable type: 'DiffElement'"):
        hash(element)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, "a", {}), "obj_type must be a string (not <class 'int'>)"),
        (("site", None, {}), "name must be a string (not <class 'NoneType'>)"),
    ],
)
def test_elements_need_texts_for_type_and_name(fastdiffsync, arguments, message):
    """A type or name that is no text is refused with the type it is of."""
    for library in (diffsync, fastdiffsync):
        with pytest.raises(ValueError, match="must be a string") as caught:
            library.diff.DiffElement(*arguments)
        assert str(caught.value) == message


def test_refused_element_is_named_and_given(fastdiffsync):
    """Adding a second element of a type and name raises with these and both identifiers, and has the element."""
    diff = fastdiffsync.Diff()
    diff.add(fastdiffsync.diff.DiffElement("site", "a", {"id": 1}))
    second = fastdiffsync.diff.DiffElement("site", "a", {"id": 2})
    message = r"Already storing a site named a: \{'id': 1\} and \{'id': 2\} need different names"
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match=message) as caught:
        diff.add(second)
    assert caught.value.existing_object is second


ODD_VALUES = {
    "text": 'it\'s "é" →\n\ud800',
    "numbers": {1: 2.5, -5: float("nan"), False: None, b"\x00": float("inf")},
    "nested": {"a": {"b": {"c": {}}}},
    "list": [1, {"a": ("b",)}],
    "": "",
}


@pytest.mark.parametrize("name", sorted(ODD_VALUES))
@pytest.mark.parametrize("sides", [("source",), ("dest",), ("source", "dest")])
def test_an_element_in_one_line(fastdiffsync, name, sides):
    """`str(element)` shows keys and values as Python does, whatever they are."""

    def line(library: Any) -> str:
        element = library.diff.DiffElement("site → é", name, {name: ODD_VALUES[name]}, dest_name="\ud800")
        element.add_attrs(**{side: {"side": side, name: ODD_VALUES[name]} for side in sides})
        return str(element)

    assert line(fastdiffsync) == line(diffsync)


def test_elements_are_equal_to_themselves_and_to_those_of_the_same_records(fastdiffsync):
    """Elements of two diffs of the same records are equal until one of them is changed."""
    source, dest = adapter(fastdiffsync, "source", NEW), adapter(fastdiffsync, "dest", OLD)
    one, two = (every_element(dest.diff_from(source)) for _ in range(2))
    for element, other in zip(one, two, strict=True):
        assert element == other
        other.keys["name"] = "another"
        assert element != other


def element_classes(library: Any) -> list[Any]:
    class Loud(library.diff.DiffElement):
        def str(self, indent: int = 0) -> Any:
            return " " * indent + "!"

        def dict(self) -> Any:
            return {"!": {}}

    class Heavy(library.diff.DiffElement):
        def __len__(self) -> int:
            return 7

        def summary(self) -> Any:
            return {"create": 0, "update": 7, "delete": 0, "no-change": 0}

    class Quiet(library.diff.DiffElement):
        def has_diffs(self, include_children: bool = True) -> bool:
            return bool(self.name) and not include_children

        @property
        def action(self) -> Any:
            return None

    class Barren(library.diff.DiffElement):
        def get_children(self) -> Any:
            return iter(())

    return [Loud, Heavy, Quiet, Barren]


@pytest.mark.parametrize("number", range(4))
def test_own_classes_of_elements(fastdiffsync, number):
    """Elements of a subclass are asked wherever diffsync asks them, at the top and below another element."""

    def build(library: Any) -> Any:
        cls = element_classes(library)[number]
        top, middle, bottom = (cls("site", "a", {}), library.diff.DiffElement("site", "b", {}), cls("device", "c", {}))
        diff = library.Diff()
        for parent, element in (
            (diff, top),
            (diff, middle),
            (middle.child_diff, bottom),
            (top.child_diff, new_leaf(library)),
        ):
            element.add_attrs(source={"value": 1}, dest={"value": 2})
            parent.add(element)
        return diff

    def new_leaf(library: Any) -> Any:
        return library.diff.DiffElement("device", "leaf", {})

    assert see(build(fastdiffsync)) == see(build(diffsync))


def test_nothing_was_skipped_by_hand(fastdiffsync):
    """A diff put together by hand, what is below an element, and a diff that was added to have skipped nothing."""
    by_hand = grow(fastdiffsync, fastdiffsync.Diff(), [("s", "a", {"size": 1}, {"size": 2}, [])], [])
    assert by_hand.summary() == {"create": 0, "update": 1, "delete": 0, "no-change": 0, "skip": 0}
    diff = calculated(fastdiffsync, NEW, OLD)
    assert diff.children["site"]["a"].child_diff.summary()["skip"] == 0
    grow(fastdiffsync, diff, [("s", str(number), {}, {}, []) for number in range(5)], [])
    assert diff.summary()["skip"] == 0


# ---- views ----


def test_numbers_and_texts_build_nothing(fastdiffsync):
    """Length, summary, texts and dicts of a calculated diff are had without making the diffs below its elements."""
    made = []

    class Noted(fastdiffsync.Diff):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    diff = adapter(fastdiffsync, "dest", OLD).diff_from(adapter(fastdiffsync, "source", NEW), diff_class=Noted)
    seen = see(diff, ("len", "has_diffs", "summary", "str", "dict", "groups"))
    assert seen["len"] == len(diff) > 0
    assert made == [diff]


def test_elements_stay_the_same_objects(fastdiffsync):
    """An element that was looked at is the same object whichever way it is reached, with what was put on it."""
    diff = calculated(fastdiffsync, NEW, OLD)
    element = next(iter(diff.get_children()))
    element.reviewed = True
    assert diff.children["site"]["a"] is element
    assert next(iter(diff.get_children())) is element
    assert element.child_diff is element.child_diff
    assert next(iter(diff.get_children())).reviewed


def test_a_diff_is_a_snapshot(fastdiffsync):
    """Editing records after the diff changes neither what it says about changes nor that there are none."""
    source, dest = adapter(fastdiffsync, "source", NEW), adapter(fastdiffsync, "dest", OLD)
    diff = dest.diff_from(source)
    before = see(diff, ("len", "has_diffs", "summary", "str", "dict"))
    for record in (*source.get_all("site"), *dest.get_all("device")):
        record.value = "edited"
    unchanged = diff.children["site"]["b"]
    assert (unchanged.action, unchanged.get_attrs_diffs()) == (None, {"-": {}, "+": {}})
    assert unchanged.source_attrs == unchanged.dest_attrs
    assert unchanged.action is None
    assert see(diff, ("len", "has_diffs", "summary", "str", "dict")) == before


def test_reading_one_element_leaves_the_others_alone(fastdiffsync):
    """After one element was edited, it counts as edited, and all others as the diff found them."""
    diff = calculated(fastdiffsync, NEW, OLD)
    before = diff.summary()
    element = diff.children["site"]["b"]
    element.source_attrs["value"] = 2
    assert element.action == "update"
    assert diff.summary() == {**before, "update": before["update"] + 1, "no-change": before["no-change"] - 1, "skip": 0}


def test_filtered_diff_is_what_is_synced(fastdiffsync):
    """Elements deleted from `children` are not applied."""
    source, dest = adapter(fastdiffsync, "source", NEW), adapter(fastdiffsync, "dest", OLD)
    diff = dest.diff_from(source)
    for name in [element.name for element in diff.get_children() if element.action == "delete"]:
        del diff.children["site"][name]
    dest.sync_from(source, diff=diff)
    assert [site.name for site in dest.get_all("site")] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("change", ["nothing", "read", "keys", "attrs", "order", "replaced below"])
def test_reviewed_diff_is_what_is_synced(fastdiffsync, change):
    """A diff that was read, or changed, is applied as diffsync applies it."""

    def synced(library: Any) -> Any:
        source, dest = adapter(library, "source", NEW), adapter(library, "dest", OLD)
        diff = dest.diff_from(source)
        elements = {element.name: element for element in every_element(diff)}
        if change == "read":
            see(diff)
        elif change == "keys":
            elements["d"].keys["name"] = "e"
        elif change == "attrs":
            elements["x"].source_attrs["value"] = 9
        elif change == "order":
            reverse(diff.children)
        elif change == "replaced below":
            replace_children(elements["a"])
        dest.sync_from(source, diff=diff)
        return [
            repr(sorted(vars_of(model).items())) for name in ("site", "device", "room") for model in dest.get_all(name)
        ]

    def vars_of(model: Any) -> dict[str, Any]:
        return {**model.get_identifiers(), **model.get_attrs()}

    assert synced(fastdiffsync) == synced(diffsync)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda diff: pickle.loads(pickle.dumps(diff))])
def test_copies_say_the_same(fastdiffsync, copied):
    """A diff can be copied and pickled, and the copy says the same."""
    diff = calculated(fastdiffsync, NEW, OLD)
    assert see(copied(diff)) == see(diff) == see(calculated(diffsync, NEW, OLD))


def test_deep_copy_stands_alone(fastdiffsync):
    """What is done to a deep copy does not reach the diff it was made of."""
    diff = calculated(fastdiffsync, NEW, OLD)
    before = see(diff)
    duplicate = copy.deepcopy(diff)
    delete_first(duplicate.children)
    set_value(duplicate.children["site"]["b"].source_attrs)
    assert see(diff) == before


def test_missing_attribute_of_an_unfinished_element(fastdiffsync):
    """An element whose class does not call `DiffElement.__init__` lacks its attributes as any object does."""

    class Unfinished(fastdiffsync.diff.DiffElement):
        def __init__(self) -> None:
            pass

    with pytest.raises(AttributeError, match="'Unfinished' object has no attribute 'source_attrs'"):
        _ = Unfinished().source_attrs


# ---- depth ----


def chain(library: Any, depth: int, changed: int) -> Any:
    """Return a chain of elements put together by hand, one below the other, one of them changed."""
    diff = below = library.Diff()
    for level in range(depth):
        element = library.diff.DiffElement("node", str(level), {})
        element.add_attrs(source={"value": 1}, dest={"value": 1 + (level == changed)})
        below.add(element)
        below = element.child_diff
    return diff


def dict_depth(nested: dict[str, Any]) -> int:
    depth = 0
    while "node" in nested:
        depth += 1
        (nested,) = nested["node"].values()
    return depth


def test_deep_diff_put_together_by_hand(fastdiffsync):
    """A chain far deeper than the interpreter's stack answers, though its only change is at the bottom."""

    def ask() -> None:
        diff = chain(fastdiffsync, DEEP, changed=DEEP - 1)
        assert len(diff) == DEEP
        assert diff.has_diffs()
        assert diff.summary() == {"create": 0, "update": 1, "delete": 0, "no-change": DEEP - 1, "skip": 0}
        assert dict_depth(diff.dict()) == DEEP

    on_small_stack(ask)


def test_deepest_diff_is_freed(fastdiffsync):
    """A chain of many thousand elements is freed as soon as nobody has it."""

    def free() -> None:
        diff = chain(fastdiffsync, DEEPEST, changed=0)
        first = weakref.ref(diff.children["node"]["0"])
        assert diff.has_diffs()
        del diff
        assert first() is None

    on_small_stack(free)


def test_deep_texts(fastdiffsync):
    """The text of a deep chain, changed near its top or a long way down, is had without recursion."""

    def describe() -> None:
        assert chain(fastdiffsync, DEEP, changed=1).str() == (
            "node\n  node: 0\n    node\n      node: 1\n        value    source(1)    dest(2)"
        )
        assert chain(fastdiffsync, DESCRIBED, changed=DESCRIBED - 1).str().count("\n") == 2 * DESCRIBED

    on_small_stack(describe)


def chain_class(fastdiffsync: Any) -> Any:
    """Return an adapter class whose nodes have nodes below them."""

    class Node(fastdiffsync.DiffSyncModel):
        _modelname = "node"
        _identifiers = ("name",)
        _attributes = ("value",)
        _children = {"node": "nodes"}  # noqa: RUF012 - as models are written
        name: str
        value: int = 1
        nodes: list[str] = []  # noqa: RUF012

    class Root(Node):
        _modelname = "root"

    class Chain(fastdiffsync.Adapter):
        root = Root
        node = Node
        top_level = ("root",)

    return Chain


def load_chain(chain_class: Any, depth: int, last: int) -> Any:
    """Return an adapter with a chain of records, one below the other, of which the last has a value of its own."""
    adapter = chain_class()
    parent = adapter.root(name="root")
    adapter.add(parent)
    for level in range(depth):
        child = adapter.node(name=str(level), value=last if level == depth - 1 else 1)
        adapter.add(child)
        parent.add_child(child)
        parent = child
    return adapter


@pytest.mark.parametrize(("depth", "is_touched"), [(DEEPEST, False), (DEEP, True)])
def test_deep_calculated_diff(fastdiffsync, depth, is_touched):
    """A calculated chain answers from the top to the bottom, before and after its last element was looked at."""

    def ask() -> None:
        cls = chain_class(fastdiffsync)
        diff = load_chain(cls, depth, last=1).diff_from(load_chain(cls, depth, last=2))
        (top,) = diff.get_children()
        if is_touched:
            element = top
            while children := list(element.get_children()):
                (element,) = children
            assert element.source_attrs == {"value": 2}
        assert (len(diff), len(top), diff.has_diffs(), top.has_diffs()) == (depth + 1, depth + 1, True, True)
        assert diff.summary() == {"create": 0, "update": 1, "delete": 0, "no-change": depth, "skip": 0}
        assert dict_depth(diff.dict()["root"]["root"]) == depth
        assert dict_depth(top.dict()) == depth

    on_small_stack(ask)
