"""The built-in checks, in the order in which the report shows them: what others rest on comes first."""

from __future__ import annotations

from csi_probe_checks import access, dataset, iscsi, nfs, node, pool, truenas

CHECKS = (*truenas.CHECKS, *pool.CHECKS, *dataset.CHECKS, *nfs.CHECKS, *iscsi.CHECKS, *node.CHECKS, *access.CHECKS)
