"""Memory and import time: what a library costs before it has done anything for you.

The functions return their readings; those on memory take the library's module and the number of records a side.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from . import data, models

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

IMPORTS = 21
_IMPORT_PROGRAM = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def loaded_record(library: ModuleType, records: int) -> list[float]:
    """Bytes that an adapter takes for each record, the values themselves not counted, as they are the user's."""
    adapter = models.adapter_class(library, models.scalar_models(library))
    rows = list(data.tree(records, "source"))

    def make() -> Any:
        loaded = adapter("source")
        models.load(loaded, rows)
        return loaded

    return [bytes_taken(make) / len(make())]


def unchanged_pair(library: ModuleType, records: int) -> list[float]:
    """Bytes that a diff takes for each pair of equal records, the records themselves not counted."""
    adapter = models.adapter_class(library, models.scalar_models(library))
    source, target = adapter("source"), adapter("target")
    models.load(source, data.tree(records, "source"))
    models.load(target, data.tree(records, "source"))
    return [bytes_taken(lambda: target.diff_from(source)) / len(source)]


def bytes_taken(make: Callable[[], Any]) -> int:
    """Return what the made object holds: by the resident set or by tracemalloc, whichever says more.

    The resident set misses what fits into memory that was free already, tracemalloc what C code allocates on its own.
    """
    before = _resident()
    first = make()
    resident = _resident() - before
    tracemalloc.start()
    second = make()
    gc.collect()
    traced, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del first, second
    return max(resident, traced)


def _resident() -> int:
    """Return the bytes of the process that are in memory, after everything unused was given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def import_library(_records: int) -> list[float]:
    """Seconds that `import fastdiffsync` takes."""
    return _import_seconds("fastdiffsync")


def import_dependencies(_records: int) -> list[float]:
    """Seconds that importing no more than its dependencies takes."""
    return _import_seconds("msgspec, structlog")


def _import_seconds(modules: str) -> list[float]:
    """Return what `import` takes, start-up of the interpreter not counted, each time in a new one.

    The first one, which is not counted, leaves bytecode behind for the others, as pip does where it installs a wheel.
    Otherwise an editable install would have that of its dependencies, but none of its own, where the environment says
    that Python is to write none.
    """
    command = [sys.executable, "-c", _IMPORT_PROGRAM.format(modules)]
    with TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": bytecode}
        readings = [
            subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            for _ in range(IMPORTS + 1)
        ]
    return [float(reading.stdout) for reading in readings[1:]]
