"""Real sshd, real keys: what serves is asked, and each thing that goes wrong is told apart from the others."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from sshd import CANARY, Ssh, ask, make_key

from csi_probe import config
from csi_probe.entries import Refusal, Session, Trouble
from csi_probe.facts import Fact, Known, Missing
from csi_probe.node.interview import NodeInterview
from csi_probe.secret import SecretSource

pytestmark = pytest.mark.real



def session(result: NodeInterview) -> Session:
    assert isinstance(result.login, Known)
    assert isinstance(result.login.value, Session), result.login
    return result.login.value


def refusal(result: NodeInterview) -> Refusal:
    assert isinstance(result.login, Known)
    assert isinstance(result.login.value, Refusal), result.login
    return result.login.value


def is_blocked(fact: Fact[object]) -> bool:
    return isinstance(fact, Missing) and fact.blocked_by == "node.login"


def test_a_node_is_asked_in_one_login_and_one_exec(ssh: Ssh) -> None:
    server = ssh.serve()
    result = ssh.ask(server)
    assert session(result).how.endswith(f"@127.0.0.1:{server.port}")
    assert isinstance(result.answers.os, Known)
    assert isinstance(result.answers.kernel, Known)
    assert result.answers.sources == Known({"127.0.0.1": "127.0.0.1"})
    assert abs(result.answers.clock.get()) < 1.5
    assert server.log.read_text().count("Accepted publickey") == 1


def test_three_nodes_fare_each_for_itself(ssh: Ssh) -> None:
    healthy, down, stranger = ssh.serve(), ssh.serve(), ssh.serve()
    os.kill(int((down.config.parent / "pid").read_text()), 9)
    known = ssh.known_hosts(healthy, down)
    with known.open("a") as lines:
        lines.write(f"[127.0.0.1]:{stranger.port} {healthy.host_key}\n")
    assert session(ssh.ask(healthy, known=known))
    assert refusal(ssh.ask(down, known=known)).trouble is Trouble.REFUSED
    changed = ssh.ask(stranger, known=known)
    assert refusal(changed).trouble is Trouble.HOST_KEY_CHANGED
    assert is_blocked(changed.answers.os)


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
    assert session(ssh.ask(server, known=known))


def test_the_known_one_of_several_host_keys_is_asked_for(ssh: Ssh) -> None:
    """A server shows the kind of host key that the client prefers: the client prefers what it knows."""
    second = make_key(ssh.folder / "second", "rsa")
    server = ssh.serve(f"HostKey {second}")
    kind, key = second.with_suffix(".pub").read_text().split()[:2]
    known = ssh.folder / "rsa_only"
    known.write_text(f"[127.0.0.1]:{server.port} {kind} {key}\n")
    assert session(ssh.ask(server, known=known))


def test_an_encrypted_key_needs_its_passphrase(ssh: Ssh) -> None:
    locked = make_key(ssh.folder / "locked", passphrase=CANARY)
    passphrase = ssh.folder / "passphrase"
    passphrase.write_text(CANARY)
    passphrase.chmod(0o600)
    server = ssh.serve(f"AuthorizedKeysFile {locked}.pub")
    source = SecretSource(file=str(passphrase))
    assert session(ssh.ask(server, key_file=locked, passphrase=source))
    without = refusal(ssh.ask(server, key_file=locked))
    assert (without.trouble, "is encrypted" in without.seen) == (Trouble.LOGIN_KEY, True)


def test_a_wrong_passphrase_is_told_from_a_refused_key(ssh: Ssh, capfd: pytest.CaptureFixture[str]) -> None:
    """And it is shown nowhere."""
    locked = make_key(ssh.folder / "locked", passphrase="another one")
    passphrase = ssh.folder / "passphrase"
    passphrase.write_text(CANARY)
    passphrase.chmod(0o600)
    server = ssh.serve()
    wrong = ssh.ask(server, key_file=locked, passphrase=SecretSource(file=str(passphrase)))
    assert refusal(wrong).trouble is Trouble.LOGIN_KEY
    assert CANARY not in repr(wrong) + "".join(capfd.readouterr())


def test_a_refused_key_is_offered_once(ssh: Ssh, capfd: pytest.CaptureFixture[str]) -> None:
    other = make_key(ssh.folder / "other")
    server = ssh.serve("LogLevel VERBOSE")
    refused = refusal(ssh.ask(server, key_file=other))
    assert refused.trouble is Trouble.LOGIN_REFUSED
    assert str(other) in refused.seen
    assert server.log.read_text().count("Failed publickey") == 1
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.parametrize("written", ["garbage", None], ids=["malformed", "missing"])
def test_a_key_file_that_cannot_be_used_is_named(ssh: Ssh, written: str | None) -> None:
    key = ssh.folder / "broken"
    if written:
        key.write_text(written)
    unusable = refusal(ssh.ask(ssh.serve(), key_file=key))
    assert unusable.trouble is Trouble.LOGIN_KEY
    assert str(key) in unusable.seen


def test_an_agent_opens_an_encrypted_key(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    agent_socket = str(ssh.folder / "agent")
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", agent_socket], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent_socket)
        _until(lambda: Path(agent_socket).exists())
        subprocess.run(["ssh-add", "-q", ssh.key_file], check=True)
        subprocess.run(["ssh-keygen", "-q", "-p", "-N", "now locked", "-f", ssh.key_file], check=True, capture_output=True)
        assert session(ssh.ask(ssh.serve()))
    finally:
        agent.kill()
        agent.wait()


def test_an_agent_that_says_nothing_costs_seconds_and_no_more(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(ssh.folder / "agent"))
        silent.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(ssh.folder / "agent"))
        start = time.monotonic()
        missing = ssh.ask(ssh.serve(), key_file=ssh.folder / "none", seconds=2)
    assert refusal(missing).trouble in {Trouble.LOGIN_KEY, Trouble.TIMEOUT}
    assert time.monotonic() - start < 4


def test_two_hops_are_both_verified(ssh: Ssh) -> None:
    bastion, node = ssh.serve(), ssh.serve()
    ssh_config = ssh.folder / "config"
    ssh_config.write_text(f"Host db\n  HostName 127.0.0.1\n  Port {node.port}\n  ProxyJump 127.0.0.1:{bastion.port}\n")
    want = config.NodeWant(name="db")

    def through(known: Path) -> NodeInterview:
        return ask(want, config.Ssh(key_file=ssh.key_file, known_hosts=known, config_file=ssh_config))

    assert session(through(ssh.known_hosts(bastion, node)))
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
    refused = refusal(ask(config.NodeWant(name="db"), settings))
    assert refused.trouble is Trouble.REFUSED
    assert "the jump host cannot connect there" in refused.seen


def test_a_proxy_command_carries_the_session(ssh: Ssh) -> None:
    server = ssh.serve()
    ssh_config = ssh.folder / "config"
    ssh_config.write_text(f"Host n\n  HostKeyAlias n.example\n  ProxyCommand /usr/sbin/sshd -i -f {server.config}\n")
    known = ssh.folder / "alias"
    known.write_text(f"n.example {server.host_key}\n")
    settings = config.Ssh(key_file=ssh.key_file, known_hosts=known, config_file=ssh_config)
    assert session(ask(config.NodeWant(name="n"), settings))


def test_a_proxy_command_that_fails_is_seen_at_once(ssh: Ssh) -> None:
    ssh_config = ssh.folder / "config"
    ssh_config.write_text("Host n\n  ProxyCommand exit 1\n")
    settings = config.Ssh(key_file=ssh.key_file, known_hosts=ssh.empty, config_file=ssh_config)
    start = time.monotonic()
    assert refusal(ask(config.NodeWant(name="n"), settings)).trouble in {Trouble.NOT_SSH, Trouble.UNREACHABLE}
    assert time.monotonic() - start < 5


def test_noise_before_between_and_after_is_no_answer(ssh: Ssh) -> None:
    banner = ssh.folder / "banner"
    banner.write_text("Authorized use only\n")
    noisy = f'ForceCommand echo welcome; echo oops >&2; sh -c "$SSH_ORIGINAL_COMMAND"; echo bye'
    result = ssh.ask(ssh.serve(f"Banner {banner}", noisy))
    assert session(result)
    assert isinstance(result.answers.kernel, Known)


def test_what_a_profile_starts_in_the_background_is_not_waited_for(ssh: Ssh) -> None:
    start = time.monotonic()
    assert session(ssh.ask(ssh.serve('ForceCommand sleep 5 & sh -c "$SSH_ORIGINAL_COMMAND"')))
    assert time.monotonic() - start < 4


@pytest.mark.parametrize("shell", ["csh", "fish", "bash", "dash"])
def test_the_login_shell_does_not_matter(ssh: Ssh, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"needs {shell}")
    result = ssh.ask(ssh.serve(f'ForceCommand exec {shell} -c "$SSH_ORIGINAL_COMMAND"'))
    assert session(result)
    assert isinstance(result.answers.os, Known)


def test_a_login_shell_that_runs_nothing_is_no_shell(ssh: Ssh) -> None:
    none = refusal(ssh.ask(ssh.serve("ForceCommand echo This account is currently not available.; exit 1")))
    assert none.trouble is Trouble.NO_SHELL
    assert "not available" in none.seen


def test_a_login_shell_that_hangs_is_late(ssh: Ssh) -> None:
    start = time.monotonic()
    assert refusal(ssh.ask(ssh.serve("ForceCommand sleep 60"), seconds=2)).trouble is Trouble.TIMEOUT
    assert time.monotonic() - start < 4


def test_a_login_shell_that_floods_is_cut_off(ssh: Ssh) -> None:
    assert refusal(ssh.ask(ssh.serve("ForceCommand yes"))).trouble is Trouble.BROKEN_ANSWER


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
    assert session(result)


def test_a_server_that_drops_every_connection_is_given_up(ssh: Ssh) -> None:
    server = ssh.serve("MaxStartups 1:100:1")
    with socket.create_connection(("127.0.0.1", server.port)):
        assert refusal(ssh.ask(server)).trouble in {Trouble.NOT_SSH, Trouble.UNREACHABLE}
    assert server.log.read_text().count("drop connection") <= 3


def _until(is_true: object) -> None:
    for _ in range(100):
        if is_true():  # type: ignore[operator]  # a predicate
            return
        time.sleep(0.02)
    pytest.fail("waited in vain")
