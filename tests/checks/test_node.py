"""The checks of nodes: by capability, so that no healthy system fails whatever its distribution."""

from __future__ import annotations

import dataclasses

import pytest

import lab
from csi_probe.contact import Trouble
from csi_probe.facts import Known, Missing
from csi_probe.finding import Status
from csi_probe.host import FileState, Module, Os
from csi_probe.needs import DRIVERS, combined
from csi_probe.snapshot import Node
from csi_probe_checks import node, node_storage

OF_NODES = [check for check in node.CHECKS if check.subject is Node]
ISCSI = (
    node_storage.iscsiadm,
    node_storage.iscsid,
    node_storage.iscsid_at_boot,
    node_storage.initiator_name,
    node_storage.iscsi_module,
    node_storage.iscsi_directory,
)
NFS = (node_storage.nfs_kernel, node_storage.nfs_helper)
NVMEOF = (node_storage.nvme_module, node_storage.nvme_tool)

ROCKY = Os("rocky", ("rhel", "centos", "fedora"), "Rocky Linux 9.5")
UNLISTED = Os("chimera", (), "Chimera Linux")
OF_SSH = (
    Trouble.UNRESOLVED,
    Trouble.REFUSED,
    Trouble.TIMEOUT,
    Trouble.UNREACHABLE,
    Trouble.NOT_SSH,
    Trouble.HOST_KEY_UNKNOWN,
    Trouble.HOST_KEY_CHANGED,
    Trouble.NO_COMMON_ALGORITHM,
    Trouble.LOGIN_REFUSED,
    Trouble.LOGIN_KEY,
    Trouble.NO_SHELL,
    Trouble.BROKEN_ANSWER,
)


def red(subject):
    """What is not green on a node."""
    rows = [lab.judge(check, subject) for check in OF_NODES]
    return {row.id: row.status for row in rows if row.status not in (Status.OK, Status.SKIP)}


# --- no false red


HEALTHY = {
    "Debian, iscsid behind its socket": lab.node(),
    "Rocky, iscsid runs": lab.node(os=ROCKY, units=lab.units(iscsid_socket="disabled", iscsid_service="enabled")),
    "an unlisted distribution": lab.node(os=UNLISTED),
    "a distribution that does not say its name is asked by capability": lab.node(os=Known(Os("", (), ""))),
    "all modules built in": lab.node(modules=lab.modules(Module.BUILT_IN)),
    "NFS registered in the kernel, no NFS module to be seen": lab.node(
        modules=lab.modules(nfs=Module.ABSENT, nfsv3=Module.ABSENT, nfsv4=Module.ABSENT)
    ),
    "modules that are not loaded yet": lab.node(filesystems=frozenset({"ext4"})),
    "no systemd": lab.node(units={}),
    "multipathd's older socket": lab.node(
        sockets=frozenset({"@ISCSIADM_ABSTRACT_NAMESPACE", "/run/multipathd.socket"})
    ),
    "mount.nfs4 only": lab.node(
        tools={"mount.nfs4": "/sbin/mount.nfs4", "iscsiadm": "/sbin/iscsiadm", "multipath": "/sbin/multipath"}
    ),
    "an eui name": lab.node(initiator_name="eui.02004567A425678D"),
}


@pytest.mark.parametrize("subject", HEALTHY.values(), ids=HEALTHY)
def test_a_healthy_node_has_nothing_red(subject):
    assert red(subject) == {}


def test_a_node_without_any_protocol_is_asked_for_none():
    bare = lab.node(
        nfs_versions=(),
        iscsi=False,
        multipath=False,
        smb=False,
        nvmeof=False,
        tools={},
        modules={},
        sockets=frozenset(),
        initiator_name=Known(None),
    )
    assert red(bare) == {}
    for check in (*NFS, *ISCSI, *NVMEOF, node_storage.cifs_module, node_storage.multipath):
        row = lab.judge(check, bare)
        assert (row.status, row.blocked_by) == (Status.SKIP, "")


# --- no false green


@pytest.mark.parametrize("check", OF_NODES, ids=lambda check: check.id)
def test_a_node_that_was_not_asked_is_blocked_by_its_login(check):
    lost = Missing("no route to host", blocked_by="node.login")
    answers = dict.fromkeys(lab.answers().__slots__, lost)
    row = lab.judge(check, lab.node(driver=DRIVERS["scale-csi"], login=lab.refusal(Trouble.UNREACHABLE), **answers))
    if check is node.login:
        assert row.status is Status.FAIL
    else:
        assert (row.status, row.blocked_by) == (Status.SKIP, "node.login")


