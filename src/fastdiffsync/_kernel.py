"""Chooses between the compiled kernel and its twin in Python; nobody else imports either.

Which twins there are is read from the folder: beside each `kernel/x_py.py` stands the compiled `kernel/x`.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from typing import TYPE_CHECKING, Any

from . import kernel

if TYPE_CHECKING:
    from ._core_py import *  # noqa: F403
    from .kernel.applying_py import *  # noqa: F403
    from .kernel.array_py import *  # noqa: F403
    from .kernel.children_py import *  # noqa: F403
    from .kernel.compare_py import *  # noqa: F403
    from .kernel.construction_py import *  # noqa: F403
    from .kernel.encoded_records_py import *  # noqa: F403
    from .kernel.fields_py import *  # noqa: F403
    from .kernel.local_records_py import *  # noqa: F403
    from .kernel.tables_py import *  # noqa: F403

_CHOICE = os.environ.get("FASTDIFFSYNC_IMPLEMENTATION", "")
if _CHOICE not in {"", "c", "python"}:
    _MESSAGE = f"FASTDIFFSYNC_IMPLEMENTATION must be 'c' or 'python', not {_CHOICE!r}"
    raise ImportError(_MESSAGE)


def _load(ending: str) -> dict[str, Any]:
    """Import one kernel, the modules with this ending, and return all that they offer, by name."""
    twins = [name.removesuffix("_py") for _, name, _ in pkgutil.iter_modules(kernel.__path__) if name.endswith("_py")]
    names = [f"{__package__}._core{ending}", *(f"{kernel.__name__}.{twin}{ending}" for twin in twins)]
    modules = [importlib.import_module(name) for name in names]
    return {name: getattr(module, name) for module in modules for name in getattr(module, "__all__", ())}


COMPILED = _CHOICE != "python"
if COMPILED:
    try:
        globals().update(_load(""))
    except ImportError:
        if _CHOICE == "c":
            raise
        COMPILED = False
if not COMPILED:
    globals().update(_load("_py"))
