"""The kernel in Python, the fast half of matching: trees about which there is nothing special.

Nearly all records are of classes without overridden hooks, bear no flags that matter, and lie in plain local stores.
Trees that are all like that are read level by level, many trees at a time: every loop runs in the interpreter's own
code, over all records of a level, and what Python does for each level is shared by hundreds of records. Where a tree
turns out to be special after all (a record of a subclass, a flag that matters, a child that is not there, ...), what
was read is dropped, and `_core_py.py` visits the topmost pairs as diffsync would.

It makes no difference to the result. `plain/trees.pyx` is the like of it in the compiled kernel, made in another way.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from itertools import chain, compress, pairwise
from operator import attrgetter, ne
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from ..enum import DiffSyncModelFlags
from ..schema import Schema, StructMeta, have_like_identities, schema_of
from .constants import INSTANCE_OVERRIDES
from .identity import check_pair

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..differ import Matching
    from .array_py import FlatArray

# How many records are read at once, about: enough to be worth it, few enough to stay in the cache.
AT_ONCE = 512

# Where a level has more records, or there are more levels, what is below each record is read by itself.
MOST_AT_ONCE = 8 * AT_ONCE
MOST_LEVELS = 8

# How many siblings are tried first, and how many at least where there are special ones among them again and again.
FIRST_COUNT = 32
LEAST_COUNT = 4

NO_FLAGS, IGNORE = DiffSyncModelFlags.NONE, DiffSyncModelFlags.IGNORE

_read_key = attrgetter("_unique_id")
_TEXTS = frozenset({str})


class Level:
    """Records of one type below one parent or more, in the order of the diff, with all that is below them.

    Attributes:
        modelname: The type.
        uids: The unique ids.
        sources, dests: The records; where only one side has a record, it stands in for the other's while they are read.
        source_only, dest_only: The places of those.
        starts: Where the children of each parent begin, and where those of the last one end.
        below: The children, for each type of them that there are any of.
        undecided: Places of the records that are not known to be equal, in descending order.
        names: The shortnames, where they are not the unique ids.
    """

    __slots__ = (
        "below",
        "dest_only",
        "dests",
        "modelname",
        "names",
        "source_only",
        "sources",
        "starts",
        "uids",
        "undecided",
    )

    def __init__(self, modelname: str) -> None:
        """Make siblings of one type, none so far."""
        self.modelname = modelname
        self.uids: list[Any] = []
        self.sources: list[Any] = []
        self.dests: list[Any] = []
        self.source_only: list[int] = []
        self.dest_only: list[int] = []
        self.starts = [0]
        self.below: list[Level] = []
        self.undecided: list[int] = []
        self.names: list[str] = []

    # ---- pairing ----

    def add_family(self, uids: list[Any], other_uids: list[Any]) -> None:
        """Add the children of one parent: in the source's order, then what only the destination has."""
        if uids == other_uids:
            self.uids += uids
        else:
            known, other_known = set(uids), set(other_uids)
            new = [uid for uid in other_uids if uid not in known]
            self.source_only += [place for place, uid in enumerate(uids, len(self.uids)) if uid not in other_known]
            self.uids += uids
            self.dest_only += range(len(self.uids), len(self.uids) + len(new))
            self.uids += new
        self.starts.append(len(self.uids))

    def fetch(self, source_records: Mapping[Any, Any], dest_records: Mapping[Any, Any]) -> None:
        """Look the records up."""
        self.sources = list(map(source_records.get, self.uids))
        self.dests = list(map(dest_records.get, self.uids))
        for place in self.source_only:
            self.dests[place] = self.sources[place]
        for place in self.dest_only:
            self.sources[place] = self.dests[place]

    def part(self, start: int, stop: int) -> Level:
        """Return some of the siblings of one parent."""
        part = Level(self.modelname)
        part.uids, part.sources, part.dests = self.uids[start:stop], self.sources[start:stop], self.dests[start:stop]
        part.source_only = _between(self.source_only, start, stop)
        part.dest_only = _between(self.dest_only, start, stop)
        part.starts.append(len(part.uids))
        return part

    def pairs(self) -> list[tuple[Any, Any]]:
        """Return the records, None for one that is not there."""
        self._restore_gaps()
        return list(zip(self.sources, self.dests, strict=True))

    # ---- reading ----

    def read(self, matching: Matching, above: tuple[str, ...] = ()) -> bool:
        """Compare the records, below others of the types `above`, and read what is below them in their turn.

        Returns:
            False if there is something special about any of them.
        """
        schema = _walkable_schema(matching, type(self.sources[0]), self.modelname, above)
        if schema is None:
            return False
        columns = _columns(schema, self.sources)
        other_columns = columns and _columns(schema, self.dests)
        if not columns or not other_columns or not self._are_paired(schema, columns, other_columns):
            return False
        flags = schema.field_numbers["model_flags"]
        may_skip_singles = matching.skips_unmatched and bool(self.source_only or self.dest_only)
        if may_skip_singles or self._may_skip(columns[flags]) or self._may_skip(other_columns[flags]):
            return False
        if not schema.key_is_name and not self._have_own_names(schema, columns, other_columns):
            return False
        self._compare(schema, columns, other_columns)
        for modelname, field in schema.children.items():
            place = schema.field_numbers[field]
            children = self._children(modelname, list(columns[place]), list(other_columns[place]))
            if children is None or not children.read_local(matching, (*above, self.modelname)):
                return False
            if children.uids:
                self.below.append(children)
        self._restore_gaps()
        return True

    def read_local(self, matching: Matching, above: tuple[str, ...]) -> bool:
        """Look the records up in local stores and read them; False as for `read`."""
        if not self.uids:
            return True
        sources, dests = matching.source_data, matching.dest_data
        if sources is None or dests is None or matching.prefetch is not None or len(self.uids) > MOST_AT_ONCE:
            return False
        self.fetch(sources.get(self.modelname, {}), dests.get(self.modelname, {}))
        return self.read(matching, above)

    def _are_paired(self, schema: Schema, columns: list[Any], other_columns: list[Any]) -> bool:
        """Whether the records bear the unique ids that they were found by, each another one, and equal identifiers."""
        key, uids = schema.field_numbers["_unique_id"], tuple(self.uids)
        identifiers = [schema.field_numbers[name] for name in schema.identifiers]
        return (
            columns[key] == uids == other_columns[key]
            and len(set(uids)) == len(uids)
            and all(columns[place] == other_columns[place] for place in identifiers)
        )

    def _have_own_names(self, schema: Schema, columns: list[Any], other_columns: list[Any]) -> bool:
        """Whether both records of each pair have one shortname, and no other child of their parent has it."""
        numbers = [schema.field_numbers[name] for name in schema.shortname]
        parts = [columns[number] for number in numbers]
        if parts != [other_columns[number] for number in numbers] or {*map(type, chain(*parts))} != {str}:
            return False
        self.names = list(map("__".join, zip(*parts, strict=True))) if len(parts) > 1 else list(parts[0])
        return all(len(set(self.names[start:stop])) == stop - start for start, stop in pairwise(self.starts))

    def _may_skip(self, flags: tuple[Any, ...]) -> bool:
        """Whether the flags of one side's records are a reason to look at one of them by itself."""
        if flags.count(NO_FLAGS) == len(flags):
            return False
        if {*map(type, flags)} != {DiffSyncModelFlags} or any(IGNORE & flag for flag in set(flags)):
            return True
        return any(flags[place] for place in (*self.source_only, *self.dest_only))

    def _compare(self, schema: Schema, columns: list[Any], other_columns: list[Any]) -> None:
        """Note which records are not equal, as Python's `!=` has it, or not to be compared here."""
        everything = range(len(self.uids))
        undecided = {*self.source_only, *self.dest_only}
        try:
            for name in schema.attributes if schema.knows_attributes else ():
                column, other = columns[schema.field_numbers[name]], other_columns[schema.field_numbers[name]]
                if any(map(ne, column, other)):
                    undecided.update(compress(everything, map(ne, column, other)))
        except Exception:  # noqa: BLE001 - *compare* asks these values again, and raises in its turn
            undecided.update(everything)
        self.undecided = sorted(undecided if schema.knows_attributes else everything, reverse=True)

    def _children(self, modelname: str, lists: list[Any], other_lists: list[Any]) -> Level | None:
        """Pair the children of one type, given each record's list of them; None if there is no telling."""
        if {*map(type, lists), *map(type, other_lists)} != {list}:
            return None
        for place in self.source_only:
            other_lists[place] = []
        for place in self.dest_only:
            lists[place] = []
        children = Level(modelname)
        for uids, other_uids in zip(lists, other_lists, strict=True):
            children.add_family(uids, other_uids)
        return children

    def _restore_gaps(self) -> None:
        """Take away the records that stand in for those that are not there."""
        for place in self.source_only:
            self.dests[place] = None
        for place in self.dest_only:
            self.sources[place] = None

    # ---- writing ----

    def append(self, matching: Matching, array: FlatArray, parent: int, family: int = 0) -> None:
        """Append the children of one parent, the record of index `parent`, and all below them."""
        start, stop = self.starts[family], self.starts[family + 1]
        sources, dests = self.sources, self.dests
        if not self.below:
            self._count(matching, array, start, stop)
            array.extend(parent, self.modelname, sources[start:stop], dests[start:stop])
            return
        for place in range(start, stop):
            self._count(matching, array, place, place + 1)
            index = array.add(parent, self.modelname, sources[place], dests[place])
            for children in self.below:
                children.append(matching, array, index, place)
            array.close(index)

    def _count(self, matching: Matching, array: FlatArray, start: int, stop: int) -> None:
        """Tell of records about to be appended: how many there are, and which are still to be compared."""
        count, undecided = 2 * (stop - start), self.undecided
        while undecided and undecided[-1] < stop:
            place = undecided.pop()
            array.unseen.append(len(array) + place - start)
            count -= self.sources[place] is None or self.dests[place] is None
        matching.advance(count)


