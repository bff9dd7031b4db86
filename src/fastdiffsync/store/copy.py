"""Copying stores: all records of one into another, a bounded number in memory at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..dumping.copies import copy_containers
from ..exceptions import ObjectStoreException
from ..runtime.arguments import described
from ..schema import schema_of
from . import BaseStore
from .encoded import EncodedStore
from .encoding import Encodings

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import DiffSyncModel


def copy_store(source: BaseStore, dest: BaseStore) -> int:
    """Copy all records of one store into another, of whatever kinds the two are.

    Types are copied in the order of their first use, one after the other, records in the order in which the source
    lists them. Between two stores that keep bytes, records are copied as they are, without being read: the classes need
    not be there, and records of other versions of a class come along. Otherwise a source that keeps bytes needs an
    adapter with the model classes, and a destination that keeps objects gets objects of its own, of its adapter's
    classes.

    Args:
        source: Where the records are.
        dest: Where they go; of each type that the source has it must have no records yet.

    Returns:
        The number of records copied.

    Raises:
        TypeError: If one of the two is no store.
        ObjectStoreException: If the destination already has records of a type, or a record cannot be read or written;
            then what was copied before it stays in the destination.
    """
    for name, store in (("source", source), ("dest", dest)):
        is_store = isinstance(store, BaseStore)
        if not is_store:
            way_out = f"; give its store: {name}.store" if hasattr(store, "store") else ""
            message = f"copy_store copies stores; {name} is {described(store)}{way_out}"
            raise TypeError(message)
    modelnames = [name for name in source.ordered_model_names() if source.count(model=name)]
    for modelname in modelnames:
        if dest.count(model=modelname):
            message = (
                f"cannot copy {source} to {dest}, which already has {modelname} records; copy to an empty store, "
                f"or compare the two and synchronise them"
            )
            raise ObjectStoreException(message)
    return sum(_copy_type(source, dest, modelname) for modelname in modelnames)


def _copy_type(source: BaseStore, dest: BaseStore, modelname: str) -> int:
    if isinstance(dest, EncodedStore):
        if isinstance(source, EncodedStore):
            return dest.put_encoded(modelname, source.scan_encoded(model=modelname, by_uid=False))
        return dest.put_encoded(modelname, map(_encoder(), source.iterate(model=modelname)))
    copied = 0
    for record in source.iterate(model=modelname):
        dest.add(obj=_made_for(dest, record))
        copied += 1
    return copied


def _encoder() -> Callable[[DiffSyncModel], tuple[str, bytes]]:
    encodings = Encodings()
    return lambda record: (record.get_unique_id(), encodings.of(type(record)).encode(record))


def _made_for(dest: BaseStore, record: DiffSyncModel) -> DiffSyncModel:
    """Return a record with the same values and status, of the class of the destination's adapter, sharing nothing."""
    cls: Any = getattr(dest.adapter, record.get_type(), type(record))
    names = [name for name in schema_of(type(record)).fields if name != "adapter"]
    twin: DiffSyncModel = cls(**{name: copy_containers(getattr(record, name)) for name in names}, adapter=dest.adapter)
    twin.set_status(*record.get_status())
    return twin
