"""Deployments as subjects: their files, releases, keys and logins, and the services that only drivers name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from csi_probe.drivers import clashes, matrix
from csi_probe.drivers.deployment import Deployment
from csi_probe.drivers.roles import roles_wanted
from csi_probe.drivers.source import Files
from csi_probe.facts import Missing, pick
from csi_probe.node.nas_shell import NasShell
from csi_probe.snapshot import (
    DriverFile,
    DriverKey,
    DriverRelease,
    DriverSet,
    DriverSsh,
    NewShares,
    Nvmeof,
    NvmeofPort,
    Smb,
    StorageClass,
    Subject,
)
from csi_probe.subjects.nfs import source_address
from csi_probe.subjects.seen import Seen
from csi_probe.truenas import questions as ask
from csi_probe.truenas.interview import Interview

_KEY_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverSeen:
    """One deployment and what was collected for it. `key`: the visit with its own key, if there was one."""

    deployment: Deployment
    seen: Seen
    key: Interview | None
    shell: NasShell | None


def offline(files: Files) -> Iterator[Subject]:
    """What can be judged of the files alone."""
    for deployment in files.deployments:
        yield DriverFile(name=deployment.label, place=deployment.place, problems=deployment.problems)
    classes = [one for deployment in files.deployments for one in deployment.storage_classes]
    for one in (*classes, *files.strays):
        yield StorageClass(name=one.name, place=one.place, problems=one.problems)
    if files.deployments:
        names = tuple(deployment.label for deployment in files.deployments)
        clashing = tuple(clashes.clashes(files.deployments))
        yield DriverSet(names=names, clashes=clashing, unread=files.unread)


def online(had: DriverSeen, nodes: Sequence[str]) -> Iterator[Subject]:
    """What takes the array: release, key, login, services and ports."""
    deployment = had.deployment
    yield _release(deployment, had.seen)
    if had.key:
        yield _key(deployment, had.seen, had.key)
    if deployment.ssh and had.shell:
        yield _ssh(deployment, had.shell)
    if "smb" in deployment.protocols:
        yield Smb(service=had.seen.service("cifs"))
    if "nvmeof" in deployment.protocols:
        yield Nvmeof(service=had.seen.service("nvmet"))
        yield from _nvmeof_ports(deployment, had.seen)
    if deployment.nfs:
        for node in nodes:
            yield NewShares(
                node=node,
                source=source_address(had.seen, node, deployment.nfs.address),
                networks=deployment.shares.networks,
                hosts=deployment.shares.hosts,
            )


def _release(deployment: Deployment, seen: Seen) -> DriverRelease:
    tag = deployment.image.tag if deployment.image else ""
    candidates = matrix.generations(deployment.driver, deployment.variant, tag)
    version = seen.nas.version if seen.nas else Missing("no NAS was asked")
    nvmeof = "nvmeof" in deployment.protocols
    return DriverRelease(
        name=deployment.label,
        image=_image(deployment),
        version=version,
        fit=version.then(lambda found: matrix.fit(candidates, found.number, nvmeof=nvmeof)),
        loses_data=matrix.loses_data(deployment.driver, tag),
    )


def _image(deployment: Deployment) -> str:
    image = deployment.image
    if not image:
        return "an image that the file does not name"
    return image.repository + (f":{image.tag}" if image.tag else "") + (f"@{image.digest}" if image.digest else "")


def _key(deployment: Deployment, seen: Seen, visit: Interview) -> DriverKey:
    keys = visit.answers.to(ask.API_KEYS)
    return DriverKey(
        name=deployment.label,
        now=seen.now,
        key_days=_KEY_DAYS,
        roles_wanted=visit.version.then(lambda version: roles_wanted(deployment, version.number)),
        login=visit.login,
        key=pick(keys, lambda _: True, Missing("the NAS lists no key with this key's number")),
    )


def _ssh(deployment: Deployment, shell: NasShell) -> DriverSsh:
    assert deployment.ssh  # noqa: S101  (the caller looked)
    return DriverSsh(
        name=deployment.label,
        user=deployment.ssh.username,
        sudo=deployment.ssh.sudo,
        login=shell.login,
        shell=shell.shell,
        zfs=shell.zfs,
        zpool=shell.zpool,
        may_zfs=shell.may_zfs,
    )


def _nvmeof_ports(deployment: Deployment, seen: Seen) -> Iterator[NvmeofPort]:
    if not deployment.nvmeof:
        return
    ports = seen.answers.to(ask.NVMET_PORTS)
    for id_ in deployment.nvmeof.port_ids:
        yield NvmeofPort(id=id_, address=None, port=None, ports=ports)
    for address, port in deployment.nvmeof.portals:
        yield NvmeofPort(id=None, address=address, port=port, ports=ports)
