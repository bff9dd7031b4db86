"""diffsync's names for the two halves of the engine, for those who import them from here."""

from __future__ import annotations

from .differ import DiffSyncDiffer
from .syncer import DiffSyncSyncer

__all__ = ["DiffSyncDiffer", "DiffSyncSyncer"]
