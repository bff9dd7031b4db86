"""Records and values that look alike in a store of bytes and are not, or do not and are: told apart as in memory."""

from __future__ import annotations

import enum
import functools
import re
from datetime import date, datetime, time, timezone
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..profile import by_profile
from .network import elements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Measure(float, enum.Enum):
    """Members that are numbers; the one that is none differs from itself."""

    ONE = 1.0
    NONE = float("nan")


class Grade(enum.Enum):
    """Members that are never equal."""

    GOOD = 1

    def __ne__(self, other: object) -> bool:
        return True


class Access(enum.Flag):
    """Flags that are never equal."""

    READ = 1

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = enum.Flag.__hash__


# A NaN in a list is equal to itself if it is one object: each record gets one of its own, as it does from a store.
VALUES: list[Callable[[], Any]] = [
    lambda: None,
    lambda: 1,
    lambda: True,
    lambda: 1.0,
    lambda: "1",
    lambda: -0.0,
    lambda: 0,
    lambda: Decimal(1),
    lambda: Decimal("1.0"),
    lambda: float("nan"),
    lambda: Decimal("NaN"),
    lambda: Decimal("-NaN12"),
    lambda: Decimal("sNaN"),
    lambda: [float("nan")],
    lambda: (Decimal("NaN"),),
    lambda: {"a": [Decimal("NaN")]},
    lambda: {Decimal("NaN"): 1},
    lambda: {float("nan")},
    lambda: {1: "a", 2: "b"},
    lambda: {2: "b", 1: "a"},
    lambda: [1],
    lambda: [True],
    lambda: (1,),
    lambda: b"1",
    lambda: bytearray(b"1"),
    lambda: date(2024, 10, 27),
    lambda: datetime(2024, 10, 27, 2, 30),  # noqa: DTZ001 - a naive one too
    lambda: datetime(2024, 10, 27, 2, 30, fold=1),  # noqa: DTZ001
    lambda: datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    lambda: datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
    lambda: datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Paris")),
    lambda: datetime(2024, 10, 27, 1, 30, tzinfo=timezone.utc),
    lambda: time(2, 30),
    lambda: time(2, 30, fold=1),
]
MEMBERS = [None, Measure.ONE, Measure.NONE, Grade.GOOD, Access.READ]
PARTS = ("a", "b", "a__b", "b__a", "a__b__a", "", "__", "1")
ODD_PARTS: list[Callable[[], Any]] = [
    *(lambda: "a", lambda: "a__1", lambda: "1__a", lambda: "1", lambda: 1, lambda: Decimal(1), lambda: "None"),
    *(lambda: None, lambda: float("nan"), lambda: Decimal("NaN"), lambda: "nan"),
]


class Item(NamedTuple):
    """One record: its identifiers, its attributes, and the records below it as `(type, item)`."""

    identifiers: tuple[Any, Any]
    value: Callable[[], Any]
    member: Any
    below: tuple[tuple[str, Item], ...] = ()


def make_look_alikes(library: Any) -> Any:
    """Return an adapter class whose types have two identifiers: of certain types, of any, and with shortnames."""

    class Certain(library.DiffSyncModel):  # type: ignore[misc]
        _modelname = "certain"
        _identifiers = ("first", "second")
        _attributes = ("value", "member")
        first: str
        second: str
        value: Any = None
        member: Measure | Grade | Access | None = None

    class Odd(Certain):
        _modelname = "odd"
        first: Any
        second: Any

    class Named(Certain):
        _modelname = "named"
        _shortname = ("second",)

    class Site(Certain):
        _modelname = "site"
        _children: ClassVar[dict[str, str]] = {"certain": "certains", "odd": "odds", "named": "nameds"}
        certains: list[str] = []  # noqa: RUF012 - copied for each record
        odds: list[str] = []  # noqa: RUF012 - copied for each record
        nameds: list[str] = []  # noqa: RUF012 - copied for each record

    class TopOdd(Odd):
        _modelname = "top_odd"

    class TopNamed(Named):
        _modelname = "top_named"

    class LookAlikes(library.Adapter):  # type: ignore[misc]
        site = Site
        certain = Certain
        odd = Odd
        named = Named
        top_odd = TopOdd
        top_named = TopNamed
        top_level: ClassVar[list[str]] = ["site", "top_odd", "top_named"]

    return LookAlikes


def load(adapter: Any, items: Iterable[tuple[str, Item]], parent: Any = None) -> None:
    """Add records, and what is below them, with values of their own."""
    for modelname, item in items:
        first, second = (part() if callable(part) else part for part in item.identifiers)
        record = getattr(adapter, modelname)(first=first, second=second, value=item.value(), member=item.member)
        adapter.add(record)
        if parent is not None:
            parent.add_child(record)
        load(adapter, item.below, record)


def said(source: Any, dest: Any, *, is_ordered: bool) -> Any:
    """Return a diff, and what it says, or what error it raises; of an error among records without order nothing."""
    try:
        diff = dest.diff_from(source)
    except Exception as error:  # noqa: BLE001 - compared
        return None, (type(error).__name__, error.args[0]) if is_ordered else None
    found = list(map(repr, elements(diff)))
    return diff, (diff.summary(), found if is_ordered else sorted(found))


