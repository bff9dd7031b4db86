"""The fields of a model as programs written for pydantic read them: `model_fields`, once called `__fields__`."""

from __future__ import annotations

import copy
import typing
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ..dumping.dump import factory_of
from ..schema import field_aliases, field_defaults, field_order
from .annotations import resolve_annotation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class ModelField(NamedTuple):
    """What a model says of one field, under the names that pydantic's `FieldInfo` has for it.

    Attributes:
        annotation: The field's type, without the metadata of `Annotated`.
        default: The value that the field has if none is given; `msgspec.NODEFAULT` if there is none.
        default_factory: What makes that value for each record, or None.
        alias: The field's name in data, or None if that is its own.
        metadata: What stands in `Annotated` beside the type.
    """

    annotation: Any
    default: Any
    default_factory: Callable[[], Any] | None
    alias: str | None
    metadata: tuple[Any, ...]

    def is_required(self) -> bool:
        """Return whether a record cannot be made without a value for the field."""
        return self.default is msgspec.NODEFAULT and self.default_factory is None

    def get_default(self, *, call_default_factory: bool = False) -> Any:
        """Return the value that a new record has if none is given, of its own where it can be changed.

        Args:
            call_default_factory: Whether to have the factory make it, if there is one; None is returned otherwise.
        """
        if self.default_factory is not None:
            return self.default_factory() if call_default_factory else None
        return copy.deepcopy(self.default)


class ModelFields:
    """A class attribute that reads as the fields of the class it is read from, or of whose record it is."""

    def __get__(self, record: Any, cls: type[Any]) -> Mapping[str, ModelField]:
        """Return the fields by name, in the order of `dict()`; `adapter` is among them, as with diffsync."""
        defaults, names = field_defaults(cls), {field: alias for alias, field in field_aliases(cls).items()}
        found = {}
        for name in field_order(cls):
            annotation = resolve_annotation(cls, name)
            metadata = getattr(annotation, "__metadata__", ())
            default = defaults[name]
            factory = factory_of(default)
            found[name] = ModelField(
                annotation=typing.get_args(annotation)[0] if metadata else annotation,
                default=msgspec.NODEFAULT if factory is not None else default,
                default_factory=factory,
                alias=names.get(name),
                metadata=metadata,
            )
        return MappingProxyType(found)
