"""iSCSI as subjects: service, portals, initiator groups (and each node before them), CHAP users and targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from csi_probe.config import Config, IscsiWant, PortalWant
from csi_probe.drivers.deployment import TargetGroupWant
from csi_probe.entries import InitiatorEntry, PortalEntry
from csi_probe.facts import Fact, Known, Missing, pick
from csi_probe.snapshot import AuthGroup, InitiatorGroup, Iscsi, IscsiAccess, Portal, Target
from csi_probe.subjects.nfs import source_address
from csi_probe.subjects.node import initiator_name
from csi_probe.subjects.seen import Seen
from csi_probe.truenas import questions as ask
from csi_probe.truenas.interview import Answers

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  (compared, not bound)

Subject = Iscsi | Portal | InitiatorGroup | IscsiAccess | AuthGroup | Target


def iscsi(config: Config, want: IscsiWant, seen: Seen, groups: Sequence[TargetGroupWant]) -> Iterator[Subject]:
    """[iscsi] beside the array's objects. `groups`: those that a driver gives to every target, if it names any."""
    yield Iscsi(service=seen.service("iscsitarget"), config=seen.answers.to(ask.ISCSI_CONFIG))
    for portal in _portals(want, groups, seen):
        yield _portal(replace(portal, id=_first(seen.answers.to(ask.PORTALS))) if portal.first else portal, seen)
    for initiators in dict.fromkeys(_initiator_groups(want, groups, seen.answers)):
        yield from _initiators(config, want, initiators, seen)
    for tag, auth in dict.fromkeys([(want.auth_tag, want.auth), *((group.auth_tag, group.auth) for group in groups)]):
        if tag is not None:
            yield AuthGroup(tag=tag, mutual=auth == "mutual-chap", entries=seen.answers.to(ask.AUTHS))
    for name in want.targets:
        yield _target(want, name, seen.answers)


def _initiator_groups(want: IscsiWant, groups: Sequence[TargetGroupWant], answers: Answers) -> Iterator[int | None]:
    """The ids of those that are wanted; None is the array's first, where it has none or does not say."""
    if want.initiator_group is not None:
        yield want.initiator_group
    for group in groups:
        named = group.initiator_group
        yield named if named is not None else _first(answers.to(ask.INITIATORS))


def _first(entries: Fact[tuple[PortalEntry, ...]] | Fact[tuple[InitiatorEntry, ...]]) -> int | None:
    """The id of the first one, in the order in which the array lists them to drivers too."""
    return entries.value[0].id if isinstance(entries, Known) and entries.value else None


def _portals(want: IscsiWant, groups: Sequence[TargetGroupWant], seen: Seen) -> Iterator[PortalWant]:
    """The portals that are wanted. Several groups and addresses are not paired by the driver's file but by the array.

    Each address goes to the group's portal that listens on it. What is left over on both sides is what is wrong.
    """
    ids = list(dict.fromkeys(group.portal for group in groups if group.portal is not None))
    settled = any(portal.id is not None or portal.first for portal in want.portals)
    if len(ids) < 2 or settled:  # noqa: PLR2004  (one needs no pairing)
        yield from want.portals
        return
    entries = seen.answers.to(ask.PORTALS)
    there = [entry for entry in entries.value if entry.id in ids] if isinstance(entries, Known) else []
    serving = {
        portal: next((entry.id for entry in there if _listens(entry, seen.addresses(portal.address))), None)
        for portal in want.portals
    }
    left = [id_ for id_ in ids if id_ not in serving.values()]
    for portal, id_ in serving.items():
        yield replace(portal, id=id_ if id_ is not None else left.pop(0) if left else ids[0])
    for id_ in left:
        yield PortalWant(id=id_, address="")


def _portal(want: PortalWant, seen: Seen) -> Portal:
    portals = seen.answers.to(ask.PORTALS)
    resolved = seen.addresses(want.address)
    which = f"with the id {want.id}" if want.id is not None else f"on {want.address}"
    absent = Missing(f"there is no portal {which}", blocked_by="iscsi.portal-exists")
    if want.id is None and not want.first and isinstance(resolved, Missing):
        absent = resolved
    return Portal(
        id=want.id,
        address=want.address or None,
        port=want.port,
        portals=portals,
        entry=pick(portals, lambda entry: _is_meant(entry, want, resolved), absent),
        config=seen.answers.to(ask.ISCSI_CONFIG),
        resolved=resolved,
        nas_addresses=seen.answers.to(ask.ADDRESSES),
    )


def _is_meant(entry: PortalEntry, want: PortalWant, resolved: Fact[tuple[str, ...]]) -> bool:
    """By id; a driver that names none takes the portal that listens where it sends the nodes."""
    return entry.id == want.id if want.id is not None else _listens(entry, resolved)


def _listens(entry: PortalEntry, resolved: Fact[tuple[str, ...]]) -> bool:
    if isinstance(entry.listen, Missing) or isinstance(resolved, Missing):
        return False
    return any(at.ip in {*resolved.value, *_EVERYWHERE} for at in entry.listen.value)


def _initiators(config: Config, want: IscsiWant, id_: int | None, seen: Seen) -> Iterator[Subject]:
    groups = seen.answers.to(ask.INITIATORS)
    yield InitiatorGroup(id=id_, groups=groups)
    which = "initiator group" if id_ is None else f"initiator group with the id {id_}"
    absent = Missing(f"there is no {which}", blocked_by="iscsi.initiator-group-exists")
    entry = pick(groups, lambda entry: entry.id == id_, absent)
    for node in config.nodes:
        yield IscsiAccess(
            node=node.name,
            group=id_,
            entry=entry,
            initiator_name=initiator_name(seen, node.name),
            sources=_sources(want, seen, node.name),
        )


def _sources(want: IscsiWant, seen: Seen, node: str) -> Fact[tuple[str, ...]]:
    """The addresses from which the node reaches the portals; all of them have to be known."""
    found = [source_address(seen, node, portal.address) for portal in want.portals if portal.address]
    known = tuple(dict.fromkeys(source.value for source in found if isinstance(source, Known)))
    lost = next((source for source in found if isinstance(source, Missing)), None)
    return lost or (Known(known) if known else Missing("no portal's address is known"))


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
