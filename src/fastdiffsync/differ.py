"""Two adapters in, a diff out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NoReturn

import structlog

from . import _kernel as kernel
from .diff import Diff, element_at
from .enum import DiffSyncFlags
from .exceptions import DiffClassMismatch, ObjectAlreadyExists
from .runtime.arguments import check_adapter, check_run, described
from .runtime.garbage import PausedCollection
from .runtime.progress import Progress
from .runtime.threads import compare_threads
from .store.expected import PairedLists
from .store.prefetch import prefetch_for
from .syncing.log import listens
from .utils import intersection, symmetric_difference
from .views.binding import bind_diff
from .views.flat import FlatDiff
from .views.view import is_overridden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .adapter import Adapter
    from .model import DiffSyncModel


class Matching:
    """What the kernel's match is told about the two sides, and whom it tells what it meets.

    Attributes:
        source, dest: The adapters, asked for children by `get_by_uids`.
        source_data, dest_data: `{modelname: {unique id: record}}` of an adapter with a plain local store, read
            directly in place of `get_by_uids`; None for any other.
        flags: The global flags.
        has_flags: Whether any is set.
        skips_unmatched: Whether one of them is about records that only one side has.
        prefetch: What reads children ahead, None if neither side's store gains from it.
        threads: How many threads may share what needs no Python.
        names: `{type: names}` of top-level elements whose names are not their unique ids.
    """

    def __init__(self, flat: FlatDiff, logger: Any, progress: Progress, flags: DiffSyncFlags) -> None:
        """Prepare the walk that fills `flat`."""
        self._flat = flat
        self._logger = logger
        self._hears_debug = listens(logger, logging.DEBUG)
        self.progress = progress
        self.flags = flags
        self.has_flags = bool(flags.value)
        self.skips_unmatched = bool(flags & DiffSyncFlags.SKIP_UNMATCHED_BOTH)
        self.source: Adapter = flat.source_adapter
        self.dest: Adapter = flat.dest_adapter
        source_access, dest_access = self.source._access(), self.dest._access()
        self.source_data, self.dest_data = source_access.data_to_walk, dest_access.data_to_walk
        self.prefetch = prefetch_for(
            source_access.batches_to_walk, dest_access.batches_to_walk, (self.source, self.dest)
        )
        self.threads = compare_threads()
        self.names: dict[str, set[str]] = {}
        self.advance = progress.advance

    def skip(self, model: Any, reason: str) -> None:
        """Log that a pair is left out of the diff, and why."""
        if self._hears_debug:
            self._logger.bind(model=model.get_type(), unique_id=model.get_unique_id()).debug(reason)
        self.progress.advance(1)

    def repeated_name(self, index: int) -> None:
        """Raise for the second of two siblings of one type and name, unless the diff's own `add` is to do it."""
        diff_class: Any = self._flat.diff_class
        if is_overridden(diff_class, "add"):
            return
        element = element_at(self._flat, index)
        parent = self._flat.parent(index)
        below = f" below {self._identity(parent)}" if parent >= 0 else ""
        message = (
            f"Already storing a {element.type} named {element.name}: {self._identity(self._namesake(index))} and "
            f"{self._identity(index)}{below} have one shortname; add to _shortname a field that tells them apart"
        )
        raise ObjectAlreadyExists(message, element)

    def _namesake(self, index: int) -> int:
        """Return the first sibling of an entry that has its type and name."""
        flat = self._flat
        other = flat.parent(index) + 1
        while (flat.type(other), flat.name(other)) != (flat.type(index), flat.name(index)):
            other = flat.end(other)
        return other

    def _identity(self, index: int) -> str:
        """Return type and unique id of an entry's record, and which of the adapters have it."""
        flat = self._flat
        sides = ((flat.source_name, flat.source(index)), (flat.dest_name, flat.dest(index)))
        having = [(name, record) for name, record in sides if record is not None]
        return f"{having[0][1]!r} of {' and '.join(name for name, _ in having)}"


