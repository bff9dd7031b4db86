"""What of an adapter and its store one run may bypass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .local import adds_directly, changes_directly

if TYPE_CHECKING:
    from ..adapter import Adapter
    from ..model import DiffSyncModel

    Data = dict[str, dict[str, DiffSyncModel]]

_WALKING = ("get_all", "get_by_uids")
_SEARCHING = ("get", "get_or_none")
_ADDING = ("add", "get")
_CHANGING = ("add", "remove")


class Access:
    """Which methods of an adapter need not be called, decided once for a run.

    A method that is overridden in a subclass, replaced on the instance, or replaced on `Adapter` itself, is called.

    Attributes:
        data_to_walk: The local store's `{modelname: {unique id: record}}`, to be read in place of `get_all` and
            `get_by_uids`; None if they are to be called.
        data_to_search: The same, in place of `get` and `get_or_none`.
        batches_to_walk: The store, if it fetches in batches and may be asked in place of `get_all` and `get_by_uids`.
        batches_to_search: The same, in place of `get` and `get_or_none`.
        adds_directly: Whether records may be put into the local store's dict in place of `add`.
        adds_tables: Whether the store may be given whole tables in place of records by `add`.
        changes_directly: Whether records may be put into the local store's dict and taken out of it.
    """

    __slots__ = (
        "adds_directly",
        "adds_tables",
        "batches_to_search",
        "batches_to_walk",
        "changes_directly",
        "data_to_search",
        "data_to_walk",
    )

    def __init__(self, adapter: Adapter, library: dict[str, Any]) -> None:
        """Look at an adapter.

        Args:
            adapter: The adapter.
            library: The methods of `Adapter` as the library has defined them, by name.
        """
        cls, own = type(adapter), vars(adapter)
        store = adapter.store

        def is_own(names: tuple[str, ...]) -> bool:
            return all(name not in own and getattr(cls, name) is library[name] for name in names)

        data = store.local_data()
        batches = store if store.fetches_in_batches else None
        self.data_to_walk: Data | None = data if is_own(_WALKING) else None
        self.data_to_search: Data | None = data if is_own(_SEARCHING) else None
        self.batches_to_walk = batches if is_own(_WALKING) else None
        self.batches_to_search = batches if is_own(_SEARCHING) else None
        self.adds_directly = data is not None and is_own(_ADDING) and adds_directly(store)
        self.adds_tables = batches is not None and is_own(_ADDING) and store.takes_whole_tables
        self.changes_directly = data is not None and is_own(_CHANGING) and changes_directly(store)
