"""Everything that can be asked of a TrueNAS: the method, and the answer's parser."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from csi_probe.facts import Fact, Known, Missing
from csi_probe.secret import Secret
from csi_probe.truenas import parse
from csi_probe.truenas.roles import ROLES
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
]


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """One read-only call. `parse` raises ShapeError."""

    method: str
    parse: Callable[[Any], T]
    params: tuple[Any, ...] = ()

    @property
    def role(self) -> str:
        """The least role that may make it, "" for none."""
        return ROLES.get(self.method, "")

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


VERSION = Question("system.version", parse.version)
API_KEYS = Question("api_key.query", parse.each(parse.api_key))
POOLS = Question("pool.query", parse.each(parse.pool))
DATASETS = Question("pool.dataset.query", parse.each(parse.dataset))
SERVICES = Question(
    "service.query", parse.each(parse.service), ([["service", "in", ["nfs", "iscsitarget", "cifs", "nvmet", "ssh"]]],)
)
NFS_CONFIG = Question("nfs.config", parse.nfs_config)
NFS_SHARES = Question("sharing.nfs.query", parse.each(parse.nfs_share))
ADDRESSES = Question("interface.query", parse.addresses)
ISCSI_CONFIG = Question("iscsi.global.config", parse.iscsi_config)
PORTALS = Question("iscsi.portal.query", parse.each(parse.portal))
INITIATORS = Question("iscsi.initiator.query", parse.each(parse.initiator))
AUTHS = Question("iscsi.auth.query", parse.each(parse.auth))
TARGETS = Question("iscsi.target.query", parse.each(parse.target))
EXTENTS = Question("iscsi.extent.query", parse.each(parse.extent))
MAPPINGS = Question("iscsi.targetextent.query", parse.each(parse.mapping))
NVMET_PORTS = Question("nvmet.port.query", parse.each(parse.nvmet_port))

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
    NVMET_PORTS,
)


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