def _between(places: list[int], start: int, stop: int) -> list[int]:
    """Return those of some places in ascending order that are in a range, counted from its start."""
    return [place - start for place in places[bisect_left(places, start) : bisect_left(places, stop)]]


def _columns(schema: Schema, models: list[Any]) -> list[tuple[Any, ...]] | None:
    """Return the values of all fields, a tuple for each field; None if a record is of another class or unfinished."""
    if list(map(type, models)).count(schema.cls) != len(models):
        return None
    try:
        return list(zip(*map(astuple, models), strict=True))
    except AttributeError:
        return None  # somebody has deleted a field


def _walkable_schema(matching: Matching, cls: type[Any], modelname: str, above: tuple[str, ...]) -> Schema | None:
    """Return the schema of a class whose records may be read here, and probably those below them; or None."""
    schema = schema_of(cls) if isinstance(cls, StructMeta) else None
    if schema is None or not schema.is_plain or schema.modelname != modelname:
        return None
    if modelname in above or len(above) == MOST_LEVELS:
        return None
    for child_type, field in schema.children.items():
        records = {} if matching.source_data is None else matching.source_data.get(child_type, {})
        child = next(iter(records.values()), None)
        is_plain = child is None or _walkable_schema(matching, type(child), child_type, (*above, modelname))
        if field not in schema.field_numbers or not is_plain:
            return None
    return schema


