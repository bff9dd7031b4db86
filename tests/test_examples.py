"""The examples run as programs, print what they promise and leave what they say."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pycountry
import pytest
from iso3166_2 import Subdivisions

from .interpreters import run_file
from .reference import needs_diffsync

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.py"))


class Finished(NamedTuple):
    status: int
    printed: str
    errors: str


def start(kernel: str, program: Path, *arguments: str) -> Finished:
    """Run a program as its user does."""
    finished = subprocess.run(
        [sys.executable, program, *arguments],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, "FASTDIFFSYNC_IMPLEMENTATION": kernel, "PYTHONIOENCODING": "utf-8"},
        timeout=120,
    )
    return Finished(finished.returncode, finished.stdout, finished.stderr)


def execute(kernel: str, program: Path, *arguments: str | Path) -> Finished:
    """Run a program where the library is imported already, which takes half the time."""
    finished = run_file(kernel, str(program), *map(str, arguments), PYTHONIOENCODING="utf-8")
    return Finished(finished.returncode, finished.stdout, finished.stderr)


def run(kernel: str, program: Path, *arguments: str | Path) -> str:
    finished = execute(kernel, program, *arguments)
    assert finished == (0, finished.printed, "")
    return finished.printed


@pytest.mark.parametrize("name", NAMES)
def test_an_example_explains_itself(kernel: str, name: str) -> None:
    """Every example begins with a text that says what it shows, and prints it when asked for help."""
    text = (EXAMPLES / name).read_text(encoding="utf-8").split('"""')[1]
    assert len(text) > 60
    finished = start(kernel, EXAMPLES / name, *(["--help"] if name != "first_program.py" else []))
    assert finished == (0, finished.printed, "")
    if name != "first_program.py":
        assert text.strip() in finished.printed


# ---- ISO 3166-2 ----


def names_by_package() -> dict[str, dict[str, str]]:
    """Return what the installed packages call each subdivision, read without any help of the library."""
    return {
        "pycountry": {entry.code: entry.name.removesuffix(" †") for entry in pycountry.subdivisions},
        "iso3166-2": {
            code: entry["name"] for entries in Subdivisions().all.values() for code, entry in entries.items()
        },
    }


def rows(path: Path) -> dict[str, tuple[str, str, str | None]]:
    with closing(sqlite3.connect(path)) as database:
        selected = database.execute("SELECT code, name, category, parent_code FROM subdivision").fetchall()
    return {code: tuple(values) for code, *values in selected}


