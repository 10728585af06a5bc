"""The nodes' clients for NFS, iSCSI, NVMe-oF and SMB: by capability, and not by distribution."""

from __future__ import annotations

import re
from collections import defaultdict

from csi_probe.check import check
from csi_probe.contact import Trouble
from csi_probe.facts import FactMissing, Known, Missing
from csi_probe.finding import Finding, Status, fail, ok, skip, warn
from csi_probe.host import FileState, Module
from csi_probe.needs import ANY_NFS, ETC_ISCSI
from csi_probe.snapshot import Fleet, Node
from csi_probe_checks import host
from csi_probe_checks.packages import install
from csi_probe_checks.words import listing, nfs_version

_ISCSID_SOCKET = "@ISCSIADM_ABSTRACT_NAMESPACE"
_STARTING = {"enabled", "enabled-runtime", "static", "alias", "generated"}  # words of `systemctl is-enabled`
_MULTIPATHD_SOCKETS = {"@/org/kernel/linux/storage/multipathd", "/run/multipathd.socket"}

_MENDS = {
    Trouble.UNRESOLVED: "correct the node's address, or make its name resolvable on this machine",
    Trouble.REFUSED: "start sshd on the node, or correct the port in [[nodes]] or [ssh]",
    Trouble.TIMEOUT: "check that the node is up and that no firewall stands in between; then look at its load",
    Trouble.UNREACHABLE: "check the route and the firewall between this machine and the node",
    Trouble.NOT_SSH: "correct the port: what answers there is not an SSH server (or it drops logins: MaxStartups)",
    Trouble.HOST_KEY_UNKNOWN: "compare the fingerprint on the node's console, then log in once with ssh to add "
    "it to known_hosts",
    Trouble.HOST_KEY_CHANGED: "find out why the key changed; if the node was reinstalled: ssh-keygen -R ADDRESS, "
    "then as for a new host",
    Trouble.NO_COMMON_ALGORITHM: "allow a current algorithm on the node's sshd, such as ssh-ed25519 host keys "
    "and curve25519-sha256",
    Trouble.LOGIN_REFUSED: "add the public key to the node's authorized_keys for this user, or correct the user",
    Trouble.LOGIN_KEY: "name a readable private key in ssh.key_file, and its passphrase in ssh.passphrase",
    Trouble.NO_SHELL: "use a user whose login shell runs commands (usermod --shell /bin/sh USER)",
    Trouble.BROKEN_ANSWER: "run the command of the row by hand: ssh NODE /bin/sh -s",
}


@check(Node, "node.nfs-kernel", "the kernel mounts NFS")
def nfs_kernel(node: Node) -> Finding:
    """Whether the kernel has NFS in the wanted version: in /proc/filesystems, or as a module that is there.

    A module that is not loaded yet is fine: mount loads it. A kernel without it refuses every NFS volume.

    Install the kernel's module package (linux-modules-extra on Ubuntu), or another kernel.
    """
    if not node.nfs_versions:
        return skip("the config wants no NFS")
    filesystems = node.answers.filesystems.get()
    for version in node.nfs_versions:
        modules = {"3": ("nfsv3",), ANY_NFS: ("nfsv4", "nfsv3")}.get(version, ("nfsv4",))
        if "nfsv4" in modules and "nfs4" in filesystems:
            continue
        if all(host.module(node, module) is Module.ABSENT for module in modules):
            return fail(f"no {' or '.join(modules)} module", nfs_version(version), install(node, "kernel-modules"))
    return ok(listing(map(nfs_version, node.nfs_versions)))


@check(Node, "node.nfs-helper", "the host has mount.nfs")
def nfs_helper(node: Node) -> Finding:
    """Whether mount.nfs is on the host.

    The CSI drivers mount with the one in their image; the host's is needed by other drivers, by the kubelet's own NFS
    volumes, and for NFSv3 without the mount option nolock: locking wants the host's rpc.statd.

    Install nfs-common (Debian, Ubuntu) or nfs-utils (Red Hat, SUSE).
    """
    if not node.nfs_versions:
        return skip("the config wants no NFS")
    tools = node.answers.tools.get()
    path = tools.get("mount.nfs") or tools.get("mount.nfs4")
    if path:
        return ok(path)
    why = "for NFSv3's rpc.statd" if node.nfs_locks else f"by {node.driver.name}"
    if node.nfs_locks or not node.driver.mounts_nfs_itself:
        return fail("no mount.nfs", f"mount.nfs on the host, needed {why}", install(node, "nfs"))
    wanted = f"mount.nfs for other NFS volumes; {node.driver.name} brings its own"
    return warn("no mount.nfs", wanted, install(node, "nfs"))


