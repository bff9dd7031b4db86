"""How the operations of one sync are logged."""

from __future__ import annotations

import logging
from typing import Any

import structlog

from ..enum import DiffSyncFlags, DiffSyncStatus
from .operation import _SUCCESS, Operation


class OperationLog:
    """Logs the operations of one sync; a logger is bound to an operation only if somebody listens.

    Attributes:
        hears_debug, hears_info: Whether messages of these levels may go anywhere.
    """

    def __init__(self, base: Any, flags: DiffSyncFlags) -> None:
        """Log to what a structlog logger binds.

        Args:
            base: The sync's logger.
            flags: Whether unchanged records are logged.
        """
        self._base = base
        self._logs_unchanged = bool(flags & DiffSyncFlags.LOG_UNCHANGED_RECORDS)
        self.hears_debug = listens(base, logging.DEBUG)
        self.hears_info = listens(base, logging.INFO)
        self._operation: Operation | None = None
        self._bound: Any = None

    def attempt(self, operation: Operation) -> None:
        """Log that an operation is about to be tried, for whoever hears that."""
        self._logger(operation).debug(f"Attempting model {operation.action}")

    def no_object(self, operation: Operation) -> None:
        """Log that an operation has led to no record."""
        self._logger(operation).warning("No object resulted from sync, will not process child objects.")

    def outcome(self, operation: Operation, status: DiffSyncStatus, message: str) -> None:
        """Log how the operation went, at the level that fits."""
        if operation.action is None:
            if self._logs_unchanged:
                self._logger(operation).debug(message, status=status.value)
        elif status is _SUCCESS:
            if self.hears_info:
                self._logger(operation).info(message, status=status.value)
        elif status is DiffSyncStatus.FAILURE:
            self._logger(operation).warning(message, status=status.value)
        else:
            self._logger(operation).error(message, status=status.value)

    def _logger(self, operation: Operation) -> Any:
        if self._operation is not operation:
            self._operation = operation
            self._bound = self._base.bind(
                action=operation.action,
                model=operation.element_type,
                unique_id=operation.model_class.create_unique_id(**operation.ids),
                diffs=operation.diffs,
            )
        return self._bound


def listens(logger: Any, level: int) -> bool:
    """Whether a message of this level may go anywhere: structlog's filtering loggers know that it does not.

    Those for the standard library's logging answer for the logger behind them; processors see every message anyway.
    """
    is_enabled_for = getattr(logger, "is_enabled_for", None)
    if is_enabled_for is None or isinstance(logger, structlog.stdlib.BoundLogger):
        return True
    return bool(is_enabled_for(level))
