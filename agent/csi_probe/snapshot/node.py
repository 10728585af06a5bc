"""The nodes as subjects: each by itself, each before the array, and all together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csi_probe.facts import Fact
from csi_probe.needs import Driver

if TYPE_CHECKING:
    from csi_probe.contact import Refusal, Session
    from csi_probe.entries import InitiatorEntry, NfsShare
    from csi_probe.host import FileState, Module, Os


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAnswers:
    """What the one script on a node answered, one field a question."""

    os: Fact[Os]
    kernel: Fact[str]
    clock: Fact[float]  # seconds by which the node's clock is ahead of the probe's
    tools: Fact[Mapping[str, str | None]]  # name -> path on the driver's PATH, None: not there
    filesystems: Fact[frozenset[str]]  # /proc/filesystems
    modules: Fact[Mapping[str, Module]]  # those of which the node tells
    sockets: Fact[frozenset[str]]  # listening unix sockets, as in /proc/net/unix
    units: Fact[Mapping[str, str]]  # unit -> the word of `systemctl is-enabled`; empty: the node does not run systemd
    initiator_name: Fact[str | None]  # None: no such file; "": the file names none; Missing: unreadable
    root_shared: Fact[bool]
    iscsi_directory: Fact[FileState]
    sources: Fact[Mapping[str, str]]  # storage address -> the node's address towards it; those without a route lack


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A Kubernetes node. Wanted: the protocols and what the driver takes from the host."""

    name: str
    driver: Driver
    nfs_versions: tuple[str, ...]  # empty: no NFS
    nfs_locks: bool  # some of it is NFSv3 with locks, which takes the host's rpc.statd
    iscsi: bool
    multipath: bool
    smb: bool
    nvmeof: bool
    max_clock_skew: float  # seconds
    login: Fact[Session | Refusal]
    answers: NodeAnswers
    reference: str  # whose clock the node's is held against: "the NAS", "the probe"
    reference_clock: float  # that clock, in seconds ahead of the probe's

    @property
    def label(self) -> str:
        return f"node {self.name}"


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
class IscsiAccess:
    """One node before one initiator group. `sources`: its addresses towards the portals."""

    node: str
    group: int | None
    entry: Fact[InitiatorEntry]
    initiator_name: Fact[str]
    sources: Fact[tuple[str, ...]]

    @property
    def label(self) -> str:
        return f"node {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All nodes together, for what must be unique among them. `initiator_names`: one fact a node."""

    initiator_names: Mapping[str, Fact[str]]

    @property
    def label(self) -> str:
        return "all nodes"
