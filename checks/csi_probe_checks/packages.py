"""How to install what a node lacks, in the words of its own distribution."""

from __future__ import annotations

from csi_probe.facts import Known
from csi_probe.snapshot import Node

_PACKAGES = {
    "debian": {
        "nfs": "apt-get install nfs-common",
        "iscsi": "apt-get install open-iscsi",
        "multipath": "apt-get install multipath-tools",
        "nvme": "apt-get install nvme-cli",
        "kernel-modules": "apt-get install linux-modules-extra-$(uname -r) (Ubuntu), or use the full kernel "
        "(Debian: linux-image-amd64)",
    },
    "rhel": {
        "nfs": "dnf install nfs-utils",
        "iscsi": "dnf install iscsi-initiator-utils && systemctl enable --now iscsid",
        "multipath": "dnf install device-mapper-multipath && mpathconf --enable --with_multipathd y",
        "nvme": "dnf install nvme-cli",
        "kernel-modules": "dnf install kernel-modules-extra",
    },
    "suse": {
        "nfs": "zypper install nfs-client",
        "iscsi": "zypper install open-iscsi",
        "multipath": "zypper install multipath-tools",
        "nvme": "zypper install nvme-cli",
        "kernel-modules": "zypper install kernel-default",
    },
}
_FAMILIES = {"debian": "debian", "ubuntu": "debian", "rhel": "rhel", "fedora": "rhel", "centos": "rhel", "suse": "suse"}
_ANYWHERE = {
    "nfs": "install the NFS client (nfs-common or nfs-utils)",
    "iscsi": "install the iSCSI initiator (open-iscsi or iscsi-initiator-utils)",
    "multipath": "install multipathd (multipath-tools or device-mapper-multipath)",
    "nvme": "install nvme-cli",
    "kernel-modules": "install the kernel's module package, or a kernel that has the module",
}


def install(node: Node, what: str) -> str:
    """The command for the node's family of distributions, or words where the family is not known."""
    os = node.answers.os
    names = (os.value.id, *os.value.like) if isinstance(os, Known) else ()
    family = next((_FAMILIES[name] for name in names if name in _FAMILIES), None)
    return _PACKAGES[family][what] if family else _ANYWHERE[what]
