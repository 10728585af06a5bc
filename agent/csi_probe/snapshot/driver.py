"""The CSI drivers as subjects: their files, what they log in with, and the services that only some of them need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from csi_probe.facts import Fact

if TYPE_CHECKING:
    from csi_probe.contact import Api, Certificate, Contact, Login, Refusal, Session, Version
    from csi_probe.entries import ApiKeyEntry, NvmetPort, ServiceEntry
    from csi_probe.needs import Fit
    from csi_probe.problem import Place, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverFile:
    """A driver's own config, with the problems that it has by itself."""

    name: str
    place: Place
    problems: tuple[Problem, ...]

    @property
    def label(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageClass:
    """A StorageClass (or VolumeSnapshotClass) beside the driver that it names."""

    name: str
    place: Place
    problems: tuple[Problem, ...]

    @property
    def label(self) -> str:
        return f"class {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverSet:
    """All drivers of a run together. `clashes`: what two of them share; `unread`: what was recognised, but not read."""

    names: tuple[str, ...]
    clashes: tuple[Problem, ...]
    unread: tuple[Problem, ...]

    @property
    def label(self) -> str:
        return "all drivers"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverRelease:
    """A driver's image against TrueNAS's release. `loses_data`: how this image destroys volumes, if it does."""

    name: str
    image: str
    version: Fact[Version]
    fit: Fact[Fit]
    loses_data: str | None

    @property
    def label(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverKey:
    """The key with which the driver will log in; it was tried over TLS, whatever the driver's file says.

    `url`: where it was tried. `over_tls`: whether the driver itself goes there. `verifies`: whether it looks at the
    certificate. `trusts_more`: it has certificate authorities that the probe has not. `roles_wanted`: those of which
    the driver needs every one.
    """

    name: str
    url: str
    over_tls: bool
    verifies: bool
    trusts_more: bool
    now: datetime
    key_days: int
    roles_wanted: Fact[tuple[str, ...]]
    reachable: Fact[Contact | Refusal]
    certificate: Fact[Certificate | Refusal]
    api: Fact[Api | Refusal]
    login: Fact[Login | Refusal]
    key: Fact[ApiKeyEntry]

    @property
    def label(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverSsh:
    """The login of an SSH driver on the NAS: the very user, key and shell that it will use.

    `shell`: the login shell, from the user's passwd entry. `zfs`, `zpool`: the path that a non-login shell finds, None
    where it finds none. `may_zfs`: whether the user may list datasets the way the driver does it.
    """

    name: str
    user: str
    sudo: bool
    login: Fact[Session | Refusal]
    shell: Fact[str]
    zfs: Fact[str | None]
    zpool: Fact[str | None]
    may_zfs: Fact[bool]

    @property
    def label(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverArray:
    """Whether the array of the config is the driver's, where the two name it differently.

    `wanted`: the host in the driver's file, `resolved` its addresses. `judged`: the URL in the config, `met` the
    address that answered there, `nas_addresses` all that this array has.
    """

    name: str
    wanted: str
    judged: str
    resolved: Fact[tuple[str, ...]]
    met: Fact[Contact | Refusal]
    nas_addresses: Fact[tuple[str, ...]]

    @property
    def label(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class SshService:
    """The SSH service, over which SSH drivers make datasets and zvols."""

    service: Fact[ServiceEntry]

    @property
    def label(self) -> str:
        return "ssh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Smb:
    """The SMB service. `address` and `resolved`: what nodes are to mount from, as written and as IPs."""

    address: str
    service: Fact[ServiceEntry]
    resolved: Fact[tuple[str, ...]]
    nas_addresses: Fact[tuple[str, ...]]

    @property
    def label(self) -> str:
        return "smb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nvmeof:
    """The NVMe-oF service."""

    service: Fact[ServiceEntry]

    @property
    def label(self) -> str:
        return "nvmeof"


@dataclass(frozen=True, slots=True, kw_only=True)
class NvmeofPort:
    """An NVMe-oF port that the driver will use: by `id`, or by the address and port to which nodes are sent.

    `resolved`: the address as IPs; none where the port is wanted by id.
    """

    id: int | None
    address: str | None
    port: int | None
    resolved: Fact[tuple[str, ...]]
    ports: Fact[tuple[NvmetPort, ...]]

    @property
    def label(self) -> str:
        return f"nvmeof port {self.id if self.id is not None else self.address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShares:
    """One node before the shares that the driver will make. `classes`: of which StorageClasses; none: of all."""

    node: str
    classes: tuple[str, ...]
    source: Fact[str]
    networks: tuple[str, ...]
    hosts: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"node {self.node}"
