"""A flat diff as text and as nested dicts, visiting only what changed and what stands above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..enum import DiffSyncActions

if TYPE_CHECKING:
    from ..views.flat import FlatDiff


def visible_children(flat: FlatDiff, index: int) -> dict[int, dict[str, list[int]]]:
    """Return, for each element below `index` that has changes in it, its such children by type, in order.

    Args:
        flat: The flat diff.
        index: The element to begin below, -1 for the top.
    """
    start, stop = index + 1, flat.end(index)
    visible: list[int] = []
    seen = {index}
    changed = flat.next_changed(start, stop)
    while changed < stop:
        above = []
        ancestor = changed
        while ancestor not in seen:
            seen.add(ancestor)
            above.append(ancestor)
            ancestor = flat.parent(ancestor)
        visible.extend(reversed(above))
        changed = flat.next_changed(changed + 1, stop)
    children: dict[int, dict[str, list[int]]] = {index: {}}
    for element in visible:
        children[element] = {}
        children[flat.parent(element)].setdefault(flat.type(element), []).append(element)
    return children


def text_lines(flat: FlatDiff, index: int, indent: int) -> list[str]:
    """Return the lines of `Diff.str` for what is below an element; empty if nothing changed there."""
    children = visible_children(flat, index)
    lines: list[str] = []
    waiting: list[tuple[int | str, int]] = _below(children[index], indent)
    while waiting:
        item, margin = waiting.pop()
        if isinstance(item, str):
            lines.append(f"{' ' * margin}{item}")
            continue
        lines.append(element_text(flat, item, margin))
        waiting.extend(_below(children[item], margin + 2))
    return lines


def _below(groups: dict[str, list[int]], indent: int) -> list[tuple[int | str, int]]:
    """Return a heading for each type and its elements, last one first."""
    items: list[tuple[int | str, int]] = []
    for element_type, elements in groups.items():
        items.append((element_type, indent))
        items.extend((element, indent + 2) for element in elements)
    return items[::-1]


def element_text(flat: FlatDiff, index: int, indent: int) -> str:
    """Return the lines that `DiffElement.str` has for the element alone."""
    margin = " " * indent
    text = f"{margin}{flat.type(index)}: {flat.name(index)}"
    action = flat.action(index)
    if action is None:
        return text
    if action == DiffSyncActions.CREATE:
        return f"{text} MISSING in {flat.dest_name}"
    if action == DiffSyncActions.DELETE:
        return f"{text} MISSING in {flat.source_name}"
    return text + changes_text(flat.attrs_diffs(index), margin, flat.source_name, flat.dest_name)


def changes_text(diffs: dict[str, dict[str, Any]], margin: str, source_name: str, dest_name: str) -> str:
    """Return a line for each changed attribute, each begun with a line break."""
    return "".join(
        f"\n{margin}  {name}    {source_name}({value})    {dest_name}({diffs['-'][name]})"
        for name, value in diffs.get("+", {}).items()
    )


def nested_dict(flat: FlatDiff, index: int) -> dict[str, dict[str, Any]]:
    """Return what `Diff.dict` has for what is below an element."""
    children = visible_children(flat, index)
    result: dict[str, dict[str, Any]] = {}
    waiting = [(result, children[index])]
    while waiting:
        target, groups = waiting.pop()
        for element_type, elements in groups.items():
            group = target.setdefault(element_type, {})
            for element in elements:
                below: dict[str, Any] = dict(flat.attrs_diffs(element))
                group[flat.name(element)] = below
                if children[element]:
                    waiting.append((below, children[element]))
    return result