@check(Node, "node.iscsiadm", "the driver finds iscsiadm on the host")
def iscsiadm(node: Node) -> Finding:
    """Whether iscsiadm is on the PATH with which the driver runs it on the host.

    The drivers' images run the host's iscsiadm; without it staging a volume fails with "iscsiadm: not found".
    democratic-csi's branch next looks in more folders than its releases, such as those of NixOS.

    Install open-iscsi (Debian, Ubuntu) or iscsi-initiator-utils (Red Hat).
    """
    if not node.iscsi:
        return skip("the config wants no iSCSI")
    if node.driver.iscsiadm:
        return skip(f"the driver is told to call {node.driver.iscsiadm}, which is not looked at")
    return host.tool(node, "iscsiadm", "iscsi")


@check(Node, "node.iscsid", "iscsid answers")
def iscsid(node: Node) -> Finding:
    """Whether something listens on iscsid's socket: iscsid itself, or systemd, which starts it on first use.

    open-iscsi.service is inactive before the first login, iscsid.service where its socket is enabled: both are fine.

    systemctl enable --now iscsid.socket (or iscsid.service where there is no such socket).
    """
    if not node.iscsi:
        return skip("the config wants no iSCSI")
    if _ISCSID_SOCKET in node.answers.sockets.get():
        return ok("its socket listens")
    return fail("nothing listens on its socket", "iscsid, or its socket", "systemctl enable --now iscsid.socket")


@check(Node, "node.iscsid-at-boot", "iscsid starts at boot")
def iscsid_at_boot(node: Node) -> Finding:
    """Whether iscsid.socket or iscsid.service is enabled, where the node runs systemd.

    Otherwise no volume can be attached after the node's next reboot.

    systemctl enable iscsid.socket (or iscsid.service).
    """
    if not node.iscsi:
        return skip("the config wants no iSCSI")
    units = node.answers.units.get()
    if not units:
        return skip("the node does not run systemd")
    starting = [name for name in ("iscsid.socket", "iscsid.service") if units.get(name) in _STARTING]
    if starting:
        return ok(listing(starting))
    return warn("neither its socket nor its service is enabled", "one of the two", "systemctl enable iscsid.socket")


@check(Node, "node.initiator-name", "the node has an InitiatorName")
def initiator_name(node: Node) -> Finding:
    """Whether /etc/iscsi/initiatorname.iscsi holds a valid name; unreadable is neither missing nor there.

    iscsid does not start without it, and the array's initiator groups know the node by it.

    Write InitiatorName=$(/sbin/iscsi-iname) to the file, and restart iscsid.
    """
    if not node.iscsi:
        return skip("the config wants no iSCSI")
    name = node.answers.initiator_name.get()
    if name and re.fullmatch(r"iqn\.\d{4}-\d{2}\.\S{1,211}|(eui|naa)\.[0-9A-Fa-f]+", name):
        return ok(name)
    fix = 'echo "InitiatorName=$(/sbin/iscsi-iname)" > /etc/iscsi/initiatorname.iscsi && systemctl restart iscsid'
    seen = "there is no such file" if name is None else f"the name is {name!r}"
    return fail(seen, "InitiatorName=iqn.…", fix)


@check(Fleet, "node.initiator-names-differ", "every node has an InitiatorName of its own")
def initiator_names_differ(fleet: Fleet) -> Finding:
    """Whether two nodes share an InitiatorName, as nodes cloned from one image do.

    The array takes them for one initiator: sessions throw each other out, and data is corrupted.

    Give each node a name of its own with iscsi-iname, and restart iscsid.
    """
    nodes_of: dict[str, list[str]] = defaultdict(list)
    for node, fact in fleet.initiator_names.items():
        if isinstance(fact, Known):
            nodes_of[fact.value.lower()].append(node)
    if shared := [f"{name}: {listing(nodes)}" for name, nodes in nodes_of.items() if len(nodes) > 1]:
        fix = (
            'on all but one: echo "InitiatorName=$(/sbin/iscsi-iname)" > /etc/iscsi/initiatorname.iscsi, restart iscsid'
        )
        return fail(listing(shared), "one name a node", fix)
    if lost := [fact for fact in fleet.initiator_names.values() if isinstance(fact, Missing)]:
        raise FactMissing(min(lost, key=lambda missing: bool(missing.blocked_by)))
    return ok(f"{len(nodes_of)} names for {len(fleet.initiator_names)} nodes")


