"""DiffSyncModel: what one record is."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from typing import Dict as _Dict  # noqa: UP035 - `dict` and `str` are methods of the class below

import msgspec

from . import _kernel as kernel
from .classes.assignment import former_values, restore
from .classes.metaclass import ModelMeta
from .classes.model_fields import ModelFields
from .dumping.dump import dump_fields, dump_json, is_default
from .enum import DiffSyncModelFlags, DiffSyncStatus
from .exceptions import ValidationError
from .kernel.construction_errors import checked_values
from .runtime.arguments import described
from .schema import HIDDEN_FIELDS, field_defaults, field_order, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self, dataclass_transform

    from .adapter import Adapter
else:

    def dataclass_transform(**_options: Any) -> Any:
        """Stand in for what tells type checkers alone how a model's constructor takes its fields."""
        return lambda cls: cls


_str = str
_SUCCESS = DiffSyncStatus.SUCCESS
_set_slot = msgspec.Struct.__setattr__
_copy_slots: Any = msgspec.Struct.__copy__  # type: ignore[attr-defined]


@dataclass_transform(kw_only_default=True, field_specifiers=(msgspec.field,))
class DiffSyncModel(msgspec.Struct, metaclass=ModelMeta):
    """Base class of all models: one record of one system.

    Subclasses annotate their fields and say with class variables what the fields are for. Construction takes
    keywords only, validates and coerces them as pydantic's lax mode does, and ignores unknown ones; class keywords
    change that: `class Device(DiffSyncModel, validate=False, forbid_unknown_fields=True)`. Assigned values are taken as
    they are, unless `validate_assignment=True` has them validated and coerced too. Subclasses inherit all three.

    Raises (at construction):
        ValidationError: If a field is missing or its value cannot be made one of the annotated type.
        TypeError: With `forbid_unknown_fields=True`, for a keyword that is no field; always for positional arguments.

    Raises (at declaration):
        AttributeError: If a class variable names something that is not a field, or a field stands in two of
            `_identifiers`, `_attributes` and `_children`; or `_parent_keys` is not a dict of tuples of names.
        TypeError: If assigned values are to be validated and those of construction are not; if the default of
            `model_flags` is no `DiffSyncModelFlags`, or `create` is no class method; for `frozen=True`.
    """

    _modelname: ClassVar[_str] = "diffsyncmodel"
    """Type name under which records are stored and matched."""

    _identifiers: ClassVar[tuple[_str, ...]] = ()
    """Fields that together identify a record among all of its type."""

    _shortname: ClassVar[tuple[_str, ...]] = ()
    """Fields that together identify a record among its siblings; the unique id if empty."""

    _attributes: ClassVar[tuple[_str, ...]] = ()
    """Further fields that are compared and synchronised."""

    _children: ClassVar[_Dict[_str, _str]] = {}
    """`{modelname: field}`: which field lists the unique ids of child records of which type."""

    _parent_keys: ClassVar[_Dict[_str, tuple[_str, ...]]] = {}
    """`{modelname: keys}`: which keys of a row, fields or not, hold the identifiers of a parent of which type.

    `Adapter.load_records` links records by it. The first type whose keys a row has is that of the row's parent.
    """

    model_flags: DiffSyncModelFlags = DiffSyncModelFlags.NONE
    """How this record, or every record of the class, is to be treated."""

    if TYPE_CHECKING:
        __validate_assignment__: ClassVar[bool]
        adapter: Adapter | None = None
    else:
        adapter: Any = None
    """The adapter whose store holds the record."""

    # The library's own state: the key, and what few records have, an index of many children or further attributes.
    _status: DiffSyncStatus = DiffSyncStatus.SUCCESS
    _status_message: _str = ""
    _unique_id: Any = None
    _side_data: Any = None

    __setattr__ = kernel.set_attribute
    add_child = kernel.add_child
    remove_child = kernel.remove_child
    set_status = kernel.set_status
    get_unique_id = kernel.get_unique_id
    get_shortname = kernel.get_shortname
    get_identifiers = kernel.get_identifiers
    get_attrs = kernel.get_attrs
    dict = kernel.dump_record
    json = kernel.dump_json
    str = kernel.describe_record

    def __repr__(self) -> _str:
        """Return type and unique id."""
        return f'{self.get_type()} "{self.get_unique_id()}"'

    def __str__(self) -> _str:
        """Return the unique id."""
        return self.get_unique_id()

    def __rich_repr__(self) -> Any:
        """Yield type and unique id, so that rich shows what `repr` shows."""
        yield self.get_type()
        yield self.get_unique_id()

    __eq__ = kernel.are_equal
    __hash__ = None  # type: ignore[assignment]

    __copy__ = kernel.copy_record
    __deepcopy__ = kernel.deepcopy_record
    __reduce__ = kernel.reduce_record
    __getstate__ = kernel.state_of
    __setstate__ = kernel.set_state

    def __replace__(self, **changes: Any) -> Self:
        """Return a copy with other values for some fields, which are assigned to it: `copy.replace(record, ...)`.

        Args:
            **changes: Fields and their values.

        Raises:
            ValueError: If a name is no field.
            ValidationError: With `validate_assignment=True`, if a value cannot be made one of the field's type.
        """
        made = self.__copy__()
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    # ---- what programs that were written for pydantic call ----

    model_fields = ModelFields()
    __fields__ = model_fields

    @classmethod
    def model_rebuild(cls, **_options: Any) -> None:
        """Do nothing: annotations are resolved when they are needed."""

    @classmethod
    def update_forward_refs(cls, **_names: Any) -> None:
        """Do nothing, as `model_rebuild`, of which it is the older name."""

    def __iter__(self) -> Iterator[tuple[_str, Any]]:
        """Yield the name and the value of each field, so that `dict(record)` gives the values as they are."""
        for name in field_order(type(self)):
            yield name, getattr(self, name)

    def model_dump(self, **options: Any) -> _Dict[_str, Any]:
        """Return all fields as a dict, `adapter` too; `dict()` leaves that out.

        Args:
            **options: `include`, `exclude` (collections of field names), `exclude_defaults`, `exclude_none` (bool),
                `mode` ("python" or "json").

        Raises:
            TypeError: For any other option of pydantic's, or in mode "json" for a value that JSON cannot carry.
            ValueError: For an unknown mode, or in mode "json" for bytes that are no UTF-8 text.
        """
        return dump_fields(self, **options)

    def model_dump_json(self, **options: Any) -> _str:
        """Return all fields as a JSON object; options and errors are those of `model_dump`, and `indent` (spaces)."""
        return dump_json(self, **options)

    def model_copy(self, *, update: _Dict[_str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, of which the unique id follows the values.

        Args:
            update: Fields and their values, which are assigned to the copy.
            deep: Whether to copy what the fields hold, too.

        Raises:
            ValueError: If a name is no field.
            ValidationError: With `validate_assignment=True`, if a value cannot be made one of the field's type.
        """
        return (copy.deepcopy(self) if deep else self).__replace__(**(update or {}))

    @classmethod
    def model_validate(cls, obj: Any) -> Self:
        """Return a record of a mapping's values, or the record that is given.

        Raises:
            ValidationError: If it is neither, or a value is missing or of the wrong type.
        """
        if isinstance(obj, cls):
            return obj
        if not isinstance(obj, Mapping):
            message = f"{cls.__name__}: a record is made of a mapping of its fields, not of {described(obj)}"
            raise ValidationError(message)
        return cls(**obj)

    @classmethod
    def model_construct(cls, _fields_set: Any = None, /, **values: Any) -> Self:
        """Return a record of values that are neither checked nor converted; a required one that is left out is None."""
        given = schema_of(cls).named(values)
        fields = cls.model_fields
        state = {name: field.get_default(call_default_factory=True) for name, field in fields.items()}
        state = {name: None if value is msgspec.NODEFAULT else value for name, value in state.items()}
        made: Self = kernel.rebuild(cls)
        made.__setstate__({**state, **{name: value for name, value in given.items() if name in fields}})
        return made

    @property
    def model_fields_set(self) -> set[_str]:
        """The fields whose value is not their default: which were given when the record was made is not kept."""
        defaults = field_defaults(type(self))
        return {name for name, value in self if not is_default(value, defaults[name])}

    def get_status(self) -> tuple[DiffSyncStatus, _str]:
        """Return the outcome of the last create, update or delete, and its message."""
        return self._status, self._status_message

    @classmethod
    def create_base(cls, adapter: Adapter, ids: _Dict[_str, Any], attrs: _Dict[_str, Any]) -> Self | None:
        """Make a record of this class and mark it as created; not meant to be overridden, see `create`."""
        return kernel.create_record(cls, adapter, ids, attrs)  # type: ignore[no-any-return]

    @classmethod
    def create(cls, adapter: Adapter, ids: _Dict[_str, Any], attrs: _Dict[_str, Any]) -> Self | None:
        """Create the record that a sync asks for; override to create it in the real system too.

        Args:
            adapter: The adapter that is being changed.
            ids: Identifier fields and their values.
            attrs: Attribute fields and their values.

        Returns:
            The new record, or None if it could not be made and its children are to be left alone.

        Raises:
            ObjectNotCreated: Overrides raise it when the creation failed.
        """
        return cls.create_base(adapter=adapter, ids=ids, attrs=attrs)

    def update_base(self, attrs: _Dict[_str, Any]) -> Self | None:
        """Set the given attributes and mark the record as updated; not meant to be overridden, see `update`.

        If one of them is refused, or the store cannot take note, the record is left with the values that it had.

        Raises:
            ValidationError: With `validate_assignment=True`, if a value cannot be made one of its field's type; then
                none is set.
        """
        if kernel.update_directly(self, attrs):
            return self
        if self.__validate_assignment__:
            attrs = checked_values(self, attrs)
        former = former_values(self, attrs)
        try:
            for name, value in attrs.items():
                setattr(self, name, value)
            self.set_status(_SUCCESS, "Updated successfully")
            store = getattr(self.adapter, "store", None)  # one that did not call the library's `__init__` has none
            if store is not None and store.keeps_copies:
                store.record_changed(obj=self)
        except BaseException:
            restore(self, former)
            raise
        return self

    def update(self, attrs: _Dict[_str, Any]) -> Self | None:
        """Change the record as a sync asks; override to change it in the real system too.

        Args:
            attrs: The changed attribute fields and their new values.

        Returns:
            This record, or None if it could not be changed and its children are to be left alone.

        Raises:
            ObjectNotUpdated: Overrides raise it when the update failed.
        """
        return self.update_base(attrs=attrs)

    def delete_base(self) -> Self | None:
        """Mark the record as deleted; not meant to be overridden, see `delete`."""
        self.set_status(_SUCCESS, "Deleted successfully")
        return self

    def delete(self) -> Self | None:
        """Delete the record as a sync asks; override to delete it from the real system too.

        Returns:
            This record, or None if it could not be deleted and its children are to be left alone.

        Raises:
            ObjectNotDeleted: Overrides raise it when the deletion failed.
        """
        return self.delete_base()

    @classmethod
    def get_type(cls) -> _str:
        """Return the type name, `_modelname`."""
        return cls._modelname

    create_unique_id = classmethod(kernel.join_identifiers)

    @classmethod
    def get_children_mapping(cls) -> _Dict[_str, _str]:
        """Return which field lists the children of which type."""
        return cls._children


assert set(DiffSyncModel.__struct_fields__) > HIDDEN_FIELDS  # noqa: S101 - schema.py names them on its own
