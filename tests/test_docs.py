"""The programs in the README and in the documentation run as they stand, and print what the pages say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from .stores.conftest import RedisProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]


class Block(NamedTuple):
    language: str
    first_line: int
    text: str


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the code blocks of a page, each with the number of lines before it."""
    language, first_line, lines = None, 0, []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(keepends=True), 1):
        if not line.startswith("```"):
            lines.append(line)
        elif language is None:
            language, first_line, lines = line[3:].strip(), number, []
        else:
            yield Block(language, first_line, "".join(lines))
            language = None


def program_of(page: Path) -> str:
    """Return all Python blocks of a page as one program, whose lines have the numbers that they have on the page."""
    program = ""
    for block in blocks_of(page):
        if block.language == "python":
            program += "\n" * (block.first_line - program.count("\n")) + block.text
    return program


def outputs_of(page: Path) -> list[str]:
    """Return what a page says that its programs print: the text blocks behind its first program."""
    blocks = list(blocks_of(page))
    first = [block.language for block in blocks].index("python")
    return [block.text for block in blocks[first:] if block.language == "text"]


WITH_PROGRAMS = [page for page in PAGES if program_of(page)]


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = RedisProcess(tmp_path_factory.mktemp("redis-of-the-pages"))
    yield server.url
    server.kill()


@pytest.mark.parametrize("page", WITH_PROGRAMS, ids=lambda page: page.stem)
def test_the_programs_of_a_page_run_one_after_the_other(
    page: Path, kernel: str, redis_url: str, tmp_path: Path
) -> None:
    """All Python blocks of a page, run in order as one program, end without error and print what the page says."""
    program = tmp_path / f"{page.stem}.py"
    program.write_text(program_of(page).replace("redis://localhost", redis_url), encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-W", "error", program],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        encoding="utf-8",
        env={**os.environ, "FASTDIFFSYNC_IMPLEMENTATION": kernel, "PYTHONIOENCODING": "utf-8"},
        timeout=120,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    for output in outputs_of(page):
        assert output in finished.stdout


def test_the_pages_have_programs() -> None:
    """The pages that teach show programs: were none found, the test above would test nothing."""
    assert {page.stem for page in WITH_PROGRAMS} >= {"README", "guide", "migration", "stores"}


def test_the_readme_shows_the_first_program() -> None:
    """The README's program has some 30 lines, and is the one among the examples."""
    program = next(block.text for block in blocks_of(README) if block.language == "python")
    assert (ROOT / "examples" / "first_program.py").read_text(encoding="utf-8").endswith(f"\n{program}")
    assert 25 <= len(program.splitlines()) <= 35


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """A link to another file of the project names one that is there."""
    targets = [
        part.split(")")[0].split("#")[0]
        for part in page.read_text(encoding="utf-8").split("](")[1:]
        if "://" not in part
    ]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []
