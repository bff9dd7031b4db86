"""`nox` checks everything on all supported versions of Python; `nox --list` names the single sessions.

A version that is not installed is left out, and nox says so; where the variable CI is set, it is an error.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

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
    *("tests/test_diff.py", "tests/test_diff_equality.py", "tests/test_records_and_rows.py"),
    *("tests/test_coercion.py", "tests/test_conversions.py", "tests/test_equality_of_values.py", "tests/parity"),
]
"""Tests that are hard on the kernel: memory runs out, hooks misbehave, threads share, and all kinds of values come."""

LIMITING = [
    "tests/test_depth.py::test_texts_of_a_deep_chain[c-describe_cycle]",
    "tests/test_failing_memory.py::test_bulk_load_beyond_memory",
    "tests/stores/test_larger_than_memory.py",
]
"""Tests that limit the address space. The sanitizer of addresses reserves 20 TiB of it before anything else: a limit
below that leaves nothing to allocate, and one above it does not keep small objects from being made."""

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


@nox.session(default=False)
def sanitize(session: nox.Session) -> None:
    """Run hostile tests on a kernel that gcc has built with its sanitizers of addresses and of undefined behaviour.

    What they find ends the process and is told on its standard error, which pytest therefore leaves alone. All memory
    is malloc's, so that they see each allocation. Leaks are not theirs to find, as the interpreter itself does not free
    all that it has at its end: `tests/test_leaks.py` counts.
    """
    sanitizers = "-fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all"
    building = {"CFLAGS": f"-g -fno-omit-frame-pointer {sanitizers}", "LDFLAGS": sanitizers}
    with tempfile.TemporaryDirectory() as folder:  # in `build`, an ordinary build would take what is made for its own
        configuration = Path(folder, "setup.cfg")
        configuration.write_text(f"[build]\nbuild_base = {folder}\n", encoding="utf-8")
        session.install(".[test]", env={**KERNELS["compiled"], **building, "DIST_EXTRA_CONFIG": str(configuration)})
    library = session.run("gcc", "-print-file-name=libasan.so", external=True, silent=True)
    checking = {
        "LD_PRELOAD": library.strip(),
        "ASAN_OPTIONS": "abort_on_error=1:allocator_may_return_null=1:detect_leaks=0",
        "UBSAN_OPTIONS": "abort_on_error=1:print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
        "FASTDIFFSYNC_TEST_KERNELS": "c",
    }
    left_out = [f"--deselect={test}" for test in LIMITING]
    session.run("pytest", "--capture=sys", *left_out, *(session.posargs or HOSTILE), env=checking)


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
