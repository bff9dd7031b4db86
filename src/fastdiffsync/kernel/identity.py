"""Whether two records are the same thing, and what an element or a key must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ..exceptions import ObjectAlreadyExists, ObjectStoreException
from ..schema import base_model, schema_of
from .constants import INSTANCE_OVERRIDES
from .equality import is_same

if TYPE_CHECKING:
    from ..schema import Schema


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
    if has_hooks or not (schema.knows_type and dest_schema.knows_type and schema.modelname == dest_schema.modelname):
        source_type, dest_type = source.get_type(), dest.get_type()
        if source_type != dest_type:
            message = f"Type mismatch: {source_type} vs {dest_type}: {source!r} and {dest!r} have one unique id"
            raise TypeError(message)
    are_named_by_id = schema.is_named_by_unique_id and dest_schema.is_named_by_unique_id
    if has_hooks or not (are_named_by_id and are_paired_by_id):
        source_name, dest_name = source.get_shortname(), dest.get_shortname()
        if source_name != dest_name:
            message = (
                f"Shortname mismatch: {source_name} vs {dest_name}: {source!r} must be called the same on both sides; "
                f"let _shortname name identifiers alone"
            )
            raise ValueError(message)
    names = schema.identifier_fields
    is_plain = schema.knows_identifiers and dest_schema.knows_identifiers and names == dest_schema.identifier_fields
    if is_plain and not has_hooks and all(is_same(getattr(source, name), getattr(dest, name)) for name in names):
        return
    keys, dest_keys = source.get_identifiers(), dest.get_identifiers()
    if keys != dest_keys:
        message = (
            f"Keys mismatch: {keys} vs {dest_keys}: two records are called {source!r}; "
            f"let create_unique_id give them different unique ids"
        )
        raise ValueError(message)


def has_one_reading(uid: str, types: tuple[type, ...] | None) -> bool:
    """Whether identifiers of these types are equal wherever their unique ids are; None stands for any types.

    What is joined by `__` can be taken apart in several ways if it has an underscore more than it is joined by.
    """
    return types is not None and (len(types) == 1 or uid.count("_") == 2 * (len(types) - 1))


def that_tell_names(uids: list[str], schema: Schema) -> list[str]:
    """Return those of the unique ids that tell the shortnames of their records.

    Args:
        uids: The unique ids.
        schema: That of the records' class, which names them by their identifiers.
    """
    types = schema.certain_types
    if schema.key_is_name or types is None:
        return uids if schema.key_is_name else []
    joints = len(types) - 1
    return [uid for uid in uids if uid.count("_") == 2 * joints and uid.count("__") == joints] if joints else uids


def names_from(uids: list[str], schema: Schema) -> list[str]:
    """Return the shortnames of records by their unique ids, all of which must tell them; see `that_tell_names`."""
    if schema.key_is_name:
        return uids
    joints = len(schema.identifiers) - 1
    places = [schema.identifiers.index(name) for name in schema.shortname]
    parts = [uid.split("__", joints) for uid in uids]
    if len(places) == 1:
        place = places[0]
        return [told[place] for told in parts]
    return ["__".join([told[place] for place in places]) for told in parts]


def check_element(element_type: Any, name: Any) -> None:
    """Check what hooks have said of an element.

    Raises:
        ValueError: If its type or its name is no text.
    """
    for label, value in (("obj_type", element_type), ("name", name)):
        if not isinstance(value, str):
            message = f"{label} must be a string (not {type(value)})"
            raise ValueError(message)  # noqa: TRY004 - the type that diffsync raises


def refuse_taken(obj: Any, uid: Any) -> NoReturn:
    """Raise that a different record of the type has the unique id, and what the class may lack."""
    schema = schema_of(type(obj))
    reasons = []
    if schema.knows_unique_id and not schema.identifiers:
        reasons.append("no _identifiers, so that all of its records have one unique id")
    if schema.knows_type and schema.modelname == base_model(type(obj))._modelname:
        reasons.append(f"no _modelname, so that its records are of one type, {schema.modelname!r}, with all like it")
    lacks = f": {type(obj).__name__} has {' and '.join(reasons)}" if reasons else ""
    message = f"Object {uid} already present{lacks}"
    raise ObjectAlreadyExists(message, obj)


def refuse_unique_id(modelname: str, uid: Any) -> NoReturn:
    """Raise that a record's unique id cannot be stored."""
    message = f"{modelname} {uid!r}: a unique id must be a str to be stored, not {type(uid).__name__}"
    raise ObjectStoreException(message)
