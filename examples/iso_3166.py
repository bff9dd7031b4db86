"""Compare the ISO 3166-2 subdivisions of two packages, and sync one of them into an SQLite file.

`pycountry` and `iso3166-2` are kept by different people from the same standard: countries, their subdivisions, and
the subdivisions of those. They agree on the codes and differ in names. The program

1. loads both and prints how they differ,
2. loads what `pycountry` has into an SQLite file, by a sync into the empty file,
3. brings the file to what `iso3166-2` has, record by record, by the models' own `create`, `update` and `delete`,
4. opens the file again and shows that nothing is left to do.
"""

from __future__ import annotations

import argparse
import logging
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pycountry
import structlog
from iso3166_2 import Subdivisions

from fastdiffsync import Adapter, Diff, DiffSyncFlags, DiffSyncModel, is_compiled


class Country(DiffSyncModel):
    """A country, by its two-letter code: its name, only `pycountry` has."""

    _modelname = "country"
    _identifiers = ("code",)
    _children = {"subdivision": "subdivisions"}

    code: str
    subdivisions: list[str] = []


class Subdivision(DiffSyncModel):
    """A state, province, parish, ... of a country or of another subdivision.

    The attributes are what both packages know. `iso3166-2` also has flags, coordinates, other names and a history: with
    nothing to compare them to, they would make every subdivision differ.
    """

    _modelname = "subdivision"
    _identifiers = ("code",)
    _attributes = ("name", "category", "parent_code")
    _children = {"subdivision": "subdivisions"}

    code: str
    name: str
    category: str
    parent_code: str | None = None
    subdivisions: list[str] = []


class Iso3166(Adapter):
    """What all three datasets have in common: two types of records, hung up in a tree."""

    country = Country
    subdivision = Subdivision
    top_level = ["country"]

    def add_subdivisions(self, subdivisions: list[Subdivision]) -> None:
        """Add subdivisions, each below the subdivision that is its parent, or below its country."""
        for subdivision in subdivisions:
            self.add(subdivision)
        # Only now, as a parent may come after its children. Siblings in one order on both sides are compared fastest.
        for subdivision in sorted(subdivisions, key=lambda subdivision: subdivision.code):
            if subdivision.parent_code:
                parent = self.get("subdivision", subdivision.parent_code)
            else:
                country_code, _, _ = subdivision.code.partition("-")  # the standard's own rule: "FR-ARA" is in "FR"
                parent = self.get("country", country_code)
            parent.add_child(subdivision)


class PycountryDataset(Iso3166):
    """ISO 3166-2 as `pycountry` has it."""

    def load(self) -> None:
        """Read the package's two tables."""
        for country in pycountry.countries:
            self.add(Country(code=country.alpha_2))
        self.add_subdivisions(
            [
                Subdivision(
                    code=entry.code,
                    # The standard marks some names with a dagger that points to a footnote. It is no part of the name.
                    name=entry.name.removesuffix(" †"),
                    category=entry.type,
                    parent_code=entry.parent_code,
                )
                for entry in pycountry.subdivisions
            ]
        )


class Iso3166Dataset(Iso3166):
    """ISO 3166-2 as `iso3166-2` has it."""

    def load(self) -> None:
        """Read the package's nested dicts."""
        countries = Subdivisions().all
        for country_code in countries:
            self.add(Country(code=country_code))
        self.add_subdivisions(
            [
                Subdivision(code=code, name=entry["name"], category=entry["type"], parent_code=entry["parentCode"])
                for entries in countries.values()
                for code, entry in entries.items()
            ]
        )


class StoredCountry(Country):
    """A country that is a row of the SQLite file."""

    @classmethod
    def create(cls, adapter: SqliteDataset, ids: dict[str, Any], attrs: dict[str, Any]) -> StoredCountry | None:
        """Insert the row."""
        adapter.database.execute("INSERT INTO country (code) VALUES (:code)", ids)
        return super().create(adapter, ids, attrs)

    def delete(self) -> StoredCountry | None:
        """Delete the row."""
        self.adapter.database.execute("DELETE FROM country WHERE code = ?", [self.code])
        return super().delete()


