"""A diff in, changes out: the executor."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import structlog

from .diff import element_at
from .enum import DiffSyncActions, DiffSyncFlags, DiffSyncStatus
from .exceptions import (
    ObjectCrudException,
    ObjectNotCreated,
    ObjectNotDeleted,
    ObjectNotUpdated,
    ObjectStoreException,
)
from .runtime.arguments import check_adapter, check_run
from .runtime.progress import Progress
from .schema import StructMeta, schema_of
from .syncing.log import OperationLog
from .syncing.names import TypeNames
from .syncing.operation import Operation, check_returned, nothing_returned, of_element
from .syncing.records import LocalRecords, StoredRecords
from .views.binding import flat_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .adapter import Adapter
    from .diff import Diff, DiffElement
    from .model import DiffSyncModel
    from .store import BaseStore
    from .views.flat import FlatDiff


class DiffSyncSyncer:
    """Applies a diff to an adapter."""

    def __init__(
        self,
        diff: Diff,
        src_diffsync: Adapter,
        dst_diffsync: Adapter,
        flags: DiffSyncFlags,
        callback: Callable[[str, int, int], None] | None = None,
    ) -> None:
        """Prepare to apply a diff.

        Args:
            diff: What is to be changed.
            src_diffsync: The side that says how things should be.
            dst_diffsync: The side that is changed.
            flags: Whether to continue after failures, and to log unchanged records.
            callback: Called at intervals with ("sync", elements done, elements in all).

        Raises:
            TypeError: If one of them is something else.
        """
        check_adapter(src_diffsync, "sync: src_diffsync")
        check_adapter(dst_diffsync, "sync: dst_diffsync")
        check_run("sync", flags, callback)
        self.diff = diff
        self.src_diffsync = src_diffsync
        self.dst_diffsync = dst_diffsync
        self.flags = flags
        self.callback = callback
        self.base_logger: Any = structlog.get_logger().new(src=src_diffsync, dst=dst_diffsync, flags=flags)
        self._log = OperationLog(self.base_logger, flags)
        self._progress = Progress("sync", len(diff), callback or None)
        # The source's record is of no use to the executor; diffsync looks it up all the same: an override sees it, and
        # a local store names the type.
        source_access = src_diffsync._access()
        self._source_data = source_access.data_to_search
        self._asks_source = self._source_data is None and source_access.batches_to_search is None
        self._access = dst_diffsync._access()
        self._store_keeps_copies = dst_diffsync.store.keeps_copies
        self._together = _Together(dst_diffsync.store)

    @property
    def elements_processed(self) -> int:
        """How many elements have been dealt with."""
        return self._progress.done

    @property
    def total_elements(self) -> int:
        """How many elements the diff has."""
        return self._progress.total

    def perform_sync(self) -> bool:
        """Apply the diff.

        Returns:
            Whether any create, update or delete was tried.

        Raises:
            ObjectCrudException: If one failed, unless flags say to continue.
            TypeError: If one returned what is no record.
            ObjectStoreException: If the store cannot write what was changed, also when the sync had failed already.
        """
        self.base_logger.info("Beginning sync")
        try:
            with self._together:
                changed = self._walk()
        finally:
            if self._store_keeps_copies:
                self.dst_diffsync.store.flush()
        self._progress.finish()
        self.base_logger.info("Sync complete")
        return changed

    def _walk(self) -> bool:
        """Apply the diff in the way that costs least."""
        flat = flat_view(self.diff)
        records = None if flat is None else self._records(flat)
        return self._walk_elements() if flat is None or records is None else self._walk_changes(flat, records)

    def _records(self, flat: FlatDiff) -> LocalRecords | StoredRecords | None:
        """Return what knows the destination's records and passes over unchanged ones; None if all are to be visited.

        They are if somebody is to be told of them, or a hook is to be asked.
        """
        if self._asks_source or self.flags & DiffSyncFlags.LOG_UNCHANGED_RECORDS:
            return None
        schemas = []
        for modelname in flat.array.types():
            cls = getattr(self.dst_diffsync, modelname, None)
            if not isinstance(cls, StructMeta) or not schema_of(cls).knows_unique_id:
                return None
            schemas.append(schema_of(cls))
        data = self._access.data_to_search
        if data is not None:
            is_told = self._log.hears_info or self._log.hears_debug or self._store_keeps_copies
            may_change = self._access.changes_directly and not is_told
            return LocalRecords(flat, self.dst_diffsync, data, may_change=may_change)
        is_read_ahead = self._access.batches_to_search is not None and self._store_keeps_copies
        if not is_read_ahead or flat.dest_adapter is not self.dst_diffsync:
            return None
        return StoredRecords(flat, self.dst_diffsync) if all(schema.knows_status for schema in schemas) else None

    def _walk_elements(self) -> bool:
        """Apply the diff element by element, in the order in which it iterates."""
        changed = False
        waiting: list[tuple[Iterator[DiffElement], DiffSyncModel | None, Operation | None]]
        waiting = [(iter(self.diff.get_children()), None, None)]
        while waiting:
            elements, parent_model, postponed = waiting[-1]
            self._together.reach(-len(waiting))
            element = next(elements, None)
            if element is None:
                waiting.pop()
                if postponed is not None:
                    self._perform(postponed)
                continue
            operation = self._begin(element, parent_model)
            changed |= operation.action is not None
            if operation.deletes_children_first:
                self._tell_store(operation.dest_model)
                waiting.append((iter(element.get_children()), operation.dest_model, operation))
                continue
            if operation.action == _DELETE:
                self._together.begin(-len(waiting))
            model = self._perform(operation)
            if model is not None:
                waiting.append((iter(element.get_children()), model, None))
        return changed

    def _walk_changes(self, flat: FlatDiff, dest_records: LocalRecords | StoredRecords) -> bool:
        """Apply the diff record by record of the flat array, passing over what needs no method to be called."""
        array, models = flat.array, dest_records.models
        names = TypeNames(array, self._source_data)
        index, count = 0, len(array)
        postponed: list[tuple[int, Operation]] = []
        changed = False
        while True:
            self._together.reach(index)
            stop = postponed[-1][0] if postponed else count
            limit = min(stop, index + self._progress.until_report, names.next_from(index))
            following = dest_records.pass_over(index, limit)
            if following > index:
                changed = changed or array.next_changed(index, following) < following
                self._progress.advance(following - index)
                index = following
                continue
            if index == stop:
                if not postponed:
                    return changed
                self._perform(postponed.pop()[1])
                continue
            if names.next_from(index) == index:
                names.name_type(index)
                continue
            parent = array.parent(index)
            parent_model = models[parent] if parent in models else flat.dest(parent)
            operation = dest_records.operation(index, parent_model)
            if operation is None:
                operation = self._begin(element_at(flat, index), parent_model)
            changed |= operation.action is not None
            end = array.end(index)
            if operation.deletes_children_first:
                self._tell_store(operation.dest_model)
                models[index] = operation.dest_model
                postponed.append((end, operation))
                index += 1
                continue
            if operation.action == _DELETE:
                self._together.begin(end)
            model = self._perform(operation)
            if end > index + 1:
                models[index] = model
            index = end if model is None else index + 1

    def _begin(self, element: DiffElement, parent_model: DiffSyncModel | None) -> Operation:
        if self._source_data is not None:
            self._source_data[element.type]
        if self._asks_source:
            self.src_diffsync.get_or_none(getattr(self.dst_diffsync, element.type), element.keys)
        if element._flat is not None and element._flat.dest_adapter is self.dst_diffsync:
            element._flat.read_ahead(element._index)
        return of_element(element, parent_model, self.dst_diffsync)

    def _perform(self, operation: Operation) -> DiffSyncModel | None:
        """Carry out one operation; return the record whose children are next, None if they are to be left alone."""
        action = operation.action
        model = self._pass(operation) if action is None else self._apply(operation, action)
        if model is None:
            self._log.no_object(operation)
            return None
        if action == _CREATE:
            self._link(operation.parent_model, model)
        elif action == _DELETE:
            self._unlink(operation.parent_model, model, remove_children=operation.skips_children)
            if operation.skips_children:
                return None
        self._progress.advance(1)
        return None if operation.deletes_children_first else model

    def _pass(self, operation: Operation) -> DiffSyncModel | None:
        """Leave an unchanged record as it is, and return it."""
        model = operation.dest_model
        self._log.outcome(operation, DiffSyncStatus.SUCCESS, "No changes to apply; no action needed")
        if model is not None and self._store_keeps_copies:
            self.dst_diffsync.store.mark_unchanged(uids=[model.get_unique_id()], model=operation.element_type)
        return model

    def _link(self, parent_model: DiffSyncModel | None, model: DiffSyncModel) -> None:
        """Add a new record to its parent and to the store, or to neither."""
        has_parent_agreed = parent_model is None
        try:
            if parent_model is not None:
                parent_model.add_child(model)
                has_parent_agreed = True
            self.dst_diffsync.add(model)
        except BaseException as error:
            if has_parent_agreed or not isinstance(error, ObjectStoreException):
                self._agree(parent_model, model)
            raise

    def _unlink(self, parent_model: DiffSyncModel | None, model: DiffSyncModel, *, remove_children: bool) -> None:
        """Take a deleted record from its parent and from the store, or from neither."""
        has_parent_agreed = parent_model is None
        try:
            if parent_model is not None:
                parent_model.remove_child(model)
                has_parent_agreed = True
            self.dst_diffsync.remove(model, remove_children=remove_children)
        except BaseException as error:
            if has_parent_agreed or not isinstance(error, ObjectStoreException):
                self._agree(parent_model, model)
            raise

    def _agree(self, parent_model: DiffSyncModel | None, model: DiffSyncModel) -> None:
        """Have a parent list a record if the store has it, and only then, after an error or Ctrl-C at any moment."""
        if parent_model is None:
            return
        is_stored = self.dst_diffsync.get_or_none(model.get_type(), model.get_unique_id()) is model
        with suppress(ObjectStoreException):  # it does already
            if is_stored:
                parent_model.add_child(model)
            else:
                parent_model.remove_child(model)

    def _apply(self, operation: Operation, action: str) -> DiffSyncModel | None:
        """Call the model's create, update or delete; return the record that it returns, None if it failed."""
        if self._log.hears_debug:
            self._log.attempt(operation)
        try:
            model = (
                self._call_and_tell(operation, action) if self._store_keeps_copies else self._call(operation, action)
            )
        except ObjectCrudException as error:
            self._log.outcome(operation, DiffSyncStatus.ERROR, str(error))
            if self.flags & DiffSyncFlags.CONTINUE_ON_FAILURE:
                return None
            raise
        if model is None:
            self._log.outcome(operation, DiffSyncStatus.FAILURE, nothing_returned(operation))
            return None
        check_returned(operation, model)
        status, message = model.get_status()
        if self._log.hears_info or status is not DiffSyncStatus.SUCCESS:
            self._log.outcome(operation, status, message)
        return model

    def _call_and_tell(self, operation: Operation, action: str) -> DiffSyncModel | None:
        """Call the model's create, update or delete, and let a store that keeps copies have what it has changed."""
        model = None
        try:
            model = self._call(operation, action)
        finally:
            if model is None or action == _UPDATE:
                self._tell_store(operation.dest_model)
        return model

    def _call(self, operation: Operation, action: str) -> DiffSyncModel | None:
        """Call the model's create, update or delete, if the destination has, or has not, a record for it."""
        if operation.is_called:
            return operation.take_outcome()
        model = operation.dest_model
        if action == _CREATE:
            if model is None:
                cls = operation.model_class
                return cls.create(adapter=self.dst_diffsync, ids=operation.ids, attrs=operation.attrs)
            raise ObjectNotCreated(_failure(operation, "it already exists!"))
        if action == _UPDATE:
            if model is not None:
                return model.update(attrs=operation.attrs)
            raise ObjectNotUpdated(_failure(operation, "not found!"))
        if action == _DELETE:
            if model is not None:
                return model.delete()
            raise ObjectNotDeleted(_failure(operation, "not found!"))
        message = f'Unknown action "{action}"!'
        raise ObjectCrudException(message)

    def _tell_store(self, model: DiffSyncModel | None) -> None:
        """Let a store that keeps copies have the status of a record, and what a hook has assigned."""
        if model is not None and self._store_keeps_copies:
            self.dst_diffsync.store.record_changed(obj=model)


class _Together:
    """Has a deleted record and all below it written in one batch: written alone, it would leave orphans."""

    def __init__(self, store: BaseStore) -> None:
        self._store = store
        self._block = ExitStack()
        self._end: int | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_exception: object) -> None:
        self._block.close()

    def begin(self, end: int) -> None:
        """Begin a batch that lasts until the walk reaches `end`, unless there is one."""
        if self._end is None and self._store.keeps_copies:
            self._end = end
            self._block.enter_context(self._store.batch(writes=False))

    def reach(self, place: int) -> None:
        """Take note of where the walk is; the places that it reaches after `end` are greater, or equal."""
        if self._end is not None and place >= self._end:
            self._end = None
            self._block.close()


def _failure(operation: Operation, reason: str) -> str:
    return f"Failed to {operation.action} {operation.model_class.get_type()} {operation.ids} - {reason}"


_CREATE, _UPDATE, _DELETE = DiffSyncActions.CREATE, DiffSyncActions.UPDATE, DiffSyncActions.DELETE
