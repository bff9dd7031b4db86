"""Records that a diff has not read, as their stores could tell that they are equal: they are read when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..exceptions import ObjectNotFound
from ..kernel.identity import names_from, that_tell_names
from ..schema import schema_of

if TYPE_CHECKING:
    from .._kernel import FlatArray
    from ..adapter import Adapter

PAGE_SIZE = 500
"""Among how many elements records of one type are read, and kept: whoever looks at one mostly looks at the next."""


class UnreadRecords:
    """One side's records of a flat diff, those that are unique ids read from the store."""

    __slots__ = ("_adapter", "_array", "_other", "_pages")

    def __init__(self, array: FlatArray, adapter: Adapter, other: Adapter) -> None:
        """Prepare to read.

        Args:
            array: The flat array.
            adapter: The side.
            other: The other side, asked for what the side no longer has.
        """
        self._array = array
        self._adapter = adapter
        self._other = other
        self._pages: dict[str, dict[str, Any]] = {}

    def name(self, index: int, uid: str) -> str:
        """Return the name of an element whose record has not been read: its unique id tells it."""
        schema = schema_of(getattr(self._adapter, self._array.type(index)))
        return next(iter(names_from(that_tell_names([uid], schema), schema)), uid)

    def read(self, index: int, record: Any) -> Any:
        """Return the record of an element, given what the array has of it.

        Raises:
            ObjectNotFound: If the record has been removed from both stores since.
            ObjectStoreException: If the store cannot be read.
        """
        if type(record) is not str:
            return record
        self.read_ahead(index, record)
        modelname = self._array.type(index)
        page = self._pages[modelname]
        return page[record] if record in page else self._read_removed(modelname, record)

    def read_ahead(self, index: int, record: Any) -> None:
        """Read the record of an element and those of the next ones, if they are still there, and hold them.

        While they are held, whoever asks the store for them gets them without a request.
        """
        if type(record) is not str:
            return
        modelname = self._array.type(index)
        if record not in self._pages.get(modelname, ()):
            self._pages[modelname] = self._read_page(index, modelname)

    def _read_page(self, index: int, modelname: str) -> dict[str, Any]:
        """Return the records of the type among the next elements."""
        following = range(index, min(index + PAGE_SIZE, len(self._array)))
        uids = [self._array.source(place) for place in following if self._array.type(place) == modelname]
        unread = list(dict.fromkeys(uid for uid in uids if type(uid) is str))
        return self._adapter.store.find_by_uids(uids=unread, model=modelname)

    def _read_removed(self, modelname: str, uid: str) -> Any:
        found = self._other.store.find_by_uids(uids=[uid], model=modelname)
        if uid not in found:
            message = f"{modelname} {uid} has been removed from both stores since the diff found it unchanged"
            raise ObjectNotFound(message)
        return found[uid]
