"""Deployments as subjects: their files, releases, keys and logins, and the services that only drivers name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from csi_probe.config import Config
from csi_probe.contact import Certificate, Refusal
from csi_probe.drivers import clashes, matrix
from csi_probe.drivers.deployment import Deployment
from csi_probe.drivers.roles import roles_wanted
from csi_probe.drivers.source import Files
from csi_probe.drivers.wants import own_truenas
from csi_probe.facts import Fact, Known, Missing, pick
from csi_probe.node import nas_shell
from csi_probe.node.nas_shell import NasShell
from csi_probe.problem import Problem, Rule
from csi_probe.snapshot import (
    DriverArray,
    DriverFile,
    DriverKey,
    DriverRelease,
    DriverSet,
    DriverSsh,
    NewShares,
    Nvmeof,
    NvmeofPort,
    Smb,
    SshService,
    StorageClass,
    Subject,
)
from csi_probe.subjects.nfs import source_address
from csi_probe.subjects.seen import Seen
from csi_probe.truenas import interview as truenas
from csi_probe.truenas import questions as ask
from csi_probe.truenas.interview import Interview

T = TypeVar("T")

_KEY_DAYS = 14
_ACCEPTED, _CONNECTS = "driver.key-accepted", "driver.connects"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverSeen:
    """One deployment and what was collected for it. `key`, `shell`: the visits with its own key and login, if any.

    `certificate`: as the driver trusts it, where its key was tried with what the probe trusts; else None.
    """

    deployment: Deployment
    seen: Seen
    key: Interview | None
    certificate: Fact[Certificate | Refusal] | None
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
        unread = (*files.unread, *_unserved(files.deployments))
        yield DriverSet(names=names, clashes=clashing, unread=unread)


def _unserved(deployments: Iterable[Deployment]) -> Iterator[Problem]:
    """Drivers of which the files do not say what volumes they will make: that is in StorageClasses."""
    for one in deployments:
        if not one.protocols:
            seen = "no StorageClass is here: it is not known what the driver will serve"
            fix = "give the probe the driver's StorageClasses too: kubectl get storageclass --output yaml"
            yield Problem(Rule.COMPLETE, one.place, one.label, seen, "its StorageClasses", fix)


def online(had: DriverSeen, config: Config) -> Iterator[Subject]:
    """What takes the array: release, key, login, services and ports. `config`: the probe's own."""
    deployment = had.deployment
    yield _release(deployment, had.seen)
    yield from _array(deployment, config, had.seen)
    yield _key(deployment, had)
    if deployment.over_ssh:
        yield SshService(service=had.seen.service("ssh"))
        yield _ssh(deployment, had.shell)
    if "smb" in deployment.protocols:
        yield from _smb(deployment, had.seen)
    if "nvmeof" in deployment.protocols:
        yield Nvmeof(service=had.seen.service("nvmet"))
        yield from _nvmeof_ports(deployment, had.seen)
    if deployment.nfs:
        for node in config.nodes:
            source = source_address(had.seen, node.name, deployment.nfs.address)
            for want in deployment.shares:
                yield NewShares(
                    node=node.name, source=source, networks=want.networks, hosts=want.hosts, classes=want.classes
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


def _array(deployment: Deployment, config: Config, seen: Seen) -> Iterator[DriverArray]:
    """A subject only where the config's [truenas] and the driver's file name different hosts."""
    connection = deployment.connection
    if connection and config.truenas and seen.nas and connection.host.lower() != config.truenas.host:
        yield DriverArray(
            name=deployment.label,
            wanted=connection.host,
            judged=config.truenas.url,
            resolved=seen.addresses(connection.host),
            met=seen.nas.reachable,
            nas_addresses=seen.answers.to(ask.ADDRESSES),
        )


def _key(deployment: Deployment, had: DriverSeen) -> DriverKey:
    """Without a visit nothing is known of the key, for the reason why there was none."""
    nas, connection = own_truenas(deployment.connection), deployment.connection
    visit = had.key or truenas.lost("the driver's key was not tried")
    login = _behind(visit.login, _CONNECTS) if nas else _no_key(deployment)
    root = (login.blocked_by if isinstance(login, Missing) else "") or _ACCEPTED
    keys = visit.answers.to(ask.API_KEYS)
    return DriverKey(
        name=deployment.label,
        url=nas.url if nas else "",
        over_tls=connection.is_tls if connection else False,
        verifies=connection.verify if connection else True,
        trusts_more=connection.ca_elsewhere if connection else False,
        now=had.seen.now,
        key_days=_KEY_DAYS,
        roles_wanted=visit.version.then(lambda version: roles_wanted(deployment, version.number)),
        reachable=visit.reachable if nas else Missing("there is no key to try", blocked_by=_ACCEPTED),
        certificate=had.certificate or _behind(visit.certificate, _CONNECTS),
        api=_behind(visit.api, _CONNECTS),
        login=login,
        key=_behind(pick(keys, lambda _: True, Missing("the NAS lists no key with this key's number")), root),
    )


def _no_key(deployment: Deployment) -> Missing:
    connection = deployment.connection
    if connection and connection.password:
        fix = "give the driver an API key, which can be renewed and revoked by itself"
        return Missing("the driver logs in with a password; the probe tries API keys only", fix=fix)
    fix = "give the probe the Secret or the values that hold it; see driver.complete and driver.filled"
    return Missing("the driver's files hold no host and API key that could be tried", fix=fix)


def _behind(fact: Fact[T], root: str) -> Fact[T]:
    """The fact of a visit with the driver's own key: what blocks it is no check of the array's, but `root`."""
    if isinstance(fact, Missing) and fact.blocked_by:
        return Missing(f"the NAS could not be asked with the driver's key: see {root}", blocked_by=root)
    return fact


def _ssh(deployment: Deployment, shell: NasShell | None) -> DriverSsh:
    login = deployment.ssh
    shell = shell or nas_shell.lost(
        "the driver's SSH login was not tried" if login else "the driver's files hold no host and user for SSH"
    )
    return DriverSsh(
        name=deployment.label,
        user=login.username if login else "the user",
        sudo=login.sudo if login else False,
        login=shell.login,
        shell=shell.shell,
        zfs=shell.zfs,
        zpool=shell.zpool,
        may_zfs=shell.may_zfs,
    )


def _smb(deployment: Deployment, seen: Seen) -> Iterator[Smb]:
    """The service once for each address; a file without one is incomplete, which has a check of its own."""
    for address in deployment.smb or ("",):
        yield Smb(
            address=address,
            service=seen.service("cifs"),
            resolved=seen.addresses(address),
            nas_addresses=seen.answers.to(ask.ADDRESSES),
        )


def _nvmeof_ports(deployment: Deployment, seen: Seen) -> Iterator[NvmeofPort]:
    if not deployment.nvmeof:
        return
    ports = seen.answers.to(ask.NVMET_PORTS)
    for id_ in deployment.nvmeof.port_ids:
        yield NvmeofPort(id=id_, address=None, port=None, resolved=Known(()), ports=ports)
    for address, port in deployment.nvmeof.portals:
        yield NvmeofPort(id=None, address=address, port=port, resolved=seen.addresses(address), ports=ports)
