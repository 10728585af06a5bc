"""Deployments as the text of a config.toml that says the same, for those who want to keep one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from csi_probe.drivers.deployment import Deployment

_KEY = """\
# The key in the driver's file is not copied: make one for the probe, with read roles (truenas-csi-probe privileges).
api_key = { env = "TRUENAS_API_KEY" }"""


def render(deployments: Sequence[Deployment]) -> str:
    """One config.toml for all of them; [nfs] and [iscsi] come from the first that has them, the others as comments."""
    return "\n".join((*_head(deployments), *_datasets(deployments), *_nfs(deployments), *_iscsi(deployments))) + "\n"


def _head(deployments: Sequence[Deployment]) -> Iterator[str]:
    yield f"# From {', '.join(str(one.place) for one in deployments)}"
    yield f"driver = {_text(deployments[0].driver)}"
    connection = next((one.connection for one in deployments if one.connection), None)
    if connection:
        host = f"[{connection.host}]" if ":" in connection.host else connection.host
        port = f":{connection.port}" if connection.is_tls and connection.port != 443 else ""  # noqa: PLR2004  (https)
        yield ""
        yield "[truenas]"
        yield f"url = {_text(f'https://{host}{port}')}"
        yield _KEY
        if not connection.verify:
            yield "# The driver does not verify the certificate. Pin it here: the probe's report shows the fingerprint."
            yield '#fingerprint = "…"'


def _datasets(deployments: Sequence[Deployment]) -> Iterator[str]:
    for pool in dict.fromkeys(pool for one in deployments for pool in one.pools):
        yield from ("", "[[pools]]", f"name = {_text(pool)}")
    for want in dict.fromkeys(want for one in deployments for want in one.datasets):
        yield from ("", "[[datasets]]", f"name = {_text(want.name)}", f"volumes = {_text(want.volumes)}")
        yield f"created_by_driver = {str(want.created_by_driver).lower()}"
        if want.detached_snapshots:
            yield f"detached_snapshots = {_text(want.detached_snapshots)}"


def _nfs(deployments: Sequence[Deployment]) -> Iterator[str]:
    wants = list(dict.fromkeys(one.nfs for one in deployments if one.nfs))
    for number, want in enumerate(wants):
        lines = ["[nfs]", f"address = {_text(want.address)}", f"versions = {json.dumps(want.versions)}"]
        yield from ("", *_once(lines, number))


def _iscsi(deployments: Sequence[Deployment]) -> Iterator[str]:
    wants = list(dict.fromkeys(one.iscsi for one in deployments if one.iscsi))
    for number, want in enumerate(wants):
        lines = ["[iscsi]"]
        if want.initiator_group is not None:
            lines.append(f"initiator_group = {want.initiator_group}")
        lines.append(f"auth = {_text(want.auth)}")
        if want.auth_tag is not None:
            lines.append(f"auth_tag = {want.auth_tag}")
        for portal in want.portals:
            lines += ["", "[[iscsi.portals]]"]
            if portal.id is not None:
                lines.append(f"id = {portal.id}")
            lines += [f"address = {_text(portal.address)}", f"port = {portal.port}"]
        yield from ("", *_once(lines, number))


def _once(lines: Sequence[str], number: int) -> Sequence[str]:
    """A config.toml has one [nfs] and one [iscsi]: what several drivers have differently stands as comments."""
    return lines if number == 0 else [f"#{line}" for line in lines]


def _text(value: str) -> str:
    """A TOML basic string, which is written as JSON writes it."""
    return json.dumps(value)
