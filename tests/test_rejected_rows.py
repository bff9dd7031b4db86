"""`load_records` with `errors="all"`: all that is wrong with rows, in one exception, and none of them loaded."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .test_bulk import ANY_ROWS, ROWS, contents, looped, make_adapter, make_models

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WRONG: dict[str, list[Any]] = {
    "site": [{"name": "c"}, {"name": 5}, {"name": "a", "region": "us"}, {"region": "eu"}, 7],
    "device": [
        {"name": "x", "units": "many", "tags": 3, "site": "a"},
        {"name": "y", "site": "a"},
        {"name": "d1"},
        {"name": "z", "site": "b"},
    ],
    "port": [
        {"device": "x", "number": 1},
        {"device": "y", "number": "first"},
        {"device": "y", "number": 2},
        {"device": "gone", "number": 2},
    ],
}
REFUSED = [
    ("site", 1, None, {"name": 5}, "name", "ValidationError"),
    ("site", 2, "a", {"name": "a"}, None, "ObjectAlreadyExists"),
    ("site", 3, None, {}, "name", "ValidationError"),
    ("site", 4, None, {}, None, "TypeError"),
    ("device", 0, "x", {"name": "x"}, "units", "ValidationError"),
    ("device", 0, "x", {"name": "x"}, "tags", "ValidationError"),
    ("device", 2, "d1", {"name": "d1"}, None, "ObjectAlreadyExists"),
    ("port", 1, None, {"device": "y", "number": "first"}, "number", "ValidationError"),
    ("port", 3, "gone__2", {"device": "gone", "number": 2}, None, "ObjectNotFound"),
]


def rejected(library: Any, adapter: Any, rows: Any) -> Any:
    """Return the exception of a load that is to fail, after which the adapter must have what it had."""
    before = contents(adapter)
    with pytest.raises(library.RecordsRejected) as caught:
        adapter.load_records(rows, errors="all")
    assert contents(adapter) == before
    return caught.value


@pytest.mark.parametrize("kind", ["local", "overridden add", "sqlite"])
def test_all_that_is_wrong(fastdiffsync: Any, tmp_path: Path, kind: str) -> None:
    """Each refused row is listed with what is known of it, and each wrong field; children of refused rows are not."""
    adapter = make_adapter(make_models(fastdiffsync), kind, tmp_path)
    adapter.load_records(ROWS)
    error = rejected(fastdiffsync, adapter, WRONG)
    assert [(*row[:5], type(row.error).__name__) for row in error.errors] == REFUSED
    assert error.is_complete
    assert str(error).splitlines()[:3] == [
        "8 rows cannot be loaded, so none has been",
        "  row 1 of site ({'name': 5}): field 'name': expected str, got 5 (int)",
        "  row 2 of site (a): Object a already present",
    ]
    assert str(error).splitlines()[-1].startswith("  row 3 of port (gone__2): its parent, device gone, is not there; ")
    kept = {name: [row for row in rows if row not in REFUSED_ROWS[name]] for name, rows in WRONG.items()}
    assert adapter.load_records({**kept, "port": kept["port"][1:]}, errors="all") == 4
    assert adapter.get("site", "a").devices[-1] == "y"
    assert adapter.get("device", "y").ports == ["y__2"]
    adapter.store.flush()
    if kind == "sqlite":
        adapter.store.close()


REFUSED_ROWS = {name: [WRONG[name][place] for kind, place, *_ in REFUSED if kind == name] for name in WRONG}


def test_it_is_caught_as_what_one_row_raises(fastdiffsync: Any) -> None:
    """Whoever catches the errors of values, or those of stores, catches this one too; it can be pickled."""
    exceptions = fastdiffsync.exceptions
    assert issubclass(fastdiffsync.RecordsRejected, (ValueError, exceptions.ObjectStoreException))
    assert issubclass(fastdiffsync.RecordsRejected, ValueError)
    adapter = make_models(fastdiffsync).Network()
    error = rejected(fastdiffsync, adapter, {"port": [{"device": "d"}, {"device": "d", "number": 1}]})
    twin = pickle.loads(pickle.dumps(error))
    assert str(twin) == str(error)
    assert [row[:6] for row in twin.errors] == [row[:6] for row in error.errors]
    assert twin.is_complete


def test_one_error_alone(fastdiffsync: Any) -> None:
    """Without being asked for all of them, the first is raised as it always was; it names the field to programs too."""
    adapter = make_models(fastdiffsync).Network()
    for options in ({}, {"errors": "first"}):
        with pytest.raises(fastdiffsync.ValidationError, match=r"row 1 of device: .*'units'") as caught:
            adapter.load_records({"device": [{"name": "a"}, {"name": "b", "units": "x"}, {"name": 5}]}, **options)
        assert caught.value.field == "units"
    with pytest.raises(fastdiffsync.ValidationError) as caught:
        adapter.device(units=1)
    assert caught.value.field is None


def test_so_many_that_the_rest_is_not_looked_at(fastdiffsync: Any) -> None:
    """Some tens are listed, and the exception says that there may be more."""
    adapter = make_models(fastdiffsync).Network()
    rows = [{"name": f"d{number}", "units": "x" if number % 3 else 1} for number in range(1000)]
    error = rejected(fastdiffsync, adapter, {"device": rows})
    assert 20 <= len(error.errors) < 100
    assert [row.row for row in error.errors] == [number for number in range(1000) if number % 3][: len(error.errors)]
    assert not error.is_complete
    assert str(error).endswith("the rest has not been looked at")


def test_rows_that_can_be_read_once(fastdiffsync: Any) -> None:
    """Rows out of a generator are looked at as those of a list are, and loaded if nothing is wrong."""
    adapter = make_models(fastdiffsync).Network()
    names = ["a", 5, "b", 6]
    error = rejected(fastdiffsync, adapter, {"site": ({"name": name} for name in names)})
    assert [row.row for row in error.errors] == [1, 3]
    assert adapter.load_records({"site": ({"name": name} for name in names[::2])}, errors="all") == 2


def test_children_of_rows_whose_unique_id_is_not_known(fastdiffsync: Any) -> None:
    """A child whose parent may be a refused row is not blamed; one whose parent is of another type is."""
    rows = {
        "site": [{"name": None}],
        "device": [{"name": "d", "site": "a"}, {"name": "e", "inside": "z"}],
    }
    error = rejected(fastdiffsync, make_models(fastdiffsync).Network(), rows)
    assert [(row.type, row.row) for row in error.errors] == [("site", 0), ("device", 1)]


def test_unknown_keys(fastdiffsync: Any) -> None:
    """A class that forbids unknown keys refuses each row that has one."""
    adapter = make_models(fastdiffsync, forbid_unknown_fields=True).Network()
    error = rejected(
        fastdiffsync, adapter, {"site": [{"name": "a", "colour": 1}, {"name": "b"}, {"name": "c", "x": 1}]}
    )
    assert [(row.row, row.unique_id, type(row.error)) for row in error.errors] == [
        (0, "a", TypeError),
        (2, "c", TypeError),
    ]
    assert "colour" in error.errors[0].reason


def test_methods_of_the_users_are_called_once(fastdiffsync: Any) -> None:
    """An overridden `add` is called once for each record, refused or not, and may refuse one itself."""
    models = make_models(fastdiffsync)
    calls: list[str] = []

    class Network(models.Network):  # type: ignore[misc]
        def add(self, obj: Any) -> None:
            calls.append(obj.name)
            if obj.name == "b":
                message = "no b"
                raise fastdiffsync.exceptions.ObjectStoreException(message)
            super().add(obj)

    error = rejected(fastdiffsync, Network(), {"site": [{"name": name} for name in "abcba"]})
    assert calls == list("abcba")
    assert [(row.row, row.reason) for row in error.errors] == [
        (1, "no b"),
        (3, "no b"),
        (4, "Object a already present"),
    ]


@pytest.mark.parametrize("place", ["__post_init__", "add"])
def test_errors_of_the_users_own(fastdiffsync: Any, place: str) -> None:
    """An exception that is none of the library's is not collected: it comes through at once, and nothing is loaded."""
    models = make_models(fastdiffsync)

    class Broken(Exception):  # noqa: N818
        """Raised by a hook."""

    def fail(self: Any, obj: Any = None) -> None:
        if getattr(obj or self, "name", "") == "c":
            raise Broken

    owner = models.Site if place == "__post_init__" else models.Network
    overriding = type(owner)(owner.__name__, (owner,), {place: fail})
    adapter = type("Own", (models.Network,), {"site": overriding})() if owner is models.Site else overriding()
    with pytest.raises(Broken):
        adapter.load_records({"site": [{"name": 5}, {"name": "b"}, {"name": "c"}]}, errors="all")
    assert len(adapter) == 0


