"""Which events reach structlog's processors, by the kind of logger that is configured."""

from __future__ import annotations

import logging
from typing import Any

import diffsync
import pytest
import structlog

WRAPPERS = {
    "stdlib": structlog.stdlib.BoundLogger,
    "filtering": structlog.make_filtering_bound_logger(logging.WARNING),
    "all": structlog.make_filtering_bound_logger(logging.NOTSET),
}


def events_of(library: Any, wrapper: Any, flags: Any) -> list[str]:
    """Return the events that a processor sees of a diff and a sync which create, update, delete and skip."""
    events: list[str] = []

    def keep(_logger: Any, _method: str, event: Any) -> Any:
        events.append(event["event"])
        raise structlog.DropEvent

    class Item(library.DiffSyncModel):  # type: ignore[misc]
        _modelname = "item"
        _identifiers = ("name",)
        _attributes = ("value",)
        name: str
        value: int = 0

    class Data(library.Adapter):  # type: ignore[misc]
        item = Item
        top_level = ("item",)

    structlog.configure(
        processors=[keep], wrapper_class=wrapper, logger_factory=structlog.stdlib.LoggerFactory(), context_class=dict
    )
    source, dest = Data("source"), Data("dest")
    for name, value in (("same", 0), ("changed", 1), ("new", 0)):
        source.add(Item(name=name, value=value))
    for name in ("same", "changed", "old"):
        dest.add(Item(name=name))
    ignored = Item(name="ignored")
    ignored.model_flags = library.enum.DiffSyncModelFlags.IGNORE
    source.add(ignored)
    dest.sync_from(source, flags=library.enum.DiffSyncFlags(flags))
    return events


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("flags", [0, 0b1001])
def test_every_event_reaches_the_processors(fastdiffsync: Any, wrapper: str, flags: int) -> None:
    """A processor sees the events that it sees with diffsync, whatever level the standard library's logger has."""
    before = structlog.get_config()
    try:
        expected = events_of(diffsync, WRAPPERS[wrapper], flags)
        assert events_of(fastdiffsync, WRAPPERS[wrapper], flags) == expected
    finally:
        structlog.configure(**before)
