"""Files of CSI drivers that fit the simulated TrueNAS, and that TrueNAS behind its real TLS socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csi_probe.demo import nas
from csi_probe.demo.array import USERNAME, healthy

from .rig import secret_file

NODES = ("192.0.2.21", "192.0.2.22")
IQNS = ("iqn.1993-08.org.debian:01:a", "iqn.1994-05.com.redhat:b")


@dataclass(frozen=True)
class Lab:
    """A simulated TrueNAS that is served, and a folder for files."""

    nas: nas.Nas
    folder: Path

    @property
    def port(self) -> int:
        return int(urlsplit(self.nas.url).port or 0)

    @property
    def connection(self) -> dict[str, Any]:
        """democratic-csi's httpConnection to this NAS, with the driver's own key."""
        here = {"protocol": "https", "host": "127.0.0.1", "port": self.port, "allowInsecure": True}
        return here | {"apiKey": self.nas.array.driver_key}

    def write(self, content: dict[str, Any], name: str = "driver.yaml") -> Path:
        """A driver's file. JSON is YAML."""
        path = self.folder / name
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")
        return path

    def nfs(self, name: str = "nfs.yaml", image: str = "", **http: Any) -> Path:
        """democratic-csi for NFS, as its own config, or as Helm values where an image is given."""
        config = {
            "driver": "freenas-api-nfs",
            "httpConnection": self.connection | http,
            "zfs": {
                "datasetParentName": "tank/k8s/nfs",
                "detachedSnapshotsDatasetParentName": "tank/k8s/nfs-snapshots",
            },
            "nfs": {"shareHost": "192.0.2.10", "shareAllowedNetworks": ["192.0.2.0/24"]},
        }
        return self.write(_values(config, "org.example.nfs", image) if image else config, name)

    def iscsi(self, name: str = "iscsi.yaml", image: str = "", portal: int = 2, **http: Any) -> Path:
        """democratic-csi for iSCSI, in the same two forms."""
        group = {"targetGroupPortalGroup": portal, "targetGroupInitiatorGroup": 3, "targetGroupAuthType": "CHAP"}
        config = {
            "driver": "freenas-api-iscsi",
            "httpConnection": self.connection | http,
            "zfs": {
                "datasetParentName": "tank/k8s/iscsi",
                "detachedSnapshotsDatasetParentName": "tank/k8s/iscsi-snapshots",
            },
            "iscsi": {
                "targetPortal": "192.0.2.10:3260",
                "namePrefix": "csi-",
                "targetGroups": [group | {"targetGroupAuthGroup": 5}],
            },
        }
        return self.write(_values(config, "org.example.iscsi", image) if image else config, name)

    def config(self, more: str = "") -> Path:
        """A config.toml with the probe's own key for this NAS."""
        key = secret_file(self.folder, self.nas.array.key, "probe-key")
        path = self.folder / "config.toml"
        path.write_text(
            f'[truenas]\nurl = "{self.nas.url}"\nusername = "{USERNAME}"\n'
            f'api_key = {{ file = "{key}" }}\nca_file = "{self.nas.ca_file}"\n{more}'
        )
        return path


def _values(config: dict[str, Any], csi_name: str, tag: str) -> dict[str, Any]:
    """The same as values of democratic-csi's Helm chart."""
    image = {"registry": "ghcr.io/democratic-csi/democratic-csi", "tag": tag}
    return {
        "csiDriver": {"name": csi_name},
        "controller": {"driver": {"image": image}},
        "driver": {"config": config},
        "storageClasses": [],
    }


@contextmanager
def served(folder: Path, era: str = "25.10") -> Iterator[Lab]:
    """A healthy TrueNAS while the block runs."""
    with nas.serve(healthy(era, IQNS, NODES)) as server:
        yield Lab(server, folder)
