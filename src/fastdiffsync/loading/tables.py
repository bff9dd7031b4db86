"""The rows of one type, and how they name their parents."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from ..classes.adapters import is_model
from ..dumping.copies import as_data
from ..exceptions import ValidationError
from ..schema import schema_of
from .shapes import check_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..adapter import Adapter
    from ..model import DiffSyncModel
    from ..schema import Schema


class ParentKey(NamedTuple):
    """One way in which the rows of a type name their parent.

    Attributes:
        modelname: The parent's type.
        parent_class: Its class.
        names: Keys of a row, or fields of a record, that hold the parent's identifiers.
        slots: The fields among them.
        joins_strings: Whether identifiers that are strings make a unique id without being looked at.
    """

    modelname: str
    parent_class: type[DiffSyncModel]
    names: tuple[str, ...]
    slots: frozenset[str]
    joins_strings: bool

    def values(self, record: DiffSyncModel, row: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return the values of the parent's identifiers, None if one of them is missing or None."""
        values = []
        for name in self.names:
            value = getattr(record, name) if name in self.slots else row.get(name)
            if value is None:
                return None
            values.append(value)
        return tuple(values)

    def unique_id(self, values: tuple[Any, ...]) -> str:
        """Return the parent's unique id, as the parent's class makes it of these identifiers.

        Raises:
            ValidationError: If a value cannot be made one of the identifier's type.
        """
        if self.joins_strings and all(type(value) is str for value in values):
            return "__".join(values)
        schema = schema_of(self.parent_class)
        identifiers = {}
        for key, name, value in zip(self.names, schema.identifiers, values, strict=True):
            try:
                identifiers[name] = as_identifier(schema, name, value)
            except (ValueError, TypeError) as error:
                message = f"{key!r}, the {name} of its parent, a {self.modelname}: {error}"
                raise ValidationError(message) from error
        return self.parent_class.create_unique_id(**identifiers)


class Table:
    """The rows of one type and what becomes of them.

    Attributes:
        modelname: The type.
        cls: The model class.
        rows: The rows.
        parent_keys: Where the parent is to be looked for, in this order.
        extra: Names among those that are no fields.
        links_later: Whether a parent may come after its children, so that these are linked when all are there.
        are_distinct: Whether no two of the records have one unique id.
        records, kept_rows: What is kept until then, record by record.
    """

    def __init__(self, adapter: Adapter, modelname: str, rows: Iterable[Mapping[str, Any]], later: set[str]) -> None:
        """Look up what the rows are to become.

        Args:
            adapter: The adapter that they are loaded into.
            modelname: Their type.
            rows: The rows.
            later: Types of which rows are yet to come, this one among them.

        Raises:
            TypeError: If the rows cannot be gone through one by one, or come as a mapping or a table.
            ValueError: If the adapter has no model class of that name.
            AttributeError: If the class's `_parent_keys` do not fit the parent's `_identifiers`.
        """
        check_rows(modelname, rows)
        cls = _model_class(adapter, modelname)
        if cls is None:
            message = (
                f"{type(adapter).__name__} has no model class for the rows of {modelname!r}; give it an attribute of "
                "that name, or leave the rows out"
            )
            raise ValueError(message)
        self.modelname = modelname
        self.cls = cls
        self.rows = rows
        self.parent_keys = _parent_keys(adapter, cls)
        names = {name for key in self.parent_keys for name in key.names}
        self.extra = frozenset(names.difference(cls.__struct_fields__))
        self.links_later = any(key.modelname in later for key in self.parent_keys)
        self.are_distinct = True
        self.records: list[Any] = []
        self.kept_rows: list[dict[str, Any]] = []

    def fresh(self, rows: Iterable[Any] | None = None) -> Table:
        """Return a table of the same type that has kept nothing, of these rows, or of the same ones for None."""
        table = copy.copy(self)
        table.rows = self.rows if rows is None else rows
        table.records = []
        table.kept_rows = []
        return table

    def keep(self, records: list[Any], rows: list[dict[str, Any]]) -> None:
        """Keep records and their rows."""
        self.records += records
        self.kept_rows += rows

    def find_parent_key(self, record: DiffSyncModel, row: dict[str, Any]) -> tuple[ParentKey, tuple[Any, ...]] | None:
        """Return the first parent key of which a row has all values, and the values; None if there is none."""
        for key in self.parent_keys:
            values = key.values(record, row)
            if values is not None:
                return key, values
        return None


def make_tables(adapter: Adapter, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> list[Table]:
    """Return a table of the rows of each type; see `Table`."""
    later = list(rows)
    return [Table(adapter, modelname, own, set(later[place:])) for place, (modelname, own) in enumerate(rows.items())]


def as_identifier(schema: Schema, name: str, value: Any) -> Any:
    """Return the value that an identifier has in a unique id if a row has this one for it.

    Raises:
        ValueError, TypeError: If it cannot be made one of the identifier's type.
    """
    field_type = schema.field_types.get(name)
    if field_type is None or field_type.convert is None or type(value) in field_type.exact:
        return as_data(value)
    return as_data(field_type.convert(value))


def _model_class(adapter: Adapter, modelname: str) -> type[DiffSyncModel] | None:
    cls = getattr(adapter, modelname, None)
    return cls if is_model(cls) else None


def _parent_keys(adapter: Adapter, cls: type[DiffSyncModel]) -> list[ParentKey]:
    """Return the parent keys of a class, but for parents of types that the adapter does not have.

    Raises:
        AttributeError: If there are not as many names as the parent has identifiers.
    """
    keys = []
    for modelname, names in cls._parent_keys.items():
        parent_class = _model_class(adapter, modelname)
        if parent_class is None:
            continue
        schema = schema_of(parent_class)
        if len(names) != len(schema.identifiers):
            message = (
                f"{cls.__name__}._parent_keys names {tuple(names)} for {modelname}, which has the identifiers "
                f"{schema.identifiers}; name one key for each"
            )
            raise AttributeError(message)
        types = [schema.field_types.get(name) for name in schema.identifiers]
        takes_strings = all(kind is None or kind.convert is None or str in kind.exact for kind in types)
        aliases = schema_of(cls).aliases
        names = tuple(aliases.get(name, name) for name in names)  # noqa: PLW2901 - a field is read by its own
        slots = frozenset(names).intersection(cls.__struct_fields__)
        joins_strings = schema.knows_unique_id and takes_strings
        keys.append(ParentKey(modelname, parent_class, names, slots, joins_strings))
    return keys
