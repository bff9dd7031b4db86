# The compiled kernel, applying changes: it offers what its twin in Python offers, with the same types.

from .applying_py import DirectChanges as DirectChanges

__all__ = ["DirectChanges"]
