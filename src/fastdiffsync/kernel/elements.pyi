# elements of diffs: it offers what its twin in Python offers, with the same types.

from .elements_py import ElementView as ElementView

__all__ = ["ElementView"]
