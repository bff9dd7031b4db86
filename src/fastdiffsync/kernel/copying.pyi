# Copies of records: it offers what its twin in Python offers, with the same types.

from .copying_py import are_equal as are_equal
from .copying_py import copy_record as copy_record
from .copying_py import deepcopy_record as deepcopy_record
from .copying_py import reduce_record as reduce_record
from .copying_py import set_state as set_state
from .copying_py import state_of as state_of

__all__ = ["are_equal", "copy_record", "deepcopy_record", "reduce_record", "set_state", "state_of"]
