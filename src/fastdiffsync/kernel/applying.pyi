# The compiled kernel, applying changes: it offers what its twin in Python offers, with the same types.

from .applying_py import PlainChanges as PlainChanges

__all__ = ["PlainChanges"]
