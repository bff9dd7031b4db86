"""What counts as a difference between two attribute values, in examples."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .network import both


class Fuzzy:
    """A number that equals all that are within one of it."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fuzzy) and abs(self.number - other.number) <= 1

    __hash__ = None  # type: ignore[assignment]


class Rows:
    """A value whose comparison gives no bool, but something that is true or false."""

    def __init__(self, *rows: int) -> None:
        self.rows = rows

    def __ne__(self, other: object) -> Any:
        return [place for place, pair in enumerate(zip(self.rows, other.rows, strict=True)) if pair[0] != pair[1]]

    def __eq__(self, other: object) -> bool:
        raise NotImplementedError

    __hash__ = None  # type: ignore[assignment]


class Unequal(str):
    """A text that differs from every other."""

    __slots__ = ()

    def __ne__(self, other: object) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


NAN = float("nan")
TEXT = Unequal("a")


def compared(fastdiffsync: Any, value: Any, other: Any) -> Any:
    """Return action, and both sides' attributes, of an element whose records have these values."""

    def program(library: Any) -> Any:
        class Site(library.DiffSyncModel):
            _modelname = "site"
            _identifiers = ("name",)
            _attributes = ("value",)
            name: str
            value: Any

        class Inventory(library.Adapter):
            site = Site
            top_level = ["site"]  # noqa: RUF012

        source, dest = Inventory(), Inventory()
        source.add(Site(name="s", value=value))
        dest.add(Site(name="s", value=other))
        (element,) = dest.diff_from(source).get_children()
        before = element.action
        return (
            before,
            repr(element.source_attrs),
            repr(element.dest_attrs),
            element.action,
            repr(element.get_attrs_diffs()),
        )

    return both(fastdiffsync, program)[0]


@pytest.mark.parametrize(
    ("value", "other"),
    [
        (True, 1),
        (1, 1.0),
        (0.0, -0.0),
        (1, Decimal(1)),
        ([1, True], [True, 1]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({1, 2}, frozenset({2, 1})),
        ("a", str(b"a", "ascii")),
        (2**70, 2**70 + 0),
        (b"a", bytearray(b"a")),
        ([NAN], [NAN]),
    ],
)
def test_equal_values(fastdiffsync: Any, value: Any, other: Any) -> None:
    """What Python holds equal is no difference, and each side keeps its own value."""
    assert compared(fastdiffsync, value, other) is None


@pytest.mark.parametrize(
    ("value", "other"),
    [
        (NAN, NAN),
        (TEXT, TEXT),
        (None, 0),
        (None, ""),
        ("1", 1),
        ([1], (1,)),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": None}),
        ("\u00e9", "e\u0301"),
        ([float("nan")], [float("nan")]),
        (1, 2**70),
        (b"a", "a"),
    ],
)
def test_different_values(fastdiffsync: Any, value: Any, other: Any) -> None:
    """What Python holds unequal is a difference: a NaN from itself, a list from a tuple."""
    assert compared(fastdiffsync, value, other) == "update"


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_objects_are_asked(fastdiffsync: Any) -> None:
    """An object's own comparison decides."""
    assert compared(fastdiffsync, Fuzzy(1), Fuzzy(2)) is None
    assert compared(fastdiffsync, Fuzzy(1), Fuzzy(3)) == "update"


def test_comparison_that_gives_no_bool(fastdiffsync: Any) -> None:
    """What a comparison returns is taken for true or false."""
    assert compared(fastdiffsync, Rows(1, 2), Rows(1, 2)) is None
    assert compared(fastdiffsync, Rows(1, 2), Rows(1, 3)) == "update"


@pytest.mark.parametrize(("value", "updates"), [(float("nan"), [1, 1, 1]), (None, [1, 0, 0])])
def test_syncing_again_and_again(fastdiffsync: Any, value: Any, updates: list[int]) -> None:
    """A NaN is updated by every sync, as it still differs afterwards; None, which stands for it, by the first alone."""

    def program(library: Any) -> Any:
        class Item(library.DiffSyncModel):
            _modelname = "item"
            _identifiers = ("name",)
            _attributes = ("value",)
            name: str
            value: Any

        class Items(library.Adapter):
            item = Item
            top_level = ["item"]  # noqa: RUF012

        source, dest = Items("source"), Items("dest")
        source.add(Item(name="a", value=value))
        dest.add(Item(name="a", value=1.5))
        return [dest.sync_from(source).summary()["update"] for _ in range(3)]

    assert both(fastdiffsync, program) == updates
