"""Two small datasets whose code can be made to misbehave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .parity.observe import see_adapter

if TYPE_CHECKING:
    from collections.abc import Callable


class Pair:
    """Two small datasets of one library, whose classes can be made to misbehave.

    Attributes:
        Site, Device, Inventory: The classes.
        source, dest: The adapters; site "a" with devices "x" and "y" on both, site "b" on the source alone.
    """

    def __init__(self, library: Any) -> None:
        """Make classes, and load both adapters."""

        class Site(library.DiffSyncModel):
            _modelname = "site"
            _identifiers = ("name",)
            _children = {"device": "devices"}  # noqa: RUF012
            name: str
            devices: list[str] = []  # noqa: RUF012

        class Device(library.DiffSyncModel):
            _modelname = "device"
            _identifiers = ("site", "name")
            _attributes = ("size",)
            _children = {"device": "parts"}  # noqa: RUF012
            site: str
            name: str
            size: Any = 0
            parts: list[str] = []  # noqa: RUF012

        class Inventory(library.Adapter):
            site = Site
            device = Device
            top_level = ["site"]  # noqa: RUF012

        self.library = library
        self.Site, self.Device, self.Inventory = Site, Device, Inventory
        self.source, self.dest = Inventory("source"), Inventory("dest")
        self._load(self.source, sizes=(1, 2))
        self._load(self.dest, sizes=(1, 3))
        self.source.add(Site(name="b"))

    def _load(self, adapter: Any, sizes: tuple[int, int]) -> None:
        site = self.Site(name="a")
        adapter.add(site)
        for name, size in zip("xy", sizes, strict=True):
            device = self.Device(site="a", name=name, size=size)
            adapter.add(device)
            site.add_child(device)

    def contents(self) -> list[Any]:
        """Return all that can be seen of both adapters."""
        return [see_adapter(self.source), see_adapter(self.dest)]

    def refuses(self, error: type[Exception], match: str, function: Callable[[], Any]) -> None:
        """Assert that a call raises, and changes neither store."""
        before = self.contents()
        with pytest.raises(error, match=match):
            function()
        assert self.contents() == before
