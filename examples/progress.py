"""Show the progress of a diff and a sync as percentages, and go on where a record fails.

A made-up network of 40,000 ports is made what its plan says. One switch does not answer: its ports cannot be changed,
all others are. A record that failed does not count as done, so the sync ends below 100 %. What is left is listed.
"""

from __future__ import annotations

import argparse
import logging
from typing import Any

import structlog

from fastdiffsync import Adapter, DiffSyncFlags, DiffSyncModel
from fastdiffsync.exceptions import ObjectNotUpdated

PORTS_PER_DEVICE = 40


class Device(DiffSyncModel):
    """A switch."""

    _modelname = "device"
    _identifiers = ("name",)
    _children = {"port": "ports"}

    name: str
    ports: list[str] = []


class Port(DiffSyncModel):
    """A port of a switch."""

    _modelname = "port"
    _identifiers = ("device", "number")
    _attributes = ("vlan",)

    device: str
    number: int
    vlan: int


class RealPort(Port):
    """A port whose switch can say no."""

    def update(self, attrs: dict[str, Any]) -> RealPort | None:
        """Change the port, if its switch is there."""
        if self.device == self.adapter.unreachable:
            message = f"{self.device} does not answer"
            raise ObjectNotUpdated(message)
        return super().update(attrs)


class Network(Adapter):
    """Switches and their ports."""

    device = Device
    port = Port
    top_level = ["device"]

    def fill(self, devices: int, vlan: int) -> None:
        """Add switches; every tenth port is in the given VLAN, the others are in VLAN 1."""
        for device_number in range(devices):
            device = self.device(name=f"switch-{device_number:04}")
            self.add(device)
            for number in range(PORTS_PER_DEVICE):
                port = self.port(device=device.name, number=number, vlan=1 if number % 10 else vlan)
                self.add(port)
                device.add_child(port)


class RealNetwork(Network):
    """The network as it is."""

    port = RealPort
    unreachable = ""


class Percentage:
    """Prints a line for each ten per cent of a stage."""

    def __init__(self) -> None:
        """Begin with nothing printed."""
        self.printed = ("", 0)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Print how far the diff or the sync is, if it is further than it was."""
        reached = (stage, done * 10 // total * 10)
        if reached != self.printed:
            self.printed = reached
            print(f"  {stage} {reached[1]:>3} %")


def main() -> None:
    """Compare and change the network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=1000, help="number of switches (default: 1000)")
    options = parser.parse_args()
    # The library logs every failure as an error. Here they are listed from the records' statuses.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

    plan, network = Network("plan"), RealNetwork("network")
    plan.fill(options.devices, vlan=20)
    network.fill(options.devices, vlan=10)
    network.unreachable = f"switch-{options.devices - 1:04}"

    print("Comparing and changing")
    network.sync_from(plan, flags=DiffSyncFlags.CONTINUE_ON_FAILURE, callback=Percentage())

    left = network.diff_from(plan)
    print(f"Left to do: {left.summary()}")
    for device in left.get_children():
        for port in device.get_children():
            if port.has_diffs():
                print(f"  {port.name}: {port.get_attrs_diffs()}")


if __name__ == "__main__":
    main()
