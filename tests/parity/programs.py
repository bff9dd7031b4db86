"""Draws whole scenarios."""

from __future__ import annotations

from hypothesis import strategies as st

from .classes import model_pairs
from .scenario import Scenario, Side, Step
from .trees import trees
from .values import rarely

TYPES = ("site", "device", "port", "tag")
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
def scenarios(
    draw: st.DrawFn, *, with_hooks: bool = False, with_failures: bool = False, is_odd: bool = False
) -> Scenario:
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
    return Scenario(sides[0], sides[1], diff_hooks, steps, draw(st.booleans()))


PLACED = frozenset({"rename", "prune", "alter", "graft", "empty"})
"""Verbs that mean one record or element, and need to be told which."""
