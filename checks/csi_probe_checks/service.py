"""What every service of the array has in common: it runs, it starts at boot, it listens where nodes are sent."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING

from csi_probe.facts import Fact
from csi_probe.finding import Finding, fail, ok, warn

if TYPE_CHECKING:
    from csi_probe.entries import ServiceEntry


def running(service: Fact[ServiceEntry], name: str) -> Finding:
    """OK when the service runs."""
    state = service.get().state.get()
    if state != "RUNNING":
        return fail(state, "RUNNING", f"start it: System > Services > {name}")
    return ok(state)


def starts_at_boot(service: Fact[ServiceEntry], name: str) -> Finding:
    """OK when the service starts at boot."""
    if not service.get().enabled.get():
        fix = f"switch on: System > Services > {name} > Start Automatically"
        return warn("it does not start at boot", "it starts at boot", fix)
    return ok("it starts at boot")


def outside(addresses: Iterable[str], resolved: tuple[str, ...]) -> list[str]:
    """Those of `resolved` that `addresses` do not hold; a wildcard holds every address of its family."""
    held = {canonical(address) for address in addresses}
    return [
        ip
        for ip in resolved
        if canonical(ip) not in held and ("::" if ":" in ip else "0.0.0.0") not in held  # noqa: S104  (compared, not bound)
    ]


def canonical(address: str) -> str:
    """An IP address in its shortest form, so that two spellings of one are equal; a name as it is."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address