def contents(adapter: Any) -> list[str]:
    """Return all records of an adapter."""
    modelnames = ("site", "certain", "odd", "named", "top_odd", "top_named")
    return sorted(repr(record.dict()) for modelname in modelnames for record in adapter.get_all(modelname))


def unique_id(item: Item) -> str:
    """Return the unique id of a record."""
    return "__".join(str(part() if callable(part) else part) for part in item.identifiers)


PARTS_OF = {"odd": st.sampled_from(ODD_PARTS)}
NOTHING = st.just(())


def item_of(parts: st.SearchStrategy[Any], below: Any = NOTHING) -> st.SearchStrategy[Item]:
    """Draw records with such identifiers; few of the values are other than the first ones."""
    values = st.sampled_from(VALUES[1:2] * len(VALUES) + VALUES)
    return st.builds(Item, st.tuples(parts, parts), values, st.sampled_from([None] * 8 + MEMBERS), below)


def children(modelname: str) -> st.SearchStrategy[list[tuple[str, Item]]]:
    """Draw children of a type."""
    return st.lists(st.tuples(st.just(modelname), item_of(PARTS_OF.get(modelname, st.sampled_from(PARTS)))), max_size=3)


class Scenario(NamedTuple):
    """Two sides, how many records are read at a time, and whether a program holds some of them."""

    sides: tuple[list[tuple[str, Item]], list[tuple[str, Item]]]
    batch: int
    is_held: bool


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Draw two sides that have some records in common, and others whose unique ids are the same."""
    below = st.builds(lambda *kinds: tuple(chain(*kinds)), *map(children, ("certain", "odd", "named")))
    parts = st.sampled_from(PARTS)
    kinds = [
        st.tuples(st.just("site"), item_of(parts, below)),
        st.tuples(st.just("top_odd"), item_of(PARTS_OF["odd"])),
        st.tuples(st.just("top_named"), item_of(parts)),
    ]
    source = draw(st.lists(st.one_of(kinds), max_size=4))
    common = draw(st.lists(st.sampled_from(source), max_size=3)) if source else []
    dest = common + draw(st.lists(st.one_of(kinds), max_size=3))
    return Scenario(
        (_without_repeated(source, set()), _without_repeated(dest, set())),
        draw(st.sampled_from([1, 10_000])),
        draw(st.booleans()),
    )


def _without_repeated(items: Iterable[tuple[str, Item]], seen: set[tuple[str, str]]) -> list[tuple[str, Item]]:
    """Leave out all but the first record of a type and unique id."""
    found = []
    for modelname, item in items:
        if (modelname, unique_id(item)) not in seen:
            seen.add((modelname, unique_id(item)))
            found.append((modelname, item._replace(below=tuple(_without_repeated(item.below, seen)))))
    return found


def has_moved(scenario: Scenario) -> bool:
    """Whether a child is below one parent in the source, and below another in the destination: their order counts."""
    parents = [
        {(modelname, unique_id(child)): unique_id(item) for _, item in side for modelname, child in item.below}
        for side in scenario.sides
    ]
    return any(parents[1].get(key, parent) != parent for key, parent in parents[0].items())


@settings(max_examples=by_profile(desk=15, ci=100))
@given(scenario=scenarios())
def test_any_pair_of_stores_tells_them_apart(
    fastdiffsync: Any, reopen: Any, kinds: tuple[str, str], scenario: Scenario
) -> None:
    """Diff and sync through stores of any kinds say and do what they do through `LocalStore`, errors included."""
    adapter_class = make_look_alikes(fastdiffsync)
    local, stored = [adapter_class(kind) for kind in kinds], []
    for kind, adapter, items in zip(kinds, local, scenario.sides, strict=True):
        load(adapter, items)
        stored.append(reopen(kind, functools.partial(load, items=items), adapter_class))
    held = [adapter.get_all("certain") for adapter in stored] if scenario.is_held else []
    is_ordered = "redis" not in kinds
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastdiffsync.store.prefetch, "BATCH", scenario.batch)
        expected_diff, expected = said(*local, is_ordered=is_ordered)
        diff, found = said(*stored, is_ordered=is_ordered)
        assert found == expected
        if diff is not None and (is_ordered or not has_moved(scenario)):
            for (source, dest), each in ((local, expected_diff), (stored, diff)):
                dest.sync_from(source, diff=each, flags=fastdiffsync.DiffSyncFlags.CONTINUE_ON_FAILURE)
            assert contents(stored[1]) == contents(local[1])
    del held


@pytest.mark.parametrize("sides", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_two_records_with_one_shortname(
    fastdiffsync: Any, reopen: Any, kinds: tuple[str, str], sides: tuple[int, int]
) -> None:
    """Two records at the top with one shortname cannot stand in one diff, on whichever sides they are."""
    adapter_class = make_look_alikes(fastdiffsync)
    items: tuple[list[Any], list[Any]] = ([], [])
    for side, first in zip(sides, ("a", "b"), strict=True):
        items[side].append(("top_named", Item((first, "n"), VALUES[0], None)))
    source, dest = (
        reopen(kind, functools.partial(load, items=each), adapter_class)
        for kind, each in zip(kinds, items, strict=True)
    )
    with pytest.raises(fastdiffsync.ObjectAlreadyExists, match="Already storing a top_named named n:"):
        dest.diff_from(source)


@pytest.mark.parametrize("modelname", ["site", "certain"])
def test_two_identities_with_one_unique_id(
    fastdiffsync: Any, reopen: Any, kinds: tuple[str, str], modelname: str
) -> None:
    """Two records whose different identifiers join to one unique id are refused, at the top and below, unwritten."""
    adapter_class = make_look_alikes(fastdiffsync)
    sides = []
    for kind, identifiers, value in zip(kinds, [("sw", "1__up"), ("sw__1", "up")], [9000, 1500], strict=True):
        item = Item(identifiers, lambda value=value: value, None)
        items = [("site", item if modelname == "site" else Item(("s", "s"), VALUES[0], None, (("certain", item),)))]
        sides.append(reopen(kind, functools.partial(load, items=items), adapter_class))
    source, dest = sides
    expected = (
        "Keys mismatch: {'first': 'sw', 'second': '1__up'} vs {'first': 'sw__1', 'second': 'up'}",
        "Keys mismatch: {'first': 'sw__1', 'second': 'up'} vs {'first': 'sw', 'second': '1__up'}",
    )
    for verb, message in zip((dest.diff_from, source.diff_from), expected, strict=True):
        with pytest.raises(ValueError, match=re.escape(message)):
            verb(source if verb == dest.diff_from else dest)
    with pytest.raises(ValueError, match="Keys mismatch"):
        dest.sync_from(source)
    (record,) = dest.get_all(modelname)
    assert (record.first, record.second, record.value) == ("sw__1", "up", 1500)


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
@pytest.mark.parametrize(
    "value",
    [
        *(lambda: float("nan"), lambda: Decimal("NaN"), lambda: Decimal("-NaN12"), lambda: [Decimal("NaN")]),
        *(lambda: {"a": (Decimal("NaN"),)}, lambda: {Decimal("NaN"): 1}, lambda: frozenset({float("nan")})),
    ],
    ids=["float", "Decimal", "with a sign and digits", "in a list", "in a dict", "as a key", "in a set"],
)
def test_nan_of_any_type_differs(fastdiffsync: Any, reopen: Any, kind: str, value: Callable[[], Any]) -> None:
    """A NaN of any type, wherever it stands, differs from a NaN with the same bytes, as Python's `!=` says."""
    source, dest = (nodes_with(fastdiffsync, reopen, kind, value, None) for _ in range(2))
    assert dest.diff_from(source).summary() == {"create": 0, "update": 1, "delete": 0, "no-change": 0, "skip": 0}


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
@pytest.mark.parametrize("member", [Measure.NONE, Grade.GOOD, Access.READ], ids=repr)
def test_members_that_differ_from_themselves(fastdiffsync: Any, reopen: Any, kind: str, member: Any) -> None:
    """A member of an enum that says that it differs from itself does so, though its bytes are the same."""
    source, dest = (nodes_with(fastdiffsync, reopen, kind, VALUES[0], member) for _ in range(2))
    assert dest.diff_from(source).summary()["update"] == 1


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_signalling_nan(fastdiffsync: Any, reopen: Any, kind: str) -> None:
    """A signalling NaN, which cannot be compared, raises in the diff, as in memory, and not when somebody looks."""
    source, dest = (nodes_with(fastdiffsync, reopen, kind, lambda: Decimal("sNaN"), None) for _ in range(2))
    with pytest.raises(InvalidOperation):
        dest.diff_from(source)


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_enums_of_one_name(fastdiffsync: Any, reopen: Any, kind: str) -> None:
    """Members of two enums of one name differ, though their bytes are the same."""
    sides = []
    for _ in range(2):
        shade = enum.Enum("Shade", "DARK")  # type: ignore[misc]
        namespace = {
            "_modelname": "wall",
            "_identifiers": ("name",),
            "_attributes": ("shade",),
            "__annotations__": {"name": str, "shade": shade},
            "__module__": __name__,
        }
        wall = type(fastdiffsync.DiffSyncModel)("Wall", (fastdiffsync.DiffSyncModel,), namespace)
        house = type("House", (fastdiffsync.Adapter,), {"wall": wall, "top_level": ["wall"]})
        record = wall(name="north", shade=shade.DARK)
        sides.append(reopen(kind, lambda adapter, record=record: adapter.add(record), house))
        del record
    assert sides[1].diff_from(sides[0]).summary()["update"] == 1


def nodes_with(library: Any, reopen: Any, kind: str, value: Callable[[], Any], member: Any) -> Any:
    """Return an adapter on a store with one record, which has these attributes."""
    load_one = functools.partial(load, items=[("site", Item(("a", "b"), value, member))])
    return reopen(kind, load_one, make_look_alikes(library))
