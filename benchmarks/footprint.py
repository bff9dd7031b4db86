"""Memory and import time: what a library costs before it has done anything for you.

Every function takes the library's name and the number of records a side, and returns its readings.
"""

from __future__ import annotations

import ctypes
import gc
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import data, models

IMPORTS = 21
_IMPORT_PROGRAM = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def loaded_record(library: str, records: int) -> list[float]:
    """Bytes that an adapter takes for each record, the values themselves not counted, as they are the user's."""
    module = models.load_library(library)
    adapter = models.adapter_class(module, models.scalar_models(module))
    rows = list(data.tree(records, "source"))

    def make() -> Any:
        loaded = adapter("source")
        models.load(loaded, rows)
        return loaded

    return [_bytes_taken(make) / len(make())]


def unchanged_pair(library: str, records: int) -> list[float]:
    """Bytes that a diff takes for each pair of equal records, the records themselves not counted."""
    module = models.load_library(library)
    adapter = models.adapter_class(module, models.scalar_models(module))
    source, target = adapter("source"), adapter("target")
    models.load(source, data.tree(records, "source"))
    models.load(target, data.tree(records, "source"))
    return [_bytes_taken(lambda: target.diff_from(source)) / len(source)]


def _bytes_taken(make: Callable[[], Any]) -> int:
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


def import_time(modules: str, _records: int) -> list[float]:
    """Seconds that `import` takes, start-up of the interpreter not counted, each time in a new one."""
    command = [sys.executable, "-c", _IMPORT_PROGRAM.format(modules)]
    readings = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(IMPORTS + 1)]  # noqa: S603
    return [float(reading.stdout) for reading in readings[1:]]