class DiffSyncDiffer:
    """Calculates the diff between two adapters.

    Attributes:
        diff: The finished diff; None before `calculate_diffs`.
        models_processed, total_models: How many records have been looked at, of how many.
    """

    def __init__(
        self,
        src_diffsync: Adapter,
        dst_diffsync: Adapter,
        flags: DiffSyncFlags,
        diff_class: type[Diff] = Diff,
        callback: Callable[[str, int, int], None] | None = None,
    ) -> None:
        """Prepare to compare two adapters.

        Args:
            src_diffsync: The side that says how things should be.
            dst_diffsync: The side that would be changed.
            flags: How to treat records that only one side has.
            diff_class: Class of the diff and of every element's `child_diff`.
            callback: Called at intervals with ("diff", records done, records in all).

        Raises:
            TypeError: If one of them is something else.
        """
        check_adapter(src_diffsync, "diff: src_diffsync")
        check_adapter(dst_diffsync, "diff: dst_diffsync")
        check_run("diff", flags, callback)
        check_diff_class(diff_class, "diff")
        self.src_diffsync = src_diffsync
        self.dst_diffsync = dst_diffsync
        self.flags = flags
        self.diff_class = diff_class
        self.callback = callback
        self.diff: Diff | None = None
        self.logger: Any = structlog.get_logger().new(src=src_diffsync, dst=dst_diffsync, flags=flags)
        self._progress = Progress("diff", len(src_diffsync) + len(dst_diffsync), callback or None)
        self.logger.debug(f"Diff calculation between these two datasets will involve {self.total_models} models")

    @property
    def models_processed(self) -> int:
        """How many records have been looked at."""
        return self._progress.done

    @property
    def total_models(self) -> int:
        """How many records both sides have."""
        return self._progress.total

    def calculate_diffs(self) -> Diff:
        """Compare the adapters, once, and return the diff.

        Raises:
            TypeError: If two records with one unique id are of different types.
            ValueError: If two records with one unique id differ in shortname or identifiers.
            ObjectAlreadyExists: If two siblings of one type have one shortname.
            ObjectNotFound: If a record lists a child that its store does not have.
            ChildrenCycle: If a record is its own descendant.
        """
        if self.diff is not None:
            return self.diff
        self.logger.info("Beginning diff calculation")
        diff = self.diff_class()
        if not isinstance(diff, Diff):
            raise_diff_class_error(self.diff_class, "diff")
        flat = FlatDiff(kernel.FlatArray(), self.src_diffsync, self.dst_diffsync, self.diff_class)
        self._count_skipped_types()
        with PausedCollection():
            self._fill(flat)
        bind_diff(diff, flat)
        self._progress.finish()
        self.logger.info("Diff calculation complete")
        diff.models_processed = self.models_processed
        diff.complete()
        self.diff = diff
        return diff

    def _fill(self, flat: FlatDiff) -> None:
        """Match and compare all top-level types that both sides have."""
        matching = Matching(flat, self.logger, self._progress, self.flags)
        try:
            for modelname in self._common_types():
                for part in self._top_level(matching, modelname):
                    kernel.match(matching, flat.array, modelname, part.sources, part.dests, part.are_paired)
        finally:
            if matching.prefetch is not None:
                matching.prefetch.close()
        kernel.compare(flat.array, matching.threads)

    def _common_types(self) -> list[str]:
        """Return the types that are top-level on both sides; without any, not one of the records is compared."""
        top_level, source_top_level = self.dst_diffsync.top_level, self.src_diffsync.top_level
        modelnames = intersection(top_level, source_top_level)
        if not modelnames and self.total_models:
            self.logger.warning(
                "No type is in top_level of both datasets, so none of their records are compared",
                src_top_level=source_top_level,
                dst_top_level=top_level,
            )
        return modelnames

    def _top_level(self, matching: Matching, modelname: str) -> Iterator[PairedLists]:
        """Yield the records of a top-level type, in parts if both sides are read ahead; None for all local records."""
        prefetch = matching.prefetch
        if prefetch is not None and prefetch.reads_both:
            yield from prefetch.top_level(modelname)
            return
        sources = _all_records(self.src_diffsync, matching.source_data, modelname)
        dests = _all_records(self.dst_diffsync, matching.dest_data, modelname)
        if prefetch is not None:
            prefetch.expect_below(sources, dests)
        yield PairedLists(sources, dests)

    def _count_skipped_types(self) -> None:
        """Count the records of top-level types that only one side has; what is below them is not counted."""
        for modelname in symmetric_difference(self.dst_diffsync.top_level, self.src_diffsync.top_level):
            owner = self.dst_diffsync if modelname in self.dst_diffsync.top_level else self.src_diffsync
            store = owner._access().batches_to_walk
            count = len(owner.get_all(modelname)) if store is None else store.count(model=modelname)
            self._progress.advance(count)


def _all_records(adapter: Adapter, data: Any, modelname: str) -> list[DiffSyncModel] | None:
    """Return all records of a type; None if the kernel is to take them from local data.

    A local store names a type that has been asked for, also if it has none of its records.
    """
    if data is None:
        return adapter.get_all(modelname)
    data[modelname]
    return None


def check_diff_class(diff_class: Any, where: str) -> None:
    """Check that diffs can be made of what is given as their class.

    Args:
        diff_class: The class, or a function that makes a diff.
        where: What it is for.

    Raises:
        TypeError: If it is something else.
    """
    if not (issubclass(diff_class, Diff) if isinstance(diff_class, type) else callable(diff_class)):
        raise_diff_class_error(diff_class, where)


def raise_diff_class_error(diff_class: Any, where: str) -> NoReturn:
    """Raise that no diff can be made of what is given as their class."""
    hint = f"; give its class, {type(diff_class).__name__}" if isinstance(diff_class, Diff) else ""
    message = f"{where}: diff_class must be Diff or a subclass of it, not {described(diff_class)}{hint}"
    raise TypeError(message)


def check_diff(diff: Any, diff_class: Any) -> None:
    """Check that a diff which is to be applied is of the class that is asked for.

    Args:
        diff: The diff.
        diff_class: The class, None for any.

    Raises:
        TypeError: If `diff_class` is no class of diffs.
        DiffClassMismatch: If the diff is not of the class.
    """
    if not diff_class:
        return
    if not isinstance(diff_class, type):
        raise_diff_class_error(diff_class, "sync")
    check_diff_class(diff_class, "sync")
    if not isinstance(diff, diff_class):
        message = (
            f"The provided diff's class ({type(diff).__name__}) does not match the diff_class: {diff_class.__name__}"
        )
        raise DiffClassMismatch(message)
