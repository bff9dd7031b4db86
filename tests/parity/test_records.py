"""What a single record says about itself."""

from __future__ import annotations

import json
import math
from typing import Any

import diffsync
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .classes import MODEL_HOOKS
from .compare import differences, workshop
from .journal import fresh
from .observe import attempt, see_record
from .scenario import Field, Model, examples
from .values import VALUES, rarely

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")

OPTIONS = st.sampled_from(
    (
        {},
        {"exclude_defaults": True},
        {"exclude_none": True},
        {"include": {"name", "any_value"}},
        {"exclude": {"name", "adapter"}},
        {"include": {"name", "list_value"}, "exclude": {"list_value"}},
        {"mode": "json"},
    )
)


@st.composite
def models(draw: st.DrawFn) -> tuple[Model, dict[str, Any]]:
    """Draw a class with a field of each of some kinds, and values for one record of it."""
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=4))
    names = tuple(f"{kind}_value" for kind in kinds)
    fields = (
        Field("name", "str"),
        *(Field(name, kind, draw(st.booleans())) for name, kind in zip(names, kinds, strict=True)),
    )
    values = {"name": draw(VALUES["str"])}
    for field in fields[1:]:
        if not field.has_default or draw(st.booleans()):
            values[field.name] = draw(VALUES[field.kind])
    model = Model(
        "site",
        fields,
        identifiers=("name", *draw(rarely((), names[:1]))),
        shortname=draw(rarely((), names[-1:], weight=2)),
        attributes=names[1:],
        children=draw(rarely((), (("device", "devices"),), weight=1)),
        flags=draw(rarely(0, 16)),
        hooks=draw(rarely((), *((hook,) for hook in MODEL_HOOKS), weight=20)),
    )
    return model, values


def _dumped(record: Any, options: dict[str, Any]) -> Any:
    """Return a record as a dict, in mode "json" with None for a NaN or an infinity: see docs/deviations.md."""
    dumped = record.dict(**options)
    return _without_odd_numbers(dumped) if options.get("mode") == "json" else dumped


def _without_odd_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_odd_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_odd_numbers(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def see(library: Any, model: Model, values: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Return what a record of either library says."""
    record = workshop(library).model_class(model)(**fresh(values))
    return {
        **see_record(record),
        "options": attempt(lambda: _dumped(record, options)),
        "str": attempt(record.str),
        "flat": attempt(lambda: record.str(include_children=False, indent=2)),
        "json": attempt(lambda: json.loads(record.json(**{name: options[name] for name in options if name != "mode"}))),
        "json text": attempt(record.json),
    }


@examples(250)
@given(drawn=models(), options=OPTIONS)
def test_reading_a_record(fastdiffsync: Any, drawn: tuple[Model, dict[str, Any]], options: dict[str, Any]) -> None:
    """A record's texts, dicts and JSON are the same."""
    differing = differences(see(diffsync, *drawn, options), see(fastdiffsync, *drawn, options))
    assert not differing, "\n".join(differing)
