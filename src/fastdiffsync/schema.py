"""What a model class compiles to, once: identifiers, attributes, children, and how each value is read.

A `Schema` is made when a class is first used and thrown away when the class changes. It alone knows which of the
reading hooks (`get_unique_id`, `get_attrs`, ...) are still the library's own; the kernels take their fast paths for
those and call every override as diffsync calls it.
"""

from __future__ import annotations

import copy
import weakref
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any

import msgspec

from .classes.annotations import own_annotations, resolve_annotation
from .classes.refusals import refuse_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .coercion import FieldType

SCHEMA_ATTRIBUTE = "__diffsync_schema__"
"""Name under which a class keeps its compiled schema, in its own `__dict__`."""

PRIVATE_DEFAULTS = "__private_defaults__"
"""Name under which a class keeps the defaults of its private attributes, which each record gets a copy of."""

LIBRARY_ATTRIBUTE = "__library__"
"""Name under which the base class of all models keeps what it was defined with."""

StructMeta = msgspec.StructMeta
DeclaredField = type(msgspec.field())
"""Class of what `msgspec.field(...)` returns in a class body."""

HIDDEN_FIELDS = frozenset({"_status", "_status_message", "_unique_id", "_side_data"})
"""Fields of every model that hold the library's own state and are no part of the record."""

DERIVED_FIELDS = frozenset({"_unique_id", "_side_data"})
"""Those of them that are made of what else a record holds."""

UNVALIDATED_FIELDS = HIDDEN_FIELDS | {"adapter"}

# A hook whose definition another hook's default calls belongs to that one's group: get_unique_id() asks
# get_identifiers(), which asks dict().
UNIQUE_ID_HOOKS = ("get_unique_id", "create_unique_id", "get_identifiers", "dict")
IDENTIFIERS_HOOKS = ("get_identifiers", "dict")
ATTRS_HOOKS = ("get_attrs", "dict")
CHANGE_HOOKS = ("create", "create_base", "update", "update_base", "delete", "delete_base", "__setattr__")
STORE_HOOKS = ("get_status", "set_status", "add_child", "remove_child")
CALLED_METHODS = frozenset(
    {*UNIQUE_ID_HOOKS, *ATTRS_HOOKS, *CHANGE_HOOKS, *STORE_HOOKS, "get_type", "get_shortname", "get_children_mapping"}
)
"""Methods of records that diffs, syncs and stores call, so that no field may be named as they are."""

COPY_HOOKS = ("__deepcopy__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__")
STATUS_FIELDS = ("_status", "_status_message")


