"""The contract of stores, loaded without importing the package, of which each test chooses its own build."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_package = importlib.util.find_spec("fastdiffsync")
assert _package is not None
assert _package.origin is not None
_spec = importlib.util.spec_from_file_location(
    "tests.stores.store_contract", Path(_package.origin).parent / "testing" / "store_contract.py"
)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

STRANGE_NAMES = _module.STRANGE_NAMES
TREE = _module.TREE
StoreContract = _module.StoreContract
contents = _module.contents
fill = _module.fill
make_adapter_class = _module.make_adapter_class
