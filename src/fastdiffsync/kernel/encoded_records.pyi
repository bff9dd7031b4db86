# records that become bytes: it offers what its twin in Python offers, with the same types.

from .encoded_records_py import FieldReader as FieldReader
from .encoded_records_py import KeyFilter as KeyFilter
from .encoded_records_py import claim as claim
from .encoded_records_py import key_of as key_of
from .encoded_records_py import refer as refer

__all__ = ["FieldReader", "KeyFilter", "claim", "key_of", "refer"]
