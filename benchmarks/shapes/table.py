"""The shapes: each differs from the first, eight strings identified by a name, in one factor; mixes come last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .kinds import KINDS, SCALARS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

    RecordFlags = Callable[[Any, int, bool], Any]
    """Takes the enum of flags, the record's number and whether one side alone has it; returns its flags, or None."""

RECORDS, CHILDREN = 20_000, 50
_EIGHT = 8


def _text(prefix: str) -> Kind:
    """Return the kind of strings that begin alike and end in the number."""
    return Kind(str, lambda number: f"{prefix}-{number:07d}", has_text=False)


_NAME = _text("child")
_DEVICE = Kind(str, lambda number: f"device-{number // CHILDREN:07d}", has_text=False)
_REGION = Kind(str, lambda number: f"region-{number // CHILDREN % 40}", has_text=False)
_TWO = {"device": _DEVICE, "name": _NAME}


class Shape(NamedTuple):
    """What the children's class declares, what their values are, and how they are compared."""

    what: str
    attributes: dict[str, Kind]
    mark: int
    """How many times diffsync's speed the compiled kernel has to have in a diff."""

    identifiers: dict[str, Kind] = {"name": _NAME}  # noqa: RUF012 - nobody changes it
    shortname: tuple[str, ...] = ()
    parent_attributes: dict[str, Kind] = {"label": SCALARS["str"]}  # noqa: RUF012 - nobody changes it
    children: int = CHILDREN
    """How many children a parent has."""

    records: int = RECORDS
    record_flags: RecordFlags | None = None
    one_sided: bool = False
    """Whether the source alone has 0.5 % of the children, and the target alone another 0.5 %."""

    options: Callable[[ModuleType], dict[str, Any]] = lambda _: {}
    """Returns the keywords that `diff_from` is given."""

    overriding: bool = False
    """Whether `get_attrs` and `get_unique_id` of the children are overridden."""

    python_mark: int = 15
    """How many times diffsync's speed the kernel in Python has to have in a diff."""


def _in_turn(kinds: Iterable[Kind], count: int) -> dict[str, Kind]:
    """Return this many attributes, of the kinds in turn."""
    every = tuple(kinds)
    return {f"attribute_{place}": every[place % len(every)] for place in range(count)}


_STRINGS = _in_turn([KINDS["str"]], _EIGHT)


def _values() -> dict[str, Shape]:
    """Return a shape for each kind of value."""
    return {name: Shape(f"8 attributes of {name}", _in_turn([kind], _EIGHT), kind.mark) for name, kind in KINDS.items()}


def _widths() -> dict[str, Shape]:
    """Return shapes of more and more attributes: strings, integers, floats and booleans in turn."""
    kinds = [KINDS[name] for name in ("str", "int", "float", "bool")]
    return {
        f"{count} attributes": Shape(
            f"{count} attributes: str, int, float, bool in turn",
            _in_turn(kinds, count),
            100 if count <= 64 else 60,
            records=RECORDS if count <= 100 else RECORDS // 4,
        )
        for count in (24, 40, 64, 70, 128, 256)
    }


def _identities() -> dict[str, Shape]:
    """Return shapes of several identifiers, and of identifiers that are no strings."""
    parts = {"name": _NAME, "device": _DEVICE, "region": _REGION}
    shapes = {}
    for count, caption in ((1, "1 identifier"), (2, "2 identifiers"), (3, "3 identifiers")):
        identifiers = dict(list(parts.items())[:count][::-1])
        if count > 1:
            shapes[caption] = Shape(caption, _STRINGS, 250, identifiers=identifiers)
        named = f"{caption} and `_shortname`"
        shapes[f"{caption}, shortname"] = Shape(named, _STRINGS, 250, identifiers=identifiers, shortname=("name",))
    for name in ("int", "date", "UUID", "IPv4Address"):
        shapes[f"identifier {name}"] = Shape(f"identifier of {name}", _STRINGS, 250, identifiers={"name": KINDS[name]})
    return shapes


def _on_a_tenth(name: str) -> RecordFlags:
    """Return a rule that gives this flag to 10 % of the records."""
    return lambda flags, number, _: flags[name] if number % 10 == 3 else None


def _on_all(name: str) -> RecordFlags:
    """Return a rule that gives this flag to all records."""
    return lambda flags, _number, _one_sided: flags[name]


def _on_one_sided(name: str) -> RecordFlags:
    """Return a rule that gives this flag to the records that one side alone has."""
    return lambda flags, _, one_sided: flags[name] if one_sided else None


def _record_flags() -> dict[str, Shape]:
    """Return shapes whose records have `model_flags`."""
    harmless, skip = "SKIP_CHILDREN_ON_DELETE", "SKIP_UNMATCHED_BOTH"
    rules = {
        f"model_flags {harmless} on 10 %": (_on_a_tenth(harmless), False),
        f"model_flags {harmless} on all": (_on_all(harmless), False),
        "model_flags IGNORE on 10 %": (_on_a_tenth("IGNORE"), False),
        f"model_flags {skip} on those that one side has": (_on_one_sided(skip), True),
        f"model_flags {skip} on all": (_on_all(skip), True),
    }
    return {
        name: Shape(name, _STRINGS, 200, record_flags=rule, one_sided=one_sided, python_mark=8)
        for name, (rule, one_sided) in rules.items()
    }


