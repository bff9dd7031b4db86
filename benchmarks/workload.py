"""What the instruction count counts: the same preparation every time, then one kind of work a given number of times."""

from __future__ import annotations

import argparse
import gc
import os
from typing import TYPE_CHECKING, Any

from . import data, models
from .shapes import datasets

if TYPE_CHECKING:
    from collections.abc import Callable

RECORDS = 2_000
MOST_TIMES = 6


def workloads(library_name: str, shape: str = "") -> dict[str, Callable[[], Any]]:
    """Prepare all of the work and do each once, so that nothing is left that only the first time needs.

    Args:
        library_name: "fastdiffsync"; "diffsync" works too, but for the bulk load.
        shape: The name of one of `shapes.table.SHAPES`; without it the work is that of the benchmarks' own data.

    Returns:
        What to call for each kind of work; sync up to `MOST_TIMES` times, as every call uses up a target.
    """
    return _shaped(library_name, shape) if shape else _unshaped(library_name)


def _shaped(library_name: str, shape: str) -> dict[str, Callable[[], Any]]:
    """Prepare the work of a shape; its diff finds nothing, its sync changes all children."""
    library = models.load_library(library_name)
    dataset = datasets.Dataset.of(library, shape)
    rows = list(dataset.rows(RECORDS, "source"))
    texts = list(dataset.rows(RECORDS, "source", text=True))
    by_type, options = datasets.by_type(rows), dataset.options()
    source, target = dataset.loaded(RECORDS, "source"), dataset.loaded(RECORDS, "target")
    targets = [dataset.loaded(RECORDS, "target", changed=1) for _ in range(MOST_TIMES + 1)]
    unused = [(changed, changed.diff_from(source)) for changed in targets]

    def sync() -> None:
        changed, diff = unused.pop()
        changed.sync_from(source, diff=diff)

    def load(made: list[datasets.ParentRow]) -> None:
        datasets.load(dataset.adapter("adapter"), made)

    def bulk() -> None:
        dataset.adapter("adapter").load_records(by_type)

    sync()
    load(texts)
    if library_name == "fastdiffsync":
        bulk()
    return {
        "bulk": bulk,
        "diff": lambda: target.diff_from(source, **options),
        "load": lambda: load(rows),
        "sync": sync,
        "text": lambda: load(texts),
    }


def _unshaped(library_name: str) -> dict[str, Callable[[], Any]]:
    """Prepare the work of the benchmarks' own data."""
    library = models.load_library(library_name)
    is_ours = library_name == "fastdiffsync"
    classes = models.scalar_models(library)
    adapter = models.adapter_class(library, models.with_parent_keys(classes) if is_ours else classes)
    source_rows, target_rows = list(data.tree(RECORDS, "source")), list(data.tree(RECORDS, "target"))

    def loaded(rows: list[data.SiteRow]) -> Any:
        made = adapter("adapter")
        models.load(made, rows)
        return made

    source = loaded(source_rows)
    targets = [loaded(target_rows) for _ in range(MOST_TIMES + 1)]
    unused = [(target, target.diff_from(source)) for target in targets]

    def sync() -> None:
        target, diff = unused.pop()
        target.sync_from(source, diff=diff)

    by_type = data.by_type(iter(source_rows))

    def bulk() -> None:
        adapter("adapter").load_records(by_type)

    sync()
    if is_ours:
        bulk()
    return {
        "bulk": bulk,
        "diff": lambda: targets[0].diff_from(source),
        "load": lambda: loaded(source_rows),
        "sync": sync,
    }


def main() -> None:
    """Do the work that the command line names, as often as it says, such as "diff", or "diff:UUID" of a shape."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workload", description=__doc__)
    parser.add_argument("kind", help="bulk, diff, load or sync; with a shape, such as text:UUID, text too")
    parser.add_argument("times", type=int)
    parser.add_argument("--library", default="fastdiffsync")
    options = parser.parse_args()
    gc.disable()  # when it runs depends on all that the process has done, and would blur the difference
    name, _, shape = options.kind.partition(":")
    works = workloads(options.library, shape)
    if name not in works:
        parser.error(f"no such work: {name}; there are {', '.join(works)}")
    for _ in range(options.times):
        works[name]()
    os._exit(0)  # clearing up at the end takes the longer the more is left, which is no part of the work


if __name__ == "__main__":
    main()
