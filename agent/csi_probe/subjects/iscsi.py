"""iSCSI as subjects: service, portals, initiator groups (and each node before them), CHAP users and targets."""

from __future__ import annotations

from collections.abc import Iterator

from csi_probe.config import Config, IscsiWant, PortalWant
from csi_probe.entries import PortalEntry
from csi_probe.facts import Fact, Missing, pick
from csi_probe.snapshot import AuthGroup, InitiatorGroup, Iscsi, IscsiAccess, Portal, Target
from csi_probe.subjects.node import initiator_name
from csi_probe.subjects.seen import Seen
from csi_probe.truenas import questions as ask
from csi_probe.truenas.interview import Answers

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  (compared, not bound)

Subject = Iscsi | Portal | InitiatorGroup | IscsiAccess | AuthGroup | Target


def iscsi(config: Config, want: IscsiWant, seen: Seen) -> Iterator[Subject]:
    """[iscsi] beside the array's objects."""
    yield Iscsi(service=seen.service("iscsitarget"), config=seen.answers.to(ask.ISCSI_CONFIG))
    for portal in want.portals:
        yield _portal(portal, seen)
    if want.initiator_group is not None:
        yield from _initiators(config, want.initiator_group, seen)
    if want.auth_tag is not None:
        mutual = want.auth == "mutual-chap"
        yield AuthGroup(tag=want.auth_tag, mutual=mutual, entries=seen.answers.to(ask.AUTHS))
    for name in want.targets:
        yield _target(want, name, seen.answers)


def _portal(want: PortalWant, seen: Seen) -> Portal:
    portals = seen.answers.to(ask.PORTALS)
    resolved = seen.addresses(want.address)
    which = f"with the id {want.id}" if want.id is not None else f"on {want.address}"
    absent = Missing(f"there is no portal {which}", blocked_by="iscsi.portal-exists")
    return Portal(
        id=want.id,
        address=want.address,
        port=want.port,
        portals=portals,
        entry=pick(portals, lambda entry: _is_meant(entry, want, resolved), absent),
        config=seen.answers.to(ask.ISCSI_CONFIG),
        resolved=resolved,
        nas_addresses=seen.answers.to(ask.ADDRESSES),
    )


def _is_meant(entry: PortalEntry, want: PortalWant, resolved: Fact[tuple[str, ...]]) -> bool:
    """By id; a driver that names none takes the portal that listens where it sends the nodes."""
    if want.id is not None or isinstance(entry.listen, Missing) or isinstance(resolved, Missing):
        return entry.id == want.id
    return any(at.ip in {*resolved.value, *_EVERYWHERE} for at in entry.listen.value)


def _initiators(config: Config, id_: int, seen: Seen) -> Iterator[Subject]:
    groups = seen.answers.to(ask.INITIATORS)
    yield InitiatorGroup(id=id_, groups=groups)
    absent = Missing(f"there is no initiator group with the id {id_}", blocked_by="iscsi.initiator-group-exists")
    entry = pick(groups, lambda entry: entry.id == id_, absent)
    for node in config.nodes:
        yield IscsiAccess(node=node.name, group=id_, entry=entry, initiator_name=initiator_name(seen, node.name))


def _target(want: IscsiWant, name: str, answers: Answers) -> Target:
    targets = answers.to(ask.TARGETS)
    absent = Missing(f"there is no target {name}", blocked_by="iscsi.target-exists")
    return Target(
        name=name,
        portals=tuple(portal.id for portal in want.portals if portal.id is not None),
        initiator_group=want.initiator_group,
        auth_tag=want.auth_tag,
        targets=targets,
        entry=pick(targets, lambda entry: entry.name == name, absent),
        extents=answers.to(ask.EXTENTS),
        mappings=answers.to(ask.MAPPINGS),
    )
