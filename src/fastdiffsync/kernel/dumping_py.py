"""Records as dicts and as JSON: `DiffSyncModel.dict` and `DiffSyncModel.json`.

The twin of `dumping.pyx`; whoever changes one changes both. Records whose fields are slots are read by msgspec;
all others, and options that few give, are left to `dumping/dump.py`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..dumping.copies import SCALARS, as_data
from ..dumping.dump import as_builtins, dump_fields, encode, factory_of, with_text
from ..dumping.dump import dump_json as dump_json_by_steps
from ..enum import DiffSyncModelFlags
from ..schema import UNVALIDATED_FIELDS, Schema, schema_of

__all__ = ["dump_json", "dump_record", "dump_records"]

_ONLY_ADAPTER = frozenset({"adapter"})
_SINGLE = SCALARS | {DiffSyncModelFlags}
_JSON_TYPES = SCALARS - {bytes}
_NO_FLAGS = DiffSyncModelFlags.NONE
_KNOWN = frozenset({"include", "exclude", "exclude_defaults", "exclude_none", "mode"})
_all_values = msgspec.structs.asdict


class DumpPlan:
    """Which fields of a class are dumped, all but its adapter, and what they are by default.

    Attributes:
        names: The fields, in their order.
        is_direct: Whether msgspec may read them.
        is_in_order: Whether msgspec reads them in their order.
        defaults: The default of each that has one, or an example of the list, dict or set that it is.
        factories: What makes the default of each other that has one.
    """

    __slots__ = ("defaults", "factories", "is_direct", "is_in_order", "names")

    def __init__(self, schema: Schema) -> None:
        """Look at a class."""
        self.names = tuple(name for name in schema.fields if name != "adapter")
        self.is_direct = schema.dumps_directly
        all_names = schema.cls.__struct_fields__
        self.is_in_order = self.names == tuple(name for name in all_names if name not in UNVALIDATED_FIELDS)
        given = {name: schema.defaults[name] for name in self.names if schema.defaults[name] is not msgspec.NODEFAULT}
        made = {name: factory_of(default) for name, default in given.items()}
        self.factories = {name: factory for name, factory in made.items() if factory not in {None, list, dict, set}}
        self.defaults = {
            name: given[name] if made[name] is None else made[name]() for name in given.keys() - self.factories.keys()
        }


def dump_plan_of(cls: type[Any]) -> DumpPlan:
    """Return the plan of a model class."""
    schema = schema_of(cls)
    plan: DumpPlan | None = schema.plan
    if plan is None:
        plan = schema.plan = DumpPlan(schema)
    return plan


def asks_for_adapter(options: dict[str, Any]) -> bool:
    """Whether the adapter is among the fields that are to be dumped."""
    exclude, include = options.get("exclude", _ONLY_ADAPTER), options.get("include")
    return (exclude is None or "adapter" not in exclude) and (include is None or "adapter" in include)


def without_defaults(plan: DumpPlan, values: dict[str, Any]) -> None:
    """Take values out of a dict that are their fields' defaults."""
    for name, default in plan.defaults.items():
        if name in values and values[name] == default:
            del values[name]
    for name, factory in plan.factories.items():
        if name in values and values[name] == factory():
            del values[name]


def choose(plan: DumpPlan, values: dict[str, Any], options: dict[str, Any], exclude_defaults: bool) -> dict[str, Any]:
    """Return those of a record's values that are to be dumped.

    Args:
        plan: That of the class.
        values: All but the adapter; it may be changed.
        options: Those that say which fields.
        exclude_defaults: Whether defaults are left out where the options do not say.
    """
    include, exclude = options.get("include"), options.get("exclude", _ONLY_ADAPTER)
    if include is not None or exclude is not _ONLY_ADAPTER:
        values = {
            name: value
            for name, value in values.items()
            if (include is None or name in include) and (exclude is None or name not in exclude)
        }
    if options.get("exclude_none"):
        values = {name: value for name, value in values.items() if value is not None}
    if options.get("exclude_defaults", exclude_defaults):
        without_defaults(plan, values)
    return values


