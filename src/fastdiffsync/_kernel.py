"""Chooses between the compiled kernel and its twin in Python; nobody else imports either."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

_CHOICE = os.environ.get("FASTDIFFSYNC_IMPLEMENTATION", "")
if _CHOICE not in {"", "c", "python"}:
    _MESSAGE = f"FASTDIFFSYNC_IMPLEMENTATION must be 'c' or 'python', not {_CHOICE!r}"
    raise ImportError(_MESSAGE)
COMPILED = not TYPE_CHECKING and _CHOICE != "python"
if COMPILED:
    try:
        from ._applying import *  # noqa: F403
        from ._bulk import *  # noqa: F403
        from ._compare import *  # noqa: F403
        from ._core import *  # noqa: F403
        from ._flat import *  # noqa: F403
        from ._local import *  # noqa: F403
        from ._making import *  # noqa: F403
        from ._records import *  # noqa: F403
        from ._stored import *  # noqa: F403
    except ImportError:
        if _CHOICE == "c":
            raise
        COMPILED = False
if not COMPILED:
    from ._applying_py import *  # noqa: F403
    from ._bulk_py import *  # noqa: F403
    from ._compare_py import *  # noqa: F403
    from ._core_py import *  # noqa: F403
    from ._flat_py import *  # noqa: F403
    from ._local_py import *  # noqa: F403
    from ._making_py import *  # noqa: F403
    from ._records_py import *  # noqa: F403
    from ._stored_py import *  # noqa: F403
