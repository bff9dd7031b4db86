# Bodies of records that do not say the types of values: it offers what its twin in Python offers, with the same types.

from .typed_bodies_py import TypedBodies as TypedBodies

__all__ = ["TypedBodies"]
