"""Every store of the library passes the contract of stores, on both kernels; so may anybody's, as the page says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
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


def make_plain_store(library: Any) -> Any:  # noqa: C901 - one class
    """Return a store class with diffsync's methods alone, as somebody may have written it for diffsync."""

    class PlainStore(library.store.BaseStore):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.rows: dict[tuple[str, str], Any] = {}

        def get_all_model_names(self) -> set[str]:
            return {modelname for modelname, _ in self.rows}

        def get(self, *, model: Any, identifier: Any) -> Any:
            object_class, modelname = self._get_object_class_and_model(model)
            return self._find(modelname, self._get_uid(model, object_class, identifier))

        def get_all(self, *, model: Any) -> list[Any]:
            _, modelname = self._get_object_class_and_model(model)
            return [row for key, row in self.rows.items() if key[0] == modelname]

        def get_by_uids(self, *, uids: list[str], model: Any) -> list[Any]:
            _, modelname = self._get_object_class_and_model(model)
            return [self._find(modelname, uid) for uid in uids]

        def _find(self, modelname: str, uid: str) -> Any:
            if (modelname, uid) not in self.rows:
                message = f"{modelname} {uid} not present in {self.name}"
                raise library.ObjectNotFound(message)
            return self.rows[modelname, uid]

        def remove_item(self, modelname: str, uid: str) -> None:
            self._find(modelname, uid)
            del self.rows[modelname, uid]

        def add(self, *, obj: Any) -> None:
            existing = self.rows.setdefault((obj.get_type(), obj.get_unique_id()), obj)
            if existing is not obj and existing.dict() != obj.dict():
                message = f"Object {obj.get_unique_id()} already present"
                raise library.ObjectAlreadyExists(message, obj)
            if not obj.adapter:
                obj.adapter = self.adapter

        def update(self, *, obj: Any) -> None:
            self.rows[obj.get_type(), obj.get_unique_id()] = obj
            if not obj.adapter:
                obj.adapter = self.adapter

        def count(self, *, model: Any = None) -> int:
            return len(self.get_all(model=model)) if model else len(self.rows)

    return PlainStore


class TestStoreOfDiffsyncsMethods(_OnBothKernels):
    """A store that knows nothing but diffsync's interface goes on working."""

    @pytest.fixture
    def open_store(self, library: Any) -> Callable[[], Any]:
        return make_plain_store(library)  # type: ignore[no-any-return]


MY_STORE = """
from fastdiffsync.store.local import LocalStore


class MyStore(LocalStore):
    def __init__(self, path):
        super().__init__(name=path.name)
"""

FORGETFUL_STORE = f"""{MY_STORE}
    def remove_item(self, modelname, uid):
        self.get(model=modelname, identifier=uid)
"""


@pytest.mark.parametrize(
    ("store", "verdict"), [(MY_STORE, " passed"), (FORGETFUL_STORE, " failed")], ids=["good", "forgetful"]
)
def test_the_page_shows_how_to_test_a_store_of_ones_own(kernel: str, tmp_path: Path, store: str, verdict: str) -> None:
    """What the page on stores says is enough to run the contract on another store, and to find what is wrong there."""
    page = (Path(__file__).parents[2] / "docs" / "stores.md").read_text(encoding="utf-8")
    (snippet,) = [block for block in page.split("```python\n") if "StoreContract" in block.split("```")[0]]
    (tmp_path / "test_my_store.py").write_text(store + snippet.split("```")[0], encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_my_store.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"FASTDIFFSYNC_IMPLEMENTATION": kernel, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    assert verdict in finished.stdout, finished.stdout
    assert (finished.returncode == 0) == (verdict == " passed")
    assert "no tests ran" not in finished.stdout
