"""Loading what `Adapter.dict` returns: records in nested dicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .journal import Journal
from .shapes import check_nested, check_nested_rows

if TYPE_CHECKING:
    from ..adapter import Adapter


def load_from_dict(adapter: Adapter, data: Any) -> None:
    """Add the records of a dict of dicts of dicts, all of them or none; see `Adapter.load_from_dict`."""
    check_nested(data)
    present = [modelname for modelname in adapter._get_initial_value_order() if modelname in data]
    for modelname in present:
        check_nested_rows(modelname, data[modelname])
    journal = Journal(adapter.store)
    try:
        for modelname in present:
            model_class = getattr(adapter, modelname)
            for values in data[modelname].values():
                record = model_class(**values)
                journal.will_add(record)
                adapter.add(record)
    except BaseException:
        journal.undo()
        raise
