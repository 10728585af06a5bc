"""What each CSI driver takes from the NAS and from the node's host: facts about the drivers, as data.

Sources: democratic-csi charts templates/node.yaml and docker/iscsiadm; truenas-csi deploy manifests and apiversion.go;
tns-csi charts and docs; scale-csi charts.
"""

from __future__ import annotations

from dataclasses import dataclass

_HOST_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A CSI driver's needs.

    `path`: where it looks for the host's iscsiadm and multipath. `mounts_nfs_itself`: mount.nfs comes in its image, so
    the host needs nfs-common only for NFSv3's rpc.statd. `min_version`: the oldest TrueNAS it works with.
    `etc_iscsi_must_exist`: it mounts /etc/iscsi from the host as hostPath type Directory.
    """

    name: str
    path: str = _HOST_PATH
    mounts_nfs_itself: bool = True
    min_version: tuple[int, int] | None = None
    etc_iscsi_must_exist: bool = True


DRIVERS = {
    driver.name: driver
    for driver in (
        Driver(name="democratic-csi"),
        Driver(name="truenas-csi", path=f"/usr/local/sbin:{_HOST_PATH}", min_version=(25, 10)),
        Driver(name="tns-csi", min_version=(25, 10), etc_iscsi_must_exist=False),
        Driver(name="scale-csi", min_version=(25, 4)),
        Driver(name="other", mounts_nfs_itself=False),
    )
}
