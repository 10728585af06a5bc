"""What a node's shell answered, as facts: pure functions of (exit status, output) that never raise."""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping

from csi_probe.facts import Fact, Known, Missing
from csi_probe.host import FileState, Module, Os

UNREADABLE = 41
NO_SUCH_FILE = 42
NO_SYSTEMD = 43

TOOLS = ("mount.nfs", "mount.nfs4", "iscsiadm", "multipath", "nvme")
UNITS = ("iscsid.service", "iscsid.socket")
# Each module, and the kernel's build option that makes it. What these need themselves comes with them.
MODULES = {
    "nfs": "NFS_FS",
    "nfsv3": "NFS_V3",
    "nfsv4": "NFS_V4",
    "iscsi_tcp": "ISCSI_TCP",
    "dm_multipath": "DM_MULTIPATH",
    "nvme_tcp": "NVME_TCP",
    "cifs": "CIFS",
}
# On a kernel without modules, the file system types that show that a part which has no /sys/module entry is in it.
_FILESYSTEM_OF = {"nfs": "nfs", "nfsv3": "nfs", "nfsv4": "nfs4", "cifs": "cifs"}
_LISTENING = "00010000"  # __SO_ACCEPTCON in the flags of /proc/net/unix


def clock(status: int, text: str) -> Fact[float]:
    """`date +%s` as seconds since 1970, taken in the middle of its second."""
    digits = text.strip()
    if status or not re.fullmatch(r"[0-9]{1,12}", digits):
        return _lost("date", status)
    return Known(int(digits) + 0.5)


def os(status: int, text: str) -> Fact[Os]:
    """/etc/os-release, with the defaults that os-release(5) gives for ID and PRETTY_NAME."""
    fields = dict(_assignments(text))
    if status or not fields:
        return Missing("neither /etc/os-release nor /usr/lib/os-release can be read")
    name = fields.get("PRETTY_NAME") or fields.get("NAME") or "Linux"
    return Known(Os(fields.get("ID") or "linux", tuple(fields.get("ID_LIKE", "").split()), name))


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            yield name, " ".join(shlex.split(value))
        except ValueError:  # an unbalanced quote
            yield name, value


def kernel(status: int, text: str) -> Fact[str]:
    """`uname -r`."""
    release = text.strip()
    return _lost("uname", status) if status or not release else Known(release)


def tools(status: int, text: str) -> Fact[Mapping[str, str | None]]:
    """Lines "TOOL=PATH"; no path where the tool is not there."""
    found = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if status or not set(TOOLS) <= set(found):
        return _lost("command -v", status)
    return Known({tool: found[tool] if found[tool].startswith("/") else None for tool in TOOLS})


def filesystems(status: int, text: str) -> Fact[frozenset[str]]:
    """/proc/filesystems: the last word of each line, the first being "nodev" or nothing."""
    types = frozenset(line.split()[-1] for line in text.splitlines() if line.split())
    return _lost("/proc/filesystems", status) if status or not types else Known(types)


def modules(status: int, text: str) -> Fact[Mapping[str, Module]]:
    """Lines of evidence, "KIND what"; modules about which it does not decide are left out.

    Kinds: loaded (/proc/modules), sysfs (/sys/module), builtin (modules.builtin), loadable (modprobe -n, or a .ko
    file), option (a line of the kernel's build configuration), filesystem (/proc/filesystems), tree (the running
    kernel's modules are on disk), static (the kernel takes no modules).
    """
    evidence: dict[str, set[str]] = defaultdict(set)
    for line in text.splitlines():
        kind, _, what = line.partition(" ")
        evidence[kind].add(_module_name(what) if kind in {"builtin", "loadable"} else what)
    states = {module: _state(module, evidence) for module in MODULES}
    return (
        _lost("the question for modules", status)
        if status
        else Known({module: state for module, state in states.items() if state is not None})
    )


def _module_name(path: str) -> str:
    """The module in a path such as "kernel/drivers/md/dm-multipath.ko.xz": file names may have '-' for '_'."""
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")


