"""The ways to a node: jump hosts and proxy commands, with real sshds on both ends."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from csi_probe import config
from csi_probe.contact import Trouble
from csi_probe.node.interview import NodeInterview
from sshd import Ssh, ask, refusal, session

pytestmark = pytest.mark.real


def test_two_hops_are_both_verified(ssh: Ssh) -> None:
    bastion, node = ssh.serve(), ssh.serve()
    ssh_config = ssh.folder / "config"
    ssh_config.write_text(f"Host db\n  HostName 127.0.0.1\n  Port {node.port}\n  ProxyJump 127.0.0.1:{bastion.port}\n")
    want = config.NodeWant(name="db")

    def through(known: Path) -> NodeInterview:
        return ask(want, config.Ssh(key_file=ssh.key_file, known_hosts=known, config_file=ssh_config))

    session(through(ssh.known_hosts(bastion, node)))
    assert "Accepted publickey" in bastion.log.read_text()
    for known, culprit in ((bastion, node), (node, bastion)):
        unknown = refusal(through(ssh.known_hosts(known)))
        assert unknown.trouble is Trouble.HOST_KEY_UNKNOWN
        assert str(culprit.port) in unknown.seen


def test_a_jump_host_that_finds_nobody_says_so(ssh: Ssh) -> None:
    bastion = ssh.serve()
    ssh_config = ssh.folder / "config"
    ssh_config.write_text(f"Host db\n  HostName 127.0.0.1\n  Port 1\n  ProxyJump 127.0.0.1:{bastion.port}\n")
    settings = config.Ssh(key_file=ssh.key_file, known_hosts=ssh.known_hosts(bastion), config_file=ssh_config)
    unreachable = refusal(ask(config.NodeWant(name="db"), settings))
    assert unreachable.trouble is Trouble.UNREACHABLE
    assert "the jump host does not connect there" in unreachable.seen


def test_a_proxy_command_carries_the_session(ssh: Ssh) -> None:
    server = ssh.serve()
    ssh_config = ssh.folder / "config"
    ssh_config.write_text(f"Host n\n  HostKeyAlias n.example\n  ProxyCommand /usr/sbin/sshd -i -f {server.config}\n")
    known = ssh.folder / "alias"
    known.write_text(f"n.example {server.host_key}\n")
    settings = config.Ssh(key_file=ssh.key_file, known_hosts=known, config_file=ssh_config)
    session(ask(config.NodeWant(name="n"), settings))


def test_a_proxy_command_that_fails_is_seen_at_once(ssh: Ssh) -> None:
    ssh_config = ssh.folder / "config"
    ssh_config.write_text("Host n\n  ProxyCommand exit 1\n")
    settings = config.Ssh(key_file=ssh.key_file, known_hosts=ssh.empty, config_file=ssh_config)
    start = time.monotonic()
    assert refusal(ask(config.NodeWant(name="n"), settings)).trouble in {Trouble.NOT_SSH, Trouble.UNREACHABLE}
    assert time.monotonic() - start < 5
