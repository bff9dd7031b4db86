"""Tests that are useful to others: the contract of stores."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("fastdiffsync.testing.store_contract", "fastdiffsync.testing.inventory")
