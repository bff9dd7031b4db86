"""Generic models: as with pydantic, `Setting[int]` is a class, whose records have an int where `Setting` says `T`."""

from __future__ import annotations

import types
from typing import Any, ForwardRef, Generic
from weakref import WeakValueDictionary

from ..schema import find_in_mro
from .annotations import TYPE_ARGUMENTS, name_of, substitute, type_variables

_ORIGIN = "__generic_origin__"
"""Name under which a class that was made of a generic one keeps that, and the arguments."""

_made: WeakValueDictionary[Any, Any] = WeakValueDictionary()


def parametrised(cls: Any, arguments: Any) -> Any:
    """Return the class that a generic model is with these type arguments, made once.

    Args:
        cls: The model class.
        arguments: What its type variables are to stand for: one type, or a tuple of them.

    Returns:
        A subclass; `cls` itself if each variable is to stand for itself.

    Raises:
        TypeError: If the class is not generic, or has more or fewer type variables.
    """
    parameters: tuple[Any, ...] = getattr(cls, "__parameters__", ())
    if not parameters:
        message = f"{cls.__name__} is not generic; a type variable makes it so: class {cls.__name__}(..., Generic[T])"
        raise TypeError(message)
    given = _named(cls, parameters, arguments if isinstance(arguments, tuple) else (arguments,))
    if tuple(given.values()) == parameters:
        return cls
    origin, arguments = cls.__dict__.get(_ORIGIN, (cls, parameters))
    arguments = tuple(substitute(argument, given) for argument in arguments)
    try:
        # Unions that differ in the order of their members are equal, and convert values differently.
        key = origin, arguments, repr(arguments)
        known = _made.get(key)
    except TypeError:  # metadata without a hash
        return _make(origin, arguments)
    if known is None:
        known = _made.setdefault(key, _make(origin, arguments))
    return known


def _named(cls: Any, parameters: tuple[Any, ...], arguments: tuple[Any, ...]) -> dict[Any, Any]:
    """Return the arguments by type variable, with the defaults of those that none is given for."""
    given: dict[Any, Any] = {}
    for place, parameter in enumerate(parameters):
        if type(parameter).__name__ == "TypeVarTuple":
            message = f"{cls.__name__}: a TypeVarTuple, {parameter.__name__}, is not supported; name each type variable"
            raise TypeError(message)
        if place < len(arguments):
            argument = arguments[place]
            argument = ForwardRef(argument) if isinstance(argument, str) else argument
            given[parameter] = type(None) if argument is None else argument
        elif getattr(parameter, "has_default", bool)():
            given[parameter] = substitute(parameter.__default__, given)
    if len(arguments) > len(parameters) or len(given) < len(parameters):
        names = ", ".join(parameter.__name__ for parameter in parameters)
        message = f"{cls.__name__} takes {len(parameters)} type arguments, [{names}], not {len(arguments)}"
        raise TypeError(message)
    return given


def _make(origin: Any, arguments: tuple[Any, ...]) -> Any:
    name = f"{origin.__name__}[{', '.join(map(name_of, arguments))}]"
    namespace = {
        "__module__": origin.__module__,
        "__qualname__": f"{origin.__qualname__.removesuffix(origin.__name__)}{name}",
        "__doc__": origin.__doc__,
        "__orig_bases__": (types.GenericAlias(origin, arguments),),  # where typing and msgspec look for them
        TYPE_ARGUMENTS: dict(zip(origin.__parameters__, arguments, strict=True)),
        _ORIGIN: (origin, arguments),
    }
    cls = type(origin)(name, (origin,), namespace)
    type.__setattr__(cls, "__parameters__", tuple(type_variables([*arguments])))
    return cls


def inherit_parameters(cls: Any, parents: list[Any]) -> None:
    """Make a class generic that derives from generic models without saying `Generic` itself.

    Raises:
        TypeError: If it says `Generic`, and leaves out a type variable of theirs.
    """
    inherited = tuple(dict.fromkeys(each for parent in parents for each in getattr(parent, "__parameters__", ())))
    if not inherited or TYPE_ARGUMENTS in cls.__dict__:
        return
    own = cls.__parameters__
    if not own:
        type.__setattr__(cls, "__parameters__", inherited)
    elif not set(own).issuperset(inherited):
        names = ", ".join(each.__name__ for each in dict.fromkeys((*inherited, *own)))
        message = f"{cls.__name__} must name all type variables of the models that it derives from: Generic[{names}]"
        raise TypeError(message)


def has_own_brackets(cls: Any) -> bool:
    """Return whether a class says itself what its brackets mean, by a `__class_getitem__` that is not `Generic`'s."""
    getter = find_in_mro(cls, "__class_getitem__")
    return getter is not None and getter is not Generic.__dict__["__class_getitem__"]


def reduced(cls: Any) -> Any:
    """Return how a model class is pickled: by its name, or by the generic class and arguments that it is made of."""
    made_of = cls.__dict__.get(_ORIGIN)
    return cls.__qualname__ if made_of is None else (parametrised, made_of)
