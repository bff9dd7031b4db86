# lists of children: it offers what its twin in Python offers, with the same types.

from .children_py import add_child as add_child
from .children_py import remove_child as remove_child

__all__ = ["add_child", "remove_child"]
