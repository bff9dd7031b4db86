"""Bodies of records whose values are exactly of their fields' types, which the bytes then need not say.

The twin of `typed_bodies.pyx`; whoever changes one changes both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..coercion.validator import Form

__all__ = ["TypedBodies"]


class TypedBodies:
    """Writes the bodies of one class's records, and takes the values from what msgspec has read."""

    def __init__(self, cls: Any, names: tuple[str, ...], forms: Iterable[Form], carrier: Any) -> None:
        """Prepare to write records of the model class `cls`.

        Args:
            cls: The model class.
            names: The fields that are written.
            forms: What values they take, in their order.
            carrier: The Struct class with the same fields that msgspec reads.
        """

    def write(self, obj: Any) -> bytes | None:  # noqa: ARG002 - the twin's
        """Return the bytes that msgspec would write for a record's values; None where that is left to msgspec.

        In this kernel it always is.
        """
        return None

    def read(self, data: bytes, start: int) -> tuple[Any, ...] | None:  # noqa: ARG002 - the twin's
        """Return the values in a body, which begins at a place in a record's bytes; None where that is left to msgspec.

        In this kernel it always is.
        """
        return None

    def values_of(self, read: Any) -> tuple[Any, ...]:
        """Return the values in an instance of the carrier, which nobody else has."""
        return msgspec.structs.astuple(read)
