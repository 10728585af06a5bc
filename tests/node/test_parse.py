"""Recorded answers of nodes, and what they mean."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_probe.demo import nodes
from csi_probe.facts import Known, Missing
from csi_probe.host import FileState, Module, Os
from csi_probe.node import parse
from csi_probe.node.questions import QUESTIONS

ARCH = 'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n# a comment\nANSI_COLOR="38;2;23"\n'
NIXOS = "ID=nixos\nNAME=NixOS\n"
ROCKY = 'ID="rocky"\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="Rocky Linux 9.6 (Blue Onyx)"\n'
FEDORA = "29 1 0:32 /root / rw,relatime shared:1 - btrfs /dev/vda3 rw,subvol=/root\n"
UNIT_SLAVE = "unit\n620 524 254:1 / / ro,relatime master:1 - ext4 /dev/vda1 rw\n"
OVERMOUNTED = "1 1 0:2 / / rw - rootfs rootfs rw\n29 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
SOCKETS = """\
0000000000000000: 00000002 00000000 00010000 0001 01 18233 @ISCSIADM_ABSTRACT_NAMESPACE
0000000000000000: 00000003 00000000 00000000 0001 03 19000 @ISCSID_UIP_ABSTRACT_NAMESPACE
0000000000000000: 00000002 00000000 00010000 0001 01 18230 /run/multipathd.socket
0000000000000000: 00000002 00000000 00010000 0001 01 18231 /run/a name with spaces/iscsi
"""
ROUTES = """\
nas.example 192.0.2.10 via 10.0.0.1 dev eth0 src 10.0.0.7 uid 0 \\    cache
fd00::1 fd00::1 from :: dev eth0 proto kernel src fd00::7 metric 256 pref medium
203.0.113.1
"""
TOOLS = "".join(f"{tool}=\n" for tool in parse.TOOLS)
NO_TOOLS = dict.fromkeys(parse.TOOLS)

CASES: list[tuple[str, int, str, Any]] = [
    ("clock", 0, "1763911234\n", 1763911234.5),
    ("os", 0, ARCH, Os("arch", (), "Arch Linux")),
    ("os", 0, NIXOS, Os("nixos", (), "NixOS")),
    ("os", 0, ROCKY, Os("rocky", ("rhel", "centos", "fedora"), "Rocky Linux 9.6 (Blue Onyx)")),
    ("os", 0, "ID='unbalanced\n", Os("'unbalanced", (), "Linux")),
    ("kernel", 0, "6.1.0-40-amd64\n", "6.1.0-40-amd64"),
    ("tools", 0, TOOLS, NO_TOOLS),
    ("tools", 0, TOOLS.replace("nvme=", "nvme=/usr/sbin/nvme"), NO_TOOLS | {"nvme": "/usr/sbin/nvme"}),
    ("tools", 0, TOOLS.replace("nvme=", "nvme=nvme"), NO_TOOLS),
    ("filesystems", 0, "nodev\tnfs4\n\text4\n", frozenset({"nfs4", "ext4"})),
    ("sockets", 0, "", frozenset()),
    (
        "sockets",
        0,
        SOCKETS,
        frozenset({"@ISCSIADM_ABSTRACT_NAMESPACE", "/run/multipathd.socket", "/run/a name with spaces/iscsi"}),
    ),
    ("units", parse.NO_SYSTEMD, "", {}),
    (
        "initiator_name",
        0,
        "# InitiatorName=iqn.old\n \tInitiatorName = iqn.1993-08.org.debian:01:ab # x\n",
        "iqn.1993-08.org.debian:01:ab",
    ),
    ("initiator_name", 0, "InitiatorName=iqn.a\nInitiatorName=iqn.b\n", "iqn.a"),
    ("initiator_name", 0, "GenerateName=yes\n", ""),
    ("initiator_name", 0, "InitiatorName=\n", ""),
    ("initiator_name", parse.NO_SUCH_FILE, "", None),
    ("root_shared", 0, FEDORA, True),
    ("root_shared", 0, FEDORA.replace("shared:1 ", ""), False),
    ("root_shared", 0, FEDORA.replace("shared:1", "master:1"), False),
    ("root_shared", 0, UNIT_SLAVE, True),
    ("root_shared", 0, OVERMOUNTED, True),
    ("iscsi_directory", 0, "a directory\n", FileState.DIRECTORY),
    ("iscsi_directory", 0, "missing\n", FileState.MISSING),
    ("sources", 0, "", {}),
    (
        "sources",
        0,
        ROUTES,
        {"nas.example": "10.0.0.7", "fd00::1": "fd00::7"},
    ),
    ("sources", 0, "10.0.0.1 10.0.0.1 dev eth0 src nonsense uid 0\n10.0.0.2 src\n", {}),
]

LOST = [
    ("clock", 0, "Sat Nov 23\n"),
    ("clock", 1, ""),
    ("os", 1, ""),
    ("kernel", 0, ""),
    ("tools", 0, "mount.nfs=/sbin/mount.nfs\n"),
    ("filesystems", 1, ""),
    ("sockets", 1, ""),
    ("units", 1, "System has not been booted with systemd"),
    ("units", 0, "Id=iscsid.service\n"),
    ("modules", 1, "tree\n"),
    ("initiator_name", 2, ""),
    ("root_shared", 1, ""),
    ("iscsi_directory", 0, ""),
    ("sources", 1, ""),
]
PARSERS = {question.name: question.parse for question in QUESTIONS}


@pytest.mark.parametrize(("name", "status", "text", "value"), CASES)
def test_an_answer_means(name: str, status: int, text: str, value: Any) -> None:
    assert PARSERS[name](status, text) == Known(value)


@pytest.mark.parametrize(("name", "status", "text"), LOST)
def test_an_answer_without_use_is_missing_and_not_nothing(name: str, status: int, text: str) -> None:
    assert isinstance(PARSERS[name](status, text), Missing)


def test_an_unreadable_initiator_name_is_neither_missing_nor_there() -> None:
    fact = parse.initiator_name(parse.UNREADABLE, "probe\n")
    assert isinstance(fact, Missing)
    assert "unreadable for probe" in fact.reason
    assert "ssh.sudo" in fact.fix


NFS = ("nfs", "nfsv3", "nfsv4")
ISCSI = ("iscsi_tcp", "dm_multipath")
MODULE_CASES: list[tuple[str, str, dict[str, Module]]] = [
    ("loaded beats everything", "tree\nloaded nfs\nloadable nfs\nsysfs nfs", {"nfs": Module.LOADED}),
    ("modules.builtin", "tree\nbuiltin kernel/fs/nfs/nfs.ko", {"nfs": Module.BUILT_IN, "nfsv3": Module.ABSENT}),
    (
        "a dash in a file name",
        "tree\nloadable /lib/modules/6/kernel/drivers/md/dm-multipath.ko.xz",
        {"dm_multipath": Module.LOADABLE},
    ),
    ("modprobe knows it", "tree\nloadable iscsi_tcp", {"iscsi_tcp": Module.LOADABLE}),
    ("in /sys/module, not in /proc/modules", "tree\nsysfs iscsi_tcp", {"iscsi_tcp": Module.BUILT_IN}),
    (
        "the configuration says so",
        "option CONFIG_NET=y\noption CONFIG_NFS_V3=y",
        {"nfsv3": Module.BUILT_IN, "nfs": Module.ABSENT},
    ),
    (
        "a kernel without modules that mounts NFS",
        "static\nfilesystem nfs\nfilesystem nfs4",
        dict.fromkeys(NFS, Module.BUILT_IN) | dict.fromkeys(ISCSI, Module.ABSENT),
    ),
    ("a kernel without modules that mounts SMB", "static\nfilesystem cifs", {"cifs": Module.BUILT_IN}),
    ("modprobe knows NVMe over TCP", "tree\nloadable nvme_tcp", {"nvme_tcp": Module.LOADABLE, "cifs": Module.ABSENT}),
    (
        "a kernel without modules, configured without NFSv3",
        "static\nfilesystem nfs\noption CONFIG_NFS_FS=y\noption # CONFIG_NFS_V3 is not set",
        {"nfs": Module.BUILT_IN, "nfsv3": Module.ABSENT},
    ),
    (
        "on a kernel without modules only the file system types show NFS",
        "static\nsysfs iscsi_tcp",
        {"nfs": Module.ABSENT, "iscsi_tcp": Module.BUILT_IN},
    ),
]


@pytest.mark.parametrize(
    ("text", "states"), [case[1:] for case in MODULE_CASES], ids=[case[0] for case in MODULE_CASES]
)
def test_a_module_is_there_when_any_evidence_says_so(text: str, states: dict[str, Module]) -> None:
    found = parse.modules(0, text).get()
    assert {name: found[name] for name in states} == states


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", {}),
        ("loaded nfs\nloaded iscsi_tcp", dict.fromkeys(("nfs", "iscsi_tcp"), Module.LOADED)),
        ("option CONFIG_NET=y\noption CONFIG_NFS_FS=m", dict.fromkeys(set(parse.MODULES) - {"nfs"}, Module.ABSENT)),
    ],
)
def test_without_evidence_no_module_is_called_absent(text: str, told: dict[str, Module]) -> None:
    """Without the modules' tree, and where the kernel's configuration leaves it open, nothing tells."""
    assert parse.modules(0, text) == Known(told)


def test_units_go_by_order_because_an_alias_answers_with_another_name() -> None:
    blocks = "Id=iscsid.service\nLoadState=not-found\nUnitFileState=\n\nId=open-iscsi.socket\nUnitFileState=enabled\n"
    assert parse.units(0, blocks) == Known({"iscsid.service": "not-found", "iscsid.socket": "enabled"})


@pytest.mark.parametrize("healthy", [nodes.healthy_debian, nodes.healthy_rocky])
def test_the_simulated_nodes_answer_every_question(healthy: Any) -> None:
    state = healthy("n", "192.0.2.21", "iqn.1993-08.org.debian:01:n")
    for question in QUESTIONS:
        if question.name != "clock":
            assert isinstance(question.parse(*state.answers[question.name]), Known), question.name


@given(st.sampled_from(QUESTIONS), st.integers(0, 255), st.text())
def test_no_answer_makes_a_parser_raise(question: Any, status: int, text: str) -> None:
    assert isinstance(question.parse(status, text), Known | Missing)


_WORDS = (
    "src",
    "/",
    "-",
    "master:1",
    "shared:2",
    "unit",
    "00010000",
    "=",
    "\n",
    "\n\n",
    " ",
    "InitiatorName=",
    "'",
    '"',
)


@given(st.sampled_from(QUESTIONS), st.lists(st.one_of(st.sampled_from(_WORDS), st.text(max_size=3))))
def test_no_arrangement_of_words_makes_a_parser_raise(question: Any, words: list[str]) -> None:
    assert isinstance(question.parse(0, "".join(words)), Known | Missing)
