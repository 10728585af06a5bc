"""tns-csi: its Helm values, or its Secret and StorageClasses, as a Deployment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from csi_probe.config import DatasetWant, IscsiWant, NfsWant, PortalWant
from csi_probe.drivers import address, concrete, parents, storageclass
from csi_probe.drivers.deployment import Connection, Deployment, Image, NvmeofWant, Protocol, TargetGroupWant
from csi_probe.drivers.lengths import VOLUME_NAME
from csi_probe.drivers.parameters import STORAGE_CLASS
from csi_probe.drivers.raw import Raw
from csi_probe.drivers.schema import Key, lint
from csi_probe.drivers.storageclass import Entry
from csi_probe.drivers.tree import Item
from csi_probe.problem import Problem, Rule

_NAME = "tns.csi.io"
_LONGEST_NAME = 63  # pkg/driver/template.go
_API = re.compile(r"/api/(current|v\d\d\.\d\d(\.\d+)?)/?")
_PORTS: Mapping[Protocol, int] = {"iscsi": 3260, "nvmeof": 4420}

_ANY = Key(kind="any")
_TEXT = Key(kind="text")
_URL = Key(kind="text", form=r"((?i:wss?|https?)://[^\s/@]+(/\S*)?)?", wanted="wss://HOST/api/current")
_NAME_KEY = Key(
    kind="text",
    choices=(_NAME,),
    fix=f"leave it at {_NAME}: the chart renames the CSIDriver, but neither the driver nor all of its classes",
)
# What the chart takes over from a class's entry into its parameters (templates/_helpers.tpl).
_FLAT = (
    *("protocol", "pool", "server", "parentDataset", "deleteStrategy", "nameTemplate", "namePrefix", "nameSuffix"),
    *(
        "commentTemplate",
        "markAdoptable",
        "adoptExisting",
        "encryption",
        "encryptionAlgorithm",
        "encryptionGenerateKey",
    ),
)
_FLAT_BLOCK = {"nvmeof": ("transport", "port", "subsystemNQN"), "iscsi": ("port",)}
_CLASS = Key(
    kind="block",
    keys={
        **dict.fromkeys((*_FLAT, "transport", "port", "subsystemNQN", "fsType", "mountOptions"), _ANY),
        **dict.fromkeys(("name", "enabled", "isDefault", "reclaimPolicy", "volumeBindingMode"), _ANY),
        **dict.fromkeys(("allowVolumeExpansion", "smbCredentialsSecret"), _ANY),
        "parameters": Key(kind="block", keys=dict.fromkeys(STORAGE_CLASS["tns-csi"].keys, _ANY), rest=_ANY),
    },
)
_VALUES = Key(
    kind="block",
    rest=_ANY,
    keys={
        "truenas": Key(
            kind="block",
            required=True,
            keys={
                "url": _URL,
                "apiKey": Key(kind="text", secret=True),
                "existingSecret": _TEXT,
                "skipTLSVerify": Key(kind="flag"),
            },
        ),
        "csiDriverName": _NAME_KEY,
        "driverName": _NAME_KEY,
        "storageClasses": Key(kind="list", item=_CLASS),
    },
)


def read(raw: Raw) -> Deployment:
    """What the driver will make of its files. Where volumes go is told by the StorageClasses alone."""
    url, path = _url(raw)
    classes = (*storageclass.manifests(raw), *_charted(raw.values))
    volumes = tuple(_volumes(classes))
    found = Deployment(
        driver="tns-csi",
        place=raw.place,
        csi_name=raw.csi_name or _NAME,
        image=_image(raw.values) or raw.image,
        connection=_connection(raw, url),
        protocols=tuple(dict.fromkeys(protocol for _, protocol in volumes)),
        pools=tuple(dict.fromkeys(pool for entry, _ in volumes if "/" not in (pool := entry.text("pool")) and pool)),
        datasets=parents.once(_datasets(volumes, _detached(raw))),
        names=(volumes[0][0].text("namePrefix"), volumes[0][0].text("nameSuffix")) if volumes else ("", ""),
        problems=tuple(_problems(raw, url, path)),
    )
    return storageclass.attach(_served(found, volumes), classes)


def _url(raw: Raw) -> tuple[Item | None, str]:
    """The API's URL and its dotted path: the Secret's, which the chart makes of its values unless another is named."""
    if "url" in raw.secrets:
        return raw.secrets["url"], "url"
    return raw.values.get("truenas", "url") if raw.values else None, "truenas.url"


def _problems(raw: Raw, url: Item | None, path: str) -> Iterator[Problem]:
    if raw.values:
        yield from lint(raw.values, _VALUES)
    elsewhere = concrete.text(raw.values.get("truenas", "existingSecret")) if raw.values else None
    block = (raw.values.get("truenas") or raw.values) if raw.values else None
    if "url" in raw.secrets:
        yield from lint(raw.secrets["url"], _URL, path)
    if url and url.text:
        yield from _api(url, path)
        yield from address.plaintext(url, path)
    elif block and not elsewhere:
        place = url.key if url else block.key
        fix = f"add {path}, or name a Secret with the keys url and api-key as truenas.existingSecret"
        yield Problem(Rule.COMPLETE, place, path, "nothing", "wss://HOST/api/current", fix)


def _api(url: Item, path: str) -> Iterator[Problem]:
    """pkg/tnsapi/client.go: the URL is dialled as it is, and JSON-RPC 2.0 is spoken only below /api."""
    parts = address.url(url)
    if parts and not _API.fullmatch(parts.path):
        seen = parts.path[:80] or "no path"
        yield Problem(Rule.TYPED, url.key, path, seen, "/api/current", "end the URL with /api/current")


def _connection(raw: Raw, url: Item | None) -> Connection | None:
    parts = address.url(url)
    if not parts:
        return None
    skip = concrete.true(raw.values.get("truenas", "skipTLSVerify")) if raw.values else False
    key = raw.secrets.get("api-key") or (raw.values.get("truenas", "apiKey") if raw.values else None)
    return Connection(
        scheme=parts.scheme,
        host=parts.host,
        port=parts.port,
        verify=not (skip and parts.scheme == "wss"),  # pkg/tnsapi/client.go looks at it only for wss://
        key=concrete.secret(key),
    )


def _image(values: Item | None) -> Image | None:
    repository, tag = (concrete.text(values.get("image", key)) if values else None for key in ("repository", "tag"))
    return Image(repository=repository or "bfenski/tns-csi", tag=tag or "") if repository or tag else None


def _charted(values: Item | None) -> Iterator[Entry]:
    """The chart's classes that are enabled."""
    listed = values.get("storageClasses") if values else None
    for number, block in enumerate(listed.elements if listed else ()):
        enabled = block.get("enabled")
        if enabled and concrete.true(enabled):
            yield storageclass.charted(block, f"storageClasses[{number}]", _parameters(block))


