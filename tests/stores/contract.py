"""The contract of stores, loaded without importing the package, of which each test chooses its own build."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any


def _load(name: str) -> Any:
    """Load a module of `testing` as if it were here, where another that it imports from beside itself is found too."""
    package = importlib.util.find_spec("fastdiffsync")
    assert package is not None
    assert package.origin is not None
    spec = importlib.util.spec_from_file_location(
        f"tests.stores.{name}", Path(package.origin).parent / "testing" / f"{name}.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_inventory, _contract = _load("inventory"), _load("store_contract")

STRANGE_NAMES = _inventory.STRANGE_NAMES
TREE = _inventory.TREE
StoreContract = _contract.StoreContract
contents = _inventory.contents
fill = _inventory.fill
make_adapter_class = _inventory.make_adapter_class
