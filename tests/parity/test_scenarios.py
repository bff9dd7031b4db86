"""Whole programs with both libraries: two datasets, their classes and flags, and what is done with them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from .compare import assert_same
from .programs import scenarios
from .scenario import Scenario, examples

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")


@examples(450)
@given(scenario=scenarios())
def test_plain_models_and_flags(fastdiffsync: Any, scenario: Scenario) -> None:
    """Models with nothing overridden give the same diffs, syncs, logs and stores under all flags."""
    assert_same(scenario, fastdiffsync)


@examples(300)
@given(scenario=scenarios(with_failures=True))
def test_failing_methods(fastdiffsync: Any, scenario: Scenario) -> None:
    """Creates, updates and deletes that raise, return None or set a status end the same way."""
    assert_same(scenario, fastdiffsync)


@examples(450)
@given(scenario=scenarios(with_hooks=True))
def test_overridden_hooks(fastdiffsync: Any, scenario: Scenario) -> None:
    """Hooks of models, adapters, stores and diffs are asked and obeyed alike."""
    assert_same(scenario, fastdiffsync)


@examples(300)
@given(scenario=scenarios(is_odd=True))
def test_odd_datasets(fastdiffsync: Any, scenario: Scenario) -> None:
    """Colliding ids, missing children and sides that disagree about identifiers end in the same result or error."""
    assert_same(scenario, fastdiffsync)
