"""The programs in the README and in the documentation run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/guide.md", "docs/migration.md")


@pytest.mark.parametrize("page", PAGES)
def test_the_programs_of_a_page_run_one_after_the_other(
    page: str, fastdiffsync: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All Python blocks of a page, run in order as one module, end without an error."""
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert blocks
    monkeypatch.setattr("sys.meta_path", list(__import__("sys").meta_path))
    program = "\n".join(blocks)
    modules = __import__("sys").modules
    real = {name: modules.pop(name) for name in list(modules) if name.split(".")[0] == "diffsync"}
    try:
        exec(compile(program, page, "exec"), {"__name__": f"program_of_{Path(page).stem}"})  # noqa: S102
    finally:
        for name in [name for name in modules if name.split(".")[0] == "diffsync"]:
            del modules[name]
        modules.update(real)
    assert fastdiffsync.__name__ == "fastdiffsync"
    assert "Traceback" not in capsys.readouterr().err


def test_the_first_program_is_short() -> None:
    """The README's first program has some 30 lines."""
    program = re.search(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert program is not None
    assert 20 <= len(program.group(1).splitlines()) <= 36
