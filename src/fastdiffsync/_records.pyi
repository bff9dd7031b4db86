# The compiled kernel, making records: it offers what its twin in Python offers, with the same types.

from ._records_py import REBUILDING as REBUILDING
from ._records_py import RecordData as RecordData
from ._records_py import add_child as add_child
from ._records_py import add_record as add_record
from ._records_py import construct as construct
from ._records_py import create_record as create_record
from ._records_py import forget_plans as forget_plans
from ._records_py import get_attrs as get_attrs
from ._records_py import get_identifiers as get_identifiers
from ._records_py import get_unique_id as get_unique_id
from ._records_py import initialise as initialise
from ._records_py import install_constructor as install_constructor
from ._records_py import rebuild as rebuild
from ._records_py import release_records as release_records
from ._records_py import remove_child as remove_child
from ._records_py import set_attribute as set_attribute
from ._records_py import set_status as set_status
from ._records_py import unique_id_of as unique_id_of

__all__ = [
    "REBUILDING",
    "RecordData",
    "add_child",
    "add_record",
    "construct",
    "create_record",
    "forget_plans",
    "get_attrs",
    "get_identifiers",
    "get_unique_id",
    "initialise",
    "install_constructor",
    "rebuild",
    "release_records",
    "remove_child",
    "set_attribute",
    "set_status",
    "unique_id_of",
]
