"""The metaclass of models: what turns a diffsync-style class body into a `msgspec.Struct`."""

from __future__ import annotations

import copy
import copyreg
import functools
import sys
import typing
from inspect import signature
from types import FunctionType
from typing import Any

import msgspec

from .. import _kernel as kernel
from ..runtime.arguments import check_model_flags
from ..schema import (
    CALLED_METHODS,
    LIBRARY_ATTRIBUTE,
    PRIVATE_DEFAULTS,
    SCHEMA_ATTRIBUTE,
    DeclaredField,
    StructMeta,
    field_aliases,
    field_defaults,
    find_in_mro,
)
from .annotations import INHERITED_ANNOTATIONS, only_annotates, own_annotations
from .generics import has_own_brackets, inherit_parameters, parametrised, reduced
from .inheritance import STOOD_IN_FOR, is_stood_in_for, without_layout_conflicts, without_protocols
from .refusals import refuse_annotations, refuse_constructs, refuse_keywords

CLASS_SETTINGS = ("_modelname", "_identifiers", "_shortname", "_attributes", "_children", "_parent_keys")
_EMPTY_CONTAINERS = (list, dict, set, bytearray)


class ModelMeta(type(typing.Protocol), StructMeta):  # type: ignore[misc]
    """Metaclass of `DiffSyncModel`: keyword-only Structs, checked at declaration, recompiled when they change.

    It is one of abstract classes and protocols too, so that these can be mixed in.
    """

    __validate__: bool
    __validate_assignment__: bool

    def __new__(  # noqa: D102, PLR0913 - class keywords
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        validate: bool | None = None,
        validate_assignment: bool | None = None,
        forbid_unknown_fields: bool | None = None,
        **struct_options: Any,
    ) -> Any:
        parents = [base for base in bases if isinstance(base, ModelMeta)]
        if parents:
            refuse_keywords(name, struct_options)
            refuse_constructs(name, bases, namespace)
            bases, stood_in_for = without_layout_conflicts(without_protocols(bases))
            namespace = _struct_namespace(bases, namespace)
            namespace[STOOD_IN_FOR] = stood_in_for
        options = {"kw_only": True, "dict": True, "weakref": True, **struct_options}
        if options.get("frozen"):
            message = f"{name}: frozen=True is not supported, as records keep their status and their adapter"
            raise TypeError(message)
        if forbid_unknown_fields is not None:
            options["forbid_unknown_fields"] = forbid_unknown_fields
        namespace.update(_validation(name, parents, validate, validate_assignment))
        if "__post_init__" in namespace:
            namespace["__post_init__"] = _after_validation(namespace["__post_init__"])
        cls = super().__new__(mcls, name, bases, namespace, **options)
        if not parents:
            # A method that somebody replaces on the base class is no longer the library's own.
            type.__setattr__(cls, LIBRARY_ATTRIBUTE, dict(vars(cls)))
        inherit_parameters(cls, parents)
        refuse_annotations(cls)
        _check_declaration(cls)
        kernel.install_constructor(cls)
        return cls

    if not kernel.COMPILED:

        def __call__(cls, /, *args: Any, **values: Any) -> Any:
            """Make a record: validate, coerce, and ignore unknown keywords."""
            return kernel.construct(cls, args, values)

    def __getitem__(cls, arguments: Any) -> Any:
        """Return the class that a generic model is with these type arguments, or what its `__class_getitem__` says."""
        if has_own_brackets(cls):
            return cls.__class_getitem__(arguments)
        return parametrised(cls, arguments)

    def __instancecheck__(cls, instance: Any) -> bool:
        """Whether a record is of this class or of one that has it among its ancestors."""
        return type.__instancecheck__(cls, instance) or is_stood_in_for(type(instance), cls)

    def __subclasscheck__(cls, subclass: type) -> bool:
        """Whether a class has this one among its ancestors."""
        return type.__subclasscheck__(cls, subclass) or is_stood_in_for(subclass, cls)

    def __setattr__(cls, name: str, value: Any) -> None:
        """Set a class attribute and forget what the class and its subclasses were compiled to."""
        super().__setattr__(name, value)
        forget_schema(cls)

    def __delattr__(cls, name: str) -> None:
        """Delete a class attribute and forget what the class and its subclasses were compiled to."""
        super().__delattr__(name)
        forget_schema(cls)


copyreg.pickle(ModelMeta, reduced)


def forget_schema(cls: type[Any]) -> None:
    """Drop the compiled schema of `cls` and of all that derive from it."""
    waiting = [cls]
    while waiting:
        klass = waiting.pop()
        if SCHEMA_ATTRIBUTE in klass.__dict__:
            type.__delattr__(klass, SCHEMA_ATTRIBUTE)
        waiting.extend(type.__subclasses__(klass))
    kernel.forget_plans()


