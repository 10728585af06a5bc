"""SSH on the array, for drivers that make datasets and zvols over it."""

from __future__ import annotations

from csi_probe.check import check
from csi_probe.finding import Finding
from csi_probe.snapshot import SshService
from csi_probe_checks import service


@check(SshService, "ssh.running", "the SSH service runs", asks=("service.query",))
def running(ssh: SshService) -> Finding:
    """Whether TrueNAS's SSH service is RUNNING (service.query, ssh).

    democratic-csi's drivers without -api- in their names create every volume over SSH.

    Start SSH under System > Services.
    """
    return service.running(ssh.service, "SSH")


@check(SshService, "ssh.starts-at-boot", "the SSH service starts at boot", asks=("service.query",))
def starts_at_boot(ssh: SshService) -> Finding:
    """Whether TrueNAS starts SSH by itself (service.query, enable).

    Otherwise no volume is created or deleted after the NAS's next reboot.

    Switch Start Automatically on under System > Services.
    """
    return service.starts_at_boot(ssh.service, "SSH")


CHECKS = (running, starts_at_boot)
