"""The way to a node: the SSH servers to pass, from the probe's config, else the ssh config, else the defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import paramiko

from csi_probe.config import NodeWant
from csi_probe.contact import Trouble
from csi_probe.errors import EndpointError
from csi_probe.node.access import Access
from csi_probe.node.known_hosts import HostKey, keys_of

SSH_PORT = 22
_JUMP = re.compile(r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?P<host>\[[^]]+\]|[^:]+)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One SSH server on the way.

    `identities`: private keys to try; `only_these`: of an agent's keys, none but these. `proxy_command`: the command
    whose stdin and stdout lead there. `password_allowed`: the node's password is not for jump hosts.
    """

    host: str
    port: int
    user: str
    host_keys: tuple[HostKey, ...]
    identities: tuple[Path, ...]
    only_these: bool
    proxy_command: str | None = None
    password_allowed: bool = False

    def __str__(self) -> str:
        """USER@HOST:PORT, as reports name it."""
        return f"{self.user}@{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def route(want: NodeWant, access: Access) -> tuple[Hop, ...]:
    """The jump hosts, if any, and last the node. Raises EndpointError for an ssh config that cannot be followed.

    A jump host's own ProxyJump and ProxyCommand are not followed: a chain is written as "ProxyJump a,b".
    """
    name = want.address or want.name
    try:
        settings = access.config.lookup(name)
        jumps = _jumps(settings.get("proxyjump") or "none", access)
        node = _hop(settings, access, user=want.user or access.ssh.user, port=want.port or access.ssh.port)
    except (paramiko.SSHException, LookupError, ValueError) as error:
        seen = f"the ssh config does not tell how to reach {name}: {type(error).__name__}: {error}"
        raise EndpointError(Trouble.UNRESOLVED, seen) from None
    return (*jumps, replace(node, password_allowed=True, proxy_command=None if jumps else settings.get("proxycommand")))


def _jumps(proxy_jump: str, access: Access) -> tuple[Hop, ...]:
    if proxy_jump.lower() == "none":
        return ()
    return tuple(_jump(jump.strip(), access) for jump in proxy_jump.split(","))


def _jump(written: str, access: Access) -> Hop:
    jump = _JUMP.fullmatch(written)
    if not jump:
        raise ValueError(f'ProxyJump names "{written}", wanted is USER@HOST:PORT')
    settings = access.config.lookup(jump["host"].strip("[]"))
    return _hop(settings, access, user=jump["user"], port=int(jump["port"] or 0))


def _hop(settings: paramiko.SSHConfigDict, access: Access, *, user: str | None, port: int | None) -> Hop:
    host, port = settings["hostname"], port or int(settings.get("port", SSH_PORT))
    named = [access.ssh.key_file] if access.ssh.key_file else [Path(name) for name in settings.get("identityfile", ())]
    return Hop(
        host=host,
        port=port,
        user=user or settings.get("user") or access.user,
        host_keys=_known(host, port, settings, access),
        identities=tuple(named) or access.default_identities,
        only_these=bool(access.ssh.key_file) or settings.get("identitiesonly", "no").lower() == "yes",
    )


def _known(host: str, port: int, settings: paramiko.SSHConfigDict, access: Access) -> tuple[HostKey, ...]:
    """An alias is looked up as it is; the user's files in the ssh config stand where ssh.known_hosts names none."""
    files = list(access.default_known_hosts)
    if not access.ssh.known_hosts and "userknownhostsfile" in settings:
        files[:1] = [Path(name) for name in settings["userknownhostsfile"].split()]
    known = tuple(key for file in files for key in access.host_keys(file))
    alias = settings.get("hostkeyalias")
    return keys_of(alias, SSH_PORT, known) if alias else keys_of(host, port, known)
