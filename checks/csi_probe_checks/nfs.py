"""NFS on the array: the service, its protocol versions and its addresses."""

from __future__ import annotations

from csi_probe.check import check
from csi_probe.finding import Finding, fail, ok
from csi_probe.needs import ANY_NFS
from csi_probe.snapshot import Nfs
from csi_probe_checks import service
from csi_probe_checks.words import listing, nfs_version


@check(Nfs, "nfs.running", "the NFS service runs", asks=("service.query",))
def running(nfs: Nfs) -> Finding:
    """Whether TrueNAS's NFS service is RUNNING (service.query).

    Drivers create shares but do not start the service: mounts hang or are refused.

    Start NFS under System > Services.
    """
    return service.running(nfs.service, "NFS")


@check(Nfs, "nfs.starts-at-boot", "the NFS service starts at boot", asks=("service.query",))
def starts_at_boot(nfs: Nfs) -> Finding:
    """Whether TrueNAS starts NFS by itself (service.query, enable).

    Otherwise every volume is gone after the NAS's next reboot.

    Switch Start Automatically on under System > Services.
    """
    return service.starts_at_boot(nfs.service, "NFS")


@check(Nfs, "nfs.versions", "the wanted NFS versions are on", asks=("nfs.config",))
def versions(nfs: Nfs) -> Finding:
    """Whether the protocols that nodes will mount with (nfs.versions; "any": either) are enabled (nfs.config).

    A mount that asks for a version that is off fails; CORE has NFSv4 off until it is switched on.

    Enable the protocol under System > Services > NFS, or mount with one that is on.
    """
    enabled = nfs.config.get().protocols.get()
    missing = [version for version in nfs.versions if enabled.isdisjoint(_protocols(version))]
    seen, wanted = listing(sorted(enabled)), listing(map(nfs_version, nfs.versions))
    if missing:
        fix = f"enable {_protocols(missing[0])[0].replace('V', 'v')} under System > Services > NFS > Enabled Protocols"
        return fail(f"enabled: {seen}", wanted, fix)
    return ok(seen, wanted)


def _protocols(version: str) -> tuple[str, ...]:
    """What TrueNAS calls those of which one has to be on."""
    return ("NFSV4", "NFSV3") if version == ANY_NFS else (f"NFSV{version[0]}",)


@check(Nfs, "nfs.listens", "NFS listens on the wanted address", asks=("nfs.config", "interface.query"))
def listens(nfs: Nfs) -> Finding:
    """Whether nfs.address is an address of the NAS (interface.query), and one that NFS is bound to (nfs.config).

    This is where every node will mount from; one wrong digit shows only as a mount that hangs.

    Correct nfs.address, or bind NFS to it. With address translation in between: --skip nfs.listens
    """
    bound, resolved = nfs.config.get().bind.get(), nfs.resolved.get()
    if bound and (missing := service.outside(bound, resolved)):
        fix = f"add {missing[0]} under System > Services > NFS > Bind IP Addresses, or mount from one that is bound"
        return fail(f"NFS is bound to {listing(bound)}", nfs.address, fix)
    own = nfs.nas_addresses.get()
    if missing := service.outside(own, resolved):
        fix = f"set nfs.address to an address of the NAS; is there address translation? Then --skip {listens.id}"
        return fail(f"{missing[0]} is no address of the NAS; it has {listing(own)}", nfs.address, fix)
    return ok(listing(resolved), nfs.address)


CHECKS = (running, starts_at_boot, versions, listens)
