"""Config -> Snapshot: all asking happens here, side by side, one job an endpoint, within the run's deadline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from csi_probe import subjects
from csi_probe.check import Check
from csi_probe.config import Config
from csi_probe.deadline import Deadline
from csi_probe.drivers.deployment import Deployment
from csi_probe.drivers.source import NO_FILES, Files
from csi_probe.drivers.wants import wants
from csi_probe.errors import ConfigError
from csi_probe.facts import Fact, Known, Missing
from csi_probe.jobs import Done, gather
from csi_probe.node import interview as node
from csi_probe.node import nas_shell
from csi_probe.snapshot import DriverKey, DriverSsh, Fleet, IscsiAccess, Nas, NewShares, NfsAccess, Node, Snapshot
from csi_probe.truenas import interview as truenas
from csi_probe.truenas.roles import ROLES
from csi_probe.visits import Job, Visits

_NODE_KINDS = {Node, Fleet, NfsAccess, IscsiAccess, NewShares}
_TO_ANSWER = 0.5  # seconds before the run's deadline by which every endpoint must have ended …
_TO_JUDGE = 0.1  # … and by which the others go on without it: what an endpoint says at its end still counts

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will ask: the NAS's methods (none: the NAS is not visited), and whether nodes are visited.

    `try_keys`, `try_shells`: whether the drivers' own API keys and SSH logins are tried.
    """

    visit_nas: bool
    methods: tuple[str, ...]
    visit_nodes: bool
    try_keys: bool = False
    try_shells: bool = False

    @property
    def roles(self) -> frozenset[str]:
        """The least TrueNAS roles that may call the methods."""
        return frozenset(ROLES[method] for method in self.methods if method in ROLES)


def plan(config: Config, checks: Sequence[Check], files: Files = NO_FILES) -> Plan:
    """What has to be asked so that `checks` can judge the subjects that there will be, and nothing more."""
    kinds = subjects.kinds(config, files)
    live = [check for check in checks if check.subject in kinds]
    array = any(want.truenas for want in wants(config, files.deployments))
    return Plan(
        visit_nas=array and any(check.asks or check.subject is Nas for check in live),
        methods=tuple(dict.fromkeys(method for check in live for method in check.asks)),
        visit_nodes=bool(config.nodes) and any(check.subject in _NODE_KINDS for check in live),
        try_keys=any(check.subject is DriverKey for check in live),
        try_shells=any(check.subject is DriverSsh for check in live),
    )


def collect(
    config: Config, checks: Sequence[Check], deadline: Deadline, tell: Tell, files: Files = NO_FILES
) -> Snapshot:
    """Ask everything that `checks` need. `tell` gets a few words whenever something has happened.

    Raises ConfigError for a secret or a file that the config names and that cannot be read.
    """
    now = datetime.now(UTC)
    todo = plan(config, checks, files)
    deployments = files.deployments
    visits = Visits(config, todo.methods, deadline.within(deadline.left() - _TO_ANSWER), tell)
    wanted = wants(config, deployments)
    arrays = [visits.array(want) if todo.visit_nas else None for want in wanted]
    keys = [visits.key(one) if todo.try_keys else None for one in deployments]
    certificates = [visits.certificate(one) if todo.try_keys else None for one in deployments]
    shells = [visits.shell(one) if todo.try_shells else None for one in deployments]
    nodes = {want.name: visits.node(want, wanted) for want in config.nodes} if todo.visit_nodes else {}
    names = {host: visits.name(host) for host in _hosts(config, wanted, deployments)}

    waited = deadline.within(deadline.left() - _TO_JUDGE)
    done = gather(visits.jobs, config.run.concurrency + 2, waited, lambda job: tell(f"{job.name} is done"))
    outcome = _Outcome(done, f"no answer within the run's deadline of {config.run.deadline:g} s")

    interviews = {job: outcome.of(job, truenas.lost) for job in (*arrays, *keys)}
    seen = [
        subjects.Seen(
            now=now,
            roles_wanted=todo.roles,
            nas=interviews[array],
            nodes={name: outcome.of(job, node.lost) for name, job in nodes.items()},
            resolved={host: outcome.addresses(host, job) for host, job in names.items() if job},
        )
        for array in arrays
    ]
    drivers = [
        subjects.DriverSeen(
            deployment=one,
            seen=saw,
            key=interviews[key],
            certificate=outcome.of(certificate, Missing),
            shell=outcome.of(shell, nas_shell.lost),
        )
        for one, saw, key, certificate, shell in zip(deployments, seen[1:], keys, certificates, shells, strict=True)
    ]
    timings = {job.name: job.seconds for job in done.values()}
    return Snapshot(tuple(subjects.subjects(list(zip(wanted, seen, strict=True)), drivers, files)), timings)


def _hosts(config: Config, wanted: Sequence[Config], deployments: Sequence[Deployment]) -> list[str]:
    """The hosts whose addresses are needed: where nodes are sent, and where the drivers look for the array."""
    hosts = [host for want in wanted for host in subjects.storage_addresses(want)]
    hosts += [host for one in deployments if one.nvmeof for host, _ in one.nvmeof.portals]
    hosts += [host for one in deployments for host in one.smb]
    if config.truenas:
        hosts += [one.connection.host for one in deployments if one.connection]
    return hosts


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The jobs that are done, and the words for those that are late."""

    done: Mapping[Job, Done[Any]]
    late: str

    def of(self, job: Job | None, lost: Callable[[str], Any]) -> Any:
        """What the job brought; `lost(reason)` where it brought nothing, None where there was no job."""
        if job is None:
            return None
        done = self.done.get(job)
        if done is None:
            return lost(self.late)
        if isinstance(done.error, ConfigError):
            raise done.error
        if done.error:
            return lost(f"the probe itself failed ({type(done.error).__name__}): please report this")
        return done.value

    def addresses(self, host: str, job: Job) -> Fact[tuple[str, ...]]:
        """The addresses of a name."""
        done = self.done.get(job)
        if done is None:
            return Missing(f"{host} was not resolved: {self.late}")
        if done.error:
            return Missing(f"on this machine: {done.error}", fix=f"write the IP address instead of {host}")
        return Known(cast(tuple[str, ...], done.value))
