"""What every service of the array has in common: it runs, it starts at boot, it listens where nodes are sent."""

from __future__ import annotations

from csi_probe.entries import ServiceEntry
from csi_probe.facts import Fact
from csi_probe.finding import Finding, fail, ok, warn


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


def outside(addresses: tuple[str, ...], resolved: tuple[str, ...]) -> list[str]:
    """Those of `resolved` that `addresses` do not hold; a wildcard holds every address of its family."""
    return [
        ip
        for ip in resolved
        if ip not in addresses and ("::" if ":" in ip else "0.0.0.0") not in addresses  # noqa: S104  (compared, not bound)
    ]
