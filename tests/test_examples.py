"""The examples run as programs, print what they promise and leave what they say."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(kernel: str, name: str, *arguments: str) -> str:
    environment = {**os.environ, "FASTDIFFSYNC_IMPLEMENTATION": kernel, "PYTHONIOENCODING": "utf-8"}
    finished = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=environment,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    assert not finished.stderr
    return finished.stdout


def test_iso_3166_compares_syncs_and_ends_with_nothing_to_do(kernel: str, tmp_path: Path) -> None:
    """The main job finds the differing names, syncs the file to the second package, and a second diff is empty."""
    path = tmp_path / "iso.sqlite"
    printed = run(kernel, "iso_3166.py", "--database", str(path))
    assert "subdivision: CY-05\n        name    iso3166-2(Baf)    pycountry(Pafos)" in printed
    assert printed.endswith("(no diffs)\n")
    with closing(sqlite3.connect(path)) as database:
        countries = database.execute("SELECT count(*) FROM country").fetchone()[0]
        name = database.execute("SELECT name FROM subdivision WHERE code = 'CY-05'").fetchone()[0]
        nested = database.execute("SELECT count(*) FROM subdivision WHERE parent_code IS NOT NULL").fetchone()[0]
    assert countries == 249
    assert name == "Baf"
    assert nested > 1000


def test_iso_3166_run_again_changes_back_and_forth(kernel: str, tmp_path: Path) -> None:
    """A second run starts from what the first one left: only the differing names change, and change again."""
    path = tmp_path / "iso.sqlite"
    first = run(kernel, "iso_3166.py", "--database", str(path))
    second = run(kernel, "iso_3166.py", "--database", str(path))
    assert "5,295 create" in first
    assert "5,295 create" not in second
    assert second.endswith("(no diffs)\n")


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_an_example_explains_itself(name: str) -> None:
    """Every example begins with a text that says what it shows."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert text.startswith('"""')
    assert len(text.split('"""')[1]) > 60
