"""What two drivers must not share: a CSI name, nested parents, or the names of what they make on the array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from csi_probe.drivers.deployment import Deployment
from csi_probe.problem import Problem, Rule

_NAMED_ON_THE_ARRAY = {"iscsi", "smb", "nvmeof"}


def clashes(deployments: Sequence[Deployment]) -> Iterator[Problem]:
    """A Problem for each thing that two of the deployments share; deployments of different arrays share no volumes."""
    for one, other in combinations(deployments, 2):
        if one.csi_name and one.csi_name == other.csi_name:
            seen = f"{one.place} and {other.place} both register {one.csi_name}"
            yield _problem(other, "csiDriver.name", seen, "a CSI name for each driver")
        if _host(one) != _host(other):
            continue
        for mine, theirs in ((a, b) for a in _parents(one) for b in _parents(other)):
            if f"{mine}/".startswith(f"{theirs}/") or f"{theirs}/".startswith(f"{mine}/"):
                seen = f"{mine} ({one.place}) and {theirs} ({other.place})"
                wanted = "parents side by side, one for each driver"
                yield _problem(other, "parent dataset", seen, wanted, harmless=mine != theirs)
        shared = _NAMED_ON_THE_ARRAY & {*one.protocols} & {*other.protocols}
        if shared and one.names == other.names:
            names = f'prefix "{one.names[0]}" and suffix "{one.names[1]}"'
            seen = f"{one.place} and {other.place} both have the {names}"
            yield _problem(other, "namePrefix", seen, "a prefix or suffix for each driver and cluster", harmless=True)


def _problem(at: Deployment, key: str, seen: str, wanted: str, *, harmless: bool = False) -> Problem:
    fix = "two drivers that share it overwrite or delete each other's volumes: change one of the two"
    return Problem(Rule.COMPLETE, at.place, key, seen, wanted, fix, harmless=harmless)


def _host(deployment: Deployment) -> str | None:
    return deployment.connection.host if deployment.connection else None


def _parents(deployment: Deployment) -> list[str]:
    return [name for want in deployment.datasets for name in (want.name, want.detached_snapshots) if name]
