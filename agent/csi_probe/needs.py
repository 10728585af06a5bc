"""What each CSI driver takes from the NAS and from the node's host: facts about the drivers, as data.

Sources: democratic-csi charts templates/node.yaml, and docker/iscsiadm and docker/multipath of its branches master and
next; truenas-csi deploy manifests and apiversion.go; tns-csi charts, docs and node_iscsi.go (nsenter with the PATH of
the Alpine image); scale-csi charts, docker/iscsiadm and docker/nvme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "broken", "unknown"]

ANY_NFS = "any"  # among NFS versions: whatever mount.nfs and the NAS agree on, down to 3
ETC_ISCSI = "/etc/iscsi"
_HOST_PATH = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A CSI driver's needs.

    `path`: the folders in which it looks for the host's tools. `newer_path`: those in which only images of
    democratic-csi's branch next look too. `nvme_on_host`: nvme is one of these tools; the others bring it in their
    image. `mounts_nfs_itself`: mount.nfs comes in its image, so the host needs nfs-common only for NFSv3's rpc.statd.
    `min_version`: the oldest TrueNAS it works with.
    `etc_iscsi_must_exist`: it mounts /etc/iscsi from the host as hostPath type Directory. `parents_may_nest`: parents
    of volumes and of detached snapshots may lie inside each other; democratic-csi refuses to start with such.
    `iscsi_directory`, `iscsiadm`: what of the host it takes in the place of /etc/iscsi and of the iscsiadm on `path`.
    """

    name: str
    path: tuple[str, ...] = _HOST_PATH
    newer_path: tuple[str, ...] = ()
    nvme_on_host: bool = False
    mounts_nfs_itself: bool = True
    min_version: tuple[int, int] | None = None
    etc_iscsi_must_exist: bool = True
    parents_may_nest: bool = False
    iscsi_directory: str = ETC_ISCSI
    iscsiadm: str = ""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a driver gets on with a TrueNAS. `wanted`: what would fit this TrueNAS, in words.

    `differs`: the image can be of several generations, which get on with it differently.
    """

    verdict: Verdict
    why: str
    wanted: str
    differs: bool = False


DRIVERS = {
    driver.name: driver
    for driver in (
        Driver(
            name="democratic-csi",
            newer_path=("/usr/local/sbin", "/usr/local/bin", "/run/current-system/sw/bin"),
        ),
        Driver(name="truenas-csi", path=(*_HOST_PATH, "/usr/local/sbin"), min_version=(25, 10), parents_may_nest=True),
        Driver(
            name="tns-csi",
            path=(*_HOST_PATH, "/usr/local/sbin", "/usr/local/bin"),
            min_version=(25, 10),
            etc_iscsi_must_exist=False,
            parents_may_nest=True,
        ),
        Driver(
            name="scale-csi",
            path=(*_HOST_PATH, "/usr/local/sbin"),
            nvme_on_host=True,
            min_version=(25, 4),
            parents_may_nest=True,
        ),
        Driver(name="other", mounts_nfs_itself=False),
    )
}


def combined(drivers: Sequence[Driver]) -> Driver:
    """What several drivers on the same nodes need together: a tool has to be where every one of them looks."""
    first = drivers[0]
    path = tuple(one for one in first.path if all(one in driver.path for driver in drivers))
    common = (one for one in _folders(first) if all(one in _folders(driver) for driver in drivers))
    return Driver(
        name=", ".join(dict.fromkeys(driver.name for driver in drivers)),
        path=path,
        newer_path=tuple(one for one in common if one not in path),
        nvme_on_host=any(driver.nvme_on_host for driver in drivers),
        mounts_nfs_itself=all(driver.mounts_nfs_itself for driver in drivers),
        etc_iscsi_must_exist=any(driver.etc_iscsi_must_exist for driver in drivers),
        iscsi_directory=next((one.iscsi_directory for one in drivers if one.iscsi_directory != ETC_ISCSI), ETC_ISCSI),
        iscsiadm=first.iscsiadm if all(driver.iscsiadm for driver in drivers) else "",
    )


def search_path(drivers: Sequence[Driver]) -> str:
    """The PATH with which a node is asked for tools: every folder in which one of the drivers looks.

    The folders in which all of them look come first, so that a tool is found there wherever else it is.
    """
    best = _folders(combined(drivers))
    return ":".join(dict.fromkeys((*best, *(one for driver in drivers for one in _folders(driver)))))


def _folders(driver: Driver) -> tuple[str, ...]:
    return (*driver.path, *driver.newer_path)
