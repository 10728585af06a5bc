"""What a deployment wants, in the terms of config.toml: the same subjects follow from both."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import replace

from csi_probe.config import Config, PoolWant, TrueNAS
from csi_probe.drivers.deployment import Connection, Deployment
from csi_probe.secret import GivenSecret

HTTPS_PORT = 443


def wants(config: Config, deployments: Iterable[Deployment]) -> tuple[Config, ...]:
    """The config itself, and one for each deployment with the same nodes and the same [truenas], where there is one."""
    return (config, *(as_config(config, deployment) for deployment in deployments))


def as_config(config: Config, deployment: Deployment) -> Config:
    """What config.toml would say for this deployment; the config's [truenas] comes before the driver's own."""
    return replace(
        config,
        driver=deployment.driver,
        truenas=config.truenas or own_truenas(deployment.connection),
        pools=tuple(PoolWant(name=name) for name in deployment.pools),
        datasets=deployment.datasets,
        nfs=deployment.nfs,
        iscsi=deployment.iscsi,
        multipath=deployment.multipath,
        own_needs=deployment.needs,
        protocols=deployment.protocols,
    )


def own_truenas(connection: Connection | None) -> TrueNAS | None:
    """The array with the driver's own key, always over TLS; None where the driver's file has no API key, or no host.

    A driver that speaks http is asked for over https on the standard port: its key is not sent in clear even once.
    """
    host = _in_url(connection.host) if connection and connection.key else None
    if not connection or not connection.key or not host:
        return None
    port = connection.port if connection.is_tls else HTTPS_PORT
    return TrueNAS(
        url=f"https://{host}:{port}",
        api_key=GivenSecret(connection.key),
        verify=connection.verify,
        ca_pem=connection.ca_pem if connection.verify else None,
    )


def _in_url(host: str) -> str | None:
    """The host as a URL has it; None for text that is neither a name nor an address."""
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host  # noqa: PLR2004  (IPv6)
    except ValueError:
        return host if re.fullmatch(r"[A-Za-z0-9._-]+", host) else None
