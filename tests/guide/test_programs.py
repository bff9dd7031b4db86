"""Programs that compare two systems and make the one like the other, as users write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .network import FOUND, WANTED, System, adapter_class, classes, loaded, make, part

if TYPE_CHECKING:
    from pathlib import Path

CHANGES = {"create": 5, "update": 2, "delete": 4, "no-change": 1, "skip": 0}


def test_site_device_interface(library: Any) -> None:
    """Source and target are loaded, compared, and synced; the target's system is then what the source's is."""
    wanted, found = loaded(library)
    diff = found.diff_from(wanted)
    assert diff.summary() == CHANGES
    assert found.system.calls == []
    found.sync_from(wanted)
    assert found.system.sites == WANTED
    assert not found.diff_from(wanted).has_diffs()
    calls = found.system.calls
    assert (
        calls.index(("add", "paris"))
        < calls.index(("add", "paris", "p1"))
        < calls.index(("add", "paris", "p1", "eth0"))
    )


def test_a_file_that_is_saved_when_a_sync_is_complete(library: Any, tmp_path: Path) -> None:
    """An adapter on a file saves all that it has once a sync has changed something, and not if it has not."""
    path = tmp_path / "network.json"
    saved: list[tuple[int, dict[str, int]]] = []

    def sync_complete(self: Any, source: Any, diff: Any, flags: Any, logger: Any) -> None:
        assert source.name == "wanted"
        assert logger is not None
        assert flags == library_flags.NONE
        path.write_text(json.dumps(self.dict()), encoding="utf-8")
        saved.append((len(self), diff.summary()))

    library_flags = part(library, "enum").DiffSyncFlags
    wanted, found = loaded(library, sync_complete=sync_complete)
    found.sync_from(wanted)
    found.sync_from(wanted)
    assert saved == [(len(wanted), CHANGES)]
    read = json.loads(path.read_text(encoding="utf-8"))
    assert read["device"]["berlin__b1"]["interfaces"] == ["berlin__b1__eth0", "berlin__b1__eth1"]
    again = adapter_class(library)("again")
    again.load_from_dict(read)
    assert again.dict() == found.dict()


def test_going_on_after_failures(library: Any) -> None:
    """What fails is left as it was, with all below it; the rest is done, and statuses tell which is which."""
    exceptions = part(library, "exceptions")
    flags = part(library, "enum")
    models = classes(library)
    device = models["device"]

    class Careful(device):
        @classmethod
        def create(cls, adapter: Any, ids: dict[str, Any], attrs: dict[str, Any]) -> Any:
            try:
                return super().create(adapter, ids, attrs)
            except ConnectionError as error:
                raise exceptions.ObjectNotCreated(str(error)) from error

        def update(self, attrs: dict[str, Any]) -> Any:
            try:
                return super().update(attrs)
            except ConnectionError as error:
                self.set_status(flags.DiffSyncStatus.FAILURE, f"not changed: {error}")
                return self

    network = adapter_class(library, {**models, "device": Careful})
    wanted = make(network, System(WANTED), "wanted")
    found = make(network, System(FOUND, refused={"b1", "p1"}), "found")
    diff = found.sync_from(wanted, flags=flags.DiffSyncFlags.CONTINUE_ON_FAILURE)
    assert found.system.sites["paris"] == {}
    assert found.system.sites["berlin"]["b1"]["role"] == "leaf"
    assert found.get("device", "berlin__b1").get_status() == (
        flags.DiffSyncStatus.FAILURE,
        "not changed: b1 is locked",
    )
    seen: dict[str, str] = {}
    for element in diff.get_children():
        if element.action != "delete":
            seen.update(statuses_of(found, element, exceptions.ObjectNotFound))
    assert seen == {
        "site berlin": "UNKNOWN ",
        "device b1": "FAILURE not changed: b1 is locked",
        "interface eth0": "SUCCESS Updated successfully",
        "interface eth1": "SUCCESS Created successfully",
        "device b2": "SUCCESS Created successfully",
        "site paris": "SUCCESS Created successfully",
    }


def statuses_of(target: Any, element: Any, not_found: type[Exception]) -> dict[str, str]:
    """Return the status of every record below and including an element, those that are not there left out."""
    found = {}
    try:
        status, message = target.get(element.type, element.keys).get_status()
        found[f"{element.type} {element.name}"] = f"{status.name} {message}"
    except not_found:
        pass
    for child in element.get_children():
        if child.action != "delete":
            found.update(statuses_of(target, child, not_found))
    return found


def test_rolling_back(library: Any) -> None:
    """A model that cannot finish its change takes it back, and says so by status, message and exception."""
    exceptions = part(library, "exceptions")
    flags = part(library, "enum")
    models = classes(library)

    class Checked(models["interface"]):  # type: ignore[misc]
        def update(self, attrs: dict[str, Any]) -> Any:
            before = self.mtu
            super().update(attrs)
            if self.mtu > 8000:
                self.adapter.system.call("change", *self.get_identifiers().values(), mtu=before)
                self.mtu = before
                self.set_status(flags.DiffSyncStatus.ERROR, "frames are too large; rolled back")
                message = "mtu too large"
                raise exceptions.ObjectNotUpdated(message)
            return self

    network = adapter_class(library, {**models, "interface": Checked})
    wanted, found = make(network, System(WANTED), "wanted"), make(network, System(FOUND), "found")
    with pytest.raises(exceptions.ObjectNotUpdated, match="mtu too large"):
        found.sync_from(wanted)
    interface = found.get("interface", "berlin__b1__eth0")
    assert interface.mtu == found.system.sites["berlin"]["b1"]["ports"]["eth0"] == 1500
    assert interface.get_status() == (flags.DiffSyncStatus.ERROR, "frames are too large; rolled back")


def test_percentage(library: Any) -> None:
    """A callback shows how much is done, never less than before, and 100 % at the end of each stage."""
    wanted, found = loaded(library)
    shown: dict[str, list[int]] = {"diff": [], "sync": []}
    found.sync_from(wanted, callback=lambda stage, done, total: shown[stage].append(100 * done // total))
    for percentages in shown.values():
        assert percentages == sorted(percentages)
        assert percentages[-1] == 100


def test_reviewing_a_diff_and_then_applying_it(library: Any) -> None:
    """What has been reviewed is what is done, even if the source has moved on meanwhile."""
    wanted, found = loaded(library)
    diff = found.diff_from(wanted)
    reviewed = diff.str()
    assert "role    wanted(spine)    found(leaf)" in reviewed
    assert diff.dict()["site"]["rome"]["-"] == {}
    wanted.get("device", "berlin__b1").role = "border"
    assert found.sync_from(wanted, diff=diff) is diff
    assert found.system.sites == WANTED
    assert diff.str() == reviewed


@pytest.mark.parametrize(
    ("flag", "sites"),
    [
        ("SKIP_UNMATCHED_SRC", {"berlin"}),
        ("SKIP_UNMATCHED_DST", {"berlin", "paris", "rome"}),
        ("SKIP_UNMATCHED_BOTH", {"berlin", "rome"}),
        ("NONE", {"berlin", "paris"}),
    ],
)
def test_selective_sync_by_global_flags(library: Any, flag: str, sites: set[str]) -> None:
    """A global flag leaves out what only one side has: the rest is synced."""
    flags = part(library, "enum").DiffSyncFlags
    wanted, found = loaded(library)
    found.sync_from(wanted, flags=flags[flag])
    assert set(found.system.sites) == sites
    assert found.system.sites["berlin"]["b1"]["role"] == "spine"


@pytest.mark.parametrize(
    ("side", "record", "flag", "role", "sites", "removed"),
    [
        ("wanted", "device berlin__b1", "IGNORE", "leaf", {"berlin", "paris"}, ["rome", "r1", "eth0"]),
        ("wanted", "site paris", "SKIP_UNMATCHED_SRC", "spine", {"berlin"}, ["rome", "r1", "eth0"]),
        ("found", "site rome", "SKIP_UNMATCHED_DST", "spine", {"berlin", "paris", "rome"}, []),
        ("found", "site rome", "SKIP_CHILDREN_ON_DELETE", "spine", {"berlin", "paris"}, ["rome"]),
        ("found", "site rome", "NATURAL_DELETION_ORDER", "spine", {"berlin", "paris"}, ["r1", "eth0", "rome"]),
    ],
)
def test_selective_sync_by_the_flags_of_a_record(  # noqa: PLR0913, PLR0917 - one for each thing that a flag may change
    library: Any, side: str, record: str, flag: str, role: str, sites: set[str], removed: list[str]
) -> None:
    """A flag of one record changes what is done about it and what is below it, and nothing else."""
    wanted, found = loaded(library)
    marked = {"wanted": wanted, "found": found}[side].get(*record.split())
    marked.model_flags = part(library, "enum").DiffSyncModelFlags[flag]
    found.sync_from(wanted)
    assert found.system.sites["berlin"]["b1"]["role"] == role
    assert set(found.system.sites) == {site.name for site in found.get_all("site")} == sites
    assert [call[-1] for call in found.system.calls if call[:2] == ("remove", "rome")] == removed


def test_both_ways_in_turn(library: Any) -> None:
    """What only the one has goes to the other, and then the other way round; after that both have everything."""
    flags = part(library, "enum").DiffSyncFlags
    wanted, found = loaded(library)
    found.sync_from(wanted, flags=flags.SKIP_UNMATCHED_DST)
    assert set(found.system.sites) == {"berlin", "paris", "rome"}
    found.sync_to(wanted)
    assert wanted.system.sites == found.system.sites
    assert set(wanted.system.sites) == {"berlin", "paris", "rome"}
    assert not wanted.diff_to(found).has_diffs()


def test_the_names_that_programs_import(kernel: str, fastdiffsync: Any) -> None:
    """The names of the guide's first lines are there."""
    from fastdiffsync import Adapter, DiffSyncFlags, DiffSyncModel, DiffSyncStatus  # noqa: PLC0415

    assert fastdiffsync.is_compiled() == (kernel == "c")
    assert {cls.__name__ for cls in (Adapter, DiffSyncModel, DiffSyncFlags, DiffSyncStatus)} == {
        "Adapter",
        "DiffSyncModel",
        "DiffSyncFlags",
        "DiffSyncStatus",
    }
