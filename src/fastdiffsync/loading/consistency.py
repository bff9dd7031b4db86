"""Whether the records of an adapter hang together: what diffs and syncs pass over in silence, or fail at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..adapter import Adapter
    from ..model import DiffSyncModel

SHOWN = 10
"""How many records of each kind the text names."""


class RecordKey(NamedTuple):
    """A record's type and unique id."""

    type: str
    unique_id: str

    def __str__(self) -> str:
        """Return both in one text."""
        return f'{self.type} "{self.unique_id}"'


class ListedChild(NamedTuple):
    """A unique id in a parent's list of children."""

    parent: RecordKey
    child: RecordKey

    def __str__(self) -> str:
        """Return both in one text."""
        return f"{self.child} in {self.parent}"


class SharedChild(NamedTuple):
    """A record that several parents list."""

    child: RecordKey
    parents: list[RecordKey]

    def __str__(self) -> str:
        """Return all of them in one text."""
        return f"{self.child} in {', '.join(map(str, self.parents))}"


class WrongList(NamedTuple):
    """A field of a record that should list its children, and does not."""

    parent: RecordKey
    field: str

    def __str__(self) -> str:
        """Return both in one text."""
        return f"{self.field} of {self.parent}"


class Cycle(NamedTuple):
    """Records of which each lists the next, and the last lists the first."""

    records: list[RecordKey]

    def __str__(self) -> str:
        """Return all of them in one text."""
        return " > ".join(map(str, [*self.records, self.records[0]]))


_HEADINGS = {
    "unreachable_types": "types neither in top_level nor below one that is: no diff meets their records",
    "missing_classes": "types of which there are records, and of which the adapter has no class: a sync of one raises "
    "AttributeError; name the class in the adapter's body, as in device = Device",
    "orphans": "records that no parent lists, of types not in top_level: no diff meets them; add them to a parent by "
    "add_child, or name their type in top_level",
    "dangling": "children that are listed and not there: a diff raises ObjectNotFound; add them, or take them out of "
    "the list",
    "listed_twice": "children that stand twice in one list: a diff takes them for two records; use add_child",
    "shared": "children of several parents: a diff meets them once for each; let one parent list them",
    "cycles": "records among their own descendants: a diff raises ChildrenCycle, or meets none of them",
    "wrong_lists": "fields that should list children by their unique ids, and do not: a diff fails or goes astray",
}


