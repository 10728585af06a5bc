"""Everything that can be asked of a TrueNAS: the method, the least role that may call it, and the answer's parser.

Roles: TrueNAS's own role tables (25.04 to 26); up to 24.10 a key has an allow-list of REST resources in their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from csi_probe.facts import Fact, Known, Missing
from csi_probe.secret import Secret
from csi_probe.truenas import parse
from csi_probe.truenas.shapes import ShapeError

T = TypeVar("T")

# CORE's datasets come with all their descendants inside, whatever the options say; to select fields leaves those out.
_DATASET_FIELDS = [
    "id",
    "type",
    "locked",
    "encrypted",
    "readonly",
    "available",
    "used",
    "quota",
    "refquota",
    "mountpoint",
]


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """One read-only call. `role`: the least role that may make it, "" for none. `parse` raises ShapeError."""

    method: str
    role: str
    parse: Callable[[Any], T]
    params: tuple[Any, ...] = ()

    @property
    def resource(self) -> str:
        """The same question in REST and in a key's allow-list: "/iscsi/portal" for "iscsi.portal.query"."""
        return "/" + re.sub(r"\.(query|config)$", "", self.method).replace(".", "/")

    def read(self, answer: Any) -> Fact[T]:
        """The parsed answer; Missing as a whole where it has not the form that the method gives."""
        try:
            return Known(self.parse(answer))
        except ShapeError as wrong:
            return Missing(f"the answer to {self.method} cannot be read: {wrong}")


VERSION = Question("system.version", "", parse.version)
API_KEYS = Question("api_key.query", "API_KEY_READ", parse.each(parse.api_key))
POOLS = Question("pool.query", "POOL_READ", parse.each(parse.pool))
DATASETS = Question("pool.dataset.query", "DATASET_READ", parse.each(parse.dataset))
SERVICES = Question(
    "service.query", "SERVICE_READ", parse.each(parse.service), ([["service", "in", ["nfs", "iscsitarget"]]],)
)
NFS_CONFIG = Question("nfs.config", "SHARING_NFS_READ", parse.nfs_config)
NFS_SHARES = Question("sharing.nfs.query", "SHARING_NFS_READ", parse.each(parse.nfs_share))
ADDRESSES = Question("interface.query", "NETWORK_INTERFACE_READ", parse.addresses)
ISCSI_CONFIG = Question("iscsi.global.config", "SHARING_ISCSI_GLOBAL_READ", parse.iscsi_config)
PORTALS = Question("iscsi.portal.query", "SHARING_ISCSI_PORTAL_READ", parse.each(parse.portal))
INITIATORS = Question("iscsi.initiator.query", "SHARING_ISCSI_INITIATOR_READ", parse.each(parse.initiator))
AUTHS = Question("iscsi.auth.query", "SHARING_ISCSI_AUTH_READ", parse.each(parse.auth))
TARGETS = Question("iscsi.target.query", "SHARING_ISCSI_TARGET_READ", parse.each(parse.target))
EXTENTS = Question("iscsi.extent.query", "SHARING_ISCSI_EXTENT_READ", parse.each(parse.extent))
MAPPINGS = Question("iscsi.targetextent.query", "SHARING_ISCSI_TARGETEXTENT_READ", parse.each(parse.mapping))

QUESTIONS: tuple[Question[Any], ...] = (
    VERSION,
    API_KEYS,
    POOLS,
    DATASETS,
    SERVICES,
    NFS_CONFIG,
    NFS_SHARES,
    ADDRESSES,
    ISCSI_CONFIG,
    PORTALS,
    INITIATORS,
    AUTHS,
    TARGETS,
    EXTENTS,
    MAPPINGS,
)
ROLES: Mapping[str, str] = MappingProxyType({question.method: question.role for question in QUESTIONS if question.role})


def ask(methods: Collection[str], datasets: Iterable[str], key_id: int) -> tuple[Question[Any], ...]:
    """The questions of a run: those among `methods`, and always the version.

    Of datasets only those named and all their ancestors are asked for, of keys only the probe's own.
    """
    filters = {DATASETS.method: dataset_filter(datasets), API_KEYS.method: ([["id", "=", key_id]],)}
    return tuple(
        replace(question, params=filters.get(question.method, question.params))
        for question in QUESTIONS
        if question is VERSION or question.method in methods
    )


def dataset_filter(names: Iterable[str]) -> tuple[Any, ...]:
    """Params of pool.dataset.query for `names` and their ancestors up to the pool's root, without children."""
    wanted = {ancestor for name in names for ancestor in lineage(name)}
    options = {"extra": {"retrieve_children": False}, "select": _DATASET_FIELDS}
    return ([["id", "in", sorted(wanted)]], options)


def lineage(name: str) -> tuple[str, ...]:
    """A dataset and its ancestors, nearest first: "tank/a/b", "tank/a", "tank"."""
    parts = name.split("/")
    return tuple("/".join(parts[:count]) for count in range(len(parts), 0, -1))


def key_id(key: Secret) -> int:
    """The row in which TrueNAS keeps this key: the number before the dash; 0, which is no row, where there is none."""
    number = re.match(r"(\d{1,18})-", key.reveal(), re.ASCII)
    return int(number[1]) if number else 0
