"""What all parity tests need."""

from __future__ import annotations

import pytest
import structlog


@pytest.fixture(autouse=True)
def _full_logging(_quiet_logging: None) -> None:
    """Let log lines through: other tests keep them off, these compare them."""
    structlog.reset_defaults()
