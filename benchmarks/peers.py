"""The same work done with other tools, as their own documentation does it: one function for each."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from . import data
from .cases import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

IDENTIFIERS = {"site": ["name"], "device": ["name"], "interface": ["device", "name"]}


def dict_equality(records: int) -> Case:
    """Compare two dicts of `{unique id: tuple of attribute values}` that hold equal data, by `==`."""
    left, right = dict(_values_by_unique_id(records)), dict(_values_by_unique_id(records))
    return Case(run=lambda: left == right, evidence=_nothing_but_equality)


def _nothing_but_equality(equal: bool) -> None:
    """Leave no evidence, as equal data is not what the library was given.

    Raises:
        ValueError: If `==` stopped at a difference, so that the time is that of a part of the data.
    """
    if not equal:
        message = "the two dicts ought to be equal"
        raise ValueError(message)


def _values_by_unique_id(records: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the source's records; every call makes new objects."""
    for site, devices in data.tree(records, "source"):
        yield _key_and_values("site", site)
        for device, interfaces in devices:
            yield _key_and_values("device", device)
            for interface in interfaces:
                yield _key_and_values("interface", interface)


def _key_and_values(modelname: str, values: data.Values) -> tuple[str, tuple[Any, ...]]:
    """Split one record's values into its unique id and its attributes."""
    identifiers = IDENTIFIERS[modelname]
    key = "__".join([values[name] for name in identifiers])
    return key, tuple(value for name, value in values.items() if name not in identifiers)


def polars_join(records: int) -> Case:
    """Join the two sides' frames, type by type, compare column by column, and keep the rows that differ."""
    import polars as pl  # noqa: PLC0415 - an extra, and no worker but this one should load it

    frames = [
        (pl.DataFrame(left), pl.DataFrame(right), IDENTIFIERS[modelname]) for modelname, left, right in _tables(records)
    ]

    def differences(left: Any, right: Any, identifiers: list[str]) -> Any:
        attributes = [name for name in left.columns if name not in identifiers]
        joined = left.lazy().join(right.lazy(), on=identifiers, how="full", suffix="_target")
        compared = joined.select(
            *identifiers,
            *[f"{name}_target" for name in identifiers],
            *[pl.col(name).ne_missing(pl.col(f"{name}_target")) for name in attributes],
        )
        return compared.filter(pl.any_horizontal(attributes)).collect()

    def evidence(results: list[Any]) -> dict[str, int]:
        counts = {"create": 0, "update": 0, "delete": 0}
        for result in results:
            created = int(result["name_target"].null_count())
            deleted = int(result["name"].null_count())
            counts["create"] += created
            counts["delete"] += deleted
            counts["update"] += len(result) - created - deleted
        return counts

    return Case(run=lambda: [differences(*pair) for pair in frames], evidence=evidence)


def duckdb_join(records: int) -> Case:
    """Join the two sides' tables in memory, type by type, compare column by column, and keep the rows that differ."""
    import duckdb  # noqa: PLC0415 - an extra, and no worker but this one should load it

    connection = duckdb.connect()
    queries = []
    for modelname, left, right in _tables(records):
        _create_table(connection, f"{modelname}_source", left)
        _create_table(connection, f"{modelname}_target", right)
        queries.append(_difference_query(modelname, list(left[0]), IDENTIFIERS[modelname]))

    def evidence(results: list[list[tuple[Any, ...]]]) -> dict[str, int]:
        rows = [row for result in results for row in result]
        created, deleted = sum(row[1] is None for row in rows), sum(row[0] is None for row in rows)
        return {"create": created, "update": len(rows) - created - deleted, "delete": deleted}

    return Case(run=lambda: [connection.execute(query).fetchall() for query in queries], evidence=evidence)


def _difference_query(modelname: str, columns: list[str], identifiers: list[str]) -> str:
    """Return the query whose rows say which columns of a record differ."""
    attributes = [name for name in columns if name not in identifiers]
    compared = [f"s.{name} IS DISTINCT FROM t.{name}" for name in attributes]
    selected = [*[f"{side}.{name}" for name in reversed(identifiers) for side in "st"], *compared]
    condition = " AND ".join(f"s.{name} = t.{name}" for name in identifiers)
    return (
        f"SELECT {', '.join(selected)} FROM {modelname}_source s FULL OUTER JOIN {modelname}_target t "  # noqa: S608
        f"ON {condition} WHERE {' OR '.join(compared)}"
    )


def _create_table(connection: Any, name: str, rows: list[data.Values]) -> None:
    """Write the rows to a Parquet file and let DuckDB read it, which is the quickest way in without pyarrow."""
    import polars as pl  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        pl.DataFrame(rows).write_parquet(path)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet(?)", [str(path)])  # noqa: S608


def _tables(records: int) -> list[tuple[str, list[data.Values], list[data.Values]]]:
    """Return each type's name, its source rows and its target rows."""
    source, target = data.by_type(data.tree(records, "source")), data.by_type(data.tree(records, "target"))
    return [(modelname, source[modelname], target[modelname]) for modelname in source]


class _Site(msgspec.Struct, kw_only=True):
    name: str
    region: str
    active: bool
    devices: list[str] = []


class _Device(msgspec.Struct, kw_only=True):
    name: str
    site: str
    role: str
    serial: str
    version: str
    rack_unit: int
    managed: bool
    interfaces: list[str] = []


class _Interface(msgspec.Struct, kw_only=True):
    device: str
    name: str
    description: str
    mac: str
    mode: str
    mtu: int
    speed: int
    vlan: int
    enabled: bool


def plain_structs(records: int) -> Case:
    """Construct bare msgspec Structs with the same fields, and keep them in a list."""
    rows = list(data.tree(records, "source"))

    def run() -> list[msgspec.Struct]:
        structs: list[msgspec.Struct] = []
        for site, devices in rows:
            structs.append(_Site(**site))
            for device, interfaces in devices:
                structs.append(_Device(**device))
                for interface in interfaces:
                    structs.append(_Interface(**interface))  # noqa: PERF401 - the same loop as the library's
        return structs

    return Case(run, evidence=len)
