# the flat array: it offers what its twin in Python offers, with the same types.

from .array_py import FlatArray as FlatArray

__all__ = ["FlatArray"]
