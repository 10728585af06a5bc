"""Logging in to a real sshd: keys, agents and passwords; what is wrong with them is told apart, and shown nowhere."""

from __future__ import annotations

import gc
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from csi_probe.contact import Trouble
from csi_probe.facts import Known
from csi_probe.secret import SecretSource
from sshd import CANARY, Ssh, User, make_key, refusal, session

pytestmark = pytest.mark.real


def test_a_node_is_asked_in_one_login_and_one_exec(ssh: Ssh) -> None:
    server = ssh.serve()
    result = ssh.ask(server)
    assert session(result).how.endswith(f"@127.0.0.1:{server.port}")
    assert isinstance(result.answers.os, Known)
    assert isinstance(result.answers.kernel, Known)
    assert result.answers.sources == Known({"127.0.0.1": "127.0.0.1"})
    assert abs(result.answers.clock.get()) < 1.5
    assert server.log.read_text().count("Accepted publickey") == 1


def test_an_encrypted_key_needs_its_passphrase(ssh: Ssh) -> None:
    locked = make_key(ssh.folder / "locked", passphrase=CANARY)
    passphrase = ssh.folder / "passphrase"
    passphrase.write_text(CANARY)
    passphrase.chmod(0o600)
    server = ssh.serve(f"AuthorizedKeysFile {locked}.pub")
    source = SecretSource(file=str(passphrase))
    session(ssh.ask(server, key_file=locked, passphrase=source))
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


def test_a_user_logs_in_with_a_password(ssh: Ssh, user: User) -> None:
    server = ssh.serve("PasswordAuthentication yes", *user.options)
    session(ssh.ask(server, user=user.name, key_file=None, password=user.password))
    two_factors = ssh.serve("PasswordAuthentication yes", "AuthenticationMethods publickey,password", *user.options)
    session(ssh.ask(two_factors, user=user.name, password=user.password))


def test_a_wrong_password_is_offered_once_and_shown_nowhere(
    ssh: Ssh, user: User, capfd: pytest.CaptureFixture[str]
) -> None:
    server = ssh.serve("PasswordAuthentication yes", *user.options)
    wrong = ssh.folder / "wrong"
    wrong.write_text(CANARY[::-1])
    wrong.chmod(0o600)
    refused = ssh.ask(server, user=user.name, key_file=None, password=SecretSource(file=str(wrong)))
    assert refusal(refused).trouble is Trouble.LOGIN_REFUSED
    assert server.log.read_text().count("Failed password") == 1
    assert CANARY[::-1] not in repr(refused) + "".join(capfd.readouterr())


def test_an_agent_opens_an_encrypted_key(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    agent_socket = str(ssh.folder / "agent")
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", agent_socket], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent_socket)
        _until(lambda: Path(agent_socket).exists())
        subprocess.run(["ssh-add", "-q", ssh.key_file], check=True, capture_output=True)
        session(ssh.ask(ssh.serve(), key_file=None))
        subprocess.run(
            ["ssh-keygen", "-q", "-p", "-N", "now locked", "-f", ssh.key_file], check=True, capture_output=True
        )
        session(ssh.ask(ssh.serve()))
    finally:
        agent.kill()
        agent.wait()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paramiko drops the agent's socket
def test_an_agent_that_says_nothing_costs_seconds_and_no_more(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(ssh.folder / "agent"))
        silent.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(ssh.folder / "agent"))
        start = time.monotonic()
        missing = ssh.ask(ssh.serve(), key_file=ssh.folder / "none", seconds=2)
        assert time.monotonic() - start < 4
    assert refusal(missing).trouble in {Trouble.LOGIN_KEY, Trouble.TIMEOUT}
    _until(lambda: gc.collect() == 0)


def _until(is_true: Callable[[], bool]) -> None:
    for _ in range(100):
        if is_true():
            return
        time.sleep(0.02)
    pytest.fail("waited in vain")
