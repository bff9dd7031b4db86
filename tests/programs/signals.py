"""Long work during which Ctrl-C comes about a thousand times a second: `signals.py <kind of work>`.

First the handler only counts, and must get to do so many times before the work is done. Then it raises, at one of many
moments, after which all must be whole.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

from fastdiffsync import Adapter, DiffSyncModel, is_compiled, set_compare_threads

if TYPE_CHECKING:
    from types import FrameType

SITES = 10
DEVICES = 40_000 if is_compiled() else 4_000
MANY_DEVICES = 160_000 if is_compiled() else 20_000
"""What are compared: enough for the compiled kernel to pause where it reads memory only."""
BETWEEN_SIGNALS = 0.0005
ENOUGH = 10
"""Of a kernel that looks for signals only before and after its work, the handler would run less often than that."""
MOST_TRIES = 30
MOMENTS = (1, 2, 9)


class Site(DiffSyncModel):
    _modelname = "site"
    _identifiers = ("name",)
    _children = {"device": "devices"}  # noqa: RUF012
    name: str
    devices: list[str] = []  # noqa: RUF012


class Device(DiffSyncModel):
    _modelname = "device"
    _identifiers = ("site", "name")
    _attributes = ("size", "role")
    _parent_keys = {"site": ("site",)}  # noqa: RUF012
    site: str
    name: str
    size: int = 0
    role: str = ""


class Network(Adapter):
    site = Site
    device = Device
    top_level = ("site",)


class SlowNetwork(Network):
    """One whose records must be asked for."""

    def get_by_uids(self, *arguments: Any) -> Any:
        """Return what the library's own returns."""
        return super().get_by_uids(*arguments)


def device_rows(count: int, size: int) -> list[dict[str, Any]]:
    """Return rows of devices, site by site."""
    return [
        {"site": f"site {number * SITES // count}", "name": f"device {number}", "size": size, "role": f"role {size}"}
        for number in range(count)
    ]


def loaded(count: int, size: int = 1, adapter_class: type[Adapter] = Network) -> Adapter:
    """Return an adapter with so many devices, all of one size."""
    adapter = adapter_class()
    adapter.load_records({"site": [{"name": f"site {number}"} for number in range(SITES)]})
    adapter.load_records({"device": device_rows(count, size)})
    return adapter


def check_links(adapter: Adapter) -> int:
    """Assert that each device is listed by its site, once; return how many devices there are."""
    stored = [device.get_unique_id() for device in adapter.get_all("device")]
    listed = [uid for site in adapter.get_all("site") for uid in site.devices]
    assert sorted(stored) == sorted(listed)
    assert all((device.size, device.role) in {(1, "role 1"), (2, "role 2")} for device in adapter.get_all("device"))
    return len(stored)


class Loading:
    """Load rows in one call, of children before their parents or after them."""

    def __init__(self, *, parents_first: bool) -> None:
        types = {"site": [{"name": f"site {number}"} for number in range(SITES)], "device": device_rows(DEVICES, 1)}
        self.rows = types if parents_first else dict(reversed(types.items()))
        self.adapter = Network()

    def __call__(self) -> None:
        self.adapter.load_records(self.rows)

    def check_left(self) -> None:
        """Assert that nothing has been loaded."""
        assert self.adapter.store._data == {}

    def check_done(self) -> None:
        """Assert that all has been loaded."""
        assert check_links(self.adapter) == DEVICES


class Comparing:
    """Compare two adapters in which all records are equal, or all devices differ."""

    _kept: dict[Any, Any] = {}  # noqa: RUF012

    def __init__(self, *, size: int, adapter_class: type[Adapter] = Network) -> None:
        kept = size, adapter_class
        if kept not in self._kept:
            self._kept[kept] = loaded(MANY_DEVICES, 1, adapter_class), loaded(MANY_DEVICES, size, adapter_class)
        self.source, self.dest = self._kept[kept]
        self.updates = 0 if size == 1 else MANY_DEVICES
        self.references = self.count_references()

    def count_references(self) -> int:
        """Return how many references there are to the records of both sides."""
        devices = self.source.get_all("device") + self.dest.get_all("device")
        return sum(map(sys.getrefcount, devices))

    def __call__(self) -> None:
        self.diff = self.dest.diff_from(self.source)

    def check_left(self) -> None:
        """Assert that nothing has changed, and nothing holds the records that did not."""
        assert self.count_references() == self.references

    def check_done(self) -> None:
        """Assert that the diff is that of the adapters."""
        unchanged = SITES + MANY_DEVICES - self.updates
        assert self.diff.summary() == {
            "create": 0,
            "update": self.updates,
            "delete": 0,
            "no-change": unchanged,
            "skip": 0,
        }


