"""Builds the compiled kernel where it can be built, and a pure-Python package where it cannot.

Two environment variables decide otherwise:

FASTDIFFSYNC_DISABLE_EXTENSION=1 builds without the compiled kernel.
FASTDIFFSYNC_REQUIRE_EXTENSION=1 fails if the compiled kernel cannot be built.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

IS_DISABLED = os.environ.get("FASTDIFFSYNC_DISABLE_EXTENSION", "") not in {"", "0"}
IS_REQUIRED = os.environ.get("FASTDIFFSYNC_REQUIRE_EXTENSION", "") not in {"", "0"}
IS_CPYTHON = platform.python_implementation() == "CPython"
PACKAGE = Path("src/fastdiffsync")
MODULES = sorted(path.relative_to(PACKAGE.parent).with_suffix("") for path in PACKAGE.rglob("*.pyx"))
OPTIONS = [] if sys.platform == "win32" else ["-O3", "-pthread"]

if IS_REQUIRED and (IS_DISABLED or not IS_CPYTHON):
    sys.exit("FASTDIFFSYNC_REQUIRE_EXTENSION is set, but the compiled kernel is disabled, or this is not CPython")


class BuildKernel(build_ext):
    """Builds the kernel; whatever goes wrong is an error that setuptools forgives where an extension is optional."""

    def build_extension(self, ext: Extension) -> None:
        """Translate and compile one module."""
        try:
            super().build_extension(ext)
        except Exception as error:
            message = f"fastdiffsync's compiled kernel cannot be built: {error}"
            raise CompileError(message) from error


def extension(module_path: Path) -> Extension:
    """Return one module of the kernel, to be translated by Cython and compiled."""
    module = Extension(
        ".".join(module_path.parts),
        [str(PACKAGE.parent / module_path.with_suffix(".pyx"))],
        depends=sorted(map(str, PACKAGE.rglob("*.pxd"))),
        extra_compile_args=OPTIONS,
        extra_link_args=OPTIONS,
        optional=not IS_REQUIRED,
    )
    module.cython_directives = {"language_level": 3}
    return module


setup(
    ext_modules=[extension(module_path) for module_path in MODULES] if IS_CPYTHON and not IS_DISABLED else [],
    cmdclass={"build_ext": BuildKernel},
    options={"build_ext": {"cython_c_in_temp": True}},
)
