# whether values are exactly of their types: it offers what its twin in Python offers, with the same types.

from .exactness_py import ExactValues as ExactValues

__all__ = ["ExactValues"]
