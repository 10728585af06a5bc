"""A healthy lab: one builder for each subject and entry, changed by keywords; plain values become known facts."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any, TypeVar

from csi_probe.check import Check
from csi_probe.config import DatasetWant, IscsiWant, PortalWant
from csi_probe.contact import Api, Certificate, Contact, Login, Refusal, Session, Trouble, Trust, Version
from csi_probe.drivers.deployment import Connection, Deployment, SshLogin, TargetGroupWant
from csi_probe.entries import (
    ApiKeyEntry,
    AuthEntry,
    DatasetEntry,
    ExtentEntry,
    InitiatorEntry,
    IscsiConfig,
    Listen,
    MappingEntry,
    NfsConfig,
    NfsShare,
    NvmetPort,
    PoolEntry,
    PortalEntry,
    ServiceEntry,
    TargetEntry,
    TargetGroup,
)
from csi_probe.facts import Known, Missing
from csi_probe.host import FileState, Module, Os
from csi_probe.needs import DRIVERS, Fit
from csi_probe.node import parse
from csi_probe.problem import Place, Problem, Rule
from csi_probe.report import Row
from csi_probe.runner import run
from csi_probe.secret import Secret
from csi_probe.snapshot import (
    AuthGroup,
    Dataset,
    DriverArray,
    DriverFile,
    DriverKey,
    DriverRelease,
    DriverSet,
    DriverSsh,
    Fleet,
    InitiatorGroup,
    Iscsi,
    IscsiAccess,
    Nas,
    NewShares,
    Nfs,
    NfsAccess,
    Node,
    NodeAnswers,
    Nvmeof,
    NvmeofPort,
    Pool,
    Portal,
    Scope,
    Smb,
    Snapshot,
    SshService,
    StorageClass,
    Subject,
    Target,
)

T = TypeVar("T")

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GIB = 1024**3
ADDRESS = "192.0.2.10"
IQN = "iqn.1993-08.org.debian:01:aaa"
NODE = "192.0.2.21"

LOST = Missing("no answer within 10 s", fix="look at its load")
BLOCKED = Missing("the NAS could not be asked", blocked_by="truenas.login")


def judge(check: Check, subject: Subject) -> Row:
    """The one row that the runner makes of `check` on `subject`."""
    (row,) = run([check], Snapshot((subject,), {}))
    return row


def refusal(trouble: Trouble, seen: str = "what was seen") -> Known[Refusal]:
    return Known(Refusal(trouble, seen))


def snapshot(*subjects: Subject) -> Snapshot:
    """The subjects that are given; without any, one healthy subject of each kind."""
    return Snapshot(subjects or healthy(), {"truenas": 0.5})


def scope(**changes: Any) -> Scope:
    return Scope(**{"nodes": 2, "storage": ("NFS", "iSCSI")} | changes)


def healthy() -> tuple[Subject, ...]:
    return (
        scope(),
        nas(),
        pool(),
        dataset(zvols=True),
        nfs(),
        nfs_access(),
        iscsi(),
        portal(),
        initiator_group(),
        iscsi_access(),
        auth_group(),
        target(),
        node(driver=DRIVERS["scale-csi"]),  # it takes every tool from the host
        fleet(),
        driver_file(),
        driver_set(),
        storage_class(),
        driver_release(),
        driver_array(),
        driver_key(),
        driver_ssh(),
        smb(),
        nvmeof(),
        nvmeof_port(),
        ssh_service(),
        new_shares(),
    )


def _made(kind: type[T], healthy: dict[str, Any], changes: dict[str, Any]) -> T:
    """A `kind` whose fields of type Fact take plain values too."""
    fields = {field.name: str(field.type) for field in dataclasses.fields(kind)}  # type: ignore[arg-type]  # a dataclass
    values = healthy | changes
    return kind(**{name: _fact(fields[name], value) for name, value in values.items()})


def _fact(hint: str, value: Any) -> Any:
    return value if not hint.startswith("Fact[") or isinstance(value, Known | Missing) else Known(value)


# --- the NAS


def certificate(**changes: Any) -> Certificate:
    healthy = {
        "subject": "CN=nas.example.org",
        "not_before": datetime(2026, 1, 1, tzinfo=UTC),
        "not_after": datetime(2026, 12, 1, tzinfo=UTC),
        "sha256": "ab" * 32,
    }
    return _made(Certificate, healthy, changes)


def login(**changes: Any) -> Login:
    return _made(Login, {"user": "csi-probe", "roles": frozenset({"POOL_READ", "DATASET_READ"})}, changes)


def key(**changes: Any) -> ApiKeyEntry:
    return _made(ApiKeyEntry, {"id": 7, "name": "probe", "expires": None, "revoked": False}, changes)


def version(text: str = "25.10.1") -> Version:
    return Version(text, tuple(int(part) for part in text.split(".")))


def nas(**changes: Any) -> Nas:
    healthy = {
        "url": "https://nas.example.org",
        "now": NOW,
        "driver": DRIVERS["democratic-csi"],
        "trust": Trust.SYSTEM,
        "roles_wanted": frozenset({"POOL_READ", "DATASET_READ"}),
        "certificate_days": 14,
        "key_days": 14,
        "slow_seconds": 5.0,
        "reachable": Contact(ADDRESS, 0.012),
        "certificate": certificate(),
        "api": Api("JSON-RPC", ("v25.04.0", "v25.10.0")),
        "login": login(),
        "version": version(),
        "key": key(),
        "slowest": ("pool.query", 0.25),
    }
    return _made(Nas, healthy, changes)


def pool_entry(**changes: Any) -> PoolEntry:
    healthy = {
        "name": "tank",
        "status": "ONLINE",
        "healthy": True,
        "size": 1000 * GIB,
        "allocated": 400 * GIB,
    }
    return _made(PoolEntry, healthy, changes)


def pool(**changes: Any) -> Pool:
    healthy = {
        "name": "tank",
        "min_free": 0,
        "max_used": 80.0,
        "names": ("tank", "boot"),
        "entry": pool_entry(),
        "free": 300 * GIB,
    }
    return _made(Pool, healthy, changes)


def dataset_entry(**changes: Any) -> DatasetEntry:
    healthy = {
        "name": "tank/k8s/nfs",
        "type": "FILESYSTEM",
        "locked": False,
        "encrypted": False,
        "readonly": False,
        "available": 300 * GIB,
        "used": 10 * GIB,
        "quota": 0,
    }
    return _made(DatasetEntry, healthy, changes)


def dataset(**changes: Any) -> Dataset:
    healthy = {
        "name": "tank/k8s/nfs",
        "created_by_driver": True,
        "zvols": False,
        "volume_name_length": 40,
        "min_free": GIB,
        "replicated": True,
        "overlaps": (),
        "zvol_path_max": 255,
        "entry": dataset_entry(),
        "nearest": dataset_entry(),
    }
    return _made(Dataset, healthy, changes)


def service(name: str, **changes: Any) -> ServiceEntry:
    return _made(ServiceEntry, {"name": name, "state": "RUNNING", "enabled": True}, changes)


# --- NFS


def nfs_config(**changes: Any) -> NfsConfig:
    return _made(NfsConfig, {"protocols": frozenset({"NFSV3", "NFSV4"}), "bind": ()}, changes)


def nfs(**changes: Any) -> Nfs:
    healthy = {
        "address": ADDRESS,
        "versions": ("4.2",),
        "service": service("nfs"),
        "config": nfs_config(),
        "resolved": (ADDRESS,),
        "nas_addresses": (ADDRESS, "198.51.100.10"),
    }
    return _made(Nfs, healthy, changes)


def share(path: str = "/mnt/tank/k8s/nfs/pvc-1", **changes: Any) -> NfsShare:
    return _made(NfsShare, {"id": 1, "paths": (path,), "enabled": True, "networks": (), "hosts": ()}, changes)


def nfs_access(**changes: Any) -> NfsAccess:
    return _made(NfsAccess, {"node": "worker-1", "source": "192.0.2.21", "shares": (share(),)}, changes)


# --- iSCSI


def iscsi_config(**changes: Any) -> IscsiConfig:
    return _made(IscsiConfig, {"basename": "iqn.2005-10.org.freenas.ctl", "port": 3260}, changes)


def iscsi(**changes: Any) -> Iscsi:
    return _made(Iscsi, {"service": service("iscsitarget"), "config": iscsi_config()}, changes)


def portal_entry(*ips: str, port: int | None = None, **changes: Any) -> PortalEntry:
    listen = tuple(Listen(ip, port) for ip in ips or (ADDRESS,))
    return _made(PortalEntry, {"id": 2, "tag": 1, "listen": listen}, changes)


def portal(**changes: Any) -> Portal:
    healthy = {
        "id": 2,
        "address": ADDRESS,
        "port": 3260,
        "portals": (portal_entry(),),
        "entry": portal_entry(),
        "config": iscsi_config(),
        "resolved": (ADDRESS,),
        "nas_addresses": (ADDRESS, "198.51.100.10"),
    }
    return _made(Portal, healthy, changes)


def initiators(*names: str, **changes: Any) -> InitiatorEntry:
    return _made(InitiatorEntry, {"id": 3, "initiators": names, "networks": ()}, changes)


def initiator_group(**changes: Any) -> InitiatorGroup:
    return _made(InitiatorGroup, {"id": 3, "groups": (initiators(),)}, changes)


def iscsi_access(**changes: Any) -> IscsiAccess:
    healthy = {"node": "worker-1", "group": 3, "entry": initiators(IQN), "initiator_name": IQN, "sources": (NODE,)}
    return _made(IscsiAccess, healthy, changes)


def auth(**changes: Any) -> AuthEntry:
    return _made(AuthEntry, {"id": 1, "tag": 5, "user": "csi", "peer_user": ""}, changes)


def auth_group(**changes: Any) -> AuthGroup:
    return _made(AuthGroup, {"tag": 5, "mutual": False, "entries": (auth(),)}, changes)


def target_group(**changes: Any) -> TargetGroup:
    return _made(TargetGroup, {"portal": 2, "initiator": 3, "method": "CHAP", "auth": 5}, changes)


def target_entry(*groups: TargetGroup, **changes: Any) -> TargetEntry:
    return _made(TargetEntry, {"id": 11, "name": "csi-static", "groups": groups or (target_group(),)}, changes)


def extent(**changes: Any) -> ExtentEntry:
    healthy = {"id": 21, "name": "static", "enabled": True, "locked": False}
    return _made(ExtentEntry, healthy, changes)


def target(**changes: Any) -> Target:
    healthy = {
        "name": "csi-static",
        "portals": (2,),
        "initiator_group": 3,
        "auth_tag": 5,
        "targets": (target_entry(),),
        "entry": target_entry(),
        "extents": (extent(),),
        "mappings": (MappingEntry(target=11, extent=21, lun=0),),
    }
    return _made(Target, healthy, changes)


# --- nodes


def answers(**changes: Any) -> NodeAnswers:
    """Debian 12 as it is after `apt-get install nfs-common open-iscsi multipath-tools`: iscsid waits behind its socket."""
    healthy = {
        "os": Os("debian", (), "Debian GNU/Linux 12 (bookworm)"),
        "kernel": "6.1.0-31-amd64",
        "clock": 0.0,
        "tools": {name: f"/sbin/{name}" for name in ("mount.nfs", "iscsiadm", "multipath", "nvme")},
        "filesystems": frozenset({"ext4", "nfs", "nfs4"}),
        "modules": modules(),
        "sockets": frozenset({"@ISCSIADM_ABSTRACT_NAMESPACE", "@/org/kernel/linux/storage/multipathd"}),
        "units": units(),
        "initiator_name": IQN,
        "root_shared": True,
        "iscsi_directory": FileState.DIRECTORY,
        "sources": {ADDRESS: "192.0.2.21"},
    }
    return _made(NodeAnswers, healthy, changes)


def modules(others: Module = Module.LOADABLE, **states: Module) -> dict[str, Module]:
    return dict.fromkeys(parse.MODULES, others) | states


def units(**enabled: str) -> dict[str, str]:
    """The units of a healthy Debian; `iscsid_socket="disabled"` changes what `systemctl is-enabled` says."""
    words = {"iscsid.socket": "enabled", "iscsid.service": "disabled"}
    return words | {name.replace("_", "."): word for name, word in enabled.items()}


def node(**changes: Any) -> Node:
    """A node that serves every protocol; keywords that are fields of NodeAnswers change its answers."""
    names = {field.name for field in dataclasses.fields(NodeAnswers)}
    answered = {name: changes.pop(name) for name in names & set(changes)}
    healthy = {
        "name": "worker-1",
        "driver": DRIVERS["democratic-csi"],
        "nfs_versions": ("4.2",),
        "nfs_locks": False,
        "iscsi": True,
        "multipath": True,
        "smb": True,
        "nvmeof": True,
        "max_clock_skew": 5.0,
        "login": Session("ssh probe@192.0.2.21:22", 0.4),
        "answers": answers(**answered),
        "reference": "the NAS",
        "reference_clock": 0.0,
    }
    return _made(Node, healthy, changes)


def fleet(**names: Any) -> Fleet:
    """All nodes with their InitiatorNames, as `worker_1="iqn…"`; two healthy ones where none is given."""
    names = names or {"worker_1": IQN, "worker_2": f"{IQN}2"}
    return Fleet(initiator_names={name.replace("_", "-"): _fact("Fact[", value) for name, value in names.items()})


# --- drivers

PLACE = Place("driver.yaml", 1, 1)
DRIVER = "driver freenas-iscsi"


def connection(**changes: Any) -> Connection:
    healthy = {"scheme": "https", "host": ADDRESS, "port": 443, "verify": True, "key": Secret("2-driver")}
    return _made(Connection, healthy, changes)


def deployment(**changes: Any) -> Deployment:
    """democratic-csi for iSCSI over SSH, by default with one portal and one target group."""
    healthy = {
        "driver": "democratic-csi",
        "variant": "freenas-iscsi",
        "place": PLACE,
        "csi_name": "org.democratic-csi.iscsi",
        "protocols": ("iscsi",),
        "connection": connection(),
        "pools": ("tank",),
        "datasets": (DatasetWant(name="tank/k8s/iscsi", volumes="zvol", detached_snapshots="tank/k8s/snaps"),),
        "iscsi": IscsiWant(portals=(PortalWant(id=2, address=ADDRESS),), initiator_group=3),
        "target_groups": (TargetGroupWant(portal=2, initiator_group=3),),
        "ssh": SshLogin(host=ADDRESS, port=22, username="csi", private_key=Secret("a key"), sudo=True),
    }
    return _made(Deployment, healthy, changes)


def problem(rule: Rule = Rule.KNOWN, **changes: Any) -> Problem:
    healthy = {
        "rule": rule,
        "place": Place("driver.yaml", 7, 3),
        "key": "iscsi.targetPortl",
        "seen": "nothing reads it",
        "wanted": "iscsi.targetPortal",
        "fix": "correct the key",
    }
    return _made(Problem, healthy, changes)


def driver_file(*problems: Problem, **changes: Any) -> DriverFile:
    return _made(DriverFile, {"name": DRIVER, "place": PLACE, "problems": problems}, changes)


def driver_set(**changes: Any) -> DriverSet:
    return _made(DriverSet, {"names": (DRIVER, "driver freenas-nfs"), "clashes": (), "unread": ()}, changes)


def storage_class(*problems: Problem, **changes: Any) -> StorageClass:
    return _made(StorageClass, {"name": "zvols", "place": PLACE, "problems": problems}, changes)


def driver_release(**changes: Any) -> DriverRelease:
    healthy = {
        "name": DRIVER,
        "image": "democraticcsi/democratic-csi@sha256:0123",
        "version": version(),
        "fit": Fit("ok", "it works over REST", "an image of the branch next"),
        "loses_data": None,
    }
    return _made(DriverRelease, healthy, changes)


def driver_key(**changes: Any) -> DriverKey:
    healthy = {
        "name": DRIVER,
        "url": "https://nas.example.org:443",
        "over_tls": True,
        "verifies": True,
        "trusts_more": False,
        "now": NOW,
        "key_days": 14,
        "roles_wanted": ("FULL_ADMIN",),
        "reachable": Contact(ADDRESS, 0.012),
        "certificate": certificate(),
        "api": Api("JSON-RPC", ("v25.04.0", "v25.10.0")),
        "login": login(user="csi", roles=frozenset({"FULL_ADMIN", "POOL_READ"})),
        "key": key(name="csi"),
    }
    return _made(DriverKey, healthy, changes)


def driver_array(**changes: Any) -> DriverArray:
    healthy = {
        "name": DRIVER,
        "wanted": "nas.example.net",
        "judged": "https://nas.example.org",
        "resolved": (ADDRESS,),
        "met": Contact(ADDRESS, 0.012),
        "nas_addresses": (ADDRESS, "198.51.100.10"),
    }
    return _made(DriverArray, healthy, changes)


def driver_ssh(**changes: Any) -> DriverSsh:
    healthy = {
        "name": DRIVER,
        "user": "csi",
        "sudo": True,
        "login": Session("ssh csi@192.0.2.10:22", 0.2),
        "shell": "/usr/bin/bash",
        "zfs": "/usr/sbin/zfs",
        "zpool": "/usr/sbin/zpool",
        "may_zfs": True,
    }
    return _made(DriverSsh, healthy, changes)


def smb(**changes: Any) -> Smb:
    healthy = {
        "address": ADDRESS,
        "service": service("cifs"),
        "resolved": (ADDRESS,),
        "nas_addresses": (ADDRESS, "198.51.100.10"),
    }
    return _made(Smb, healthy, changes)


def nvmeof(**changes: Any) -> Nvmeof:
    return _made(Nvmeof, {"service": service("nvmet")}, changes)


def ssh_service(**changes: Any) -> SshService:
    return _made(SshService, {"service": service("ssh")}, changes)


def nvmet_port(**changes: Any) -> NvmetPort:
    return _made(NvmetPort, {"id": 1, "address": ADDRESS, "transport": "TCP", "port": 4420, "enabled": True}, changes)


def nvmeof_port(**changes: Any) -> NvmeofPort:
    return _made(
        NvmeofPort, {"id": 1, "address": None, "port": None, "resolved": (), "ports": (nvmet_port(),)}, changes
    )


def new_shares(**changes: Any) -> NewShares:
    healthy = {"node": "worker-1", "source": "192.0.2.21", "networks": ("192.0.2.0/24",), "hosts": ()}
    healthy |= {"classes": ()}
    return _made(NewShares, healthy, changes)
