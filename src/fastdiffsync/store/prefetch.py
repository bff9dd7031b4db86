"""Reading ahead: children of many parents in one request, for stores where every request costs.

The walk asks for the children of one pair of parents at a time, depth first. Here the pairs that it will come to wait
in queues, one for each path of types; when it asks for children that are not there yet, those of the next pairs in the
queue are fetched along, so that a diff takes as many requests as there are levels, times records by batch. What is held
beyond what the diff keeps is a batch for each level, and the children of one parent.

Where two stores can tell that records are equal without reading them, they are not read: such a pair is a unique id,
the same `str` on both sides.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..exceptions import ObjectStoreException
from ..kernel.constants import INSTANCE_OVERRIDES
from ..kernel.identity import check_pair, has_one_reading, names_from, that_tell_names
from ..kernel.lookup import get_children
from ..schema import StructMeta, have_like_identities, schema_of
from .expected import Expected, PairedLists, Queue, has_repeated, next_batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..adapter import Adapter
    from ..schema import Schema
    from . import BaseStore
    from .comparison import Comparison

T = TypeVar("T")

BATCH = 10_000
"""How many records are asked for at a time, about: those of one parent are not divided."""

MAX_DEPTH = 48
"""Below it all parents are read: the kernel knows cycles by the records on its path, and looks for them from 64 on."""


class Prefetch:
    """Fetches what the walk of one diff will ask for."""

    def __init__(self, source: BaseStore | None, dest: BaseStore | None, adapters: tuple[Adapter, Adapter]) -> None:
        """Prepare to read ahead.

        Args:
            source: The source's store; None if it is not to be read ahead.
            dest: The same of the destination.
            adapters: Both adapters, which know the model classes.
        """
        self._source = source
        self._dest = dest
        self._adapters = adapters
        self._comparison: Comparison | None = None
        if source is not None and dest is not None:
            self._comparison = source.comparison_with(dest)
        self._settled_types: dict[str, bool] = {}
        self._mappings: dict[str, Mapping[str, str]] = {}
        self._expected: dict[tuple[int, str], Expected] = {}

    def close(self) -> None:
        """Let go of everything."""
        self._expected.clear()
        if self._comparison is not None:
            self._comparison.close()

    @property
    def reads_both(self) -> bool:
        """Whether both sides are read ahead."""
        return self._source is not None and self._dest is not None

    # ---- the top ----

    def top_level(self, modelname: str) -> Iterator[PairedLists]:
        """Yield all records of a type at the top, in parts: the source's in their order, then the destination's rest.

        The kernel is to walk each part, and all below it, before it asks for the next. Both sides must be read ahead.
        """
        source, dest = cast("BaseStore", self._source), cast("BaseStore", self._dest)
        if self._comparison is not None and self._is_settled(modelname):
            yield from self._settled_top_level(modelname, dest, self._comparison)
        elif all(schema is not None and schema.knows_unique_id for schema in self._schemas(modelname)):
            yield from self._paged_top_level(modelname, source, dest)
        else:
            yield self.expect_below(source.get_all(model=modelname), dest.get_all(model=modelname))

    def _paged_top_level(self, modelname: str, source: BaseStore, dest: BaseStore) -> Iterator[PairedLists]:
        matched = 0
        for sources in _parts(source.iterate(model=modelname)):
            uids = [record.get_unique_id() for record in sources]
            dests = list(dest.find_by_uids(uids=uids, model=modelname).values())
            matched += len(dests)
            yield self.expect_below(sources, dests)
        if dest.count(model=modelname) == matched:
            return
        for dests in _parts(dest.iterate(model=modelname)):
            uids = [record.get_unique_id() for record in dests]
            known = source.find_by_uids(uids=uids, model=modelname)
            yield self.expect_below([], [record for uid, record in zip(uids, dests, strict=True) if uid not in known])

    def _settled_top_level(self, modelname: str, dest: BaseStore, comparison: Comparison) -> Iterator[PairedLists]:
        matched = 0
        for uids in _parts(comparison.source_uids(modelname)):
            known = self._compare(comparison, modelname, uids)
            read = [uid for uid in uids if uid not in known]
            sources, dests = self._find(self._source, modelname, read), self._find(self._dest, modelname, read)
            matched += len(known) + len(dests)
            own = [uid for uid in uids if uid in known or uid in sources]
            others = [uid for uid in uids if uid in known or uid in dests]
            found = self._join(own, others, known, sources, dests)
            if found is None or self._unusual(modelname, sources, dests):
                sources, dests = self._find(self._source, modelname, uids), self._find(self._dest, modelname, uids)
                yield self.expect_below(list(sources.values()), list(dests.values()))
                continue
            self._check(modelname, found)
            self._expected.clear()
            self._expect_paired(Queue(modelname, 0), None, found, known)
            yield found
        if dest.count(model=modelname) == matched:
            return
        for uids in _parts(comparison.dest_uids(modelname)):
            absent = comparison.absent_from_source(modelname, uids)
            yield self.expect_below([], list(self._find(self._dest, modelname, absent).values()))

    def expect_below(self, sources: list[Any] | None, dests: list[Any] | None) -> PairedLists:
        """Expect the walk to ask for the children of these records at the top, and return them.

        Args:
            sources: The source's records; of a side that is not read ahead they are ignored.
            dests: The destination's records, likewise.
        """
        self._expected.clear()
        own, others = sources if self._source else None, dests if self._dest else None
        self._expect_pairs(Queue("", 0), None, _by_uid(own or []), _by_uid(others or []))
        return PairedLists(sources, dests)

    # ---- children ----

    def children_mapping(self, modelname: str) -> Mapping[str, str]:
        """Return the `{type: field}` of the children of records that have not been read."""
        mapping = self._mappings.get(modelname)
        if mapping is None:
            schema = self._schemas(modelname)[0]
            mapping = self._mappings[modelname] = {} if schema is None else schema.children
        return mapping

    def are_named_by_unique_id(self, modelname: str) -> bool:
        """Whether siblings of a type have the names that tell them apart in their unique ids."""
        return all(schema is not None and schema.key_is_name for schema in self._schemas(modelname))

    def names(self, uids: list[str], modelname: str) -> list[str]:
        """Return the shortnames of records that have not been read."""
        return names_from(uids, cast("Schema", self._schemas(modelname)[0]))

    def children(self, source: Any, dest: Any, parent_type: str, child_type: str, field: str) -> PairedLists | None:
        """Return the children of one type of a pair of parents; None if the kernel is to fetch them itself.

        Args:
            source: The source's parent, or None.
            dest: The destination's parent, or None.
            parent_type: The parents' type.
            child_type: The children's type.
            field: The parents' field that lists them.
        """
        found = self._take(source, dest, child_type, field)
        if found is None and type(source) is str:
            # The kernel has no records to ask; each step is as it would be with them.
            parents = [adapter.get_by_uids([source], parent_type)[0] for adapter in self._adapters]
            own, others = (
                get_children(adapter, parent, field, getattr(parent, field), child_type)
                for adapter, parent in zip(self._adapters, parents, strict=True)
            )
            return PairedLists(own, others)
        return found

    def _take(self, source: Any, dest: Any, child_type: str, field: str) -> PairedLists | None:
        if self._source is None:
            source = None
        if self._dest is None:
            dest = None
        anchor = dest if source is None else source
        expected = self._expected.pop((id(anchor), child_type), None)
        if expected is None or expected.source is not source or expected.dest is not dest or expected.field != field:
            return None
        queue = expected.queue
        if expected.is_waiting:
            self._fetch(queue, expected)
        if queue.current is not None:
            self._forget_below(queue.current)
        queue.current = expected
        found, expected.found = expected.found, None
        if found is not None and found.are_paired:
            self._check(child_type, found)
        return found

    def _check(self, modelname: str, found: PairedLists) -> None:
        """Check that the two records of each pair are one thing; those that have not been read have the same bytes.

        Raises:
            ValueError: If two records differ in identifiers.
        """
        if found.sources is found.dests:
            return
        types, dest_types = (None if schema is None else schema.certain_types for schema in self._schemas(modelname))
        certain_types = types if types == dest_types else None
        for source, dest in zip(found.sources or (), found.dests or (), strict=True):
            if source is dest or source is None or dest is None:
                continue
            if not has_one_reading(source._unique_id, certain_types):
                check_pair(source, dest, are_paired_by_id=True)

    def _forget_below(self, expected: Expected) -> None:
        """Forget the pairs below a parent that the walk has left without asking for their children."""
        for below in expected.below:
            below.is_waiting = False
            below.found = None
            if self._expected.get(below.key) is below:
                del self._expected[below.key]
        expected.below = []

    def _expect_pairs(
        self, above: Queue, parent: Expected | None, sources: dict[str, Any], dests: dict[str, Any]
    ) -> None:
        """Expect the walk to ask for the children of these records, paired as it will pair them."""
        for uid, source in sources.items():
            self._expect(above, parent, source, dests.get(uid), _children_of(source))
        for uid, dest in dests.items():
            if uid not in sources:
                self._expect(above, parent, None, dest, _children_of(dest))

    def _expect_paired(
        self, above: Queue, parent: Expected | None, found: PairedLists, known: Mapping[str, Any]
    ) -> None:
        """Expect the walk to ask for the children of these pairs, of which some have not been read."""
        for source, dest in zip(found.sources or (), found.dests or (), strict=True):
            lists = known[source] if type(source) is str else None
            if lists is not None:
                self._expect(above, parent, source, dest, self.children_mapping(above.child_type), lists)
            elif type(source) is not str:
                self._expect(above, parent, source, dest, _children_of(dest if source is None else source))

    def _expect(  # noqa: PLR0913, PLR0917 - a pair, where it stands, and what is below it
        self,
        above: Queue,
        parent: Expected | None,
        source: Any,
        dest: Any,
        mapping: Mapping[str, str],
        lists: Any = None,
    ) -> None:
        """Expect the walk to ask for the children of a pair."""
        for child_type, field in mapping.items():
            queue = above.below.get(child_type)
            if queue is None:
                queue = above.below[child_type] = Queue(child_type, above.depth + 1)
            expected = Expected(queue, field, source, dest, lists)
            # A record that is reached twice is fetched anew the second time.
            if self._expected.setdefault(expected.key, expected) is expected:
                queue.waiting.append(expected)
                if parent is not None:
                    parent.below.append(expected)

    def _fetch(self, queue: Queue, first: Expected) -> None:
        """Fetch the children of a pair of parents and of the next ones in its queue."""
        batch = next_batch(queue, first, 2 * BATCH)
        try:
            if self._comparison is not None and self._is_settled(queue.child_type, queue.depth):
                self._fetch_doubtful(queue, batch, self._comparison)
            else:
                self._fetch_all(queue, batch)
        except ObjectStoreException:
            # Fetched one by one, the parent where that is goes through gives the error in its turn.
            for expected in batch:
                expected.found = None

    def _fetch_all(self, queue: Queue, batch: list[Expected]) -> None:
        """Fetch all children of some pairs, and expect the walk to go on below them."""
        uids_of = [expected.source_uids for expected in batch], [expected.dest_uids for expected in batch]
        sources = self._read(self._source, queue.child_type, chain.from_iterable(uids_of[0]))
        dests = self._read(self._dest, queue.child_type, chain.from_iterable(uids_of[1]))
        for expected, source_uids, dest_uids in zip(batch, *uids_of, strict=True):
            expected.found = PairedLists(
                None if self._source is None else [sources[uid] for uid in source_uids],
                None if self._dest is None else [dests[uid] for uid in dest_uids],
            )
            own = {uid: sources[uid] for uid in source_uids} if sources else {}
            self._expect_pairs(queue, expected, own, {uid: dests[uid] for uid in dest_uids} if dests else {})

    def _fetch_doubtful(self, queue: Queue, batch: list[Expected], comparison: Comparison) -> None:
        """Fetch only children that may differ, or that one side alone has."""
        child_type = queue.child_type
        listed: list[str] = []
        for expected in batch:
            listed.extend(expected.listed_by_both())
        known = self._compare(comparison, child_type, listed)
        distinct = set(listed)
        doubtful = distinct.difference(known)
        are_distinct = len(distinct) == len(listed)
        needed: tuple[list[str], list[str]] = [], []
        mixed = []
        for expected in batch:
            uids = expected.source_uids
            if uids == expected.dest_uids and doubtful.isdisjoint(uids) and (are_distinct or not has_repeated(uids)):
                expected.found = PairedLists(uids, uids, are_paired=True)
                continue
            own = {uid: known[uid] for uid in expected.listed_by_both() if uid in known}
            needed[0].extend([uid for uid in uids if uid not in own])
            needed[1].extend([uid for uid in expected.dest_uids if uid not in own])
            mixed.append((expected, own))
        sources, dests = self._read(self._source, child_type, needed[0]), self._read(self._dest, child_type, needed[1])
        unusual = self._unusual(child_type, sources, dests)
        for expected, own in mixed:
            if unusual.isdisjoint(expected.source_uids) and unusual.isdisjoint(expected.dest_uids):
                expected.found = self._join(expected.source_uids, expected.dest_uids, own, sources, dests)
        if self.children_mapping(child_type):
            for expected in batch:
                if expected.found is not None:
                    self._expect_paired(queue, expected, expected.found, known)

    def _compare(self, comparison: Comparison, modelname: str, uids: list[str]) -> dict[str, Any]:
        """Return those of the unique ids of which it is certain that both stores have equal records, and their names.

        The value of each are its lists of children, or None for a type without.
        """
        uids = that_tell_names(uids, cast("Schema", self._schemas(modelname)[0]))
        if self.children_mapping(modelname):
            return {
                uid: lists
                for part in _parts(iter(uids))
                for uid, lists in comparison.equal_parents(modelname, part).items()
            }
        known: dict[str, Any] = dict.fromkeys(uids)
        for part in _parts(iter(uids)):
            for uid in comparison.doubtful(modelname, part):
                known.pop(uid, None)
        return known

    @staticmethod
    def _join(
        source_uids: list[str],
        dest_uids: list[str],
        known: Mapping[str, Any],
        sources: Mapping[str, Any],
        dests: Mapping[str, Any],
    ) -> PairedLists | None:
        """Return siblings paired by unique id; None if they are to be paired by the kernel, with all its checks."""
        if has_repeated(source_uids) or has_repeated(dest_uids):
            return None
        listed, there = set(source_uids), set(dest_uids)
        own: list[Any] = [uid if uid in known else sources[uid] for uid in source_uids]
        others = [uid if uid in known else dests[uid] if uid in there else None for uid in source_uids]
        rest = [dests[uid] for uid in dest_uids if uid not in listed]
        return PairedLists(own + [None] * len(rest), others + rest, are_paired=True)

    # ---- stores and classes ----

    @staticmethod
    def _read(store: BaseStore | None, modelname: str, uids: Iterable[str]) -> dict[str, Any]:
        distinct = list(dict.fromkeys(uids))
        if store is None or not distinct:
            return {}
        return dict(zip(distinct, store.get_by_uids(uids=distinct, model=modelname), strict=True))

    @staticmethod
    def _find(store: BaseStore | None, modelname: str, uids: list[str]) -> dict[str, Any]:
        """Return the records that are there, in the order of the unique ids."""
        found = store.find_by_uids(uids=uids, model=modelname) if store is not None and uids else {}
        return {uid: found[uid] for uid in uids if uid in found}

    def _schemas(self, modelname: str) -> list[Schema | None]:
        classes = [getattr(adapter, modelname, None) for adapter in self._adapters]
        return [schema_of(cls) if isinstance(cls, StructMeta) else None for cls in classes]

    def _unusual(self, modelname: str, *sides: dict[str, Any]) -> set[str]:
        """Return the unique ids of records that may be other than the adapters' classes and their keys say."""
        return {
            uid
            for adapter, records in zip(self._adapters, sides, strict=True)
            for uid, record in records.items()
            if type(record) is not getattr(adapter, modelname) or record._unique_id != uid
        }

    def _is_settled(self, modelname: str, depth: int = 0) -> bool:
        """Whether records of a type that are equal in both stores need not be read at all."""
        if modelname not in self._settled_types:
            self._settled_types[modelname] = (
                self._comparison is not None
                and _are_plain(*self._schemas(modelname))
                and self._comparison.settles(modelname)
            )
        return self._settled_types[modelname] and (depth < MAX_DEPTH or not self.children_mapping(modelname))


