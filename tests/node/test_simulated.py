"""The simulated nodes: healthy ones answer like healthy ones, and each break is seen as what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from csi_probe import config
from csi_probe.contact import Refusal, Session, Trouble
from csi_probe.demo.node_faults import NODE_BREAKS
from csi_probe.demo.nodes import NodeState, healthy_debian, healthy_rocky
from csi_probe.demo.sshd import serve_nodes
from csi_probe.facts import Known, Missing
from csi_probe.host import FileState, Module
from csi_probe.node.interview import NodeInterview
from csi_probe.snapshot import NodeAnswers
from sshd import ask

BREAKS = {each.name: each for each in NODE_BREAKS}


def healthy() -> tuple[NodeState, NodeState]:
    return (
        healthy_debian("worker-1", "192.0.2.21", "iqn.1993-08.org.debian:01:worker-1"),
        healthy_rocky("worker-2", "192.0.2.22", "iqn.1994-05.com.redhat:worker-2"),
    )


def interviews(states: Sequence[NodeState], folder: Path, seconds: float = 20) -> list[NodeInterview]:
    with serve_nodes(states, folder) as rig:
        ssh = config.Ssh(
            user=rig.user, key_file=rig.key_file, known_hosts=rig.known_hosts, config_file=Path("/dev/null")
        )
        wants = [config.NodeWant(name=s.name, address="127.0.0.1", port=rig.port_of(s.name)) for s in states]
        return [ask(want, ssh, seconds) for want in wants]


def missing_answers(answers: NodeAnswers) -> set[str]:
    return {name for name in NodeAnswers.__dataclass_fields__ if isinstance(getattr(answers, name), Missing)}


def broken(name: str, folder: Path, seconds: float = 20) -> NodeInterview:
    states = healthy()
    BREAKS[name].spoil(states)
    first, second = interviews(states, folder, seconds)
    assert isinstance(second.login.get(), Session)
    return first


def test_healthy_nodes_answer_everything(tmp_path: Path) -> None:
    states = healthy()
    states[0].motd = "Welcome!\nLast login: never"
    for state, result in zip(states, interviews(states, tmp_path), strict=True):
        assert isinstance(result.login.get(), Session)
        assert missing_answers(result.answers) == set()
        assert result.answers.sources.get()["192.0.2.10"] == state.address
        assert abs(result.answers.clock.get()) < 1.5


@pytest.mark.parametrize(
    ("name", "trouble", "seconds"),
    [
        ("node-down", Trouble.REFUSED, 20),
        ("node-silent", Trouble.TIMEOUT, 1),
        ("node-host-key", Trouble.HOST_KEY_CHANGED, 20),
        ("node-login", Trouble.LOGIN_REFUSED, 20),
        ("node-nologin", Trouble.NO_SHELL, 20),
    ],
)
def test_a_node_that_does_not_serve_us_says_why(name: str, trouble: Trouble, seconds: float, tmp_path: Path) -> None:
    result = broken(name, tmp_path, seconds)
    refusal = result.login.get()
    assert isinstance(refusal, Refusal)
    assert refusal.trouble is trouble
    assert missing_answers(result.answers) == set(NodeAnswers.__dataclass_fields__)


def test_a_node_that_hangs_keeps_what_it_said_before(tmp_path: Path) -> None:
    result = broken("node-hangs", tmp_path, seconds=1.5)
    assert isinstance(result.login.get(), Session)
    assert missing_answers(result.answers) == {"units", "sources"}
    assert result.answers.units == Missing("the node's shell hung until the deadline over this question")
    assert result.answers.sources == Missing("the node was not asked: its shell hung until the deadline over units")


def test_a_question_that_timed_out_on_the_node_is_missing_alone(tmp_path: Path) -> None:
    states = healthy()
    states[0].answers["units"] = (124, "Id=iscsid")
    result = interviews(states, tmp_path)[0]
    assert missing_answers(result.answers) == {"units"}
    assert result.answers.units == Missing("the node has no answer to this within 5 s")


SEEN: dict[str, Callable[[NodeAnswers], object]] = {
    "node-no-nfs": lambda a: (
        (a.modules.get()["nfs"], a.modules.get()["nfsv4"], a.tools.get()["mount.nfs"])
        == (Module.ABSENT, Module.ABSENT, None)
    ),
    "node-no-nfs-helper": lambda a: a.tools.get()["mount.nfs"] is None and a.modules.get()["nfs"] is Module.LOADABLE,
    "node-no-iscsi": lambda a: a.tools.get()["iscsiadm"] is None,
    "node-iscsid-off": lambda a: (
        "@ISCSIADM_ABSTRACT_NAMESPACE" not in a.sockets.get() and set(a.units.get().values()) == {"disabled"}
    ),
    "node-no-iscsi-module": lambda a: a.modules.get()["iscsi_tcp"] is Module.ABSENT,
    "node-no-initiator-name": lambda a: a.initiator_name == Known(None),
    "node-initiator-unreadable": lambda a: isinstance(a.initiator_name, Missing),
    "node-no-multipathd": lambda a: not any("multipathd" in path for path in a.sockets.get()),
    "node-no-nvme-module": lambda a: a.modules.get()["nvme_tcp"] is Module.ABSENT,
    "node-no-cifs-module": lambda a: a.modules.get()["cifs"] is Module.ABSENT,
    "node-root-private": lambda a: a.root_shared == Known(value=False),
    "node-no-iscsi-directory": lambda a: a.iscsi_directory == Known(FileState.MISSING),
    "node-clock-skew": lambda a: 3590 < a.clock.get() < 3610,
}


@pytest.mark.parametrize("name", SEEN)
def test_what_is_wrong_with_a_node_is_seen(name: str, tmp_path: Path) -> None:
    """And it is not so on the healthy node beside it."""
    states = healthy()
    BREAKS[name].spoil(states)
    spoilt, fine = interviews(states, tmp_path)
    assert SEEN[name](spoilt.answers)
    assert not SEEN[name](fine.answers)


def test_cloned_nodes_share_a_name(tmp_path: Path) -> None:
    states = healthy()
    BREAKS["node-cloned"].spoil(states)
    first, second = interviews(states, tmp_path)
    assert first.answers.initiator_name == second.answers.initiator_name


def test_the_names_of_the_breaks_differ() -> None:
    assert len(BREAKS) == len(NODE_BREAKS)
