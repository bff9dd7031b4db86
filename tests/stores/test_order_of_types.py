"""The order of types in what an adapter or a store gives: equal data gives equal text, in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

USED = ["lemon", "fig", "apple", "plum", "cherry", "kiwi", "grape", "melon"]
TOP_LEVEL = ["plum", "apple", "quince", "grape"]


def make_orchard(library: Any) -> Any:
    """Return an adapter class with many types, of which some are at the top."""
    base = library.DiffSyncModel
    models = {
        name: type(name, (base,), {"_modelname": name, "_identifiers": ("name",), "__annotations__": {"name": str}})
        for name in {*USED, *TOP_LEVEL}
    }
    return type("Orchard", (library.Adapter,), {**models, "top_level": TOP_LEVEL})


def fill(adapter: Any) -> None:
    """Add a record of each type, and more of some."""
    for name in [*USED, "melon", "lemon"]:
        adapter.store.update(obj=getattr(adapter, name)(name="a"))


@pytest.fixture
def by_first_use() -> list[str]:
    """Types at the top, in their order, then the others as they were used first."""
    return ["plum", "apple", "grape", "lemon", "fig", "cherry", "kiwi", "melon"]


def test_dict_in_the_order_of_first_use(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], store_kind: str, by_first_use: list[str]
) -> None:
    """`dict()` has the types of `top_level` first, then the others as they were first used, or by name in Redis."""
    adapter = make_orchard(fastdiffsync)(internal_storage_engine=opener(store_kind)())
    fill(adapter)
    expected = by_first_use if store_kind != "redis" else [*by_first_use[:3], *sorted(by_first_use[3:])]
    assert list(adapter.dict()) == expected
    assert adapter.get_all_model_names() == set(USED)
    assert adapter.store.ordered_model_names() == (USED if store_kind != "redis" else sorted(USED))


def test_order_outlives_the_process(
    fastdiffsync: Any, opener: Callable[[str], Callable[..., Any]], by_first_use: list[str]
) -> None:
    """A file keeps the order, also that of a type whose first record has been removed; a copy has it too."""
    adapter = make_orchard(fastdiffsync)(internal_storage_engine=opener("sqlite")("orchard"))
    fill(adapter)
    adapter.remove(adapter.get("fig", "a"))
    adapter.store.flush()
    adapter.add(adapter.fig(name="b"))
    adapter.store.close()
    again = make_orchard(fastdiffsync)(internal_storage_engine=opener("sqlite")("orchard"))
    copy = make_orchard(fastdiffsync)()
    fastdiffsync.store.copy.copy_store(again.store, copy.store)
    for each in (again, copy):
        assert list(each.dict()) == by_first_use


def test_order_of_a_store_of_ones_own(fastdiffsync: Any, by_first_use: list[str]) -> None:
    """Of a store that has diffsync's methods alone, types that are not at the top come by name."""

    class Store(fastdiffsync.store.BaseStore):  # type: ignore[misc]
        def get_all_model_names(self) -> set[str]:
            return set(USED)

        def get_all(self, *, model: Any) -> list[Any]:  # noqa: ARG002 - the interface
            return []

    class Less(fastdiffsync.store.local.LocalStore):  # type: ignore[misc]
        def get_all_model_names(self) -> set[str]:
            return super().get_all_model_names() - {"plum", "fig"} | {"zucchini"}

    adapter = make_orchard(fastdiffsync)(internal_storage_engine=Store)
    assert list(adapter.dict()) == [*by_first_use[:3], *sorted(by_first_use[3:])]
    less = make_orchard(fastdiffsync)(internal_storage_engine=Less)
    fill(less)
    assert list(less.dict()) == ["apple", "grape", "lemon", "cherry", "kiwi", "melon", "zucchini"]


def test_two_processes_write_the_same(kernel: str) -> None:
    """Two processes whose sets have other orders write the same text for the same data."""
    program = (
        "import json\n"
        "import fastdiffsync\n"
        "from tests.stores.test_order_of_types import fill, make_orchard\n"
        "adapter = make_orchard(fastdiffsync)()\n"
        "fill(adapter)\n"
        "print(json.dumps(adapter.dict()))\n"
    )
    found = set()
    for seed in ("1", "2", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "FASTDIFFSYNC_IMPLEMENTATION": kernel}
        result = subprocess.run(
            [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
        )
        found.add(result.stdout)
    assert [list(json.loads(text))[:4] for text in found] == [["plum", "apple", "grape", "lemon"]]
