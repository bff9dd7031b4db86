# addresses made of numbers and texts: it offers what its twin in Python offers, with the same types.

from .slotted_py import address_of as address_of

__all__ = ["address_of"]
