"""All exceptions of the library, with diffsync's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from .diff import DiffElement
    from .model import DiffSyncModel


class ObjectCrudException(Exception):
    """A create, update or delete failed; raise one of the three below from your own methods."""


class ObjectNotCreated(ObjectCrudException):
    """A create failed."""


class ObjectNotUpdated(ObjectCrudException):
    """An update failed."""


class ObjectNotDeleted(ObjectCrudException):
    """A delete failed."""


class ObjectStoreException(Exception):
    """A store could not do what it was asked."""


class ObjectAlreadyExists(ObjectStoreException):
    """A record, child or element is there already.

    Attributes:
        existing_object: The record or element that was to be added.
    """

    def __init__(self, message: str, existing_object: DiffSyncModel | DiffElement, *args: Any, **kwargs: Any) -> None:
        """Raise with a message and the object that was to be added."""
        self.existing_object = existing_object
        super().__init__(message, existing_object, *args, **kwargs)


class ObjectNotFound(ObjectStoreException):
    """A record or child is not there."""


class ObjectStoreWrongType(ObjectStoreException):
    """A record is of a type that cannot stand where it was put."""


class ChildrenCycle(ObjectStoreException):
    """A record is among its own descendants."""


class DiffException(Exception):
    """Something is wrong with a diff."""


class DiffClassMismatch(DiffException):
    """A given diff is not of the class that was asked for."""


class ValidationError(msgspec.ValidationError, ValueError):
    """A record cannot be made of the given values: one is missing or of the wrong type. It is a `ValueError`."""
