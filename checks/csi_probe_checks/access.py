"""A node before the array: do the existing shares and the initiator group let it in."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from fnmatch import fnmatchcase

from csi_probe.check import check
from csi_probe.finding import Finding, fail, ok, skip, unknown
from csi_probe.snapshot import IscsiAccess, NewShares, NfsAccess
from csi_probe_checks.words import listing

_EVERYONE = "*"


@check(NfsAccess, "access.nfs-shares", "the existing NFS shares admit the node", asks=("sharing.nfs.query",))
def nfs_shares(access: NfsAccess) -> Finding:
    """Whether the shares below the configured datasets admit the address from which the node reaches the NAS.

    A share whose networks and hosts leave a node out answers "access denied by server" on that node alone.

    Add the node's network to the share, and to the driver's shareAllowedNetworks for the shares to come.
    """
    shares = [share for share in access.shares.get() if share.enabled.get()]
    if not shares:
        return skip("there is no share below the datasets yet: the driver makes them")
    source = access.source.get()
    clients: dict[str, set[str]] = defaultdict(set)  # two shares of one path can each name networks of their own
    for share in shares:
        for path in share.paths:
            clients[path] |= {*share.networks.get(), *share.hosts.get()} or {_EVERYONE}
    verdicts = {path: _admits(named, source) for path, named in clients.items()}
    if refusing := [path for path, admitted in verdicts.items() if admitted is False]:
        fix = f"add {source} or its network to these shares (Shares > NFS), and to the driver's allowed networks"
        return fail(f"{listing(refusing)} does not admit {source}", f"{source} is admitted", fix)
    if unclear := [path for path, admitted in verdicts.items() if admitted is None]:
        fix = "name networks instead of host names in the share: only the NAS knows what the names resolve to"
        return unknown(f"{listing(unclear)} admits hosts by name", f"{source} is admitted", fix)
    return ok(f"{len(verdicts)} admit {source}")


def _admits(clients: set[str], source: str) -> bool | None:
    """Whether the address is among the clients; None where they have names that only the NAS can resolve."""
    if _EVERYONE in clients:
        return True
    networks = [_network(client) for client in clients]
    if any(network and ipaddress.ip_address(source) in network for network in networks):
        return True
    return None if None in networks else False


def _network(client: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(client, strict=False)
    except ValueError:
        return None


@check(NewShares, "access.new-shares", "the shares to come admit the node")
def new_shares(access: NewShares) -> Finding:
    """Whether the networks and hosts that the driver puts into its shares admit the node's address.

    They stand in the driver's own config (shareAllowedNetworks, nfs.networks); who is not among them mounts nothing.

    Add the node's network to the driver's config.
    """
    clients = {*access.networks, *access.hosts}
    whose = f"of {listing(access.classes)}: " if access.classes else ""
    if not clients:
        return ok(f"{whose}they admit everyone")
    source = access.source.get()
    admitted = _admits(clients, source)
    wanted = f"{source} is admitted"
    if admitted is None:
        fix = "name networks instead of host names in the driver's config: only the NAS knows what the names resolve to"
        return unknown(f"{whose}the driver names hosts: {listing(sorted(clients))}", wanted, fix)
    if not admitted:
        fix = f"add {source} or its network to the networks in the driver's config"
        return fail(f"{whose}the driver's shares will admit {listing(sorted(clients))}", wanted, fix)
    return ok(f"{whose}{listing(sorted(clients))} admit {source}")


@check(IscsiAccess, "access.initiator-group", "the initiator group admits the node", asks=("iscsi.initiator.query",))
def initiator_group(access: IscsiAccess) -> Finding:
    """Whether the initiator group is open to all, or holds the node's InitiatorName and, on CORE, its network.

    A node that is left out cannot log in (iscsiadm: error 24, or no target found), while the others can.

    Add the node's InitiatorName to the group under Shares > iSCSI > Initiators Groups, and its network on CORE.
    """
    group = access.entry.get()
    allowed, networks = group.initiators.get(), set(group.networks.get())
    where = f"the initiator group {access.group} under Shares > iSCSI > Initiators Groups"
    name = access.initiator_name.get().lower() if allowed else "all initiators"
    if allowed and not any(fnmatchcase(name, pattern.lower()) for pattern in allowed):
        return fail(f"{name} is not among {listing(allowed)}", f"{name} is admitted", f"add {name} to {where}")
    if not networks:
        return ok(name if allowed else "the group admits all initiators")
    sources = access.sources.get()
    if outside := [source for source in sources if not _admits(networks, source)]:
        seen, wanted = f"only from {listing(sorted(networks))}", f"{listing(outside)} is admitted"
        return fail(f"{name}, {seen}", wanted, f"add the network of {listing(outside)} to {where}")
    return ok(f"{name} from {listing(sources)}")


CHECKS = (nfs_shares, new_shares, initiator_group)
