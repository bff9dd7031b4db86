"""What can be seen of diffs and adapters, as plain texts and lists that can be compared across libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .journal import Text, neutral, render, render_error

if TYPE_CHECKING:
    from collections.abc import Callable


def attempt(function: Callable[[], Any]) -> Any:
    """Return what a call returns, rendered, or what it raises."""
    try:
        return render(function())
    except Exception as error:  # noqa: BLE001 - whatever it is, the other library must raise it too
        return ("raised", *render_error(error))


def see_diff(diff: Any, *, is_live: bool = False) -> dict[str, Any]:
    """Return all that a diff says, asked before and after its elements have been looked at.

    Args:
        diff: The diff.
        is_live: Whether records were edited since: unchanged elements show what they are now, see docs/deviations.md.
    """
    return {"numbers": numbers(diff), "elements": see_elements(diff, is_live=is_live), "numbers again": numbers(diff)}


def numbers(diff: Any) -> dict[str, Any]:
    """Return what a diff says as a whole."""
    return {
        "len": attempt(lambda: len(diff)),
        "has_diffs": attempt(diff.has_diffs),
        "summary": attempt(lambda: _without_negative_skip(diff.summary())),
        "str": attempt(diff.str),
        "indented": attempt(lambda: diff.str(indent=3)),
        "dict": attempt(diff.dict),
        "groups": attempt(diff.groups),
        "models_processed": diff.models_processed,
    }


def _without_negative_skip(summary: dict[str, int]) -> dict[str, int]:
    """Return a summary with no fewer than 0 records skipped: diffsync goes below, see docs/deviations.md."""
    return {name: max(count, 0) for name, count in summary.items()}


def see_elements(diff: Any, *, is_live: bool) -> Any:
    """Return all that a diff's elements say, in the order in which it yields them, and how it files them."""
    try:
        elements = list(diff.get_children())
    except Exception as error:  # noqa: BLE001 - whatever it is, the other library must raise it too
        return ("raised", *render_error(error))
    filed = {group: list(diff.children[group]) for group in diff.groups()}
    return (type(diff).__name__, filed, [see_element(element, is_live=is_live) for element in elements])


def see_element(element: Any, *, is_live: bool) -> dict[str, Any]:
    """Return all that one element, and what is below it, says."""
    seen = {
        "type": element.type,
        "name": element.name,
        "action": element.action,
        "text": attempt(lambda: f"{element}"),
        "repr": neutral(repr(element)),
        "len": attempt(lambda: len(element)),
        "keys": render(element.keys),
        "attrs": attempt(lambda: (element.source_attrs, element.dest_attrs)),
        "attrs keys": attempt(lambda: list(element.get_attrs_keys())),
        "attrs diffs": attempt(element.get_attrs_diffs),
        "names": (element.source_name, element.dest_name),
        "has_diffs": attempt(element.has_diffs),
        "has own diffs": attempt(lambda: element.has_diffs(include_children=False)),
        "summary": attempt(element.summary),
        "str": attempt(lambda: element.str(indent=1)),
        "dict": attempt(element.dict),
        "below": see_elements(element.child_diff, is_live=is_live),
        "children": attempt(lambda: [child.name for child in element.get_children()]),
    }
    if is_live and element.action is None:
        for name in ("attrs", "attrs keys", "keys", "name", "text"):
            del seen[name]
    return seen


def see_adapter(adapter: Any) -> dict[str, Any]:
    """Return all that an adapter holds and says."""
    store = adapter.store
    return {
        "records": {name: [see_record(model, adapter) for model in store.get_all(model=name)] for name in _held(store)},
        "names": sorted(store.get_all_model_names()),
        "keys": {name: list(records) for name, records in getattr(store, "_data", {}).items() if records},
        "len": len(adapter),
        "counts": {name: adapter.count(name) for name in _held(store)},
        "str": attempt(adapter.str),
        "texts": (render(adapter), str(adapter)),
    }


def _held(store: Any) -> list[str]:
    """Return the types that a store has records of; what merely has been asked for may be listed besides."""
    return sorted(name for name in store.get_all_model_names() if store.count(model=name))


def see_record(model: Any, adapter: Any = None) -> dict[str, Any]:
    """Return all that a record holds and says."""
    owner = "none" if model.adapter is None else "its own" if model.adapter is adapter else "another"
    return {
        "class": type(model).__name__,
        "type": model.get_type(),
        "texts": (attempt(lambda: str(model)), render(model)),
        "unique id": attempt(model.get_unique_id),
        "shortname": attempt(model.get_shortname),
        "identifiers": attempt(model.get_identifiers),
        "attrs": attempt(model.get_attrs),
        "children": attempt(model.get_children_mapping),
        "dict": attempt(model.dict),
        "status": attempt(model.get_status),
        "raw status": (render(model._status), model._status_message),
        "flags": render(model.model_flags),
        "adapter": owner,
    }


NOT_OF_DIFFSYNC = {"No type is in top_level of both datasets, so none of their records are compared"}
"""Events that only this library logs, see docs/deviations.md."""


def see_logs(entries: list[dict[str, Any]], *, forget_records: bool) -> list[Any]:
    """Return structlog's events with what is bound to them.

    Args:
        entries: As `structlog.testing.capture_logs` collects them.
        forget_records: Whether to leave out which record a deletion is about: diffsync logs a parent's own deletion
            under its last child's name if NATURAL_DELETION_ORDER is set, see docs/deviations.md.
    """
    events = []
    for entry in entries:
        if entry["event"] in NOT_OF_DIFFSYNC:
            continue
        bound = {name: render(value) for name, value in sorted(entry.items())}
        bound["event"] = Text(neutral(entry["event"]))
        if forget_records and entry.get("action") == "delete":
            bound = {name: bound[name] for name in ("action", "log_level", "src", "dst", "flags")}
        events.append(bound)
    return events
