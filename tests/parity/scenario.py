"""What a parity test draws: two datasets, their classes, and what is done with them, as plain data.

Nothing here knows either library: `build.py` makes classes and adapters of a scenario, `run.py` plays it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

TYPES = ("site", "device", "port", "tag")
IN_CI = os.environ.get("HYPOTHESIS_PROFILE") == "ci"

NAN = float("nan")
MOST_RECORDS = 14
"""Records a side: enough for every shape of a small tree, few enough that diffsync takes a millisecond or two."""


def examples(in_ci: int) -> settings:
    """Return the settings of a test that runs `in_ci` examples in CI and a tenth of that on a desk."""
    return settings(
        max_examples=in_ci if IN_CI else max(in_ci // 10, 20),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
    )


@dataclass(frozen=True)
class Field:
    """A field of a model class.

    Attributes:
        name: Its name.
        kind: Its annotation, a key of `build.ANNOTATIONS`.
        has_default: Whether it may be left out; the default is that of its kind.
    """

    name: str
    kind: str
    has_default: bool = False


@dataclass(frozen=True)
class Failure:
    """What a create, update or delete of one model class does wrong.

    Attributes:
        operation: "create", "update" or "delete".
        behaviour: A key of `build.BEHAVIOURS`.
        victims: Values of the first identifier for which it happens; None for all.
    """

    operation: str
    behaviour: str
    victims: tuple[str, ...] | None


@dataclass(frozen=True)
class Model:
    """One model class on one side."""

    modelname: str
    fields: tuple[Field, ...]
    identifiers: tuple[str, ...]
    shortname: tuple[str, ...]
    attributes: tuple[str, ...]
    children: tuple[tuple[str, str], ...]
    flags: int = 0
    hooks: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    is_recorded: bool = True


@dataclass(frozen=True)
class Record:
    """One record and all below it.

    Attributes:
        values: Identifiers, attributes and whatever else is passed to the class.
        flags: Its own `model_flags`; None to leave those of the class.
        children: Records that are added to it.
        odd_children: (type, unique id) pairs that are appended to its lists without a record being added.
    """

    modelname: str
    values: dict[str, Any]
    flags: int | None = None
    children: tuple[Record, ...] = ()
    odd_children: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Side:
    """One adapter: its classes, its store, its records."""

    name: str | None
    models: tuple[Model, ...]
    top_level: tuple[str, ...]
    hooks: tuple[str, ...]
    store: str
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Step:
    """One thing that is done with the two adapters.

    Attributes:
        verb: The name of a method of `run.Run`.
        flags: Global flags of a diff or a sync.
        place: Which record, element or diff is meant, modulo how many there are.
        has_callback: Whether progress is reported.
    """

    verb: str
    flags: int = 0
    place: int = 0
    has_callback: bool = False


@dataclass(frozen=True)
class Scenario:
    """Two sides, the class of the diff, and what is done."""

    source: Side
    dest: Side
    diff_hooks: tuple[str, ...] = ()
    steps: tuple[Step, ...] = field(default=(Step("diff"), Step("look"), Step("sync")))


# ---- values ----

SCALARS = (None, True, False, 0, 1, 2, 1.0, 0.5, NAN, -0.0, "", "a", "1", "b__c", "\u00e9\n", b"a", 2**70)
CONTAINERS = ([], [1], [1, 2], [True], [NAN], {}, {"a": 1}, {"a": 1.0}, {"b": [1, {"c": None}]}, (1, 2), {1, 2}, [[1], {"a": []}])

VALUES = {
    "any": st.sampled_from(SCALARS + CONTAINERS),
    "str": st.sampled_from(("", "a", "b", "1", "b__c", "\u00e9")),
    "int": st.sampled_from((0, 1, 2, 1500, 2**70)),
    "float": st.sampled_from((0.0, 1.0, 0.5, NAN, float("inf"))),
    "bool": st.booleans(),
    "optional": st.sampled_from((None, "a", "")),
    "list": st.sampled_from(([], [1], [1, 2], [2, 1])),
    "dict": st.sampled_from(({}, {"a": 1}, {"a": 1.0}, {"b": [1, {"c": None}]})),
}
ATTRIBUTE_KINDS = st.sampled_from(("any", "any", "str", "str", "int", "int", "bool", "float", "optional", "list", "dict"))
ODD_IDENTIFIERS = st.sampled_from(("a", "a__b", "b__c", "c", "", "1", 1, 2, True, 1.0, None, "\u00e9"))


def rarely(often: Any, *seldom: Any, weight: int = 8) -> st.SearchStrategy[Any]:
    """Draw `often`, or once in a while one of `seldom`."""
    return st.sampled_from((often,) * weight + seldom)


# ---- classes ----

MODEL_HOOKS = (
    "get_unique_id",
    "create_unique_id",
    "get_identifiers",
    "get_attrs",
    "get_attrs_less",
    "get_shortname",
    "get_children_mapping",
    "dict",
    "str",
    "get_status",
    "set_status",
)
ADAPTER_HOOKS = ("get", "get_all", "get_by_uids", "instance_get", "instance_get_all", "instance_top_level")
STORES = ("local", "reversed", "own")
DIFF_HOOKS = (
    "order_children_site",
    "order_children_device",
    "order_children_port",
    "order_children_default",
    "get_children",
    "add",
    "add_filtering",
    "complete",
)
BEHAVIOURS = ("raise_crud", "raise_other", "return_none", "set_failure", "set_error", "set_unknown")


@st.composite
def model_pairs(draw: st.DrawFn, types: tuple[str, ...], *, with_hooks: bool, with_failures: bool) -> dict[str, tuple[Model, Model]]:
    """Draw for each type its class on the source side and on the destination side."""
    children = {modelname: draw(_children_of(types, place)) for place, modelname in enumerate(types)}
    return {
        modelname: draw(_model_pair(modelname, children[modelname], with_hooks=with_hooks, with_failures=with_failures))
        for modelname in types
    }


def _children_of(types: tuple[str, ...], place: int) -> st.SearchStrategy[tuple[str, ...]]:
    """Draw the child types of the type at `place`: the next one mostly, further ones, itself, or none."""
    below = types[place + 1 :]
    choices = [below[:1]] * 5 + [(*below[1:2], *below[:1]), (types[place],), (*below[:1], types[place]), ()]
    return st.sampled_from(choices)


@st.composite
def _model_pair(
    draw: st.DrawFn, modelname: str, child_types: tuple[str, ...], *, with_hooks: bool, with_failures: bool
) -> tuple[Model, Model]:
    identifiers = draw(st.sampled_from((("name",), ("name",), ("name",), ("name", "slot"), ("slot", "name"), ("name", "slot", "zone"))))
    kinds = draw(st.sampled_from((("str", "str", "any"), ("str", "int", "str"), ("int", "str", "str"), ("any", "any", "any"))))
    attributes = ("size", "note", "extra")[: draw(st.integers(0, 3))]
    fields = [Field(name, kinds[("name", "slot", "zone").index(name)]) for name in identifiers]
    fields += [Field(name, draw(ATTRIBUTE_KINDS), draw(st.booleans())) for name in attributes]
    fields.append(Field("memo", "any", has_default=True))
    shortname = draw(rarely((), identifiers[:1], identifiers[-1:], ("memo",), weight=3))
    model = Model(
        modelname,
        tuple(fields),
        identifiers,
        shortname,
        attributes,
        tuple((child_type, f"{child_type}s") for child_type in child_types),
        flags=draw(rarely(0, 1, 2, 4, 8, 16, 18, weight=20)),
        is_recorded=draw(st.booleans()),
    )
    other = draw(st.sampled_from((model, model, model, None)))
    if other is None:
        other = draw(_variant(model))
    if with_hooks:
        hooks = tuple(sorted(draw(st.sets(st.sampled_from(MODEL_HOOKS), max_size=2))))
        model = replace(model, hooks=hooks)
        other = replace(other, hooks=draw(rarely(hooks, (), weight=3)))
    if with_failures:
        other = replace(other, failures=tuple(draw(st.lists(_failures(), max_size=2))), is_recorded=True)
    return model, other


@st.composite
def _variant(draw: st.DrawFn, model: Model) -> Model:
    """Draw another class for the same type: other fields, in another order, with other children and flags."""
    attributes = model.attributes
    fields = model.fields
    change = draw(st.sampled_from(("more", "fewer", "order", "children", "flags", "kind")))
    if change == "more":
        fields += (Field("bonus", "any", draw(rarely(True, False, weight=3))),)
        attributes += ("bonus",)
    elif change == "fewer" and attributes:
        fields = tuple(one for one in fields if one.name != attributes[0])
        attributes = attributes[1:]
    elif change == "order":
        fields, attributes = fields[::-1], attributes[::-1]
    elif change == "kind":
        fields = tuple(replace(one, kind="any") for one in fields)
    if change == "children":
        return replace(model, children=draw(st.sampled_from((model.children[1:], model.children[::-1], ()))))
    if change == "flags":
        return replace(model, flags=draw(st.integers(0, 31)))
    return replace(model, fields=fields, attributes=attributes)


def _failures() -> st.SearchStrategy[Failure]:
    return st.builds(
        Failure,
        operation=st.sampled_from(("create", "update", "delete")),
        behaviour=st.sampled_from(BEHAVIOURS),
        victims=rarely(None, ("0", "2", "4", "6"), ("1", "3", "5"), weight=2),
    )


# ---- trees ----


@st.composite
def trees(draw: st.DrawFn, models: dict[str, tuple[Model, Model]], top_level: tuple[str, ...], *, is_odd: bool) -> tuple[list[Record], list[Record]]:
    """Draw the records of both sides as one tree, in which each record stands on both sides or on one."""
    counter = [0]

    def siblings(modelname: str, sides: tuple[bool, bool], depth: int) -> tuple[list[Record], list[Record]]:
        pairs = []
        for _ in range(draw(st.sampled_from((0, 1, 1, 2, 2, 3)))):
            if counter[0] >= MOST_RECORDS:
                break
            counter[0] += 1
            pairs.append(node(modelname, sides, depth))
        found = [one for one, _ in pairs if one is not None], [one for _, one in pairs if one is not None]
        if draw(rarely(False, True, weight=2)):
            found[1].reverse()
        return found

    def node(modelname: str, sides: tuple[bool, bool], depth: int) -> tuple[Record | None, Record | None]:
        model, other = models[modelname]
        identity = identifiers(model, counter[0])
        values = {one.name: draw(VALUES[one.kind]) for one in model.fields if one.name not in identity}
        other_values = {one.name: values[one.name] for one in other.fields if one.name in values}
        for one in other.fields:
            is_new = one.name not in values and one.name not in identity
            if is_new or (one.name in other_values and draw(rarely(False, True, weight=5))):
                other_values[one.name] = draw(VALUES[one.kind])
        where = draw(st.sampled_from(((True, True),) * 3 + ((True, False), (False, True))))
        is_source, is_dest = sides[0] and where[0], sides[1] and where[1]
        flags = draw(rarely(None, 0, 1, 2, 4, 8, 16, 16, 18, weight=50))
        below: tuple[list[Record], list[Record]] = ([], [])
        if depth < 4:
            for child_type in dict.fromkeys([name for name, _ in (*model.children, *other.children)]):
                found = siblings(child_type, (is_source, is_dest), depth + 1)
                below[0].extend(found[0])
                below[1].extend(found[1])
        odd = draw(rarely((), *((name, "missing") for name, _ in model.children), weight=40)) if is_odd else ()
        record = Record(modelname, {**identity, **values}, flags, tuple(below[0]), (odd,) if odd else ())
        other_identity = draw(rarely(identity, {name: str(value) for name, value in identity.items()}, weight=30)) if is_odd else identity
        other_flags = draw(rarely(flags, 0, 1, 16, weight=20)) if is_odd else flags
        return (
            record if is_source else None,
            Record(modelname, {**other_identity, **other_values}, other_flags, tuple(below[1])) if is_dest else None,
        )

    def identifiers(model: Model, number: int) -> dict[str, Any]:
        identity: dict[str, Any] = {}
        for one in model.fields:
            if one.name in model.identifiers:
                identity[one.name] = number if one.kind == "int" else str(number)
        if is_odd and draw(rarely(False, True)):
            identity = {name: draw(ODD_IDENTIFIERS) for name in identity}
        return identity

    sources: list[Record] = []
    dests: list[Record] = []
    for modelname in top_level:
        found = siblings(modelname, (True, True), 0)
        sources.extend(found[0])
        dests.extend(found[1])
    return sources, dests


# ---- programs ----

PROGRAMS = (
    "diff look sync",
    "diff apply look",
    "diff look apply look",
    "diff edit_source edit_dest apply look sync",
    "sync sync",
    "sync back",
    "sync_to look diff look",
    "diff apply apply",
    "diff remove_dest apply look",
    "diff add_dest apply",
    "diff prune look apply",
    "diff alter look apply",
    "diff graft look apply",
    "diff empty apply",
    "edit_source rename diff look apply",
    "diff edit_children look apply look",
)


@st.composite
def scenarios(draw: st.DrawFn, *, with_hooks: bool = False, with_failures: bool = False, is_odd: bool = False) -> Scenario:
    """Draw a whole scenario.

    Args:
        draw: Hypothesis's own.
        with_hooks: Whether hooks of models, adapters, stores and diffs are overridden.
        with_failures: Whether creates, updates and deletes fail.
        is_odd: Whether identifiers collide, children are missing and sides disagree about identifiers.
    """
    types = TYPES[: draw(st.sampled_from((1, 2, 3, 3, 4)))]
    models = draw(model_pairs(types, with_hooks=with_hooks, with_failures=with_failures))
    top_level = draw(rarely(types[:1], types[:2], types[::-1], weight=3))
    sources, dests = draw(trees(models, top_level, is_odd=is_odd))
    sides = []
    for place, records in enumerate((sources, dests)):
        sides.append(
            Side(
                name=draw(rarely(None, ("left", "right")[place], weight=1)),
                models=tuple(models[modelname][place] for modelname in types),
                top_level=draw(rarely(top_level, top_level[::-1], top_level[:-1])),
                hooks=tuple(sorted(draw(st.sets(st.sampled_from(ADAPTER_HOOKS), max_size=2)))) if with_hooks else (),
                store=draw(rarely(*STORES, weight=3)) if with_hooks else "local",
                records=tuple(records),
            )
        )
    diff_hooks = tuple(sorted(draw(st.sets(st.sampled_from(DIFF_HOOKS), max_size=3)))) if with_hooks else ()
    flags = draw(rarely(0, 1, 8, *range(1, 16), weight=24))
    steps = tuple(
        Step(verb, flags, draw(st.integers(0, 5)) if "_" in verb or verb in PLACED else 0, draw(st.booleans()))
        for verb in draw(st.sampled_from(PROGRAMS)).split()
    )
    return Scenario(sides[0], sides[1], diff_hooks, steps)


PLACED = frozenset({"rename", "prune", "alter", "graft", "empty"})
"""Verbs that mean one record or element, and need to be told which."""
