"""Where an adapter keeps its records: the interface that every store has."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import structlog

from .. import _kernel as kernel
from ..classes.assignment import former_values, restore
from ..exceptions import ObjectNotFound
from ..kernel.checks import check_record, modelname_of, unique_id_from
from ..kernel.construction_errors import checked_values
from ..runtime.arguments import described

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..adapter import Adapter
    from ..model import DiffSyncModel
    from .comparison import Comparison


class BaseStore:
    """The interface of a store; subclass it to keep records elsewhere.

    A subclass implements `get_all_model_names`, `get`, `get_all`, `get_by_uids`, `remove_item`, `add`, `update` and
    `count`; the rest builds on those.
    """

    keeps_copies = False
    """Whether the store keeps copies of records, so that it must be told of changes by `record_changed`.

    Of a store that does not say so, the library calls neither `flush` nor `batch`: the names may stand for anything.
    """

    fetches_in_batches = False
    """Whether asking for many records at once is so much cheaper than for few that a diff should read ahead."""

    def __init__(self, *args: Any, adapter: Adapter | None = None, name: str = "", **kwargs: Any) -> None:  # noqa: ARG002
        """Make a store.

        Args:
            *args: Ignored, for subclasses.
            adapter: The adapter that the store belongs to; the adapter sets it if it is given a store.
            name: Name of the store; the name of the class if empty.
            **kwargs: Ignored, for subclasses.
        """
        self.adapter = adapter
        self.name = name or type(self).__name__
        self._log_settings = structlog.get_config()

    def __str__(self) -> str:
        """Return the store's name."""
        return self.name

    @cached_property
    def _log(self) -> Any:
        """The store's logger, as structlog was configured when the store was made; few ever need it."""
        settings = dict(self._log_settings)
        return structlog.wrap_logger(settings.pop("logger_factory")(), **settings).new(store=self)

    @property
    def takes_whole_tables(self) -> bool:
        """Whether `load_records` may load by tables: into an `EncodedStore` whose methods are its own."""
        return False

    def get_all_model_names(self) -> set[str]:
        """Return the type names of which there are records."""
        raise NotImplementedError

    def ordered_model_names(self) -> list[str]:
        """Return what `get_all_model_names` returns in the order of first use; what is not known of that, by name."""
        names = set(self.get_all_model_names())
        known = [name for name in self._names_by_first_use() if name in names]
        return known + sorted(names.difference(known))

    def _names_by_first_use(self) -> Collection[str]:
        """Return type names in the order in which they were first used, as far as the store knows it."""
        return ()

    def get(
        self, *, model: str | DiffSyncModel | type[DiffSyncModel], identifier: str | dict[str, Any]
    ) -> DiffSyncModel:
        """Return one record.

        Args:
            model: A type name, or a model class or record of the type.
            identifier: The record's unique id, or a dict of its identifiers.

        Raises:
            ValueError: If `identifier` is a dict and no class is known for `model`.
            ObjectNotFound: If there is no such record.
        """
        raise NotImplementedError

    def get_all(self, *, model: str | DiffSyncModel | type[DiffSyncModel]) -> list[DiffSyncModel]:
        """Return all records of a type.

        Args:
            model: A type name, or a model class or record of the type.
        """
        raise NotImplementedError

    def get_by_uids(self, *, uids: list[str], model: str | DiffSyncModel | type[DiffSyncModel]) -> list[DiffSyncModel]:
        """Return records of one type by their unique ids, in the order of the ids.

        Args:
            uids: The unique ids.
            model: A type name, or a model class or record of the type.

        Raises:
            ObjectNotFound: If there is no record for one of them.
        """
        raise NotImplementedError

    def remove_item(self, modelname: str, uid: str) -> None:
        """Remove one record by type name and unique id.

        Raises:
            ObjectNotFound: If there is no such record.
        """
        raise NotImplementedError

    def add(self, *, obj: DiffSyncModel) -> None:
        """Store a new record.

        Raises:
            ObjectAlreadyExists: If a different record of the type has the unique id.
        """
        raise NotImplementedError

    def update(self, *, obj: DiffSyncModel) -> None:
        """Store a record, replacing the one with its unique id, if any."""
        raise NotImplementedError

    def count(self, *, model: str | DiffSyncModel | type[DiffSyncModel] | None = None) -> int:
        """Return the number of records of a type, or of all types for None."""
        raise NotImplementedError

    def record_changed(self, *, obj: DiffSyncModel) -> None:
        """Take note that the library has changed a record of the store's adapter: attributes, status or children.

        A store with `keeps_copies` overrides this to write the record again; it may do so later, in a batch.
        """

    def mark_unchanged(self, *, uids: list[str], model: str | DiffSyncModel | type[DiffSyncModel]) -> None:
        """Take note that a sync has found records unchanged: whoever gets one sees the status UNKNOWN.

        It is called for a store with `keeps_copies`, which may ignore it, as nothing is done by default.

        Args:
            uids: The unique ids.
            model: A type name, or a model class or record of the type.
        """

    def read_ahead(self, *, uids: list[str], model: str | DiffSyncModel | type[DiffSyncModel]) -> None:
        """Take note that these records, of which some may not be there, will be asked for one by one until `flush`.

        It is called for a store with `fetches_in_batches`, which may read them together, and hold them until the next
        call for the type; nothing is done by default.

        Args:
            uids: The unique ids.
            model: A type name, or a model class or record of the type.
        """

    def flush(self) -> None:
        """Write all changes that have not been written yet: the end of a sync; nothing is to be done by default."""

    def batch(self, *, writes: bool = True) -> AbstractContextManager[None]:  # noqa: ARG002 - for subclasses
        """Return a `with` block whose changes are written together; by default it does nothing.

        Args:
            writes: Whether they are to be written when the block ends, and not some time later.
        """
        return nullcontext()

    def local_data(self) -> dict[str, dict[str, DiffSyncModel]] | None:
        """Return `{modelname: {unique id: record}}` if that is how the store keeps its records, otherwise None.

        The library reads and checks records there directly. A subclass of `LocalStore` that overrides a method which
        reads or writes records is asked through its methods.
        """
        return None

    def iterate(self, *, model: str | DiffSyncModel | type[DiffSyncModel]) -> Iterator[DiffSyncModel]:
        """Yield all records of a type; a store that is larger than memory overrides this to hold only some at once."""
        yield from self.get_all(model=model)

    def find_by_uids(
        self, *, uids: list[str], model: str | DiffSyncModel | type[DiffSyncModel]
    ) -> dict[str, DiffSyncModel]:
        """Return those of the records of one type that are there, by unique id.

        Args:
            uids: The unique ids.
            model: A type name, or a model class or record of the type.
        """
        try:
            return dict(zip(uids, self.get_by_uids(uids=uids, model=model), strict=True))
        except ObjectNotFound:
            found = {}
            for uid in uids:
                with suppress(ObjectNotFound):
                    found[uid] = self.get(model=model, identifier=uid)
            return found

    def comparison_with(self, other: BaseStore) -> Comparison | None:  # noqa: ARG002 - for subclasses
        """Return what tells of many records whether they are equal in both stores, without reading them.

        None if nothing does; a store that keeps bytes may override it.
        """
        return None

    def remove(self, *, obj: DiffSyncModel, remove_children: bool = False) -> None:
        """Remove a record, and with `remove_children` all below it; children that are not there are logged.

        Raises:
            TypeError: If it is no record.
            ObjectNotFound: If the record itself is not there.
        """
        check_record(obj, "remove")
        if not remove_children:
            self._remove_one(obj)
            return
        # Children that are to be removed; on top the record that is being removed right now.
        waiting: list[Any] = [obj]
        try:
            self._remove_one(obj)
            waiting[-1:] = self._stored_children(obj)
            self._remove_all(waiting)
        except (KeyboardInterrupt, MemoryError):
            # What has been begun is finished: what would be left has no parent any more.
            if not self._has(obj):
                self._remove_all(waiting)
            raise

    def _remove_all(self, waiting: list[Any]) -> None:
        """Remove records and all below them; called again after an interruption, it goes on where it was.

        Args:
            waiting: What `_stored_children` returns, the first to be removed last; it is emptied on the way. On top
                may be a record that is being removed.
        """
        while waiting:
            self._remove_next(waiting)

    def _remove_next(self, waiting: list[Any]) -> None:
        """Remove the record on top, and put its children there."""
        if isinstance(waiting[-1], tuple):
            child_type, child_id, parent_type, parent_id = waiting[-1]
            try:
                child = waiting[-1] = self.get(model=child_type, identifier=child_id)
                self._remove_one(child)
            except ObjectNotFound:
                waiting.pop()
                self._log.error(
                    "Unable to remove child element as it was not found!",
                    child_type=child_type,
                    child_id=child_id,
                    parent_type=parent_type,
                    parent_id=parent_id,
                )
                return
        elif self._has(waiting[-1]):
            self._remove_one(waiting[-1])
        waiting[-1:] = self._stored_children(waiting[-1])

    def _has(self, obj: DiffSyncModel) -> bool:
        """Whether this very record is stored."""
        try:
            return self.get(model=obj.get_type(), identifier=obj.get_unique_id()) is obj
        except ObjectNotFound:
            return False

    def _remove_one(self, obj: DiffSyncModel) -> None:
        self.remove_item(obj.get_type(), obj.get_unique_id())
        if obj.adapter is not None:
            obj.adapter = None

    @staticmethod
    def _stored_children(obj: DiffSyncModel) -> list[tuple[str, str, str, str]]:
        """Return (type, unique id, parent's type, parent's unique id) of a record's children, last one first."""
        modelname, uid = obj.get_type(), obj.get_unique_id()
        children = [
            (child_type, child_id, modelname, uid)
            for child_type, field in obj.get_children_mapping().items()
            for child_id in getattr(obj, field)
        ]
        return children[::-1]

    def get_or_instantiate(
        self, *, model: type[DiffSyncModel], ids: dict[str, Any], attrs: dict[str, Any] | None = None
    ) -> tuple[DiffSyncModel, bool]:
        """Return the record with these identifiers, made and added if it was not there.

        Args:
            model: The model class.
            ids: Identifier fields and their values.
            attrs: Attributes of a new record.

        Returns:
            The record, and whether it is new.

        Raises:
            TypeError: If the record is not there, and `model` is no model class, or `ids` or `attrs` no dict.
        """
        try:
            return self.get(model=model, identifier=ids), False
        except ObjectNotFound:
            obj = _instantiate(model, ids, attrs or {})
            self.add(obj=obj)
            return obj, True

    def get_or_add_model_instance(self, obj: DiffSyncModel) -> tuple[DiffSyncModel, bool]:
        """Return the stored record with the type and unique id of `obj`, or `obj` itself, added.

        Returns:
            The record, and whether it is new.

        Raises:
            TypeError: If it is no record.
        """
        check_record(obj, "get_or_add_model_instance")
        try:
            return self.get(model=obj.get_type(), identifier=obj.get_unique_id()), False
        except ObjectNotFound:
            self.add(obj=obj)
            return obj, True

    def update_or_instantiate(
        self, *, model: type[DiffSyncModel], ids: dict[str, Any], attrs: dict[str, Any]
    ) -> tuple[DiffSyncModel, bool]:
        """Return the record with these identifiers and attributes, changed or made as needed.

        Args:
            model: The model class.
            ids: Identifier fields and their values.
            attrs: Attribute fields and their values.

        Returns:
            The record, and whether it is new.

        Raises:
            TypeError: If `attrs` is no dict; or if the record is not there, and `model` is no model class.
            AttributeError: If one of the attributes is no field; then nothing is set, and no record added.
        """
        if not hasattr(attrs, "items"):
            message = (
                f"attrs must be a dict of attributes and their values, not {described(attrs)}; {{}} if there are none"
            )
            raise TypeError(message)
        obj, created = self.get_or_instantiate(model=model, ids=ids, attrs=attrs)
        try:
            changed = {name: value for name, value in attrs.items() if getattr(obj, name) != value}
        except AttributeError:
            if created:
                self.remove(obj=obj)
            raise
        self._assign(obj, changed)
        return obj, created

    def update_or_add_model_instance(self, obj: DiffSyncModel) -> tuple[DiffSyncModel, bool]:
        """Return the stored record with the type and unique id of `obj`, given its attributes, or `obj`, added.

        Returns:
            The record, and whether it is new.

        Raises:
            TypeError: If it is no record.
        """
        check_record(obj, "update_or_add_model_instance")
        attrs = obj.get_attrs()
        stored, added = self.get_or_add_model_instance(obj)
        self._assign(stored, attrs)
        return stored, added

    def _assign(self, obj: DiffSyncModel, attrs: dict[str, Any]) -> None:
        if not attrs:
            return
        if obj.__validate_assignment__:
            attrs = checked_values(obj, attrs)
        former = former_values(obj, attrs)
        try:
            for name, value in attrs.items():
                setattr(obj, name, value)
            self.record_changed(obj=obj)
        except BaseException:
            restore(obj, former)
            raise

    def _get_object_class_and_model(
        self, model: str | DiffSyncModel | type[DiffSyncModel]
    ) -> tuple[DiffSyncModel | type[DiffSyncModel] | None, str]:
        """Return the class (or record) that a `model` argument stands for, None if unknown, and its type name."""
        if isinstance(model, str):
            return getattr(self.adapter, model, None), model
        return model, modelname_of(model)

    @staticmethod
    def _get_uid(
        model: str | DiffSyncModel | type[DiffSyncModel],
        object_class: DiffSyncModel | type[DiffSyncModel] | None,
        identifier: str | dict[str, Any],
    ) -> str:
        """Return the unique id that an `identifier` argument stands for."""
        if isinstance(identifier, str):
            return identifier
        if hasattr(object_class, "create_unique_id"):
            return unique_id_from(object_class, identifier)
        message = (
            f"Invalid args: ({model}, {object_class}, {identifier}): "
            f"either {object_class} should be a class/instance or {identifier} should be a str"
        )
        raise ValueError(message)


kernel.note_lookups(BaseStore)


def make_store(engine: Any, adapter: Adapter) -> BaseStore:
    """Return a new store for an adapter.

    Args:
        engine: A class of stores, or another callable that returns one.
        adapter: The adapter.

    Raises:
        TypeError: If it makes no store.
    """
    store = engine(adapter=adapter) if callable(engine) else None
    if not isinstance(store, BaseStore):
        message = f"internal_storage_engine must be a store or a class of stores, not {described(engine)}"
        raise TypeError(message)
    return store


def _instantiate(model: Any, ids: Any, attrs: Any) -> DiffSyncModel:
    """Return a new record, or raise a TypeError that says what is in the place of its class, `ids` or `attrs`."""
    if not callable(model):
        message = f"model must be a model class, to make the record that is not there, not {described(model)}"
        raise TypeError(message)
    for name, values in (("ids", ids), ("attrs", attrs)):
        if not hasattr(values, "keys"):
            message = (
                f"{name} must be a dict, to make the {modelname_of(model)} that is not there, not {described(values)}"
            )
            raise TypeError(message)
    return model(**ids, **attrs)  # type: ignore[no-any-return]
