# matching: it offers what its twin in Python offers, with the same types.

from ._core_py import match as match

__all__ = ["match"]
