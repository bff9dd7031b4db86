"""Records and all below them as text: `DiffSyncModel.str`.

The twin of `describing.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ..exceptions import ChildrenCycle, ObjectNotFound
from ..schema import is_model_class, schema_of
from .constants import INSTANCE_OVERRIDES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["describe_record"]


def describe(model: Any, *, include_children: bool, indent: int) -> list[str]:
    """Return the lines of `DiffSyncModel.str`, walking down without recursion: trees may be any depth."""
    lines: list[str] = []
    above: dict[tuple[str, str], None] = {}  # the records whose children are being described, from the top down
    levels: list[Iterator[tuple[Any, int]]] = [iter([(model, indent)])]
    while levels:
        for item, margin in levels[-1]:
            if isinstance(item, str):
                lines.append(item)
                continue
            identity = (item.get_type(), item.get_unique_id())
            if identity in above:
                refuse(identity, next(reversed(above)))
            if item is not model and has_own_text(item):
                lines.append(item.str(include_children=include_children, indent=margin))
                continue
            lines.append(f"{' ' * margin}{identity[0]}: {identity[1]}: {item.get_attrs()}")
            if item._children:
                above[identity] = None
                levels.append(describe_children(item, margin, include_children=include_children))
                break
        else:
            levels.pop()
            if above:
                above.popitem()
    return lines


def refuse(identity: tuple[str, str], parent: tuple[str, str]) -> NoReturn:
    """Raise that a record is its own descendant."""
    message = (
        f'{identity[0]} "{identity[1]}" is among its own descendants: '
        f'remove it from the children of {parent[0]} "{parent[1]}"'
    )
    raise ChildrenCycle(message)


def describe_children(model: Any, margin: int, *, include_children: bool) -> Iterator[tuple[Any, int]]:
    """Yield what follows the line of `model`: finished lines, and child records that are yet to be described."""
    space = " " * margin
    for modelname, field in model._children.items():
        child_ids = getattr(model, field)
        if not child_ids:
            yield f"{space}  {field}: []", 0
        elif not model.adapter or not include_children:
            yield f"{space}  {field}: {child_ids}", 0
        else:
            yield f"{space}  {field}", 0
            for child_id in child_ids:
                try:
                    child = model.adapter.get(modelname, child_id)
                except ObjectNotFound:
                    child = f"{space}    {child_id} (ERROR: details unavailable)"
                yield child, margin + 4


def has_own_text(model: Any) -> bool:
    """Whether a record's `str` is to be called."""
    if not is_model_class(type(model)) or not schema_of(type(model)).knows_text:
        return True
    return model._unique_id is INSTANCE_OVERRIDES and "str" in model.__dict__


def describe_record(self: Any, include_children: bool = True, indent: int = 0) -> str:
    """Describe the record and, through its adapter, all below it, one line for each record and child field.

    Args:
        self: The record.
        include_children: Whether to look up and describe children, or to list their unique ids.
        indent: Number of spaces before each line.

    Raises:
        ChildrenCycle: If a record is its own descendant.
    """
    return "\n".join(describe(self, include_children=include_children, indent=indent))