def _validation(
    name: str, parents: list[ModelMeta], validate: bool | None, validate_assignment: bool | None
) -> dict[str, bool]:
    """Return whether values are validated at construction, and at assignment, which is nothing without the former."""
    validates = next((parent.__validate__ for parent in parents), True) if validate is None else validate
    if validate_assignment and not validates:
        message = f"{name}: validate_assignment=True needs validate=True, without which no value is validated"
        raise TypeError(message)
    if validate_assignment is None:
        validate_assignment = next((parent.__validate_assignment__ for parent in parents), False)
    return {"__validate__": validates, "__validate_assignment__": validates and validate_assignment}


def _after_validation(function: Any) -> Any:
    """Wrap a model's own `__post_init__` so that it finds its fields validated, and is not called for copies."""

    @functools.wraps(function)
    def __post_init__(self: Any) -> None:  # noqa: N807 - stands in for the method of that name
        if self.model_flags is not kernel.REBUILDING:
            kernel.initialise(self)
            function(self)

    return __post_init__


def _struct_namespace(bases: tuple[type, ...], namespace: dict[str, Any]) -> dict[str, Any]:
    """Rewrite a class body in the manner of pydantic into one that msgspec takes."""
    namespace = dict(namespace)
    annotations = dict(_declared_annotations(namespace))
    private: dict[str, Any] = {}
    for base in reversed(bases):
        private.update(getattr(base, PRIVATE_DEFAULTS, {}))
    for name in [name for name in annotations if _is_private(name)]:
        annotation = annotations.pop(name)
        if name not in CLASS_SETTINGS and not _is_class_variable(annotation):
            default = namespace.pop(name, msgspec.NODEFAULT)
            if default is not msgspec.NODEFAULT:
                private[name] = default
    shared = {name: value for name, value in namespace.items() if isinstance(value, (list, dict, set, DeclaredField))}
    private.update({name: shared[name] for name in shared if _is_private(name) and name not in CLASS_SETTINGS})
    private = _private_defaults(private)
    declared = frozenset(annotations)
    _add_mixin_fields(bases, namespace, annotations)
    _add_overridden_defaults(bases, namespace, annotations)
    namespace[INHERITED_ANNOTATIONS] = declared.symmetric_difference(annotations)
    for name in annotations:
        if name in namespace:
            namespace[name] = _copied_for_each_record(namespace[name])
    namespace.pop("__annotate__", None)
    namespace.pop("__annotate_func__", None)
    namespace["__annotations__"] = annotations
    namespace[PRIVATE_DEFAULTS] = private
    if any(isinstance(annotation, str) or "ForwardRef" in repr(annotation) for annotation in annotations.values()):
        namespace["__enclosing_names__"] = _enclosing_names()
    return namespace


def _private_defaults(private: dict[str, Any]) -> dict[str, Any]:
    """Return the defaults of those private attributes that have one; what `msgspec.field` says is it, or makes it."""
    defaults = {}
    for name, declared in private.items():
        has_factory = isinstance(declared, DeclaredField) and declared.default_factory is not msgspec.NODEFAULT
        default = declared.default if isinstance(declared, DeclaredField) and not has_factory else declared
        if default is not msgspec.NODEFAULT:
            defaults[name] = default
    return defaults


