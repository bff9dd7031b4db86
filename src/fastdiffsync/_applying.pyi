# The compiled kernel, applying changes: it offers what its twin in Python offers, with the same types.

from ._applying_py import PlainChanges as PlainChanges

__all__ = ["PlainChanges"]
