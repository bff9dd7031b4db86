"""Syncs of which nobody is told, of models that have a `create`, `update` and `delete` of their own.

Each does what it should, and at one record something else.
"""

from __future__ import annotations

import gc
import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from .network import Lab, both, logged

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = {"rome": {"r1": 1, "r2": 2, "r3": 3}, "oslo": {"o1": 1, "o2": 2}, "bonn": {"n1": 5}}
DEST = {"rome": {"r1": 9, "r2": 2, "r4": 4}, "cairo": {"c1": 1, "c2": 2}, "bonn": {"n1": 6}}
VICTIMS = [
    *(("create", "oslo"), ("create", "o1"), ("create", "r3")),
    *(("update", "r1"), ("update", "n1")),
    *(("delete", "r4"), ("delete", "cairo"), ("delete", "c1")),
]


@pytest.fixture(autouse=True)
def _warnings_only(_full_logging: None) -> None:
    """Log warnings and errors only, as in production."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


class Scene:
    """One sync of one library, and what a method may do in it."""

    def __init__(self, library: Any) -> None:
        """Load both sides."""
        self.library = library
        self.lab = Lab(library)
        self.source, self.dest = self.lab.pair(SOURCE, DEST)

    def parent_of(self, record: Any) -> Any:
        """Return the destination's site of a device that it has or will have; None for a site, or if there is none."""
        sites = {"r": "rome", "o": "oslo", "n": "bonn", "c": "cairo"}
        return None if record.get_type() == "site" else self.dest.get_or_none("site", sites[record.name[0]])

    def run(self, victim: tuple[str, str], behaviour: Callable[[Scene, Any], Any], *flags: str) -> Any:
        """Return what a sync does if a method behaves like this at one record."""
        self.lab.failures[victim] = lambda record: behaviour(self, record)
        records = [*self.dest.get_all("site"), *self.dest.get_all("device")]
        errors: list[Any] = []
        logs = logged(
            lambda: errors.append(self.lab.sync(self.source, self.dest, *flags)),
            *("event", "log_level", "unique_id", "status", "action"),
        )
        for record in (*self.dest.get_all("site"), *self.dest.get_all("device")):
            if all(record is not known for known in records):
                records.append(record)
        statuses = [(record.name, *map(str, record.get_status())) for record in records]
        owned = [record.name for record in records if record.adapter is self.dest]
        lists = [(record.name, record.devices) for record in records if record.get_type() == "site"]
        return errors[0], self.lab.calls, self.lab.contents(self.dest), logs, statuses, owned, lists


def return_nothing(_scene: Scene, _record: Any) -> None:
    """Return None."""


def fail(scene: Scene, _record: Any) -> Any:
    """Raise one of the errors that mean that it has failed."""
    message = "disk full"
    raise scene.library.exceptions.ObjectNotCreated(message)


def break_down(_scene: Scene, _record: Any) -> Any:
    """Raise any other error."""
    message = "no network"
    raise OSError(message)


def set_failure(scene: Scene, record: Any) -> Any:
    """Return the record with the status FAILURE."""
    record.set_status(scene.library.DiffSyncStatus.FAILURE, "so-so")
    return record


def set_error(scene: Scene, record: Any) -> Any:
    """Return the record with the status ERROR."""
    record.set_status(scene.library.DiffSyncStatus.ERROR, "badly")
    return record


def set_message(scene: Scene, record: Any) -> Any:
    """Return the record with a message of its own."""
    record.set_status(scene.library.DiffSyncStatus.SUCCESS, "in the end")
    return record


def return_an_equal_one(_scene: Scene, record: Any) -> Any:
    """Return another record with the same values."""
    return type(record)(**record.dict(exclude={"adapter", "model_flags"}))


def return_one_of_a_subclass(_scene: Scene, record: Any) -> Any:
    """Return another record, of a class that no adapter knows, with methods of its own."""
    cls = type(record)
    own: dict[str, Any] = {"__module__": __name__, "get_status": lambda self: (cls.get_status(self)[0], "as one says")}
    return type("Special", (cls,), own)(**record.dict(exclude={"adapter", "model_flags"}))


def store_it(scene: Scene, record: Any) -> Any:
    """Add the record to the adapter."""
    scene.dest.store.update(obj=record)
    return record


def remove_it(scene: Scene, record: Any) -> Any:
    """Take the record out of the adapter."""
    if scene.dest.get_or_none(record.get_type(), record.name) is not None:
        scene.dest.remove(record)
    return record


