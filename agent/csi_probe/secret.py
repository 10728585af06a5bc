"""A secret that cannot be printed, and the three places it may come from: a credential, a file, the environment."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from csi_probe.errors import ConfigError


class Secret:
    """Text that shows itself nowhere: only `reveal()`, called where it is sent, gives it away."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not saved")


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret stands. Exactly one field is set: a systemd credential's name, a file, or a variable's name."""

    credential: str | None = None
    file: str | None = None
    env: str | None = None

    def read(self, key: str, environ: Mapping[str, str] = os.environ) -> Secret:
        """The secret, without its trailing newline. `key` names the config key in errors.

        Raises ConfigError: not there, unreadable, empty, or a file that others can read.
        """
        text = self._text(key, environ).strip("\r\n")
        if not text.strip():
            raise ConfigError(f"{key}: {self.where} is empty")
        return Secret(text)

    @property
    def where(self) -> str:
        """The place, in words."""
        if self.env:
            return f"the environment variable {self.env}"
        return f"the credential {self.credential}" if self.credential else f"the file {self.file}"

    def _text(self, key: str, environ: Mapping[str, str]) -> str:
        if self.env:
            try:
                return environ[self.env]
            except KeyError:
                raise ConfigError(f"{key}: {self.where} is not set") from None
        if self.credential:
            folder = environ.get("CREDENTIALS_DIRECTORY")
            if not folder:
                raise ConfigError(
                    f"{key}: {self.where} is wanted, but $CREDENTIALS_DIRECTORY is not set: "
                    "systemd sets it for a unit with LoadCredential=; outside of one, use { file = … } or { env = … }"
                )
            return _read(key, Path(folder) / self.credential)
        try:
            path = Path(str(self.file)).expanduser()
        except RuntimeError:
            raise ConfigError(f"{key}: cannot read {self.file}: there is no such home directory") from None
        _refuse_if_others_can_read(key, path)
        return _read(key, path)


@dataclass(frozen=True, slots=True)
class GivenSecret:
    """A secret that was found where it stands: in the driver's own config."""

    secret: Secret

    def read(self, _key: str) -> Secret:
        """The secret."""
        return self.secret


def _read(key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{key}: cannot read {path}: {reason}") from None


def _refuse_if_others_can_read(key: str, path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise ConfigError(f"{key}: cannot read {path}: {error.strerror}") from None
    if mode & 0o077:
        raise ConfigError(f"{key}: {path} can be read by others (mode {mode:04o}); run: chmod 600 {path}")
