"""Matching two trees into the flat array.

The twin of `_core.pyx`; whoever changes one changes both.

*Match* walks both trees in pre-order and appends one flat record for each pair or single.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .enum import DiffSyncModelFlags
from .exceptions import ChildrenCycle
from .kernel.constants import INSTANCE_OVERRIDES
from .kernel.identity import check_element
from .kernel.lookup import get_children
from .kernel.plain_py import append_plain, check_pairs
from .kernel.skipping import skip_reason
from .schema import schema_of

if TYPE_CHECKING:
    from .differ import Matching
    from .kernel.array_py import FlatArray

__all__ = ["match"]

NO_FLAGS = DiffSyncModelFlags.NONE

# A chain of records this deep may be a cycle; from here on the walk remembers its path.
WATCH_CYCLES_FROM = 64


class _Frame:
    """One record whose children are being walked; for the top level, no record."""

    __slots__ = ("below", "child_type", "dest", "first", "index", "mapping", "names", "needs_names", "pairs", "source")

    def __init__(self, index: int, source: Any, dest: Any, mapping: Any, pairs: Any) -> None:
        self.index = index
        self.source = source
        self.dest = dest
        self.mapping = mapping
        self.pairs = pairs
        self.child_type = ""
        self.below: Mapping[str, str] = {}
        self.first = 0
        self.needs_names = False
        self.names: dict[str, set[str]] = {}


def match(  # noqa: C901, PLR0913, PLR0917 - one more than the kernel is usually told
    matching: Matching, array: FlatArray, modelname: str, sources: Any, dests: Any, are_paired: bool = False
) -> None:
    """Append the records of one top-level type and of all below it.

    Args:
        matching: The two sides, the flags, and whom to tell of progress, skipped records and repeated names.
        array: Where to append.
        modelname: The type.
        sources: The type's records on the source side, a list or a `{unique id: record}` mapping; None for all that
            the side's local data has.
        dests: The same on the destination side.
        are_paired: Whether the two are lists of pairs already, None standing in for a record that is not there. A pair
            of records that are known to be equal may be the same `str` twice, their unique id, in place of the records.

    Raises:
        TypeError: If two records with one unique id are of different types, or a side is no collection.
        ValueError: If two records with one unique id differ in shortname or identifiers.
        ObjectNotFound: If a child is not in its store.
        ChildrenCycle: If a record is its own descendant.
    """
    if sources is None and matching.source_data is not None:
        sources = list(matching.source_data[modelname].values())
    if dests is None and matching.dest_data is not None:
        dests = list(matching.dest_data[modelname].values())
    top = _Frame(-1, None, None, iter(()), iter(()))
    top.first = len(array)
    _fill(matching, array, top, modelname, sources, dests, are_paired)
    stack = [top]
    path: set[int] = set()
    leaf_types: dict[type, str | None] = {}
    while stack:
        frame = stack[-1]
        for source, dest in frame.pairs:
            # Most records are unflagged, matched, without children and without overrides: they take this short cut.
            leaf_type = leaf_types.get(type(source))
            if (
                leaf_type is not None
                and leaf_types.get(type(dest)) is not None
                and source.model_flags is NO_FLAGS is dest.model_flags
                and type(source._unique_id) is str
            ):
                array.append(frame.index, leaf_type, source, dest)
                matching.advance(2)
                continue
            if source is dest and type(source) is str:
                child = _visit_unread(matching, array, frame, source)
            else:
                child = _visit(matching, array, frame, source, dest)
                _note_leaf_types(leaf_types, source, dest)
            if child is not None:
                stack.append(child)
                if len(stack) > WATCH_CYCLES_FROM:
                    _watch_path(path, stack)
                break
        else:
            _check_names(matching, array, frame)
            if not _next_children(matching, array, frame):
                if frame.index >= 0:
                    array.close(frame.index)
                stack.pop()
                path.discard(id(frame.source))
                path.discard(id(frame.dest))


def _note_leaf_types(leaf_types: dict[type, str | None], source: Any, dest: Any) -> None:
    """Note the type name of a class whose records have neither children, nor shortnames, nor overrides, else None."""
    for model in (source, dest):
        if model is None or type(model) in leaf_types:
            continue
        schema = schema_of(type(model))
        is_leaf = schema.is_plain and schema.key_is_name and not schema.children
        if schema.children or type(model._unique_id) is str:
            leaf_types[type(model)] = schema.modelname if is_leaf else None


def _watch_path(path: set[int], stack: list[_Frame]) -> None:
    """Note the newest frame's records as part of the path, and raise if they already are."""
    if not path:
        path.update(id(model) for frame in stack[:-1] for model in (frame.source, frame.dest) if model is not None)
    for model in (stack[-1].source, stack[-1].dest):
        if model is not None and id(model) in path:
            message = f"{model!r} is among its own descendants: remove it from the children of {stack[-2].source!r}"
            raise ChildrenCycle(message)
    path.update(id(model) for model in (stack[-1].source, stack[-1].dest) if model is not None)


