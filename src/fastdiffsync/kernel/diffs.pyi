# diffs: it offers what its twin in Python offers, with the same types.

from .diffs_py import DiffView as DiffView

__all__ = ["DiffView"]
