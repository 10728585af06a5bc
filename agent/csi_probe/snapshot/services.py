"""The array's services as subjects: NFS and iSCSI, and what drivers name in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from csi_probe.facts import Fact

if TYPE_CHECKING:
    from csi_probe.entries import (
        AuthEntry,
        ExtentEntry,
        InitiatorEntry,
        IscsiConfig,
        MappingEntry,
        NfsConfig,
        PortalEntry,
        ServiceEntry,
        TargetEntry,
    )


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
class Iscsi:
    """The iSCSI service and its global configuration."""

    service: Fact[ServiceEntry]
    config: Fact[IscsiConfig]

    @property
    def label(self) -> str:
        return "iscsi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """A portal that the driver will use: by `id` (None: it takes any), and by the address and port of nodes.

    `address`: None where the driver gives its targets this portal too, but sends no node there.
    """

    id: int | None
    address: str | None
    port: int
    portals: Fact[tuple[PortalEntry, ...]]
    entry: Fact[PortalEntry]
    config: Fact[IscsiConfig]
    resolved: Fact[tuple[str, ...]]
    nas_addresses: Fact[tuple[str, ...]]

    @property
    def label(self) -> str:
        return f"portal {self.address if self.id is None else self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiatorGroup:
    """An initiator group, by the id that the driver will use. None: it takes the first, and the array has none."""

    id: int | None
    groups: Fact[tuple[InitiatorEntry, ...]]

    @property
    def label(self) -> str:
        return "initiator group" if self.id is None else f"initiator group {self.id}"


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
