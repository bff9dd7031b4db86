"""Coercion of field values to their declared types, as pydantic's lax mode does it.

`compile_type` turns one annotation into a `FieldType`, once per field and class. Building a record then
costs one look at `type(value)` a field where the values are right already, and one call where they are not.
"""

from __future__ import annotations

from .compiler import FieldType, compile_type
from .validator import CoercionError

__all__ = ["CoercionError", "FieldType", "compile_type"]
