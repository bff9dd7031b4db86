"""Times one call of the table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from benchmarks.cases import Case

from .table import GROUPS, Call

if TYPE_CHECKING:
    from types import ModuleType

    from .worlds import World

_SHOWN = (str, int, dict, list, tuple, set, type(None))


def find(name: str) -> tuple[Any, Call]:
    """Return what makes the world of a call, and the call, by class and caption, such as "Adapter: len(adapter)"."""
    group, _, caption = name.partition(": ")
    make_world, every = GROUPS[group]
    return make_world, next(each for each in every if each.caption == caption)


def _prepared(world: World, wanted: Call) -> tuple[Any, list[Any]]:
    """Return a function that makes the calls in this world, and what they are made for.

    The statement stands in the loop itself, as a call around it would take longer than some of them.
    """
    names, _, every = wanted.each.partition(" in ")
    lines = f"def run(items):\n    for {names} in items:\n        {wanted.statement}\n"
    exec(wanted.before, world)  # noqa: S102 - the table's own code
    exec(lines, world)  # noqa: S102
    return world["run"], list(eval(every, world))  # noqa: S307


def _shown(world: World, wanted: Call) -> str | None:
    """Return what the first call gives, if it can be compared with what the other library gives."""
    _, items = _prepared(world, wanted)
    names = wanted.each.partition(" in ")[0]
    exec(f"def one(items):\n    for {names} in items:\n        return {wanted.statement}\n", world)  # noqa: S102
    result = world["one"](items)
    return (
        re.sub(r" at 0x[0-9a-f]+|\bfast(?=diffsync)", "", repr(_in_order(result)))
        if isinstance(result, _SHOWN)
        else None
    )


def _in_order(result: Any) -> Any:
    """Return dicts and sets in the order of their keys: that in which diffsync names types changes by process."""
    if isinstance(result, dict):
        return {key: _in_order(result[key]) for key in sorted(result)}
    return sorted(result) if isinstance(result, set) else result


def call(library: ModuleType, _records: int, name: str) -> Case:
    """Make the calls of a name of `find`, in a new world each time, so that all is asked for the first time."""
    make_world, wanted = find(name)
    _, items = _prepared(make_world(library), wanted)

    def evidence(_: Any) -> str | None:
        try:
            return _shown(make_world(library), wanted)
        except SyntaxError:  # it is no expression, so that nothing comes of it
            return None

    return Case(
        run=lambda run, each: run(each),
        setup=lambda: _prepared(make_world(library), wanted),
        evidence=evidence,
        operations=len(items),
    )
