"""scale-csi: its config.yaml or Helm values, as a Deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from csi_probe.config import DatasetWant, IscsiWant, NfsWant, PortalWant
from csi_probe.drivers import address, concrete, scale_lint, storageclass
from csi_probe.drivers.deployment import Connection, Deployment, Image, NvmeofWant, Protocol, ShareWant, TargetGroupWant
from csi_probe.drivers.raw import Raw
from csi_probe.drivers.storageclass import Entry
from csi_probe.drivers.tree import Item

_NAME = "csi.scale.io"
_PROTOCOLS: tuple[Protocol, ...] = ("nfs", "iscsi", "nvmeof")
_AUTHS: Mapping[str, Literal["none", "chap", "mutual-chap"]] = {"CHAP": "chap", "CHAP_MUTUAL": "mutual-chap"}
_REPOSITORY = "ghcr.io/gizmotickler/scale-csi"
# What the chart writes into parameters of a class beside extraParameters (templates/storageclass.yaml).
_FLAT = (
    *("protocol", "snapshotRestoreMode", "zfsPerformanceClass", "nfsExposeSnapshots", "nfsReadOnly"),
    *("nfsMaprootUser", "nfsMaprootGroup", "nfsMapallUser", "nfsMapallGroup", "nfsACLTemplate", "nfsACLMode"),
)


def read(raw: Raw) -> Deployment:
    """What the driver will make of its files."""
    written = raw.config or (_rendered(raw.values) if raw.values else Item(value={}, place=raw.place, key=raw.place))
    config = _known(written) if raw.config else written
    classes = (*storageclass.manifests(raw), *(_charted(raw.values) if raw.values else ()))
    protocols = tuple(name for name in _PROTOCOLS if _enabled(config, name))
    parent = (concrete.text(config.get("zfs", "datasetParentName")) or "").rstrip("/")
    found = Deployment(
        driver="scale-csi",
        place=raw.place,
        csi_name=raw.csi_name or concrete.text(config.get("driver")) or _NAME,
        image=_image(raw.values) or raw.image,
        connection=_connection(raw, config),
        protocols=protocols,
        pools=(parent.partition("/")[0],) if parent and not parent.startswith("/") else (),
        datasets=tuple(_datasets(parent, protocols)),
        names=("", concrete.text(config.get("iscsi", "nameSuffix")) or ""),
        problems=tuple(scale_lint.problems(raw, written, protocols)),
    )
    return storageclass.attach(_served(found, config), classes)


def _known(item: Item) -> Item:
    """The same without what comes out of the environment: the driver expands $NAME and ${NAME} itself."""
    if isinstance(item.value, Mapping):
        return replace(item, value={key: _known(child) for key, child in item.children.items()})
    if isinstance(item.value, tuple):
        return replace(item, value=tuple(_known(child) for child in item.elements))
    return replace(item, value=None, text="") if "$" in item.text else item


def _enabled(config: Item, name: str) -> bool:
    """Whether a protocol is served: a block without `enabled` counts (applyProtocolEnabledBackCompat)."""
    block = config.get(name)
    switch = block.get("enabled") if block else None
    return bool(block) and (switch is None or concrete.true(switch))


def _rendered(values: Item) -> Item:
    """The config.yaml that the chart makes of its values, as far as it is read here (templates/configmap.yaml).

    NFS and iSCSI are on, and all addresses are the API's host, unless the values say something else.
    """
    host = values.get("truenas", "host")
    plaintext = values.get("truenas", "secure")
    protocol = "http" if plaintext and plaintext.value is False else "https"
    truenas = {
        **_some(values, "truenas", ("host", "port", "apiKey", "caCert", "caCertFile")),
        "protocol": replace(plaintext or values, value=protocol, text=protocol),
        **_renamed(values, "truenas", {"skipTLSVerify": "allowInsecure"}),
    }
    named = {"csiDriverName": "driver"}
    blocks = {
        "truenas": truenas,
        "zfs": _renamed(values, "zfs", {"parentDataset": "datasetParentName"}),
        "nfs": _on(values, "nfs", {"server": "shareHost"}, host),
        "iscsi": _on(values, "iscsi", {"portal": "targetPortal", "portalPort": "portalPort"}, host),
        "nvmeof": _on(values, "nvmeof", {"address": "transportAddress", "port": "transportServiceId"}, host),
    }
    top: dict[str, Item] = {new: item for old, new in named.items() if (item := values.get(old))}
    return replace(values, value=top | {name: _block(values, name, keys) for name, keys in blocks.items() if keys})


def _block(values: Item, name: str, keys: Mapping[str, Item]) -> Item:
    return replace(values.get(name) or values, value=keys)


def _some(values: Item, block: str, names: tuple[str, ...]) -> dict[str, Item]:
    return {name: item for name in names if (item := values.get(block, name))}


def _renamed(values: Item, block: str, names: Mapping[str, str]) -> dict[str, Item]:
    return {new: item for old, new in names.items() if (item := values.get(block, old))}


def _on(values: Item, block: str, names: Mapping[str, str], host: Item | None) -> dict[str, Item]:
    """A protocol's block, {} where the values turn it off; the first of `names` is the address."""
    found = values.get(block)
    switch = found.get("enabled") if found else None
    if not (concrete.true(switch) if switch else block in {"nfs", "iscsi"}):
        return {}
    keys = dict(found.children) if found else {}
    keys |= {new: keys[old] for old, new in names.items() if old in keys and keys[old].value not in (None, "")}
    address_key = next(iter(names.values()))
    return keys | ({address_key: host} if host and address_key not in keys else {})


