"""Peers that are no SSH servers, and nodes that are this machine: every visit ends by its deadline, with a fact."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest
from paramiko.common import AUTH_FAILED

from csi_probe import config
from csi_probe.contact import Refusal, Session, Trouble
from csi_probe.deadline import Deadline
from csi_probe.facts import Known, Missing
from csi_probe.node import local
from csi_probe.node.interview import NodeInterview
from csi_probe.node.script import End
from sshd import ask

NONCE = "c0ffee"


@contextmanager
def peer(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A listener on loopback that talks to each client in its own way; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    try:
                        talk(client)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def say_nothing(client: socket.socket) -> None:
    while client.recv(1024):
        pass


def drip(client: socket.socket) -> None:
    for byte in b"SSH-2.0-Slow" * 100:
        client.sendall(bytes([byte]))
        time.sleep(0.05)


def speak_http(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + b"<p>\r\n" * 200)


def hang_up(client: socket.socket) -> None:
    """The context manager of the listener closes the connection."""


def stall_after_the_banner(client: socket.socket) -> None:
    client.sendall(b"SSH-2.0-Stalled\r\n")
    say_nothing(client)


def talk_garbage(client: socket.socket) -> None:
    client.sendall(b"SSH-2.0-Garbage\r\n" + bytes(range(256)) * 20)
    say_nothing(client)


def send_a_broken_packet(client: socket.socket) -> None:
    """A KEXINIT whose first list of names is no text."""
    payload = b"\x14" + bytes(16) + struct.pack(">I", 2) + b"\xff\xfe" + bytes(4 * 9)
    padding = 8 - (len(payload) + 5) % 8 + 8
    packet = struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)
    client.sendall(b"SSH-2.0-Broken\r\n" + packet)
    say_nothing(client)


def visit(port: int, tmp_path: Path, seconds: float) -> tuple[NodeInterview, float]:
    (tmp_path / "none").touch()
    start = time.monotonic()
    want = config.NodeWant(name="node", address="127.0.0.1", port=port)
    result = ask(want, config.Ssh(known_hosts=tmp_path / "none", config_file=tmp_path / "none"), seconds)
    return result, time.monotonic() - start


@pytest.mark.parametrize(
    ("talk", "troubles"),
    [
        (say_nothing, {Trouble.TIMEOUT}),
        (drip, {Trouble.TIMEOUT}),
        (stall_after_the_banner, {Trouble.TIMEOUT}),
        (talk_garbage, {Trouble.BROKEN_ANSWER, Trouble.TIMEOUT}),
        (send_a_broken_packet, {Trouble.BROKEN_ANSWER}),
        (speak_http, {Trouble.NOT_SSH}),
        (hang_up, {Trouble.NOT_SSH, Trouble.UNREACHABLE}),
    ],
)
def test_a_peer_that_is_no_ssh_server_is_left_by_the_deadline(
    talk: Callable[[socket.socket], None], troubles: set[Trouble], tmp_path: Path
) -> None:
    with peer(talk) as port:
        result, seconds = visit(port, tmp_path, 1.5)
    assert isinstance(result.login, Known)
    assert isinstance(result.login.value, Refusal)
    assert result.login.value.trouble in troubles
    assert isinstance(result.answers.os, Missing)
    assert result.answers.os.blocked_by == "node.login"
    assert seconds < 3


def test_a_name_without_an_address_is_unresolved(tmp_path: Path) -> None:
    result = ask(config.NodeWant(name="n", address=f"{'a' * 70}.invalid"), config.Ssh(known_hosts=_empty(tmp_path)))
    assert isinstance(result.login, Known)
    assert isinstance(result.login.value, Refusal)
    assert result.login.value.trouble is Trouble.UNRESOLVED


def test_an_address_without_a_route_is_unreachable(tmp_path: Path) -> None:
    result = ask(config.NodeWant(name="n", address="255.255.255.255"), config.Ssh(known_hosts=_empty(tmp_path)))
    assert isinstance(result.login, Known)
    assert isinstance(result.login.value, Refusal)
    assert result.login.value.trouble is Trouble.UNREACHABLE


class SlowToDecide(paramiko.ServerInterface):
    """A server whose user database does not answer."""

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        time.sleep(2.5)
        return AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"


def test_a_server_that_does_not_decide_on_the_login_is_late(tmp_path: Path) -> None:
    key = paramiko.ECDSAKey.generate()
    key.write_private_key_file(str(tmp_path / "key"))

    def decide_slowly(client: socket.socket) -> None:
        transport = paramiko.Transport(client)
        transport.add_server_key(key)
        transport.start_server(server=SlowToDecide())
        transport.join()

    with peer(decide_slowly) as port:
        (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n")
        want = config.NodeWant(name="n", address="127.0.0.1", port=port)
        settings = config.Ssh(key_file=tmp_path / "key", known_hosts=tmp_path / "known", config_file=_empty(tmp_path))
        start = time.monotonic()
        result = ask(want, settings, 1.5)
    assert isinstance(result.login, Known)
    assert isinstance(result.login.value, Refusal)
    assert result.login.value.trouble is Trouble.TIMEOUT
    assert time.monotonic() - start < 4


def _empty(folder: Path) -> Path:
    (folder / "empty").touch()
    return folder / "empty"


def test_the_local_machine_is_asked_without_ssh() -> None:
    result = ask(config.NodeWant(name="me", local=True), config.Ssh())
    assert isinstance(result.login, Known)
    assert isinstance(result.login.value, Session)
    assert result.login.value.how == "local shell"
    assert result.answers.kernel == Known(Path("/proc/sys/kernel/osrelease").read_text().strip())
    assert abs(result.answers.clock.get()) < 1.5


def test_a_local_script_that_hangs_is_killed_at_the_deadline() -> None:
    start = time.monotonic()
    transcript = local.run(f"echo {NONCE} begin os\nsleep 60 & echo $!; wait", NONCE, Deadline(1))
    assert transcript.end is End.LATE
    assert time.monotonic() - start < 3
    pid = int(transcript.text.split()[-1])
    assert _is_gone(pid)


def _is_gone(pid: int) -> bool:
    for _ in range(50):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


def test_a_local_flood_is_cut_off() -> None:
    assert local.run("yes", NONCE, Deadline(20)).end is End.FLOOD
