# Records as dicts and as JSON: it offers what its twin in Python offers, with the same types.

from .dumping_py import dump_json as dump_json
from .dumping_py import dump_record as dump_record
from .dumping_py import dump_records as dump_records

__all__ = ["dump_json", "dump_record", "dump_records"]
