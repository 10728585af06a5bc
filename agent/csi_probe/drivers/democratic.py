"""democratic-csi: its driver-config-file.yaml, alone, in a Secret or in Helm values, as a Deployment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal
from urllib.parse import urlsplit

from csi_probe.config import DatasetWant, IscsiWant, NfsWant, PortalWant
from csi_probe.drivers import concrete, democratic_lint, storageclass
from csi_probe.drivers.democratic_keys import VARIANTS
from csi_probe.drivers.deployment import (
    Connection,
    Deployment,
    Image,
    NvmeofWant,
    Protocol,
    ShareWant,
    SshLogin,
    TargetGroupWant,
)
from csi_probe.drivers.lengths import VOLUME_NAME
from csi_probe.drivers.raw import Raw
from csi_probe.drivers.tree import Item

_HASHED = {"md5": 32, "crc8": 2, "crc16": 4, "crc32": 8}
_PROTOCOLS: Mapping[str, Protocol] = {"nfs": "nfs", "iscsi": "iscsi", "smb": "smb", "nvmeof": "nvmeof"}


def read(raw: Raw) -> Deployment:
    """The driver's config as it understands it. Whatever is wrong becomes a Problem and leaves its part out."""
    config = _as_it_parses(raw.config) if raw.config and not raw.values else raw.config
    name = concrete.text(config.get("driver")) if config else None
    volume = _volume_name(raw, config)
    found = Deployment(
        driver="democratic-csi",
        variant=name or "",
        place=raw.place,
        csi_name=raw.csi_name or concrete.text(_value(raw, "csiDriver", "name")),
        image=_image(raw),
        problems=tuple(democratic_lint.problems(raw, config, volume)),
    )
    if config and name in VARIANTS:
        found = _filled(found, config, _PROTOCOLS[name.rpartition("-")[2]], volume)
    return storageclass.attached(found, raw)


def _filled(bare: Deployment, config: Item, protocol: Protocol, volume: int) -> Deployment:
    block = config.get(protocol)
    parents = [concrete.text(config.get("zfs", key)) for key in ("datasetParentName", "detachedSnapshotsDatasetParentName")]
    parent, detached = (_dataset(name) for name in parents)
    names = [concrete.text(block.get(key)) if block else None for key in ("namePrefix", "nameSuffix")]
    return replace(
        bare,
        protocols=(protocol,),
        connection=_connection(config.get("httpConnection")),
        ssh=None if "-api-" in bare.variant else _ssh(config),
        pools=tuple(dict.fromkeys(name.partition("/")[0] for name in (parent, detached) if name)),
        datasets=(
            DatasetWant(
                name=parent,
                volumes="zvol" if protocol in ("iscsi", "nvmeof") else "filesystem",
                detached_snapshots=detached,
                volume_name_length=volume,
            ),
        )
        if parent
        else (),
        names=(names[0] or "", names[1] or ""),
        **_wants(protocol, block),
    )


def _wants(protocol: Protocol, block: Item | None) -> Mapping[str, object]:
    ...
