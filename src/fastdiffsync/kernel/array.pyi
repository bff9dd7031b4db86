# The compiled kernel, the flat array: it offers what its twin in Python offers, with the same types.

from .array_py import FlatArray as FlatArray
from .array_py import change_of as change_of
from .array_py import mark_unknown as mark_unknown

__all__ = ["FlatArray", "change_of", "mark_unknown"]
