"""How much a test does: what fits on a desk, or all of it where the environment says `HYPOTHESIS_PROFILE=ci`."""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")

IN_CI = os.environ.get("HYPOTHESIS_PROFILE") == "ci"


def by_profile(*, desk: T, ci: T) -> T:
    """Return one of two sizes: that for a desk, or that for CI, where time matters less than what is found."""
    return ci if IN_CI else desk