def _parameters(block: Item) -> dict[str, Item]:
    """The parameters that the chart writes for an entry; one level of blocks becomes names with dots."""
    protocol = concrete.text(block.get("protocol")) or ""
    named = {name: block.get(name) for name in (*_FLAT, *_FLAT_BLOCK.get(protocol, ()))}
    if protocol in _FLAT_BLOCK:
        named["csi.storage.k8s.io/fstype"] = block.get("fsType")
    found = {name: item for name, item in named.items() if item and item.value not in (None, "", False)}
    below = block.get("parameters")
    for name, item in (below.children if below else {}).items():
        found |= {f"{name}.{inner}": child for inner, child in item.children.items()} or {name: item}
    return found


def _volumes(classes: tuple[Entry, ...]) -> Iterator[tuple[Entry, Protocol]]:
    for entry in classes:
        protocol = storageclass.served(entry, "tns-csi")
        if protocol and not entry.snapshots:
            yield entry, protocol


def _detached(raw: Raw) -> str | None:
    """Where detached snapshots go: a dataset, "" for the default, None where there are none."""
    for document in raw.snapshot_classes:
        entry = storageclass.manifest(document)
        if entry.text("detachedSnapshots") == "true":
            return entry.text("detachedSnapshotsParentDataset")
    block = raw.values.get("snapshots", "detached") if raw.values else None
    if not block or not concrete.true(block.get("enabled")):
        return None
    return concrete.text(block.get("parentDataset")) or ""


