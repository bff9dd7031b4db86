# The compiled kernel, records that become bytes: it offers what its twin in Python offers, with the same types.

from ._stored_py import FieldReader as FieldReader
from ._stored_py import KeyFilter as KeyFilter
from ._stored_py import claim as claim
from ._stored_py import key_of as key_of
from ._stored_py import refer as refer

__all__ = ["FieldReader", "KeyFilter", "claim", "key_of", "refer"]
