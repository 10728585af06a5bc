"""The Snapshot: everything a run has seen, as subjects that carry what is wanted beside what was seen.

A check judges one subject, so it compares fields of one object. Every subject has a `label`, its name in the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from csi_probe.drivers import Driver
from csi_probe.entries import (
    Api,
    ApiKeyEntry,
    AuthEntry,
    Certificate,
    Contact,
    DatasetEntry,
    ExtentEntry,
    FileState,
    InitiatorEntry,
    IscsiConfig,
    Login,
    MappingEntry,
    Module,
    NfsConfig,
    NfsShare,
    Os,
    PoolEntry,
    PortalEntry,
    Refusal,
    ServiceEntry,
    Session,
    TargetEntry,
    Trust,
    Unit,
    Version,
)
from csi_probe.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Nas:
    """The TrueNAS itself. Wanted: `driver`, `roles_wanted`, and the limits (days; seconds)."""

    url: str
    now: datetime
    driver: Driver
    trust: Trust
    roles_wanted: Mapping[str, str]  # method -> the least role that may call it
    certificate_days: int
    key_days: int
    slow_seconds: float
    reachable: Fact[Contact | Refusal]
    certificate: Fact[Certificate | Refusal]
    api: Fact[Api | Refusal]
    login: Fact[Login | Refusal]
    version: Fact[Version]
    key: Fact[ApiKeyEntry]
    slowest: Fact[tuple[str, float]]  # method, seconds

    @property
    def label(self) -> str:
        return "truenas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A pool that is named in the config, or in the name of a dataset there. `free`: of its root dataset."""

    name: str
    min_free: int  # bytes
    max_used: float  # percent
    names: Fact[tuple[str, ...]]
    entry: Fact[PoolEntry]
    free: Fact[int]

    @property
    def label(self) -> str:
        return f"pool {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A parent dataset for volumes or for detached snapshots.

    `entry` is the dataset itself, None where it does not exist. `nearest` is the closest ancestor that exists (itself,
    where it does): it says what a dataset that the driver creates would inherit.
    """

    name: str
    created_by_driver: bool
    zvols: bool  # volumes below it are zvols
    volume_name_length: int
    min_free: int  # bytes
    overlaps: tuple[str, ...]  # other configured parents that nest with this one
    zvol_path_max: Fact[int]  # 255, or 63 on FreeBSD 12 and older
    entry: Fact[DatasetEntry | None]
    nearest: Fact[DatasetEntry]

    @property
    def label(self) -> str:
        return f"dataset {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nfs:
    """The NFS service. `address` and `resolved`: what nodes are to mount from, as written and as IPs."""

    address: str
    versions: tuple[str, ...]  # "3", "4.1" …
    service: Fact[ServiceEntry]
    config: Fact[NfsConfig]
    resolved: Fact[tuple[str, ...]]
    nas_addresses: Fact[tuple[str, ...]]

    @property
    def label(self) -> str:
        return "nfs"


@dataclass(frozen=True, slots=True, kw_only=True)
class NfsAccess:
    """One node before the shares that exist below the configured parents."""

    node: str
    source: Fact[str]  # the address from which the node reaches the NAS
    shares: Fact[tuple[NfsShare, ...]]

    @property
    def label(self) -> str:
        return f"node {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Iscsi:
    """The iSCSI service and its global configuration."""

    service: Fact[ServiceEntry]
    config: Fact[IscsiConfig]

    @property
    def label(self) -> str:
        return "iscsi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """A portal that the driver will use: by `id`, and by the address and port where nodes are sent."""

    id: int
    address: str
    port: int
    portals: Fact[tuple[PortalEntry, ...]]
    entry: Fact[PortalEntry]
    config: Fact[IscsiConfig]
    resolved: Fact[tuple[str, ...]]
    nas_addresses: Fact[tuple[str, ...]]

    @property
    def label(self) -> str:
        return f"portal {self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiatorGroup:
    """An initiator group, by the id that the driver will use."""

    id: int
    groups: Fact[tuple[InitiatorEntry, ...]]

    @property
    def label(self) -> str:
        return f"initiator group {self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IscsiAccess:
    """One node before one initiator group."""

    node: str
    group: int
    entry: Fact[InitiatorEntry]
    initiator_name: Fact[str]

    @property
    def label(self) -> str:
        return f"node {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthGroup:
    """The CHAP users that the driver will name by `tag`."""

    tag: int
    mutual: bool
    entries: Fact[tuple[AuthEntry, ...]]

    @property
    def label(self) -> str:
        return f"auth tag {self.tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target that must exist before the deployment, with the ids that its groups are to name (None: any)."""

    name: str
    portals: tuple[int, ...]
    initiator_group: int | None
    auth_tag: int | None
    targets: Fact[tuple[TargetEntry, ...]]
    entry: Fact[TargetEntry]
    extents: Fact[tuple[ExtentEntry, ...]]
    mappings: Fact[tuple[MappingEntry, ...]]

    @property
    def label(self) -> str:
        return f"target {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAnswers:
    """What the one script on a node answered, one field a question."""

    os: Fact[Os]
    kernel: Fact[str]
    clock: Fact[float]  # seconds by which the node's clock is ahead of the probe's
    tools: Fact[Mapping[str, str | None]]  # name -> path on the driver's PATH, None: not there
    filesystems: Fact[frozenset[str]]  # /proc/filesystems
    modules: Fact[Mapping[str, Module]]
    sockets: Fact[frozenset[str]]  # listening unix sockets, as in /proc/net/unix
    units: Fact[Mapping[str, Unit]]
    initiator_name: Fact[str | None]  # None: no such file; Missing: unreadable
    root_shared: Fact[bool]
    iscsi_directory: Fact[FileState]
    sources: Fact[Mapping[str, str]]  # storage address -> the address from which the node would reach it


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A Kubernetes node. Wanted: the protocols and what the driver takes from the host."""

    name: str
    driver: Driver
    nfs_versions: tuple[str, ...]  # empty: no NFS
    iscsi: bool
    multipath: bool
    max_clock_skew: float  # seconds
    login: Fact[Session | Refusal]
    answers: NodeAnswers
    reference: str  # whose clock the node's is held against: "the NAS", "the probe"
    reference_clock: float  # that clock, in seconds ahead of the probe's

    @property
    def label(self) -> str:
        return f"node {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All nodes together, for what must be unique among them. `initiator_names`: one fact a node."""

    initiator_names: Mapping[str, Fact[str]]

    @property
    def label(self) -> str:
        return "all nodes"


Subject = (
    Nas
    | Pool
    | Dataset
    | Nfs
    | NfsAccess
    | Iscsi
    | Portal
    | InitiatorGroup
    | IscsiAccess
    | AuthGroup
    | Target
    | Node
    | Fleet
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All subjects of a run in the order of the report, and how long each endpoint took (name -> seconds)."""

    subjects: tuple[Subject, ...]
    timings: Mapping[str, float]
