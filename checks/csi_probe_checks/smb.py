"""SMB on the array."""

from __future__ import annotations

from csi_probe.check import check
from csi_probe.finding import Finding, fail, ok, skip
from csi_probe.snapshot import Smb
from csi_probe_checks import service
from csi_probe_checks.words import listing


@check(Smb, "smb.running", "the SMB service runs", asks=("service.query",))
def running(smb: Smb) -> Finding:
    """Whether TrueNAS's SMB service is RUNNING (service.query, cifs).

    Drivers create shares but do not start the service.

    Start SMB under System > Services.
    """
    return service.running(smb.service, "SMB")


@check(Smb, "smb.starts-at-boot", "the SMB service starts at boot", asks=("service.query",))
def starts_at_boot(smb: Smb) -> Finding:
    """Whether TrueNAS starts SMB by itself (service.query, enable).

    Otherwise every volume is gone after the NAS's next reboot.

    Switch Start Automatically on under System > Services.
    """
    return service.starts_at_boot(smb.service, "SMB")


@check(Smb, "smb.listens", "SMB is mounted from an address of the NAS", asks=("interface.query",))
def listens(smb: Smb) -> Finding:
    """Whether the driver's shareHost (tns-csi: server) is an address of the NAS (interface.query).

    One wrong digit shows only as a mount that hangs. Whether SMB is bound to some of the addresses is not asked.

    Correct the address in the driver's config. With address translation in between: --skip smb.listens
    """
    if not smb.address:
        return skip("the driver's config names no address")
    own, resolved = smb.nas_addresses.get(), smb.resolved.get()
    if missing := service.outside(own, resolved):
        fix = f"correct the address in the driver's config; is there address translation? Then --skip {listens.id}"
        return fail(f"{missing[0]} is no address of the NAS; it has {listing(own)}", smb.address, fix)
    return ok(listing(resolved), smb.address)


CHECKS = (running, starts_at_boot, listens)
