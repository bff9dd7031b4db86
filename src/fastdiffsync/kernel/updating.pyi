# Updating a record: it offers what its twin in Python offers, with the same types.

from .updating_py import update_directly as update_directly

__all__ = ["update_directly"]
