"""democratic-csi: its driver-config-file.yaml, alone, in a Secret or in Helm values, as a Deployment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal
from urllib.parse import urlsplit

from csi_probe.config import DatasetWant, IscsiWant, NfsWant, PortalWant
from csi_probe.drivers import concrete, democratic_lint, democratic_node, mountoptions, storageclass
from csi_probe.drivers.democratic_keys import VARIANTS
from csi_probe.drivers.deployment import (
    Connection,
    Deployment,
    NvmeofWant,
    Protocol,
    ShareWant,
    SshLogin,
    TargetGroupWant,
)
from csi_probe.drivers.lengths import VOLUME_NAME
from csi_probe.drivers.raw import Raw
from csi_probe.drivers.tree import Item

Auth = Literal["none", "chap", "mutual-chap"]

_HASHED = {"md5": 32, "crc8": 2, "crc16": 4, "crc32": 8}  # digits, src/utils/general.js
_AUTHS: Mapping[str, Auth] = {"CHAP": "chap", "CHAP_MUTUAL": "mutual-chap"}
_PROTOCOLS: Mapping[str, Protocol] = {"nfs": "nfs", "iscsi": "iscsi", "smb": "smb", "nvmeof": "nvmeof"}


def read(raw: Raw) -> Deployment:
    """What the driver will make of its files. Whatever is wrong becomes a Problem, and its part is left out."""
    config = _as_js_yaml(raw.config) if raw.config else _helm(raw, "driver", "config")
    variant = concrete.text(config.get("driver") if config else _helm(raw, "driver", "config", "driver")) or ""
    volume = _volume_name(raw, config)
    found = Deployment(
        driver="democratic-csi",
        variant=variant,
        place=raw.place,
        csi_name=raw.csi_name or concrete.text(_helm(raw, "csiDriver", "name")),
        image=concrete.image(_helm(raw, "controller", "driver", "image")) or raw.image,
        needs=democratic_node.needs(_helm(raw, "node", "driver")),
        problems=tuple(democratic_lint.problems(raw, config, volume)),
    )
    if config and variant in VARIANTS:
        found = _connected(found, config, volume, concrete.text(_helm(raw, "extraCaCerts")))
        found = _PARTS[found.protocols[0]](found, config.get(found.protocols[0]) or config)
    return _mounted(_with_classes(found, raw), config)


def _helm(raw: Raw, *keys: str) -> Item | None:
    return raw.values.get(*keys) if raw.values else None


def _as_js_yaml(item: Item) -> Item:
    """The same with yes, no, on and off as text: that is what they are to js-yaml, which reads the driver's file."""
    if isinstance(item.value, Mapping):
        return replace(item, value={key: _as_js_yaml(child) for key, child in item.children.items()})
    if isinstance(item.value, tuple):
        return replace(item, value=tuple(_as_js_yaml(child) for child in item.elements))
    word = isinstance(item.value, bool) and item.text.lower() not in ("true", "false")
    return replace(item, value=item.text) if word else item


def _connected(bare: Deployment, config: Item, volume: int, ca_pem: str | None) -> Deployment:
    """With all that does not depend on the protocol."""
    protocol = _PROTOCOLS[bare.variant.rpartition("-")[2]]
    parent, detached = (
        _dataset(config.get("zfs", key)) for key in ("datasetParentName", "detachedSnapshotsDatasetParentName")
    )
    datasets = parent and DatasetWant(
        name=parent,
        volumes="zvol" if protocol in ("iscsi", "nvmeof") else "filesystem",
        detached_snapshots=detached,
        volume_name_length=volume,
    )
    prefix, suffix = (concrete.text(config.get(protocol, key)) or "" for key in ("namePrefix", "nameSuffix"))
    return replace(
        bare,
        protocols=(protocol,),
        connection=_connection(config.get("httpConnection"), ca_pem),
        ssh=None if "-api-" in bare.variant else _ssh(config),
        pools=tuple(dict.fromkeys(name.partition("/")[0] for name in (parent, detached) if name)),
        datasets=(datasets,) if datasets else (),
        names=(prefix, suffix),
    )


def _connection(http: Item | None, ca_pem: str | None) -> Connection | None:
    """src/driver/freenas/http/index.js, getBaseURL: the scheme is guessed from the port where it is not given."""
    host = concrete.text(http.get("host")) if http else None
    if not http or not host:
        return None
    port, protocol = concrete.port(http.get("port")), concrete.text(http.get("protocol"))
    tls = protocol == "https" if protocol else "443" in str(port)
    return Connection(
        scheme="https" if tls else "http",
        host=host.strip("[]"),
        port=port or (443 if tls else 80),
        verify=not concrete.true(http.get("allowInsecure")),
        key=concrete.secret(http.get("apiKey")),
        username=concrete.text(http.get("username")),
        password=concrete.secret(http.get("password")),
        ca_pem=ca_pem,
    )


def _ssh(config: Item) -> SshLogin | None:
    host, username = (concrete.text(config.get("sshConnection", key)) for key in ("host", "username"))
    if not host or not username:
        return None
    return SshLogin(
        host=host.strip("[]"),
        port=concrete.port(config.get("sshConnection", "port")) or 22,
        username=username,
        password=concrete.secret(config.get("sshConnection", "password")),
        private_key=concrete.secret(config.get("sshConnection", "privateKey")),
        passphrase=concrete.secret(config.get("sshConnection", "passphrase")),
        sudo=concrete.true(config.get("zfs", "cli", "sudoEnabled")),
        zfs=concrete.text(config.get("zfs", "cli", "paths", "zfs")),
        zpool=concrete.text(config.get("zfs", "cli", "paths", "zpool")),
    )


