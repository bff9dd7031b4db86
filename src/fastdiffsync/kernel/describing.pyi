# Records as text: it offers what its twin in Python offers, with the same types.

from .describing_py import describe_record as describe_record

__all__ = ["describe_record"]
