"""Logging in to an SSH server: the keys that were named, an agent's keys, a password; each is offered once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import paramiko
from paramiko.pkey import PublicBlob

from csi_probe.contact import Refusal, Trouble
from csi_probe.deadline import Deadline
from csi_probe.errors import EndpointError
from csi_probe.jobs import gather
from csi_probe.node.access import Access
from csi_probe.node.connect import mapped
from csi_probe.node.route import Hop

_AGENT_SECONDS = 3.0


def log_in(transport: paramiko.Transport, hop: Hop, access: Access, deadline: Deadline, stack: ExitStack) -> None:
    """Return when the server has let us in. Raises EndpointError: LOGIN_REFUSED, LOGIN_KEY, TIMEOUT …"""
    with mapped(hop, deadline):
        files = {path: access.private_key(path) for path in hop.identities}
        offered = []
        all_there = all(isinstance(file, paramiko.PKey) for file in files.values())
        agent = () if hop.only_these and all_there else _agent_keys(deadline, stack)
        for words, key in _keys(files, hop, agent):
            offered.append(words)
            if _accepts_key(transport, hop.user, key, deadline):
                return
        password = access.password if hop.password_allowed else None
        if password and transport.is_active():
            offered.append("the password")
            if _accepts(transport, lambda: transport.auth_password(hop.user, password.reveal()), deadline):
                return
    raise _refused(hop, offered, files.values())


def _refused(hop: Hop, offered: list[str], files: Iterable[paramiko.PKey | Refusal]) -> EndpointError:
    unusable = [file.seen for file in files if isinstance(file, Refusal)]
    if offered:
        return EndpointError(Trouble.LOGIN_REFUSED, f"{hop}: the server refuses {'; '.join([*offered, *unusable])}")
    nothing = "there is no key to log in with: none in ~/.ssh, none in an agent"
    return EndpointError(Trouble.LOGIN_KEY, f"{hop}: {'; '.join(unusable) or nothing}")


def _keys(
    files: dict[Path, paramiko.PKey | Refusal], hop: Hop, agent: tuple[paramiko.PKey, ...]
) -> Iterator[tuple[str, paramiko.PKey]]:
    """The named keys (an agent may hold one whose file is encrypted), then the agent's others, unless only those."""
    named = set()
    for path, key in files.items():
        public = key.asbytes() if isinstance(key, paramiko.PKey) else _public_half(path)
        named.add(public)
        held = [key] if isinstance(key, paramiko.PKey) else [held for held in agent if held.asbytes() == public]
        yield from ((f"{path} ({found.fingerprint})", found) for found in held[:1])
    if not hop.only_these:
        yield from ((f"the agent's {key.fingerprint}", key) for key in agent if key.asbytes() not in named)


def _public_half(path: Path) -> bytes:
    """The public key beside a private one that cannot be read, in its wire form; empty if there is none."""
    try:
        public: bytes = PublicBlob.from_file(f"{path.expanduser()}.pub").key_blob
    except (OSError, ValueError):
        return b""
    return public


def _agent_keys(deadline: Deadline, stack: ExitStack) -> tuple[paramiko.PKey, ...]:
    """The keys that an SSH agent holds; none where there is no agent, or none that answers in time."""
    # The library waits for an agent without end.
    done = gather({"agent": paramiko.Agent}, 1, deadline.within(_AGENT_SECONDS), lambda _: None).get("agent")
    agent = done.value if done else None
    if agent is None:
        return ()
    stack.callback(agent.close)
    return agent.get_keys()


def _accepts_key(transport: paramiko.Transport, user: str, key: paramiko.PKey, deadline: Deadline) -> bool:
    return transport.is_active() and _accepts(transport, lambda: transport.auth_publickey(user, key), deadline)


def _accepts(transport: paramiko.Transport, offer: Callable[[], object], deadline: Deadline) -> bool:
    """Whether the server lets us in for what is offered. Raises TimeoutError."""
    transport.auth_timeout = deadline.left()
    try:
        offer()
    except paramiko.AuthenticationException:
        if deadline.passed:
            raise TimeoutError from None
    return transport.is_authenticated()