def _charted(values: Item) -> Iterator[Entry]:
    """The chart's classes that are not disabled; a class without `enabled` is written too."""
    listed = values.get("storageClasses")
    for number, block in enumerate(listed.elements if listed else ()):
        switch = block.get("enabled")
        if switch is None or concrete.true(switch):
            extra = block.get("extraParameters")
            flat = {name: item for name in _FLAT if (item := block.get(name))}
            parameters = {**(extra.children if extra else {}), **flat}
            yield storageclass.charted(block, f"storageClasses[{number}]", parameters)


def _connection(raw: Raw, config: Item) -> Connection | None:
    """pkg/driver/config.go, applyConfigDefaults: https and its port, unless the config says something else."""
    host = concrete.text(config.get("truenas", "host"))
    if not host:
        return None
    scheme = concrete.text(config.get("truenas", "protocol")) or "https"
    return Connection(
        scheme="http" if scheme == "http" else "https",
        host=host.strip("[]"),
        port=concrete.port(config.get("truenas", "port")) or (80 if scheme == "http" else 443),
        verify=not concrete.true(config.get("truenas", "allowInsecure")),
        key=concrete.secret(config.get("truenas", "apiKey")) or concrete.secret(raw.secrets.get("api-key")),
        ca_pem=concrete.text(config.get("truenas", "caCert")),
        ca_elsewhere=concrete.text(config.get("truenas", "caCertFile")) is not None,
    )


def _image(values: Item | None) -> Image | None:
    repository, tag, digest = (
        concrete.text(values.get("image", key)) if values else None for key in ("repository", "tag", "digest")
    )
    found = repository or tag or digest
    return Image(repository=repository or _REPOSITORY, tag=tag or "", digest=digest or "") if found else None


def _datasets(parent: str, protocols: tuple[Protocol, ...]) -> Iterator[DatasetWant]:
    """One parent for all volumes, which has to be there; zvols have the stricter needs."""
    if parent and not parent.startswith("/"):
        block = any(name in protocols for name in ("iscsi", "nvmeof"))
        yield DatasetWant(name=parent, volumes="zvol" if block else "filesystem", created_by_driver=False)


def _served(found: Deployment, config: Item) -> Deployment:
    """With where nodes are sent, and to whom exports are open."""
    host = concrete.text(config.get("nfs", "shareHost"))
    networks, hosts = (concrete.texts(config.get("nfs", f"shareAllowed{of}")) for of in ("Networks", "Hosts"))
    nvmeof = config.get("nvmeof")
    return replace(
        found,
        nfs=NfsWant(address=host.strip("[]")) if host and "nfs" in found.protocols else None,
        shares=(ShareWant(networks=networks, hosts=hosts),),
        iscsi=_iscsi(config) if "iscsi" in found.protocols else None,
        target_groups=tuple(_groups(config)) if "iscsi" in found.protocols else (),
        multipath="iscsi" in found.protocols and concrete.true(config.get("iscsi", "multipath")),
        nvmeof=NvmeofWant(portals=_nvmeof(nvmeof)) if nvmeof and "nvmeof" in found.protocols else None,
    )


def _iscsi(config: Item) -> IscsiWant:
    """Portals by address; with targetGroups, their ids. CHAP users are the driver's own, it makes them itself."""
    block = config.get("iscsi")
    default = concrete.port(block.get("portalPort")) if block else None
    first = address.endpoint(block.get("targetPortal") if block else None, default or 3260)
    more = concrete.texts(block.get("portals")) if block and concrete.true(block.get("multipath")) else ()
    groups = tuple(_groups(config))
    ids = {group.portal for group in groups}
    id_ = next(iter(ids)) if len(ids) == 1 and not more else None
    addresses = dict.fromkeys((first[0], *(text.strip("[]") for text in more))) if first else {}
    return IscsiWant(
        portals=tuple(PortalWant(id=id_, address=host, port=first[1]) for host in addresses) if first else (),
        initiator_group=groups[0].initiator_group if groups else None,
        auth=groups[0].auth if groups else "none",
        auth_tag=groups[0].auth_tag if groups else None,
    )


def _groups(config: Item) -> Iterator[TargetGroupWant]:
    listed = config.get("iscsi", "targetGroups")
    for item in listed.elements if listed else ():
        portal, initiators, tag = (concrete.whole(item.get(key)) for key in ("portal", "initiator", "auth"))
        if portal is not None and initiators is not None:
            auth = _AUTHS.get((concrete.text(item.get("authMethod")) or "").upper(), "none")
            yield TargetGroupWant(portal=portal, initiator_group=initiators, auth=auth, auth_tag=tag or None)


def _nvmeof(block: Item) -> tuple[tuple[str, int], ...]:
    port = concrete.port(block.get("transportServiceId")) or 4420
    more = concrete.texts(block.get("addresses")) if concrete.true(block.get("multipath")) else ()
    hosts = (concrete.text(block.get("transportAddress")), *more)
    return tuple((host.strip("[]"), port) for host in dict.fromkeys(hosts) if host)
