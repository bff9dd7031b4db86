# what diffs answer about all that is below them: it offers what its twin in Python offers, with the same types.

from .reading_py import counts_of as counts_of
from .reading_py import has_diffs_in as has_diffs_in
from .reading_py import length_of as length_of
from .reading_py import nested_dict_of as nested_dict_of
from .reading_py import text_of as text_of

__all__ = ["counts_of", "has_diffs_in", "length_of", "nested_dict_of", "text_of"]
