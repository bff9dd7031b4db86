"""The calls: statements, what each is repeated for, and how it has to compare with diffsync."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import worlds

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

DICT, JSON, ADAPTER_DICT, STR, READING, DEEPCOPY, REMOVAL, ANY = 3, 5, 5, 5, 3, 2, 10, 1
_AGAIN = "_ in range(1000)"
_ONCE = "_ in range(1)"


class Call(NamedTuple):
    """A statement that is timed."""

    statement: str
    each: str = _ONCE
    """What it is repeated for, as after `for`: names of the world."""

    mark: float | None = ANY
    """How many times diffsync's speed it has to have; None for an attribute, which diffsync has made with the diff."""

    what: str = ""
    """Its caption, if that is not the statement."""

    before: str = ""
    """A statement that prepares it, outside the timing."""

    @property
    def caption(self) -> str:
        """What the row is about."""
        return self.what or self.statement


_IDS_OF_RECORDS = "all_ids = [record.get_identifiers() for record in records]"
_HALVES_OF_RECORDS = "halves = [(record.get_identifiers(), record.get_attrs()) for record in records]"

_MODEL = [
    Call("Interface(**values)", "values in rows"),
    Call(
        "Interface.create(empty, ids, attrs)",
        "ids, attrs in halves",
        before=_HALVES_OF_RECORDS,
    ),
    Call(
        "Interface.create_unique_id(**ids)",
        "ids in all_ids",
        before=_IDS_OF_RECORDS,
    ),
    Call("parent.add_child(child)", "parent, child in families"),
    Call(
        "parent.remove_child(child)",
        "parent, child in reversed(families)",
        before="for parent, child in families: parent.add_child(child)",
    ),
    Call("record.get_type()", "record in records"),
    Call("record.get_unique_id()", "record in records"),
    Call("record.get_shortname()", "record in records"),
    Call("record.get_identifiers()", "record in records"),
    Call("record.get_attrs()", "record in records"),
    Call("record.get_children_mapping()", "record in records"),
    Call("record.get_status()", "record in records"),
    Call(
        "record.set_status(success, 'done')",
        "record in records",
        before="success = diffsync.enum.DiffSyncStatus.SUCCESS",
    ),
    Call("record.dict()", "record in records", DICT),
    Call("record.dict(exclude_defaults=True)", "record in records", DICT),
    Call("record.dict(include={'mtu', 'vlan'})", "record in records", DICT),
    Call("record.json()", "record in records", JSON),
    Call("record.str()", "record in records", STR),
    Call("str(record)", "record in records"),
    Call("repr(record)", "record in records"),
    Call("Interface.create_base(empty, ids, attrs)", "ids, attrs in halves", before=_HALVES_OF_RECORDS),
    Call("record.update_base({'mtu': 1600, 'vlan': 17})", "record in records"),
    Call("record.delete_base()", "record in records"),
    Call("record.update({'mtu': 1600, 'vlan': 17})", "record in records"),
    Call("record.delete()", "record in records"),
    Call("record.mtu", "record in records"),
    Call("record.mtu = 1600", "record in records"),
    Call("record.device = 'device-1'", "record in records", what="record.device = 'device-1' (an identifier)"),
    Call("record == equal", "record, equal in zip(records, equals)"),
    Call("copy.copy(record)", "record in records"),
    Call("copy.deepcopy(record)", "record in records", DEEPCOPY),
    Call("pickle.dumps(record)", "record in records"),
    Call(
        "pickle.loads(pickled)", "pickled in pickles", before="pickles = [pickle.dumps(record) for record in records]"
    ),
]

_UIDS = "uid in uids"
_ALL_UIDS = "uids = [record.get_unique_id() for record in interfaces]"
_IDS = "ids in all_ids"
_ALL_IDS = "all_ids = [record.get_identifiers() for record in interfaces]"
_HALVES = "ids, attrs in halves"
_ALL_HALVES = "halves = [(record.get_identifiers(), record.get_attrs()) for record in interfaces]"
_TENS = "uids in tens"
_ALL_TENS = "tens = [device.interfaces for device in devices]"

