"""What both kernels do alike and seldom: checks of what they pair, reasons to skip, errors of construction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from .dump import SCALARS, plain
from .enum import DiffSyncFlags, DiffSyncModelFlags
from .exceptions import (
    ObjectAlreadyExists,
    ObjectNotFound,
    ObjectStoreException,
    ObjectStoreWrongType,
    ValidationError,
)
from .schema import Schema, schema_of

if TYPE_CHECKING:
    from .coercion import FieldType

REBUILDING = object()
"""Stands in `model_flags` while a record is rebuilt from a pickle or a copy."""

NO_ACTION, CREATE, UPDATE, DELETE = range(4)

IDENTITY_TYPES = SCALARS - {float}
"""The types of whose values those that are one object are equal."""

INSTANCE_OVERRIDES = object()
"""Stands in for the key of a record that has a method replaced on the instance: its hooks are called."""


def check_pair(source: Any, dest: Any, *, are_paired_by_id: bool) -> None:
    """Check that two records are the same thing.

    Args:
        source: The source's record.
        dest: The destination's record.
        are_paired_by_id: Whether the two are known to have one unique id.

    Raises:
        TypeError: If they are of different types.
        ValueError: If they differ in shortname or identifiers.
    """
    schema, dest_schema = schema_of(type(source)), schema_of(type(dest))
    has_hooks = INSTANCE_OVERRIDES in (source._unique_id, dest._unique_id)
    if has_hooks or not (schema.plain_type and dest_schema.plain_type and schema.modelname == dest_schema.modelname):
        source_type, dest_type = source.get_type(), dest.get_type()
        if source_type != dest_type:
            message = f"Type mismatch: {source_type} vs {dest_type}"
            raise TypeError(message)
    are_named_by_id = schema.is_named_by_unique_id and dest_schema.is_named_by_unique_id
    if has_hooks or not (are_named_by_id and are_paired_by_id):
        source_name, dest_name = source.get_shortname(), dest.get_shortname()
        if source_name != dest_name:
            message = f"Shortname mismatch: {source_name} vs {dest_name}"
            raise ValueError(message)
    names = schema.identifier_fields
    is_plain = schema.plain_identifiers and dest_schema.plain_identifiers and names == dest_schema.identifier_fields
    if is_plain and not has_hooks and all(is_same(getattr(source, name), getattr(dest, name)) for name in names):
        return
    keys, dest_keys = source.get_identifiers(), dest.get_identifiers()
    if keys != dest_keys:
        message = f"Keys mismatch: {keys} vs {dest_keys}"
        raise ValueError(message)


def is_same(value: Any, other: Any) -> bool:
    """Whether two identifiers are equal in the way in which dicts compare their values."""
    return value is other or bool(value == other)


def check_element(element_type: Any, name: Any) -> None:
    """Check what hooks have said of an element.

    Raises:
        ValueError: If its type or its name is no text.
    """
    for label, value in (("obj_type", element_type), ("name", name)):
        if not isinstance(value, str):
            message = f"{label} must be a string (not {type(value)})"
            raise ValueError(message)  # noqa: TRY004 - the type that diffsync raises


def skip_reason(flags: DiffSyncFlags, source: Any, dest: Any) -> str:  # noqa: PLR0911 - a return for each reason
    """Return why a pair is left out of the diff, as diffsync words it, or an empty text."""
    if dest is None:
        if flags & DiffSyncFlags.SKIP_UNMATCHED_SRC:
            return "Skipping due to SKIP_UNMATCHED_SRC flag on source adapter"
        if source.model_flags & DiffSyncModelFlags.SKIP_UNMATCHED_SRC:
            return "Skipping due to SKIP_UNMATCHED_SRC flag on model"
    if source is None:
        if flags & DiffSyncFlags.SKIP_UNMATCHED_DST:
            return "Skipping due to SKIP_UNMATCHED_DST flag on source adapter"
        if dest.model_flags & DiffSyncModelFlags.SKIP_UNMATCHED_DST:
            return "Skipping due to SKIP_UNMATCHED_DST flag on model"
    if source is not None and source.model_flags & DiffSyncModelFlags.IGNORE:
        return "Skipping due to IGNORE flag on source object"
    if dest is not None and dest.model_flags & DiffSyncModelFlags.IGNORE:
        return "Skipping due to IGNORE flag on dest object"
    return ""


def differ(value: Any, other: Any) -> bool:
    """Whether two attribute values differ: Python's `!=`, of nested records that of their dicts."""
    if not value != other:  # noqa: SIM202 - `==` may be answered by another method
        return False
    return type(value) in SCALARS or bool(plain(value) != plain(other))


def raise_construction_error(cls: Any, args: tuple[Any, ...], values: dict[str, Any], error: TypeError) -> None:
    """Raise what `error`, met when a record of `cls` was made, means to the user."""
    schema = schema_of(cls)
    missing = [name for name in schema.required if name not in values]
    if args or not missing or not str(error).startswith("Missing required argument"):
        raise error
    identity = {name: values[name] for name in schema.identifiers if name in values}
    message = f"{cls.__name__} {identity}: missing required {'fields' if len(missing) > 1 else 'field'} {missing}"
    raise ValidationError(message) from None


def coerce(model: Any, schema: Schema, name: str, field_type: FieldType, value: Any) -> Any:
    """Return `value` as field `name` of `model` wants it, or raise a ValidationError that names the record."""
    convert = field_type.convert
    if convert is None:
        return value
    try:
        return convert(value)
    except (ValueError, TypeError) as error:
        identity = {field: getattr(model, field, None) for field in schema.identifiers}
        message = f"{type(model).__name__} {identity}: field {name!r}: {error}"
        raise ValidationError(message) from error


def as_dict(row: Any) -> dict[str, Any]:
    """Return a row of a bulk load as a dict.

    Raises:
        TypeError: If it is no mapping.
    """
    try:
        return {**row}
    except TypeError:
        message = f"a row must be a mapping of field names to values, not {type(row).__name__}"
        raise TypeError(message) from None


def refuse_unique_id(modelname: str, uid: Any) -> NoReturn:
    """Raise that a record's unique id cannot be stored."""
    message = f"{modelname} {uid!r}: a unique id must be a str to be stored, not {type(uid).__name__}"
    raise ObjectStoreException(message)


def raise_parent_missing(modelname: str, uid: Any) -> NoReturn:
    """Raise that a row's parent is not there."""
    message = f"its parent, {modelname} {uid}, is not there; give its row in the same call, or add it before"
    raise ObjectNotFound(message)


def raise_at_row(error: Exception, modelname: str, number: int) -> NoReturn:
    """Raise an error of the library with the row that it is about, any other as it is.

    Args:
        error: What was raised.
        modelname: The type that the row is of.
        number: Number of the row among those of its type, from 0 on.
    """
    message = f"row {number} of {modelname}: {error.args[0] if error.args else error}"
    if type(error) is ObjectAlreadyExists:
        raise ObjectAlreadyExists(message, error.existing_object) from error
    if type(error) in {ValidationError, TypeError, ObjectNotFound, ObjectStoreException, ObjectStoreWrongType}:
        raise type(error)(message) from error
    raise error
