# reading records: it offers what its twin in Python offers, with the same types.

from .fields_py import forget_plans as forget_plans
from .fields_py import get_attrs as get_attrs
from .fields_py import get_identifiers as get_identifiers
from .fields_py import get_shortname as get_shortname
from .fields_py import get_unique_id as get_unique_id
from .fields_py import put_attribute as put_attribute
from .fields_py import set_attribute as set_attribute
from .fields_py import set_status as set_status
from .fields_py import unique_id_of as unique_id_of

__all__ = [
    "forget_plans",
    "get_attrs",
    "get_identifiers",
    "get_shortname",
    "get_unique_id",
    "put_attribute",
    "set_attribute",
    "set_status",
    "unique_id_of",
]
