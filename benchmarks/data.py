"""The data that is compared: sites, their devices, and the devices' interfaces, as two systems would report them.

A site is 100 records: itself, 9 devices and 10 interfaces of each. The two sides agree but for 1 % of the records,
which have one value changed, and for 0.25 % of the devices (with all their interfaces) and 0.25 % of the interfaces
that only the source has, and as many that only the target has: about 0.5 % of the records each.

Everything is drawn from one seeded generator, and the same numbers are drawn for both sides. No string is the same
object twice, neither on the two sides nor on one, as it would be after reading a file or a database.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Side = Literal["source", "target"]
Values = dict[str, Any]
DeviceRow = tuple[Values, list[Values]]
SiteRow = tuple[Values, list[DeviceRow]]

SEED = 20_240_229
DEVICES_PER_SITE = 9
INTERFACES_PER_DEVICE = 10
RECORDS_PER_SITE = 1 + DEVICES_PER_SITE * (1 + INTERFACES_PER_DEVICE)
CHANGED = 0.01

# Kept as bytes: decoding makes a new string each time, while a string taken from a tuple would always be the same.
_ROLES = (b"leaf", b"spine", b"border", b"access")
_MODES = (b"access", b"tagged", b"tagged-all")


class Fields(NamedTuple):
    """What the values of each type are, given a record's serial number and whether the target's are to differ."""

    site: Callable[[int, bool], Values]
    device: Callable[[int, bool], Values]
    interface: Callable[[int, bool], Values]


def _site(number: int, changed: bool) -> Values:
    return {
        "name": f"site-{number:06d}",
        "region": f"region-{number % 40 + changed}",
        "active": number % 10 != 0,
    }


def _device(number: int, changed: bool) -> Values:
    return {
        "name": f"device-{number:07d}",
        "site": f"site-{number // DEVICES_PER_SITE:06d}",
        "role": _ROLES[number % 4].decode(),
        "serial": f"SN{number * 7919:012d}",
        "version": f"17.{number % 9}.{number % 5 + changed}",
        "rack_unit": 1000 + number % 48,
        "managed": number % 20 != 0,
    }


def _interface(number: int, changed: bool) -> Values:
    return {
        "device": f"device-{number // INTERFACES_PER_DEVICE:07d}",
        "name": f"ethernet1/{number % INTERFACES_PER_DEVICE}",
        "description": f"uplink {number} to patch panel {number % 977}",
        "mac": f"02:00:{number >> 24 & 255:02x}:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
        "mode": _MODES[number % 3].decode(),
        "mtu": 9000 + changed if number % 4 else 1500 + changed,
        "speed": 1000 * (1 + number % 4),
        "vlan": 300 + number % 3000,
        "enabled": number % 8 != 0,
    }


def _site_containers(number: int, changed: bool) -> Values:
    return {
        "name": f"site-{number:06d}",
        "regions": [f"region-{number % 40 + changed}", f"zone-{number % 7}"],
        "contacts": {"noc": f"+1 555 {number:07d}", "owner": f"team-{number % 30}"},
    }


def _device_containers(number: int, changed: bool) -> Values:
    return {
        "name": f"device-{number:07d}",
        "site": [f"site-{number // DEVICES_PER_SITE:06d}"],
        "roles": [_ROLES[number % 4].decode(), _ROLES[number % 3].decode()],
        "serials": [f"SN{number * 7919:012d}", f"SN{number * 7907:012d}"],
        "versions": {"os": f"17.{number % 9}.{number % 5 + changed}", "boot": f"4.{number % 3}"},
        "position": {"unit": 1000 + number % 48, "height": 1 + number % 4},
        "flags": {"managed": number % 20 != 0, "monitored": number % 30 != 0},
    }


def _interface_containers(number: int, changed: bool) -> Values:
    return {
        "device": f"device-{number // INTERFACES_PER_DEVICE:07d}",
        "name": f"ethernet1/{number % INTERFACES_PER_DEVICE}",
        "descriptions": [f"uplink {number}", f"patch panel {number % 977}"],
        "addresses": [f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}/31"],
        "vlans": [300 + number % 3000, 300 + number % 3001],
        "limits": {"mtu": 9000 + changed, "speed": 1000 * (1 + number % 4)},
        "tags": [_MODES[number % 3].decode()],
        "peers": [f"device-{number % 70_001:07d}"],
        "state": {"enabled": number % 8 != 0, "up": number % 9 != 0},
    }


SCALARS = Fields(_site, _device, _interface)
CONTAINERS = Fields(_site_containers, _device_containers, _interface_containers)


class _Draw:
    """Decides record by record, and alike for both sides, what becomes of it."""

    def __init__(self, side: Side, one_sided: float) -> None:
        """Start from the seed.

        Args:
            side: The side whose records are made.
            one_sided: Probability that a record is on the source alone, and that it is on the target alone.
        """
        self._random = random.Random(SEED).random  # noqa: S311 - no secret hangs on it
        self._target = side == "target"
        self._one_sided = one_sided

    def changed(self, number: float) -> bool:
        """Whether the values on this side are the changed ones."""
        return self._target and number < CHANGED

    def present(self, number: float) -> bool:
        """Whether this side has the record."""
        offset = number - CHANGED
        if not 0 <= offset < 2 * self._one_sided:
            return True
        return (offset >= self._one_sided) == self._target

    def __call__(self) -> float:
        """Return the next number, from 0 to 1, which settles one record."""
        return self._random()


def tree(records: int, side: Side, fields: Fields = SCALARS) -> Iterator[SiteRow]:
    """Make the records of one side, site by site.

    Args:
        records: Number of records, a multiple of 100.
        side: "source" or "target".
        fields: `SCALARS` (strings, integers, booleans) or `CONTAINERS` (every attribute is a list or dict).

    Returns:
        Each site's values with its devices, each device's values with its interfaces' values, in load order.

    Raises:
        ValueError: If `records` is not a multiple of 100.
    """
    sites, rest = divmod(records, RECORDS_PER_SITE)
    if rest:
        message = f"records must be a multiple of {RECORDS_PER_SITE}, not {records}"
        raise ValueError(message)
    yield from some_sites(sites, DEVICES_PER_SITE, side, fields)


def some_sites(sites: int, devices: int, side: Side, fields: Fields = SCALARS) -> Iterator[SiteRow]:
    """Make the records of this many sites, with this many devices each; other arguments as for `tree`."""
    draw = _Draw(side, one_sided=0.0025)
    for number in range(sites):
        values = fields.site(number, draw.changed(draw()))
        first = number * devices
        rows = [_device_row(device, draw, fields) for device in range(first, first + devices)]
        yield values, [row for row in rows if row]


def _device_row(number: int, draw: _Draw, fields: Fields) -> DeviceRow | None:
    """Return a device with its interfaces, or None if this side does not have it; numbers are drawn either way."""
    fate = draw()
    first = number * INTERFACES_PER_DEVICE
    interfaces = []
    for interface in range(first, first + INTERFACES_PER_DEVICE):
        interface_fate = draw()
        if draw.present(interface_fate):
            interfaces.append(fields.interface(interface, draw.changed(interface_fate)))
    if not draw.present(fate):
        return None
    return fields.device(number, draw.changed(fate)), interfaces


def wide_children(records: int, side: Side) -> Iterator[SiteRow]:
    """Make one site that has all the other records as its devices; arguments as for `tree`."""
    draw = _Draw(side, one_sided=0.005)
    devices: list[DeviceRow] = []
    for number in range(records - 1):
        fate = draw()
        if draw.present(fate):
            devices.append((_device(number, draw.changed(fate)), []))
    yield _site(0, False), devices


def wide_top_level(records: int, side: Side) -> Iterator[SiteRow]:
    """Make sites without devices; arguments as for `tree`."""
    draw = _Draw(side, one_sided=0.005)
    for number in range(records):
        fate = draw()
        if draw.present(fate):
            yield _site(number, draw.changed(fate)), []


def by_type(sites: Iterator[SiteRow]) -> dict[str, list[Values]]:
    """Return the same records as one flat list a type, as a database's tables or a JSON document would have them."""
    rows: dict[str, list[Values]] = {"site": [], "device": [], "interface": []}
    for site, devices in sites:
        rows["site"].append(site)
        for device, interfaces in devices:
            rows["device"].append(device)
            rows["interface"].extend(interfaces)
    return rows
