"""Real SSH servers on loopback, one process each, run as the current user with keys of their own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from csi_probe import config
from csi_probe.contact import Refusal, Session
from csi_probe.deadline import Deadline
from csi_probe.facts import Known
from csi_probe.node.access import access
from csi_probe.node.interview import NodeInterview, interview
from csi_probe.node.script import Asking
from csi_probe.secret import SecretSource
from real import lacking, need

CANARY = "canary-Pass-7f3a"


@dataclass(frozen=True)
class Server:
    """A running sshd. `host_key`: the public half, "TYPE BASE64"."""

    port: int
    host_key: str
    config: Path
    log: Path

    @property
    def known_hosts_line(self) -> str:
        return f"[127.0.0.1]:{self.port} {self.host_key}\n"


@dataclass(frozen=True)
class Ssh:
    """A client's key, a folder for its files, and a way to start servers that let it in."""

    folder: Path
    key_file: Path
    serve: Callable[..., Server]

    def known_hosts(self, *servers: Server) -> Path:
        path = self.folder / "known_hosts"
        path.write_text("".join(server.known_hosts_line for server in servers))
        return path

    def ask(self, server: Server, *, seconds: float = 20, known: Path | None = None, **settings: Any) -> NodeInterview:
        """Interview the node that is `server`, which known_hosts knows unless told otherwise."""
        defaults: dict[str, Any] = {"key_file": self.key_file, "known_hosts": known or self.known_hosts(server)}
        want = config.NodeWant(name="node", address="127.0.0.1", port=server.port)
        return ask(want, config.Ssh(**{**defaults, "config_file": self.empty, **settings}), seconds)

    @property
    def empty(self) -> Path:
        path = self.folder / "empty"
        path.touch()
        return path


@dataclass(frozen=True)
class User:
    """A user of this machine, and where its password, CANARY, stands. `options`: what lets it in with a key."""

    name: str
    password: SecretSource
    options: tuple[str, str]


@contextmanager
def a_user(folder: Path, public_key: Path) -> Iterator[User]:
    """A user that lives until the end of the block. Skips where only root could make one."""
    if os.geteuid() != 0:
        lacking("root, to make a user")
    name = f"probe{os.getpid()}"
    subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/sh", name], check=True)
    try:
        subprocess.run(["chpasswd"], input=f"{name}:{CANARY}", text=True, check=True)
        password = folder / "password"
        password.write_text(CANARY)
        password.chmod(0o600)
        with tempfile.TemporaryDirectory() as home:  # not below pytest's folder, which the user cannot enter
            Path(home).chmod(0o755)
            shutil.copy(public_key, f"{home}/keys")
            options = (f"AllowUsers {name}", f"AuthorizedKeysFile {home}/keys")
            yield User(name, SecretSource(file=str(password)), options)
    finally:
        subprocess.run(["userdel", "--force", name], check=True, capture_output=True)


def ask(want: config.NodeWant, ssh: config.Ssh, seconds: float = 20) -> NodeInterview:
    asking = Asking(path="/usr/sbin:/usr/bin:/sbin:/bin", storage_addresses=("127.0.0.1",))
    return interview(want, access(ssh), asking, Deadline(seconds))


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", path], check=True)
    return path


@contextmanager
def running(folder: Path) -> Iterator[Ssh]:
    """Servers that live until the end of the block. Skips where this machine has no sshd."""
    sshd = need("sshd")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    key_file = make_key(folder / "id")
    processes: list[subprocess.Popen[bytes]] = []

    def serve(*options: str, host_key: str = "ed25519") -> Server:
        home = folder / f"sshd{len(processes)}"
        home.mkdir()
        make_key(home / "host_key", host_key)
        server = _write(home, options, key_file.with_suffix(".pub"))
        with server.log.open("wb") as log:
            processes.append(subprocess.Popen([sshd, "-D", "-e", "-f", server.config], stderr=log))
        _wait_for(server, processes[-1])
        return server

    yield Ssh(folder, key_file, serve)
    for process in processes:
        process.kill()
        process.wait()


def _write(folder: Path, options: tuple[str, ...], authorized: Path) -> Server:
    """The files of a server on a port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "config").write_text(
        "\n".join(
            (
                *options,  # sshd takes the first value of a keyword
                f"ListenAddress 127.0.0.1:{port}",
                f"HostKey {folder}/host_key",
                f"AuthorizedKeysFile {authorized}",
                f"PidFile {folder}/pid",
                "UsePAM no",
                "StrictModes no",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "PermitRootLogin yes",
                f"AllowUsers {getpass.getuser()}",
                "",
            )
        )
    )
    host_key = " ".join((folder / "host_key.pub").read_text().split()[:2])
    return Server(port, host_key, folder / "config", folder / "log")


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if process.poll() is not None:
            pytest.fail(f"sshd does not start: {server.log.read_text()}")
        if "Server listening" in server.log.read_text():
            return
        time.sleep(0.02)
    pytest.fail("sshd does not listen")


def session(result: NodeInterview) -> Session:
    """The session that took place; an AssertionError if none did."""
    assert isinstance(result.login, Known)
    assert isinstance(result.login.value, Session), result.login
    return result.login.value


def refusal(result: NodeInterview) -> Refusal:
    """Why there was no session; an AssertionError if there was one."""
    assert isinstance(result.login, Known)
    assert isinstance(result.login.value, Refusal), result.login
    return result.login.value
