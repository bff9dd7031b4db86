"""`nox` checks everything on all supported versions of Python; `nox --list` names the single sessions.

A version that is not installed is left out, and nox says so; where the variable CI is set, it is an error.
"""

from __future__ import annotations

import nox

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
KERNELS = {
    "compiled": {"FASTDIFFSYNC_REQUIRE_EXTENSION": "1"},
    "python": {"FASTDIFFSYNC_DISABLE_EXTENSION": "1"},
}

nox.options.default_venv_backend = "venv"


@nox.session(python=PYTHONS)
@nox.parametrize("kernel", list(KERNELS))
def tests(session: nox.Session, kernel: str) -> None:
    """Run the tests against a wheel, compiled (both kernels) or pure (that of Python alone)."""
    session.install(".[test]", env=KERNELS[kernel])
    under_test = "c,python" if kernel == "compiled" else "python"
    session.run("pytest", *session.posargs, env={"FASTDIFFSYNC_TEST_KERNELS": under_test})


@nox.session
def oldest(session: nox.Session) -> None:
    """Run the tests with the oldest supported versions of the dependencies, and of what builds the kernel."""
    session.install("setuptools==77.0.1", "Cython==3.1", "msgspec==0.20", "structlog==22.1")
    session.install("--no-build-isolation", ".[test]", "msgspec==0.20", "structlog==22.1", env=KERNELS["compiled"])
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install("ruff")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """Check the types of the library, and those that its users see."""
    session.install("mypy", "pytest", "redis", "msgspec", "structlog")
    session.run("mypy", "--strict")


@nox.session
def build(session: nox.Session) -> None:
    """Build the source distribution, and both wheels from it."""
    session.install("build")
    directory = session.create_tmp()
    for environment in KERNELS.values():
        session.run("python", "-m", "build", "--outdir", directory, env=environment)