class Syncing:
    """Create all devices, update them, or delete them."""

    def __init__(self, *, before: int, size: int, after: int) -> None:
        self.source, self.dest = loaded(after, size), loaded(before)
        self.after = after
        self.diff: Any = self.dest.diff_from(self.source)

    def __call__(self) -> None:
        diff, self.diff = self.diff, None
        self.dest.sync_from(self.source, diff=diff)

    def check_left(self) -> None:
        """Assert that each record is in both its parent's list and the store, or in neither."""
        check_links(self.dest)

    def check_done(self) -> None:
        """Assert that there is nothing left to do."""
        assert check_links(self.dest) == self.after
        assert not self.dest.diff_from(self.source).has_diffs()


class Removing:
    """Remove all sites with all that is below them."""

    def __init__(self) -> None:
        self.adapter = loaded(MANY_DEVICES)

    def __call__(self) -> None:
        for site in self.adapter.get_all("site"):
            self.adapter.remove(site, remove_children=True)

    def check_left(self) -> None:
        """Assert that of each site all devices are there, or none is."""
        assert check_links(self.adapter) % (MANY_DEVICES // SITES) == 0

    def check_done(self) -> None:
        """Assert that nothing is left."""
        assert len(self.adapter) == 0


WORK: dict[str, Any] = {
    "loading": lambda: Loading(parents_first=True),
    "linking later": lambda: Loading(parents_first=False),
    "comparing": lambda: Comparing(size=1),
    "comparing what differs": lambda: Comparing(size=2),
    "comparing what is asked for": lambda: Comparing(size=2, adapter_class=SlowNetwork),
    "creating": lambda: Syncing(before=0, size=2, after=DEVICES),
    "updating": lambda: Syncing(before=DEVICES, size=2, after=DEVICES),
    "deleting": lambda: Syncing(before=DEVICES, size=1, after=0),
    "removing": Removing,
}


class Handler:
    """What Ctrl-C calls.

    Attributes:
        count: How often it has been called since `during`.
    """

    def __init__(self) -> None:
        self.count = 0
        self._fatal = 0
        self._is_on = False
        signal.signal(signal.SIGINT, self.handle)

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        """Count, and raise if it is time."""
        if self._is_on:
            self.count += 1
            if self.count == self._fatal:
                raise KeyboardInterrupt

    def during(self, work: Any, fatal: int = 0) -> None:
        """Do some work, and raise at the call of this number."""
        self.count, self._fatal, self._is_on = 0, fatal, True
        try:
            work()
        finally:
            self._is_on = False


def send_signals() -> int:
    """Have another process send the signal again and again for as long as this one lives; return its id."""
    receiver = os.getpid()
    sender = os.fork()
    if sender:
        return sender
    while os.getppid() == receiver:
        os.kill(receiver, signal.SIGINT)
        time.sleep(BETWEEN_SIGNALS)
    os._exit(0)


def count_handlings(work: Any, handler: Handler) -> int:
    """Do some work, and return how often the handler has been called meanwhile."""
    handler.during(work)
    work.check_done()
    return handler.count


def interrupt(work: Any, handler: Handler, moment: int) -> None:
    """Do some work of which the handler is to make an end, and if it has, do it once more."""
    has_failed = False
    try:
        handler.during(work, moment)
    except KeyboardInterrupt:
        has_failed = True
    if has_failed:
        work.check_left()
        work()
    work.check_done()


def main(make: Any) -> None:
    """Do one kind of work under fire."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    set_compare_threads(1)
    handler = Handler()
    sender = send_signals()
    try:
        assert any(count_handlings(make(), handler) >= ENOUGH for _ in range(MOST_TRIES))
        for moment in MOMENTS:
            interrupt(make(), handler, moment)
    finally:
        with suppress(ProcessLookupError):
            os.kill(sender, signal.SIGKILL)
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main(WORK[sys.argv[1]])