def _fill(  # noqa: PLR0913, PLR0917 - as `match`
    matching: Matching, array: FlatArray, frame: _Frame, child_type: str, sources: Any, dests: Any, are_paired: bool
) -> None:
    """Match two lists of siblings into the frame, unless they have been matched."""
    frame.child_type = child_type
    if are_paired and matching.prefetch is not None:
        frame.below = matching.prefetch.children_mapping(child_type)
        frame.needs_names |= not matching.prefetch.are_named_by_unique_id(child_type)
        frame.pairs = zip(sources, dests, strict=True)
    else:
        special = append_plain(matching, array, frame.index, child_type, sources, dests)
        frame.pairs = iter(_pair(matching, sources, dests)) if special is None else special
        if special is not None and frame.index < 0 and matching.prefetch is not None:
            # At the top, what stores have comes in parts, of which later ones may have names of earlier ones.
            frame.needs_names = not all(schema_of(cls).key_is_name for cls in {*map(type, sources), *map(type, dests)})


def _visit_unread(matching: Matching, array: FlatArray, frame: _Frame, uid: str) -> _Frame | None:
    """Append the record of a pair that is known to be equal; return a frame if it may have children."""
    index = array.append(frame.index, frame.child_type, uid, uid)
    matching.advance(2)
    return _Frame(index, uid, uid, iter(frame.below.items()), iter(())) if frame.below else None


def _pair(matching: Matching, sources: Any, dests: Any) -> list[tuple[Any, Any]]:
    """Match siblings by unique id: in the source's order first, then what only the destination has."""
    if not isinstance(sources, Iterable) or not isinstance(dests, Iterable):
        message = f"Type combination {type(sources)}/{type(dests)} is not supported... for now"
        raise TypeError(message)
    are_keyed = isinstance(sources, Mapping) or isinstance(dests, Mapping)
    by_id = sources if isinstance(sources, Mapping) else _by_unique_id(sources)
    dest_by_id = dests if isinstance(dests, Mapping) else _by_unique_id(dests)
    pairs = [(source, dest_by_id.get(uid)) for uid, source in by_id.items()]
    pairs += [(None, dest) for uid, dest in dest_by_id.items() if uid not in by_id]
    repeated = max(len(sources) - len(pairs), 0) + max(len(dests) - len(pairs), 0)  # type: ignore[arg-type]
    if repeated:
        matching.advance(repeated)
    check_pairs(pairs, are_paired_by_id=not are_keyed)
    return pairs


def _by_unique_id(models: Any) -> dict[Any, Any]:
    result = {}
    last_class, is_plain = None, False
    for model in models:
        if type(model) is not last_class:
            last_class = type(model)
            is_plain = schema_of(last_class).knows_unique_id
        key = model._unique_id if is_plain else None
        result[key if type(key) is str else model.get_unique_id()] = model
    return result


def _has_key_as_name(model: Any, schema: Any) -> bool:
    return schema.key_is_name and type(model._unique_id) is str


def _visit(matching: Matching, array: FlatArray, frame: _Frame, source: Any, dest: Any) -> _Frame | None:
    """Append the record of one pair, unless a flag says to skip it; return a frame if it may have children."""
    model = dest if source is None else source
    schema = schema_of(type(model))
    is_plain = schema.knows_type and type(model._unique_id) is str
    if (matching.has_flags and (source is None or dest is None)) or _has_flags(source) or _has_flags(dest):
        reason = skip_reason(matching.flags, source, dest)
        if reason:
            matching.skip(model, reason)
            return None
    has_key_as_name = _has_key_as_name(model, schema)
    element_type = schema.modelname if is_plain else model.get_type()
    name = None
    if not (is_plain and (has_key_as_name or schema.knows_shortname)):
        name = model.get_shortname()
        check_element(element_type, name)
    index = array.append(frame.index, element_type, source, dest)
    if name is not None:
        array.names[index] = name
    frame.needs_names |= not (is_plain or schema.knows_type) or not _is_named_by_unique_id(model, schema)
    matching.advance((source is not None) + (dest is not None))
    mapping = _children_mapping(matching, source, dest)
    return _Frame(index, source, dest, iter(mapping.items()), iter(())) if mapping else None


