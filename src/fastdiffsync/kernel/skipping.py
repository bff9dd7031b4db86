"""Why a pair is left out of a diff."""

from __future__ import annotations

from typing import Any

from ..enum import DiffSyncFlags, DiffSyncModelFlags

REASONS = (
    "",
    "Skipping due to SKIP_UNMATCHED_SRC flag on source adapter",
    "Skipping due to SKIP_UNMATCHED_SRC flag on model",
    "Skipping due to SKIP_UNMATCHED_DST flag on source adapter",
    "Skipping due to SKIP_UNMATCHED_DST flag on model",
    "Skipping due to IGNORE flag on source object",
    "Skipping due to IGNORE flag on dest object",
)
"""The reasons, as diffsync words them; the first stands for none."""


def skip_reason(flags: DiffSyncFlags, source: Any, dest: Any) -> str:  # noqa: PLR0911 - a return for each reason
    """Return why a pair is left out of the diff, as diffsync words it, or an empty text."""
    if dest is None:
        if flags & DiffSyncFlags.SKIP_UNMATCHED_SRC:
            return REASONS[1]
        if source.model_flags & DiffSyncModelFlags.SKIP_UNMATCHED_SRC:
            return REASONS[2]
    if source is None:
        if flags & DiffSyncFlags.SKIP_UNMATCHED_DST:
            return REASONS[3]
        if dest.model_flags & DiffSyncModelFlags.SKIP_UNMATCHED_DST:
            return REASONS[4]
    if source is not None and source.model_flags & DiffSyncModelFlags.IGNORE:
        return REASONS[5]
    if dest is not None and dest.model_flags & DiffSyncModelFlags.IGNORE:
        return REASONS[6]
    return REASONS[0]
