"""Validating one value of a new record, and what goes wrong when a record is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..exceptions import ValidationError
from ..schema import Schema, schema_of

if TYPE_CHECKING:
    from ..coercion import FieldType


def raise_construction_error(cls: Any, args: tuple[Any, ...], values: dict[str, Any], error: TypeError) -> None:
    """Raise what `error`, met when a record of `cls` was made, means to the user."""
    schema = schema_of(cls)
    missing = [name for name in schema.required if name not in values]
    if args or not missing or not str(error).startswith("Missing required argument"):
        raise error
    identity = {name: values[name] for name in schema.identifiers if name in values}
    message = f"{cls.__name__} {identity}: missing required {'fields' if len(missing) > 1 else 'field'} {missing}"
    details = [("missing", (name,), "Field required", values) for name in missing]
    raise ValidationError(message).with_details(*details) from None


def checked(model: Any, schema: Schema, name: str, value: Any) -> Any:
    """Return a value that is assigned to field `name` of `model` as construction would have it.

    Raises:
        ValidationError: If it cannot be made one of the field's type.
    """
    field_type = schema.field_types.get(name)
    if field_type is None or type(value) in field_type.exact or value is schema.defaults[name]:
        return value
    return coerce(model, schema, name, field_type, value)


def checked_values(model: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Return values for some fields as assigning each would have them, so that all or none can be assigned.

    Raises:
        ValidationError: If one cannot be made one of its field's type.
    """
    schema = schema_of(type(model))
    return {name: checked(model, schema, name, value) for name, value in values.items()}


def coerce(model: Any, schema: Schema, name: str, field_type: FieldType, value: Any) -> Any:
    """Return `value` as field `name` of `model` wants it, or raise a ValidationError that names the record."""
    convert = field_type.convert
    if convert is None:
        return value
    try:
        return convert(value)
    except (ValueError, TypeError) as error:
        identity = {field: getattr(model, field, None) for field in schema.identifiers}
        refusal = ValidationError(f"{type(model).__name__} {identity}: field {name!r}: {error}")
        refusal.field = name
        raise refusal.with_details(("value_error", (name,), str(error), value)) from error