def _heard(_stage: str, _current: int, _total: int) -> None:
    """Listen to the progress."""


def _ordering(library: ModuleType) -> type:
    """Return a Diff class that hands out children backwards."""

    class Backwards(library.Diff):  # type: ignore[misc, name-defined]
        @classmethod
        def order_children_child(cls, children: dict[str, Any]) -> Any:
            for name in sorted(children, reverse=True):
                yield children[name]

    return Backwards


def _options() -> dict[str, Shape]:
    """Return shapes that are compared with options."""

    def flagged(name: str) -> Callable[[ModuleType], dict[str, Any]]:
        return lambda library: {"flags": library.DiffSyncFlags[name]}

    def everything(library: ModuleType) -> dict[str, Any]:
        flags = library.DiffSyncFlags
        return {
            "flags": flags.CONTINUE_ON_FAILURE | flags.SKIP_UNMATCHED_DST | flags.LOG_UNCHANGED_RECORDS,
            "callback": _heard,
            "diff_class": _ordering(library),
        }

    names = (
        "CONTINUE_ON_FAILURE",
        "SKIP_UNMATCHED_SRC",
        "SKIP_UNMATCHED_DST",
        "SKIP_UNMATCHED_BOTH",
        "LOG_UNCHANGED_RECORDS",
    )
    shape = Shape("", _STRINGS, 200, one_sided=True, python_mark=8)
    shapes = {name: shape._replace(what=f"flags={name}", options=flagged(name)) for name in names}
    shapes["callback"] = shape._replace(what="callback", options=lambda _: {"callback": _heard})
    shapes["order"] = shape._replace(
        what="a Diff class that orders", options=lambda library: {"diff_class": _ordering(library)}
    )
    shapes["all options"] = shape._replace(
        what="flags, callback, order, `_shortname`, `model_flags` on 10 %",
        identifiers=_TWO,
        shortname=("name",),
        record_flags=_on_a_tenth("SKIP_CHILDREN_ON_DELETE"),
        options=everything,
    )
    return shapes


def _hooks() -> dict[str, Shape]:
    """Return shapes where nine records of ten have overridden hooks, as a parent has nine children."""
    hooks = "`get_attrs` and `get_unique_id` overridden on 90 %"
    shape = Shape(hooks, _STRINGS, 20, children=9, records=RECORDS // 9 * 9, overriding=True, python_mark=8)
    short = shape._replace(what=f"{hooks}, `_shortname`", identifiers=_TWO, shortname=("name",))
    return {
        "hooks": shape,
        "hooks, shortname": short,
        "hooks, shortname, flags": short._replace(
            what=f"{short.what}, flags",
            one_sided=True,
            record_flags=_on_a_tenth("SKIP_CHILDREN_ON_DELETE"),
            options=lambda library: {"flags": library.DiffSyncFlags.SKIP_UNMATCHED_DST},
        ),
    }


def _mixes() -> dict[str, Shape]:
    """Return shapes as they are met, of many factors."""
    names = [name for name in SCALARS if name not in ("None", "datetime with a time zone")]
    network = {
        "description": "str",
        "mode": "str-Enum",
        "mtu": "int",
        "enabled": "bool",
        "address": "IPv4Address",
        "address_6": "IPv6Address",
        "prefix": "IPv4Network",
        "mac": "str",
    }
    return {
        "ticket": Shape(
            "a ticket: 16 attributes, one of each scalar type; accounts of Decimal, datetime, list",
            {name.replace("-", "_").lower() + "_value": SCALARS[name] for name in names},
            100,
            parent_attributes={
                "balance": KINDS["Decimal"],
                "opened": KINDS["datetime"],
                "tags": KINDS["list[str]"],
                "label": KINDS["str"],
            },
        ),
        "network": Shape(
            "a network: `_shortname`, IP addresses, `model_flags` on 10 %",
            {name: KINDS[kind] for name, kind in network.items()},
            150,
            identifiers=_TWO,
            shortname=("name",),
            record_flags=_on_a_tenth("SKIP_CHILDREN_ON_DELETE"),
            python_mark=8,
        ),
    }


def _csv() -> Shape:
    """Return the shape of a table's eight typed columns."""
    names = ("int", "float", "date", "datetime", "Decimal", "UUID", "Enum", "IPv4Address")
    return Shape("a table of 8 columns", {f"{name.lower()}_value": KINDS[name] for name in names}, 120)


GROUPS: dict[str, dict[str, Shape]] = {
    "values": _values(),
    "widths": _widths(),
    "identities": _identities(),
    "record flags": _record_flags(),
    "options": _options(),
    "hooks": _hooks(),
    "mixes": {**_mixes(), "table": _csv()},
}
"""The shapes by factor."""

SHAPES = {name: shape for group in GROUPS.values() for name, shape in group.items()}
"""All shapes by the name that a measurement has after the colon."""

STRINGS = "str"
"""The shape from which the others differ."""
