"""Bulk loading: rows of many types into an adapter, linked to their parents, all of them or none.

Where nothing of the adapter's or the store's is overridden, the kernel makes records, stores them and links them to
their parents, some rows at a time; records whose parents may come later are linked when all are there. Otherwise the
ordinary methods are called.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from . import _kernel as kernel
from .collection import paused_collection
from .dump import plain
from .exceptions import ObjectAlreadyExists, ObjectNotFound, ValidationError
from .model import DiffSyncModel
from .rules import raise_at_row, raise_parent_missing
from .schema import schema_of
from .store.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .adapter import Adapter
    from .store import BaseStore
    from .store.encoded import EncodedStore


class ParentKey(NamedTuple):
    """One way in which the rows of a type name their parent.

    Attributes:
        modelname: The parent's type.
        parent_class: Its class.
        names: Keys of a row, or fields of a record, that hold the parent's identifiers.
        slots: The fields among them.
        joins_strings: Whether identifiers that are strings make a unique id without being looked at.
    """

    modelname: str
    parent_class: type[DiffSyncModel]
    names: tuple[str, ...]
    slots: frozenset[str]
    joins_strings: bool

    def values(self, record: DiffSyncModel, row: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return the values of the parent's identifiers, None if one of them is missing or None."""
        values = []
        for name in self.names:
            value = getattr(record, name) if name in self.slots else row.get(name)
            if value is None:
                return None
            values.append(value)
        return tuple(values)

    def unique_id(self, values: tuple[Any, ...]) -> str:
        """Return the parent's unique id, as the parent's class makes it of these identifiers.

        Raises:
            ValidationError: If a value cannot be made one of the identifier's type.
        """
        if self.joins_strings and all(type(value) is str for value in values):
            return "__".join(values)
        schema = schema_of(self.parent_class)
        identifiers = {}
        for key, name, value in zip(self.names, schema.identifiers, values, strict=True):
            field_type = schema.field_types.get(name)
            if field_type is None or field_type.convert is None or type(value) in field_type.exact:
                identifiers[name] = plain(value)
                continue
            try:
                identifiers[name] = plain(field_type.convert(value))
            except (ValueError, TypeError) as error:
                message = f"{key!r}, the {name} of its parent, a {self.modelname}: {error}"
                raise ValidationError(message) from error
        return self.parent_class.create_unique_id(**identifiers)


class Table:
    """The rows of one type and what becomes of them.

    Attributes:
        modelname: The type.
        cls: The model class.
        rows: The rows.
        parent_keys: Where the parent is to be looked for, in this order.
        extra: Names among those that are no fields.
        links_later: Whether a parent may come after its children, so that these are linked when all are there.
        records, kept_rows: What is kept until then, record by record.
    """

    def __init__(self, adapter: Adapter, modelname: str, rows: Iterable[Mapping[str, Any]], later: set[str]) -> None:
        """Look up what the rows are to become.

        Args:
            adapter: The adapter that they are loaded into.
            modelname: Their type.
            rows: The rows.
            later: Types of which rows are yet to come, this one among them.

        Raises:
            ValueError: If the adapter has no model class of that name.
            AttributeError: If the class's `_parent_keys` do not fit the parent's `_identifiers`.
        """
        cls = _model_class(adapter, modelname)
        if cls is None:
            message = (
                f"{type(adapter).__name__} has no model class for the rows of {modelname!r}; give it an attribute of "
                "that name, or leave the rows out"
            )
            raise ValueError(message)
        self.modelname = modelname
        self.cls = cls
        self.rows = rows
        self.parent_keys = _parent_keys(adapter, cls)
        names = {name for key in self.parent_keys for name in key.names}
        self.extra = frozenset(names.difference(cls.__struct_fields__))
        self.links_later = any(key.modelname in later for key in self.parent_keys)
        self.records: list[Any] = []
        self.kept_rows: list[dict[str, Any]] = []

    def keep(self, records: list[Any], rows: list[dict[str, Any]]) -> None:
        """Keep records and their rows."""
        self.records += records
        self.kept_rows += rows

    def find_parent_key(self, record: DiffSyncModel, row: dict[str, Any]) -> tuple[ParentKey, tuple[Any, ...]] | None:
        """Return the first parent key of which a row has all values, and the values; None if there is none."""
        for key in self.parent_keys:
            values = key.values(record, row)
            if values is not None:
                return key, values
        return None


