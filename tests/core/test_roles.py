"""The roles that a driver's key needs, by driver and release."""

from __future__ import annotations

import pytest

import lab
from csi_probe.drivers.roles import roles_wanted

WRITES = ("DATASET_WRITE", "DATASET_DELETE", "SNAPSHOT_WRITE", "SNAPSHOT_DELETE")


@pytest.mark.parametrize(
    ("driver", "release", "roles"),
    [
        ("democratic-csi", (25, 4, 2), ("FULL_ADMIN",)),
        ("democratic-csi", (25, 10, 3), ("FULL_ADMIN",)),
        ("democratic-csi", (26, 0), (*WRITES, "SHARING_ISCSI_WRITE")),
        ("truenas-csi", (26, 0), ("FULL_ADMIN",)),
        ("tns-csi", (25, 10), (*WRITES, "SHARING_ISCSI_WRITE")),
        ("scale-csi", (25, 4), (*WRITES, "SHARING_ISCSI_WRITE")),
    ],
)
def test_over_rest_and_to_delete_it_takes_full_admin(driver, release, roles):
    assert roles_wanted(lab.deployment(driver=driver), release) == roles


def test_every_protocol_adds_its_role():
    everything = lab.deployment(driver="tns-csi", protocols=("nfs", "iscsi", "smb", "nvmeof"))
    kinds = ("NFS", "ISCSI", "SMB", "NVME_TARGET")
    assert roles_wanted(everything, (25, 10)) == (*WRITES, *(f"SHARING_{kind}_WRITE" for kind in kinds))
