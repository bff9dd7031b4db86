"""UUIDs, addresses and networks, made by calling their classes.

The twin of `slotted.pyx`, which writes to slots; whoever changes one changes both.
"""

from __future__ import annotations

from typing import Any

__all__ = ["address_of"]


def address_of(cls: Any, content: Any) -> Any:
    """Return the address or network of a class that a number or a text stands for.

    Raises:
        ValueError: If it stands for none.
    """
    return cls(content)