class StoredSubdivision(Subdivision):
    """A subdivision that is a row of the SQLite file."""

    @classmethod
    def create(cls, adapter: SqliteDataset, ids: dict[str, Any], attrs: dict[str, Any]) -> StoredSubdivision | None:
        """Insert the row."""
        adapter.database.execute(
            "INSERT INTO subdivision (code, name, category, parent_code) "
            "VALUES (:code, :name, :category, :parent_code)",
            ids | attrs,
        )
        return super().create(adapter, ids, attrs)

    def update(self, attrs: dict[str, Any]) -> StoredSubdivision | None:
        """Change the row. Only the attributes that differ are given; the others stay as the record has them."""
        self.adapter.database.execute(
            "UPDATE subdivision SET name = :name, category = :category, parent_code = :parent_code WHERE code = :code",
            self.get_identifiers() | self.get_attrs() | attrs,
        )
        return super().update(attrs)

    def delete(self) -> StoredSubdivision | None:
        """Delete the row."""
        self.adapter.database.execute("DELETE FROM subdivision WHERE code = ?", [self.code])
        return super().delete()


class SqliteDataset(Iso3166):
    """The dataset in an SQLite file. Every sync into it is one transaction: all of it is kept, or nothing."""

    country = StoredCountry
    subdivision = StoredSubdivision

    def __init__(self, database: sqlite3.Connection) -> None:
        """Use an open file, and make its tables if it is new."""
        super().__init__(name="sqlite")
        self.database = database
        database.execute("CREATE TABLE IF NOT EXISTS country (code TEXT PRIMARY KEY)")
        database.execute(
            "CREATE TABLE IF NOT EXISTS subdivision "
            "(code TEXT PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, parent_code TEXT)"
        )

    def load(self) -> None:
        """Read the rows."""
        for (code,) in self.database.execute("SELECT code FROM country"):
            self.add(StoredCountry(code=code))
        rows = self.database.execute("SELECT code, name, category, parent_code FROM subdivision")
        self.add_subdivisions(
            [
                StoredSubdivision(code=code, name=name, category=category, parent_code=parent_code)
                for code, name, category, parent_code in rows
            ]
        )

    def sync_complete(
        self, source: Adapter, diff: Diff, flags: DiffSyncFlags = DiffSyncFlags.NONE, logger: Any = None
    ) -> None:
        """Commit: called once, after a sync that has changed something and did not fail."""
        self.database.commit()
        super().sync_complete(source, diff, flags, logger)


def load(adapter: Iso3166) -> Iso3166:
    """Load an adapter and say how long it took."""
    start = time.perf_counter()
    adapter.load()
    print(f"  {adapter.name:<10} {len(adapter):,} records in {time.perf_counter() - start:.3f} s")
    return adapter


def counted(diff: Diff) -> str:
    """Return a diff's summary in one line."""
    return ", ".join(f"{number:,} {action}" for action, number in diff.summary().items())


def show(diff: Diff, country_codes: tuple[str, ...]) -> None:
    """Print a diff's summary, and what it says about some of the countries."""
    changed = [country for country in diff.get_children() if country.has_diffs()]
    print(f"  {counted(diff)}")
    print(f"  in {len(changed)} countries, such as")
    for country in changed:
        if country.name in country_codes:
            print(country.str(indent=4))


def run(path: Path) -> None:
    """Compare the packages, sync them into the file one after the other, and compare again."""
    print(f"Loading, with the {'compiled' if is_compiled() else 'pure-Python'} kernel")
    ours, theirs = load(PycountryDataset(name="pycountry")), load(Iso3166Dataset(name="iso3166-2"))

    print("\nWhat would make pycountry's data equal to iso3166-2's")
    show(ours.diff_from(theirs), ("CY", "ES"))

    with closing(sqlite3.connect(path)) as database:
        print("\nSyncing both into the SQLite file, one after the other")
        stored = load(SqliteDataset(database))
        for dataset in (ours, theirs):
            print(f"  {dataset.name:<10} {counted(stored.sync_from(dataset))}")

    with closing(sqlite3.connect(path)) as database:
        print("\nReading the file again, and comparing it to iso3166-2")
        left = load(SqliteDataset(database)).diff_from(theirs)
        print(f"  {counted(left)}\n  {left.str()}")


def main() -> None:
    """Read the command line and run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--database", type=Path, metavar="PATH", help="the SQLite file (default: one in a temporary folder)"
    )
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder:
        run(options.database or Path(folder) / "iso_3166.sqlite")


if __name__ == "__main__":
    main()
