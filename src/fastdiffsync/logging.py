"""Setting up console logging, for programs that have none of their own."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import Any

import structlog


def enable_console_logging(verbosity: int = 0) -> None:
    """Configure structlog to print formatted lines to the console.

    Args:
        verbosity: 0 for warnings, 1 for info, 2 or more for debug messages.
    """
    levels = {0: logging.WARNING, 1: logging.INFO}
    logging.basicConfig(format="%(message)s", level=levels.get(verbosity, logging.DEBUG))
    processors: list[Any] = [
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M.%S"),
        structlog.processors.StackInfoRenderer(),
    ]
    # structlog's console renderer formats exceptions itself, and says so with a warning, where one of these is there.
    if not find_spec("rich") and not find_spec("better_exceptions"):
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, structlog.dev.ConsoleRenderer()],
        context_class=dict,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
