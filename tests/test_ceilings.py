"""The guard against more instructions fails nothing on a version of Python for which it has no ceilings."""

from __future__ import annotations

import json
import platform
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import instructions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def without_ceilings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the guard run on a version of Python of which nothing was measured."""
    ceilings = tmp_path / "ceilings.json"
    ceilings.write_text(json.dumps({"3.11": {"c": dict.fromkeys(instructions.KINDS, 1)}}), encoding="utf-8")
    monkeypatch.setattr(instructions, "CEILINGS", ceilings)
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "99", "0"))


@pytest.mark.usefixtures("without_ceilings")
def test_no_ceilings_is_no_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On a version without ceilings the guard says that it has none, and passes."""
    monkeypatch.setattr(sys, "argv", ["instructions"])
    instructions.main()
    assert capsys.readouterr().out == "no ceilings for Python 3.99 and the kernel 'c': set them with --update\n"


@pytest.mark.usefixtures("without_ceilings")
def test_nothing_is_proved_without_ceilings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks whether the guard would notice more work is told that it would not."""
    monkeypatch.setattr(sys, "argv", ["instructions", "--prove"])
    with pytest.raises(SystemExit, match=r"no ceilings for Python 3\.99"):
        instructions.main()
