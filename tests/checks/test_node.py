"""The checks of nodes: by capability, so that no healthy system fails whatever its distribution."""

from __future__ import annotations

import pytest

import lab
from csi_probe.contact import Trouble
from csi_probe.facts import Known, Missing
from csi_probe.finding import Status
from csi_probe.host import FileState, Module, Os
from csi_probe.needs import DRIVERS
from csi_probe.snapshot import Node
from csi_probe_checks import node

OF_NODES = [check for check in node.CHECKS if check.subject is Node]
ISCSI = (node.iscsiadm, node.iscsid, node.iscsid_at_boot, node.initiator_name, node.iscsi_module, node.iscsi_directory)
NFS = (node.nfs_kernel, node.nfs_helper)

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
    "all modules built in": lab.node(
        modules=dict.fromkeys(("nfsv3", "nfsv4", "iscsi_tcp", "dm_multipath"), Module.BUILT_IN)
    ),
    "NFS registered in the kernel, no NFS module to be seen": lab.node(
        modules={"iscsi_tcp": Module.LOADED, "dm_multipath": Module.LOADED}
    ),
    "modules that are not loaded yet": lab.node(filesystems=frozenset({"ext4"})),
    "no systemd": lab.node(units={}),
    "multipathd's older socket": lab.node(
        sockets=frozenset({"@ISCSIADM_ABSTRACT_NAMESPACE", "/run/multipathd.socket"})
    ),
    "mount.nfs4 only": lab.node(tools={"mount.nfs4": "/sbin/mount.nfs4", "iscsiadm": "/x", "multipath": "/y"}),
    "an eui name": lab.node(initiator_name="eui.02004567A425678D"),
}


@pytest.mark.parametrize("subject", HEALTHY.values(), ids=HEALTHY)
def test_a_healthy_node_has_nothing_red(subject):
    assert red(subject) == {}


def test_a_node_without_nfs_and_iscsi_is_asked_for_neither():
    bare = lab.node(
        nfs_versions=(),
        iscsi=False,
        multipath=False,
        tools={},
        modules={},
        sockets=frozenset(),
        initiator_name=Known(None),
    )
    assert red(bare) == {}
    for check in (*NFS, *ISCSI, node.multipath):
        row = lab.judge(check, bare)
        assert (row.status, row.blocked_by) == (Status.SKIP, "")


# --- no false green


@pytest.mark.parametrize("check", OF_NODES, ids=lambda check: check.id)
def test_a_node_that_was_not_asked_is_blocked_by_its_login(check):
    lost = Missing("no route to host", blocked_by="node.login")
    answers = dict.fromkeys(lab.answers().__slots__, lost)
    row = lab.judge(check, lab.node(login=lab.refusal(Trouble.UNREACHABLE), **answers))
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
        (node.nfs_kernel, "filesystems"),
        (node.nfs_helper, "tools"),
        (node.iscsiadm, "tools"),
        (node.iscsid, "sockets"),
        (node.iscsid_at_boot, "units"),
        (node.initiator_name, "initiator_name"),
        (node.iscsi_module, "modules"),
        (node.multipath, "tools"),
        (node.multipath, "sockets"),
        (node.multipath, "modules"),
        (node.root_shared, "root_shared"),
        (node.iscsi_directory, "iscsi_directory"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_an_answer_that_was_lost_is_unknown(check, field):
    row = lab.judge(check, lab.node(**{field: lab.LOST}))
    assert (row.status, row.seen, row.fix) == (Status.UNKNOWN, lab.LOST.reason, lab.LOST.fix)


def test_modules_that_are_not_told_are_unknown_where_the_kernel_has_no_nfs_yet():
    row = lab.judge(node.nfs_kernel, lab.node(filesystems=frozenset({"ext4"}), modules=lab.LOST))
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
        node.nfs_kernel, lab.node(nfs_versions=versions, filesystems=frozenset(filesystems), modules=modules)
    )
    assert (row.status, row.seen) == (Status.FAIL, f"no {module} module")
    assert "linux-modules-extra" in row.fix


@pytest.mark.parametrize(
    ("driver", "versions", "status", "wanted"),
    [
        ("democratic-csi", ("4.2",), Status.WARN, "democratic-csi brings its own"),
        ("democratic-csi", ("3",), Status.FAIL, "needed for NFSv3's rpc.statd"),
        ("other", ("4.2",), Status.FAIL, "needed by other"),
    ],
)
def test_mount_nfs_fails_where_it_is_needed_and_warns_elsewhere(driver, versions, status, wanted):
    row = lab.judge(node.nfs_helper, lab.node(driver=DRIVERS[driver], nfs_versions=versions, tools={"mount.nfs": None}))
    assert (row.status, row.seen, row.fix) == (status, "no mount.nfs", "apt-get install nfs-common")
    assert wanted in row.wanted


