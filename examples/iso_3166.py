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
    """A country, by its two-letter code."""

    _modelname = "country"
    _identifiers = ("code",)
    _children = {"subdivision": "subdivisions"}

    code: str
    subdivisions: list[str] = []


class Subdivision(DiffSyncModel):
    """A state, province, parish, ... of a country or of another subdivision.

    Codes are compared as identifiers; the two packages' further fields (flags, coordinates, histories) have no
    counterpart in the other one.
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

    def add_tree(self, subdivisions: list[tuple[str, str, Subdivision]]) -> None:
        """Add subdivisions below their countries, or below the subdivision that is their parent.

        Args:
            subdivisions: (code, country's code, record) in any order; a parent may come after its children.
        """
        for _, _, record in subdivisions:
            self.add(record)
        for _, country_code, record in sorted(subdivisions, key=lambda item: item[0]):
            parent = (Subdivision, record.parent_code) if record.parent_code else (self.country, country_code)
            self.get(*parent).add_child(record)


class PycountryDataset(Iso3166):
    """ISO 3166-2 as `pycountry` has it."""

    def load(self) -> None:
        """Read the package's two tables."""
        for country in sorted(pycountry.countries, key=lambda country: country.alpha_2):
            self.add(Country(code=country.alpha_2))
        self.add_tree(
            [
                (
                    entry.code,
                    entry.country_code,
                    Subdivision(code=entry.code, name=entry.name, category=entry.type, parent_code=entry.parent_code),
                )
                for entry in pycountry.subdivisions
            ]
        )


class Iso3166Dataset(Iso3166):
    """ISO 3166-2 as `iso3166-2` has it."""

    def load(self) -> None:
        """Read the package's nested dicts."""
        countries = Subdivisions().all
        for country_code in sorted(countries):
            self.add(Country(code=country_code))
        self.add_tree(
            [
                (
                    code,
                    country_code,
                    Subdivision(code=code, name=entry["name"], category=entry["type"], parent_code=entry["parentCode"]),
                )
                for country_code, entries in countries.items()
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
            "INSERT INTO subdivision (code, country, name, category, parent_code) "
            "VALUES (:code, substr(:code, 1, 2), :name, :category, :parent_code)",
            ids | attrs,
        )
        return super().create(adapter, ids, attrs)

    def update(self, attrs: dict[str, Any]) -> StoredSubdivision | None:
        """Change the row: the columns that differ, and no others."""
        for column, value in attrs.items():
            # Column names come from `_attributes`, never from the data.
            self.adapter.database.execute(f"UPDATE subdivision SET {column} = ? WHERE code = ?", [value, self.code])  # noqa: S608
        return super().update(attrs)

    def delete(self) -> StoredSubdivision | None:
        """Delete the row."""
        self.adapter.database.execute("DELETE FROM subdivision WHERE code = ?", [self.code])
        return super().delete()


class SqliteDataset(Iso3166):
    """The dataset in an SQLite file; every sync into it is one transaction."""

    country = StoredCountry
    subdivision = StoredSubdivision

    def __init__(self, database: sqlite3.Connection) -> None:
        """Use an open file, and make its tables if it is new."""
        super().__init__(name="sqlite")
        self.database = database
        database.execute("CREATE TABLE IF NOT EXISTS country (code TEXT PRIMARY KEY)")
        database.execute(
            "CREATE TABLE IF NOT EXISTS subdivision "
            "(code TEXT PRIMARY KEY, country TEXT, name TEXT, category TEXT, parent_code TEXT)"
        )

    def load(self) -> None:
        """Read the rows."""
        for (code,) in self.database.execute("SELECT code FROM country ORDER BY code"):
            self.add(StoredCountry(code=code))
        rows = self.database.execute("SELECT code, country, name, category, parent_code FROM subdivision")
        self.add_tree(
            [
                (code, country, StoredSubdivision(code=code, name=name, category=category, parent_code=parent_code))
                for code, country, name, category, parent_code in rows
            ]
        )

    def sync_complete(
        self, source: Adapter, diff: Diff, flags: DiffSyncFlags = DiffSyncFlags.NONE, logger: Any = None
    ) -> None:
        """Commit what a sync has changed."""
        self.database.commit()
        super().sync_complete(source, diff, flags, logger)


def counted(diff: Diff) -> str:
    """Return a diff's summary in one line."""
    return ", ".join(f"{number:,} {action}" for action, number in diff.summary().items())


def excerpt(diff: Diff, countries: tuple[str, ...]) -> str:
    """Return the part of a diff that is about some countries, indented."""
    by_code = diff.children["country"]
    return "\n".join(by_code[code].str(indent=2) for code in countries if by_code[code].has_diffs())


def loaded(adapter: Iso3166) -> Iso3166:
    """Load an adapter and say how long it took."""
    start = time.perf_counter()
    adapter.load()
    print(f"  {adapter.name:<18} {len(adapter):,} records in {time.perf_counter() - start:.3f} s")
    return adapter


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", type=Path, help="the SQLite file to write (default: one that is thrown away)")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder:
        run(options.database or Path(folder) / "iso_3166.sqlite")


def run(path: Path) -> None:
    """Compare, sync, and compare again."""
    print(f"Loading (with the {'compiled' if is_compiled() else 'pure-Python'} kernel)")
    ours, theirs = loaded(PycountryDataset(name="pycountry")), loaded(Iso3166Dataset(name="iso3166-2"))

    diff = ours.diff_from(theirs)
    print(f"\nWhat pycountry would have to change to have what iso3166-2 has\n  {counted(diff)}")
    print(f"\nTwo countries of the many\n{excerpt(diff, ('CY', 'BY'))}")

    with closing(sqlite3.connect(path)) as database:
        stored = SqliteDataset(database)
        stored.load()
        first = stored.sync_from(ours)
        print(f"\nSyncing pycountry into the SQLite file\n  {counted(first)}")
        second = stored.sync_from(theirs)
        print(f"Syncing iso3166-2 into the SQLite file\n  {counted(second)}")

    with closing(sqlite3.connect(path)) as database:
        print("\nReading the file again")
        left = loaded(SqliteDataset(database)).diff_from(theirs)
        print(f"  {counted(left)}")
        print(f"  {left.str()}")


if __name__ == "__main__":
    main()
