"""The checks of parent datasets."""

from __future__ import annotations

import pytest

import lab
from csi_probe.facts import Known, Missing
from csi_probe.finding import Status
from csi_probe_checks import dataset

NOT_YET = Known(None)
PARENT = lab.dataset_entry(name="tank")
OF_NEAREST = (dataset.filesystem, dataset.unlocked, dataset.writable, dataset.space, dataset.own_quota)


def test_a_missing_dataset_is_fine_where_the_driver_creates_it():
    row = lab.judge(dataset.exists, lab.dataset(entry=NOT_YET, nearest=PARENT))
    assert (row.status, row.seen) == (Status.OK, "not yet; the driver creates it below tank")


def test_a_missing_dataset_fails_where_the_driver_does_not_create_it():
    absent = Missing("there is no dataset", blocked_by="dataset.exists")
    gone = lab.dataset(entry=NOT_YET, nearest=absent, created_by_driver=False)
    row = lab.judge(dataset.exists, gone)
    assert (row.status, row.seen) == (Status.FAIL, "there is no dataset tank/k8s/nfs")
    assert "Add Dataset > tank/k8s/nfs" in row.fix
    for check in OF_NEAREST:
        assert lab.judge(check, gone).blocked_by == "dataset.exists"


def test_a_missing_dataset_is_blocked_by_its_missing_pool():
    no_pool = Missing("there is no pool tank", blocked_by="pool.exists")
    row = lab.judge(dataset.exists, lab.dataset(entry=NOT_YET, nearest=no_pool))
    assert (row.status, row.blocked_by) == (Status.SKIP, "pool.exists")


@pytest.mark.parametrize("check", [dataset.exists, *OF_NEAREST], ids=lambda check: check.id)
def test_a_dataset_that_could_not_be_asked_for_is_unknown(check):
    assert lab.judge(check, lab.dataset(entry=lab.LOST, nearest=lab.LOST)).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("check", "field"),
    [
        (dataset.filesystem, "type"),
        (dataset.unlocked, "locked"),
        (dataset.writable, "readonly"),
        (dataset.space, "available"),
        (dataset.own_quota, "quota"),
        (dataset.detached_unencrypted, "encrypted"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_field_that_was_not_sent_is_unknown(check, field):
    nearest = lab.dataset_entry(**{field: Missing(f"no field {field}")})
    row = lab.judge(check, lab.dataset(nearest=nearest))
    assert (row.status, row.seen) == (Status.UNKNOWN, f"no field {field}")


@pytest.mark.parametrize(
    ("check", "broken", "seen", "fix"),
    [
        (dataset.filesystem, {"type": "VOLUME"}, "tank is a VOLUME", "name a parent dataset of type Filesystem"),
        (
            dataset.unlocked,
            {"locked": True, "encrypted": True},
            "tank is locked",
            "unlock it: Datasets > tank > Unlock",
        ),
        (dataset.writable, {"readonly": True}, "readonly is on for tank", "set Read-only to OFF on tank"),
    ],
    ids=["a zvol", "locked", "read-only"],
)
def test_what_a_new_dataset_would_inherit_fails_by_the_name_of_the_ancestor(check, broken, seen, fix):
    inherited = lab.dataset(entry=NOT_YET, nearest=lab.dataset_entry(name="tank", **broken))
    row = lab.judge(check, inherited)
    assert (row.status, row.seen) == (Status.FAIL, seen)
    assert fix in row.fix


@pytest.mark.parametrize(
    ("replicated", "encrypted", "status"),
    [(True, True, Status.WARN), (True, False, Status.OK), (False, True, Status.SKIP)],
)
def test_encryption_stands_in_the_way_of_detached_snapshots_only(replicated, encrypted, status):
    nearest = lab.dataset_entry(name="tank", encrypted=encrypted)
    row = lab.judge(dataset.detached_unencrypted, lab.dataset(replicated=replicated, nearest=nearest))
    assert row.status is status
    assert (row.seen == "tank is encrypted") is (status is Status.WARN)


def test_an_encrypted_dataset_that_is_unlocked_is_fine():
    assert lab.judge(dataset.unlocked, lab.dataset(nearest=lab.dataset_entry(encrypted=True))).status is Status.OK


@pytest.mark.parametrize(
    ("available", "quota", "status", "seen", "fix"),
    [
        (lab.GIB, 0, Status.OK, "1 GiB free", ""),
        (lab.GIB - 1, 0, Status.FAIL, "1024 MiB free", "free space in the pool, or add disks"),
        (0, 5 * lab.GIB, Status.FAIL, "0 B free under a quota of 5 GiB", "raise the quota of tank/k8s/nfs"),
    ],
    ids=["enough", "a byte less", "quota"],
)
def test_space_is_held_against_min_free(available, quota, status, seen, fix):
    nearest = lab.dataset_entry(available=available, quota=quota)
    row = lab.judge(dataset.space, lab.dataset(nearest=nearest))
    assert (row.status, row.seen, row.wanted) == (status, seen, "1 GiB or more")
    assert row.fix.startswith(fix)


@pytest.mark.parametrize(
    ("used", "status", "seen"),
    [
        (0, Status.OK, "0 % of the quota of 100 GiB is used"),
        (80, Status.OK, "80 % of the quota of 100 GiB is used"),
        (81, Status.WARN, "81 % of the quota of 100 GiB is used"),
    ],
)
def test_a_quota_warns_before_it_is_reached(used, status, seen):
    nearest = lab.dataset_entry(quota=100 * lab.GIB, used=used * lab.GIB)
    row = lab.judge(dataset.own_quota, lab.dataset(nearest=nearest))
    assert (row.status, row.seen) == (status, seen)
    assert ("raise the quota of tank/k8s/nfs" in row.fix) is (status is Status.WARN)


def test_parents_that_nest_fail():
    row = lab.judge(dataset.apart, lab.dataset(overlaps=("tank/k8s", "tank/k8s/nfs/snapshots")))
    assert row.status is Status.FAIL
    assert row.seen == "tank/k8s/nfs nests with tank/k8s, tank/k8s/nfs/snapshots"
    assert "side by side" in row.fix


def test_the_path_of_a_zvol_counts_folder_parent_and_volume():
    name = "tank/" + "x" * 204  # zvol/ + 209 + / + 40 = 255
    zvols = lab.dataset(name=name, zvols=True)
    row = lab.judge(dataset.zvol_path, zvols)
    assert (row.status, row.seen) == (Status.OK, "255 characters with volume names of 40")
    too_long = lab.judge(dataset.zvol_path, lab.dataset(name=f"{name}x", zvols=True))
    assert (too_long.status, too_long.wanted) == (Status.FAIL, "255 or fewer")
    assert "use a parent of at most 209 characters" in too_long.fix


def test_the_path_of_a_zvol_has_less_room_on_old_freebsd():
    row = lab.judge(dataset.zvol_path, lab.dataset(name="tank/k8s/iscsi/volumes", zvols=True, zvol_path_max=63))
    assert (row.status, row.wanted) == (Status.FAIL, "63 or fewer")
    assert "at most 17 characters" in row.fix


def test_the_path_of_a_zvol_matters_to_zvols_only():
    filesystems = lab.dataset(name="x" * 300, zvol_path_max=lab.LOST)
    assert lab.judge(dataset.zvol_path, filesystems).status is Status.SKIP
    assert lab.judge(dataset.zvol_path, lab.dataset(zvols=True, zvol_path_max=lab.LOST)).status is Status.UNKNOWN
