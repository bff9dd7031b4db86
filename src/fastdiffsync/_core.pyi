# The compiled kernel, matching: it offers what its twin in Python offers, with the same types.

from ._core_py import Records as Records
from ._core_py import change_of as change_of
from ._core_py import mark_unknown as mark_unknown
from ._core_py import match as match

__all__ = ["Records", "change_of", "mark_unknown", "match"]
