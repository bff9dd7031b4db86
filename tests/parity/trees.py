"""Draws records: one tree, in which each record stands on both sides or on one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .scenario import Model, Record
from .values import IDENTITIES, ODD_IDENTIFIERS, VALUES, rarely

MOST_RECORDS = 14
"""Records a side: enough for every shape of a small tree, few enough that diffsync takes a millisecond or two."""

MOST_LEVELS = 5

Records = tuple[list[Record], list[Record]]
"""Those of the source, and those of the destination."""


@st.composite
def trees(
    draw: st.DrawFn, models: dict[str, tuple[Model, Model]], top_level: tuple[str, ...], *, is_odd: bool
) -> Records:
    """Draw the records of both sides.

    Args:
        draw: Hypothesis's own.
        models: `{type: (class on the source side, class on the destination side)}`.
        top_level: The types to begin with.
        is_odd: Whether identifiers collide, children are missing and sides disagree about identifiers.
    """
    planter = _Planter(draw, models, is_odd=is_odd)
    sources: list[Record] = []
    dests: list[Record] = []
    for modelname in top_level:
        found = planter.siblings(modelname, (True, True), 1)
        sources.extend(found[0])
        dests.extend(found[1])
    return sources, dests


class _Planter:
    def __init__(self, draw: st.DrawFn, models: dict[str, tuple[Model, Model]], *, is_odd: bool) -> None:
        self._draw = draw
        self._models = models
        self._is_odd = is_odd
        self._count = 0

    def siblings(self, modelname: str, sides: tuple[bool, bool], level: int) -> Records:
        """Draw records of one type under one parent, which stands on the given sides."""
        pairs = []
        for _ in range(self._draw(st.sampled_from((0, 1, 1, 2, 2, 3)))):
            if self._count < MOST_RECORDS:
                self._count += 1
                pairs.append(self._pair(modelname, sides, level))
        found = [one for one, _ in pairs if one is not None], [one for _, one in pairs if one is not None]
        if self._draw(rarely(False, True, weight=2)):
            found[1].reverse()
        return found

    def _pair(self, modelname: str, parent_sides: tuple[bool, bool], level: int) -> tuple[Record | None, Record | None]:
        model, other_model = self._models[modelname]
        where = self._draw(st.sampled_from(((True, True),) * 3 + ((True, False), (False, True))))
        sides = parent_sides[0] and where[0], parent_sides[1] and where[1]
        identity, other_identity = self._identities(model)
        values, other_values = self._values(model, other_model)
        flags = other_flags = self._draw(rarely(None, 0, 1, 2, 4, 8, 16, 16, 18, weight=50))
        odd: tuple[tuple[str, str], ...] = ()
        if self._is_odd:
            other_flags = self._draw(rarely(flags, 0, 1, 16, weight=20))
            odd = self._draw(rarely((), *(((child_type, "missing"),) for child_type, _ in model.children), weight=40))
        below = self._below(model, other_model, sides, level)
        return (
            Record(modelname, {**identity, **values}, flags, tuple(below[0]), odd) if sides[0] else None,
            Record(modelname, {**other_identity, **other_values}, other_flags, tuple(below[1])) if sides[1] else None,
        )

    def _identities(self, model: Model) -> tuple[dict[str, Any], dict[str, Any]]:
        kinds = {field.name: field.kind for field in model.fields if field.name in model.identifiers}
        identity: dict[str, Any] = {name: IDENTITIES.get(kind, str)(self._count) for name, kind in kinds.items()}
        if not self._is_odd:
            return identity, identity
        if self._draw(rarely(False, True)):
            identity = {name: self._draw(ODD_IDENTIFIERS) for name in identity}
        as_text = {name: str(value) for name, value in identity.items()}
        return identity, self._draw(rarely(identity, as_text, weight=30))

    def _values(self, model: Model, other_model: Model) -> tuple[dict[str, Any], dict[str, Any]]:
        fields = [field for field in model.fields if field.name not in model.identifiers]
        values = {field.name: self._draw(VALUES[field.kind]) for field in fields}
        other_values = {}
        for field in other_model.fields:
            if field.name in model.identifiers:
                continue
            is_changed = field.name not in values or self._draw(rarely(False, True, weight=4))
            other_values[field.name] = self._draw(VALUES[field.kind]) if is_changed else values[field.name]
        return values, other_values

    def _below(self, model: Model, other_model: Model, sides: tuple[bool, bool], level: int) -> Records:
        below: Records = ([], [])
        if level < MOST_LEVELS:
            for child_type in dict.fromkeys(name for name, _ in (*model.children, *other_model.children)):
                found = self.siblings(child_type, sides, level + 1)
                below[0].extend(found[0])
                below[1].extend(found[1])
        return below
