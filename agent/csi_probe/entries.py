"""What TrueNAS and the nodes answered, parsed: one frozen type for each kind of answer, in the array's own terms.

Fields that make up an entry's identity are plain; every other leaf is a Fact, because TrueNAS's releases differ in the
fields they send: an absent field is Missing, never a default.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from csi_probe.facts import Fact


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
    KEY_REVOKED = "key-revoked"
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


# --- TrueNAS


@dataclass(frozen=True, slots=True)
class Contact:
    """The NAS answered over TLS. `seconds`: from the first packet to the first answer; `address`: the peer's IP."""

    address: str
    seconds: float


class Trust(StrEnum):
    """How the NAS's certificate was trusted."""

    SYSTEM = "the system's certificate authorities"
    CA_FILE = "ca_file"
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
class ApiKeyEntry:
    """A row of api_key.query. `expires`: None for a key that never expires."""

    id: int
    name: str
    expires: Fact[datetime | None]
    revoked: Fact[bool]


@dataclass(frozen=True, slots=True)
class PoolEntry:
    """A row of pool.query. Sizes in bytes, raw (before redundancy)."""

    name: str
    status: Fact[str]
    healthy: Fact[bool]
    detail: Fact[str]
    size: Fact[int]
    allocated: Fact[int]


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """A row of pool.dataset.query. `quota` and `refquota`: bytes, 0 for none. `available`: bytes left."""

    name: str
    type: Fact[str]
    locked: Fact[bool]
    encrypted: Fact[bool]
    readonly: Fact[bool]
    available: Fact[int]
    used: Fact[int]
    quota: Fact[int]
    refquota: Fact[int]
    mountpoint: Fact[str | None]


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """A row of service.query: "nfs", "iscsitarget" … `state`: RUNNING, STOPPED or UNKNOWN."""

    name: str
    state: Fact[str]
    enabled: Fact[bool]


@dataclass(frozen=True, slots=True)
class NfsConfig:
    """nfs.config. `protocols`: subset of {"NFSV3", "NFSV4"}; `bind`: addresses, empty for all of them."""

    protocols: Fact[frozenset[str]]
    bind: Fact[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NfsShare:
    """A row of sharing.nfs.query. CORE's shares can have several paths. No networks and no hosts: everyone."""

    id: int
    paths: tuple[str, ...]
    enabled: Fact[bool]
    networks: Fact[tuple[str, ...]]
    hosts: Fact[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class IscsiConfig:
    """iscsi.global.config. `port` is Known(None) on CORE, where each portal's listen has a port of its own."""

    basename: Fact[str]
    port: Fact[int | None]


@dataclass(frozen=True, slots=True)
class Listen:
    """One address of a portal. `port`: None where the global port holds (SCALE)."""

    ip: str
    port: int | None


@dataclass(frozen=True, slots=True)
class PortalEntry:
    """A row of iscsi.portal.query. `id` is what drivers want; `tag` is what the UI shows as the portal group ID."""

    id: int
    tag: Fact[int]
    comment: Fact[str]
    listen: Fact[tuple[Listen, ...]]


@dataclass(frozen=True, slots=True)
class InitiatorEntry:
    """A row of iscsi.initiator.query: an initiator group. No initiators: all are admitted."""

    id: int
    comment: Fact[str]
    initiators: Fact[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class AuthEntry:
    """A row of iscsi.auth.query (secrets are never kept). Groups and drivers name it by `tag`, not by `id`."""

    id: int
    tag: int
    user: Fact[str]
    peer_user: Fact[str]


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """One row of a target's groups. `auth` is a tag; `method` one of NONE, CHAP, CHAP_MUTUAL."""

    portal: int
    initiator: int | None
    method: str
    auth: int | None


@dataclass(frozen=True, slots=True)
class TargetEntry:
    """A row of iscsi.target.query."""

    id: int
    name: str
    groups: Fact[tuple[TargetGroup, ...]]


@dataclass(frozen=True, slots=True)
class ExtentEntry:
    """A row of iscsi.extent.query."""

    id: int
    name: str
    enabled: Fact[bool]
    locked: Fact[bool]
    readonly: Fact[bool]


@dataclass(frozen=True, slots=True)
class MappingEntry:
    """A row of iscsi.targetextent.query: which extent is which LUN of which target (by ids)."""

    target: int
    extent: int
    lun: int


# --- nodes


@dataclass(frozen=True, slots=True)
class Session:
    """The script ran on the node. `how`: the words for the report, such as "ssh probe@10.0.0.5:22"."""

    how: str
    seconds: float


class Module(StrEnum):
    """How a kernel module is there."""

    LOADED = "loaded"
    BUILT_IN = "built in"
    LOADABLE = "loadable"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Os:
    """/etc/os-release: `name` for people ("Debian GNU/Linux 12 (bookworm)"), `id` for packages ("debian", "rhel")."""

    id: str
    like: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit. `active`, `enabled`: the words of `systemctl is-active` and `is-enabled`."""

    name: str
    active: str
    enabled: str


class FileState(StrEnum):
    """What stands at a path: "unreadable" is neither "missing" nor "there"."""

    DIRECTORY = "a directory"
    FILE = "a file"
    OTHER = "neither a file nor a directory"
    MISSING = "missing"