@pytest.mark.parametrize(
    ("check", "field"),
    [
        (node.login, "login"),
        (node.system, "os"),
        (node.system, "kernel"),
        (node.clock, "clock"),
        (node_storage.nfs_kernel, "filesystems"),
        (node_storage.nfs_helper, "tools"),
        (node_storage.iscsiadm, "tools"),
        (node_storage.iscsid, "sockets"),
        (node_storage.iscsid_at_boot, "units"),
        (node_storage.initiator_name, "initiator_name"),
        (node_storage.iscsi_module, "modules"),
        (node_storage.nvme_module, "modules"),
        (node_storage.nvme_tool, "tools"),
        (node_storage.cifs_module, "modules"),
        (node_storage.multipath, "tools"),
        (node_storage.multipath, "sockets"),
        (node_storage.multipath, "modules"),
        (node.root_shared, "root_shared"),
        (node_storage.iscsi_directory, "iscsi_directory"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_an_answer_that_was_lost_is_unknown(check, field):
    row = lab.judge(check, lab.node(driver=DRIVERS["scale-csi"], **{field: lab.LOST}))
    assert (row.status, row.seen, row.fix) == (Status.UNKNOWN, lab.LOST.reason, lab.LOST.fix)


def test_modules_that_are_not_told_are_unknown_where_the_kernel_has_no_nfs_yet():
    row = lab.judge(node_storage.nfs_kernel, lab.node(filesystems=frozenset({"ext4"}), modules=lab.LOST))
    assert row.status is Status.UNKNOWN


# --- node.login


@pytest.mark.parametrize("trouble", OF_SSH)
def test_every_trouble_of_a_node_has_a_mend_of_its_own(trouble):
    row = lab.judge(node.login, lab.node(login=lab.refusal(trouble, "what was seen")))
    assert (row.status, row.seen) == (Status.FAIL, "what was seen")
    assert row.fix not in {"", "log in by hand and look"}


def test_another_trouble_of_a_node_is_looked_at_by_hand():
    assert lab.judge(node.login, lab.node(login=lab.refusal(Trouble.STANDBY))).fix == "log in by hand and look"


# --- node.clock


@pytest.mark.parametrize(
    ("clock", "nas", "status", "seen"),
    [
        (0.0, 0.0, Status.OK, "0 s from the NAS"),
        (5.0, 0.0, Status.OK, "5 s from the NAS"),
        (90.0, 88.0, Status.OK, "2 s from the NAS"),
        (30.0, 0.0, Status.WARN, "30 s ahead"),
        (-30.0, 10.0, Status.WARN, "40 s behind"),
    ],
    ids=["equal", "at the limit", "both ahead of the probe", "ahead", "behind"],
)
def test_the_clock_is_held_against_the_nas(clock, nas, status, seen):
    row = lab.judge(node.clock, lab.node(clock=clock, reference_clock=nas))
    assert (row.status, row.seen, row.wanted) == (status, seen, "5 s or less from the NAS")
    assert ("timedatectl" in row.fix) is (status is Status.WARN)


def test_the_clock_is_held_against_the_probe_without_a_nas():
    assert lab.judge(node.clock, lab.node(reference="the probe")).wanted.endswith("from the probe")


# --- NFS


@pytest.mark.parametrize(
    ("versions", "filesystems", "modules", "module"),
    [
        (("4.2",), {"nfs"}, {}, "nfsv4"),
        (("4.2",), set(), {"nfsv3": Module.LOADED}, "nfsv4"),
        (("3",), {"nfs", "nfs4"}, {"nfsv4": Module.LOADED}, "nfsv3"),
        (("4.2", "3"), {"nfs4"}, {"nfsv3": Module.ABSENT}, "nfsv3"),
    ],
)
def test_a_kernel_without_the_wanted_nfs_fails(versions, filesystems, modules, module):
    row = lab.judge(
        node_storage.nfs_kernel,
        lab.node(
            nfs_versions=versions,
            filesystems=frozenset(filesystems),
            modules=lab.modules(Module.ABSENT, **modules),
        ),
    )
    assert (row.status, row.seen) == (Status.FAIL, f"no {module} module")
    assert "linux-modules-extra" in row.fix


@pytest.mark.parametrize(
    ("filesystems", "modules", "status"),
    [
        ({"nfs4"}, (), Status.OK),
        ((), ("nfsv3",), Status.OK),
        ((), ("nfsv4",), Status.OK),
        ({"ext4"}, (), Status.FAIL),
    ],
)
def test_where_no_version_is_asked_for_the_kernel_needs_any(filesystems, modules, status):
    known = dict.fromkeys(("nfsv3", "nfsv4"), Module.ABSENT) | dict.fromkeys(modules, Module.LOADABLE)
    asked = lab.node(nfs_versions=("any",), filesystems=frozenset(filesystems), modules=known)
    row = lab.judge(node_storage.nfs_kernel, asked)
    assert (row.status, row.wanted if row.status is Status.FAIL else row.seen) == (status, "any NFS version")


def told(*drivers, **answers):
    """A node with drivers whose charts have values of their own."""
    usual = DRIVERS["democratic-csi"]
    return lab.node(driver=combined([dataclasses.replace(usual, **one) for one in drivers]), **answers)


NONE = {"tools": {}, "iscsi_directory": FileState.MISSING}
TALOS = {"iscsiadm": "/sbin/iscsiadm in the namespace of iscsid"}
ELSEWHERE = {"etc_iscsi_must_exist": False, "iscsi_directory": "/var/etc/iscsi"}


def test_an_iscsiadm_elsewhere_is_not_looked_for_on_the_path():
    row = lab.judge(node_storage.iscsiadm, told(TALOS, **NONE))
    assert (row.status, row.blocked_by) == (Status.SKIP, "")
    assert "/sbin/iscsiadm in the namespace of iscsid" in row.seen
    assert lab.judge(node_storage.iscsiadm, told(TALOS, {}, **NONE)).status is Status.FAIL


def test_a_directory_that_the_driver_is_not_given_need_not_exist():
    row = lab.judge(node_storage.iscsi_directory, told(ELSEWHERE, **NONE))
    assert (row.status, row.seen) == (Status.SKIP, "democratic-csi mounts /var/etc/iscsi instead")
    made = lab.judge(node_storage.iscsi_directory, told({"etc_iscsi_must_exist": False}, **NONE))
    assert (made.status, made.seen) == (Status.SKIP, "democratic-csi creates it")
    assert lab.judge(node_storage.iscsi_directory, told(ELSEWHERE, {}, **NONE)).status is Status.FAIL


@pytest.mark.parametrize(
    ("driver", "versions", "locks", "status", "wanted"),
    [
        ("democratic-csi", ("4.2",), False, Status.WARN, "democratic-csi brings its own"),
        ("democratic-csi", ("3",), True, Status.FAIL, "needed for NFSv3's rpc.statd"),
        ("democratic-csi", ("3",), False, Status.WARN, "democratic-csi brings its own"),
        ("other", ("4.2",), False, Status.FAIL, "needed by other"),
    ],
)
def test_mount_nfs_fails_where_it_is_needed_and_warns_elsewhere(driver, versions, locks, status, wanted):
    asked = lab.node(driver=DRIVERS[driver], nfs_versions=versions, nfs_locks=locks, tools={"mount.nfs": None})
    row = lab.judge(node_storage.nfs_helper, asked)
    assert (row.status, row.seen, row.fix) == (status, "no mount.nfs", "apt-get install nfs-common")
    assert wanted in row.wanted


# --- iSCSI


@pytest.mark.parametrize("tools", [{}, {"iscsiadm": None}], ids=["not asked for", "not there"])
def test_a_host_without_iscsiadm_fails_with_the_path_that_was_searched(tools):
    row = lab.judge(node_storage.iscsiadm, lab.node(tools=tools))
    assert (row.status, row.fix) == (Status.FAIL, "apt-get install open-iscsi")
    assert row.wanted == "iscsiadm in /usr/sbin:/usr/bin:/sbin:/bin"


NIXOS = "/run/current-system/sw/bin"


@pytest.mark.parametrize(
    ("driver", "folder", "status", "seen"),
    [
        ("democratic-csi", "/usr/sbin", Status.OK, "/usr/sbin/iscsiadm"),
        ("democratic-csi", NIXOS, Status.WARN, "where only images of democratic-csi's branch next look"),
        ("democratic-csi", "/usr/local/sbin", Status.WARN, "where only images of democratic-csi's branch next look"),
        ("democratic-csi", "/opt/bin", Status.FAIL, "where democratic-csi does not look"),
        ("truenas-csi", "/usr/local/sbin", Status.OK, "/usr/local/sbin/iscsiadm"),
        ("truenas-csi", NIXOS, Status.FAIL, "where truenas-csi does not look"),
    ],
)
def test_a_tool_has_to_be_where_every_image_of_the_driver_looks(driver, folder, status, seen):
    row = lab.judge(node_storage.iscsiadm, lab.node(driver=DRIVERS[driver], tools={"iscsiadm": f"{folder}/iscsiadm"}))
    assert row.status is status
    assert seen in row.seen
    assert row.fix.endswith(f"ln -s {folder}/iscsiadm /usr/sbin/iscsiadm") is (status is not Status.OK)


def test_multipath_of_newer_images_warns_and_does_not_hide_what_fails():
    tools = lab.answers().tools.get() | {"multipath": f"{NIXOS}/multipath"}
    assert lab.judge(node_storage.multipath, lab.node(tools=tools)).status is Status.WARN
    assert lab.judge(node_storage.multipath, lab.node(tools=tools, sockets=frozenset())).status is Status.FAIL


def test_iscsid_that_does_not_listen_fails_even_when_its_units_are_enabled():
    row = lab.judge(node_storage.iscsid, lab.node(sockets=frozenset({"@/org/kernel/linux/storage/multipathd"})))
    assert row.status is Status.FAIL
    assert row.fix == "systemctl enable --now iscsid.socket"


@pytest.mark.parametrize(
    ("units", "status"),
    [
        (lab.units(), Status.OK),
        (lab.units(iscsid_socket="disabled", iscsid_service="enabled"), Status.OK),
        (lab.units(iscsid_socket="static"), Status.OK),
        (lab.units(iscsid_socket="disabled"), Status.WARN),
        (lab.units(iscsid_socket="masked", iscsid_service="masked"), Status.WARN),
        (lab.units(iscsid_socket="not-found", iscsid_service="not-found"), Status.WARN),
    ],
    ids=["socket", "service", "static", "neither", "masked", "no such unit"],
)
def test_iscsid_starts_at_boot_by_its_socket_or_its_service(units, status):
    row = lab.judge(node_storage.iscsid_at_boot, lab.node(units=units))
    assert row.status is status
    assert ("systemctl enable iscsid.socket" in row.fix) is (status is Status.WARN)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        (Known(None), "there is no such file"),
        ("", "the name is ''"),
        ("iqn.1993-08", "the name is 'iqn.1993-08'"),
        (f"iqn.1993-08.{'x' * 212}", "the name is"),
        ("iqn.1993-08.org debian", "the name is"),
    ],
    ids=["no file", "empty", "half", "too long", "space"],
)
def test_a_node_without_a_valid_initiator_name_fails(name, seen):
    row = lab.judge(node_storage.initiator_name, lab.node(initiator_name=name))
    assert row.status is Status.FAIL
    assert seen in row.seen
    assert "iscsi-iname" in row.fix


OF_MODULES = pytest.mark.parametrize(
    ("check", "module"),
    [
        (node_storage.iscsi_module, "iscsi_tcp"),
        (node_storage.nvme_module, "nvme_tcp"),
        (node_storage.cifs_module, "cifs"),
    ],
    ids=["iSCSI", "NVMe-oF", "SMB"],
)


@OF_MODULES
def test_a_kernel_without_the_protocol_fails_and_one_that_does_not_tell_is_unknown(check, module):
    row = lab.judge(check, lab.node(modules=lab.modules(**{module: Module.ABSENT})))
    assert (row.status, row.seen) == (Status.FAIL, f"no {module} module")
    assert "linux-modules-extra" in row.fix
    untold = {name: state for name, state in lab.modules().items() if name != module}
    row = lab.judge(check, lab.node(modules=untold))
    assert (row.status, row.seen) == (Status.UNKNOWN, f"nothing tells whether the kernel has {module}")


@pytest.mark.parametrize(
    ("driver", "status", "seen"),
    [("scale-csi", Status.FAIL, "no nvme"), ("tns-csi", Status.SKIP, "tns-csi brings its own")],
)
def test_nvme_is_missed_only_by_a_driver_that_runs_the_host_s(driver, status, seen):
    row = lab.judge(node_storage.nvme_tool, lab.node(driver=DRIVERS[driver], tools={"nvme": None}))
    assert (row.status, row.seen) == (status, seen)


@pytest.mark.parametrize("state", [state for state in FileState if state is not FileState.DIRECTORY])
def test_etc_iscsi_must_be_a_directory_where_the_driver_mounts_it(state):
    row = lab.judge(node_storage.iscsi_directory, lab.node(iscsi_directory=state))
    assert (row.status, row.seen, row.wanted) == (Status.FAIL, f"/etc/iscsi is {state}", "a directory")
    made = lab.judge(node_storage.iscsi_directory, lab.node(driver=DRIVERS["tns-csi"], iscsi_directory=state))
    assert (made.status, made.seen) == (Status.SKIP, "tns-csi creates it")


# --- multipath, mounts


@pytest.mark.parametrize(
    ("changes", "seen", "fix"),
    [
        ({"tools": {}}, "no multipath", "apt-get install multipath-tools"),
        ({"sockets": frozenset()}, "multipathd does not listen", "systemctl enable --now multipathd"),
        ({"modules": lab.modules(dm_multipath=Module.ABSENT)}, "no dm_multipath module", "linux-modules-extra"),
    ],
    ids=["tool", "daemon", "module"],
)
def test_several_portals_need_all_of_multipath(changes, seen, fix):
    row = lab.judge(node_storage.multipath, lab.node(**changes))
    assert (row.status, row.seen) == (Status.FAIL, seen)
    assert fix in row.fix
    assert lab.judge(node_storage.multipath, lab.node(multipath=False, **changes)).status is Status.SKIP


def test_a_private_root_fails():
    row = lab.judge(node.root_shared, lab.node(root_shared=False))
    assert (row.status, row.seen, row.wanted) == (Status.FAIL, "private", "shared")
    assert "mount --make-rshared /" in row.fix


# --- what to install, in the words of the distribution


@pytest.mark.parametrize(
    ("os", "fix"),
    [
        (Os("debian", (), ""), "apt-get install open-iscsi"),
        (Os("ubuntu", ("debian",), ""), "apt-get install open-iscsi"),
        (ROCKY, "dnf install iscsi-initiator-utils && systemctl enable --now iscsid"),
        (Os("opensuse-leap", ("suse", "opensuse"), ""), "zypper install open-iscsi"),
        (UNLISTED, "install the iSCSI initiator (open-iscsi or iscsi-initiator-utils)"),
        (lab.LOST, "install the iSCSI initiator (open-iscsi or iscsi-initiator-utils)"),
    ],
    ids=["debian", "ubuntu", "rocky", "suse", "unlisted", "unknown"],
)
def test_the_mend_speaks_the_words_of_the_distribution(os, fix):
    assert lab.judge(node_storage.iscsiadm, lab.node(os=os, tools={})).fix == fix


# --- all nodes together


def test_nodes_with_names_of_their_own_are_fine():
    row = lab.judge(node_storage.initiator_names_differ, lab.fleet())
    assert (row.status, row.seen) == (Status.OK, "2 names for 2 nodes")


def test_nodes_that_share_a_name_fail_whatever_its_case_and_whatever_else_is_lost():
    cloned = lab.fleet(worker_1=lab.IQN, worker_2="iqn.x", worker_3=lab.IQN.upper(), worker_4=lab.LOST)
    row = lab.judge(node_storage.initiator_names_differ, cloned)
    assert (row.status, row.seen) == (Status.FAIL, f"{lab.IQN}: worker-1, worker-3")
    assert "iscsi-iname" in row.fix


def test_a_node_without_a_name_makes_the_row_blocked_and_never_green():
    nameless = Missing("no InitiatorName", blocked_by="node.initiator-name")
    row = lab.judge(node_storage.initiator_names_differ, lab.fleet(worker_1=lab.IQN, worker_2=nameless))
    assert (row.status, row.blocked_by) == (Status.SKIP, "node.initiator-name")


def test_a_name_that_was_lost_for_its_own_reason_is_unknown_before_it_is_blocked():
    blocked = Missing("the node was not asked", blocked_by="node.login")
    row = lab.judge(node_storage.initiator_names_differ, lab.fleet(worker_1=blocked, worker_2=lab.LOST))
    assert (row.status, row.seen) == (Status.UNKNOWN, lab.LOST.reason)
