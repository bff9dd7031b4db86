"""Every store of the library passes the contract of stores, on both kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .contract import StoreContract

if TYPE_CHECKING:
    from collections.abc import Callable


class _OnBothKernels(StoreContract):
    kind: str

    @pytest.fixture
    def library(self, fastdiffsync: Any) -> Any:
        return fastdiffsync

    @pytest.fixture
    def open_store(self, opener: Callable[[str], Callable[..., Any]]) -> Callable[[], Any]:
        return opener(self.kind)


class TestLocalStore(_OnBothKernels):
    kind = "local"


class TestSQLiteStore(_OnBothKernels):
    kind = "sqlite"


class TestRedisStore(_OnBothKernels):
    kind = "redis"
    keeps_order = False


class TestSQLiteStoreInSmallBatches(_OnBothKernels):
    """With a batch after nearly every change, what a record's readers see is the same."""

    kind = "sqlite"

    @pytest.fixture
    def open_store(self, opener: Callable[[str], Callable[..., Any]]) -> Callable[[], Any]:
        return lambda: opener("sqlite")(batch_bytes=1)
