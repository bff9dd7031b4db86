"""Builds the compiled kernel where it can be built, and a pure-Python package where it cannot.

Environment variables decide otherwise:

FASTDIFFSYNC_DISABLE_EXTENSION=1 builds without the compiled kernel.
FASTDIFFSYNC_REQUIRE_EXTENSION=1 fails if the compiled kernel cannot be built.
CFLAGS=-g keeps what a debugger wants to know of it, and has the compiler warn.
"""

from __future__ import annotations

import os
import platform
import sys
import threading
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

IS_DISABLED = os.environ.get("FASTDIFFSYNC_DISABLE_EXTENSION", "") not in {"", "0"}
IS_REQUIRED = os.environ.get("FASTDIFFSYNC_REQUIRE_EXTENSION", "") not in {"", "0"}
IS_CPYTHON = platform.python_implementation() == "CPython"
IS_DEBUGGED = "-g" in os.environ.get("CFLAGS", "").split()
PACKAGE = Path("src/fastdiffsync")
IS_WINDOWS = sys.platform == "win32"
OPTIONS = [] if IS_WINDOWS else ["-O1", "-pthread"]
COMPILE_OPTIONS = OPTIONS if IS_WINDOWS or IS_DEBUGGED else [*OPTIONS, "-g0", "-w"]  # a third of the time
DIRECTIVES = {"language_level": 3, "auto_pickle": False}  # nobody pickles what is the kernel's own; it is much code

if IS_REQUIRED and (IS_DISABLED or not IS_CPYTHON):
    sys.exit("FASTDIFFSYNC_REQUIRE_EXTENSION is set, but the compiled kernel is disabled, or this is not CPython")


class BuildKernel(build_ext):
    """Builds the kernel, some modules at a time: Cython translates one while the compiler is at work on others.

    Whatever goes wrong is an error that setuptools forgives where an extension is optional.
    """

    translating = threading.Lock()  # Cython is not made for several threads

    def build_extension(self, ext: Extension) -> None:
        """Translate and compile one module, as far as its sources are newer than what was made of them."""
        try:
            with self.translating:
                self.translate(ext)
            super().build_extension(ext)
        except Exception as error:
            message = f"fastdiffsync's compiled kernel cannot be built: {error}"
            raise CompileError(message) from error

    def translate(self, ext: Extension) -> None:
        """Have Cython write a module's C file, and make it the module's source."""
        from Cython.Build import cythonize  # noqa: PLC0415  where nothing is compiled, Cython is not needed

        [translated] = cythonize(
            ext,
            build_dir=self.build_temp,
            compiler_directives=DIRECTIVES,
            force=self.force,
            quiet=not self.verbose,
        )
        ext.sources = translated.sources


def extension(path: Path) -> Extension:
    """Return one module of the kernel, to be translated by Cython and compiled.

    The loops that run without the interpreter gain an eighth from the compiler's best. The others call the interpreter
    all the time: they gain one to four instructions of a hundred from -O2, and take half as long again to compile.
    """
    is_loop = path.parent.name == "plain" and not IS_WINDOWS
    return Extension(
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts),
        [str(path)],
        extra_compile_args=[*COMPILE_OPTIONS, "-O3"] if is_loop else COMPILE_OPTIONS,
        extra_link_args=OPTIONS,
        optional=not IS_REQUIRED,
    )


def longest_first() -> list[Path]:
    """Return the kernel's modules in an order that leaves no processor idle towards the end."""
    return sorted(PACKAGE.rglob("*.pyx"), key=lambda path: (-path.stat().st_size, path))


setup(
    ext_modules=[extension(path) for path in longest_first()] if IS_CPYTHON and not IS_DISABLED else [],
    cmdclass={"build_ext": BuildKernel},
    options={"build_ext": {"parallel": os.cpu_count()}},
)
