"""What can go wrong on nodes, one break each; where one node is spoilt it is the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from csi_probe.demo.breaks import Break
from csi_probe.demo.nodes import Fault, NodeState, unit
from csi_probe.node import parse

_Spoil = Callable[[Sequence[NodeState]], None]
_HOUR = 3600


def _fault(fault: Fault) -> _Spoil:
    def spoil(nodes: Sequence[NodeState]) -> None:
        nodes[0].fault = fault

    return spoil


def _without(question: str, *words: str) -> _Spoil:
    """Take the lines that hold one of the words out of the answer."""

    def spoil(nodes: Sequence[NodeState]) -> None:
        status, text = nodes[0].answers[question]
        kept = [line for line in text.splitlines(keepends=True) if not any(word in line for word in words)]
        nodes[0].answers[question] = (status, "".join(kept))

    return spoil


def _no_tools(*tools: str) -> _Spoil:
    def spoil(nodes: Sequence[NodeState]) -> None:
        status, text = nodes[0].answers["tools"]
        there = dict(line.split("=", 1) for line in text.splitlines()) | dict.fromkeys(tools, "")
        nodes[0].answers["tools"] = (status, "".join(f"{tool}={path}\n" for tool, path in there.items()))

    return spoil


def _answering(question: str, status: int, text: str = "") -> _Spoil:
    def spoil(nodes: Sequence[NodeState]) -> None:
        nodes[0].answers[question] = (status, text)

    return spoil


def _all(*spoils: _Spoil) -> _Spoil:
    def spoil(nodes: Sequence[NodeState]) -> None:
        for each in spoils:
            each(nodes)

    return spoil


def _hangs(nodes: Sequence[NodeState]) -> None:
    nodes[0].hangs_at = "units"


def _cloned(nodes: Sequence[NodeState]) -> None:
    nodes[1].answers["initiator_name"] = nodes[0].answers["initiator_name"]


def _root_private(nodes: Sequence[NodeState]) -> None:
    status, text = nodes[0].answers["root_shared"]
    nodes[0].answers["root_shared"] = (status, text.replace("shared:1 ", ""))


def _an_hour_ahead(nodes: Sequence[NodeState]) -> None:
    nodes[0].clock_ahead = _HOUR


NODE_BREAKS = (
    Break("node-down", "A node's sshd does not run.", _fault(Fault.DOWN)),
    Break("node-silent", "A node accepts connections and says nothing.", _fault(Fault.SILENT)),
    Break("node-host-key", "A node shows another host key than known_hosts has.", _fault(Fault.HOST_KEY)),
    Break("node-login", "A node refuses the probe's SSH key.", _fault(Fault.LOGIN)),
    Break("node-nologin", "The login shell on a node runs no commands.", _fault(Fault.NOLOGIN)),
    Break("node-hangs", "A node stops answering in the middle of the questions.", _hangs),
    Break(
        "node-no-nfs",
        "A node has neither the NFS modules nor mount.nfs.",
        _all(_without("modules", "nfs", "NFS"), _no_tools("mount.nfs", "mount.nfs4")),
    ),
    Break(
        "node-no-nfs-helper",
        "A node's kernel has NFS, but there is no mount.nfs.",
        _no_tools("mount.nfs", "mount.nfs4"),
    ),
    Break("node-no-iscsi", "A node has no iscsiadm.", _no_tools("iscsiadm")),
    Break(
        "node-iscsid-off",
        "Iscsid neither runs nor starts at boot on a node.",
        _all(
            _without("sockets", "ISCSIADM"),
            _answering("units", 0, "\n".join(unit(name, "disabled") for name in parse.UNITS)),
        ),
    ),
    Break("node-no-iscsi-module", "A node's kernel has no iscsi_tcp.", _without("modules", "iscsi_tcp", "ISCSI_TCP")),
    Break("node-no-initiator-name", "A node has no InitiatorName.", _answering("initiator_name", parse.NO_SUCH_FILE)),
    Break(
        "node-initiator-unreadable",
        "A node's InitiatorName cannot be read by the probe's user.",
        _answering("initiator_name", parse.UNREADABLE, "probe\n"),
    ),
    Break("node-cloned", "Two nodes share an InitiatorName.", _cloned),
    Break("node-no-multipathd", "Multipathd does not run on a node.", _without("sockets", "multipathd")),
    Break(
        "node-no-nvme-module",
        "A node's kernel has no nvme_tcp (shows with an NVMe-oF --driver).",
        _without("modules", "nvme_tcp", "NVME_TCP"),
    ),
    Break(
        "node-no-cifs-module",
        "A node's kernel has no cifs (shows with an SMB --driver).",
        _without("modules", "cifs", "CIFS"),
    ),
    Break("node-root-private", "A node's root mount is not shared.", _root_private),
    Break("node-no-iscsi-directory", "A node has no /etc/iscsi.", _answering("iscsi_directory", 0, "missing\n")),
    Break("node-clock-skew", "A node's clock is an hour ahead.", _an_hour_ahead),
)