class Journal:
    """What a bulk load has changed, so that it can be undone.

    Attributes:
        begun: Lists of children that were empty before.
    """

    def __init__(self, store: BaseStore) -> None:
        """Take note of what there is in the adapter's store."""
        self.begun: list[list[str]] = []
        self._store = store
        self._data = store.local_data()
        self._sizes = {modelname: len(records) for modelname, records in (self._data or {}).items()}
        self._added: list[tuple[str, str, DiffSyncModel]] = []
        self._parents: dict[int, tuple[Any, dict[str, list[str]]]] = {}

    def will_add(self, record: DiffSyncModel) -> None:
        """Take note that a record is about to be added; of a store's records in memory, that is seen afterwards."""
        if self._data is None:
            modelname, uid = record.get_type(), record.get_unique_id()
            if self._store.keeps_copies or self._find(modelname, uid) is None:
                self._added.append((modelname, uid, record))

    def will_link(self, parent: Any) -> None:
        """Keep a parent's lists of children as they are before the first of its children is added."""
        if id(parent) not in self._parents:
            fields = parent.get_children_mapping().values()
            self._parents[id(parent)] = parent, {name: list(getattr(parent, name)) for name in fields}

    def tell_store(self) -> None:
        """Let a store that hands out copies have the changed parents; other stores know of them."""
        if self._data is None and not self._store.keeps_copies:
            for parent, _ in self._parents.values():
                self._store.update(obj=parent)

    def unlink(self) -> None:
        """Take children out of their parents' lists."""
        for parent, children in self._parents.values():
            for name, uids in children.items():
                getattr(parent, name)[:] = uids
            if parent._side_data is not None:
                parent._side_data.clear()  # the indexes of these lists
        for uids in self.begun:
            uids.clear()

    def undo(self) -> None:
        """Take children out of their parents' lists, and records out of the store."""
        self.unlink()
        self.tell_store()
        if self._data is None:
            self._remove_from_store()
        else:
            self._remove_from_memory(self._data)

    def _remove_from_memory(self, data: dict[str, dict[str, DiffSyncModel]]) -> None:
        for modelname, records in list(data.items()):
            for uid in list(records)[self._sizes.get(modelname, 0) :]:
                del records[uid]
            if modelname not in self._sizes:
                del data[modelname]

    def _remove_from_store(self) -> None:
        for modelname, uid, record in reversed(self._added):
            found = self._find(modelname, uid)
            # Where an equal record was there before, the store has kept that one.
            if found is not None and (found is record or not self._store.keeps_copies):
                self._store.remove_item(modelname, uid)
        for parent, _ in self._parents.values():
            self._store.record_changed(obj=parent)

    def _find(self, modelname: str, uid: str) -> DiffSyncModel | None:
        try:
            return self._store.get(model=modelname, identifier=uid)
        except ObjectNotFound:
            return None


