"""The nodes as subjects, and all of them together."""

from __future__ import annotations

from collections.abc import Iterator

from csi_probe.config import Config
from csi_probe.facts import Fact, Known, Missing
from csi_probe.snapshot import Fleet, Node
from csi_probe.subjects.seen import Seen


def nodes(config: Config, seen: Seen) -> Iterator[Node | Fleet]:
    """[[nodes]] beside their answers, with what driver, NFS and iSCSI want of them."""
    clock = seen.nas.clock if seen.nas else Missing("no NAS was asked")
    for node in config.nodes:
        if interview := seen.nodes.get(node.name):
            yield Node(
                name=node.name,
                driver=config.needs,
                nfs_versions=config.nfs.versions if config.nfs else (),
                iscsi=config.iscsi is not None,
                multipath=config.iscsi is not None and len(config.iscsi.portals) > 1,
                max_clock_skew=config.max_clock_skew,
                login=interview.login,
                answers=interview.answers,
                reference="the NAS" if isinstance(clock, Known) else "the probe",
                reference_clock=clock.value if isinstance(clock, Known) else 0.0,
            )
    if config.nodes and config.iscsi:
        yield Fleet(initiator_names={node.name: initiator_name(seen, node.name) for node in config.nodes})


def initiator_name(seen: Seen, node: str) -> Fact[str]:
    """The node's InitiatorName; blocked by the check of that name where the node has none."""
    asked = seen.nodes.get(node)
    if asked is None:
        return Missing("the node was not asked")
    name = asked.answers.initiator_name
    if isinstance(name, Missing):
        return name
    return Known(name.value) if name.value else Missing("no InitiatorName", blocked_by="node.initiator-name")