def _is_named_by_unique_id(model: Any, schema: Any) -> bool:
    return schema.is_named_by_unique_id and model._unique_id is not INSTANCE_OVERRIDES


def _has_flags(model: Any) -> bool:
    return model is not None and model.model_flags is not NO_FLAGS and bool(model.model_flags.value)


def _children_mapping(matching: Matching, source: Any, dest: Any) -> Mapping[str, str]:
    """Return the `{type: field}` of the children to walk: of both records what they have in common."""
    if source is None or dest is None:
        return _mapping_of(dest if source is None else source)
    source_mapping, dest_mapping = _mapping_of(source), _mapping_of(dest)
    if source_mapping is dest_mapping or source_mapping == dest_mapping:
        return source_mapping
    for child_type, field in source_mapping.items():
        if child_type not in dest_mapping:
            matching.advance(len(getattr(source, field)))
    for child_type, field in dest_mapping.items():
        if child_type not in source_mapping:
            matching.advance(len(getattr(dest, field)))
    return {child_type: field for child_type, field in source_mapping.items() if child_type in dest_mapping}


def _mapping_of(model: Any) -> Mapping[str, str]:
    schema = schema_of(type(model))
    if schema.knows_children and model._unique_id is not INSTANCE_OVERRIDES:
        return schema.children
    mapping: Mapping[str, str] = model.get_children_mapping()
    return mapping


def _next_children(matching: Matching, array: FlatArray, frame: _Frame) -> bool:
    """Fetch and pair the frame's children of the next type; False if there is none."""
    for child_type, field in frame.mapping:
        ahead = None
        if matching.prefetch is not None:
            parent_type = array.type(frame.index)
            ahead = matching.prefetch.children(frame.source, frame.dest, parent_type, child_type, field)
        if ahead is None or ahead.sources is None:
            sources = _fetch(matching.source_data, matching.source, frame.source, field, child_type)
        else:
            sources = ahead.sources
        if ahead is None or ahead.dests is None:
            dests = _fetch(matching.dest_data, matching.dest, frame.dest, field, child_type)
        else:
            dests = ahead.dests
        are_paired = ahead is not None and ahead.are_paired
        if not (sources or dests):
            continue
        frame.first = len(array)
        _fill(matching, array, frame, child_type, sources, dests, are_paired)
        return True
    return False


def _fetch(data: Any, adapter: Any, parent: Any, field: str, child_type: str) -> Any:
    """Return the children of one type of one parent, straight from a local store's dict where there is one."""
    if parent is None:
        return []
    uids = getattr(parent, field)
    records = None if data is None else data.get(child_type)
    if records is not None:
        try:
            return list(map(records.__getitem__, uids))
        except KeyError:
            pass
    return get_children(adapter, parent, field, uids, child_type)


def _check_names(matching: Matching, array: FlatArray, frame: _Frame) -> None:
    """Tell of siblings of one type that share a name; unique ids need no check, they have been keys."""
    if not frame.needs_names:
        return
    frame.needs_names = False
    told = _names_of_unread(matching, array, frame)
    index, stop = frame.first, len(array)
    while index < stop:
        model = array._sources[index]
        model = array._dests[index] if model is None else model
        modelname = array._types[index]
        names = (matching.names if frame.index < 0 else frame.names).setdefault(modelname, set())
        name = next(told) if type(model) is str else model.get_shortname()
        if name in names:
            matching.repeated_name(index)
        names.add(name)
        index = array._ends[index]


def _names_of_unread(matching: Matching, array: FlatArray, frame: _Frame) -> Iterator[Any]:
    """Return an iterator of the names of those siblings that have not been read; they are all of the frame's type."""
    index, unread = frame.first, []
    while index < len(array):
        if type(array._sources[index]) is str:
            unread.append(array._sources[index])
        index = array._ends[index]
    return iter([] if matching.prefetch is None else matching.prefetch.names(unread, frame.child_type))
