"""Compare two datasets of records as a hierarchical diff, and synchronise one to the other."""

from __future__ import annotations

from . import _kernel
from .adapter import Adapter
from .diff import Diff, DiffElement
from .drop_in import install_as_diffsync
from .enum import DiffSyncActions, DiffSyncFlags, DiffSyncModelFlags, DiffSyncStatus
from .exceptions import (
    ChildrenCycle,
    DiffClassMismatch,
    ObjectAlreadyExists,
    ObjectNotFound,
    ObjectStoreWrongType,
    RecordsRejected,
    ValidationError,
)
from .helpers import DiffSync, DiffSyncDiffer, DiffSyncSyncer
from .model import DiffSyncModel
from .runtime.threads import set_compare_threads
from .store import BaseStore
from .store.local import LocalStore
from .utils import get_path, set_key, tree_string
from .version import __version__


def is_compiled() -> bool:
    """Return whether the compiled kernel is in use."""
    return _kernel.COMPILED


__all__ = [
    "Adapter",
    "BaseStore",
    "ChildrenCycle",
    "Diff",
    "DiffClassMismatch",
    "DiffElement",
    "DiffSync",
    "DiffSyncActions",
    "DiffSyncDiffer",
    "DiffSyncFlags",
    "DiffSyncModel",
    "DiffSyncModelFlags",
    "DiffSyncStatus",
    "DiffSyncSyncer",
    "LocalStore",
    "ObjectAlreadyExists",
    "ObjectNotFound",
    "ObjectStoreWrongType",
    "RecordsRejected",
    "ValidationError",
    "__version__",
    "get_path",
    "install_as_diffsync",
    "is_compiled",
    "set_compare_threads",
    "set_key",
    "tree_string",
]
