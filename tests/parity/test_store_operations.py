"""What programs do with an adapter's records, drawn as lists of calls and run through both libraries."""

from __future__ import annotations

from typing import Any

import diffsync
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ..reference import needs_diffsync
from .compare import differences
from .hooks import store_class
from .journal import fresh, render, render_error
from .observe import see_adapter
from .programs import STORES
from .scenario import examples

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")

KINDS = st.sampled_from(("site", "device", "nothing", "class Site", "class Device", "record 0", "record 3"))
IDENTIFIERS = st.sampled_from(
    (
        "a",
        "b",
        "a__x",
        "missing",
        {"name": "a"},
        {"site": "a", "name": "x"},
        {"site": "a__x", "name": ""},
        {"nothing": 1},
        {},
    )
)
IDS = {
    "class Site": st.sampled_from(({"name": "a"}, {"name": "b"}, {"name": "new"}, {"name": None}, {})),
    "class Device": st.sampled_from(({"site": "a", "name": "x"}, {"site": "a", "name": "new"}, {"name": "x"})),
}
FIELDS = st.sampled_from(({}, {"size": 1}, {"size": [1]}, {"size": None, "note": "n"}, {"note": 5}))
ATTRS = FIELDS | st.just({"unknown": 1})
PLACES = st.integers(0, 7)

CALLS = st.one_of(
    st.tuples(
        st.sampled_from(("add", "add", "add", "update", "get_or_add_model_instance", "update_or_add_model_instance")),
        PLACES,
    ),
    st.tuples(st.just("remove"), PLACES, st.booleans()),
    st.tuples(st.sampled_from(("add_child", "add_child", "remove_child")), PLACES, PLACES),
    st.tuples(st.sampled_from(("get", "get_or_none")), KINDS, IDENTIFIERS),
    st.tuples(st.sampled_from(("get_all", "count")), KINDS),
    st.tuples(st.just("get_by_uids"), st.lists(st.sampled_from(("a", "b", "a__x", "a__y")), max_size=3), KINDS),
    *(st.tuples(st.just("get_or_instantiate"), st.just(kind), ids, ATTRS | st.none()) for kind, ids in IDS.items()),
    *(st.tuples(st.just("update_or_instantiate"), st.just(kind), ids, FIELDS) for kind, ids in IDS.items()),
    st.tuples(
        st.sampled_from(("len", "count", "dict", "str", "repr", "model names", "tree", "tree as dict", "reload"))
    ),
    st.tuples(
        st.just("set"),
        PLACES,
        st.sampled_from(("name", "size", "_status_message", "unknown")),
        st.sampled_from(("a", "z")),
    ),
)


class Session:
    """One adapter of one library, and records to call it with."""

    def __init__(self, library: Any, store: str) -> None:
        """Make an empty adapter and records, some of which share a unique id."""

        class Site(library.DiffSyncModel):
            _modelname = "site"
            _identifiers = ("name",)
            _attributes = ("size", "note")
            _children = {"device": "devices"}  # noqa: RUF012
            name: str
            size: Any = None
            note: str = ""
            devices: list[str] = []  # noqa: RUF012

        class Device(library.DiffSyncModel):
            _modelname = "device"
            _identifiers = ("site", "name")
            _shortname = ("name",)
            _attributes = ("size",)
            site: str
            name: str
            size: Any = None
            note: str = ""

        class Inventory(library.Adapter):
            site = Site
            device = Device
            top_level = ["site"]  # noqa: RUF012

        self.library = library
        self.adapter = Inventory(internal_storage_engine=store_class(library, store))
        self.records = [
            Site(name="a", size=1),
            Site(name="b"),
            Site(name="a", note="another"),
            Device(site="a", name="x"),
            Device(site="a", name="y", size=[2]),
            Device(site="a__x", name=""),
            Device(site="a", name="x", size=3),
            Site(name="", size={"k": []}),
        ]

    def call(self, verb: str, *arguments: Any) -> Any:
        """Do one thing; return what came of it."""
        try:
            return self._seen(self._do(verb, *[fresh(argument) for argument in arguments]))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other library must raise it too
            return ("raised", *render_error(error))

    def _do(self, verb: str, *arguments: Any) -> Any:
        if verb == "set":
            return setattr(self.records[arguments[0]], *arguments[1:])
        if verb in {"add_child", "remove_child"}:
            return getattr(self.records[arguments[0]], verb)(self.records[arguments[1]])
        if not arguments:
            return self._tell(verb)
        if verb == "get_by_uids":
            arguments = (arguments[0], self._kind(arguments[1]))
        else:
            subject = self.records[arguments[0]] if isinstance(arguments[0], int) else self._kind(arguments[0])
            arguments = (subject, *arguments[1:])
        return getattr(self.adapter, verb)(*arguments)

    def _tell(self, verb: str) -> Any:
        adapter = self.adapter
        if verb == "reload":
            other = type(adapter)()
            other.load_from_dict(adapter.dict())
            return see_adapter(other)
        return {
            "len": adapter.__len__,
            "count": adapter.count,
            "dict": lambda: sorted(adapter.dict().items()),
            "str": adapter.str,
            "repr": adapter.__repr__,
            "model names": adapter.get_all_model_names,
            "tree": adapter.get_tree_traversal,
            "tree as dict": lambda: adapter.get_tree_traversal(as_dict=True),
        }[verb]()

    def _kind(self, kind: str) -> Any:
        if kind.startswith("class "):
            return getattr(self.adapter, kind.removeprefix("class ").lower())
        return self.records[int(kind.removeprefix("record "))] if kind.startswith("record ") else kind

    def _seen(self, result: Any) -> Any:
        if isinstance(result, (list, tuple)):
            return [self._seen(one) for one in result]
        if isinstance(result, self.library.DiffSyncModel):
            place = [place for place, record in enumerate(self.records) if record is result]
            return (place, repr(result), repr(result.dict()))
        return render(result)


@needs_diffsync  # of a test that is skipped while its example runs, Hypothesis says that the example fails
@example(calls=[("update", 7), ("add", 7)], store="local")
@examples(400)
@given(calls=st.lists(CALLS, min_size=1, max_size=14), store=st.sampled_from(("local", *STORES)))
def test_calls_on_an_adapter(fastdiffsync: Any, calls: list[tuple[Any, ...]], store: str) -> None:
    """The same calls return and raise the same, and leave the same records behind."""
    theirs, mine = Session(diffsync, store), Session(fastdiffsync, store)
    for call in calls:
        differing = differences(theirs.call(*call), mine.call(*call), str(call))
        assert not differing, "\n".join(differing)
    differing = differences(see_adapter(theirs.adapter), see_adapter(mine.adapter))
    assert not differing, "\n".join(differing)
