"""The values that records are drawn with."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

NAN = float("nan")

SCALARS = (
    *(None, True, False, 0, 1, 2, 1.0, 0.5, NAN, -0.0, "", "a", "1", "b__c", "\u00e9\n", b"a", 2**70),
    *(Decimal("NaN"), Decimal("1.0"), datetime(2024, 10, 27, 2, 30), datetime(2024, 10, 27, 2, 30, fold=1)),  # noqa: DTZ001
)
CONTAINERS = (
    [],
    [1],
    [1, 2],
    [True],
    [NAN],
    [Decimal("NaN")],
    {},
    {"a": 1},
    {"a": 1.0},
    {"b": [1, {"c": None}]},
    (1, 2),
    {1, 2},
    [[1], {"a": []}],
)

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
ATTRIBUTE_KINDS = st.sampled_from(
    ("any", "any", "str", "str", "int", "int", "bool", "float", "optional", "list", "dict")
)
ODD_IDENTIFIERS = st.sampled_from(
    ("a", "a__b", "b__c", "c", "", "1", 1, 2, True, 1.0, Decimal(1), None, "None", NAN, "nan", "\u00e9")
)


def rarely(often: Any, *seldom: Any, weight: int = 8) -> st.SearchStrategy[Any]:
    """Draw `often`, or once in a while one of `seldom`."""
    return st.sampled_from((often,) * weight + seldom)