def replace_it(scene: Scene, record: Any) -> Any:
    """Store another record in its place."""
    scene.dest.store.update(obj=return_an_equal_one(scene, record))
    return record


def link_it(scene: Scene, record: Any) -> Any:
    """Add the record to the children of its parent."""
    parent = scene.parent_of(record)
    if parent is not None and record.name not in parent.devices:
        parent.add_child(record)
    return record


def unlink_it(scene: Scene, record: Any) -> Any:
    """Take the record out of the children of its parent."""
    parent = scene.parent_of(record)
    if parent is not None and record.name in parent.devices:
        parent.remove_child(record)
    return record


def remove_others(scene: Scene, record: Any) -> Any:
    """Take all other devices out of the adapter."""
    for device in scene.dest.get_all("device"):
        if device is not record:
            scene.dest.remove(device)
    return record


def store_others(scene: Scene, record: Any) -> Any:
    """Add all devices that the source has before the sync comes to them."""
    for device in scene.source.get_all("device"):
        if scene.dest.get_or_none("device", device.name) is None and device.name != record.name:
            scene.dest.add(scene.lab.Device(name=device.name))
    return record


def replace_methods(scene: Scene, record: Any) -> Any:
    """Have the rest of the sync call other methods of the model classes."""
    for cls, name in (
        (scene.lab.Site, "add_child"),
        (scene.lab.Site, "remove_child"),
        (scene.lab.Device, "get_status"),
    ):
        setattr(cls, name, noting(scene.lab.calls, name, getattr(cls, name)))
    return record


def replace_update(scene: Scene, record: Any) -> Any:
    """Have the rest of the sync call another `update`."""
    device: Any = scene.lab.Device
    device.update = noting(scene.lab.calls, "another update", device.update)
    return record


def flag_all(scene: Scene, record: Any) -> Any:
    """Have records that are still to be deleted take their children with them."""
    for site in scene.dest.get_all("site"):
        site.model_flags = scene.library.DiffSyncModelFlags.SKIP_CHILDREN_ON_DELETE
    return record


def noting(calls: list[Any], name: str, method: Any) -> Callable[..., Any]:
    """Return a function that notes its call and calls the method."""

    def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
        if name != "get_status":  # diffsync asks for it once more often
            calls.append((name, self.name, [str(arg) for arg in args]))
        return method(self, *args, **kwargs)

    return noted


BEHAVIOURS = [
    *(return_nothing, fail, break_down, set_failure, set_error, set_message),
    *(return_an_equal_one, return_one_of_a_subclass),
    *(store_it, remove_it, replace_it, link_it, unlink_it, remove_others, store_others),
    *(replace_methods, replace_update, flag_all),
]


# Where a record's place in the store is taken, diffsync leaves its parent with a child that is not stored.
DEVIATING = {(("create", "o1"), replace_it), (("create", "r3"), replace_it)}


@pytest.mark.parametrize(
    ("victim", "behaviour"),
    [
        pytest.param(victim, behaviour, id=f"{'-'.join(victim)}-{behaviour.__name__}")
        for victim in VICTIMS
        for behaviour in BEHAVIOURS
        if (victim, behaviour) not in DEVIATING
    ],
)
def test_a_method_that_does_something_else(
    fastdiffsync: Any, victim: tuple[str, str], behaviour: Callable[[Scene, Any], Any]
) -> None:
    """Calls, contents, statuses, log and error are those of diffsync, with and without CONTINUE_ON_FAILURE."""

    def program(library: Any) -> Any:
        return Scene(library).run(victim, behaviour), Scene(library).run(victim, behaviour, "CONTINUE_ON_FAILURE")

    assert victim in both(fastdiffsync, program)[0][1]


@pytest.mark.parametrize("victim", [("create", "o1"), ("create", "r3")], ids="-".join)
def test_a_place_that_is_taken(fastdiffsync: Any, victim: tuple[str, str]) -> None:
    """A record whose place in the store has been taken meanwhile ends the sync; its parent does not list it."""
    scene = Scene(fastdiffsync)
    error, calls, _, _, _, _, lists = scene.run(victim, replace_it)
    assert error[:2] == ("ObjectAlreadyExists", f"Object {victim[1]} already present")
    assert calls[-1] == victim
    assert all(victim[1] not in devices for _, devices in lists)