class Schema:
    """The compiled form of one model class.

    Attributes:
        cls: The class.
        modelname: Its type name, as its own `_modelname` says.
        identifiers: Identifier fields, in the order in which the unique id joins them.
        identifier_fields: The same in field order, the order of `get_identifiers()`.
        attributes: Attribute fields in field order, the order of `get_attrs()`.
        shortname: Fields that make the shortname; empty if it is the unique id.
        children: The class's own `_children` object, so that changes made inside it are seen.
        fields: Every visible field, base class first.
        knows_type, knows_unique_id, knows_identifiers, knows_attributes, knows_shortname, knows_children: Whether it
            is known without a call what the hooks of that name say: they are the library's own and read slots alone.
        knows_status: Whether a status may be set without a call.
        reads_slots: Whether `getattr` on a record reads its slots, and is nobody's `__getattribute__`.
        reads_fields: Whether what the library's `get_attrs` and `get_identifiers` read are slots, and `dict` its own.
        computes_key: Whether what the library's `get_unique_id` calls is its own, even if that is overridden.
        is_named_by_unique_id: Whether `get_shortname` is the library's own and returns the unique id.
        key_is_name: Whether a record's key is known to be both its unique id and its shortname.
        is_named_by_identifiers: Whether `get_shortname` is the library's own and joins nothing but identifiers.
        is_plain: Whether no hook need be asked for anything but the attributes of a record.
        has_telling_key: Whether records of like classes are one thing if keys and identifiers are equal.
        has_telling_identifiers: The same where a hook makes the unique id, but not the name.
        constructs_directly: Whether a record may be made by writing to its slots: nobody's code is called for it.
        assigns_directly: Whether a field may be assigned by writing to its slot.
        links_directly: Whether a child's unique id may be put into a record's list of children without a call.
        may_be_marked: Whether a sync may mark an unchanged record without a call.
        stores_directly: Whether that is so but for creating, updating and deleting it.
        changes_directly: Whether all that a sync does with a record is the library's own, and need not be called.
        compares_directly: Whether all values that make records equal are slots, but for the adapter.
        copies_directly: Whether the same holds of copies, and how they are made is the library's own.
        joins_identifiers: Whether `create_unique_id` is the library's own.
        knows_dict: Whether `dict` is the library's own, and all that it reads slots.
        knows_text: Whether `str` is the library's own.
        dumps_directly: Whether all that the library's `dict` and `json` read, but for the adapter, are slots.
        may_go_unread: Whether of two records of equal bytes in two stores nothing could tell that they were not read.
        slots: Every field, hidden ones too.
        aliases: The field that each name stands for which `msgspec.field(name=...)` or `rename=` has given to one.
        keywords: What a record may be made with: the names of fields, and those aliases.
        defaults: The default of each field, `NODEFAULT` where there is none.
        required: Fields without a default.
        private_defaults: Defaults of private attributes, which each record gets a copy of.
        validates_assignment: Whether assigned values are checked and converted as those of a new record are.
        field_numbers: The fields that are slots, each with its number among all, the order of `astuple`.
        plan: What the kernel makes of the schema; None until it does.
    """

    __slots__ = (
        "_field_types",
        "aliases",
        "assigns_directly",
        "attributes",
        "changes_directly",
        "children",
        "cls",
        "compares_directly",
        "computes_key",
        "constructs_directly",
        "copies_directly",
        "defaults",
        "dumps_directly",
        "field_numbers",
        "fields",
        "forbid_unknown_fields",
        "has_telling_identifiers",
        "has_telling_key",
        "identifier_fields",
        "identifiers",
        "is_named_by_identifiers",
        "is_named_by_unique_id",
        "is_plain",
        "joins_identifiers",
        "key_is_name",
        "keywords",
        "knows_attributes",
        "knows_children",
        "knows_dict",
        "knows_identifiers",
        "knows_shortname",
        "knows_status",
        "knows_text",
        "knows_type",
        "knows_unique_id",
        "links_directly",
        "may_be_marked",
        "may_go_unread",
        "modelname",
        "plan",
        "private_defaults",
        "reads_fields",
        "reads_slots",
        "required",
        "shortname",
        "slots",
        "stores_directly",
        "validate",
        "validates_assignment",
    )

    def __init__(self, cls: type[Any], base: type[Any], *, validate: bool, forbid_unknown_fields: bool) -> None:
        """Compile `cls`, a subclass of `base`, whose methods count as the library's own."""
        self.cls = cls
        self.validate = validate
        self.validates_assignment: bool = cls.__validate_assignment__
        self.forbid_unknown_fields = forbid_unknown_fields
        self.modelname: str = cls._modelname
        self.identifiers: tuple[str, ...] = tuple(cls._identifiers)
        self.shortname: tuple[str, ...] = tuple(cls._shortname)
        self.children: dict[str, str] = cls._children
        self.fields = field_order(cls)
        self.identifier_fields = tuple(name for name in self.fields if name in set(self.identifiers))
        self.attributes = tuple(name for name in self.fields if name in set(cls._attributes))
        self.slots: frozenset[str] = frozenset(cls.__struct_fields__)
        self.aliases = field_aliases(cls)
        self.keywords = self.slots.union(self.aliases)
        self.defaults: dict[str, Any] = field_defaults(cls)
        self.required = [name for name, default in self.defaults.items() if default is msgspec.NODEFAULT]
        self.private_defaults: dict[str, Any] = getattr(cls, PRIVATE_DEFAULTS, {})
        self.plan: Any = None
        self._field_types: dict[str, FieldType] | None = None

        self.field_numbers = {
            name: number for number, name in enumerate(cls.__struct_fields__) if slot_of(cls, name) is not None
        }
        self._note_what_is_own(base)

    def _note_what_is_own(self, base: type[Any]) -> None:
        """Decide which hooks need not be called, and what may therefore be done with records without a call.

        This is the one place that decides it; whoever takes a fast path asks for a predicate by its name.
        """
        cls = self.cls
        library: dict[str, Any] = base.__dict__[LIBRARY_ATTRIBUTE]

        def is_own(*names: str) -> bool:
            return all(find_in_mro(cls, name) is library[name] for name in names)

        def are_slots(names: Iterable[str]) -> bool:
            return all(slot_of(cls, name) is not None for name in names)

        self.reads_slots = find_in_mro(cls, "__getattribute__") is find_in_mro(base, "__getattribute__")
        # Whether each name is one of a field, and none stands there twice.
        has_own_identifiers = are_slots(self.identifiers) and len(self.identifier_fields) == len(set(self.identifiers))
        self.knows_type = self.reads_slots and is_own("get_type")
        self.knows_identifiers = self.reads_slots and is_own(*IDENTIFIERS_HOOKS) and has_own_identifiers
        self.knows_unique_id = self.knows_identifiers and is_own(*UNIQUE_ID_HOOKS)
        self.knows_attributes = self.reads_slots and is_own(*ATTRS_HOOKS) and are_slots(self.attributes)
        self.knows_shortname = self.reads_slots and is_own("get_shortname") and are_slots(self.shortname)
        self.knows_children = self.reads_slots and is_own("get_children_mapping")
        self.knows_status = self.reads_slots and is_own("set_status") and are_slots(STATUS_FIELDS)
        self.reads_fields = self.reads_slots and is_own("dict") and has_own_identifiers and are_slots(self.attributes)
        self.joins_identifiers = is_own("create_unique_id")
        self.computes_key = self.knows_identifiers and self.joins_identifiers
        self.is_named_by_unique_id = self.reads_slots and is_own("get_shortname") and not self.shortname

        has_identity = self.knows_type and self.knows_identifiers and bool(self.identifiers)
        has_own_marks = are_slots(("_unique_id", "model_flags"))
        self.key_is_name = self.knows_unique_id and self.is_named_by_unique_id
        self.is_named_by_identifiers = self.knows_shortname and set(self.shortname).issubset(self.identifiers)
        self.has_telling_key = has_identity and self.key_is_name
        self.has_telling_identifiers = has_identity and self.knows_shortname
        self.is_plain = (
            has_identity and self.knows_unique_id and self.knows_shortname and self.knows_children and has_own_marks
        )
        self.constructs_directly = (
            not self.private_defaults
            and not hasattr(cls, "__post_init__")
            and type(cls).__call__ is StructMeta.__call__
        )
        self.assigns_directly = is_own("__setattr__")
        self.links_directly = self.knows_children and is_own("add_child")
        self.may_be_marked = self.knows_status and self.knows_unique_id
        self.stores_directly = self.knows_type and self.knows_attributes and self.may_be_marked and is_own(*STORE_HOOKS)
        self.changes_directly = self.stores_directly and is_own(*CHANGE_HOOKS)
        self.dumps_directly = self.reads_slots and are_slots(name for name in self.fields if name != "adapter")
        has_own_adapter = find_in_mro(cls, "adapter") is find_in_mro(base, "adapter")
        self.compares_directly = self.dumps_directly and are_slots(HIDDEN_FIELDS) and has_own_adapter
        self.copies_directly = self.compares_directly and all(
            find_in_mro(cls, name) is find_in_mro(base, name) for name in COPY_HOOKS
        )
        self.knows_dict = self.dumps_directly and is_own("dict")
        self.knows_text = is_own("str")
        self.may_go_unread = (
            self.is_plain
            and self.is_named_by_identifiers
            and self.knows_attributes
            and "adapter" not in self.attributes
            and set(self.fields).issuperset(self.children.values())
        )

    def named(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return keywords that a record is made with by the names of fields; the very dict if there is no alias in it.

        As with pydantic, a value that is given by the alias is the field's, and one by its own name is then unknown.

        Raises:
            TypeError: If a value is unknown in that way, and the class forbids that.
        """
        given = self.aliases.keys() & values.keys()
        if not given:
            return values
        named = {name: value for name, value in values.items() if name not in given}
        for alias in given:
            field = self.aliases[alias]
            if field in named and self.forbid_unknown_fields:
                message = f"{self.cls.__name__}: {field!r} is given twice, by that name and as {alias!r}"
                raise TypeError(message)
            named[field] = values[alias]
        return named

    @property
    def field_types(self) -> dict[str, FieldType]:
        """How each validated field's values are checked and converted, resolved at the first record.

        Raises:
            TypeError: If the class is abstract, or an annotation names something that cannot be found.
        """
        if self._field_types is None:
            if self.cls.__abstractmethods__:
                missing = ", ".join(map(repr, sorted(self.cls.__abstractmethods__)))
                message = (
                    f"Can't instantiate abstract class {self.cls.__name__} without an implementation for {missing}"
                )
                raise TypeError(message)
            self._field_types = self._compile_field_types() if self.validate else {}
        return self._field_types

    @property
    def certain_types(self) -> tuple[type, ...] | None:
        """The exact type of each identifier, where all records have it and its texts differ as its values do, or None.

        Then equal keys mean equal identifiers, if there is but one way to take them apart.
        """
        if self.cls in _doubted_classes or not self.knows_identifiers:
            return None
        found = []
        for name in self.identifiers:
            field_type, default = self.field_types.get(name), self.defaults[name]
            if field_type is None or field_type.convert is None or not _tells_by_text(field_type.exact):
                return None
            if default is not msgspec.NODEFAULT and type(default) not in field_type.exact:
                return None
            found.append(field_type.exact[0])
        return tuple(found)

    def doubt_identifiers(self) -> None:
        """Note that a record of the class has an identifier of another type than construction gives it."""
        _doubted_classes.add(self.cls)
        self.plan = None

    def _compile_field_types(self) -> dict[str, FieldType]:
        # Importing it takes a third of the time that importing the library takes, and not every program makes records.
        from .coercion import compile_type  # noqa: PLC0415

        unvalidated = UNVALIDATED_FIELDS.union(self.children.values()) if self.children else UNVALIDATED_FIELDS
        names = [name for name in self.fields if name not in unvalidated and slot_of(self.cls, name) is not None]
        annotations = {name: resolve_annotation(self.cls, name) for name in names}
        for name, annotation in annotations.items():
            refuse_in(f"{self.cls.__name__}.{name}", annotation)
        return {name: compile_type(annotation) for name, annotation in annotations.items()}


def common_attributes(source: Schema, dest: Schema) -> tuple[str, ...]:
    """Return the attributes that two classes have in common, in the destination's order."""
    return tuple(name for name in dest.attributes if name in source.attributes)


def compares_by_fields(source: Schema, dest: Schema) -> bool:
    """Whether the attributes of two classes' records may be compared field by field, without asking a hook."""
    return all(schema.knows_attributes and schema.knows_unique_id for schema in (source, dest))


def have_like_identities(schema: Schema, other: Schema) -> bool:
    """Whether records of two classes are of one type and identified by the same fields, in the same order."""
    return schema is other or (schema.modelname == other.modelname and schema.identifiers == other.identifiers)


def _tells_by_text(types: tuple[type, ...]) -> bool:
    """Whether values of these exact types, a single one, are equal if and only if their texts are."""
    if types in {(str,), (int,)}:
        return True
    names = [(kind.__module__, kind.__qualname__) for kind in types]
    return len(names) == 1 and names[0] in _TOLD_BY_TEXT


_TOLD_BY_TEXT = {
    ("uuid", "UUID"),
    ("ipaddress", "IPv4Address"),
    ("ipaddress", "IPv6Address"),
    ("datetime", "date"),
}

_doubted_classes: weakref.WeakSet[type[Any]] = weakref.WeakSet()


def schema_of(cls: type[Any]) -> Schema:
    """Return the compiled schema of a model class, compiling it if this is its first use or it has changed.

    Raises:
        TypeError: If it is no model class.
    """
    schema: Schema | None = cls.__dict__.get(SCHEMA_ATTRIBUTE)
    if schema is None:
        if not is_model_class(cls):
            message = f"{cls.__name__} is no model class: records are instances of subclasses of DiffSyncModel"
            raise TypeError(message)
        schema = Schema(
            cls,
            base_model(cls),
            validate=cls.__validate__,
            forbid_unknown_fields=bool(cls.__struct_config__.forbid_unknown_fields),
        )
        type.__setattr__(cls, SCHEMA_ATTRIBUTE, schema)
    return schema


def is_model_class(cls: Any) -> bool:
    """Whether a value is a class of records."""
    return isinstance(cls, StructMeta) and hasattr(cls, LIBRARY_ATTRIBUTE)


def base_model(cls: type[Any]) -> type[Any]:
    """Return the class whose methods count as the library's own: the first model above `msgspec.Struct`."""
    return next(
        klass for klass in reversed(cls.__mro__) if isinstance(klass, StructMeta) and klass is not msgspec.Struct
    )


def copied(defaults: dict[str, Any]) -> dict[str, Any]:
    """Return private defaults for one record: what could be shared by accident is copied, or made by its factory."""
    return {
        name: value.default_factory() if type(value) is DeclaredField else copy.deepcopy(value)
        for name, value in defaults.items()
    }


def slot_of(cls: type[Any], name: str) -> MemberDescriptorType | None:
    """Return the member descriptor that reads field `name` of `cls`, or None if anything else answers to the name."""
    found = find_in_mro(cls, name)
    return found if isinstance(found, MemberDescriptorType) else None


def find_in_mro(cls: type[Any], name: str) -> Any:
    """Return what `name` is on `cls`, unbound, or None; like `inspect.getattr_static` without its detours."""
    for klass in cls.__mro__:
        if name in klass.__dict__:
            return klass.__dict__[name]
    return None


def field_order(cls: type[Any]) -> tuple[str, ...]:
    """Return the visible fields of `cls` in pydantic's order: bases first, a redeclared field where it first stood."""
    present = dict.fromkeys(cls.__struct_fields__)
    ordered: dict[str, None] = {}
    for klass in reversed(cls.__mro__):
        for name in own_annotations(klass):
            if name in present:
                ordered[name] = None
    ordered.update(present)
    return tuple(name for name in ordered if name not in HIDDEN_FIELDS)


def field_aliases(cls: type[Any]) -> dict[str, str]:
    """Return the field that each alias of `cls` stands for: a name in data that is not that of the field itself."""
    names: tuple[str, ...] = cls.__struct_encode_fields__
    return {alias: name for name, alias in zip(cls.__struct_fields__, names, strict=True) if alias != name}


def field_defaults(cls: type[Any]) -> dict[str, Any]:
    """Return the default of each field of `cls`; msgspec's `NODEFAULT` where there is none, a factory as it is."""
    fields: tuple[str, ...] = cls.__struct_fields__
    defaults: tuple[Any, ...] = cls.__struct_defaults__
    without = len(fields) - len(defaults)
    return dict(zip(fields, (msgspec.NODEFAULT,) * without + defaults, strict=True))
