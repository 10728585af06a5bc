"""How far the probe came with an endpoint: whom it met, and what kept it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class Trouble(StrEnum):
    """Why an endpoint did not serve the probe. The clients name the kind; the checks hold the mends."""

    # shared by the NAS and the nodes
    UNRESOLVED = "unresolved"  # the name has no address
    REFUSED = "refused"  # nothing listens on the port
    TIMEOUT = "timeout"  # no answer in time
    UNREACHABLE = "unreachable"  # no route, or the connection broke
    # TLS
    TLS_UNTRUSTED = "tls-untrusted"  # self-signed, or an unknown authority
    TLS_WRONG_NAME = "tls-wrong-name"
    TLS_EXPIRED = "tls-expired"  # or not valid yet
    TLS_FINGERPRINT = "tls-fingerprint"  # another certificate than the pinned one
    TLS_BROKEN = "tls-broken"  # the port does not speak TLS, or no common version
    # TrueNAS
    NOT_TRUENAS = "not-truenas"  # something else answers
    BOOTING = "booting"  # 502, 503, 504: nginx is up, middlewared is not
    STANDBY = "standby"  # the passive controller of an HA pair (REDIRECT)
    ALLOW_LIST = "allow-list"  # ui_allowlist: close 1008, or nginx's 403
    KEY_WRONG = "key-wrong"  # 401, AUTH_ERR: wrong, or revoked
    KEY_EXPIRED = "key-expired"
    KEY_DENIED = "key-denied"  # 403, EACCES, DENIED: the key is right, its user may not
    RATE_LIMITED = "rate-limited"
    USERNAME_NEEDED = "username-needed"  # 27 and later have no login by the key alone
    BROKEN_ANSWER = "broken-answer"  # half an answer, or not what the protocol says
    # SSH
    NOT_SSH = "not-ssh"  # no SSH banner
    HOST_KEY_UNKNOWN = "host-key-unknown"
    HOST_KEY_CHANGED = "host-key-changed"
    NO_COMMON_ALGORITHM = "no-common-algorithm"  # such as a server with nothing but ssh-rsa
    LOGIN_REFUSED = "login-refused"
    LOGIN_KEY = "login-key"  # the probe's own private key cannot be used (missing, encrypted, malformed)
    NO_SHELL = "no-shell"  # logged in, but the login shell runs no script (nologin)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An endpoint did not serve the probe: the kind of trouble, and the words in which it was seen (no secrets)."""

    trouble: Trouble
    seen: str


@dataclass(frozen=True, slots=True)
class Contact:
    """The NAS answered over TLS. `seconds`: from the first packet to the first answer; `address`: the peer's IP."""

    address: str
    seconds: float


class Trust(StrEnum):
    """How the NAS's certificate was trusted."""

    SYSTEM = "the system's certificate authorities"
    CA_FILE = "ca_file"
    DRIVER = "the driver's certificate authorities"
    FINGERPRINT = "the pinned fingerprint"
    OFF = "not verified"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate that the NAS presented in the handshake. `sha256`: lower-case hex of the DER form."""

    subject: str
    not_before: datetime
    not_after: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class Api:
    """What the NAS speaks. `versions`: what GET /api/versions lists, such as "v25.10.0"; empty with REST."""

    protocol: Literal["REST", "JSON-RPC"]
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A TrueNAS release. `number` of "TrueNAS-SCALE-24.10.2.4" is (24, 10, 2, 4), of "TrueNAS-13.3-U1.2" (13, 3)."""

    text: str
    number: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Login:
    """Whom the key belongs to. `roles`: the expanded roles, or None on eras that have none (REST, up to 24.10)."""

    user: str | None
    roles: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Session:
    """The script ran on the node. `how`: the words for the report, such as "ssh probe@10.0.0.5:22"."""

    how: str
    seconds: float
