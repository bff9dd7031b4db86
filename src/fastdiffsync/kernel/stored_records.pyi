# Records of a local store: it offers what its twin in Python offers, with the same types.

from .stored_records_py import count_records as count_records
from .stored_records_py import find_record as find_record
from .stored_records_py import get_all_records as get_all_records
from .stored_records_py import get_record as get_record
from .stored_records_py import get_records_by_uids as get_records_by_uids
from .stored_records_py import join_identifiers as join_identifiers
from .stored_records_py import note_lookups as note_lookups
from .stored_records_py import remove_plain as remove_plain

__all__ = [
    "count_records",
    "find_record",
    "get_all_records",
    "get_record",
    "get_records_by_uids",
    "join_identifiers",
    "note_lookups",
    "remove_plain",
]
