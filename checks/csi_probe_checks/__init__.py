"""The built-in checks, in the order in which the report shows them: what others rest on comes first."""

from __future__ import annotations

from csi_probe_checks import (
    access,
    dataset,
    driver,
    driver_file,
    driver_ssh,
    iscsi,
    nfs,
    node,
    node_storage,
    nvmeof,
    pool,
    scope,
    smb,
    ssh,
    storageclass,
    truenas,
)

CHECKS = (
    *scope.CHECKS,
    *truenas.CHECKS,
    *driver_file.CHECKS,
    *driver.CHECKS,
    *driver_ssh.CHECKS,
    *storageclass.CHECKS,
    *pool.CHECKS,
    *dataset.CHECKS,
    *nfs.CHECKS,
    *smb.CHECKS,
    *ssh.CHECKS,
    *iscsi.CHECKS,
    *nvmeof.CHECKS,
    *node.CHECKS,
    *node_storage.CHECKS,
    *access.CHECKS,
)
