"""The run itself: a verdict says nothing about what the config does not name."""

from __future__ import annotations

from csi_probe.check import check
from csi_probe.finding import Finding, ok, unknown, warn
from csi_probe.snapshot import Scope
from csi_probe_checks.words import listing


@check(Scope, "scope.nodes", "the run looks at nodes")
def nodes(scope: Scope) -> Finding:
    """Whether the config names at least one Kubernetes node.

    Half of what goes wrong is on the nodes: without one, ready means that the array is.

    Add [[nodes]] to the config, or run the probe on a node with local = true.
    """
    if not scope.nodes:
        return warn(
            "no node is named", "at least one node", "add [[nodes]] to config.toml: what is not asked is not known"
        )
    return ok(f"{scope.nodes} of them")


@check(Scope, "scope.storage", "the run knows what it is to judge")
def storage(scope: Scope) -> Finding:
    """Whether the config or a driver's own config wants NFS, iSCSI, SMB or NVMe-oF.

    Without it no service, no portal and no node's client is judged, and nothing could be called ready.

    Add [nfs] or [iscsi] to the config, or give the driver's own config with --driver.
    """
    if not scope.storage:
        fix = "add [nfs] or [iscsi] to config.toml, or name the driver's own config with --driver"
        return unknown("neither NFS nor iSCSI is wanted", "at least one", fix)
    return ok(listing(scope.storage))


CHECKS = (nodes, storage)