def _state(module: str, evidence: Mapping[str, set[str]]) -> Module | None:
    option, options = f"CONFIG_{MODULES[module]}", evidence.get("option", set())
    static = "static" in evidence
    if module in evidence.get("loaded", ()):
        return Module.LOADED
    if module in evidence.get("builtin", ()) or module in evidence.get("sysfs", ()) or f"{option}=y" in options:
        return Module.BUILT_IN
    if module in evidence.get("loadable", ()):
        return Module.LOADABLE
    left_out = bool(options) and f"{option}=m" not in options
    if static and not left_out and _FILESYSTEM_OF.get(module) in evidence.get("filesystem", ()):
        return Module.BUILT_IN
    return Module.ABSENT if static or left_out or "tree" in evidence else None


def sockets(status: int, text: str) -> Fact[frozenset[str]]:
    """Lines of /proc/net/unix (Num RefCount Protocol Flags Type St Inode Path): the paths that are listened on."""
    if status:
        return _lost("/proc/net/unix", status)
    rows = [line.split(None, 7) for line in text.splitlines()]
    return Known(frozenset(row[7] for row in rows if len(row) == 8 and row[3] == _LISTENING))  # noqa: PLR2004  (columns)


def units(status: int, text: str) -> Fact[Mapping[str, str]]:
    """Blocks of `systemctl show` in the order of UNITS; an empty mapping where systemd does not run.

    Mapped by order and not by Id: where a unit is an alias, Id is the other name.
    """
    if status == NO_SYSTEMD:
        return Known({})
    blocks = [dict(_assignments(block)) for block in text.strip().split("\n\n")]
    if status or len(blocks) != len(UNITS):
        return _lost("systemctl show", status)
    return Known({name: _enabled(block) for name, block in zip(UNITS, blocks, strict=True)})


def _enabled(block: Mapping[str, str]) -> str:
    return block.get("UnitFileState") or ("not-found" if block.get("LoadState") == "not-found" else "unknown")


def initiator_name(status: int, text: str) -> Fact[str | None]:
    """InitiatorName of /etc/iscsi/initiatorname.iscsi; None: no such file; "": the file names none (yet).

    "GenerateName=yes", which some images ship, makes iscsid's start write a name; until then the node has none.
    """
    if status == NO_SUCH_FILE:
        return Known(None)
    if status == UNREADABLE:
        user = text.strip() or "the user"
        return Missing(
            f"/etc/iscsi/initiatorname.iscsi is unreadable for {user}",
            fix="set ssh.sudo = true and allow `sudo -n cat /etc/iscsi/initiatorname.iscsi`, or make the file readable",
        )
    if status:
        return _lost("/etc/iscsi/initiatorname.iscsi", status)
    names = re.findall(r"^[ \t]*InitiatorName[ \t]*=[ \t]*([^\s#]+)", text, re.MULTILINE)
    return Known(names[0] if names else "")


def root_shared(status: int, text: str) -> Fact[bool]:
    """Rows of mountinfo(5), after a line "unit" where they are those of a systemd service and not of PID 1.

    A service with a mount namespace of its own sees "master:N" where the host's / is "shared:N": systemd makes its
    copy a slave of the host's (systemd.exec(5), MountFlags=).
    """
    roots = [row[6:] for row in (line.split() for line in text.splitlines()) if row[4:5] == ["/"]]
    if status or not roots:
        return _lost("mountinfo", status)
    optional = roots[-1][: roots[-1].index("-")] if "-" in roots[-1] else []  # the last one mounted lies on top
    peers = {tag.partition(":")[0] for tag in optional}
    return Known("shared" in peers or ("master" in peers and "unit" in text.splitlines()))


def iscsi_directory(status: int, text: str) -> Fact[FileState]:
    """The words of FileState."""
    try:
        return Known(FileState(text.strip()))
    except ValueError:
        return _lost("/etc/iscsi", status)


def sources(status: int, text: str) -> Fact[Mapping[str, str]]:
    """Lines "ADDRESS ROUTE", the latter from `ip -o route get`; addresses without a route are left out."""
    if status:
        return _lost("ip route get", status)
    rows = (line.split() for line in text.splitlines())
    return Known({row[0]: row[row.index("src") + 1] for row in rows if "src" in row[1:-1] and _is_source(row)})


def _is_source(row: list[str]) -> bool:
    try:
        return bool(ipaddress.ip_address(row[row.index("src") + 1]))
    except ValueError:
        return False


def _lost(what: str, status: int) -> Missing:
    return Missing(f"{what} gave no usable answer (exit status {status})")
