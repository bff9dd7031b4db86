"""Draws model classes: for each type one on either side, the same or not quite."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from .scenario import Failure, Field, Model
from .values import ATTRIBUTE_KINDS, rarely

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
BEHAVIOURS = ("raise_crud", "raise_other", "return_none", "set_failure", "set_error", "set_unknown")


@st.composite
def model_pairs(
    draw: st.DrawFn, types: tuple[str, ...], *, with_hooks: bool, with_failures: bool
) -> dict[str, tuple[Model, Model]]:
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
    identifiers = draw(
        st.sampled_from((("name",), ("name",), ("name",), ("name", "slot"), ("slot", "name"), ("name", "slot", "zone")))
    )
    kinds = draw(
        st.sampled_from(
            (
                *(("str", "str", "any"), ("str", "int", "str"), ("int", "str", "str"), ("any", "any", "any")),
                *(
                    ("uuid", "str", "date"),
                    ("date", "ipv4", "int"),
                    ("ipv4", "uuid", "str"),
                    ("decimal", "str", "uuid"),
                ),
            )
        )
    )
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