def load_records(adapter: Adapter, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> int:
    """Add a record for each row and link it to its parent; see `Adapter.load_records`."""
    later = list(rows)
    tables = [Table(adapter, modelname, own, set(later[place:])) for place, (modelname, own) in enumerate(rows.items())]
    store = adapter.store
    journal = Journal(store)
    is_own_add = type(store).add is LocalStore.add and "add" not in store.__dict__
    has_plain_data = is_own_add and adapter.local_data("add", "get") is not None
    # Where the collector sees no record it has little to do, and comes upon the store's dict while that is short; after
    # a pause it would read all of it.
    is_hidden = has_plain_data and all(kernel.hides_records(table.cls) for table in tables)
    collection = nullcontext() if is_hidden else paused_collection()
    with collection, store.batch() if store.keeps_copies else nullcontext():
        try:
            if has_plain_data:
                return _load_in_kernel(store, tables, journal)
            if store.takes_whole_tables and adapter.batch_store("add", "get"):
                return _load_encoded(cast("EncodedStore", store), tables, journal)
            return _load(adapter, tables, journal)
        except BaseException:
            journal.undo()
            raise


def _load_in_kernel(store: BaseStore, tables: list[Table], journal: Journal) -> int:
    """Load into a local store where no method of the user's would have to be called for it."""
    count = sum([kernel.load_table(store, table, journal) for table in tables])
    for table in tables:
        if table.links_later:
            kernel.link_table(store, table, journal)
    return count


def _load_encoded(store: EncodedStore, tables: list[Table], journal: Journal) -> int:
    """Load into a store that keeps bytes: records are made and linked in memory, then encoded and forgotten."""
    stage = LocalStore()
    for table in tables:
        table.links_later = True
    count = sum([kernel.load_table(stage, table, journal) for table in tables])
    new = {modelname: dict(records) for modelname, records in (stage.local_data() or {}).items()}
    for modelname, records in new.items():
        present = store.find_present(modelname, records)
        for uid, existing in present.items():
            _check_equal(tables, records.pop(uid), existing)
            stage.update(obj=existing)
    try:
        _link_tables(stage, tables, journal)
    except ObjectNotFound:
        journal.unlink()
        _stage_parents(store, stage, tables)
        _link_tables(stage, tables, journal)
    store.add_tables(new)
    return count


def _link_tables(stage: LocalStore, tables: list[Table], journal: Journal) -> None:
    for table in tables:
        kernel.link_table(stage, table, journal)


def _check_equal(tables: list[Table], record: Any, existing: DiffSyncModel) -> None:
    """Check that a record made of a row has the values of the one that is in the store already.

    Raises:
        ObjectAlreadyExists: If it has others, with the number of the row.
    """
    if existing.dict() == record.dict():
        return
    error = ObjectAlreadyExists(f"Object {record.get_unique_id()} already present", record)
    for table in tables:
        for number, other in enumerate(table.records):
            if other is record:
                raise_at_row(error, table.modelname, number)


def _stage_parents(store: EncodedStore, stage: LocalStore, tables: list[Table]) -> None:
    """Put parents that rows name, and that are not among the rows, beside the records, as far as they are there."""
    missing: dict[str, dict[str, None]] = {}
    data = stage.local_data() or {}
    for table in tables:
        for record, row in zip(table.records, table.kept_rows, strict=True):
            found = table.find_parent_key(record, row)
            if found is None:
                continue
            key, values = found
            # A value that makes no unique id is an error when the record is linked.
            with suppress(ValidationError):
                uid = key.unique_id(values)
                if uid not in data.get(key.modelname, {}):
                    missing.setdefault(key.modelname, {})[uid] = None
    for modelname, uids in missing.items():
        for parent in store.find_by_uids(uids=list(uids), model=modelname).values():
            stage.update(obj=parent)


def _load(adapter: Adapter, tables: list[Table], journal: Journal) -> int:
    """Load by calling the adapter's and the models' methods."""
    for table in tables:
        kernel.construct_table(table)
    for table in tables:
        _add(adapter, table, journal)
    parents: dict[tuple[str, str], DiffSyncModel] = {}
    for table in tables:
        _link(adapter, table, journal, parents)
    journal.tell_store()
    return sum([len(table.records) for table in tables])


def _add(adapter: Adapter, table: Table, journal: Journal) -> None:
    for number, record in enumerate(table.records):
        try:
            journal.will_add(record)
            adapter.add(record)
        except Exception as error:  # noqa: BLE001 - raised again
            raise_at_row(error, table.modelname, number)


def _link(adapter: Adapter, table: Table, journal: Journal, parents: dict[tuple[str, str], DiffSyncModel]) -> None:
    for number, (record, row) in enumerate(zip(table.records, table.kept_rows, strict=True)):
        try:
            found = table.find_parent_key(record, row)
            if found is None:
                continue
            key, values = found
            identity = key.modelname, key.unique_id(values)
            if identity not in parents:
                try:
                    parents[identity] = adapter.get(*identity)
                except ObjectNotFound:
                    raise_parent_missing(*identity)
                journal.will_link(parents[identity])
            parents[identity].add_child(record)
        except Exception as error:  # noqa: BLE001 - raised again
            raise_at_row(error, table.modelname, number)


def _model_class(adapter: Adapter, modelname: str) -> type[DiffSyncModel] | None:
    cls = getattr(adapter, modelname, None)
    return cls if isinstance(cls, type) and issubclass(cls, DiffSyncModel) else None


def _parent_keys(adapter: Adapter, cls: type[DiffSyncModel]) -> list[ParentKey]:
    """Return the parent keys of a class, but for parents of types that the adapter does not have.

    Raises:
        AttributeError: If there are not as many names as the parent has identifiers.
    """
    keys = []
    for modelname, names in cls._parent_keys.items():
        parent_class = _model_class(adapter, modelname)
        if parent_class is None:
            continue
        schema = schema_of(parent_class)
        if len(names) != len(schema.identifiers):
            message = (
                f"{cls.__name__}._parent_keys names {tuple(names)} for {modelname}, which has the identifiers "
                f"{schema.identifiers}; name one key for each"
            )
            raise AttributeError(message)
        types = [schema.field_types.get(name) for name in schema.identifiers]
        takes_strings = all(kind is None or kind.convert is None or str in kind.exact for kind in types)
        slots = frozenset(names).intersection(cls.__struct_fields__)
        joins_strings = schema.plain_unique_id and takes_strings
        keys.append(ParentKey(modelname, parent_class, tuple(names), slots, joins_strings))
    return keys
