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

HOSTILE = [
    *("tests/test_failing_memory.py", "tests/test_misbehaving_code.py", "tests/test_interruptions.py"),
    *("tests/test_leaks.py", "tests/test_threads.py", "tests/test_garbage.py", "tests/test_depth.py"),
    *("tests/test_kernel.py", "tests/test_children.py", "tests/test_copies.py", "tests/test_bulk.py"),
    *("tests/test_diff.py", "tests/test_coercion.py", "tests/test_records_and_rows.py"),
    *("tests/test_equality_of_values.py", "tests/parity"),
]
"""Tests that are hard on the kernel: memory runs out, hooks misbehave, threads share, and all kinds of values come."""

LIMITED = (
    "tests/test_failing_memory.py::test_bulk_load_beyond_memory",
    "tests/test_depth.py::test_texts_of_a_deep_chain",
)
"""Tests that limit a process's memory."""

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
def sanitize(session: nox.Session) -> None:
    """Run hostile tests on a kernel that gcc has built with its sanitizers of addresses and of undefined behaviour.

    What they find ends the process, and with it the test. The interpreter's own memory is malloc's, so that they see
    it. What is lost is not looked for: the interpreter frees little of what it has at its end, and tests count it.
    Left out are tests that limit a process's memory, of which the sanitizer itself needs more.
    """
    options = "-fsanitize=address,undefined -fno-sanitize-recover=undefined"
    session.install("setuptools>=77", "Cython>=3.1")
    building = {"CFLAGS": f"-g -fno-omit-frame-pointer {options}", "LDFLAGS": options}
    session.install("--no-build-isolation", ".[test]", env={**KERNELS["compiled"], **building})
    libraries = [
        session.run("gcc", f"-print-file-name={name}.so", external=True, silent=True).strip()
        for name in ("libasan", "libubsan")
    ]
    checking = {
        "LD_PRELOAD": " ".join(libraries),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
        "FASTDIFFSYNC_TEST_KERNELS": "c",
    }
    session.run("pytest", *(session.posargs or HOSTILE), *[f"--deselect={name}" for name in LIMITED], env=checking)


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
