"""The README's first program: compare two small inventories, and make the second one like the first."""

import logging

import structlog

from fastdiffsync import Adapter, DiffSyncModel


class Device(DiffSyncModel):
    _modelname = "device"
    _identifiers = ("name",)
    _attributes = ("role", "mtu")

    name: str
    role: str = "leaf"
    mtu: int = 1500


class Inventory(Adapter):
    device = Device
    top_level = ["device"]


structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
wanted, found = Inventory("wanted"), Inventory("found")
wanted.add(Device(name="berlin-1", role="spine"))
wanted.add(Device(name="berlin-2", mtu="9000"))  # a text from a CSV file becomes the number
found.add(Device(name="berlin-1"))
found.add(Device(name="paris-1"))

diff = found.diff_from(wanted)
print(diff.summary(), diff.str(), sep="\n")

found.sync_from(wanted, diff=diff)
print(found.diff_from(wanted).str())