def prefetch_for(
    source: BaseStore | None, dest: BaseStore | None, adapters: tuple[Adapter, Adapter]
) -> Prefetch | None:
    """Return what reads ahead for a diff of two adapters, None if neither has a store that gains from it.

    Args:
        source: The source's store if it is to be read ahead, otherwise None.
        dest: The same of the destination.
        adapters: Both adapters.
    """
    return None if source is None and dest is None else Prefetch(source, dest, adapters)


def _are_plain(schema: Schema | None, other: Schema | None) -> bool:
    """Whether of records of two classes nothing matters but their values: no hook is to be asked."""
    if schema is None or other is None:
        return False
    are_alike = (
        have_like_identities(schema, other)
        and schema.shortname == other.shortname
        and schema.children == other.children
    )
    return are_alike and schema.may_go_unread and other.may_go_unread


def _children_of(record: Any) -> Mapping[str, str]:
    """Return the `{type: field}` of a record's children; none where a hook would have to be asked."""
    schema = schema_of(type(record))
    return schema.children if schema.knows_children and record._unique_id is not INSTANCE_OVERRIDES else {}


def _by_uid(records: list[Any]) -> dict[str, Any]:
    return {record.get_unique_id(): record for record in records}


def _parts(items: Iterator[T]) -> Iterator[list[T]]:
    """Yield lists of some 10,000 items."""
    while part := list(islice(items, BATCH)):
        yield part
