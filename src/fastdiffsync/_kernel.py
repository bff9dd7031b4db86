"""Chooses between the compiled kernel and its twin in Python; nobody else imports either.

Which twins there are is read from the folder: beside each `kernel/x_py.py` stands the compiled `kernel/x`.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import warnings
from typing import TYPE_CHECKING, Any

from . import kernel

if TYPE_CHECKING:
    from ._core_py import *  # noqa: F403
    from .kernel.applying_py import *  # noqa: F403
    from .kernel.array_py import *  # noqa: F403
    from .kernel.children_py import *  # noqa: F403
    from .kernel.compare_py import *  # noqa: F403
    from .kernel.construction_py import *  # noqa: F403
    from .kernel.copying_py import *  # noqa: F403
    from .kernel.describing_py import *  # noqa: F403
    from .kernel.diffs_py import *  # noqa: F403
    from .kernel.dumping_py import *  # noqa: F403
    from .kernel.elements_py import *  # noqa: F403
    from .kernel.encoded_records_py import *  # noqa: F403
    from .kernel.exactness_py import *  # noqa: F403
    from .kernel.fields_py import *  # noqa: F403
    from .kernel.local_records_py import *  # noqa: F403
    from .kernel.reading_py import *  # noqa: F403
    from .kernel.slotted_py import *  # noqa: F403
    from .kernel.stored_records_py import *  # noqa: F403
    from .kernel.tables_py import *  # noqa: F403
    from .kernel.typed_bodies_py import *  # noqa: F403
    from .kernel.updating_py import *  # noqa: F403
    from .kernel.views_py import *  # noqa: F403

_CHOICE = os.environ.get("FASTDIFFSYNC_IMPLEMENTATION", "")
if _CHOICE not in {"", "c", "python"}:
    _MESSAGE = f"FASTDIFFSYNC_IMPLEMENTATION must be 'c' or 'python', not {_CHOICE!r}"
    raise ImportError(_MESSAGE)

_MODULES = {name for _, name, is_package in pkgutil.iter_modules(kernel.__path__) if not is_package}
_TWINS = sorted(name.removesuffix("_py") for name in _MODULES if name.endswith("_py"))


def _load(ending: str) -> dict[str, Any]:
    """Import one kernel, the modules with this ending, and return all that they offer, by name."""
    names = [f"{__package__}._core{ending}", *(f"{kernel.__name__}.{twin}{ending}" for twin in _TWINS)]
    modules = [importlib.import_module(name) for name in names]
    return {name: getattr(module, name) for module in modules for name in getattr(module, "__all__", ())}


def _load_compiled() -> dict[str, Any]:
    """Import the compiled kernel and return all that it offers, by name.

    Raises:
        Exception: If it cannot be used: a module is missing or of another build, or msgspec is not what it expects.
    """
    names = _load("")
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        message = "it needs the interpreter lock, which is off (PYTHON_GIL=0 or -X gil=0)"
        raise ImportError(message)
    return names


def _reason(error: Exception) -> str:
    """Say for people why the compiled kernel cannot be used."""
    if isinstance(error, ModuleNotFoundError) and str(error.name).startswith(f"{__package__}."):
        return (
            f"{error.name} is missing; `FASTDIFFSYNC_REQUIRE_EXTENSION=1 pip install --force-reinstall --no-deps "
            "--no-cache-dir --no-binary fastdiffsync fastdiffsync` builds it with a C compiler, or says why it cannot"
        )
    return str(error) if isinstance(error, ImportError) else f"{type(error).__name__}: {error}"


COMPILED = _CHOICE != "python"
if COMPILED:
    try:
        globals().update(_load_compiled())
    except Exception as error:  # whatever it is, the kernel in Python does without it
        _MESSAGE = f"the compiled kernel cannot be used: {_reason(error)}"
        if _CHOICE == "c":
            _MESSAGE = f"FASTDIFFSYNC_IMPLEMENTATION is 'c', but {_MESSAGE}"
            raise ImportError(_MESSAGE) from error
        COMPILED = False
        if not _MODULES.isdisjoint(_TWINS):  # it has been built, so that somebody counts on its speed
            warnings.warn(f"fastdiffsync is slower than it could be, as {_MESSAGE}", RuntimeWarning, stacklevel=3)
if not COMPILED:
    globals().update(_load("_py"))