_ADAPTER = [
    Call("Network('another')", _AGAIN),
    Call("empty.add(record)", "record in records"),
    Call("adapter.update(record)", "record in interfaces"),
    Call("adapter.get('interface', uid)", _UIDS, before=_ALL_UIDS),
    Call("adapter.get(Interface, uid)", _UIDS, before=_ALL_UIDS),
    Call("adapter.get('interface', ids)", _IDS, before=_ALL_IDS),
    Call("adapter.get(Interface, ids)", _IDS, before=_ALL_IDS),
    Call("adapter.get_or_none('interface', uid)", _UIDS, before=_ALL_UIDS),
    Call("adapter.get_or_none('interface', 'nowhere')", _AGAIN),
    Call("adapter.get_all('interface')"),
    Call("adapter.get_by_uids(uids, 'interface')", _TENS, before=_ALL_TENS),
    Call("adapter.get_or_instantiate(Interface, ids, attrs)", _HALVES, before=_ALL_HALVES),
    Call("empty.get_or_instantiate(Interface, ids, attrs)", _HALVES, before=_ALL_HALVES),
    Call("adapter.update_or_instantiate(Interface, ids, attrs)", _HALVES, before=_ALL_HALVES),
    Call("empty.update_or_instantiate(Interface, ids, attrs)", _HALVES, before=_ALL_HALVES),
    Call("adapter.get_or_add_model_instance(record)", "record in records"),
    Call("empty.get_or_add_model_instance(record)", "record in records"),
    Call("adapter.update_or_add_model_instance(record)", "record in records"),
    Call("empty.update_or_add_model_instance(record)", "record in records"),
    Call("adapter.remove(record)", "record in interfaces", REMOVAL),
    Call("adapter.remove(site, remove_children=True)", "site in sites", REMOVAL),
    Call("adapter.count()", _AGAIN),
    Call("adapter.count('interface')", _AGAIN),
    Call("len(adapter)", _AGAIN),
    Call("str(adapter)", _AGAIN),
    Call("repr(adapter)", _AGAIN),
    Call("adapter.dict()", mark=ADAPTER_DICT),
    Call("adapter.dict(exclude_defaults=False)", mark=ADAPTER_DICT),
    Call("adapter.str()", mark=STR),
    Call("site.str()", "site in sites", STR),
    Call("empty.load_from_dict(dumped)", before="dumped = adapter.dict()"),
    Call("adapter.get_tree_traversal()", _AGAIN),
    Call("adapter.get_tree_traversal(as_dict=True)", _AGAIN),
    Call("adapter.get_all_model_names()", _AGAIN),
    Call("copy.deepcopy(adapter)", mark=DEEPCOPY),
]

_OWN_RECORDS = "kept = [own.get(model='interface', identifier=record.get_unique_id()) for record in records]"

_STORE = [
    Call("LocalStore(name='another')", _AGAIN),
    Call("store.get(model='interface', identifier=uid)", _UIDS, before=_ALL_UIDS),
    Call("store.get(model=Interface, identifier=ids)", _IDS, before=_ALL_IDS),
    Call("store.get_all(model='interface')"),
    Call("store.get_by_uids(uids=uids, model='interface')", _TENS, before=_ALL_TENS),
    Call("empty.store.add(obj=record)", "record in records"),
    Call("store.update(obj=record)", "record in interfaces"),
    Call("store.remove(obj=record)", "record in interfaces", REMOVAL),
    Call("store.remove(obj=site, remove_children=True)", "site in sites", REMOVAL),
    Call("store.remove_item('interface', uid)", _UIDS, before=_ALL_UIDS),
    Call("store.count()", _AGAIN),
    Call("store.count(model='interface')", _AGAIN),
    Call("store.get_all_model_names()", _AGAIN),
    Call("store.get_or_instantiate(model=Interface, ids=ids, attrs=attrs)", _HALVES, before=_ALL_HALVES),
    Call("store.update_or_instantiate(model=Interface, ids=ids, attrs=attrs)", _HALVES, before=_ALL_HALVES),
    Call("store.get_or_add_model_instance(obj=record)", "record in records"),
    Call("store.update_or_add_model_instance(obj=record)", "record in records"),
    Call("str(store)", _AGAIN),
    Call("copy.deepcopy(store)", mark=DEEPCOPY),
    Call("OwnStore(name='another')", _AGAIN),
    Call(
        "own.remove(obj=record)",
        "record in kept",
        what="BaseStore.remove of a user's store",
        before=_OWN_RECORDS,
    ),
    Call(
        "own.get_or_instantiate(model=Interface, ids=ids, attrs=attrs)",
        _HALVES,
        what="BaseStore.get_or_instantiate of a user's store",
        before=_ALL_HALVES,
    ),
    Call(
        "own.update_or_instantiate(model=Interface, ids=ids, attrs=attrs)",
        _HALVES,
        what="BaseStore.update_or_instantiate of a user's store",
        before=_ALL_HALVES,
    ),
    Call(
        "own.get_or_add_model_instance(obj=record)",
        "record in records",
        what="BaseStore.get_or_add_model_instance of a user's store",
    ),
    Call(
        "own.update_or_add_model_instance(obj=record)",
        "record in records",
        what="BaseStore.update_or_add_model_instance of a user's store",
    ),
]

_ORDERED = "ordered = target.diff_from(adapter, diff_class=Backwards)"
_MADE = "fresh = [DiffElement('interface', str(number), {'name': number}) for number in range(1000)]"

