"""known_hosts files, as OpenSSH reads them: hashed names, patterns, several keys a host, @revoked.

paramiko's own reader knows one key of a kind for a host and no patterns, and gives up at the first malformed line.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_HASHED = "|1|"
_FIELDS = 3  # names, type, key; a marker may stand before them, a comment behind


@dataclass(frozen=True, slots=True)
class HostKey:
    """One line: `names` as written (comma-separated patterns, or hashed), the key in its wire form."""

    names: str
    type: str
    key: bytes
    revoked: bool = False

    @property
    def fingerprint(self) -> str:
        """The key's SHA256 fingerprint, as ssh-keygen -l shows it."""
        return fingerprint(self.key)


def fingerprint(key: bytes) -> str:
    """The SHA256 fingerprint of a public key in its wire form."""
    return "SHA256:" + binascii.b2a_base64(hashlib.sha256(key).digest()).decode().strip("=\n")


def read(path: Path) -> tuple[HostKey, ...]:
    """The keys in a file; comments, certificate authorities and lines that are none are left out. Raises OSError."""
    return tuple(_lines(path.read_text(encoding="utf-8", errors="replace").splitlines()))


def _lines(lines: Iterable[str]) -> Iterator[HostKey]:
    for line in lines:
        fields = line.split()
        marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
        if len(fields) < _FIELDS or fields[0].startswith("#") or marker not in ("", "@revoked"):
            continue
        try:
            yield HostKey(fields[0], fields[1], b64decode(fields[2], validate=True), marker == "@revoked")
        except binascii.Error:
            continue


def keys_of(host: str, port: int, known: Iterable[HostKey]) -> tuple[HostKey, ...]:
    """The keys that are known for a host on a port; for a port other than 22, those of the bare host come second."""
    known = tuple(known)
    bare = tuple(key for key in known if _names(host.lower(), key))
    if port == 22:  # noqa: PLR2004  (SSH's own port is not written in known_hosts)
        return bare
    return tuple(key for key in known if _names(f"[{host.lower()}]:{port}", key)) or bare


def _names(host: str, key: HostKey) -> bool:
    if key.names.startswith(_HASHED):
        return _is_hash_of(host, key.names)
    patterns = key.names.lower().split(",")
    if any(_matches(host, pattern[1:]) for pattern in patterns if pattern.startswith("!")):
        return False
    return any(_matches(host, pattern) for pattern in patterns)


def _matches(host: str, pattern: str) -> bool:
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return host == pattern or re.fullmatch(wild, host) is not None


def _is_hash_of(host: str, hashed: str) -> bool:
    salt, _, digest = hashed.removeprefix(_HASHED).partition("|")
    try:
        return hmac.digest(b64decode(salt), host.encode(), "sha1") == b64decode(digest)
    except binascii.Error:
        return False
