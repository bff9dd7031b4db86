# many records at once: it offers what its twin in Python offers, with the same types.

from .tables_py import construct_table as construct_table
from .tables_py import link_table as link_table
from .tables_py import load_table as load_table

__all__ = ["construct_table", "link_table", "load_table"]