_DIFF = [
    Call("target.diff_from(adapter)"),
    Call("adapter.diff_to(target)"),
    Call("target.sync_from(adapter)"),
    Call("adapter.sync_to(target)"),
    Call("target.sync_complete(adapter, diff)", _AGAIN),
    Call("Diff()", _AGAIN),
    Call("len(diff)"),
    Call("diff.has_diffs()"),
    Call("diff.summary()"),
    Call("diff.groups()", _AGAIN),
    Call("diff.str()", mark=STR),
    Call("diff.dict()", mark=DICT),
    Call("list(diff.get_children())"),
    Call("diff.children['site']", _AGAIN),
    Call("diff.complete()", _AGAIN),
    Call("for element in walk(diff): element.action", mark=READING, what="get_children() and action of every element"),
    Call(
        "for element in walk(diff): element.get_attrs_diffs()", mark=READING, what="get_attrs_diffs() of every element"
    ),
    Call(
        "for element in walk(ordered): element.action",
        mark=READING,
        what="get_children() and action, custom order",
        before=_ORDERED,
    ),
    Call(
        "for element in walk(target.diff_from(adapter)): element.action, element.source_attrs, element.dest_attrs",
        mark=READING,
        what="diff, then action and attributes of every element",
    ),
    Call(
        "ordered.dict()",
        mark=DICT,
        what="diff.dict(), custom order",
        before=_ORDERED,
    ),
    Call(
        "ordered.str()",
        mark=STR,
        what="diff.str(), custom order",
        before=_ORDERED,
    ),
    Call(
        "ordered.summary()",
        what="diff.summary(), custom order",
        before=_ORDERED,
    ),
    Call(
        "made.add(element)",
        "element in fresh",
        what="Diff.add(element)",
        before=f"made = Diff(); {_MADE}",
    ),
]

_EACH = "element in elements"

_ELEMENT = [
    Call("DiffElement('interface', 'name', {'name': 'name'})", _AGAIN),
    Call("element.type, element.name, element.keys", _EACH, None),
    Call("element.source_attrs, element.dest_attrs", _EACH, None),
    Call("element.action", _EACH),
    Call("element.get_attrs_keys()", _EACH),
    Call("element.get_attrs_diffs()", _EACH),
    Call("list(element.get_children())", _EACH),
    Call("element.child_diff.children", _EACH, None),
    Call("element.has_diffs()", _EACH),
    Call("element.has_diffs(include_children=False)", _EACH),
    Call("element.summary()", _EACH),
    Call("len(element)", _EACH),
    Call("element.str()", _EACH, STR),
    Call("element.dict()", _EACH, DICT),
    Call("str(element)", _EACH, STR),
    Call(
        "element == other",
        "element, other in zip(elements, others)",
        before="others = list(walk(target.diff_from(adapter)))",
    ),
    Call("sorted(elements)"),
    Call("element.add_attrs(source={'mtu': 1}, dest={'mtu': 2})", "element in fresh", before=_MADE),
    Call(
        "parent.add_child(element)",
        "element in fresh",
        what="element.add_child(element)",
        before=f"{_MADE}; parent = DiffElement('device', 'name', {{'name': 'name'}})",
    ),
]

_NOT_A_VIEW = [
    Call("len(diff)"),
    Call("diff.has_diffs()"),
    Call("diff.summary()"),
    Call("diff.groups()", _AGAIN),
    Call("diff.str()"),
    Call("diff.dict()"),
    Call("for element in walk(diff): element.action", what="get_children() and action of every element"),
    Call("for element in walk(diff): element.get_attrs_diffs()", what="get_attrs_diffs() of every element"),
    Call("element.get_attrs_keys()", _EACH),
    Call("element.has_diffs()", _EACH),
    Call("element.summary()", _EACH),
    Call("len(element)", _EACH),
    Call("element.str()", _EACH),
    Call("element.dict()", _EACH),
    Call("str(element)", _EACH),
    Call("element == other", "element, other in zip(elements, elements[1:])"),
    Call("sorted(elements)"),
]

GROUPS: dict[str, tuple[Callable[[ModuleType], worlds.World], list[Call]]] = {
    "DiffSyncModel": (worlds.with_records, _MODEL),
    "Adapter": (worlds.with_adapter, _ADAPTER),
    "BaseStore": (worlds.with_adapter, _STORE),
    "Diff": (worlds.with_diff, _DIFF),
    "DiffElement": (worlds.with_elements, _ELEMENT),
    "Diff that has been read": (worlds.with_read_diff, _NOT_A_VIEW),
    "Diff put together by hand": (worlds.with_diff_by_hand, _NOT_A_VIEW),
}
"""For each class, what makes the world of its calls, and the calls."""
