"""diffsync's names: the two halves of the engine, for those who import them from here, and the old one of `Adapter`."""

from __future__ import annotations

import warnings
from typing import Any

from .adapter import Adapter
from .differ import DiffSyncDiffer
from .syncer import DiffSyncSyncer

__all__ = ["DiffSync", "DiffSyncDiffer", "DiffSyncSyncer"]


class DiffSync(Adapter):
    """The old name of `Adapter`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make an empty dataset and warn that the name is deprecated."""
        _warn_of_old_name()
        super().__init__(*args, **kwargs)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Warn that the name is deprecated."""
        _warn_of_old_name()
        super().__init_subclass__(**kwargs)


def _warn_of_old_name() -> None:
    warnings.warn(
        "'diffsync.DiffSync' is deprecated and will be removed with 2.1, use 'diffsync.Adapter' instead.",
        DeprecationWarning,
        stacklevel=3,
    )
