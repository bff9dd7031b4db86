"""Adapter: one dataset, and the verbs that compare it with another and synchronise the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal
from typing import Dict as _Dict  # noqa: UP035 - `dict`, `str` and `type` are attributes of the class below
from typing import Type as _Type  # noqa: UP035

from . import _kernel as kernel
from .classes.adapters import check_declaration, model_order, type_tree
from .diff import Diff
from .differ import DiffSyncDiffer, check_diff
from .enum import DiffSyncFlags
from .exceptions import ObjectNotFound
from .loading.consistency import check_consistency
from .loading.load_records import load_records
from .loading.nested import load_from_dict
from .runtime.arguments import check_adapter
from .store import BaseStore, make_store
from .store.access import Access
from .store.local import LocalStore
from .syncer import DiffSyncSyncer
from .utils import tree_string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .loading.consistency import AdapterCheck
    from .model import DiffSyncModel

_str = str


class Adapter:
    """One system's dataset: records in a store, and a `load` that fills it.

    A subclass has an attribute for each model class, named as its `_modelname`, and names the types to begin with in
    `top_level`.

    Attributes:
        type: Kind of the adapter; the name of its class if not set.
        name: Name of this dataset; the type if not given.
        store: The store that keeps the records.
    """

    type: _str = None  # type: ignore[assignment]
    top_level: ClassVar[list[_str]] = []

    def __init__(
        self, name: _str | None = None, internal_storage_engine: _Type[BaseStore] | BaseStore = LocalStore
    ) -> None:
        """Make an empty dataset.

        Args:
            name: Name of the dataset, shown in diffs.
            internal_storage_engine: The store that is to keep the records, or a class to make one of.

        Raises:
            TypeError: If it is neither.
        """
        if isinstance(internal_storage_engine, BaseStore):
            self.store = internal_storage_engine
            self.store.adapter = self
        else:
            self.store = make_store(internal_storage_engine, self)
        self.type = self.type or type(self).__name__
        self.name = name or self.type

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Check that model classes stand under their own type names, and that `top_level` names model classes.

        Raises:
            AttributeError: If either does not hold.
        """
        super().__init_subclass__(**kwargs)
        check_declaration(cls)

    if kernel.COMPILED:
        __del__ = kernel.release_records

    def __str__(self) -> _str:
        """Return the type, and the name where it differs."""
        if self.type != self.name:
            return f'{self.type} "{self.name}"'
        return self.type

    def __repr__(self) -> _str:
        """Return the text form in angle brackets."""
        return f"<{self!s}>"

    def __len__(self) -> int:
        """Return the number of records."""
        return self.store.count()

    def load(self) -> None:
        """Fill the adapter from its system; a subclass does it here."""

    @classmethod
    def _get_initial_value_order(cls) -> list[_str]:
        """Return the attributes that hold model classes: `top_level` first, then the others by name."""
        return model_order(cls)

    def load_from_dict(self, data: _Dict[_str, Any]) -> None:
        """Add the records of a dict in the form that `dict` returns: all of them, or none.

        Args:
            data: `{modelname: {unique id: {field: value}}}`; types that the adapter does not have are ignored.

        Raises:
            TypeError: If it is of another form.
            ValidationError: If a value is not of its field's type, or a field is missing.
            ObjectAlreadyExists: If a record is already there.
        """
        load_from_dict(self, data)

    def load_records(
        self, rows: Mapping[_str, Iterable[Mapping[_str, Any]]], *, errors: Literal["first", "all"] = "first"
    ) -> int:
        """Add a record for each row, below the parent that its `_parent_keys` name: all of them, or none.

        This is what constructing, `add` and `add_child` would do, in less time. Parents may be among the rows, before
        or after their children, or in the store. Children are listed in the order of their rows.

        Args:
            rows: `{modelname: rows}`, each row the keywords that its record would be constructed with. Keys that are
                no fields are ignored as there, but for parent keys.
            errors: "first" raises what is wrong with the first row that is refused. "all" looks for more, some tens of
                them: it holds all rows in memory, and hooks of the models' may be called once more for a row.

        Returns:
            The number of rows.

        Raises:
            RecordsRejected: With `errors="all"`, in place of all but the last two, which are raised at once.
            ValidationError: If a value is not of its field's type, or a field is missing.
            TypeError: If a row is no mapping, or has an unknown key that its class forbids.
            ObjectAlreadyExists: If a unique id is taken, or a parent lists the child already.
            ObjectNotFound: If a parent is not there.
            ObjectStoreWrongType: If a parent does not have children of the type.
            ObjectStoreException: If the store cannot write; then the records are in it, for the next attempt.
            AttributeError: If the `_parent_keys` for a parent are not as many as its `_identifiers`.
            TypeError, ValueError: If `rows` is of another form, or the adapter has no model class of one of the names.
        """
        return load_records(self, rows, errors)

    def check(self) -> AdapterCheck:
        """Look for what a `load` got wrong and diffs pass over in silence, such as records that no parent lists.

        Every record is read once. The library itself never calls it.

        Returns:
            What has been found; it is true, and its `ok` too, if that is nothing.
        """
        return check_consistency(self)

    # ---- synchronising ----

    def sync_from(
        self,
        source: Adapter,
        diff_class: _Type[Diff] = Diff,
        flags: DiffSyncFlags = DiffSyncFlags.NONE,
        callback: Callable[[_str, int, int], None] | None = None,
        diff: Diff | None = None,
    ) -> Diff:
        """Change this dataset into what `source` has.

        Args:
            source: The adapter that says how things should be.
            diff_class: Class of the diff.
            flags: How to treat failures and records that only one side has.
            callback: Called at intervals with (stage, done, total), stage being "diff" or "sync".
            diff: A diff that has been calculated before; None calculates it now.

        Returns:
            The diff that was applied.

        Raises:
            TypeError: If `source` is no adapter, or another argument is not what it should be.
            DiffClassMismatch: If `diff` is not of `diff_class`.
            ObjectCrudException: If a create, update or delete failed, unless flags say to continue.
            Exception: What `diff_from` raises.
        """
        check_adapter(source, "sync_from: source")
        if diff is not None:
            check_diff(diff, diff_class)
        if diff is None or not len(diff):
            diff = self.diff_from(source, diff_class=diff_class, flags=flags, callback=callback)
        syncer = DiffSyncSyncer(diff=diff, src_diffsync=source, dst_diffsync=self, flags=flags, callback=callback)
        if syncer.perform_sync():
            self.sync_complete(source, diff, flags, syncer.base_logger)
        return diff

    def sync_to(
        self,
        target: Adapter,
        diff_class: _Type[Diff] = Diff,
        flags: DiffSyncFlags = DiffSyncFlags.NONE,
        callback: Callable[[_str, int, int], None] | None = None,
        diff: Diff | None = None,
    ) -> Diff:
        """Change `target` into what this dataset has; see `sync_from`."""
        check_adapter(target, "sync_to: target")
        return target.sync_from(self, diff_class=diff_class, flags=flags, callback=callback, diff=diff)

    def sync_complete(
        self,
        source: Adapter,
        diff: Diff,
        flags: DiffSyncFlags = DiffSyncFlags.NONE,
        logger: Any = None,
    ) -> None:
        """Do what is to be done once after a sync that changed something; a subclass may save a file here.

        Args:
            source: The adapter that was synced from.
            diff: The diff that was applied.
            flags: The flags of the sync.
            logger: The sync's structlog logger.
        """

    # ---- comparing ----

    def diff_from(
        self,
        source: Adapter,
        diff_class: _Type[Diff] = Diff,
        flags: DiffSyncFlags = DiffSyncFlags.NONE,
        callback: Callable[[_str, int, int], None] | None = None,
    ) -> Diff:
        """Return what would have to change here to have what `source` has.

        Args:
            source: The adapter that says how things should be.
            diff_class: Class of the diff.
            flags: How to treat records that only one side has.
            callback: Called at intervals with ("diff", done, total).

        Raises:
            TypeError: If `source` is no adapter, or another argument is not what it should be; if two records with one
                unique id are of different types.
            ValueError: If two records with one unique id differ in shortname or identifiers.
            ObjectAlreadyExists: If two siblings of one type have one shortname.
            ObjectNotFound: If a record lists a child that its store does not have.
            ChildrenCycle: If a record is its own descendant.
        """
        check_adapter(source, "diff_from: source")
        return DiffSyncDiffer(
            src_diffsync=source, dst_diffsync=self, flags=flags, diff_class=diff_class, callback=callback
        ).calculate_diffs()

    def diff_to(
        self,
        target: Adapter,
        diff_class: _Type[Diff] = Diff,
        flags: DiffSyncFlags = DiffSyncFlags.NONE,
        callback: Callable[[_str, int, int], None] | None = None,
    ) -> Diff:
        """Return what would have to change in `target` to have what is here; see `diff_from`."""
        check_adapter(target, "diff_to: target")
        return target.diff_from(self, diff_class=diff_class, flags=flags, callback=callback)

    # ---- the store ----

    def _access(self) -> Access:
        """Return which of the adapter's methods need not be called, as it stands now."""
        return Access(self, _LIBRARY)

    def get_all_model_names(self) -> set[_str]:
        """Return the type names of which there are records."""
        return self.store.get_all_model_names()

    def get(
        self, obj: _str | DiffSyncModel | _Type[DiffSyncModel], identifier: _str | _Dict[_str, Any]
    ) -> DiffSyncModel:
        """Return one record.

        Args:
            obj: A type name, or a model class or record of the type.
            identifier: The record's unique id, or a dict of its identifiers.

        Raises:
            ValueError: If `identifier` is a dict and no class is known for `obj`.
            ObjectNotFound: If there is no such record.
        """
        return self.store.get(model=obj, identifier=identifier)

    def get_or_none(
        self, obj: _str | DiffSyncModel | _Type[DiffSyncModel], identifier: _str | _Dict[_str, Any]
    ) -> DiffSyncModel | None:
        """Return one record, or None if there is no such record; see `get`."""
        if "get" not in vars(self) and type(self).get is _LIBRARY["get"]:
            return kernel.find_record(self.store, obj, identifier)  # type: ignore[no-any-return]
        try:
            return self.get(obj, identifier)
        except ObjectNotFound:
            return None

    def get_all(self, obj: _str | DiffSyncModel | _Type[DiffSyncModel]) -> list[DiffSyncModel]:
        """Return all records of a type.

        Args:
            obj: A type name, or a model class or record of the type.
        """
        return self.store.get_all(model=obj)

    def get_by_uids(self, uids: list[_str], obj: _str | DiffSyncModel | _Type[DiffSyncModel]) -> list[DiffSyncModel]:
        """Return records of one type by their unique ids, in the order of the ids.

        Args:
            uids: The unique ids.
            obj: A type name, or a model class or record of the type.

        Raises:
            ObjectNotFound: If there is no record for one of them.
        """
        return self.store.get_by_uids(uids=uids, model=obj)

    @classmethod
    def get_tree_traversal(cls, as_dict: bool = False) -> _str | _Dict[_str, Any]:
        """Return the tree of types, as a drawing or as nested dicts.

        Args:
            as_dict: Whether to return dicts.
        """
        tree = type_tree(cls)
        return tree if as_dict else tree_string(tree, cls.__name__)

    def add(self, obj: DiffSyncModel) -> None:
        """Store a new record.

        Raises:
            TypeError: If it is no record.
            ObjectAlreadyExists: If a different record of the type has the unique id.
        """
        self.store.add(obj=obj)

    def update(self, obj: DiffSyncModel) -> None:
        """Store a record, replacing the one with its unique id, if any.

        Raises:
            TypeError: If it is no record.
        """
        self.store.update(obj=obj)

    def remove(self, obj: DiffSyncModel, remove_children: bool = False) -> None:
        """Remove a record.

        Args:
            obj: The record.
            remove_children: Whether to remove all below it too.

        Raises:
            TypeError: If it is no record.
            ObjectNotFound: If the record is not there.
        """
        self.store.remove(obj=obj, remove_children=remove_children)

    def get_or_instantiate(
        self, model: _Type[DiffSyncModel], ids: _Dict[_str, Any], attrs: _Dict[_str, Any] | None = None
    ) -> tuple[DiffSyncModel, bool]:
        """Return the record with these identifiers, made and added if it was not there, and whether it is new.

        Args:
            model: The model class.
            ids: Identifier fields and their values.
            attrs: Attributes of a new record.
        """
        return self.store.get_or_instantiate(model=model, ids=ids, attrs=attrs)

    def get_or_add_model_instance(self, obj: DiffSyncModel) -> tuple[DiffSyncModel, bool]:
        """Return the stored record with the type and unique id of `obj`, or `obj`, added; and whether it is new."""
        return self.store.get_or_add_model_instance(obj=obj)

    def update_or_instantiate(
        self, model: _Type[DiffSyncModel], ids: _Dict[_str, Any], attrs: _Dict[_str, Any]
    ) -> tuple[DiffSyncModel, bool]:
        """Return the record with these identifiers and attributes, changed or made as needed, and whether it is new.

        Args:
            model: The model class.
            ids: Identifier fields and their values.
            attrs: Attribute fields and their values.
        """
        return self.store.update_or_instantiate(model=model, ids=ids, attrs=attrs)

    def update_or_add_model_instance(self, obj: DiffSyncModel) -> tuple[DiffSyncModel, bool]:
        """Return the stored record like `obj`, given its attributes, or `obj`, added; and whether it is new."""
        return self.store.update_or_add_model_instance(obj=obj)

    def count(self, model: _str | DiffSyncModel | _Type[DiffSyncModel] | None = None) -> int:
        """Return the number of records of a type, or of all types for None.

        Args:
            model: A type name, or a model class or record of the type.
        """
        return self.store.count(model=model)

    def dict(self, exclude_defaults: bool = True, **kwargs: Any) -> _Dict[_str, _Dict[_str, _Dict[_str, Any]]]:
        """Return all records as `{modelname: {unique id: {field: value}}}`.

        Types come in the order of `top_level`, then in that of first use, or by name in a store that does not know it.

        Args:
            exclude_defaults: Whether to leave out values that are their field's default.
            **kwargs: Passed to each record's `dict`.
        """
        data: _Dict[_str, _Dict[_str, _Dict[_str, Any]]] = {}
        options = {"exclude_defaults": exclude_defaults, **kwargs}
        names = self.store.ordered_model_names()
        first = [name for name in self.top_level if name in names]
        for modelname in first + [name for name in names if name not in first]:
            data[modelname] = {}
            kernel.dump_records(data, self.store.get_all(model=modelname), options)
        return data

    def str(self, indent: int = 0) -> _str:
        """Describe all records, from the top-level types down.

        Args:
            indent: Number of spaces before each line.

        Raises:
            ChildrenCycle: If a record is its own descendant.
        """
        margin = " " * indent
        parts = []
        for modelname in self.top_level:
            models = self.get_all(modelname)
            lines = [model.str(indent=indent + 2) for model in models]
            parts.append("\n".join([f"{margin}{modelname}", *lines]) if lines else f"{margin}{modelname}: []")
        return "\n".join(parts)


_LIBRARY: _Dict[_str, Any] = dict(vars(Adapter))
"""What the class has been defined with: a method that somebody replaces on it is to be called, too."""
