"""NVMe-oF on the array: the service and the ports that drivers use (TrueNAS 25.10 and later)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csi_probe.check import check
from csi_probe.finding import Finding, fail, ok, skip
from csi_probe.snapshot import Nvmeof, NvmeofPort
from csi_probe_checks import service
from csi_probe_checks.words import endpoint, listing

if TYPE_CHECKING:
    from csi_probe.entries import NvmetPort

_ASKS = ("nvmet.port.query",)


@check(Nvmeof, "nvmeof.running", "the NVMe-oF service runs", asks=("service.query",))
def running(nvmeof: Nvmeof) -> Finding:
    """Whether TrueNAS's NVMe-oF service is RUNNING (service.query, nvmet).

    Drivers create subsystems but do not start the service: nodes cannot connect.

    Start NVMe-oF under System > Services; it came with 25.10.
    """
    return service.running(nvmeof.service, "NVMe-oF")


@check(Nvmeof, "nvmeof.starts-at-boot", "the NVMe-oF service starts at boot", asks=("service.query",))
def starts_at_boot(nvmeof: Nvmeof) -> Finding:
    """Whether TrueNAS starts NVMe-oF by itself (service.query, enable).

    Otherwise every volume is gone after the NAS's next reboot.

    Switch Start Automatically on under System > Services.
    """
    return service.starts_at_boot(nvmeof.service, "NVMe-oF")


@check(NvmeofPort, "nvmeof.port-exists", "the NVMe-oF port exists", asks=_ASKS)
def port_exists(port: NvmeofPort) -> Finding:
    """Whether there is a port with the id that the driver will use, or a TCP port on the address where nodes are sent.

    democratic-csi does not create ports: "No port with ID 1".

    Add a port under Shares > NVMe-oF > Ports, on a static address.
    """
    ports = port.ports.get()
    wanted = f"a port with the id {port.id}" if port.id is not None else f"a TCP port on {port.address}"
    found = [one for one in ports if _fits(one, port)]
    if not found:
        there = listing(map(_shown, ports), nothing="no port at all")
        return fail(f"there is {there}", wanted, "add one under Shares > NVMe-oF > Ports, and use its id")
    return ok(listing(map(_shown, found)), wanted)


@check(NvmeofPort, "nvmeof.port-enabled", "the NVMe-oF port is enabled and listens where nodes are sent", asks=_ASKS)
def port_enabled(port: NvmeofPort) -> Finding:
    """Whether the port is enabled, speaks TCP, and has the port number to which nodes are sent.

    A port that is there and disabled refuses connections.

    Enable it under Shares > NVMe-oF > Ports, or correct the driver's transport.
    """
    found = [one for one in port.ports.get() if _fits(one, port)]
    if not found:
        return skip("there is no such port")
    fix = "edit it under Shares > NVMe-oF > Ports, or correct the driver's transport"
    usable = [one for one in found if one.enabled.get() and one.transport.get() == "TCP"]
    if not usable:
        return fail(listing(map(_shown, found)), "an enabled TCP port", fix)
    listening = [one for one in usable if port.port in (None, one.port.get())]
    if not listening:
        return fail(listing(map(_shown, usable)), f"port {port.port}", fix)
    return ok(_shown(listening[0]))


def _fits(one: NvmetPort, port: NvmeofPort) -> bool:
    """By id, or by an address of those that the driver's host has; Linux's wildcard of IPv6 takes IPv4 too."""
    if port.id is not None:
        return one.id == port.id
    resolved = port.resolved.get()
    return one.address == "::" or len(service.outside((one.address,), resolved)) < len(resolved)


def _shown(one: NvmetPort) -> str:
    where = endpoint(one.address, one.port.get())
    return f"id {one.id}, {one.transport.get()} {where}" + ("" if one.enabled.get() else ", disabled")


CHECKS = (running, starts_at_boot, port_exists, port_enabled)
