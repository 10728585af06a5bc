"""Real SSH servers on loopback, one process each, run as the current user with keys of their own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from csi_probe import config
from csi_probe.deadline import Deadline
from csi_probe.node.access import access
from csi_probe.node.interview import NodeInterview, interview
from csi_probe.node.script import Asking

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")
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

    def ask(self, server: Server, *, seconds: float = 20, known: Path | None = None, **settings: object) -> NodeInterview:
        """Interview the node that is `server`, which known_hosts knows unless told otherwise."""
        defaults = {"key_file": self.key_file, "known_hosts": known or self.known_hosts(server)}
        want = config.NodeWant(name="node", address="127.0.0.1", port=server.port)
        return ask(want, config.Ssh(**{**defaults, "config_file": self.empty, **settings}), seconds)

    @property
    def empty(self) -> Path:
        path = self.folder / "empty"
        path.touch()
        return path


def ask(want: config.NodeWant, ssh: config.Ssh, seconds: float = 20) -> NodeInterview:
    asking = Asking(path="/usr/sbin:/usr/bin:/sbin:/bin", storage_addresses=("127.0.0.1",))
    return interview(want, access(ssh), asking, Deadline(seconds))


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", path], check=True)
    return path


@contextmanager
def running(folder: Path) -> Iterator[Ssh]:
    """Servers that live until the end of the block. Skips where this machine has no sshd."""
    if not SSHD:
        pytest.skip("needs sshd (openssh-server)")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    key_file = make_key(folder / "id")
    processes: list[subprocess.Popen[bytes]] = []

    def serve(*options: str, host_key: str = "ed25519") -> Server:
        home = folder / f"sshd{len(processes)}"
        home.mkdir()
        make_key(home / "host_key", host_key)
        server = _start(home, options, key_file.with_suffix(".pub"), processes)
        _wait_for(server, processes[-1])
        return server

    yield Ssh(folder, key_file, serve)
    for process in processes:
        process.kill()
        process.wait()


def _start(folder: Path, options: tuple[str, ...], authorized: Path, processes: list[subprocess.Popen[bytes]]) -> Server:
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
    with (folder / "log").open("wb") as log:
        processes.append(subprocess.Popen([str(SSHD), "-D", "-e", "-f", folder / "config"], stderr=log))
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
