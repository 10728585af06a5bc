"""The NAS as an SSH driver meets it: the very user, key and shell of democratic-csi's sshConnection, tried once."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm

from csi_probe.config import NodeWant, Ssh
from csi_probe.contact import Refusal, Session, Trouble
from csi_probe.deadline import Deadline
from csi_probe.drivers.deployment import SshLogin
from csi_probe.errors import EndpointError
from csi_probe.facts import Fact, Known, Missing
from csi_probe.node import script, ssh
from csi_probe.node.access import Access, access
from csi_probe.node.interview import answer
from csi_probe.node.questions import Question
from csi_probe.node.route import route

LOGIN = "driver.ssh-login"
_NONCE_BYTES = 16
_KINDS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


def _line(status: int, text: str) -> Fact[str]:
    return Known(text.strip()) if status == 0 and text.strip() else Missing("the NAS's shell gives no answer")


def _found(_status: int, text: str) -> Fact[str | None]:
    return Known(text.strip() or None)


def _allowed(status: int, _text: str) -> Fact[bool]:
    return Known(status == 0)


# democratic-csi runs "zfs …" through a login shell that reads no profile: its PATH, not the script's, counts; sudo has
# directories of its own. Who is not root may list datasets but make none, so without sudo only root will do.
_PATH = "PATH=$LOGIN_PATH${SUDO:+:/usr/local/sbin:/usr/sbin:/sbin}"
SHELL = Question("shell", 'getent passwd "$(id -un)" | cut -d : -f 7', _line)
ZFS = Question("zfs", f'{_PATH}; command -v "$ZFS"', _found)
ZPOOL = Question("zpool", f'{_PATH}; command -v "$ZPOOL"', _found)
MAY_ZFS = Question(
    "may_zfs",
    'PATH=$LOGIN_PATH; if [ "$SUDO" ] || [ "$(id -u)" = 0 ]; then $SUDO "$ZFS" list -H -o name -d 0; else false; fi',
    _allowed,
)
QUESTIONS = (SHELL, ZFS, ZPOOL, MAY_ZFS)


@dataclass(frozen=True, slots=True, kw_only=True)
class NasShell:
    """What the login brought. Without a login every answer is blocked by driver.ssh-login."""

    login: Fact[Session | Refusal]
    shell: Fact[str]
    zfs: Fact[str | None]
    zpool: Fact[str | None]
    may_zfs: Fact[bool]


def visit(wanted: SshLogin, ours: Ssh, deadline: Deadline) -> NasShell:
    """Log in as the driver does, and ask. `ours`: the probe's [ssh], for its known_hosts. Never raises."""
    nonce = secrets.token_hex(_NONCE_BYTES)
    start = time.monotonic()
    try:
        shared = _access(wanted, ours)
        hops = route(NodeWant(name=wanted.host, user=wanted.username, port=wanted.port), shared)
        text = script.join(_values(wanted), QUESTIONS, nonce)
        transcript = ssh.run(hops, shared, text, nonce, deadline)
    except EndpointError as error:
        return _without(Known(error.refusal))
    frames = script.parse(transcript.text, nonce)
    if not frames.answers and not frames.hung:
        return _without(Known(Refusal(Trouble.NO_SHELL, f"ssh {hops[-1]}: logged in, but no shell runs")))
    facts = {question.name: answer(question, frames, transcript.end) for question in QUESTIONS}
    return NasShell(login=Known(Session(f"ssh {hops[-1]}", time.monotonic() - start)), **facts)


def lost(reason: str) -> NasShell:
    """The visit that did not take place, for a reason of the probe's own."""
    return _without(Missing(reason))


def _without(login: Fact[Session | Refusal]) -> NasShell:
    blocked = Missing("the driver's login was not had", blocked_by=LOGIN)
    return NasShell(login=login, shell=blocked, zfs=blocked, zpool=blocked, may_zfs=blocked)


def _values(wanted: SshLogin) -> dict[str, str]:
    return {
        "ZFS": wanted.zfs or "zfs",
        "ZPOOL": wanted.zpool or "zpool",
        "SUDO": "sudo -n" if wanted.sudo else "",
    }


def _access(wanted: SshLogin, ours: Ssh) -> Access:
    """The driver's own secrets, and the probe's known_hosts; not the probe's keys and agent."""
    base = access(Ssh(known_hosts=ours.known_hosts, config_file=Path(os.devnull)))
    named = Path("sshConnection.privateKey") if wanted.private_key else None
    return replace(
        base,
        ssh=Ssh(known_hosts=ours.known_hosts, key_file=named),
        password=wanted.password,
        default_identities=(),
        config=paramiko.SSHConfig.from_text("Host *\n  IdentitiesOnly yes\n"),
        private_key=lambda _path: _private_key(wanted),
    )


def _private_key(wanted: SshLogin) -> paramiko.PKey | Refusal:
    text = wanted.private_key.reveal() if wanted.private_key else ""
    passphrase = wanted.passphrase.reveal() if wanted.passphrase else None
    for kind in _KINDS:
        try:
            return kind.from_private_key(StringIO(text), passphrase)
        except (paramiko.SSHException, ValueError, TypeError, UnsupportedAlgorithm):
            continue
    seen = "sshConnection.privateKey holds no private key that can be used: check its indentation, and its passphrase"
    return Refusal(Trouble.LOGIN_KEY, seen)
