"""The StorageClasses beside a driver."""

from __future__ import annotations

from collections.abc import Iterator

from csi_probe.check import check
from csi_probe.finding import Finding
from csi_probe.problem import Rule
from csi_probe.snapshot import StorageClass
from csi_probe_checks.driver_file import of_problems


@check(StorageClass, "storageclass.fits", "the class fits its driver")
def fits(storage_class: StorageClass) -> Iterator[Finding]:
    """Whether provisioner, fsType and parameters of a StorageClass or VolumeSnapshotClass are the driver's.

    An NFS driver behind a class with fsType ext4 refuses every volume; an unknown parameter is ignored.

    Write the class as the row shows; classes cannot be changed, so delete it and create it anew.
    """
    problems = (problem for problem in storage_class.problems if problem.rule is not Rule.MOUNT)
    return of_problems(problems, str(storage_class.place))


@check(StorageClass, "storageclass.mounts", "the class's mount options work")
def mounts(storage_class: StorageClass) -> Iterator[Finding]:
    """Whether mountOptions clash with each other or with what the driver adds.

    mount refuses them, and the pod stays in ContainerCreating; XFS clones do not mount without nouuid.

    Write the options as the row shows.
    """
    return of_problems((problem for problem in storage_class.problems if problem.rule is Rule.MOUNT), "no clash")


CHECKS = (fits, mounts)