# --- iSCSI


@pytest.mark.parametrize("tools", [{}, {"iscsiadm": None}], ids=["not asked for", "not there"])
def test_a_host_without_iscsiadm_fails_with_the_path_that_was_searched(tools):
    row = lab.judge(node.iscsiadm, lab.node(tools=tools))
    assert (row.status, row.fix) == (Status.FAIL, "apt-get install open-iscsi")
    assert row.wanted == "iscsiadm in /usr/sbin:/usr/bin:/sbin:/bin"


def test_iscsid_that_does_not_listen_fails_even_when_its_units_are_enabled():
    row = lab.judge(node.iscsid, lab.node(sockets=frozenset({"@/org/kernel/linux/storage/multipathd"})))
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
        ({"multipathd.service": lab.units()["iscsid.socket"]}, Status.WARN),
    ],
    ids=["socket", "service", "static", "neither", "masked", "no such unit"],
)
def test_iscsid_starts_at_boot_by_its_socket_or_its_service(units, status):
    row = lab.judge(node.iscsid_at_boot, lab.node(units=units))
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
    row = lab.judge(node.initiator_name, lab.node(initiator_name=name))
    assert row.status is Status.FAIL
    assert seen in row.seen
    assert "iscsi-iname" in row.fix


def test_a_kernel_without_iscsi_fails():
    for modules in ({}, {"iscsi_tcp": Module.ABSENT}):
        row = lab.judge(node.iscsi_module, lab.node(modules=modules))
        assert (row.status, row.seen) == (Status.FAIL, "no iscsi_tcp module")


@pytest.mark.parametrize("state", [state for state in FileState if state is not FileState.DIRECTORY])
def test_etc_iscsi_must_be_a_directory_where_the_driver_mounts_it(state):
    row = lab.judge(node.iscsi_directory, lab.node(iscsi_directory=state))
    assert (row.status, row.seen, row.wanted) == (Status.FAIL, f"/etc/iscsi is {state}", "a directory")
    made = lab.judge(node.iscsi_directory, lab.node(driver=DRIVERS["tns-csi"], iscsi_directory=state))
    assert (made.status, made.seen) == (Status.SKIP, "tns-csi creates it")


# --- multipath, mounts


@pytest.mark.parametrize(
    ("changes", "seen", "fix"),
    [
        ({"tools": {}}, "no multipath", "apt-get install multipath-tools"),
        ({"sockets": frozenset()}, "multipathd does not listen", "systemctl enable --now multipathd"),
        ({"modules": {}}, "no dm_multipath module", "linux-modules-extra"),
    ],
    ids=["tool", "daemon", "module"],
)
def test_several_portals_need_all_of_multipath(changes, seen, fix):
    row = lab.judge(node.multipath, lab.node(**changes))
    assert (row.status, row.seen) == (Status.FAIL, seen)
    assert fix in row.fix
    assert lab.judge(node.multipath, lab.node(multipath=False, **changes)).status is Status.SKIP


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
    assert lab.judge(node.iscsiadm, lab.node(os=os, tools={})).fix == fix


# --- all nodes together


def test_nodes_with_names_of_their_own_are_fine():
    row = lab.judge(node.initiator_names_differ, lab.fleet())
    assert (row.status, row.seen) == (Status.OK, "2 names for 2 nodes")


def test_nodes_that_share_a_name_fail_whatever_its_case_and_whatever_else_is_lost():
    cloned = lab.fleet(worker_1=lab.IQN, worker_2="iqn.x", worker_3=lab.IQN.upper(), worker_4=lab.LOST)
    row = lab.judge(node.initiator_names_differ, cloned)
    assert (row.status, row.seen) == (Status.FAIL, f"{lab.IQN}: worker-1, worker-3")
    assert "iscsi-iname" in row.fix


def test_a_node_without_a_name_makes_the_row_blocked_and_never_green():
    nameless = Missing("no InitiatorName", blocked_by="node.initiator-name")
    row = lab.judge(node.initiator_names_differ, lab.fleet(worker_1=lab.IQN, worker_2=nameless))
    assert (row.status, row.blocked_by) == (Status.SKIP, "node.initiator-name")


def test_a_name_that_was_lost_for_its_own_reason_is_unknown_before_it_is_blocked():
    blocked = Missing("the node was not asked", blocked_by="node.login")
    row = lab.judge(node.initiator_names_differ, lab.fleet(worker_1=blocked, worker_2=lab.LOST))
    assert (row.status, row.seen) == (Status.UNKNOWN, lab.LOST.reason)
