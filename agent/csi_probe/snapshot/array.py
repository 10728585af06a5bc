"""The array as subjects: itself, its pools and datasets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from csi_probe.facts import Fact
from csi_probe.needs import Driver

if TYPE_CHECKING:
    from csi_probe.contact import Api, Certificate, Contact, Login, Refusal, Trust, Version
    from csi_probe.entries import ApiKeyEntry, DatasetEntry, PoolEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Nas:
    """The TrueNAS itself. Wanted: `driver`, `roles_wanted`, and the limits (days; seconds)."""

    url: str
    now: datetime
    driver: Driver
    trust: Trust
    roles_wanted: frozenset[str]
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
    where it does): it says what a dataset that the driver creates would inherit. `replicated`: detached snapshots are
    sent from it, or to it.
    """

    name: str
    created_by_driver: bool
    zvols: bool  # volumes below it are zvols
    volume_name_length: int
    min_free: int  # bytes
    replicated: bool
    overlaps: tuple[str, ...]  # other configured parents that nest with this one
    zvol_path_max: Fact[int]  # 255, or 63 on FreeBSD 12 and older
    entry: Fact[DatasetEntry | None]
    nearest: Fact[DatasetEntry]

    @property
    def label(self) -> str:
        return f"dataset {self.name}"
