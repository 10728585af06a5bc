"""Deployments as the text of a config.toml that says the same, for those who want to keep one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from csi_probe.config import IscsiWant, PortalWant
from csi_probe.drivers.deployment import Deployment, TargetGroupWant
from csi_probe.drivers.wants import HTTPS_PORT

_KEY = """\
# The key in the driver's file is not copied: make one for the probe, with read roles (truenas-csi-probe privileges).
api_key = { env = "TRUENAS_API_KEY" }"""


def render(deployments: Sequence[Deployment]) -> str:
    """One config.toml for all that use the array of the first; [nfs] and [iscsi] come from the first that has them.

    What one config.toml cannot say stands in it as comments.
    """
    host = _host(deployments[0])
    here = [one for one in deployments if _host(one) == host]
    elsewhere = [one for one in deployments if _host(one) != host]
    lines = (*_head(here, elsewhere), *_unsaid(here), *_datasets(here), *_nfs(here), *_iscsi(here))
    return "\n".join(lines) + "\n"


def _host(deployment: Deployment) -> str | None:
    return deployment.connection.host if deployment.connection else None


def _head(deployments: Sequence[Deployment], elsewhere: Sequence[Deployment]) -> Iterator[str]:
    yield from (_comment(f"From {one.place}") for one in deployments)
    yield from (_comment(f"Left out, because it is for another array: {one.place}") for one in elsewhere)
    yield f"driver = {_text(deployments[0].driver)}"
    connection = deployments[0].connection
    yield from ("", "[truenas]")
    if not connection:
        yield _comment("The driver's files name no host.")
        yield 'url = ""'
        yield _KEY
        return
    host = f"[{connection.host}]" if ":" in connection.host else connection.host
    port = f":{connection.port}" if connection.is_tls and connection.port != HTTPS_PORT else ""
    yield f"url = {_text(f'https://{host}{port}')}"
    yield _KEY
    if not connection.verify:
        yield "# The driver does not verify the certificate. Pin it here: the probe's report shows the fingerprint."
        yield '#fingerprint = "…"'


def _unsaid(deployments: Sequence[Deployment]) -> Iterator[str]:
    """What config.toml has no tables for: run the probe with --driver to have it judged."""
    wants = list(dict.fromkeys(line for one in deployments for line in _only_with_driver(one)))
    if wants:
        yield from ("", "# Judged only with --driver:")
        yield from map(_comment, wants)


def _only_with_driver(one: Deployment) -> Iterator[str]:
    yield from (f"SMB from {address}" for address in one.smb)
    if one.nvmeof:
        yield from (f"NVMe-oF at {host}, port {port}" for host, port in one.nvmeof.portals)
        yield from (f"the NVMe-oF port with the id {id_}" for id_ in one.nvmeof.port_ids)
    if one.nfs:
        yield from (f"NFS from {address} too" for address in one.nfs.also)
        for shares in one.shares:
            clients = ", ".join((*shares.networks, *shares.hosts))
            of = f" of {', '.join(shares.classes)}" if shares.classes else ""
            yield f"new NFS shares{of} admit {clients or 'everyone'}"
    if one.ssh:
        yield f"the SSH login of {one.ssh.username} on {one.ssh.host}, port {one.ssh.port}"


def _datasets(deployments: Sequence[Deployment]) -> Iterator[str]:
    for pool in dict.fromkeys(pool for one in deployments for pool in one.pools):
        yield from ("", "[[pools]]", f"name = {_text(pool)}")
    for want in dict.fromkeys(want for one in deployments for want in one.datasets):
        yield from ("", "[[datasets]]", f"name = {_text(want.name)}", f"volumes = {_text(want.volumes)}")
        yield f"created_by_driver = {str(want.created_by_driver).lower()}"
        if want.detached_snapshots:
            yield f"detached_snapshots = {_text(want.detached_snapshots)}"
        yield f"volume_name_length = {want.volume_name_length}"


def _nfs(deployments: Sequence[Deployment]) -> Iterator[str]:
    wants = list(dict.fromkeys(one.nfs for one in deployments if one.nfs))
    for number, want in enumerate(wants):
        lines = ["[nfs]", f"address = {_text(want.address)}", f"versions = {json.dumps(want.versions)}"]
        yield from ("", *_once(lines, number))


def _iscsi(deployments: Sequence[Deployment]) -> Iterator[str]:
    wants = dict.fromkeys((one.iscsi, one.target_groups) for one in deployments if one.iscsi and one.iscsi.portals)
    for number, (want, groups) in enumerate(wants):
        lines = ["[iscsi]"]
        if want.initiator_group is not None:
            lines.append(f"initiator_group = {want.initiator_group}")
        lines += _auth(want)
        if len(groups) > 1 or any(None in (group.portal, group.initiator_group) for group in groups):
            lines += [_comment(f"The driver gives its targets this group: {_group(group)}") for group in groups]
        for portal in want.portals:
            lines += _portal(portal)
        yield from ("", *_once(lines, number))


def _auth(want: IscsiWant) -> Iterator[str]:
    """CHAP without a tag is an error in config.toml too: it stands there as a comment."""
    said = f"auth = {_text(want.auth)}"
    if want.auth_tag is not None:
        yield from (said, f"auth_tag = {want.auth_tag}")
    else:
        yield said if want.auth == "none" else f"#{said}"


def _group(group: TargetGroupWant) -> str:
    portal, initiators = (
        f"{kind} {'(the first one)' if id_ is None else id_}"
        for kind, id_ in (("portal", group.portal), ("initiator group", group.initiator_group))
    )
    return f"{portal}, {initiators}, {group.auth} {group.auth_tag or ''}".rstrip()


def _portal(want: PortalWant) -> Iterator[str]:
    yield from ("", "[[iscsi.portals]]")
    if want.first:
        yield "# The driver takes the array's first portal, whichever that is."
    if want.id is not None:
        yield f"id = {want.id}"
    yield from (f"address = {_text(want.address)}", f"port = {want.port}")


def _once(lines: Sequence[str], number: int) -> Sequence[str]:
    """A config.toml has one [nfs] and one [iscsi]: what several drivers have differently stands as comments."""
    return lines if number == 0 else [f"#{line}" for line in lines]


def _comment(text: str) -> str:
    """A line of its own, whatever the text has: the name of a file may hold anything."""
    return "# " + "".join(letter if letter.isprintable() else "?" for letter in text)


def _text(value: str) -> str:
    """A TOML basic string: what JSON writes is one, but for letters beyond 16 bits and DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
