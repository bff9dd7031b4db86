"""Comparing stores under a hard limit of memory, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from .network import Row, fill, make_network

LIMIT = 48 * 1024 * 1024
"""Bytes that the comparison may add to what the process has before it."""

PROGRAM = """
import json, resource, sys
import fastdiffsync
from fastdiffsync.store.sqlite import SQLiteStore
from tests.stores.network import make_network

Network = make_network(fastdiffsync)
first, second = (Network(path, internal_storage_engine=SQLiteStore(path)) for path in sys.argv[1:3])
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + int(sys.argv[3]), resource.RLIM_INFINITY))
if sys.argv[4] == "diff":
    print(json.dumps(second.diff_from(first).summary()))
else:
    print(len([[adapter.get_all(name) for name in ("region", "host", "disk")] for adapter in (first, second)]))
"""


def test_diff_of_files_larger_than_the_memory_that_it_may_take(fastdiffsync: Any, kernel: str, tmp_path: Path) -> None:
    """Two files of which the records would not fit into the memory that is left are compared within it."""
    text = "x" * 8000
    paths = [str(tmp_path / name) for name in ("first.db", "second.db")]
    for number, path in enumerate(paths):
        adapter = make_network(fastdiffsync)(internal_storage_engine=fastdiffsync.store.sqlite.SQLiteStore(path))
        for region in range(20):
            disks = tuple(Row(f"d{disk}", (region, disk) == (7, 7) and number, text) for disk in range(250))
            fill(adapter, fastdiffsync, (Row(f"R{region}", below=(Row(f"h{region}", below=disks),)),))
        adapter.store.close()
    assert sum(Path(path).stat().st_size for path in paths) > 1.5 * LIMIT

    def run(what: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"FASTDIFFSYNC_IMPLEMENTATION": kernel}
        command = [sys.executable, "-c", PROGRAM, *paths, str(LIMIT), what]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    finished = run("diff")
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout.splitlines()[-1]) == {
        "create": 0,
        "update": 1,
        "delete": 0,
        "no-change": 5039,
        "skip": 0,
    }
    assert "MemoryError" in run("list").stderr