@pytest.fixture(scope="module")
def first_run(kernel: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    """What a run without a file prints, and the file that it leaves."""
    path = tmp_path_factory.mktemp("first") / "iso.sqlite"
    printed = run(kernel, EXAMPLES / "iso_3166.py", "--database", path)
    return printed, path.read_bytes()


@pytest.fixture
def filled_database(tmp_path: Path, first_run: tuple[str, bytes]) -> Path:
    """The file that a run has left."""
    path = tmp_path / "iso.sqlite"
    path.write_bytes(first_run[1])
    return path


def test_iso_3166_shows_the_differing_names(kernel: str) -> None:
    """The main job prints how many records differ, and the differing names, nested as the subdivisions are."""
    printed = run(kernel, EXAMPLES / "iso_3166.py")
    ours, theirs = names_by_package().values()
    differing = [code for code in ours if ours[code] != theirs.get(code)]
    assert f"{len(differing)} update" in printed
    assert f"ES-A\n              name    iso3166-2({theirs['ES-A']})    pycountry({ours['ES-A']})\n" in printed


def test_iso_3166_leaves_what_the_second_package_has(first_run: tuple[str, bytes], filled_database: Path) -> None:
    """The file holds every country and subdivision of `iso3166-2`, and a diff between the two is empty."""
    printed, _ = first_run
    assert printed.endswith("no-change, 0 skip\n  (no diffs)\n")
    assert rows(filled_database) == {
        code: (entry["name"], entry["type"], entry["parentCode"])
        for entries in Subdivisions().all.values()
        for code, entry in entries.items()
    }
    with closing(sqlite3.connect(filled_database)) as connection:
        assert {code for (code,) in connection.execute("SELECT code FROM country")} == set(Subdivisions().all)


def test_iso_3166_run_again_starts_from_its_file(
    kernel: str, first_run: tuple[str, bytes], filled_database: Path
) -> None:
    """A second run creates nothing: it changes the differing names to one package's, and back to the other's."""
    first, _ = first_run
    before = rows(filled_database)
    second = run(kernel, EXAMPLES / "iso_3166.py", "--database", filled_database)
    assert "pycountry  0 create" not in first
    assert "pycountry  0 create" in second
    assert rows(filled_database) == before


def test_iso_3166_brings_stray_rows_back_into_line(kernel: str, filled_database: Path) -> None:
    """Rows that neither package has are deleted, rows that somebody removed come back."""
    before = rows(filled_database)
    with closing(sqlite3.connect(filled_database)) as connection, connection:
        connection.execute("INSERT INTO country VALUES ('XX')")
        connection.execute("INSERT INTO subdivision VALUES ('XX-1', 'Nowhere', 'Province', NULL)")
        connection.execute("INSERT INTO subdivision VALUES ('XX-2', 'Nowhere at all', 'District', 'XX-1')")
        connection.execute("DELETE FROM subdivision WHERE code = 'AD-02'")
    assert "1 create, " in run(kernel, EXAMPLES / "iso_3166.py", "--database", filled_database)
    assert rows(filled_database) == before


def test_iso_3166_keeps_the_file_as_it_was_if_a_sync_fails(kernel: str, filled_database: Path) -> None:
    """A sync is one transaction: when the database refuses one row, the rows changed before it are as they were."""
    before = rows(filled_database)
    with closing(sqlite3.connect(filled_database)) as connection, connection:
        connection.execute(
            "CREATE TRIGGER refuse BEFORE UPDATE ON subdivision WHEN old.code = 'RU-ZAB' "
            "BEGIN SELECT RAISE(ABORT, 'this row stays'); END"
        )
    finished = execute(kernel, EXAMPLES / "iso_3166.py", "--database", filled_database)
    assert finished.status == 1
    assert finished.errors.endswith("sqlite3.IntegrityError: this row stays\n")
    assert rows(filled_database) == before


# ---- the smaller ones ----


def test_the_first_program_ends_without_differences(kernel: str) -> None:
    """The first program prints the three kinds of differences, and none after the sync."""
    printed = run(kernel, EXAMPLES / "first_program.py")
    assert printed.startswith("{'create': 1, 'update': 1, 'delete': 1, 'no-change': 0, 'skip': 0}\ndevice\n")
    assert printed.endswith("\n(no diffs)\n")


def test_the_json_file_is_written_and_put_back(kernel: str, tmp_path: Path) -> None:
    """The first run fills the file; a later one says what was changed by hand and writes it anew; then all is well."""
    path = tmp_path / "teams.json"
    assert "Saved 5 records: {'create': 5," in run(kernel, EXAMPLES / "json_file.py", path)
    filled = json.loads(path.read_text(encoding="utf-8"))
    assert filled["team"]["core"] == {"name": "core", "room": 12, "members": ["ada", "alan"]}

    filled["team"]["core"]["room"] = 99
    path.write_text(json.dumps(filled), encoding="utf-8")
    printed = run(kernel, EXAMPLES / "json_file.py", path)
    assert "    room    wanted(12)    teams.json(99)\n" in printed
    assert "'update': 1," in printed
    assert json.loads(path.read_text(encoding="utf-8"))["team"]["core"]["room"] == 12

    assert run(kernel, EXAMPLES / "json_file.py", path) == "(no diffs)\n"
    assert [file.name for file in tmp_path.iterdir()] == ["teams.json"]


def test_the_progress_rises_and_failures_are_listed(kernel: str) -> None:
    """Percentages rise in steps of ten, and the ports that could not be changed are what is left."""
    lines = run(kernel, EXAMPLES / "progress.py", "--devices", "50").splitlines()
    steps = [line.split()[:2] for line in lines if line.endswith("%")]
    assert [int(percent) for stage, percent in steps if stage == "diff"] == list(range(0, 101, 10))
    assert [int(percent) for stage, percent in steps if stage == "sync"] == list(range(0, 91, 10))
    assert "Left to do: {'create': 0, 'update': 4, 'delete': 0, 'no-change': 2046, 'skip': 0}" in lines
    assert "  switch-0049__30: {'-': {'vlan': 10}, '+': {'vlan': 20}}" in lines


@pytest.fixture(scope="session")
def on_diffsync(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, tuple[str, ...]], str]:
    """A function that returns what an example prints on diffsync, once its imports are changed to diffsync's."""

    @cache
    def run_on_diffsync(name: str, arguments: tuple[str, ...]) -> str:
        directory = tmp_path_factory.mktemp("theirs")
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        changed = directory / name
        changed.write_text(text.replace("from fastdiffsync", "from diffsync"), encoding="utf-8")
        return run("python", changed, *[item.format(directory / "file") for item in arguments])

    return run_on_diffsync


@needs_diffsync
@pytest.mark.parametrize(
    ("name", "arguments"), [("first_program.py", ()), ("json_file.py", ("{}",)), ("progress.py", ("--devices", "20"))]
)
def test_an_example_prints_the_same_on_diffsync(
    kernel: str, name: str, arguments: tuple[str, ...], on_diffsync: Callable[..., str], tmp_path: Path
) -> None:
    """With its imports changed to diffsync's, an example prints what it prints on this library."""
    ours = run(kernel, EXAMPLES / name, *[item.format(tmp_path / "file") for item in arguments])
    assert ours == on_diffsync(name, arguments)