@check(Node, "node.iscsi-module", "the kernel speaks iSCSI")
def iscsi_module(node: Node) -> Finding:
    """Whether the module iscsi_tcp is loaded, built in, or there to be loaded.

    iscsid loads it on first use; a kernel without it cannot log in to a target.

    Install the kernel's module package (linux-modules-extra on Ubuntu), or another kernel.
    """
    if not node.iscsi:
        return skip("the config wants no iSCSI")
    return host.kernel(node, "iscsi_tcp")


@check(Node, "node.nvme-module", "the kernel speaks NVMe over TCP")
def nvme_module(node: Node) -> Finding:
    """Whether the module nvme_tcp is loaded, built in, or there to be loaded.

    Without it `nvme connect` fails on the node (could not add new controller), and no NVMe-oF volume is staged.

    Install the kernel's module package (linux-modules-extra on Ubuntu), and name nvme_tcp in /etc/modules-load.d.
    """
    if not node.nvmeof:
        return skip("no driver wants NVMe-oF")
    return host.kernel(node, "nvme_tcp")


@check(Node, "node.nvme-tool", "the driver finds nvme")
def nvme_tool(node: Node) -> Finding:
    """Whether nvme is on the host, for a driver that runs the host's: scale-csi; the others have it in their image.

    Without it staging a volume fails with "nvme: not found".

    Install nvme-cli.
    """
    if not node.nvmeof:
        return skip("no driver wants NVMe-oF")
    if not node.driver.nvme_on_host:
        return skip(f"{node.driver.name} brings its own")
    return host.tool(node, "nvme", "nvme")


@check(Node, "node.cifs-module", "the kernel mounts SMB")
def cifs_module(node: Node) -> Finding:
    """Whether the module cifs is loaded, built in, or there to be loaded; mount.cifs comes in the drivers' images.

    A kernel without it refuses every SMB volume.

    Install the kernel's module package (linux-modules-extra on Ubuntu), or another kernel.
    """
    if not node.smb:
        return skip("no driver wants SMB")
    return host.kernel(node, "cifs")


@check(Node, "node.multipath", "multipath is ready")
def multipath(node: Node) -> Finding:
    """Whether multipath is on the driver's PATH, multipathd's socket listens, and the kernel has dm_multipath.

    With more than one portal democratic-csi insists on a multipath device ("failed to discover multipath device");
    other drivers use one only where they are told to.

    Install and enable multipathd, or configure one portal.
    """
    if not node.multipath:
        return skip("no volume is reached over several portals")
    tool = host.tool(node, "multipath", "multipath")
    if tool.status is Status.FAIL:
        return tool
    if not _MULTIPATHD_SOCKETS & node.answers.sockets.get():
        return fail("multipathd does not listen", "multipathd, or its socket", "systemctl enable --now multipathd")
    if host.module(node, "dm_multipath") is Module.ABSENT:
        return fail("no dm_multipath module", "dm_multipath", install(node, "kernel-modules"))
    return ok("multipathd listens") if tool.status is Status.OK else tool


@check(Node, "node.iscsi-directory", "the host has /etc/iscsi")
def iscsi_directory(node: Node) -> Finding:
    """Whether /etc/iscsi is a directory on the host.

    Drivers mount it as a hostPath of type Directory: without it their node pod stays in ContainerCreating.

    Install the iSCSI initiator, which makes it.
    """
    if not node.iscsi:
        return skip("the config wants no iSCSI")
    if not node.driver.etc_iscsi_must_exist:
        instead = node.driver.iscsi_directory
        return skip(f"{node.driver.name} " + ("creates it" if instead == ETC_ISCSI else f"mounts {instead} instead"))
    state = node.answers.iscsi_directory.get()
    if state is not FileState.DIRECTORY:
        return fail(f"/etc/iscsi is {state}", "a directory", install(node, "iscsi"))
    return ok(state)


CHECKS = (
    nfs_kernel,
    nfs_helper,
    iscsiadm,
    iscsid,
    iscsid_at_boot,
    initiator_name,
    initiator_names_differ,
    iscsi_module,
    nvme_module,
    nvme_tool,
    cifs_module,
    multipath,
    iscsi_directory,
)