def _declared_annotations(namespace: dict[str, Any]) -> dict[str, Any]:
    declared: dict[str, Any] | None = namespace.get("__annotations__")
    if declared is None and sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415 - the module exists from 3.14 on

        annotate = annotationlib.get_annotate_from_class_namespace(namespace)
        if annotate is not None:
            declared = dict(annotationlib.call_annotate_function(annotate, annotationlib.Format.FORWARDREF))
    return declared or {}


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _is_class_variable(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.replace("typing.", "").startswith("ClassVar")
    return typing.get_origin(annotation) is typing.ClassVar or annotation is typing.ClassVar


def _add_mixin_fields(bases: tuple[type, ...], namespace: dict[str, Any], annotations: dict[str, Any]) -> None:
    """Make fields of what plain mixins annotate, as pydantic does."""
    for base in bases:
        for klass in base.__mro__:
            if klass is object or klass is typing.Generic or isinstance(klass, StructMeta):
                continue
            for name, annotation in own_annotations(klass).items():
                if name in annotations or _is_private(name) or _is_class_variable(annotation):
                    continue
                if only_annotates(klass, name, bases):
                    continue
                annotations[name] = annotation
                if name in klass.__dict__ and name not in namespace:
                    namespace[name] = klass.__dict__[name]


def _add_overridden_defaults(bases: tuple[type, ...], namespace: dict[str, Any], annotations: dict[str, Any]) -> None:
    """Turn `model_flags = ...` without an annotation into a new default of the inherited field."""
    for base in bases:
        if not isinstance(base, ModelMeta):
            continue
        for name, alias in zip(base.__struct_fields__, base.__struct_encode_fields__, strict=True):
            if name in namespace and name not in annotations and not _is_descriptor(namespace[name]):
                annotations[name] = _annotation_of(base, name)
                namespace[name] = _with_alias(_copied_for_each_record(namespace[name]), alias)


def _with_alias(default: Any, alias: str) -> Any:
    """Return what a class body says for a field with this default and, unless it says another, this name in data."""
    if isinstance(default, DeclaredField):
        again: Any = msgspec.field
        return again(default=default.default, default_factory=default.default_factory, name=default.name or alias)
    return msgspec.field(default=default, name=alias)


def _is_descriptor(value: Any) -> bool:
    return hasattr(type(value), "__get__")


def _annotation_of(base: type[Any], name: str) -> Any:
    return next(own_annotations(klass)[name] for klass in base.__mro__ if name in own_annotations(klass))


def _copied_for_each_record(default: Any) -> Any:
    """Return a default that records do not share: as pydantic does, what cannot be hashed is copied."""
    if type(default) in _EMPTY_CONTAINERS and not default:
        return default
    try:
        hash(default)
    except TypeError:
        return msgspec.field(default_factory=functools.partial(copy.deepcopy, default))
    return default


def _enclosing_names() -> dict[str, Any]:
    """Return the local names of the functions around the class statement, for annotations that are strings."""
    frame = sys._getframe(1)  # as typing and pydantic do to resolve forward references
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    if frame.f_code.co_name.startswith("<generic parameters of ") and frame.f_back is not None:
        frame = frame.f_back  # the type variables between class and function are found by the class
    return {} if frame.f_locals is frame.f_globals else dict(frame.f_locals)


def _check_declaration(cls: type[Any]) -> None:
    """Check that what the class settings name are fields, each in one role at most."""
    fields = set(cls.__struct_fields__)
    _check_settings(cls, fields)
    for alias, name in field_aliases(cls).items():
        if alias in fields:
            message = (
                f"{cls.__name__}: {alias!r}, which stands for field {name!r} in data, is the name of another field; "
                "rename one of the two"
            )
            raise AttributeError(message)
    _check_parent_keys(cls)
    _check_names(cls)
    _check_hooks(cls)
    identifiers, attributes = set(cls._identifiers), set(cls._attributes)
    child_fields = set(cls._children.values())
    for overlap, first, second in (
        (identifiers & attributes, "_identifiers", "_attributes"),
        (identifiers & child_fields, "_identifiers", "_children"),
        (attributes & child_fields, "_attributes", "_children"),
    ):
        if overlap:
            message = f"Fields {overlap} are included in both {first} and {second}."
            raise AttributeError(message)


def _check_settings(cls: type[Any], fields: set[str]) -> None:
    """Check that what identifiers, shortname, attributes and children name is there."""
    for setting in ("_identifiers", "_shortname", "_attributes"):
        names = getattr(cls, setting)
        for name in names:
            if name not in fields and not (setting == "_identifiers" and hasattr(cls, name)):
                message = f"{setting} {names} references missing or un-annotated attr {name}"
                if isinstance(names, str):
                    message += f'; it is to be a tuple: {setting} = ("{names}",)'
                raise AttributeError(message)
    for name in cls._children.values():
        if name not in fields:
            message = f"_children {cls._children} references missing or un-annotated attr {name}"
            raise AttributeError(message)


def _check_names(cls: type[Any]) -> None:
    """Check that no field takes the place of what the library needs of a record.

    Raises:
        TypeError: If one does.
    """
    if "adapter" in {*cls._identifiers, *cls._attributes}:
        message = (
            f"{cls.__name__}: 'adapter' is where a record keeps its adapter, and can be neither identifier nor "
            "attribute; give the field another name"
        )
        raise TypeError(message)
    for name in cls.__struct_fields__:
        if name in CALLED_METHODS:
            message = f"{cls.__name__}: field {name!r} hides the method of that name; give the field another name"
            raise TypeError(message)


def _check_hooks(cls: type[Any]) -> None:
    """Check what is otherwise noticed in the middle of a diff or a sync.

    Raises:
        TypeError: If flags are none, or `create` cannot be called on the class.
    """
    flags = field_defaults(cls)["model_flags"]
    if flags is not msgspec.NODEFAULT and not hasattr(flags, "factory"):
        check_model_flags(flags, cls.__name__)
    create = find_in_mro(cls, "create")
    if isinstance(create, FunctionType):
        try:
            signature(create).bind(adapter=None, ids={}, attrs={})
        except TypeError:
            message = f"{cls.__name__}.create must be a class method: @classmethod def create(cls, adapter, ids, attrs)"
            raise TypeError(message) from None


def _check_parent_keys(cls: type[Any]) -> None:
    """Check that the parent keys are a tuple of names for each type; which names rows have is not known yet."""
    keys = cls._parent_keys
    is_dict_of_tuples = isinstance(keys, dict) and all(
        isinstance(modelname, str) and isinstance(names, (tuple, list)) and len(names) > 0
        for modelname, names in keys.items()
    )
    if not is_dict_of_tuples or not all(isinstance(name, str) for names in keys.values() for name in names):
        message = f'_parent_keys {keys} must be of the form {{"type of the parent": ("key of a row", ...)}}'
        raise AttributeError(message)