def _datasets(volumes: tuple[tuple[Entry, Protocol], ...], detached: str | None) -> Iterator[DatasetWant]:
    """The parents, which have to be there; the one of detached snapshots is made by the driver."""
    for entry, protocol in volumes:
        pool = entry.text("pool")
        name = (entry.text("parentDataset") or pool).rstrip("/")
        if not name or name.startswith("/"):
            continue
        length = VOLUME_NAME + len(entry.text("namePrefix") + entry.text("nameSuffix"))
        yield DatasetWant(
            name=name,
            volumes="zvol" if protocol in _PORTS else "filesystem",
            created_by_driver=False,
            volume_name_length=_LONGEST_NAME if entry.text("nameTemplate") else min(length, _LONGEST_NAME),
        )
        if detached is not None:
            yield DatasetWant(name=detached or f"{pool}/csi-detached-snapshots")


def _served(found: Deployment, volumes: tuple[tuple[Entry, Protocol], ...]) -> Deployment:
    """With where the nodes of each class are sent."""
    nfs, smb = (tuple(dict.fromkeys(_servers(volumes, wanted))) for wanted in ("nfs", "smb"))
    groups = tuple(dict.fromkeys(_groups(volumes)))
    ports = (concrete.whole(entry.parameters.get("portID")) for entry, protocol in volumes if protocol == "nvmeof")
    iscsi, nvmeof = (tuple(dict.fromkeys(_portals(volumes, wanted))) for wanted in ("iscsi", "nvmeof"))
    return replace(
        found,
        nfs=NfsWant(address=nfs[0], also=nfs[1:]) if nfs else None,
        smb=smb,
        target_groups=groups,
        iscsi=IscsiWant(
            portals=tuple(PortalWant(id=id_, address=host, port=port, first=not id_) for id_, host, port in iscsi),
            initiator_group=next((group.initiator_group for group in groups if group.initiator_group), None),
        )
        if iscsi
        else None,
        nvmeof=NvmeofWant(
            portals=tuple((host, port) for _, host, port in nvmeof),
            port_ids=tuple(dict.fromkeys(port for port in ports if port)),
        )
        if nvmeof
        else None,
    )


def _servers(volumes: tuple[tuple[Entry, Protocol], ...], wanted: Protocol) -> Iterator[str]:
    servers = (concrete.text(entry.parameters.get("server")) for entry, protocol in volumes if protocol == wanted)
    return (server.strip("[]") for server in servers if server)


def _groups(volumes: tuple[tuple[Entry, Protocol], ...]) -> Iterator[TargetGroupWant]:
    """What each class gives to its targets; pkg/driver/controller_iscsi.go takes the array's first of what is 0."""
    for entry, protocol in volumes:
        if protocol == "iscsi":
            portal, initiators = (concrete.whole(entry.parameters.get(key)) for key in ("portalId", "initiatorId"))
            yield TargetGroupWant(portal=portal or None, initiator_group=initiators or None)


def _portals(volumes: tuple[tuple[Entry, Protocol], ...], wanted: Protocol) -> Iterator[tuple[int | None, str, int]]:
    """Id, host and port of each class; without an id the driver takes the array's first portal."""
    for entry, protocol in volumes:
        server = concrete.text(entry.parameters.get("server"))
        if protocol == wanted and server:
            port = concrete.port(entry.parameters.get("port")) or _PORTS[wanted]
            yield concrete.whole(entry.parameters.get("portalId")) or None, server.strip("[]"), port