def test_a_store_that_fails_afterwards(fastdiffsync: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the store cannot write what has been loaded, that is its error, and no reason to load once more."""
    adapter = make_adapter(make_models(fastdiffsync), "sqlite", tmp_path)

    def fail(*_arguments: Any) -> None:
        message = "disk full"
        raise fastdiffsync.exceptions.ObjectStoreException(message)

    with monkeypatch.context() as patch:
        patch.setattr(adapter.store._backend, "write", fail)
        with pytest.raises(fastdiffsync.exceptions.ObjectStoreException, match="disk full"):
            adapter.load_records(ROWS, errors="all")
    adapter.store.flush()
    assert contents(adapter) == contents(looped(make_models(fastdiffsync).Network(), ROWS))
    adapter.store.close()


@given(rows=ANY_ROWS, order=st.permutations(["site", "device", "port"]), kind=st.sampled_from(["local", "overridden"]))
def test_what_is_listed_is_what_is_in_the_way(fastdiffsync: Any, rows: Any, order: list[str], kind: str) -> None:
    """What fails alone fails with the rest, among others for the same row; without what is listed, the rest loads."""
    rows = {name: rows[name] for name in order}
    models = make_models(fastdiffsync)
    first, adapter = models.Network(), make_adapter(models, kind, None)  # type: ignore[arg-type]
    first_error = raised(fastdiffsync, lambda: first.load_records(rows))
    found = raised(fastdiffsync, lambda: adapter.load_records(rows, errors="all"))
    assert (first_error is None) == (found is None)
    if found is not None:
        assert any(str(first_error).startswith(f"row {row.row} of {row.type}: ") for row in found.errors)
    while found is not None:
        assert isinstance(found, fastdiffsync.RecordsRejected)
        assert adapter.count() == 0
        refused = {(row.type, row.row) for row in found.errors}
        assert refused
        rows = {
            name: [row for place, row in enumerate(own) if (name, place) not in refused] for name, own in rows.items()
        }
        found = raised(fastdiffsync, lambda: adapter.load_records(rows, errors="all"))  # noqa: B023 - called at once
    assert contents(adapter) == contents(looped(models.Network(), rows))


def raised(library: Any, function: Callable[[], Any]) -> Any:
    """Return what a load raises, None if nothing."""
    try:
        function()
    except (ValueError, TypeError, library.exceptions.ObjectStoreException) as error:
        return error
    return None


def test_rows_by_other_names(fastdiffsync: Any) -> None:
    """A row that has values by the names that `msgspec.field` gives is told by its fields and its unique id too."""

    class Host(fastdiffsync.DiffSyncModel):
        _modelname = "host"
        _identifiers = ("name",)
        name: str = msgspec.field(name="host-name")
        cores: int = msgspec.field(name="cpu-cores")

    adapter = type("Hosts", (fastdiffsync.Adapter,), {"host": Host})()
    rows = [{"host-name": "a", "cpu-cores": "many"}, {"host-name": "b"}, {"host-name": "c", "cpu-cores": 1}]
    with pytest.raises(fastdiffsync.RecordsRejected) as caught:
        adapter.load_records({"host": rows}, errors="all")
    found = [(row.row, row.unique_id, row.identifiers, row.field) for row in caught.value.errors]
    assert found == [(0, "a", {"name": "a"}, "cores"), (1, "b", {"name": "b"}, "cores")]
    assert adapter.load_records({"host": rows[2:]}, errors="all") == 1


def test_rows_that_a_validator_refuses(fastdiffsync: Any) -> None:
    """What a model's `__post_init__` raises is said of the row, and the others are looked at too."""

    class Site(fastdiffsync.DiffSyncModel):
        _modelname = "site"
        _identifiers = ("name",)
        name: str
        size: int = 0

        def __post_init__(self) -> None:
            if self.name == "bad":
                message = "bad name"
                raise ValueError(message)

    class Inventory(fastdiffsync.Adapter):
        site = Site
        top_level = ("site",)

    rows = {"site": [{"name": "ok"}, {"name": "bad"}, {"name": "z", "size": "q"}]}
    with pytest.raises(ValueError, match=r"^row 1 of site: bad name$"):
        Inventory("inventory").load_records(rows)
    error = rejected(fastdiffsync, Inventory("inventory"), rows)
    assert [(row.row, row.unique_id, row.field, row.reason) for row in error.errors] == [
        (1, "bad", None, "bad name"),
        (2, "z", "size", "expected int, got 'q' (str)"),
    ]
