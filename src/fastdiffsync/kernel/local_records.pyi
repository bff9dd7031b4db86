# records in a local store: it offers what its twin in Python offers, with the same types.

from .local_records_py import RecordData as RecordData
from .local_records_py import add_record as add_record
from .local_records_py import hides_records as hides_records
from .local_records_py import release_records as release_records
from .local_records_py import remove_record as remove_record

__all__ = ["RecordData", "add_record", "hides_records", "release_records", "remove_record"]
