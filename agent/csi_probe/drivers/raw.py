"""What belongs to one driver, recognised among the documents of some files but not read yet: what adapters take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from csi_probe.drivers.deployment import Image
from csi_probe.drivers.tree import Item
from csi_probe.problem import Place

Name = Literal["democratic-csi", "truenas-csi", "tns-csi", "scale-csi"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One driver's pieces. What the files do not have is None or empty.

    `values`: the root of its chart's Helm values. `config`: its own config file (democratic-csi's
    driver-config-file.yaml, scale-csi's config.yaml), wherever it stood. `settings`: truenas-csi's, from its ConfigMap,
    its environment or a TrueNASCSI's spec. `secrets`: the data of its Secret, base64 decoded. `storage_classes`,
    `snapshot_classes`: manifests (not Helm values) that name it as provisioner or driver. `image`: from a Deployment
    or DaemonSet (not Helm values). `csi_name`: from a CSIDriver manifest.
    """

    driver: Name
    place: Place
    values: Item | None = None
    config: Item | None = None
    settings: Mapping[str, Item] = field(default_factory=dict)
    secrets: Mapping[str, Item] = field(default_factory=dict)
    storage_classes: tuple[Item, ...] = ()
    snapshot_classes: tuple[Item, ...] = ()
    image: Image | None = None
    csi_name: str | None = None
