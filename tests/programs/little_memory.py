"""Runs out of memory in a bulk load, for good: `little_memory.py`.

All that has been loaded must go again, and the same load succeed when there is memory.
"""

from __future__ import annotations

import logging
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from fastdiffsync import Adapter, DiffSyncModel

if TYPE_CHECKING:
    from collections.abc import Iterator

SITES = 40
DEVICES = 1000
ROOM = 8 << 20
"""Bytes that the process may take for records, of which it would need more than twice as many."""


class Site(DiffSyncModel):
    _modelname = "site"
    _identifiers = ("name",)
    _children = {"device": "devices"}  # noqa: RUF012
    name: str
    devices: list[str] = []  # noqa: RUF012


class Device(DiffSyncModel):
    _modelname = "device"
    _identifiers = ("site", "name")
    _parent_keys = {"site": ("site",)}  # noqa: RUF012
    site: str
    name: str


class Network(Adapter):
    site = Site
    device = Device
    top_level = ("site",)


def rows(count: int) -> dict[str, Iterator[dict[str, Any]]]:
    """Return rows of new sites and their devices, and at the end more devices of a site that is there."""
    names = [f"site {number}" for number in range(count)]
    return {
        "site": ({"name": name} for name in names),
        "device": (
            {"site": name, "name": f"device {number}"} for name in (*names, "old site") for number in range(DEVICES)
        ),
    }


def main() -> None:
    """Load more than there is memory for, and then again."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    network = Network()
    network.load_records(
        {"site": [{"name": "old site"}], "device": [{"site": "old site", "name": f"old {n}"} for n in range(30)]}
    )
    network.load_records({"site": [{"name": "another"}]})
    before = network.str()
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + ROOM, resource.RLIM_INFINITY))
    has_failed = False
    try:
        network.load_records(rows(SITES))
    except MemoryError:
        has_failed = True
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert has_failed
    assert network.str() == before
    network.load_records(rows(SITES))
    assert [len(site.devices) for site in network.get_all("site")] == [30 + DEVICES, 0, *[DEVICES] * SITES]
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
