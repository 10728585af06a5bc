"""What TrueNAS answered, parsed: one frozen type for each kind of row, in the array's own terms.

Fields that make up an entry's identity are plain; every other leaf is a Fact, because TrueNAS's releases differ in the
fields they send: an absent field is Missing, never a default.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from csi_probe.facts import Fact


@dataclass(frozen=True, slots=True)
class ApiKeyEntry:
    """A row of api_key.query. `expires`: None for a key that never expires."""

    id: int
    name: str
    expires: Fact[datetime | None]
    revoked: Fact[bool]


@dataclass(frozen=True, slots=True)
class PoolEntry:
    """A row of pool.query. Sizes in bytes, raw (before redundancy)."""

    name: str
    status: Fact[str]
    healthy: Fact[bool]
    size: Fact[int]
    allocated: Fact[int]


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """A row of pool.dataset.query. `quota`: bytes, 0 for none. `available`: bytes left."""

    name: str
    type: Fact[str]
    locked: Fact[bool]
    encrypted: Fact[bool]
    readonly: Fact[bool]
    available: Fact[int]
    used: Fact[int]
    quota: Fact[int]


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """A row of service.query: "nfs", "iscsitarget" … `state`: RUNNING, STOPPED or UNKNOWN."""

    name: str
    state: Fact[str]
    enabled: Fact[bool]


@dataclass(frozen=True, slots=True)
class NfsConfig:
    """nfs.config. `protocols`: subset of {"NFSV3", "NFSV4"}; `bind`: addresses, empty for all of them."""

    protocols: Fact[frozenset[str]]
    bind: Fact[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NfsShare:
    """A row of sharing.nfs.query. CORE's shares can have several paths. No networks and no hosts: everyone."""

    id: int
    paths: tuple[str, ...]
    enabled: Fact[bool]
    networks: Fact[tuple[str, ...]]
    hosts: Fact[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class IscsiConfig:
    """iscsi.global.config. `port` is Known(None) on CORE, where each portal's listen has a port of its own."""

    basename: Fact[str]
    port: Fact[int | None]


@dataclass(frozen=True, slots=True)
class Listen:
    """One address of a portal. `port`: None where the global port holds (SCALE)."""

    ip: str
    port: int | None


@dataclass(frozen=True, slots=True)
class PortalEntry:
    """A row of iscsi.portal.query. `id` is what drivers want; `tag` is what the UI shows as the portal group ID."""

    id: int
    tag: Fact[int]
    listen: Fact[tuple[Listen, ...]]


@dataclass(frozen=True, slots=True)
class InitiatorEntry:
    """A row of iscsi.initiator.query: an initiator group. No initiators: all are admitted.

    `networks`: those from which one may log in (CORE's auth_network); empty for all of them, and always on SCALE.
    """

    id: int
    initiators: Fact[tuple[str, ...]]
    networks: Fact[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class AuthEntry:
    """A row of iscsi.auth.query (secrets are never kept). Groups and drivers name it by `tag`, not by `id`."""

    id: int
    tag: int
    user: Fact[str]
    peer_user: Fact[str]


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """One row of a target's groups. `auth` is a tag; `method` one of NONE, CHAP, CHAP_MUTUAL."""

    portal: int
    initiator: int | None
    method: str
    auth: int | None


@dataclass(frozen=True, slots=True)
class TargetEntry:
    """A row of iscsi.target.query."""

    id: int
    name: str
    groups: Fact[tuple[TargetGroup, ...]]


@dataclass(frozen=True, slots=True)
class ExtentEntry:
    """A row of iscsi.extent.query."""

    id: int
    name: str
    enabled: Fact[bool]
    locked: Fact[bool]


@dataclass(frozen=True, slots=True)
class MappingEntry:
    """A row of iscsi.targetextent.query: which extent is which LUN of which target (by ids)."""

    target: int
    extent: int
    lun: int


@dataclass(frozen=True, slots=True)
class NvmetPort:
    """A row of nvmet.port.query (25.10 and later). `transport`: TCP, RDMA or FC; `port`: addr_trsvcid, None for FC."""

    id: int
    address: str
    transport: Fact[str]
    port: Fact[int | None]
    enabled: Fact[bool]