def test_records_that_are_looked_at_while_they_change(fastdiffsync: Any) -> None:
    """What a method sees of its own record, its parent and the store is what it sees with diffsync."""

    def program(library: Any) -> Any:
        seen: list[Any] = []

        def look(scene: Scene, record: Any) -> Any:
            parent = scene.parent_of(record)
            devices = None if parent is None else list(parent.devices)
            stored = [str(device) for device in scene.dest.get_all("device")]
            seen.append((str(record), devices, stored, *map(str, record.get_status())))
            return record

        scene = Scene(library)
        for victim in VICTIMS[1:]:
            scene.lab.failures[victim] = lambda record: look(scene, record)
        outcome = scene.run(VICTIMS[0], look)
        return outcome, seen

    assert len(both(fastdiffsync, program)[1]) == len(VICTIMS)


def test_an_update_sees_the_status_unknown(fastdiffsync: Any) -> None:
    """Before `update` and `delete` begin, the status of the record is UNKNOWN."""

    def program(library: Any) -> Any:
        seen: list[Any] = []
        scene = Scene(library)

        class Device(scene.lab.Device):  # type: ignore[misc,name-defined]
            def update(self, attrs: Any) -> Any:
                seen.append((self.name, *map(str, self.get_status()), attrs))
                attrs["mtu"] += 1
                return super().update(attrs)

            def delete(self) -> Any:
                seen.append((self.name, *map(str, self.get_status())))
                return super().delete()

        for adapter in (scene.source, scene.dest):
            adapter.device = Device
            for device in adapter.get_all("device"):
                adapter.store.update(obj=Device(name=device.name, mtu=device.mtu))
        scene.lab.sync(scene.source, scene.dest)
        diff = scene.dest.diff_from(scene.source)
        return seen, scene.lab.contents(scene.dest), diff.summary()

    assert both(fastdiffsync, program)[0][0][1] == "DiffSyncStatus.UNKNOWN"


UPDATES = {
    "none": {},
    "one": {"mtu": 2},
    "all": {"mtu": 2, "tags": ["x"], "role": "leaf"},
    "in another order": {"role": "leaf", "mtu": 2},
    "one that is compared with nothing": {"rack": 4},
    "and one that is compared with nothing": {"mtu": 2, "rack": 4},
    "a child list": {"ports": ["p1"]},
    "an identifier": {"name": "r2"},
    "an unknown one": {"mtu": 2, "rak": 4},
    "flags": {"model_flags": 3},
}


@pytest.mark.parametrize("attrs", UPDATES.values(), ids=UPDATES)
@pytest.mark.parametrize("overridden", ["", "set_status", "__setattr__"])
def test_what_an_update_is_given(fastdiffsync: Any, attrs: dict[str, Any], overridden: str) -> None:
    """`update_base` sets attributes, other fields and identifiers, by methods of a user's if there are any."""

    def program(library: Any) -> Any:
        calls: list[Any] = []

        class Device(library.DiffSyncModel):
            _modelname = "device"
            _identifiers = ("name",)
            _attributes = ("mtu", "tags", "role")
            _children = {"port": "ports"}  # noqa: RUF012
            name: str
            mtu: int = 1
            tags: list[str] = []  # noqa: RUF012
            role: str = "spine"
            rack: int = 0
            ports: list[str] = []  # noqa: RUF012

        if overridden:
            method = getattr(Device, overridden)

            def noted(self: Any, *args: Any, **options: Any) -> None:
                calls.append([str(arg) for arg in args if not str(arg).startswith("_")])
                method(self, *args, **options)

            setattr(Device, overridden, noted)
        device = Device(name="r1")
        given = {**attrs, "model_flags": library.DiffSyncModelFlags(3)} if "model_flags" in attrs else attrs
        try:
            returned = device.update_base(attrs=given) is device
        except ValueError:
            # The library takes back what has been set before.
            return "refused"
        values = {name: getattr(device, name) for name in ("mtu", "tags", "role", "rack", "ports")}
        status = tuple(map(str, device.get_status()))
        noted_calls = [call for call in calls if "UNKNOWN" not in str(call)] if overridden != "__setattr__" else []
        return returned, values, device.model_flags.value, device.get_identifiers(), status, noted_calls

    both(fastdiffsync, program)


def test_an_update_takes_a_value_as_it_is(fastdiffsync: Any) -> None:
    """A list that is given to `update_base` is the record's from then on, and is seen by the collector."""
    device = Scene(fastdiffsync).dest.get("device", "r1")
    values = [device]
    device.update_base({"mtu": values})
    assert device.mtu is values
    assert gc.is_tracked(device)
