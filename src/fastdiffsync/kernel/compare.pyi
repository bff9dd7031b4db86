# comparing: it offers what its twin in Python offers, with the same types.

from .compare_py import compare as compare

__all__ = ["compare"]
