"""No garbage crashes the interpreter, wherever it is put."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .profile import by_profile

PROGRAM = Path(__file__).parent / "programs" / "garbage.py"
EXAMPLES = by_profile(desk="60", ci="1000")


def test_garbage_is_no_crash(kernel: str, tmp_path: Path) -> None:
    """Whatever is assigned, overridden or passed, each call returns or raises an exception."""
    notes = tmp_path / "notes"
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(PROGRAM), EXAMPLES, str(notes)],
        env={**os.environ, "FASTDIFFSYNC_IMPLEMENTATION": kernel, "PYTHONMALLOC": "debug"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), f"{notes.read_text(encoding='utf-8')}\n{done.stderr}"
