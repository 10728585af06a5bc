"""SMB on the array."""

from __future__ import annotations

from csi_probe.check import check
from csi_probe.finding import Finding
from csi_probe.snapshot import Smb
from csi_probe_checks import service


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


CHECKS = (running, starts_at_boot)
