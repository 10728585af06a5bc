"""Config and answers -> the Snapshot's subjects: what is wanted is put beside what was seen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csi_probe.config import Config
from csi_probe.drivers.deployment import TargetGroupWant
from csi_probe.drivers.source import NO_FILES, Files
from csi_probe.drivers.wants import own_truenas, wants
from csi_probe.node import nas_shell
from csi_probe.snapshot import Scope, Subject
from csi_probe.subjects.dataset import datasets, pools
from csi_probe.subjects.driver import DriverSeen, offline, online
from csi_probe.subjects.iscsi import iscsi
from csi_probe.subjects.nfs import nfs
from csi_probe.subjects.node import nodes
from csi_probe.subjects.seen import Seen, dataset_names, literal, storage_addresses
from csi_probe.subjects.truenas import arrays
from csi_probe.truenas import interview as truenas

__all__ = ["DriverSeen", "Seen", "dataset_names", "kinds", "literal", "offline", "storage_addresses", "subjects"]

Want = tuple[Config, Seen]


def subjects(wanted: Sequence[Want], drivers: Sequence[DriverSeen] = (), files: Files = NO_FILES) -> Iterator[Subject]:
    """Every subject, in the order of the report; what several of `wanted` name is there once.

    `wanted`: the config and then what each driver wants in its terms, with what was seen of its array. `drivers`: the
    same drivers again, with what was seen for them alone. `files`: what they were read from.
    """
    yield _scope(wanted, files)
    yield from arrays(wanted)
    yield from offline(files)
    (own, seen), *of_drivers = wanted
    named = list(_storage(own, seen, ())) if own.truenas else []  # without an array the config is a node's own
    for (config, saw), driver in zip(of_drivers, drivers, strict=True):
        named += _storage(config, saw, driver.deployment.target_groups)
        named += online(driver, own)
    yield from dict.fromkeys(named)
    yield from nodes(wanted)


def _scope(wanted: Sequence[Want], files: Files) -> Scope:
    named = {
        "NFS": any(config.nfs for config, _ in wanted),
        "iSCSI": any(config.iscsi for config, _ in wanted),
        "SMB": any("smb" in deployment.protocols for deployment in files.deployments),
        "NVMe-oF": any("nvmeof" in deployment.protocols for deployment in files.deployments),
    }
    return Scope(nodes=len(wanted[0][0].nodes), storage=tuple(name for name, there in named.items() if there))


def kinds(config: Config, files: Files = NO_FILES) -> frozenset[type]:
    """The kinds of subject that a run will have: they decide what has to be asked."""
    nothing = Seen.nothing(config)
    drivers = [
        DriverSeen(
            deployment=deployment,
            seen=nothing,
            key=truenas.lost("") if own_truenas(deployment.connection) else None,
            certificate=None,
            shell=nas_shell.lost("") if deployment.ssh else None,
        )
        for deployment in files.deployments
    ]
    return frozenset(
        map(type, subjects([(want, nothing) for want in wants(config, files.deployments)], drivers, files))
    )


def _storage(config: Config, seen: Seen, groups: Sequence[TargetGroupWant]) -> Iterator[Subject]:
    """What one config names of the array; `groups`: those that its driver gives to every target."""
    yield from pools(config, seen)
    yield from datasets(config, seen)
    if config.nfs:
        yield from nfs(config, config.nfs, seen)
    if config.iscsi:
        yield from iscsi(config, config.iscsi, seen, groups)
