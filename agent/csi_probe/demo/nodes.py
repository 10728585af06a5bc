"""The state of simulated Kubernetes nodes: what a healthy Debian 12 and a healthy Rocky Linux 9 answer, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from csi_probe.node import parse

_TOOLS = """\
mount.nfs=/usr/sbin/mount.nfs
mount.nfs4=/usr/sbin/mount.nfs4
iscsiadm=/usr/sbin/iscsiadm
multipath=/usr/sbin/multipath
nvme=/usr/sbin/nvme
"""
_FILESYSTEMS = "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tcgroup2\n\text4\n\txfs\nnodev\toverlay\n"
_MODULES = """\
tree
loadable nfs
loadable nfsv3
loadable nfsv4
loaded iscsi_tcp
loadable iscsi_tcp
loaded dm_multipath
loadable dm_multipath
loadable nvme_tcp
loadable cifs
option CONFIG_NET=y
option CONFIG_NFS_FS=m
option CONFIG_NFS_V3=m
option CONFIG_NFS_V4=m
option CONFIG_ISCSI_TCP=m
option CONFIG_DM_MULTIPATH=m
option CONFIG_NVME_TCP=m
option CONFIG_CIFS=m
"""
_SOCKETS = """\
0000000000000000: 00000002 00000000 00010000 0001 01 18230 @/org/kernel/linux/storage/multipathd
0000000000000000: 00000002 00000000 00010000 0001 01 18233 @ISCSIADM_ABSTRACT_NAMESPACE
"""
_DEBIAN = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
"""
_ROCKY = """\
NAME="Rocky Linux"
VERSION="9.6 (Blue Onyx)"
ID="rocky"
ID_LIKE="rhel centos fedora"
PRETTY_NAME="Rocky Linux 9.6 (Blue Onyx)"
"""
# UnitFileState. Debian starts iscsid by its socket.
_DEBIAN_UNITS = {"iscsid.service": "disabled", "iscsid.socket": "enabled"}
_ROCKY_UNITS = _DEBIAN_UNITS | {"iscsid.service": "enabled"}


class Fault(Enum):
    """How the SSH server of a simulated node behaves."""

    NONE = auto()
    DOWN = auto()  # nothing listens
    SILENT = auto()  # it accepts connections and says nothing
    HOST_KEY = auto()  # its host key is not the one in known_hosts
    LOGIN = auto()  # it refuses the probe's key
    NOLOGIN = auto()  # the login shell is nologin


@dataclass(kw_only=True)
class NodeState:
    """A simulated node. `answers`: exit status and output, by question; `clock_ahead`: seconds.

    `hangs_at`: the question that never ends; `motd`: what the user's profile writes before the script runs.
    """

    name: str
    address: str
    answers: dict[str, tuple[int, str]]
    clock_ahead: int = 0
    fault: Fault = Fault.NONE
    hangs_at: str = ""
    motd: str = ""


def healthy_debian(name: str, address: str, iqn: str) -> NodeState:
    """A node on which volumes work: iscsid waits behind its socket."""
    return _node(name, address, iqn, _DEBIAN, "6.1.0-40-amd64", _DEBIAN_UNITS)


def healthy_rocky(name: str, address: str, iqn: str) -> NodeState:
    """A node on which volumes work: iscsid runs."""
    return _node(name, address, iqn, _ROCKY, "5.14.0-570.42.2.el9_6.x86_64", _ROCKY_UNITS)


def _node(  # noqa: PLR0913, PLR0917  (a node's identity, and what differs between two distributions)
    name: str, address: str, iqn: str, os_release: str, kernel: str, units: dict[str, str]
) -> NodeState:
    second = f"198.51.100.{address.rpartition('.')[2]}"
    answers = {
        "os": os_release,
        "kernel": f"{kernel}\n",
        "tools": _TOOLS,
        "filesystems": _FILESYSTEMS,
        "modules": _MODULES,
        "sockets": _SOCKETS,
        "initiator_name": f"## Do NOT duplicate iSCSI InitiatorNames.\nInitiatorName={iqn}\n",
        "root_shared": "29 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n",
        "iscsi_directory": "a directory\n",
        "units": "\n".join(unit(name, units[name]) for name in parse.UNITS),
        "sources": f"192.0.2.10 192.0.2.10 dev eth0 src {address} uid 0 \\    cache\n"
        f"198.51.100.10 198.51.100.10 dev eth1 src {second} uid 0 \\    cache\n",
    }
    return NodeState(name=name, address=address, answers={question: (0, text) for question, text in answers.items()})


def unit(name: str, enabled: str) -> str:
    """A block of `systemctl show`."""
    return f"Id={name}\nLoadState=loaded\nUnitFileState={enabled}\n"
