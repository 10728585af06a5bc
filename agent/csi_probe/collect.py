"""Config -> Snapshot: all asking happens here, side by side, one job an endpoint, within the run's deadline."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from csi_probe import subjects
from csi_probe.check import Check
from csi_probe.config import Config, NodeWant
from csi_probe.deadline import Deadline
from csi_probe.errors import ConfigError
from csi_probe.facts import Fact, Known, Missing
from csi_probe.jobs import Done, gather
from csi_probe.node import interview as node
from csi_probe.node.access import Access, access
from csi_probe.node.script import Asking
from csi_probe.resolve import resolve
from csi_probe.secret import Secret
from csi_probe.snapshot import Fleet, IscsiAccess, Nas, NfsAccess, Node, Snapshot
from csi_probe.truenas import interview as truenas
from csi_probe.truenas.questions import ROLES

_NODE_KINDS = {Node, Fleet, NfsAccess, IscsiAccess}
_TO_ANSWER = 0.5  # seconds before the run's deadline by which every endpoint must have ended …
_TO_JUDGE = 0.1  # … and by which the others go on without it: what an endpoint says at its end still counts

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will ask: the NAS's methods (none: the NAS is not visited), and whether nodes are visited."""

    visit_nas: bool
    methods: tuple[str, ...]
    visit_nodes: bool

    @property
    def roles(self) -> dict[str, str]:
        """Method -> the least TrueNAS role that may call it; methods that every user may call are left out."""
        return {method: ROLES[method] for method in self.methods if method in ROLES}


def plan(config: Config, checks: Sequence[Check]) -> Plan:
    """What has to be asked so that `checks` can judge the subjects that the config has, and nothing more."""
    kinds = subjects.kinds(config)
    live = [check for check in checks if check.subject in kinds]
    return Plan(
        visit_nas=config.truenas is not None and any(check.asks or check.subject is Nas for check in live),
        methods=tuple(dict.fromkeys(method for check in live for method in check.asks)),
        visit_nodes=any(check.subject in _NODE_KINDS for check in live),
    )


def collect(config: Config, checks: Sequence[Check], deadline: Deadline, tell: Tell) -> Snapshot:
    """Ask everything that `checks` need. `tell` gets a few words whenever something has happened.

    Raises ConfigError for a secret or a file that the config names and that cannot be read.
    """
    now = datetime.now(UTC)
    todo = plan(config, checks)
    jobs = _jobs(config, todo, deadline.within(deadline.left() - _TO_ANSWER), tell)
    waited = deadline.within(deadline.left() - _TO_JUDGE)
    done = gather(jobs, config.run.concurrency + 2, waited, lambda job: tell(f"{job.name} is done"))
    late = f"no answer within the run's deadline of {config.run.deadline:g} s"
    seen = subjects.Seen(
        now=now,
        roles_wanted=todo.roles,
        nas=_result(done.get("truenas"), truenas.lost, late) if "truenas" in jobs else None,
        nodes={
            want.name: _result(done.get(f"node {want.name}"), node.lost, late)
            for want in config.nodes
            if f"node {want.name}" in jobs
        },
        resolved={host: _resolved(host, done.get(f"name {host}"), late) for host in subjects.storage_addresses(config)},
    )
    timings = {job.name: job.seconds for job in done.values()}
    return Snapshot(tuple(subjects.subjects(config, seen)), timings)


def _jobs(config: Config, todo: Plan, deadline: Deadline, tell: Tell) -> dict[str, Callable[[], Any]]:
    """The jobs by name. Secrets are read here, before the first of them starts."""
    jobs: dict[str, Callable[[], Any]] = {}
    if config.truenas and todo.visit_nas:
        key = config.truenas.api_key.read("truenas.api_key")
        jobs["truenas"] = functools.partial(_visit_nas, config, key, todo, deadline, tell)
    if todo.visit_nodes:
        shared = access(config.ssh)
        asking = Asking(
            path=config.needs.path, storage_addresses=subjects.storage_addresses(config), sudo=config.ssh.sudo
        )
        for want in config.nodes:
            ends = functools.partial(deadline.within, config.run.timeout)
            jobs[f"node {want.name}"] = functools.partial(_visit_node, want, shared, asking, ends)
    for host in subjects.storage_addresses(config):
        if not subjects.literal(host):
            jobs[f"name {host}"] = functools.partial(resolve, host, deadline)
    return jobs


def _visit_nas(config: Config, key: Secret, todo: Plan, deadline: Deadline, tell: Tell) -> truenas.Interview:
    assert config.truenas  # noqa: S101  (the job exists only then)
    return truenas.interview(config.truenas, key, todo.methods, subjects.dataset_names(config), deadline, tell)


def _visit_node(want: NodeWant, shared: Access, asking: Asking, ends: Callable[[], Deadline]) -> node.NodeInterview:
    return node.interview(want, shared, asking, ends())


def _resolved(host: str, done: Done[Any] | None, late: str) -> Fact[tuple[str, ...]]:
    if own := subjects.literal(host):
        return Known(own)
    if done is None:
        return Missing(f"{host} was not resolved: {late}")
    if done.error:
        return Missing(f"on this machine: {done.error}", fix=f"write the IP address instead of {host}")
    return Known(cast(tuple[str, ...], done.value))


def _result(done: Done[Any] | None, lost: Callable[[str], Any], late: str) -> Any:
    if done is None:
        return lost(late)
    if isinstance(done.error, ConfigError):
        raise done.error
    if done.error:
        return lost(f"the probe itself failed ({type(done.error).__name__}): please report this")
    return done.value
