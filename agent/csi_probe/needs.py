"""What each CSI driver takes from the NAS and from the node's host: facts about the drivers, as data.

Sources: democratic-csi charts templates/node.yaml and docker/iscsiadm; truenas-csi deploy manifests and apiversion.go;
tns-csi charts and docs; scale-csi charts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "broken", "unknown"]

_HOST_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A CSI driver's needs.

    `path`: where it looks for the host's iscsiadm and multipath. `mounts_nfs_itself`: mount.nfs comes in its image, so
    the host needs nfs-common only for NFSv3's rpc.statd. `min_version`: the oldest TrueNAS it works with.
    `etc_iscsi_must_exist`: it mounts /etc/iscsi from the host as hostPath type Directory. `parents_may_nest`: parents
    of volumes and of detached snapshots may lie inside each other; democratic-csi refuses to start with such.
    """

    name: str
    path: str = _HOST_PATH
    mounts_nfs_itself: bool = True
    min_version: tuple[int, int] | None = None
    etc_iscsi_must_exist: bool = True
    parents_may_nest: bool = False


@dataclass(frozen=True, slots=True)
class Fit:
    """How a driver gets on with a TrueNAS. `wanted`: what would fit this TrueNAS, in words."""

    verdict: Verdict
    why: str
    wanted: str


DRIVERS = {
    driver.name: driver
    for driver in (
        Driver(name="democratic-csi"),
        Driver(name="truenas-csi", path=f"/usr/local/sbin:{_HOST_PATH}", min_version=(25, 10), parents_may_nest=True),
        Driver(name="tns-csi", min_version=(25, 10), etc_iscsi_must_exist=False, parents_may_nest=True),
        Driver(name="scale-csi", min_version=(25, 4), parents_may_nest=True),
        Driver(name="other", mounts_nfs_itself=False),
    )
}


def combined(drivers: Sequence[Driver]) -> Driver:
    """What several drivers on the same nodes need together."""
    return Driver(
        name=", ".join(dict.fromkeys(driver.name for driver in drivers)),
        path=drivers[0].path,
        mounts_nfs_itself=all(driver.mounts_nfs_itself for driver in drivers),
        etc_iscsi_must_exist=any(driver.etc_iscsi_must_exist for driver in drivers),
    )
