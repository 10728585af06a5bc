"""Whom the probe talks to: host keys of real sshds, and what they have in common with the probe."""

from __future__ import annotations

import os
import socket
import subprocess
import threading

import pytest

from csi_probe.contact import Trouble
from csi_probe.facts import Missing
from sshd import Ssh, make_key, refusal, session

pytestmark = pytest.mark.real


def test_three_nodes_fare_each_for_itself(ssh: Ssh) -> None:
    healthy, down, stranger = ssh.serve(), ssh.serve(), ssh.serve()
    os.kill(int((down.config.parent / "pid").read_text()), 9)
    known = ssh.known_hosts(healthy, down)
    with known.open("a") as lines:
        lines.write(f"[127.0.0.1]:{stranger.port} {healthy.host_key}\n")
    session(ssh.ask(healthy, known=known))
    assert refusal(ssh.ask(down, known=known)).trouble is Trouble.REFUSED
    changed = ssh.ask(stranger, known=known)
    assert refusal(changed).trouble is Trouble.HOST_KEY_CHANGED
    assert isinstance(changed.answers.os, Missing)
    assert changed.answers.os.blocked_by == "node.login"


def test_an_unknown_host_is_refused_and_its_fingerprint_shown(ssh: Ssh) -> None:
    server = ssh.serve()
    shown = subprocess.run(
        ["ssh-keygen", "-lf", server.config.parent / "host_key.pub"], capture_output=True, text=True, check=True
    ).stdout.split()[1]
    unknown = refusal(ssh.ask(server, known=ssh.empty))
    assert unknown.trouble is Trouble.HOST_KEY_UNKNOWN
    assert f"ssh-ed25519 {shown}" in unknown.seen
    assert "Accepted" not in server.log.read_text()


def test_hashed_known_hosts_are_found(ssh: Ssh) -> None:
    server = ssh.serve()
    known = ssh.known_hosts(server)
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", known], check=True, capture_output=True)
    assert known.read_text().startswith("|1|")
    session(ssh.ask(server, known=known))


def test_the_known_one_of_several_host_keys_is_asked_for(ssh: Ssh) -> None:
    """A server shows the kind of host key that the client prefers: the client prefers what it knows."""
    second = make_key(ssh.folder / "second", "rsa")
    server = ssh.serve(f"HostKey {second}")
    kind, key = second.with_suffix(".pub").read_text().split()[:2]
    known = ssh.folder / "rsa_only"
    known.write_text(f"[127.0.0.1]:{server.port} {kind} {key}\n")
    session(ssh.ask(server, known=known))


def test_a_revoked_host_key_is_refused(ssh: Ssh) -> None:
    server = ssh.serve()
    known = ssh.folder / "revoked"
    known.write_text(f"{server.known_hosts_line}@revoked * {server.host_key}\n")
    refused = refusal(ssh.ask(server, known=known))
    assert (refused.trouble, "revoked" in refused.seen) == (Trouble.HOST_KEY_CHANGED, True)


@pytest.mark.parametrize(
    ("option", "host_key"),
    [("HostKeyAlgorithms ssh-rsa", "rsa"), ("KexAlgorithms sntrup761x25519-sha512@openssh.com", "ed25519")],
)
def test_a_server_with_nothing_in_common_is_told_apart(ssh: Ssh, option: str, host_key: str) -> None:
    assert refusal(ssh.ask(ssh.serve(option, host_key=host_key))).trouble is Trouble.NO_COMMON_ALGORITHM


def test_a_dropped_connection_is_tried_again(ssh: Ssh) -> None:
    server = ssh.serve("MaxStartups 1:100:1")
    blocker = socket.create_connection(("127.0.0.1", server.port))
    release = threading.Timer(0.05, blocker.close)
    release.start()
    result = ssh.ask(server)
    release.join()
    session(result)


def test_a_server_that_drops_every_connection_is_given_up(ssh: Ssh) -> None:
    server = ssh.serve("MaxStartups 1:100:1")
    with socket.create_connection(("127.0.0.1", server.port)):
        assert refusal(ssh.ask(server)).trouble in {Trouble.NOT_SSH, Trouble.UNREACHABLE}
    assert server.log.read_text().count("drop connection") <= 3