def _nfs(bare: Deployment, block: Item) -> Deployment:
    host = concrete.text(block.get("shareHost"))
    networks, hosts = (concrete.texts(block.get(f"shareAllowed{of}")) for of in ("Networks", "Hosts"))
    return replace(
        bare,
        nfs=NfsWant(address=host.strip("[]")) if host else None,
        shares=(ShareWant(networks=networks, hosts=hosts),),
    )


def _smb(bare: Deployment, block: Item) -> Deployment:
    return replace(bare, smb=tuple(host.strip("[]") for host in [concrete.text(block.get("shareHost"))] if host))


def _iscsi(bare: Deployment, block: Item) -> Deployment:
    written = [concrete.text(block.get("targetPortal")), *concrete.texts(block.get("targetPortals"))]
    addresses = tuple(dict.fromkeys(portal for portal in map(_endpoint, filter(None, written)) if portal))
    groups = tuple(group for group in map(_group, _elements(block, "targetGroups")) if group)
    first = groups[0] if groups else None
    ids = {group.portal for group in groups}
    portals = (
        PortalWant(id=ids.copy().pop() if len(ids) == 1 else None, address=address, port=port)
        for address, port in addresses
    )
    want = IscsiWant(
        portals=tuple(portals),
        initiator_group=first.initiator_group if first else None,
        auth=first.auth if first else "none",
        auth_tag=first.auth_tag if first else None,
    )
    return replace(bare, iscsi=want, target_groups=groups, multipath=len(addresses) > 1)


def _group(item: Item) -> TargetGroupWant | None:
    portal, initiators = (concrete.whole(item.get(f"targetGroup{of}Group")) for of in ("Portal", "Initiator"))
    if portal is None or initiators is None:
        return None
    method = (concrete.text(item.get("targetGroupAuthType")) or "").upper().replace(" ", "_")
    return TargetGroupWant(
        portal=portal,
        initiator_group=initiators,
        auth=_AUTHS.get(method, "none"),
        auth_tag=concrete.whole(item.get("targetGroupAuthGroup")) or None,
    )


def _nvmeof(bare: Deployment, block: Item) -> Deployment:
    written = [concrete.text(block.get("transport")), *concrete.texts(block.get("transports"))]
    tcp = (text.strip().removeprefix("tcp://") for text in written if text and text.strip().startswith("tcp://"))
    portals = (_endpoint(re.split(r"[/?]", text)[0], 4420) for text in tcp)
    ports = (concrete.whole(item) for item in _elements(block, "ports"))
    return replace(
        bare,
        nvmeof=NvmeofWant(
            portals=tuple(dict.fromkeys(portal for portal in portals if portal)),
            port_ids=tuple(port for port in ports if port is not None),
        ),
    )


_PARTS = {"nfs": _nfs, "iscsi": _iscsi, "smb": _smb, "nvmeof": _nvmeof}


def _with_classes(found: Deployment, raw: Raw) -> Deployment:
    """With the classes that manifests and Helm values have for it."""
    entries = [storageclass.manifest(item) for item in (*raw.storage_classes, *raw.snapshot_classes)]
    for key in ("storageClasses", "volumeSnapshotClasses"):
        charted = _helm(raw, key)
        entries += [
            storageclass.charted(item, f"{key}[{number}]", snapshots=key == "volumeSnapshotClasses")
            for number, item in enumerate(charted.elements if charted else ())
        ]
    wants = [(entry, storageclass.want(entry, "democratic-csi", found.protocols, found.csi_name)) for entry in entries]
    return replace(
        found,
        storage_classes=tuple(want for entry, want in wants if not entry.snapshots),
        problems=(*found.problems, *(problem for entry, want in wants if entry.snapshots for problem in want.problems)),
    )


def _mounted(found: Deployment, config: Item | None) -> Deployment:
    """With the NFS versions that classes and node.mount.mount_flags ask for; the kernel negotiates where none does."""
    if not found.nfs:
        return found
    flags = (concrete.text(config.get("node", "mount", "mount_flags")) if config else None) or ""
    mounts = [(*entry.mount_options, flags) for entry in found.storage_classes] or [(flags,)]
    asked = (mountoptions.nfs_versions(options) or mountoptions.NEGOTIATED for options in mounts)
    versions = tuple(dict.fromkeys(version for some in asked for version in some))
    return replace(found, nfs=replace(found.nfs, versions=versions, locks=any(map(mountoptions.locks, mounts))))


def _elements(block: Item, key: str) -> tuple[Item, ...]:
    found = block.get(key)
    return found.elements if found else ()


def _endpoint(text: str, default: int = 3260) -> tuple[str, int] | None:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port or default
    except ValueError:  # no port, or half an IPv6 address: lint() says so
        return None
    return (host, port) if host else None


def _dataset(item: Item | None) -> str | None:
    name = (concrete.text(item) or "").rstrip("/")
    return name if name and not name.startswith("/") else None


def _volume_name(raw: Raw, config: Item | None) -> int:
    """How long names of volumes are: csi-provisioner's options, then the driver's hash (src/driver/index.js)."""
    hashed = concrete.text(config.get("_private", "csi", "volume", "idHash", "strategy")) if config else None
    if hashed and hashed.lower() in _HASHED:
        return _HASHED[hashed.lower()]
    arguments = [
        argument
        for key in ("args", "extraArgs")
        for argument in concrete.texts(_helm(raw, "controller", "externalProvisioner", key))
    ]
    options = dict(argument.lstrip("-").partition("=")[::2] for argument in arguments)
    digits = options.get("volume-name-uuid-length", "")
    prefix = len(options.get("volume-name-prefix", "pvc")) + 1
    return prefix + (int(digits) if re.fullmatch("[0-9]{1,3}", digits) else VOLUME_NAME - len("pvc-"))
