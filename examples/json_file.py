"""Keep a dataset in a JSON file: `load` reads the file, `sync_complete` writes it.

The wanted state stands in the program. The first run fills the file. Change the file by hand and run the program again:
it says what you changed, and puts it back.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path
from typing import Any

import structlog

from fastdiffsync import Adapter, Diff, DiffSyncFlags, DiffSyncModel


class Team(DiffSyncModel):
    """Some people who work together."""

    _modelname = "team"
    _identifiers = ("name",)
    _attributes = ("room",)
    _children = {"person": "members"}

    name: str
    room: int
    members: list[str] = []


class Person(DiffSyncModel):
    """A member of a team."""

    _modelname = "person"
    _identifiers = ("login",)
    _attributes = ("full_name", "languages")

    login: str
    full_name: str
    languages: list[str] = []


class Teams(Adapter):
    """Teams and their members."""

    team = Team
    person = Person
    top_level = ["team"]


class WantedTeams(Teams):
    """The teams as they should be."""

    def load(self) -> None:
        """Add the teams."""
        core, compilers = Team(name="core", room=12), Team(name="compilers", room=14)
        for team, member in [
            (core, Person(login="ada", full_name="Ada Lovelace", languages=["en", "fr"])),
            (core, Person(login="alan", full_name="Alan Turing")),
            (compilers, Person(login="grace", full_name="Grace Hopper", languages=["en"])),
        ]:
            self.get_or_add_model_instance(team)
            self.add(member)
            team.add_child(member)


class TeamsFile(Teams):
    """The teams as a JSON file has them."""

    def __init__(self, path: Path) -> None:
        """Stand for a file, which need not be there yet."""
        super().__init__(name=path.name)
        self.path = path

    def load(self) -> None:
        """Read the file."""
        if self.path.exists():
            self.load_from_dict(json.loads(self.path.read_text(encoding="utf-8")))

    def sync_complete(
        self, source: Adapter, diff: Diff, flags: DiffSyncFlags = DiffSyncFlags.NONE, logger: Any = None
    ) -> None:
        """Write the file. A sync calls this once, and only if it has changed something."""
        # To another name first: a program that is stopped in the middle leaves the old file whole.
        unfinished = self.path.with_name(f"{self.path.name}.unfinished")
        unfinished.write_text(json.dumps(self.dict(), indent=2), encoding="utf-8")
        unfinished.replace(self.path)
        print(f"Saved {len(self)} records: {diff.summary()}")
        super().sync_complete(source, diff, flags, logger)


def main() -> None:
    """Make the file's teams the wanted ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="the JSON file to read and write")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

    wanted, file = WantedTeams("wanted"), TeamsFile(options.file)
    wanted.load()
    file.load()

    diff = file.diff_from(wanted)
    print(diff.str())
    file.sync_from(wanted, diff=diff)


if __name__ == "__main__":
    main()
