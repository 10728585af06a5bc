"""The nodes as subjects, and all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csi_probe.config import Config
from csi_probe.facts import Fact, Known, Missing
from csi_probe.needs import combined
from csi_probe.snapshot import Fleet, Node
from csi_probe.subjects.seen import Seen


def nodes(wanted: Sequence[tuple[Config, Seen]]) -> Iterator[Node | Fleet]:
    """[[nodes]] beside their answers, with what all of `wanted` together need of them."""
    config, seen = wanted[0]
    everything = [want for want, _ in wanted]
    clock = seen.nas.clock if seen.nas else Missing("no NAS was asked")
    nfs = [want.nfs for want in everything if want.nfs]
    iscsi = [want.iscsi for want in everything if want.iscsi]
    protocols = {protocol for want in everything for protocol in want.protocols}
    for node in config.nodes:
        if interview := seen.nodes.get(node.name):
            yield Node(
                name=node.name,
                driver=combined([want.needs for want in everything[1:]] or [config.needs]),
                nfs_versions=tuple(dict.fromkeys(version for want in nfs for version in want.versions)),
                nfs_locks=any("3" in want.versions and want.locks for want in nfs),
                iscsi=bool(iscsi) or "iscsi" in protocols,
                multipath=any(want.over_several_paths for want in everything),
                smb="smb" in protocols,
                nvmeof="nvmeof" in protocols,
                max_clock_skew=config.max_clock_skew,
                login=interview.login,
                answers=interview.answers,
                reference="the NAS" if isinstance(clock, Known) else "the probe",
                reference_clock=clock.value if isinstance(clock, Known) else 0.0,
            )
    if config.nodes and (iscsi or "iscsi" in protocols):
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
