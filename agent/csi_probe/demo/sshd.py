"""The simulated nodes' SSH servers: real SSH on loopback; they answer the probe's script from data and run nothing."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED, OPEN_SUCCEEDED

from csi_probe.demo.nodes import Fault, NodeState

USER = "probe"
_BACKLOG = 32
_NOT_AVAILABLE = b"This account is currently not available.\n"  # the words of nologin(8)


@dataclass(frozen=True, slots=True)
class Rig:
    """How to reach the simulated nodes, all of them on 127.0.0.1."""

    known_hosts: Path
    key_file: Path
    user: str
    ports: Mapping[str, int]

    def port_of(self, name: str) -> int:
        """The port on which the node `name` is served."""
        return self.ports[name]


@contextmanager
def serve_nodes(states: Sequence[NodeState], folder: Path) -> Iterator[Rig]:
    """Serve the nodes until the end of the block; what a client needs is written to `folder`."""
    key_file, known_hosts = folder / "id_ecdsa", folder / "known_hosts"
    client_key = paramiko.ECDSAKey.generate()
    client_key.write_private_key_file(str(key_file))
    ports, lines = {}, []
    with ExitStack() as stack:
        for state in states:
            host_key = paramiko.ECDSAKey.generate()
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG))
            ports[state.name] = listener.getsockname()[1]
            known = paramiko.ECDSAKey.generate() if state.fault is Fault.HOST_KEY else host_key
            lines.append(f"[127.0.0.1]:{ports[state.name]} {known.get_name()} {known.get_base64()}\n")
            if state.fault is Fault.DOWN:
                listener.close()
            else:
                threading.Thread(target=_accept, args=(listener, state, host_key, client_key), daemon=True).start()
                stack.callback(listener.shutdown, socket.SHUT_RDWR)
        known_hosts.write_text("".join(lines), encoding="ascii")
        yield Rig(known_hosts, key_file, USER, ports)


def _accept(listener: socket.socket, state: NodeState, host_key: paramiko.PKey, client_key: paramiko.PKey) -> None:
    """Accept connections until the listener is shut down, and then close them all."""
    open_connections = []
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            open_connections.append(connection)
            if state.fault is not Fault.SILENT:
                transport = paramiko.Transport(connection)
                transport.add_server_key(host_key)
                transport.start_server(event=threading.Event(), server=_Server(state, client_key))
    for connection in open_connections:
        connection.close()


class _Server(paramiko.ServerInterface):
    """One login: public keys only, and an exec that answers the script on its stdin."""

    def __init__(self, state: NodeState, client_key: paramiko.PKey) -> None:
        self._state = state
        self._client_key = client_key

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002  (the interface is paramiko's)
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        welcome = username == USER and key == self._client_key and self._state.fault is not Fault.LOGIN
        return AUTH_SUCCESSFUL if welcome else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002  (as above)
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:  # noqa: ARG002  (as above)
        threading.Thread(target=_shell, args=(channel, self._state), daemon=True).start()
        return True


def _shell(channel: paramiko.Channel, state: NodeState) -> None:
    """What /bin/sh -s would write, for as long as the client is there."""
    with suppress(OSError, EOFError), channel:  # both are how a client that has left shows
        channel.sendall(state.motd.encode())
        if state.fault is Fault.NOLOGIN:
            channel.sendall(_NOT_AVAILABLE)
            channel.send_exit_status(1)
            return
        script = channel.makefile("r").read().decode()
        for part in _answer(state, script):
            channel.sendall(part.encode())
        if state.hangs_at:
            channel.get_transport().join()  # until the client has had enough
        channel.send_exit_status(0)


def _answer(state: NodeState, script: str) -> Iterator[str]:
    nonce = "".join(re.findall(r"^NONCE=(\w+)$", script, re.MULTILINE))
    for question in re.findall(r"^ask (\w+) ", script, re.MULTILINE):
        yield f"\n{nonce} begin {question}\n"
        if question == state.hangs_at:
            return
        clock = (0, f"{int(time.time()) + state.clock_ahead}\n")
        status, text = clock if question == "clock" else state.answers[question]
        yield f"{text}\n{nonce} end {question} {status}\n"
    yield f"\n{nonce} done\n"
