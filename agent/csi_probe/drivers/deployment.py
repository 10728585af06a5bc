"""What a CSI driver's own config says, whichever driver it is: the one shape that all adapters produce."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from csi_probe.config import DatasetWant, IscsiWant, NfsWant
from csi_probe.needs import Driver
from csi_probe.problem import Place, Problem
from csi_probe.secret import Secret

Protocol = Literal["nfs", "iscsi", "smb", "nvmeof"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How the driver reaches the API, as written. `host`: without brackets; `key`, `password`: the driver's own.

    `ca_pem`: CAs that it trusts beside the image's own. `ca_elsewhere`: it has some that these files only name.
    """

    scheme: Literal["http", "https", "ws", "wss"]
    host: str
    port: int
    verify: bool
    key: Secret | None = None
    username: str | None = None
    password: Secret | None = None
    ca_pem: str | None = None
    ca_elsewhere: bool = False

    @property
    def is_tls(self) -> bool:
        """Whether a key may be sent over it."""
        return self.scheme in {"https", "wss"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SshLogin:
    """The login of democratic-csi's SSH drivers. `zfs`, `zpool`: the paths that the config gives, or None."""

    host: str
    port: int
    username: str
    password: Secret | None = None
    private_key: Secret | None = None
    passphrase: Secret | None = None
    sudo: bool = False
    zfs: str | None = None
    zpool: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupWant:
    """A group that new targets will have: ids of a portal and an initiator group, and a tag of CHAP users.

    None: the driver takes the first one of the array.
    """

    portal: int | None
    initiator_group: int | None
    auth: Literal["none", "chap", "mutual-chap"] = "none"
    auth_tag: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NvmeofWant:
    """What an NVMe-oF driver will use: ports by nvmet.port id, or the addresses to which nodes are sent."""

    portals: tuple[tuple[str, int], ...] = ()
    port_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareWant:
    """Whom the shares to come will admit. Both empty: everyone. `classes`: of which StorageClasses; none: of all."""

    networks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The driver's container image, as far as the file says. `digest` with its algorithm ("sha256:…")."""

    repository: str
    tag: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageClassWant:
    """A StorageClass beside the driver, from a manifest or from Helm values."""

    name: str
    place: Place
    provisioner: str | None  # None where the chart fills it in
    parameters: Mapping[str, str]
    mount_options: tuple[str, ...] = ()
    default: bool = False
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One driver, as its own files describe it.

    `driver`: a name in needs.DRIVERS. `variant`: democratic-csi's driver name ("freenas-api-iscsi"), else "".
    `names`: prefix and suffix of what it makes on the array, for collisions. `csi_name`: its CSIDriver's name.
    `target_groups`: all of them must exist; where there are several, iscsi has the first one's initiator group and
    CHAP, and its portals have no id: each of their addresses has to belong to one of the groups' portals.
    `smb`: the addresses from which nodes will mount. `multipath`: nodes reach one iSCSI volume over several portals.
    `needs`: what it takes from a node, where its chart's values change that.
    """

    driver: Literal["democratic-csi", "truenas-csi", "tns-csi", "scale-csi"]
    variant: str = ""
    place: Place
    csi_name: str | None = None
    protocols: tuple[Protocol, ...] = ()
    image: Image | None = None
    connection: Connection | None = None
    pools: tuple[str, ...] = ()
    datasets: tuple[DatasetWant, ...] = ()
    nfs: NfsWant | None = None
    smb: tuple[str, ...] = ()
    shares: tuple[ShareWant, ...] = (ShareWant(),)
    iscsi: IscsiWant | None = None
    target_groups: tuple[TargetGroupWant, ...] = ()
    multipath: bool = False
    nvmeof: NvmeofWant | None = None
    ssh: SshLogin | None = None
    needs: Driver | None = None
    names: tuple[str, str] = ("", "")
    storage_classes: tuple[StorageClassWant, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def over_ssh(self) -> bool:
        """Whether it makes volumes over SSH: democratic-csi's TrueNAS drivers without -api- do."""
        return self.variant.startswith(("freenas-", "truenas-")) and "-api-" not in self.variant

    @property
    def label(self) -> str:
        """The name in reports: "driver freenas-api-iscsi", "driver tns-csi"."""
        return f"driver {self.variant or self.driver}"
