"""iSCSI on the array: the service, portals, initiator groups, CHAP users and named targets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from csi_probe.check import check
from csi_probe.facts import Known, Missing
from csi_probe.finding import Finding, fail, ok, skip
from csi_probe.snapshot import AuthGroup, InitiatorGroup, Iscsi, Portal, Target
from csi_probe_checks import service
from csi_probe_checks.words import endpoint, listing

if TYPE_CHECKING:
    from csi_probe.entries import PortalEntry

_SERVICE = "iSCSI"
_WILDCARDS = {"0.0.0.0", "::"}  # noqa: S104  (compared, not bound)


@check(Iscsi, "iscsi.running", "the iSCSI service runs", asks=("service.query",))
def running(iscsi: Iscsi) -> Finding:
    """Whether TrueNAS's iSCSI service is RUNNING (service.query, iscsitarget).

    Drivers create targets but do not start the service: nodes find nothing at the portal.

    Start iSCSI under System > Services.
    """
    return service.running(iscsi.service, _SERVICE)


@check(Iscsi, "iscsi.starts-at-boot", "the iSCSI service starts at boot", asks=("service.query",))
def starts_at_boot(iscsi: Iscsi) -> Finding:
    """Whether TrueNAS starts iSCSI by itself (service.query, enable).

    Otherwise every volume is gone after the NAS's next reboot.

    Switch Start Automatically on under System > Services.
    """
    return service.starts_at_boot(iscsi.service, _SERVICE)


@check(Iscsi, "iscsi.basename", "the base name is a valid IQN", asks=("iscsi.global.config",))
def basename(iscsi: Iscsi) -> Finding:
    """Whether the base name of targets (iscsi.global.config) has the form iqn.YYYY-MM.domain, in lower case.

    Every target's name begins with it; initiators refuse names of another form.

    Set it under Shares > iSCSI > Global Target Configuration; the default is iqn.2005-10.org.freenas.ctl
    """
    name = iscsi.config.get().basename.get()
    if not re.fullmatch(r"iqn\.\d{4}-(0[1-9]|1[0-2])(\.[a-z0-9-]+)+(:\S*)?|(eui|naa)\.[0-9a-f]+", name):
        fix = "set Base Name under Shares > iSCSI > Global Target Configuration, such as iqn.2005-10.org.freenas.ctl"
        return fail(name or "empty", "iqn.YYYY-MM.domain in lower case", fix)
    return ok(name)


@check(Portal, "iscsi.portal-exists", "the portal exists", asks=("iscsi.portal.query",))
def portal_exists(portal: Portal) -> Finding:
    """Whether the array has a portal with the id that the driver will use (iscsi.portal.query).

    The id is not the number that the UI shows (the portal group ID): "Portal not found in database" is the most common
    failure of new iSCSI setups.

    Use the id that the row shows for the wanted address, or add a portal under Shares > iSCSI > Portals.
    """
    portals, entry = portal.portals.get(), portal.entry
    which = f"with the id {portal.id}" if portal.id is not None else f"on {portal.address}"
    if not isinstance(entry, Missing) or entry.blocked_by != portal_exists.id:
        return ok(_shown(entry.get()), f"a portal {which}")
    there = listing(map(_shown, portals), nothing="no portal at all")
    where = portal.address or "the address to which nodes are sent"
    fix = _use_other(portal) or f"add a portal on {where} under Shares > iSCSI > Portals, and use its id"
    return fail(f"there is no portal {which}; there is {there}", f"a portal {which}", fix)


def _use_other(portal: Portal) -> str | None:
    """The fix where another portal listens on the wanted address."""
    for one in portal.portals.get():
        if portal.address and one.id != portal.id and not service.outside(_ips(one), (portal.address,)):
            return f"use the id {one.id}: that portal listens on {portal.address}"
    return None


@check(
    Portal,
    "iscsi.portal-listens",
    "the portal listens on the wanted address and port",
    asks=("iscsi.portal.query", "iscsi.global.config", "interface.query"),
)
def portal_listens(portal: Portal) -> Finding:
    """Whether the portal listens on the address and port to which nodes are sent; 0.0.0.0 stands for all of the NAS's.

    The port is global on SCALE and belongs to each address on CORE. Nodes that are sent elsewhere find no target.

    Correct address and port in [[iscsi.portals]], or the portal's addresses under Shares > iSCSI > Portals.
    """
    entry, everywhere = portal.entry.get(), portal.config.get().port.get()
    if portal.address is None:
        return skip(f"{_shown(entry, everywhere)}; the driver sends no node there")
    wanted, seen = endpoint(portal.address, portal.port), _shown(entry, everywhere)
    fix = "correct the portal's address, or edit the portal under Shares > iSCSI > Portals"
    for ip in portal.resolved.get():
        ports = _ports(entry, ip, everywhere)
        if ports and portal.port not in ports:
            return fail(seen, wanted, f"send nodes to port {listing(ports)}, or change the port on the NAS")
        if not ports:
            return fail(seen, wanted, _use_other(portal) or fix)
        if ip not in _ips(entry) and ip not in (own := portal.nas_addresses.get()):
            return fail(f"{ip} is no address of the NAS; it has {listing(own)}", wanted, fix)
    return ok(seen, wanted)


@check(InitiatorGroup, "iscsi.initiator-group-exists", "the initiator group exists", asks=("iscsi.initiator.query",))
def initiator_group_exists(group: InitiatorGroup) -> Finding:
    """Whether the array has an initiator group with the id that the driver will use (iscsi.initiator.query).

    Creating a target with an id that does not exist fails. tns-csi takes the first group where it is told none.

    Use one of the ids that the row shows, or add a group under Shares > iSCSI > Initiators Groups.
    """
    groups = group.groups.get()
    if group.id is None:
        fix = "add a group under Shares > iSCSI > Initiators Groups"
        return fail("there is no group at all", "a group: the driver takes the first one", fix)
    found = next((entry for entry in groups if entry.id == group.id), None)
    if found:
        return ok(listing(found.initiators.get(), nothing="admits all initiators"), f"id {group.id}")
    there = listing((f"id {entry.id}" for entry in groups), nothing="no group at all")
    fix = "use one of these ids, or add a group under Shares > iSCSI > Initiators Groups"
    return fail(f"no group has the id {group.id}; there is {there}", f"a group with the id {group.id}", fix)


@check(AuthGroup, "iscsi.auth-exists", "the CHAP users exist", asks=("iscsi.auth.query",))
def auth_exists(group: AuthGroup) -> Finding:
    """Whether an authorized access has the tag that the driver will use, with a peer user where CHAP is mutual.

    Targets name CHAP users by tag (the UI's Group ID), not by id. Secrets are neither asked for nor kept.

    Add an authorized access with this Group ID under Shares > iSCSI > Authorized Access.
    """
    entries = group.entries.get()
    found = [entry for entry in entries if entry.tag == group.tag]
    wanted = f"tag {group.tag}" + (" with a peer user" if group.mutual else "")
    if not found:
        there = listing((f"tag {entry.tag}" for entry in entries), nothing="none at all")
        fix = f"add one with Group ID {group.tag} under Shares > iSCSI > Authorized Access, or use a tag that exists"
        return fail(f"no authorized access has the tag {group.tag}; there is {there}", wanted, fix)
    users = listing(entry.user.get() for entry in found)
    if group.mutual and not any(entry.peer_user.get() for entry in found):
        fix = "set Peer User and Peer Secret on it under Shares > iSCSI > Authorized Access"
        return fail(f"user {users} has no peer user", wanted, fix)
    return ok(f"user {users}", wanted)


@check(Target, "iscsi.target-exists", "the target exists", asks=("iscsi.target.query",))
def target_exists(target: Target) -> Finding:
    """Whether a target that the config names is there (iscsi.target.query).

    Drivers make their own targets; only static volumes name one that must exist before.

    Add the target under Shares > iSCSI > Targets, or correct iscsi.targets.
    """
    targets = target.targets.get()
    if any(entry.name == target.name for entry in targets):
        return ok(target.name)
    there = listing((entry.name for entry in targets), nothing="no target at all")
    fix = "add it under Shares > iSCSI > Targets, or correct iscsi.targets"
    return fail(f"no target {target.name}; there is {there}", target.name, fix)


@check(Target, "iscsi.target-groups", "the target's groups name the wanted ids", asks=("iscsi.target.query",))
def target_groups(target: Target) -> Finding:
    """Whether the target is on every wanted portal, with the wanted initiator group and auth tag.

    A target without a group is seen by nobody; one on another portal is not where nodes look for it.

    Edit the target's groups under Shares > iSCSI > Targets.
    """
    groups = target.entry.get().groups.get()
    wanted = f"portal {listing(target.portals)}, initiator group {target.initiator_group or 'any'}, " + (
        f"auth tag {target.auth_tag}" if target.auth_tag else "any auth tag"
    )
    seen = listing(
        (
            f"portal {g.portal}, initiator group {g.initiator or 'all'}, {g.method} {g.auth or ''}".strip()
            for g in groups
        ),
        nothing="no groups",
    )
    fitting = {
        group.portal
        for group in groups
        # A group of the target without initiators admits all of them.
        if group.initiator in {None, target.initiator_group or group.initiator}
        and target.auth_tag in {None, group.auth}
    }
    if missing := [portal for portal in target.portals if portal not in fitting]:
        fix = f"give the target a group with portal {missing[0]} and these ids under Shares > iSCSI > Targets"
        return fail(seen, wanted, fix)
    return ok(seen, wanted)


@check(
    Target,
    "iscsi.target-luns",
    "the target has extents that are served",
    asks=("iscsi.target.query", "iscsi.extent.query", "iscsi.targetextent.query"),
)
def target_luns(target: Target) -> Finding:
    """Whether extents are mapped to the target, and are enabled and not locked.

    A target without a LUN can be logged in to, but shows no disk.

    Map an extent under Shares > iSCSI > Associated Targets, enable it, and unlock its dataset.
    """
    entry = target.entry.get()
    luns = {mapping.lun: mapping.extent for mapping in target.mappings.get() if mapping.target == entry.id}
    if not luns:
        fix = "map an extent to it under Shares > iSCSI > Associated Targets"
        return fail("no extent is mapped", "at least one extent", fix)
    if problems := list(_not_served(target, luns)):
        fix = "enable the extent under Shares > iSCSI > Extents, and unlock the dataset that holds it"
        return fail(listing(problems), "extents that are enabled and unlocked", fix)
    return ok(listing(f"LUN {lun}" for lun in sorted(luns)))


def _not_served(target: Target, luns: dict[int, int]) -> Iterator[str]:
    extents = {extent.id: extent for extent in target.extents.get()}
    for lun, number in sorted(luns.items()):
        extent = extents.get(number)
        if not extent:
            yield f"LUN {lun} names the extent {number}, which does not exist"
        elif not extent.enabled.get():
            yield f"LUN {lun}: extent {extent.name} is disabled"
        elif extent.locked.get():
            yield f"LUN {lun}: extent {extent.name} is locked"


def _shown(entry: PortalEntry, port: int | None = None) -> str:
    """A portal by its id and by what the UI calls it, since the two differ."""
    tag = f" (UI: portal group {entry.tag.value})" if isinstance(entry.tag, Known) else ""
    where = listing((endpoint(at.ip, at.port or port) for at in entry.listen.get()), nothing="no address")
    return f"id {entry.id}{tag} on {where}"


def _ips(entry: PortalEntry) -> list[str]:
    return [service.canonical(at.ip) for at in entry.listen.get()]


def _ports(entry: PortalEntry, ip: str, everywhere: int | None) -> set[int | None]:
    """The ports on which the portal answers at `ip`; `everywhere` is SCALE's global port.

    SCALE takes both wildcards for all addresses (middleware, etc_files/scst.conf.mako), CORE each for its own family.
    """
    return {
        at.port or everywhere
        for at in entry.listen.get()
        if (everywhere and at.ip in _WILDCARDS) or not service.outside((at.ip,), (ip,))
    }


CHECKS = (
    running,
    starts_at_boot,
    basename,
    portal_exists,
    portal_listens,
    initiator_group_exists,
    auth_exists,
    target_exists,
    target_groups,
    target_luns,
)
