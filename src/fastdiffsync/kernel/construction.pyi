# making records: it offers what its twin in Python offers, with the same types.

from .construction_py import REBUILDING as REBUILDING
from .construction_py import construct as construct
from .construction_py import create_record as create_record
from .construction_py import initialise as initialise
from .construction_py import install_constructor as install_constructor
from .construction_py import rebuild as rebuild
from .construction_py import restore_record as restore_record

__all__ = [
    "REBUILDING",
    "construct",
    "create_record",
    "initialise",
    "install_constructor",
    "rebuild",
    "restore_record",
]
