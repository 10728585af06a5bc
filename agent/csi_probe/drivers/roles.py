"""The TrueNAS roles with which a driver's key can do all that the driver does (25.04 and later), as data.

Sources: middlewared role.py (over REST none but FULL_ADMIN is admitted; deleting datasets and snapshots takes roles of
its own, which no _WRITE role includes); truenas-csi#12 (with SHARING_ADMIN volumes are
created and cannot be deleted).
"""

from __future__ import annotations

from csi_probe.drivers.deployment import Deployment

_NO_REST = (26, 0)
_EVERY_VOLUME = ("DATASET_WRITE", "DATASET_DELETE", "SNAPSHOT_WRITE", "SNAPSHOT_DELETE")
_BY_PROTOCOL = {
    "nfs": "SHARING_NFS_WRITE",
    "iscsi": "SHARING_ISCSI_WRITE",
    "smb": "SHARING_SMB_WRITE",
    "nvmeof": "SHARING_NVME_TARGET_WRITE",
}


def roles_wanted(deployment: Deployment, number: tuple[int, ...]) -> tuple[str, ...]:
    """The roles for a TrueNAS release such as (25, 10, 3); all of them are needed."""
    over_rest = deployment.driver == "democratic-csi" and number < _NO_REST
    if over_rest or deployment.driver == "truenas-csi":
        return ("FULL_ADMIN",)
    return (*_EVERY_VOLUME, *(_BY_PROTOCOL[protocol] for protocol in deployment.protocols))
