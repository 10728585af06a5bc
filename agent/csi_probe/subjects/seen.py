"""What was collected, before it is put beside what is wanted; and what of the config decides what is asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from csi_probe.config import Config
from csi_probe.entries import ServiceEntry
from csi_probe.facts import Fact, Known, Missing, pick
from csi_probe.node import interview as node
from csi_probe.node.interview import NodeInterview
from csi_probe.truenas import interview as truenas
from csi_probe.truenas import questions as ask
from csi_probe.truenas.interview import Answers, Interview


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that was collected. `nas` is None where no NAS was asked; `resolved`: host -> its addresses."""

    now: datetime
    roles_wanted: frozenset[str]
    nas: Interview | None
    nodes: Mapping[str, NodeInterview]
    resolved: Mapping[str, Fact[tuple[str, ...]]]

    @classmethod
    def nothing(cls, config: Config) -> Seen:
        """What is seen before anything is asked: every fact is missing."""
        return cls(
            now=datetime.now(UTC),
            roles_wanted=frozenset(),
            nas=truenas.lost("nothing was asked"),
            nodes={want.name: node.lost("nothing was asked") for want in config.nodes},
            resolved={},
        )

    def addresses(self, host: str) -> Fact[tuple[str, ...]]:
        """The IP addresses of a host that nodes are sent to."""
        own = literal(host)
        return Known(own) if own else self.resolved.get(host, Missing(f"{host} was not resolved"))

    @property
    def answers(self) -> Answers:
        """The NAS's answers; each one Missing where no NAS was asked."""
        return self.nas.answers if self.nas else Answers({})

    def service(self, name: str) -> Fact[ServiceEntry]:
        """The service of this name in service.query."""
        services = self.answers.to(ask.SERVICES)
        return pick(services, lambda entry: entry.name == name, Missing(f"the NAS lists no service {name}"))


def dataset_names(config: Config) -> tuple[str, ...]:
    """All parents that the config names, and the root dataset of each pool."""
    return tuple(dict.fromkeys([*parents(config), *(pool.name for pool in config.pools)]))


def parents(config: Config) -> list[str]:
    """The parent datasets of volumes and of detached snapshots; a name that the config gives twice is there twice."""
    return [name for want in config.datasets for name in (want.name, want.detached_snapshots) if name]


def storage_addresses(config: Config) -> tuple[str, ...]:
    """The hosts to which nodes will be sent: NFS and every portal."""
    nfs = config.nfs.addresses if config.nfs else ()
    portals = [portal.address for portal in config.iscsi.portals] if config.iscsi else []
    return tuple(dict.fromkeys([*nfs, *portals]))


def literal(host: str) -> tuple[str, ...] | None:
    """The address that `host` already is, in its shortest form; None for a name."""
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        return None
