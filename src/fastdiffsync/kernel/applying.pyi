# Applying changes: it offers what its twin in Python offers, with the same types.

from .applying_py import DirectChanges as DirectChanges
from .applying_py import change_of as change_of

__all__ = ["DirectChanges", "change_of"]