def dump_all(model: Any, options: dict[str, Any], *, exclude_defaults: bool) -> dict[str, Any] | None:
    """Return the fields as plain data, in a new dict; None if the record is to be dumped by steps."""
    plan = dump_plan_of(type(model))
    if not plan.is_direct or (options and asks_for_adapter(options)):
        return None
    try:
        values = _all_values(model)
    except AttributeError:  # a field has no value; the step that reads it says which
        return None
    del values["adapter"], values["_status"], values["_status_message"], values["_unique_id"], values["_side_data"]
    if not plan.is_in_order:
        values = {name: values[name] for name in plan.names}
    if options:
        values = choose(plan, values, options, exclude_defaults)
    elif exclude_defaults:
        without_defaults(plan, values)
    if not _SINGLE.issuperset(map(type, values.values())):
        for name, value in values.items():
            if type(value) not in _SINGLE:
                values[name] = as_data(value)
    return values


def dump_record(self: Any, **options: Any) -> dict[str, Any]:
    """Return the fields as a dict, without `adapter` unless `exclude` says otherwise.

    Args:
        self: The record.
        **options: `include`, `exclude` (collections of field names), `exclude_defaults`, `exclude_none` (bool),
            `mode` ("python" or "json").

    Raises:
        TypeError: For any other keyword, or in mode "json" for a value that JSON cannot carry.
        ValueError: For an unknown mode, or in mode "json" for bytes that are no UTF-8 text.
    """
    if not options:
        result = dump_all(self, options, exclude_defaults=False)
        return dump_fields(self, exclude=_ONLY_ADAPTER) if result is None else result
    result = None
    mode = options.get("mode", "python")
    if _KNOWN.issuperset(options) and (mode == "python" or mode == "json"):  # noqa: PLR1714 - it need not have a hash
        result = dump_all(self, options, exclude_defaults=False)
    if result is None:
        options.setdefault("exclude", _ONLY_ADAPTER)
        return dump_fields(self, **options)
    if mode == "json":
        for name, value in result.items():
            if type(value) not in _JSON_TYPES:
                result[name] = 0 if value is _NO_FLAGS else as_builtins(value)
    return result


def dump_records(data: dict[str, dict[str, dict[str, Any]]], records: Any, options: dict[str, Any]) -> None:
    """Add records as dicts to `{modelname: {unique id: dict}}`.

    Args:
        data: Where they go.
        records: The records.
        options: Those of `dict`.

    Raises:
        KeyError: If it has no dict for a record's type.
    """
    for record in records:
        data[record.get_type()][record.get_unique_id()] = record.dict(**options)


def dump_json(self: Any, **options: Any) -> str:
    """Return the fields as a JSON object, without `adapter` and without values that are their field's default.

    Args:
        self: The record.
        **options: As for `dict`, and `indent` (number of spaces).

    Raises:
        TypeError: For any other keyword, or a value that JSON cannot carry.
        ValueError: For an unknown mode, or bytes that are no UTF-8 text.
    """
    indent = options.pop("indent", None)
    result = None
    if not options or ("mode" not in options and _KNOWN.issuperset(options)):
        result = dump_all(self, options, exclude_defaults=True)
    if result is None:
        options.setdefault("exclude", _ONLY_ADAPTER)
        options.setdefault("exclude_defaults", True)
        return dump_json_by_steps(self, indent=indent, **options)
    if not _JSON_TYPES.issuperset(map(type, result.values())):
        for name, value in result.items():
            if type(value) not in _JSON_TYPES:
                result[name] = 0 if value is _NO_FLAGS else with_text(value)
    encoded = encode(result)
    return (encoded if indent is None else msgspec.json.format(bytes(encoded), indent=indent)).decode()
