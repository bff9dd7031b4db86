"""Models and adapters for tests of diffs between stores, filled from plain data."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple


class Row(NamedTuple):
    """One record: its values, and the records below it."""

    name: str
    value: Any = 0
    note: str = ""
    flags: int = 0
    below: tuple[Row, ...] = ()


def make_network(library: Any, *, has_shortnames: bool = False) -> Any:
    """Return an adapter class: regions, in regions or at the top, with hosts, which have disks.

    With shortnames, siblings are told apart by these, and a disk's is only a part of its unique id.
    """
    shortname = ("name",) if has_shortnames else ()

    class Disk(library.DiffSyncModel):  # type: ignore[misc]
        _modelname = "disk"
        _identifiers = ("host", "name")
        _shortname = shortname
        _attributes = ("value",)
        host: str
        name: str
        value: Any = None
        note: str = ""

    class Host(library.DiffSyncModel):  # type: ignore[misc]
        _modelname = "host"
        _identifiers = ("name",)
        _shortname = shortname
        _attributes = ("value",)
        _children: ClassVar[dict[str, str]] = {"disk": "disks"}
        name: str
        value: Any = None
        note: str = ""
        disks: list[str] = []  # noqa: RUF012 - copied for each record

    class Region(library.DiffSyncModel):  # type: ignore[misc]
        _modelname = "region"
        _identifiers = ("name",)
        _shortname = shortname
        _attributes = ("value",)
        _children: ClassVar[dict[str, str]] = {"region": "regions", "host": "hosts"}
        name: str
        value: Any = None
        note: str = ""
        regions: list[str] = []  # noqa: RUF012 - copied for each record
        hosts: list[str] = []  # noqa: RUF012 - copied for each record

    class Network(library.Adapter):  # type: ignore[misc]
        region = Region
        host = Host
        disk = Disk
        top_level: ClassVar[list[str]] = ["region"]

    return Network


def wide(hosts: int, disks: int = 3, flags: int = 0, **changed: Any) -> tuple[Row, ...]:
    """Return one region with hosts that have disks, all with these flags; the value of the disks named is another."""
    return (
        Row(
            "R",
            flags=flags,
            below=tuple(
                Row(
                    f"h{host}",
                    flags=flags,
                    below=tuple(
                        Row(f"d{disk}", changed.get(f"h{host}_d{disk}", 1), flags=flags) for disk in range(disks)
                    ),
                )
                for host in range(hosts)
            ),
        ),
    )


def fill(adapter: Any, library: Any, regions: tuple[Row, ...]) -> None:
    """Load rows: the top ones are regions, what is below is a region in capitals, otherwise a host, then disks."""
    waiting = [(row, "region", None) for row in reversed(regions)]
    while waiting:
        row, modelname, parent = waiting.pop()
        values = {"name": row.name, "value": row.value, "note": row.note}
        if modelname == "disk":
            values["host"] = parent.name
        record = getattr(adapter, modelname)(**values, model_flags=library.DiffSyncModelFlags(row.flags))
        adapter.add(record)
        if parent is not None:
            parent.add_child(record)
        for below in reversed(row.below):
            kind = "disk" if modelname == "host" else "region" if below.name.isupper() else "host"
            waiting.append((below, kind, record))


def elements(diff: Any) -> list[Any]:
    """Return everything that a diff says, element by element, in order."""
    found = []
    waiting = [(0, element) for element in diff.get_children()][::-1]
    while waiting:
        depth, element = waiting.pop()
        attrs = repr((element.source_attrs, element.dest_attrs))
        found.append((depth, element.type, element.name, element.keys, element.action, attrs))
        waiting.extend([(depth + 1, child) for child in element.get_children()][::-1])
    return found


def contents(adapter: Any) -> dict[str, dict[str, str]]:
    """Return all values in a store: `{type: {unique id: text}}`."""
    return {
        modelname: {record.get_unique_id(): repr(record.dict()) for record in adapter.get_all(modelname)}
        for modelname in ("region", "host", "disk")
    }


def statuses(adapter: Any) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the status and message of every record: `{(type, unique id): (name, message)}`."""
    found = {}
    for modelname in ("region", "host", "disk"):
        for record in adapter.get_all(modelname):
            status, message = record.get_status()
            found[modelname, record.get_unique_id()] = status.name, message
    return found
