"""The Snapshot: everything a run has seen, as subjects that carry what is wanted beside what was seen.

A check judges one subject, so it compares fields of one object. Every subject has a `label`, its name in the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from csi_probe.snapshot.array import Dataset, Nas, Pool
from csi_probe.snapshot.driver import (
    DriverArray,
    DriverFile,
    DriverKey,
    DriverRelease,
    DriverSet,
    DriverSsh,
    NewShares,
    Nvmeof,
    NvmeofPort,
    Smb,
    SshService,
    StorageClass,
)
from csi_probe.snapshot.node import Fleet, IscsiAccess, NfsAccess, Node, NodeAnswers
from csi_probe.snapshot.scope import Scope
from csi_probe.snapshot.services import AuthGroup, InitiatorGroup, Iscsi, Nfs, Portal, Target

__all__ = [
    "AuthGroup",
    "Dataset",
    "DriverArray",
    "DriverFile",
    "DriverKey",
    "DriverRelease",
    "DriverSet",
    "DriverSsh",
    "Fleet",
    "InitiatorGroup",
    "Iscsi",
    "IscsiAccess",
    "Nas",
    "NewShares",
    "Nfs",
    "NfsAccess",
    "Node",
    "NodeAnswers",
    "Nvmeof",
    "NvmeofPort",
    "Pool",
    "Portal",
    "Scope",
    "Smb",
    "Snapshot",
    "SshService",
    "StorageClass",
    "Subject",
    "Target",
]


class Subject(Protocol):
    """What a check judges; its class is the kind that a check names."""

    @property
    def label(self) -> str:
        """Its name in the report."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All subjects of a run in the order of the report, and how long each endpoint took (name -> seconds)."""

    subjects: tuple[Subject, ...]
    timings: Mapping[str, float]
