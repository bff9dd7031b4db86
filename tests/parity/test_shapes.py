"""Trees that are wide, and trees that are deep: where fastdiffsync keeps indexes and walks without recursion."""

from __future__ import annotations

from typing import Any

import diffsync
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .compare import assert_same, differences, workshop
from .observe import numbers, see_adapter
from .run import Run
from .scenario import Field, Model, Record, Scenario, Side, Step, examples

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")

SITE = Model(
    "site",
    (Field("name", "str"), Field("size", "int", has_default=True)),
    ("name",),
    (),
    ("size",),
    (("device", "devices"),),
)
DEVICE = Model("device", (Field("name", "any"), Field("size", "any", has_default=True)), ("name",), (), ("size",), ())
ROOT = Model("root", (Field("name", "str"),), ("name",), (), (), (("node", "nodes"),))
NODE = Model("node", (Field("name", "str"), Field("size", "int")), ("name",), (), ("size",), (("node", "nodes"),))


def side(models: tuple[Model, ...], records: list[Record], *, top_level: str, name: str) -> Side:
    return Side(name, models, (top_level,), (), "local", tuple(records))


@st.composite
def wide_scenarios(draw: st.DrawFn) -> Scenario:
    """Draw two sets of many siblings, in another order on the other side, some missing and some changed."""
    count = draw(st.integers(20, 50))
    names = st.integers(0, count - 1)
    order = draw(st.permutations(range(count)) | st.just(list(range(count))))
    only_source, only_dest, changed = (draw(st.sets(names, max_size=6)) for _ in range(3))
    is_flat = draw(st.booleans())
    repeated = tuple(("device", str(name)) for name in draw(st.lists(names, max_size=2)))
    sides = []
    for place, numbers_here in enumerate((range(count), order)):
        missing = (only_dest, only_source)[place]
        records = [
            Record("device", {"name": str(name), "size": place if name in changed else name % 3})
            for name in numbers_here
            if name not in missing
        ]
        parent = Record("site", {"name": "s"}, children=tuple(records), odd_children=repeated)
        top_level = "device" if is_flat else "site"
        sides.append(
            side((SITE, DEVICE), records if is_flat else [parent], top_level=top_level, name=("left", "right")[place])
        )
    program = draw(
        st.sampled_from(("diff look apply look", "diff apply sync", "diff remove_dest apply", "sync back sync_to"))
    )
    return Scenario(
        *sides, steps=tuple(Step(verb, 0, draw(st.integers(0, 40)), draw(st.booleans())) for verb in program.split())
    )


@examples(100)
@given(scenario=wide_scenarios())
def test_many_siblings(fastdiffsync: Any, scenario: Scenario) -> None:
    """Children of one parent, or records of a top-level type, by the dozen."""
    assert_same(scenario, fastdiffsync)


@pytest.mark.parametrize(("depth", "split", "change"), [(63, 1, 0), (66, 65, 64), (90, 40, 3), (90, 90, 89)])
def test_long_chains(fastdiffsync: Any, depth: int, split: int, change: int) -> None:
    """A chain of records of one type, whose lower part stands on one side only."""

    def chain(length: int, changed: int) -> Record:
        record = Record("node", {"name": str(length), "size": 0})
        for place in reversed(range(length)):
            record = Record("node", {"name": str(place), "size": int(place == changed)}, children=(record,))
        return Record("root", {"name": "r"}, children=(record,))

    source = side((ROOT, NODE), [chain(depth, -1)], top_level="root", name="left")
    dest = side((ROOT, NODE), [chain(split, change)], top_level="root", name="right")

    def seen(library: Any) -> list[Any]:
        run = Run(workshop(library), Scenario(source, dest))
        diff = run.dest.diff_from(run.source)
        back = run.source.diff_from(run.dest)
        run.dest.sync_from(run.source, diff=diff)
        return [numbers(diff), numbers(back), see_adapter(run.source), see_adapter(run.dest)]

    differing = differences(seen(diffsync), seen(fastdiffsync))
    assert not differing, "\n".join(differing)
