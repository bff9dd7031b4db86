"""What a class says of its fields: annotations, with names resolved and type variables replaced."""

from __future__ import annotations

import builtins
import sys
import types
import typing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INHERITED_ANNOTATIONS = "__inherited_annotations__"
"""Name under which a class keeps the fields that it declares anew with the annotation of an ancestor."""

STANDS_IN = "__stands_in__"
"""Name under which a plain class says that it is in the place of a model, whose fields it annotates."""

TYPE_ARGUMENTS = "__type_arguments__"
"""Name under which a class that was made of a generic one keeps what its type variables stand for."""

_TYPE_VARIABLES = {"TypeVar", "ParamSpec", "TypeVarTuple"}


def own_annotations(cls: type[Any]) -> Mapping[str, Any]:
    """Return the annotations that `cls` itself declares, unresolved where they are strings."""
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415 - the module exists from 3.14 on

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    annotations: Mapping[str, Any] = cls.__dict__.get("__annotations__", {})  # noqa: RUF063 - not those of its bases
    return annotations


def resolve_annotation(cls: type[Any], name: str) -> Any:
    """Return the type that field `name` is annotated with: forward references resolved, type variables replaced.

    Names are looked up in the module and in the enclosing functions of the class that declares the field. Of a generic
    class, type variables are what its descendant `cls` has given for them, if anything.

    Raises:
        TypeError: If a name in the annotation cannot be found.
    """
    for place, klass in enumerate(cls.__mro__):
        annotations = own_annotations(klass)
        if name not in annotations or name in klass.__dict__.get(INHERITED_ANNOTATIONS, ()):
            continue
        if only_annotates(klass, name, cls.__mro__[place:]):
            continue
        declared = _evaluated(annotations[name], klass, f"{cls.__name__}.{name}")
        annotation = declared
        for descendant in reversed(cls.__mro__[:place]):
            annotation = substitute(annotation, _arguments_of(klass, descendant))
        # What was given for a variable may be a name, too.
        return annotation if annotation is declared else _evaluated(annotation, cls, f"{cls.__name__}.{name}")
    return Any


def only_annotates(klass: type[Any], name: str, others: Iterable[type[Any]]) -> bool:
    """Return whether a plain mixin annotates, without a default, a field that a model among others has.

    Then it is not heard: pydantic takes the model's field in that case, too.
    """
    if hasattr(klass, "__struct_fields__") or STANDS_IN in vars(klass) or name in vars(klass):
        return False
    fields = [getattr(other, "__struct_fields__", ()) for other in others]
    return any(name in names for names in fields if isinstance(names, tuple))  # that of `Struct` itself is none


def _evaluated(annotation: Any, klass: type[Any], title: str) -> Any:
    enclosing: dict[str, Any] = klass.__dict__.get("__enclosing_names__", {})
    variables = {variable.__name__: variable for variable in getattr(klass, "__type_params__", ())}
    module = vars(sys.modules.get(klass.__module__, builtins))
    holder: Any = SimpleNamespace(__annotations__={"field": annotation}, __globals__=module)
    names = {**enclosing, **variables, klass.__name__: klass}
    try:
        return typing.get_type_hints(holder, localns=names, include_extras=True)["field"]
    except NameError as error:
        message = (
            f"{title}: the annotation {annotation!r} cannot be resolved ({error}); "
            f"import what it names where {klass.__qualname__} is declared, outside `if TYPE_CHECKING`"
        )
        raise TypeError(message) from error


def _arguments_of(klass: type[Any], descendant: type[Any]) -> dict[Any, Any]:
    """Return what type variables of `klass` stand for in a class that derives from it, by what that one itself says."""
    arguments: dict[Any, Any] = dict(descendant.__dict__.get(TYPE_ARGUMENTS, {})) if klass in descendant.__mro__ else {}
    for base in descendant.__dict__.get("__orig_bases__", ()):
        origin = typing.get_origin(base)
        if isinstance(origin, type) and origin is not typing.Generic and klass in origin.__mro__:
            arguments.update(zip(getattr(origin, "__parameters__", ()), base.__args__, strict=False))
    return arguments


# ---- type variables ----


def is_type_variable(hint: Any) -> bool:
    """Return whether a part of an annotation is a type variable of any kind; typing_extensions has its own classes."""
    return type(hint).__name__ in _TYPE_VARIABLES and hasattr(hint, "__name__")


def type_variables(hint: Any) -> dict[Any, None]:
    """Return the type variables in an annotation, in the order in which they first stand there."""
    if is_type_variable(hint):
        return {hint: None}
    if isinstance(hint, type):
        return dict.fromkeys(getattr(hint, "__parameters__", ())) if _makes_classes(hint) else {}
    found: dict[Any, None] = {}
    for part in _parts(hint):
        found.update(type_variables(part))
    return found


def substitute(hint: Any, arguments: Mapping[Any, Any]) -> Any:  # noqa: PLR0911 - a return for each kind of part
    """Return an annotation with the type variables replaced for which there is an argument."""
    if not arguments:
        return hint
    if is_type_variable(hint):
        return arguments.get(hint, hint)
    if isinstance(hint, type) and typing.get_origin(hint) is None:
        parameters = getattr(hint, "__parameters__", ()) if _makes_classes(hint) else ()
        given = tuple(arguments.get(parameter, parameter) for parameter in parameters)
        made: Any = hint
        return made if given == parameters else made[given]
    parts = _parts(hint)
    replaced = tuple(substitute(part, arguments) for part in parts)
    if all(new is old for new, old in zip(replaced, parts, strict=True)):
        return hint
    origin: Any = typing.get_origin(hint)
    if origin in {typing.Union, types.UnionType}:
        return typing.Union[replaced]  # noqa: UP007 - of as many as there are
    if isinstance(hint, list):
        return list(replaced)
    return hint.copy_with(replaced) if hasattr(hint, "copy_with") else types.GenericAlias(origin, replaced)


def _parts(hint: Any) -> tuple[Any, ...]:
    """Return what an annotation is made of: the types in its brackets; those of a `Callable` before what it returns."""
    if isinstance(hint, list):
        return tuple(hint)
    if typing.get_origin(hint) in {None, typing.Literal}:
        return ()
    parts: tuple[Any, ...] = hint.__args__
    return parts


def _makes_classes(cls: type[Any]) -> bool:
    """Return whether a class, given arguments, is a class again: a model, unlike other generic classes."""
    return hasattr(type(cls), "__getitem__")


def name_of(annotation: Any) -> str:
    """Return an annotation as it is written, more or less: for messages, and for names of classes."""
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return annotation.__name__
    if isinstance(annotation, typing.ForwardRef):
        return annotation.__forward_arg__
    return str(annotation).replace("typing.", "")
