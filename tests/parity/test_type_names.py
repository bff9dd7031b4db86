"""Which types an adapter names: those that have been asked for, too, if it has none of their records."""

from __future__ import annotations

from typing import Any

import pytest

from .network import both


def classes(library: Any) -> Any:
    """Return a class of adapters with sites, devices below them, and tags."""

    class Site(library.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        _children = {"device": "devices"}  # noqa: RUF012
        name: str
        devices: list[str] = []  # noqa: RUF012

    class Device(library.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        name: str

    class Tag(library.DiffSyncModel):
        _modelname = "tag"
        _identifiers = ("name",)
        name: str

    class Inventory(library.Adapter):
        site = Site
        device = Device
        tag = Tag
        top_level = ["site", "tag"]  # noqa: RUF012

        def load(self, *names: str) -> None:
            for name in names:
                if name.startswith("tag"):
                    self.add(Tag(name=name))
                elif name.startswith("site"):
                    self.add(Site(name=name))
                else:
                    device = Device(name=name)
                    self.add(device)
                    self.get("site", "site 1").add_child(device)

    return Inventory


CONTENTS = [(), ("site 1",), ("tag 1",), ("site 1", "device 1"), ("site 1", "device 1", "tag 1")]


@pytest.mark.parametrize("source", CONTENTS)
@pytest.mark.parametrize("dest", CONTENTS)
def test_names_after_diff_and_sync(fastdiffsync: Any, source: tuple[str, ...], dest: tuple[str, ...]) -> None:
    """A diff asks either side for the types at the top, a sync the source for the type of each element."""

    def program(library: Any) -> Any:
        inventory = classes(library)
        source_side, dest_side = inventory("source"), inventory("dest")
        source_side.load(*source)
        dest_side.load(*dest)
        seen = []
        diff = dest_side.diff_from(source_side)
        for step in (lambda: None, lambda: dest_side.sync_from(source_side, diff=diff)):
            step()
            seen += [
                (sorted(side.dict()), sorted(side.get_all_model_names()), side.str())
                for side in (source_side, dest_side)
            ]
        return seen

    both(fastdiffsync, program)


@pytest.mark.parametrize("flags", ["NONE", "LOG_UNCHANGED_RECORDS"])
def test_names_after_a_failed_sync(fastdiffsync: Any, flags: str) -> None:
    """A sync that fails has asked for the types of the elements that it has come to, and of no more."""

    def program(library: Any) -> Any:
        inventory = classes(library)
        source_side, dest_side = inventory("source"), inventory("dest")
        dest_side.load("site 1", "device 1", "device 2", "tag 1")

        def delete(self: Any) -> Any:
            raise library.exceptions.ObjectNotDeleted(self.name)

        inventory.device.delete = delete
        seen = []
        for verb in (dest_side.sync_from, dest_side.diff_from):
            try:
                verb(source_side, flags=library.DiffSyncFlags[flags])
            except library.exceptions.ObjectNotDeleted as error:
                seen.append(str(error))
            seen.append(sorted(source_side.get_all_model_names()))
        return seen

    assert both(fastdiffsync, program)[0] == "device 1"
