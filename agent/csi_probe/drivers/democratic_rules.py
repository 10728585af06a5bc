"""What a schema cannot say of democratic-csi's config: how the keys of one block go together."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from csi_probe.drivers import concrete
from csi_probe.drivers.democratic_keys import AUTH_TYPE
from csi_probe.drivers.schema import missing
from csi_probe.drivers.tree import Item
from csi_probe.problem import Problem, Rule

Rules = Callable[[Item, str], Iterator[Problem]]  # of a block, and the path before its keys ("zfs.")


def _api(http: Item, path: str) -> Iterator[Problem]:
    key, user, password = (http.get(name) for name in ("apiKey", "username", "password"))
    if not concrete.true(key) and not (concrete.true(user) and concrete.true(password)):
        yield missing(http, f"{path}apiKey", "an API key, or username and password")
    protocol, port = concrete.text(http.get("protocol")), concrete.port(http.get("port"))
    if protocol == "https" or (not protocol and "443" in str(port)):
        return
    place = http.get("protocol") or http
    fix = f"set {path}protocol: https and {path}port: 443"
    if concrete.true(key):
        seen = "an API key over http, in clear"
        yield Problem(
            Rule.SECURE, place.key, f"{path}protocol", seen, "https: TrueNAS revokes keys that come in clear", fix
        )
    elif concrete.true(password):
        seen = "a password over http, in clear"
        yield Problem(Rule.SECURE, place.key, f"{path}protocol", seen, "https", fix, harmless=True)


def _address(http: Item, path: str) -> Iterator[Problem]:
    """Releases that speak REST guess both, those for TrueNAS 26 do not (src/driver/freenas/websocket)."""
    for key, words in (("protocol", "https"), ("port", "443")):
        if not concrete.true(http.get(key)):
            yield replace(missing(http, f"{path}{key}", words), harmless=True)


def _ports(block: Item, path: str) -> Iterator[Problem]:
    item = block.get("port")
    if concrete.whole(item) is not None and concrete.port(item) is None and item:
        yield Problem(Rule.TYPED, item.key, f"{path}port", item.text[:20], "1 to 65535", f"correct {path}port")


def _api_version(http: Item, path: str) -> Iterator[Problem]:
    item = http.get("apiVersion")
    if item and type(item.value) is int and item.value not in (1, 2):
        yield Problem(Rule.TYPED, item.key, f"{path}apiVersion", item.text[:20], "2", "write 2, or leave it out")


def _login(ssh: Item, path: str) -> Iterator[Problem]:
    key, password = ssh.get("privateKey"), ssh.get("password")
    if not concrete.true(ssh.get("username")):
        yield missing(ssh, f"{path}username", "the user to log in as")
    if not concrete.true(key) and not concrete.true(password):
        yield missing(ssh, f"{path}privateKey", "a private key, or a password")
    text = concrete.text(key)
    if key and text and not (text.startswith("-----BEGIN ") and "\n-----END " in text):
        fix = f"write {path}privateKey: | and the key's lines below it, all with the same indentation"
        yield Problem(
            Rule.TYPED, key.key, f"{path}privateKey", "text (not shown)", "-----BEGIN … to -----END …, in lines", fix
        )


def _parents(zfs: Item, path: str) -> Iterator[Problem]:
    """Siblings are fine; equal or nested parents make the driver's Probe fail (src/driver/freenas/api.js)."""
    names = ("datasetParentName", "detachedSnapshotsDatasetParentName")
    volumes, snapshots = (f"{(concrete.text(zfs.get(name)) or '').strip('/')}/" for name in names)
    item = zfs.get(names[1])
    if item and "/" not in (volumes, snapshots) and (volumes.startswith(snapshots) or snapshots.startswith(volumes)):
        seen = f"{snapshots[:-1]}, beside {names[0]} {volumes[:-1]}"
        fix = f"use siblings, such as {volumes.rpartition('/')[0].rpartition('/')[0] or volumes[:-1]}/snapshots"
        yield Problem(
            Rule.TYPED, item.key, f"{path}{names[1]}", seen, "a dataset beside the other, not equal or nested", fix
        )


def _squash(nfs: Item, path: str) -> Iterator[Problem]:
    item = nfs.get("shareMapallUser")
    if item and concrete.text(item) and concrete.text(nfs.get("shareMaprootUser")):
        fix = f"leave out {path}shareMapall… or {path}shareMaproot…"
        yield Problem(Rule.TYPED, item.key, f"{path}shareMapallUser", "set beside shareMaprootUser", "one of both", fix)


def _networks(nfs: Item, path: str) -> Iterator[Problem]:
    networks = nfs.get("shareAllowedNetworks")
    for number, item in enumerate(networks.elements if networks else ()):
        text = concrete.text(item)
        try:
            ipaddress.ip_network(text or "::", strict=False)
        except ValueError:
            key = f"{path}shareAllowedNetworks[{number}]"
            fix = f"write {key} as 192.168.0.0/24; names and addresses of nodes go to {path}shareAllowedHosts"
            yield Problem(Rule.TYPED, item.key, key, f"{(text or '')[:80]!a}", "a network such as 192.168.0.0/24", fix)


def _target_portal(iscsi: Item, path: str) -> Iterator[Problem]:
    portals = iscsi.get("targetPortals")
    if not concrete.true(iscsi.get("targetPortal")) and not (portals and portals.elements):
        yield missing(iscsi, f"{path}targetPortal", "ADDRESS:PORT of a portal")


def _target_groups(iscsi: Item, path: str) -> Iterator[Problem]:
    groups = iscsi.get("targetGroups")
    if groups and groups.value == ():
        yield Problem(
            Rule.COMPLETE, groups.key, f"{path}targetGroups", "an empty list", "at least one group",
            "add targetGroupPortalGroup and targetGroupInitiatorGroup: without a group nobody can log in",
        )  # fmt: skip
    for number, group in enumerate(groups.elements if groups else ()):
        key = f"{path}targetGroups[{number}].targetGroupAuth"
        kind, tag = group.get("targetGroupAuthType"), group.get("targetGroupAuthGroup")
        if group.children and (not kind or kind.value is None):
            seen, fix = (
                "null" if kind else "nothing",
                f'write {key}Type: None; without a text the driver fails with "length"',
            )
            yield Problem(
                Rule.TYPED if kind else Rule.COMPLETE, (kind or group).key, f"{key}Type", seen, AUTH_TYPE.wanted, fix
            )
        chap = (concrete.text(kind) or "").upper().startswith("CHAP")
        if chap and not concrete.whole(tag) and (not tag or tag.value in (None, "", 0)):
            yield missing(tag or group, f"{key}Group", "the Group ID of the CHAP user under Authorized Access")


def _nvmeof(block: Item, path: str) -> Iterator[Problem]:
    transports, ports = block.get("transports"), block.get("ports")
    if not concrete.true(block.get("transport")) and not (transports and transports.elements):
        yield missing(block, f"{path}transport", "tcp://ADDRESS:4420")
    if ports and ports.value == ():
        fix = (
            'add the id of a port that "midclt call nvmet.port.query" shows: a subsystem without a port is unreachable'
        )
        yield Problem(Rule.COMPLETE, ports.key, f"{path}ports", "an empty list", "at least one id", fix)


RULES: Mapping[str, tuple[Rules, ...]] = {
    "httpConnection": (_api, _address, _ports, _api_version),
    "sshConnection": (_login, _ports),
    "zfs": (_parents,),
    "nfs": (_squash, _networks),
    "iscsi": (_target_portal, _target_groups),
    "nvmeof": (_nvmeof,),
}
