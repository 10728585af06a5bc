"""The jobs of a run: which endpoints are visited, each of them once. Secrets are read here, before a job starts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from csi_probe import subjects
from csi_probe.config import Config, NodeWant, TrueNAS
from csi_probe.contact import Trust
from csi_probe.deadline import Deadline
from csi_probe.drivers.deployment import Deployment
from csi_probe.drivers.wants import own_truenas
from csi_probe.needs import search_path
from csi_probe.node import interview as node
from csi_probe.node import nas_shell
from csi_probe.node.access import Access, access
from csi_probe.node.script import Asking
from csi_probe.resolve import resolve
from csi_probe.truenas import interview as truenas
from csi_probe.truenas.questions import API_KEYS
from csi_probe.truenas.tls import trust

Job = str  # the name of a job, as it stands in the report's timings


class Visits:
    """Collects jobs; each method gives the name of its job, or None where there is nothing to visit.

    Raises ConfigError for a secret or a file that cannot be read.
    """

    def __init__(self, config: Config, methods: Sequence[str], deadline: Deadline, tell: Callable[[str], None]) -> None:
        self.jobs: dict[Job, Callable[[], Any]] = {}
        self._config = config
        self._methods = methods
        self._deadline = deadline
        self._tell = tell
        self._datasets: dict[Job, list[str]] = {}
        self._by_login: dict[tuple[str, int, str], Job] = {}

    def array(self, want: Config) -> Job | None:
        """The array of `want`, asked everything; wants with the same array and key share one visit and one login."""
        if not want.truenas:
            return None
        job = self._login(want.truenas, "truenas", self._methods)
        self._datasets[job] += subjects.dataset_names(want)
        return job

    def key(self, deployment: Deployment) -> Job | None:
        """A login with the driver's own key; the array's own visit, where that is made with this key."""
        nas, ours = own_truenas(deployment.connection), self._config.truenas
        if not nas:
            return None
        if ours and ours.host == nas.host:  # what the probe knows of this array's certificate holds for this key too
            nas = replace(ours, url=nas.url, api_key=nas.api_key, username=None)
        return self._login(nas, f"key of {deployment.label}", (API_KEYS.method,))

    def certificate(self, deployment: Deployment) -> Job | None:
        """The certificate as the driver trusts it, where its key is tried with what the probe trusts instead."""
        nas, ours = own_truenas(deployment.connection), self._config.truenas
        tls = deployment.connection is not None and deployment.connection.is_tls
        if not nas or not ours or ours.host != nas.host or not nas.verify or not tls or trust(ours) is Trust.SYSTEM:
            return None
        name = f"certificate of {deployment.label}"
        return self._add(name, lambda: truenas.certificate(nas, self._deadline.within(self._config.run.timeout)))

    def shell(self, deployment: Deployment) -> Job | None:
        """The SSH login of an SSH driver."""
        if not deployment.ssh:
            return None
        login, ours, seconds = deployment.ssh, self._config.ssh, self._config.run.timeout
        return self._add(
            f"ssh of {deployment.label}", lambda: nas_shell.visit(login, ours, self._deadline.within(seconds))
        )

    def node(self, want: NodeWant, wanted: Sequence[Config]) -> Job:
        """One node, asked for what all of `wanted` need."""
        addresses = dict.fromkeys(address for one in wanted for address in subjects.storage_addresses(one))
        drivers = [one.needs for one in wanted[1:]] or [wanted[0].needs]
        asking = Asking(path=search_path(drivers), storage_addresses=tuple(addresses), sudo=self._config.ssh.sudo)
        shared, seconds = self._access, self._config.run.timeout
        return self._add(
            f"node {want.name}", lambda: node.interview(want, shared, asking, self._deadline.within(seconds))
        )

    def name(self, host: str) -> Job | None:
        """The addresses of a name; nothing is asked for what is an address already."""
        if subjects.literal(host):
            return None
        return self._add(f"name {host}", functools.partial(resolve, host, self._deadline))

    @functools.cached_property
    def _access(self) -> Access:
        return access(self._config.ssh)

    def _login(self, nas: TrueNAS, name: str, methods: Sequence[str]) -> Job:
        key = nas.api_key.read("truenas.api_key")
        job = self._by_login.setdefault((nas.host, nas.port, key.reveal()), self._free(name))
        if job not in self.jobs:
            datasets = self._datasets.setdefault(job, [])
            self.jobs[job] = lambda: truenas.interview(nas, key, methods, datasets, self._deadline, self._tell)
        return job

    def _free(self, name: str) -> Job:
        """The name, with a number where it is taken: two arrays, or two drivers of one kind."""
        taken = sum(job == name or job.startswith(f"{name} (") for job in self.jobs)
        return f"{name} ({taken + 1})" if taken else name

    def _add(self, name: str, job: Callable[[], Any]) -> Job:
        free = self._free(name) if name in self.jobs and not name.startswith("name ") else name
        self.jobs[free] = job
        return free
