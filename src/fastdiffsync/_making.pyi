# The compiled kernel, making records: it offers what its twin in Python offers, with the same types.

from ._making_py import REBUILDING as REBUILDING
from ._making_py import construct as construct
from ._making_py import create_record as create_record
from ._making_py import initialise as initialise
from ._making_py import install_constructor as install_constructor
from ._making_py import rebuild as rebuild

__all__ = [
    "REBUILDING",
    "construct",
    "create_record",
    "initialise",
    "install_constructor",
    "rebuild",
]
