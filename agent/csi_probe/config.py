"""The configuration: config.toml as frozen dataclasses, or a ConfigError that names file, line and key."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from csi_probe.errors import ConfigError
from csi_probe.needs import ANY_NFS, DRIVERS, Driver
from csi_probe.secret import GivenSecret, SecretSource
from csi_probe.tables import NOT_WRITTEN, Bytes, Document, read_table

_PORT = "the port is not a number from 1 to 65535"
DEFAULT_PATHS = (Path("config.toml"), Path("/etc/truenas-csi-probe/config.toml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """[run]: how a run goes. Times in seconds."""

    deadline: float = 60.0
    timeout: float = 20.0
    concurrency: int = 32
    strict: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueNAS:
    """[truenas]: where the array is, the probe's own key, and when to warn.

    `ca_pem`: authorities to trust beside the system's; they come from a driver's own config and are no key in TOML.
    """

    url: str
    api_key: SecretSource | GivenSecret
    username: str | None = None
    ca_file: Path | None = None
    fingerprint: str | None = None
    verify: bool = True
    ca_pem: str | None = field(default=None, metadata=NOT_WRITTEN)
    certificate_days: int = 14
    key_days: int = 14
    slow_seconds: float = 5.0

    @property
    def host(self) -> str:
        """The host in the URL: a name, or an IP address without brackets."""
        return str(urlsplit(self.url).hostname)

    @property
    def port(self) -> int:
        """The port in the URL, 443 where it has none."""
        return urlsplit(self.url).port or 443


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolWant:
    """[[pools]]: limits of one pool; pools of datasets are looked at with the defaults."""

    name: str
    min_free: Bytes = Bytes(0)
    max_used: float = 80.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetWant:
    """[[datasets]]: one parent dataset of volumes."""

    name: str
    volumes: Literal["filesystem", "zvol"] = "filesystem"
    created_by_driver: bool = True
    detached_snapshots: str | None = None
    volume_name_length: int = 40
    min_free: Bytes = Bytes(1024**3)  # the smallest volume that TrueNAS's API makes


@dataclass(frozen=True, slots=True, kw_only=True)
class NfsWant:
    """[nfs]: what nodes will mount. `locks`: some NFSv3 mount is without nolock; a driver's mount options say so.

    `also`: further addresses, of a driver whose StorageClasses name several.
    """

    address: str
    versions: tuple[str, ...] = ("4.2",)
    locks: bool = field(default=True, metadata=NOT_WRITTEN)
    also: tuple[str, ...] = field(default=(), metadata=NOT_WRITTEN)

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses from which nodes will mount."""
        return (self.address, *self.also)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalWant:
    """[[iscsi.portals]]: a portal, by id and by where nodes are sent. None: a driver that finds it by address.

    `first`: the driver takes the first portal of the array, whichever that is.
    """

    id: int | None = None
    address: str
    port: int = 3260
    first: bool = field(default=False, metadata=NOT_WRITTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class IscsiWant:
    """[iscsi]: what the driver will name when it makes targets."""

    portals: tuple[PortalWant, ...]
    initiator_group: int | None = None
    auth: Literal["none", "chap", "mutual-chap"] = "none"
    auth_tag: int | None = None
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssh:
    """[ssh]: how nodes are reached, where ~/.ssh/config and the agent do not say it already."""

    user: str | None = None
    port: int | None = None
    key_file: Path | None = None
    passphrase: SecretSource | None = None
    password: SecretSource | None = None
    known_hosts: Path | None = None
    config_file: Path | None = None
    sudo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWant:
    """[[nodes]]: one node; `local` is the machine on which the probe runs."""

    name: str
    address: str | None = None
    user: str | None = None
    port: int | None = None
    local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file. `protocols`: what a driver's own config serves; the tables say it in TOML.

    `multipath`, `own_needs`: likewise; None: what follows from the tables, and from `driver`.
    """

    driver: Literal["democratic-csi", "truenas-csi", "tns-csi", "scale-csi", "other"] = "other"
    max_clock_skew: float = 5.0
    run: Run = field(default_factory=Run)
    truenas: TrueNAS | None = None
    pools: tuple[PoolWant, ...] = ()
    datasets: tuple[DatasetWant, ...] = ()
    nfs: NfsWant | None = None
    iscsi: IscsiWant | None = None
    ssh: Ssh = field(default_factory=Ssh)
    nodes: tuple[NodeWant, ...] = ()
    protocols: tuple[Literal["nfs", "iscsi", "smb", "nvmeof"], ...] = field(default=(), metadata=NOT_WRITTEN)
    multipath: bool | None = field(default=None, metadata=NOT_WRITTEN)
    own_needs: Driver | None = field(default=None, metadata=NOT_WRITTEN)

    @property
    def needs(self) -> Driver:
        """What the driver takes from the NAS and the nodes."""
        return self.own_needs or DRIVERS[self.driver]

    @property
    def over_several_paths(self) -> bool:
        """Whether nodes will reach one iSCSI volume over several portals."""
        if self.multipath is None:
            return self.iscsi is not None and len(self.iscsi.portals) > 1
        return self.multipath


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line adds to [run]. Lists add up; None and False leave what the file says."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    strict: bool = False
    deadline: float | None = None

    def over(self, config: Config) -> Config:
        """The config with these options; --only takes the place of run.only, --skip adds to run.skip."""
        asked = config.run
        return replace(
            config,
            run=replace(
                asked,
                only=self.only or asked.only,
                skip=(*asked.skip, *self.skip),
                strict=self.strict or asked.strict,
                deadline=self.deadline or asked.deadline,
            ),
        )


def look(path: Path | None) -> Path | None:
    """The config file: the one that was named, else the first of DEFAULT_PATHS that exists, else None."""
    return path or next((default for default in DEFAULT_PATHS if default.exists()), None)


def find(path: Path | None) -> Path:
    """The config file, as `look` finds it. Raises ConfigError when there is none."""
    found = look(path)
    if found:
        return found
    tried = " nor ".join(str(default) for default in DEFAULT_PATHS)
    raise ConfigError(
        f"no configuration: neither {tried} exists; name one with --config FILE, or the CSI driver's own config with "
        "--driver FILE; the report of a healthy system: truenas-csi-probe demo"
    )


def load(path: Path) -> Config:
    """The configuration in `path`. Raises ConfigError."""
    document = Document.read(path)
    config = read_table(Config, document)
    for rule in (_truenas_url, _truenas_trust, _datasets, _nfs_versions, _iscsi, _ports, _nodes, _array_needs_truenas):
        rule(config, document)
    return config


def _truenas_url(config: Config, document: Document) -> None:
    if not config.truenas:
        return
    wanted = 'wanted is "https://HOST" or "https://HOST:PORT", with nothing behind it'
    try:
        url = urlsplit(config.truenas.url)
    except ValueError:  # half an IPv6 address, or characters that turn into others
        document.refuse("truenas.url", wanted)
    if url.scheme in ("http", "ws"):
        document.refuse(
            "truenas.url",
            f'"{url.scheme}://" would send the API key in clear, and TrueNAS revokes a key that it sees without '
            f'TLS; use "https://"',
        )
    behind = url.path.strip("/") or url.query or url.fragment
    if url.scheme != "https" or not url.hostname or behind or "@" in url.netloc:
        document.refuse("truenas.url", wanted)
    try:
        fine = url.port != 0
    except ValueError:
        fine = False
    if not fine:
        document.refuse("truenas.url", _PORT)


def _truenas_trust(config: Config, document: Document) -> None:
    nas = config.truenas
    if not nas:
        return
    if nas.fingerprint is not None:
        digits = nas.fingerprint.replace(":", "").lower()
        if len(digits) != 64 or set(digits) - set("0123456789abcdef"):  # noqa: PLR2004  (SHA-256 in hex)
            document.refuse("truenas.fingerprint", "wanted is the certificate's SHA-256: 64 hex digits, colons allowed")
    if nas.ca_file and not nas.ca_file.expanduser().is_file():
        document.refuse("truenas.ca_file", f"{nas.ca_file} is not a file")
    if sum((nas.ca_file is not None, nas.fingerprint is not None, not nas.verify)) > 1:
        document.refuse("truenas", "ca_file, fingerprint and verify = false exclude each other")


def _datasets(config: Config, document: Document) -> None:
    for index, dataset in enumerate(config.datasets):
        for key, name in (("name", dataset.name), ("detached_snapshots", dataset.detached_snapshots)):
            if name is None:
                continue
            where = f"datasets[{index}].{key}"
            if name.startswith("/"):
                document.refuse(where, f'"{name}" is a path; the dataset is "{name.removeprefix("/mnt").strip("/")}"')
            if not all(name.split("/")):
                document.refuse(where, f'"{name}" is not a dataset name such as "tank/k8s/volumes"')


def _nfs_versions(config: Config, document: Document) -> None:
    allowed = ("3", "4", "4.0", "4.1", "4.2", ANY_NFS)
    if config.nfs and not config.nfs.versions:
        document.refuse("nfs.versions", "name at least one version that mounts will ask for")
    for version in config.nfs.versions if config.nfs else ():
        if version not in allowed:
            document.refuse("nfs.versions", f'"{version}" is not one of {", ".join(allowed)}')


def _iscsi(config: Config, document: Document) -> None:
    iscsi = config.iscsi
    if not iscsi:
        return
    if not iscsi.portals:
        document.refuse("iscsi.portals", "name at least one portal: [[iscsi.portals]] with id and address")
    if iscsi.auth != "none" and iscsi.auth_tag is None:
        document.refuse(
            "iscsi.auth_tag", f'auth = "{iscsi.auth}" needs auth_tag, the tag (not the id) of an authorized access'
        )
    for index, portal in enumerate(iscsi.portals):
        if "%" in portal.address or portal.address.startswith("["):
            document.refuse(f"iscsi.portals[{index}].address", "write the address without brackets and without a zone")


def _ports(config: Config, document: Document) -> None:
    portals = config.iscsi.portals if config.iscsi else ()
    ports = {
        "ssh.port": config.ssh.port,
        **{f"nodes[{index}].port": node.port for index, node in enumerate(config.nodes)},
        **{f"iscsi.portals[{index}].port": portal.port for index, portal in enumerate(portals)},
    }
    for key, port in ports.items():
        if port is not None and not 0 < port < 65536:  # noqa: PLR2004  (16 bits)
            document.refuse(key, _PORT)


def _nodes(config: Config, document: Document) -> None:
    seen: set[str] = set()
    for index, node in enumerate(config.nodes):
        if node.name in seen:
            document.refuse(f"nodes[{index}].name", f'there are two nodes called "{node.name}"')
        seen.add(node.name)
        if node.local and (node.address or node.user or node.port):
            document.refuse(
                f"nodes[{index}].local", "a local node has no address, user or port: it is asked without SSH"
            )


def _array_needs_truenas(config: Config, document: Document) -> None:
    for table, wanted in (("pools", config.pools), ("datasets", config.datasets)):
        if wanted and not config.truenas:
            document.refuse(table, f"[[{table}]] can only be looked at with a [truenas] table")