@dataclass
class AdapterCheck:
    """What is wrong with the records of an adapter; true if that is nothing.

    Attributes:
        adapter: The adapter's text.
        record_count: How many records it has.
        unreachable_types: Types of which there are records, and that cannot be reached from those in `top_level`.
        missing_classes: Types of which there are records, and which the adapter has no class for.
        orphans: Records that no parent lists, and whose type is not in `top_level`.
        dangling: Children that are listed and are not there.
        listed_twice: Children that stand twice in one list.
        shared: Children that several parents list.
        cycles: Records among their own descendants.
        wrong_lists: Fields of children that hold something else than unique ids.
    """

    adapter: str
    record_count: int = 0
    unreachable_types: list[str] = field(default_factory=list)
    missing_classes: list[str] = field(default_factory=list)
    orphans: list[RecordKey] = field(default_factory=list)
    dangling: list[ListedChild] = field(default_factory=list)
    listed_twice: list[ListedChild] = field(default_factory=list)
    shared: list[SharedChild] = field(default_factory=list)
    cycles: list[Cycle] = field(default_factory=list)
    wrong_lists: list[WrongList] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong. An adapter without records is right: it may be one that a sync is to fill."""
        return not any(getattr(self, name) for name in _HEADINGS)

    def __bool__(self) -> bool:
        """Whether nothing is wrong."""
        return self.ok

    def __str__(self) -> str:
        """Return what is wrong, kind by kind, and the first records of each."""
        if not self.record_count:
            return f"{self.adapter}: no records; has load() been called?"
        lines = [f"{self.adapter}: {self.record_count} records, {'all is well' if self.ok else 'and this is wrong:'}"]
        for name, heading in _HEADINGS.items():
            found = getattr(self, name)
            if found:
                lines.append(f"{name} ({len(found)}): {heading}")
                lines += [f"  {one}" for one in found[:SHOWN]]
                if len(found) > SHOWN:
                    lines.append(f"  and {len(found) - SHOWN} more")
        return "\n".join(lines)


def check_consistency(adapter: Adapter) -> AdapterCheck:
    """Return what is wrong with the records of an adapter; see `Adapter.check`."""
    family = _Family(AdapterCheck(str(adapter)))
    for modelname in adapter._get_initial_value_order():
        family.children_of[modelname] = set(getattr(adapter, modelname).get_children_mapping())
    # A store may know of types of which it has no records.
    for modelname in sorted(adapter.get_all_model_names()):
        for record in _records(adapter, modelname):
            family.take(RecordKey(modelname, record.get_unique_id()), record)
    return family.judge(adapter)


def _records(adapter: Adapter, modelname: str) -> Iterable[DiffSyncModel]:
    """Return the records of a type; of a store that is larger than memory, some at a time."""
    store = adapter._access().batches_to_walk
    return adapter.get_all(modelname) if store is None else store.iterate(model=modelname)


class _Family:
    """Who lists whom.

    Attributes:
        children_of: `{type: types}`: which types the records of which type may list.
    """

    def __init__(self, result: AdapterCheck) -> None:
        """Begin with no records."""
        self.children_of: dict[str, set[str]] = {}
        self._result = result
        self._known: dict[RecordKey, None] = {}
        self._parents: dict[RecordKey, list[RecordKey]] = {}

    def take(self, key: RecordKey, record: DiffSyncModel) -> None:
        """Take note of a record and of whom it lists."""
        self._known[key] = None
        for child_type, field_name in record.get_children_mapping().items():
            self.children_of.setdefault(key.type, set()).add(child_type)
            try:
                uids = _distinct(getattr(record, field_name))
            except TypeError:
                self._result.wrong_lists.append(WrongList(key, field_name))
                continue
            for uid, times in uids.items():
                child = RecordKey(child_type, uid)
                self._parents.setdefault(child, []).append(key)
                if times > 1:
                    self._result.listed_twice.append(ListedChild(key, child))

    def judge(self, adapter: Adapter) -> AdapterCheck:
        """Return what is wrong, now that all records are known."""
        result, known, top_level = self._result, self._known, adapter.top_level
        types = list(dict.fromkeys(key.type for key in known))
        result.record_count = len(known)
        reached = self._reached(top_level)
        result.unreachable_types = [name for name in types if name not in reached]
        result.missing_classes = [name for name in types if not hasattr(adapter, name)]
        result.orphans = [key for key in known if key not in self._parents and key.type not in top_level]
        for child, parents in self._parents.items():
            if child not in known:
                result.dangling += [ListedChild(parent, child) for parent in parents]
            elif len(parents) > 1:
                result.shared.append(SharedChild(child, parents))
        result.cycles = list(self._cycles())
        return result

    def _reached(self, top_level: list[str]) -> set[str]:
        """Return the types that are in `top_level` or below one that is."""
        reached = set(top_level)
        waiting = list(top_level)
        while waiting:
            below = self.children_of.get(waiting.pop(), set()) - reached
            reached |= below
            waiting += below
        return reached

    def _cycles(self) -> Iterator[Cycle]:
        """Yield records that are among their own descendants: from each record up, to where the way is known."""
        done: set[RecordKey] = set()
        for start in self._known:
            path: dict[RecordKey, int] = {}
            waiting = [] if start in done else [self._step(start, path)]
            while waiting:
                key, parents = waiting[-1]
                above = next(parents, None)
                if above is None:
                    waiting.pop()
                    del path[key]
                    done.add(key)
                elif above in path:
                    yield Cycle([step[0] for step in waiting[path[above] :]][::-1])
                elif above not in done:
                    waiting.append(self._step(above, path))

    def _step(self, key: RecordKey, path: dict[RecordKey, int]) -> tuple[RecordKey, Iterator[RecordKey]]:
        path[key] = len(path)
        return key, iter(self._parents.get(key, ()))


def _distinct(uids: Any) -> dict[Any, int]:
    """Return how often each unique id stands in a list of children.

    Raises:
        TypeError: If it is no list of unique ids.
    """
    if not isinstance(uids, Collection) or isinstance(uids, (str, bytes)):
        raise TypeError
    distinct = dict.fromkeys(uids, 1)
    if len(distinct) != len(uids):
        distinct = dict.fromkeys(uids, 0)
        for uid in uids:
            distinct[uid] += 1
    return distinct
