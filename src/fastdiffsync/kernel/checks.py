"""Whether what public methods are given is a record, names a type or a record, or lists children."""

from __future__ import annotations

from typing import Any

from ..runtime.arguments import described
from ..schema import is_model_class


def check_record(value: Any, taker: str) -> None:
    """Check that a value is a record.

    Args:
        value: The value.
        taker: Who takes records alone: the name of a method, or "a store".

    Raises:
        TypeError: If it is anything else.
    """
    if not is_model_class(type(value)):
        message = (
            f"{taker} takes a record, an instance of a DiffSyncModel subclass, not {described(value)}{_hint(value)}"
        )
        raise TypeError(message)


def check_child_list(record: Any, field: str, value: Any, method: str) -> None:
    """Check that the field that lists a record's children can do what a list does.

    Raises:
        TypeError: If it has no such method.
    """
    if not hasattr(value, method):
        message = f"{record!r}: its field {field!r} lists its children, and must be a list, not {described(value)}"
        raise TypeError(message)


def modelname_of(model: Any) -> str:
    """Return the type name that an argument `model` stands for.

    Raises:
        TypeError: If it is neither a type name nor a model class or record.
    """
    if isinstance(model, str):
        return model
    try:
        return model.get_type()  # type: ignore[no-any-return]
    except AttributeError:
        if hasattr(model, "get_type"):
            raise
    message = f"model must be a type name, a model class or a record, not {described(model)}"
    raise TypeError(message)


def unique_id_from(object_class: Any, identifier: Any) -> str:
    """Return the unique id that an argument `identifier`, a dict of a class's identifiers, stands for.

    Raises:
        TypeError: If it is no mapping.
        KeyError: If an identifier is missing.
    """
    if not hasattr(identifier, "keys"):
        message = f"identifier must be a unique id (str) or a dict of identifiers, not {described(identifier)}"
        raise TypeError(message)
    try:
        return object_class.create_unique_id(**identifier)  # type: ignore[no-any-return]
    except KeyError as error:
        missing = [name for name in object_class._identifiers if name not in identifier]
        if missing:
            note = (
                f"a {object_class.get_type()} is identified by {tuple(object_class._identifiers)}: give {missing} too"
            )
            # What `add_note` does from Python 3.11 on. The error itself is diffsync's.
            error.__notes__ = [*getattr(error, "__notes__", ()), note]  # type: ignore[attr-defined]
        raise


def _hint(value: Any) -> str:
    """Return what to do about some values that are easily taken for records; nothing for others."""
    cls = value if isinstance(value, type) else type(value)
    if is_model_class(cls):
        return f"; make one of it: {cls.__name__}(...)"
    if any(klass.__module__.partition(".")[0] == "diffsync" for klass in cls.__mro__):
        return (
            "; its class is made by diffsync: call fastdiffsync.install_as_diffsync() at the top of the program, "
            "or import DiffSyncModel from fastdiffsync"
        )
    if isinstance(value, str):
        return "; get it by its unique id first"
    if isinstance(value, (list, tuple, set, frozenset)):
        return "; give them one by one"
    return ""
