"""Plays one scenario with both libraries, and says what they disagree about."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import diffsync
import diffsync.diff
import diffsync.exceptions
import diffsync.store.local

from .build import Workshop
from .run import Run

if TYPE_CHECKING:
    from .scenario import Scenario


@functools.cache
def workshop(library: Any) -> Workshop:
    """Return the workshop of a library, always the same one, so that its classes are made once."""
    return Workshop(library)


def assert_same(scenario: Scenario, fastdiffsync: Any) -> None:
    """Assert that a program sees the same with diffsync and with fastdiffsync."""
    expected = Run(workshop(diffsync), scenario).play()
    found = Run(workshop(fastdiffsync), scenario).play()
    steps = zip(found["steps"], found.pop("callbacks"), expected.pop("callbacks"), strict=True)
    for (_, outcome), calls, expected_calls in steps:
        assert_callbacks(calls, expected_calls, has_failed=outcome is not None and outcome[:1] == ("raised",))
    if any(hook.startswith("add") for hook in scenario.diff_hooks):
        _forget_late_errors(expected["steps"], found["steps"])
        for report in (expected, found):
            _forget_names(report)
    differing = differences(expected, found)
    assert not differing, "\n".join(differing)


def _forget_late_errors(expected: list[Any], found: list[Any]) -> None:
    """Where an overridden `Diff.add` has raised, forget which other error came before: see docs/deviations.md."""
    for place, ((verb, outcome), (_, other)) in enumerate(zip(expected, found, strict=True)):
        has_raised = outcome is not None and outcome[:2] == ("raised", "ObjectAlreadyExists")
        if has_raised and other is not None and other[0] == "raised":
            expected[place] = found[place] = (verb, ("raised",))


def _forget_names(report: dict[str, Any]) -> None:
    """Forget which types have been asked for: a diff that fails when elements are added has gone further by then."""
    for side in ("source", "dest"):
        if report[side] is not None:
            del report[side]["names"]


def assert_callbacks(
    calls: list[tuple[str, int, int]], expected: list[tuple[str, int, int]], *, has_failed: bool
) -> None:
    """Assert that progress was reported at most as often, never fell, and ended where diffsync's did.

    A step that failed may have come further, or less far, than diffsync's.
    """
    for stage in ("diff", "sync"):
        mine = [call[1:] for call in calls if call[0] == stage]
        theirs = [call[1:] for call in expected if call[0] == stage]
        assert has_failed or len(mine) <= len(theirs)
        assert has_failed or mine[-1:] == theirs[-1:]
        assert [current for current, _ in mine] == sorted(current for current, _ in mine)


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Return where two reports differ, each as `path: diffsync has ..., fastdiffsync has ...`."""
    if type(expected) is type(found) and isinstance(expected, dict) and list(expected) == list(found):
        return [line for name in expected for line in differences(expected[name], found[name], f"{path}/{name}")]
    if type(expected) is type(found) and isinstance(expected, (list, tuple)) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for place, pair in pairs for line in differences(*pair, f"{path}/{place}")]
    return [] if expected == found else [f"{path}: diffsync has {expected!r}, fastdiffsync has {found!r}"]
