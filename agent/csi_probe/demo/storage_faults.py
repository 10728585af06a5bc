"""Breaks in pools, datasets and NFS."""

from __future__ import annotations

from csi_probe.demo.array import Array
from csi_probe.demo.breaks import Break
from csi_probe.demo.eras import Era
from csi_probe.demo.rows import POOL, TIB

_NFS_PARENT, _ISCSI_PARENT = "tank/k8s/nfs", "tank/k8s/iscsi"


def _pool_degraded(array: Array) -> None:
    detail = "One or more devices has been removed by the administrator."
    array.change("pool.query", {"name": POOL}, status="DEGRADED", healthy=False, status_detail=detail)


def _pool_full(array: Array) -> None:
    row = array.row("pool.query", name=POOL)
    size, allocated = 8 * TIB, 8 * TIB * 97 // 100
    row["topology"]["data"][0]["stats"] |= {"allocated": allocated}
    if array.era is not Era.CORE_13:
        row |= {"allocated": allocated, "free": size - allocated}
    for dataset in array.rows("pool.dataset.query"):
        dataset["available"]["parsed"] = 40 * 1024**3


def _pool_missing(array: Array) -> None:
    array.drop("pool.query", name=POOL)
    array.drop("pool.dataset.query", pool=POOL)


def _dataset_locked(array: Array) -> None:
    array.change("pool.dataset.query", {"id": _NFS_PARENT}, encrypted=True, encryption_root=_NFS_PARENT, locked=True)


def _dataset_readonly(array: Array) -> None:
    array.row("pool.dataset.query", id=_NFS_PARENT)["readonly"] |= {"parsed": True, "rawvalue": "on", "value": "ON"}


def _dataset_quota(array: Array) -> None:
    row = array.row("pool.dataset.query", id=_NFS_PARENT)
    row["quota"]["parsed"] = row["used"]["parsed"]
    row["available"]["parsed"] = 0


def _parent_is_zvol(array: Array) -> None:
    array.change("pool.dataset.query", {"id": _ISCSI_PARENT}, type="VOLUME", mountpoint=None)


def _nfs_stopped(array: Array) -> None:
    array.change("service.query", {"service": "nfs"}, state="STOPPED", pids=[])


def _nfs_not_at_boot(array: Array) -> None:
    array.change("service.query", {"service": "nfs"}, enable=False)


def _nfs_v4_off(array: Array) -> None:
    off = {"v4": False} if array.era is Era.CORE_13 else {"protocols": ["NFSV3"]}
    array.change("nfs.config", {}, **off)


def _nfs_bound_elsewhere(array: Array) -> None:
    array.change("nfs.config", {}, bindip=["198.51.100.10"])


def _share_excludes_nodes(array: Array) -> None:
    array.change("sharing.nfs.query", {"id": 7}, networks=["203.0.113.0/24"])


STORAGE_BREAKS = (
    Break("pool-degraded", "The pool has lost a disk.", _pool_degraded),
    Break("pool-full", "The pool is 97 % full.", _pool_full),
    Break("pool-missing", "The pool is not imported.", _pool_missing),
    Break("dataset-locked", "The dataset for volumes is encrypted and locked.", _dataset_locked),
    Break("dataset-readonly", "The dataset for volumes is read-only.", _dataset_readonly),
    Break("dataset-quota", "The quota of the dataset for volumes is used up.", _dataset_quota),
    Break("parent-is-zvol", "A zvol stands where the dataset for zvols should be.", _parent_is_zvol),
)
NFS_BREAKS = (
    Break("nfs-stopped", "The NFS service is stopped.", _nfs_stopped),
    Break("nfs-not-at-boot", "The NFS service will not start at the next boot.", _nfs_not_at_boot),
    Break("nfs-v4-off", "NFSv4 is switched off.", _nfs_v4_off),
    Break("nfs-bound-elsewhere", "NFS listens on another address than nodes mount from.", _nfs_bound_elsewhere),
    Break("share-excludes-nodes", "An NFS share's networks leave the nodes out.", _share_excludes_nodes),
)
