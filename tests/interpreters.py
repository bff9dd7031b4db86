"""Running programs of Python in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
CAN_FORK = hasattr(os, "fork")
DEPENDENCIES = "import msgspec, structlog"
OWN_VARIABLES = {"FASTDIFFSYNC_IMPLEMENTATION", "PYTEST_CURRENT_TEST"}
"""Variables that are not passed on: what is tested, and what pytest sets anew for each test."""


def run(
    implementation: str | None,
    program: str,
    *,
    beginning: str = DEPENDENCIES,
    warnings: str = "error",
    path: Path | None = None,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run a program in a process that has imported little.

    Where the system can fork, an interpreter is kept for each beginning and environment, and the program goes on from
    there in a fork: that takes a tenth of the time of starting another.

    Args:
        implementation: What `FASTDIFFSYNC_IMPLEMENTATION` is set to; None to leave it unset.
        program: Its text.
        beginning: A program that comes before it, and starts no threads.
        warnings: What becomes of warnings, as the interpreter's option `-W` names it.
        path: Where modules are looked for before they are elsewhere.
        **variables: Other variables of the environment.
    """
    environment = {key: value for key, value in os.environ.items() if key not in OWN_VARIABLES} | variables
    if implementation is not None:
        environment["FASTDIFFSYNC_IMPLEMENTATION"] = implementation
    if path is not None:
        environment["PYTHONPATH"] = os.pathsep.join([str(path), environment.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    interpreter = (sys.executable, "-W", warnings)
    if CAN_FORK:
        return _forks((*interpreter, str(PROGRAMS / "forks.py"), beginning), tuple(environment.items())).run(program)
    command = [*interpreter, "-c", f"{beginning}\n{program}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def run_file(
    implementation: str | None, name: str, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run one of `programs/` with arguments, as `run` runs the text of one, where the library is imported already."""
    path = str(PROGRAMS / name)
    program = f"import runpy, sys; sys.argv = {[path, *arguments]}; runpy.run_path({path!r}, run_name='__main__')"
    return run(implementation, program, beginning="import fastdiffsync.store.sqlite", **variables)


class _Forks:
    """An interpreter whose forks run programs."""

    def __init__(self, command: tuple[str, ...], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def run(self, program: str) -> subprocess.CompletedProcess[str]:
        """Run a program in a fork."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(program) + "\n")
        self._process.stdin.flush()
        return subprocess.CompletedProcess(program, *json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the interpreter."""
        self._process.communicate()


_started: list[_Forks] = []


@cache
def _forks(command: tuple[str, ...], environment: tuple[tuple[str, str], ...]) -> _Forks:
    _started.append(_Forks(command, dict(environment)))
    return _started[-1]


def close_all() -> None:
    """End all interpreters that were kept."""
    while _started:
        _started.pop().close()
    _forks.cache_clear()
