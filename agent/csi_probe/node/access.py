"""What all nodes' sessions share and is read once a run: secrets, private keys, known_hosts and the ssh config."""

from __future__ import annotations

import functools
import getpass
import os
from collections.abc import Callable
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from paramiko.pkey import UnknownKeyType

from csi_probe.config import Ssh
from csi_probe.contact import Refusal, Trouble
from csi_probe.errors import ConfigError
from csi_probe.node import known_hosts
from csi_probe.node.known_hosts import HostKey
from csi_probe.secret import Secret

_SYSTEM_KNOWN_HOSTS = Path("/etc/ssh/ssh_known_hosts")
_DEFAULT_IDENTITIES = ("id_ed25519", "id_ecdsa", "id_rsa")
_INCLUDE_DEPTH = 16  # OpenSSH's own limit
_NO_KEY = (ValueError, UnsupportedAlgorithm, UnknownKeyType, paramiko.SSHException)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """[ssh] with everything that it names already read; shared by all nodes' sessions.

    `host_keys`: those in a known_hosts file, none where it cannot be read. `private_key`: the key in a file, or why it
    cannot be used. Both remember what they have read.
    """

    ssh: Ssh
    user: str
    password: Secret | None
    default_identities: tuple[Path, ...]
    config: paramiko.SSHConfig
    host_keys: Callable[[Path], tuple[HostKey, ...]]
    private_key: Callable[[Path], paramiko.PKey | Refusal]

    @property
    def default_known_hosts(self) -> tuple[Path, ...]:
        """ssh.known_hosts, or the user's own and the system's."""
        return (self.ssh.known_hosts,) if self.ssh.known_hosts else (_in_home("known_hosts"), _SYSTEM_KNOWN_HOSTS)


def access(ssh: Ssh) -> Access:
    """Read what [ssh] names. Raises ConfigError for a secret, known_hosts or config_file that cannot be read.

    A private key that cannot be used is no ConfigError: an agent may hold it, and nodes may be reached with another.
    """
    passphrase = ssh.passphrase.read("ssh.passphrase") if ssh.passphrase else None
    if ssh.known_hosts:
        _must_be_readable("ssh.known_hosts", ssh.known_hosts)
    private_key = functools.cache(functools.partial(_private_key, passphrase=passphrase))
    if ssh.key_file:
        private_key(ssh.key_file)  # opening an encrypted key is dear: once, before all nodes want it at the same time
    return Access(
        ssh=ssh,
        user=_user(),
        password=ssh.password.read("ssh.password") if ssh.password else None,
        default_identities=tuple(filter(_is_readable, map(_in_home, _DEFAULT_IDENTITIES))),
        config=_ssh_config(ssh.config_file),
        host_keys=functools.cache(_host_keys),
        private_key=private_key,
    )


def _user() -> str:
    """The current user; a container's number may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _in_home(name: str) -> Path:
    try:
        return Path.home() / ".ssh" / name
    except RuntimeError:  # nor has it a home
        return Path("/") / ".ssh" / name


def _is_readable(path: Path) -> bool:
    return os.access(path, os.R_OK)


def _must_be_readable(key: str, path: Path) -> None:
    try:
        path.expanduser().open("rb").close()
    except OSError as error:
        raise ConfigError(f"{key}: cannot read {path}: {error.strerror}") from None


def _host_keys(path: Path) -> tuple[HostKey, ...]:
    try:
        return known_hosts.read(path.expanduser())
    except OSError:
        return ()


def _ssh_config(path: Path | None) -> paramiko.SSHConfig:
    if path:
        _must_be_readable("ssh.config_file", path)
    try:
        return paramiko.SSHConfig.from_text(_with_includes(path or _in_home("config"), _INCLUDE_DEPTH))
    except paramiko.ConfigParseError as error:
        raise ConfigError(f"ssh.config_file: {path or '~/.ssh/config'}: {error}") from None


def _with_includes(path: Path, depth: int) -> str:
    """The file's text with `Include` replaced by what it names (paramiko ignores it); empty if it cannot be read."""
    try:
        lines = path.expanduser().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(_included(line, depth) for line in lines)


def _included(line: str, depth: int) -> str:
    keyword, *patterns = line.replace("=", " ", 1).split() or [""]
    if keyword.lower() != "include":
        return line
    found = (
        Path(name)
        for pattern in patterns
        for name in sorted(glob(str(_in_home("") / Path(pattern).expanduser())))  # noqa: PTH207  (absolute ones too)
    )
    return "\n".join(_with_includes(path, depth - 1) for path in found) if depth else ""


def _private_key(path: Path, passphrase: Secret | None) -> paramiko.PKey | Refusal:
    """The passphrase is used only where the key is encrypted. Reads beside it FILE-cert.pub, if there is one."""
    try:
        return paramiko.PKey.from_path(path.expanduser())
    except TypeError:  # how the library says that a passphrase is needed
        return _unlocked(path, passphrase)
    except OSError as error:
        return Refusal(Trouble.LOGIN_KEY, f"the private key {path} cannot be read: {error.strerror}")
    except _NO_KEY:
        return Refusal(Trouble.LOGIN_KEY, f"{path} holds no private key of a kind that can be used here")


def _unlocked(path: Path, passphrase: Secret | None) -> paramiko.PKey | Refusal:
    if not passphrase:
        return Refusal(Trouble.LOGIN_KEY, f"the private key {path} is encrypted, and no passphrase is given")
    try:
        return paramiko.PKey.from_path(path.expanduser(), passphrase.reveal().encode())  # type: ignore[arg-type]  # bytes are what it takes
    except (TypeError, OSError, *_NO_KEY):
        return Refusal(Trouble.LOGIN_KEY, f"the passphrase does not open the private key {path}")
