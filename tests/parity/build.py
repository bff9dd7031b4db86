"""Makes the classes and adapters of a scenario, for either library."""

from __future__ import annotations

import functools
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address
from typing import TYPE_CHECKING, Any, Optional
from uuid import UUID

from . import hooks
from .journal import Journal, fresh, render_error
from .values import Colour, Level, Loose

if TYPE_CHECKING:
    from .scenario import Failure, Model, Record, Scenario, Side

ANNOTATIONS: dict[str, Any] = {
    "any": Any,
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "optional": Optional[str],  # noqa: UP045 - what users of diffsync write
    "list": list[int],
    "dict": dict[str, Any],
    "bytes": bytes,
    "date": date,
    "datetime": datetime,
    "time": time,
    "timedelta": timedelta,
    "decimal": Decimal,
    "uuid": UUID,
    "ipv4": IPv4Address,
    "ipv6": IPv6Address,
    "network": IPv4Network,
    "interface": IPv4Interface,
    "enum": Colour,
    "str_enum": Level,
    "loose_enum": Loose,
    "texts": list[str],
    "tuple": tuple[str, ...],
    "set": set[str],
    "frozenset": frozenset[int],
    "dates_by_name": dict[str, list[date]],
}
DEFAULTS: dict[str, Any] = {
    "any": None,
    "str": "",
    "int": 0,
    "float": 0.0,
    "bool": False,
    "optional": None,
    "list": [],
    "dict": {},
    "bytes": b"",
    "date": date(2024, 1, 1),
    "datetime": datetime(2024, 1, 1, tzinfo=timezone.utc),
    "time": time(),
    "timedelta": timedelta(),
    "decimal": Decimal(),
    "uuid": UUID(int=0),
    "ipv4": IPv4Address(0),
    "ipv6": IPv6Address(0),
    "network": IPv4Network("0.0.0.0/0"),
    "interface": IPv4Interface("0.0.0.0/0"),
    "enum": Colour.RED,
    "str_enum": Level.LOW,
    "loose_enum": Loose.ONE,
    "texts": [],
    "tuple": (),
    "set": set(),
    "frozenset": frozenset(),
    "dates_by_name": {},
}


class Workshop:
    """Makes what scenarios ask for out of one library; classes are made once.

    Attributes:
        library: The package.
        journal: Where the made classes note what they are called with.
    """

    def __init__(self, library: Any) -> None:
        """Work with `library`, either package as a module object."""
        self.library = library
        self.journal = Journal()
        self._failures: dict[Any, tuple[Failure, ...]] = {}
        self._recorded = hooks.recorded(library, self.journal, self._failures)
        self.model_class = functools.lru_cache(maxsize=256)(self._model_class)

    def _model_class(self, model: Model) -> Any:
        library = self.library
        base = self._recorded if model.is_recorded else library.DiffSyncModel
        annotations = {one.name: ANNOTATIONS[one.kind] for one in model.fields}
        namespace = {one.name: DEFAULTS[one.kind] for one in model.fields if one.has_default}
        for _, name in model.children:
            annotations[name] = list[str]
            namespace[name] = []
        if model.flags:
            annotations["model_flags"] = library.DiffSyncModelFlags
            namespace["model_flags"] = library.DiffSyncModelFlags(model.flags)
        overrides = hooks.model_hooks(base)
        for hook in model.hooks:
            namespace.update(overrides[hook])
        namespace |= {
            "__module__": __name__,
            "__qualname__": model.modelname.title(),
            "__annotations__": annotations,
            "_modelname": model.modelname,
            "_identifiers": model.identifiers,
            "_shortname": model.shortname,
            "_attributes": model.attributes,
            "_children": dict(model.children),
        }
        made = type(base)(model.modelname.title(), (base,), namespace)
        self._failures[made] = model.failures
        return made

    def adapter(self, side: Side, role: str) -> Any:
        """Return the loaded adapter of one side; what could not be loaded is noted.

        Args:
            side: What the adapter is to have.
            role: "Source" or "Dest", which names the class.
        """
        library, journal = self.library, self.journal
        base = library.Adapter

        def sync_complete(self: Any, source: Any, diff: Any, flags: Any, logger: Any) -> None:  # noqa: ARG001
            journal.note("sync_complete", self, source, type(diff).__name__, flags)

        namespace: dict[str, Any] = {"top_level": list(side.top_level), "sync_complete": sync_complete}
        namespace |= {model.modelname: self.model_class(model) for model in side.models}
        overrides = hooks.adapter_hooks(base)
        for hook in side.hooks:
            namespace.update(overrides.get(hook, {}))
        adapter_class = type(f"{role}Adapter", (base,), namespace)
        adapter = adapter_class(name=side.name, internal_storage_engine=hooks.store_class(library, side.store))
        for hook in side.hooks:
            hooks.override_on_instance(adapter, hook)
        self._load(adapter, side.records)
        return adapter

    def _load(self, adapter: Any, records: tuple[Record, ...]) -> None:
        waiting: list[tuple[Record, Any]] = [(record, None) for record in records]
        while waiting:
            record, parent = waiting.pop(0)
            try:
                model = self.record(adapter, record)
                adapter.add(model)
                if parent is not None:
                    parent.add_child(model)
            except Exception as error:  # noqa: BLE001 - whatever it is, the other library must raise it too
                self.journal.note("load", record.modelname, record.values, *render_error(error))
                continue
            for child_type, uid in record.odd_children:
                getattr(model, model._children[child_type], []).append(uid) if child_type in model._children else None
            waiting.extend((child, model) for child in record.children)

    def record(self, adapter: Any, record: Record) -> Any:
        """Return a new record, in no adapter yet."""
        values = {name: fresh(value) for name, value in record.values.items()}
        if record.flags is not None:
            values["model_flags"] = self.library.DiffSyncModelFlags(record.flags)
        return getattr(adapter, record.modelname)(**values)

    def sides(self, scenario: Scenario) -> tuple[Any, Any, Any]:
        """Return both adapters of a scenario and the class of its diffs; the journal starts anew."""
        self.journal.events.clear()
        own_diff = hooks.diff_class(self.library, scenario.diff_hooks, self.journal)
        return self.adapter(scenario.source, "Source"), self.adapter(scenario.dest, "Dest"), own_diff
