"""What stands in square brackets: `list[X]`, `X | Y`, `Literal[...]`, `type[X]` and the like, by their origin."""

from __future__ import annotations

import collections
import re
import types
from collections import abc
from typing import Any, ClassVar, Final, Literal, TypeVar, Union, get_args, get_origin

from ..classes.annotations import name_of
from . import choices, containers, objects
from .scalars import SCALARS
from .validator import ANYTHING, Validator

Compile = abc.Callable[[Any], Validator]
Build = abc.Callable[[Compile, tuple[Any, ...]], Validator]

# What a defaultdict makes where its annotation alone must say so.
_FACTORIES: Final[dict[Any, type]] = {
    **{cls: cls for cls in (float, int, str, bool, tuple, list, set, frozenset, dict)},
    collections.OrderedDict: collections.OrderedDict,
    collections.Counter: collections.Counter,
    abc.Sequence: tuple,
    abc.MutableSequence: list,
    abc.Set: frozenset,
    abc.MutableSet: set,
    abc.Mapping: dict,
    abc.MutableMapping: dict,
}


def compile_union(compile_: Compile, args: tuple[Any, ...]) -> Validator:
    """Compile a union; None is taken out of it first, as it is settled by a look."""
    members = tuple(compile_(arg) for arg in args if arg is not type(None))
    if len(members) == 1:
        inner = members[0]
    else:
        expected = " or ".join(name_of(arg) for arg in args)
        inner = choices.union_of(members, expected)
    return choices.optional_of(inner) if type(None) in args else inner


def _compile_tuple(compile_: Compile, args: tuple[Any, ...]) -> Validator:
    if args[1:] == (Ellipsis,):
        return containers.list_of(compile_(args[0]), tuple)
    if any(getattr(arg, "__unpacked__", False) or getattr(get_origin(arg), "_name", None) == "Unpack" for arg in args):
        msg = f"a tuple with an unpacked part is not supported: {args}"
        raise TypeError(msg)
    return containers.tuple_of(tuple(compile_(arg) for arg in args if arg != ()))  # before 3.11, tuple[()] has that arg


def _compile_type(compile_: Compile, args: tuple[Any, ...]) -> Validator:
    bound = args[0]
    if isinstance(bound, TypeVar):
        bound = bound.__bound__
    if get_origin(bound) in (Union, types.UnionType):
        members = tuple(_compile_type(compile_, (member,)) for member in get_args(bound))
        return choices.union_of(members, f"type[{bound}]")
    return objects.subclass_of(bound) if isinstance(bound, type) and bound is not Any else objects.OBJECTS[type]


def _compile_defaultdict(compile_: Compile, args: tuple[Any, ...]) -> Validator:
    key, value = args
    return containers.defaultdict_of(compile_(key), compile_(value), _FACTORIES.get(get_origin(value) or value))


def _one(build: abc.Callable[[Validator], Validator]) -> Build:
    return lambda compile_, args: build(compile_(args[0]))


def _two(build: abc.Callable[[Validator, Validator], Validator]) -> Build:
    return lambda compile_, args: build(compile_(args[0]), compile_(args[1]))


def _inner(compile_: Compile, args: tuple[Any, ...]) -> Validator:
    return compile_(args[0])


_list = _one(containers.list_of)
_set = _one(lambda item: containers.list_of(item, set))
_frozenset = _one(lambda item: containers.list_of(item, frozenset))
_iterable = _one(containers.iterable_of)
_dict = _two(containers.mapping_of)

GENERICS: Final[dict[Any, Build]] = {
    Union: compile_union,
    types.UnionType: compile_union,
    Literal: lambda _compile, args: choices.literal_of(args),
    Final: _inner,
    ClassVar: _inner,
    list: _list,
    abc.MutableSequence: _list,
    set: _set,
    abc.MutableSet: _set,
    frozenset: _frozenset,
    abc.Set: _frozenset,
    collections.deque: _one(containers.deque_of),
    tuple: _compile_tuple,
    abc.Sequence: _one(containers.sequence_of),
    abc.Iterable: _iterable,
    abc.Generator: _iterable,
    dict: _dict,
    abc.Mapping: _dict,
    abc.MutableMapping: _dict,
    collections.OrderedDict: _two(lambda key, value: containers.mapping_of(key, value, collections.OrderedDict)),
    collections.defaultdict: _compile_defaultdict,
    collections.Counter: _one(lambda key: containers.mapping_of(key, SCALARS[int], collections.Counter)),
    abc.Callable: lambda _compile, _args: objects.OBJECTS[abc.Callable],
    type: _compile_type,
    re.Pattern: lambda _compile, args: objects.pattern_of(args),
}

# The arguments of a generic class that is named without any; Any for the rest.
_DEFAULT_ARGUMENTS: Final[dict[Any, tuple[Any, ...]]] = {
    tuple: (),
    re.Pattern: (str, bytes),
    dict: (Any, Any),
    abc.Mapping: (Any, Any),
    abc.MutableMapping: (Any, Any),
    collections.OrderedDict: (Any, Any),
    collections.defaultdict: (Any, Any),
}


def compile_generic(compile_: Compile, annotation: Any, origin: Any) -> Validator | None:
    """Compile a generic by its origin, with or without arguments; None if it is none of those known here."""
    build = GENERICS.get(origin)
    if build is None:
        return None
    if origin is tuple and not hasattr(annotation, "__args__"):  # without brackets; tuple[()] has empty ones
        return containers.list_of(ANYTHING, tuple)
    return build(compile_, get_args(annotation) or _DEFAULT_ARGUMENTS.get(origin, (Any,)))
