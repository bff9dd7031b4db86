"""Builds the compiled kernel where it can be built, and a pure-Python package where it cannot.

Two environment variables decide otherwise:

FASTDIFFSYNC_DISABLE_EXTENSION=1 builds without the compiled kernel.
FASTDIFFSYNC_REQUIRE_EXTENSION=1 fails if the compiled kernel cannot be built.
"""

from __future__ import annotations

import os
import platform
import sys
import warnings

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

IS_DISABLED = os.environ.get("FASTDIFFSYNC_DISABLE_EXTENSION", "") not in {"", "0"}
IS_REQUIRED = os.environ.get("FASTDIFFSYNC_REQUIRE_EXTENSION", "") not in {"", "0"}
MODULES = ("_records", "_core")


class OptionalBuildExt(build_ext):
    """Builds the kernel; a failure is a warning, unless the kernel is required."""

    def run(self) -> None:
        """Build all extensions."""
        self._try(super().run)

    def build_extension(self, ext: Extension) -> None:
        """Build one extension."""
        self._try(super().build_extension, ext)

    def _try(self, build: object, *args: object) -> None:
        try:
            build(*args)  # type: ignore[operator]
        except Exception as error:
            if IS_REQUIRED:
                raise
            self.extensions = []
            warnings.warn(f"fastdiffsync is installed without its compiled kernel: {error}", stacklevel=2)


def extensions() -> list[Extension]:
    """Return the extensions to build: none if they are disabled, or cannot be built by this interpreter."""
    if IS_DISABLED or platform.python_implementation() != "CPython":
        if IS_DISABLED and IS_REQUIRED:
            sys.exit("FASTDIFFSYNC_DISABLE_EXTENSION and FASTDIFFSYNC_REQUIRE_EXTENSION contradict each other")
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        if IS_REQUIRED:
            raise
        warnings.warn("fastdiffsync is installed without its compiled kernel: there is no Cython", stacklevel=2)
        return []
    is_msvc = sys.platform == "win32"
    modules = [
        Extension(
            f"fastdiffsync.{name}",
            [f"src/fastdiffsync/{name}.pyx"],
            depends=["src/fastdiffsync/_slots.pxd", "src/fastdiffsync/_records.pxd"],
            extra_compile_args=[] if is_msvc else ["-O3", "-pthread"],
            extra_link_args=[] if is_msvc else ["-pthread"],
        )
        for name in MODULES
    ]
    return cythonize(modules, build_dir="build/cython", language_level=3)


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuildExt})