# ---- siblings ----


def append_plain(  # noqa: PLR0913, PLR0917 - all that pairing takes
    matching: Matching, array: FlatArray, parent: int, modelname: str, sources: Any, dests: Any
) -> Iterator[tuple[Any, Any]] | None:
    """Append the trees below siblings that one parent has, as they come; yield the pairs that are to be visited.

    None if the siblings are to be paired otherwise: not all of them are known to bear their own unique ids.
    """
    by_key, dest_by_key = _by_key(sources), _by_key(dests)
    if by_key is None or dest_by_key is None:
        return None
    siblings = Level(modelname)
    siblings.add_family(list(by_key), list(dest_by_key))
    siblings.fetch(by_key, dest_by_key)
    return _append_parts(matching, array, parent, siblings)


def _by_key(models: Any) -> dict[Any, Any] | None:
    """Return a list of records as a dict by their keys, None if these may not be what their hooks give, or repeat."""
    if type(models) is not list:
        return None
    for cls in set(map(type, models)):
        if not isinstance(cls, StructMeta) or not schema_of(cls).knows_unique_id:
            return None
    keys = list(map(_read_key, models))
    by_key = dict(zip(keys, models, strict=True))
    return by_key if len(by_key) == len(keys) and {*map(type, keys)} <= {str} else None


def _append_parts(matching: Matching, array: FlatArray, parent: int, siblings: Level) -> Iterator[tuple[Any, Any]]:
    """Append siblings part by part, as many at once as have some `AT_ONCE` records below them; yield the special."""
    start, count, are_checked = 0, FIRST_COUNT, False
    names: set[str] = set()
    while start < len(siblings.uids):
        part = siblings.part(start, start + count)
        first = len(array)
        # A name that an earlier part has is found by whoever visits the pairs.
        if part.read(matching) and names.isdisjoint(part.names):
            names.update(part.names)
            part.append(matching, array, parent)
            count = max(1, AT_ONCE * len(part.uids) // (len(array) - first))
        else:
            if not are_checked:  # all of them, before what is below any of them is looked at
                check_pairs(siblings.part(start, len(siblings.uids)).pairs(), are_paired_by_id=True)
                are_checked = True
            yield from part.pairs()
            count = max(LEAST_COUNT, count // 2)
        start += len(part.uids)


def check_pairs(pairs: list[tuple[Any, Any]], *, are_paired_by_id: bool) -> None:
    """Raise what `check_pair` raises of pairs of siblings; most of them need not be given to it."""
    classes: tuple[Any, Any] = (None, None)
    identity: Any = None
    for source, dest in pairs:
        if source is None or dest is None:
            continue
        if classes != (type(source), type(dest)):
            classes = (type(source), type(dest))
            identity = _reads_identity(*classes) if are_paired_by_id else None
        known = None if identity is None or has_own_methods(source) or has_own_methods(dest) else identity(source)
        if known is None or known != identity(dest):
            check_pair(source, dest, are_paired_by_id=are_paired_by_id)


def has_own_methods(model: Any) -> bool:
    """Whether a record may have methods or settings of its own, which say what its class does not."""
    return model._side_data is not None or model._unique_id is INSTANCE_OVERRIDES


def _reads_identity(source_class: type[Any], dest_class: type[Any]) -> Any:
    """Return what reads the identifiers of both classes' records, if those settle that they are one thing.

    What it returns reads None of a record whose name they do not settle: equal values that are no texts may have texts
    that are not equal.
    """
    source, dest = schema_of(source_class), schema_of(dest_class)
    if not (source.has_telling_identifiers and dest.has_telling_identifiers and have_like_identities(source, dest)):
        return None
    if source.shortname != dest.shortname:
        return None
    read: Any = attrgetter(*source.identifiers, *source.shortname)
    return partial(_texts, read) if source.shortname else read


def _texts(read: Any, model: Any) -> Any:
    values = read(model)
    return values if _TEXTS.issuperset(map(type, values)) else None
