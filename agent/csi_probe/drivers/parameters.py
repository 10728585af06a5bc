"""What each driver reads from a StorageClass's or VolumeSnapshotClass's parameters, as data.

Sources: democratic-csi src/driver/controller-zfs and docs/storage-class-parameters.md; truenas-csi README and
pkg/driver/controller.go (1.4); tns-csi pkg/driver/controller*.go and template.go (0.17.5); scale-csi
docs/reference/storageclass.md and pkg/driver/block_opts.go.
"""

from __future__ import annotations

from collections.abc import Mapping

from csi_probe.drivers.raw import Name
from csi_probe.drivers.schema import Key


def _one_of(*choices: str) -> Key:
    return Key(kind="text", choices=choices)


def _any_case(*choices: str) -> Key:
    return Key(kind="text", form=f"(?i:{'|'.join(choices)})", wanted=f"one of {', '.join(choices)}")


_TEXT = Key(kind="text")
_ANY = Key(kind="any")
_TEMPLATE = Key(kind="text", template=True)
_SECRET = Key(kind="text", secret=True)
_WHOLE = Key(kind="whole")
_TRUE_FALSE = _one_of("true", "false")
_FLAG = _any_case("true", "false")
_GO_FLAG = Key(kind="text", form="1|t|T|TRUE|true|True|0|f|F|FALSE|false|False", wanted="true or false")
_BLOCKS = _one_of("512", "1024", "2048", "4096")
_VOLBLOCKS = ("512", "1K", "2K", "4K", "8K", "16K", "32K", "64K", "128K")
_ENCRYPTIONS = tuple(f"AES-{bits}-{mode}" for bits in (128, 192, 256) for mode in ("CCM", "GCM"))
_NETWORKS = Key(
    kind="text",
    form=r"[0-9a-fA-F.:]+/\d{1,3}(,[0-9a-fA-F.:]+/\d{1,3})*",
    wanted="networks such as 10.0.0.0/24, with commas and no spaces between them",
)
IQN_BASE = Key(
    kind="text", form=r"iqn\.[^.]{4}-[^.]{2}\..+", wanted="iqn.YYYY-MM.domain, such as iqn.2005-10.org.freenas.ctl"
)
_CHAP_SECRET = Key(kind="text", secret=True, form=".{12,16}", wanted="12 to 16 characters")
_DHCHAP = Key(kind="text", secret=True, form=r"DHHC-1:\d\d:.+", wanted='a key that begins with "DHHC-1:"')

_TRUENAS = {
    "protocol": _any_case("nfs", "iscsi", "nvmeof"),
    "pool": Key(kind="text", form="[^/]+", wanted="a pool's name", fix="give the pool here, the rest in datasetPath"),
    "datasetPath": Key(
        kind="text",
        form=r"(?!/)(?!.*\.\.).*(?<!/)",
        wanted='a path below the pool, such as k8s/iscsi, without ".."',
        fix='write it without the pool and without "/" at either end',
    ),
    "compression": _any_case("OFF", "LZ4", "GZIP(-[19])?", "ZSTD(-[13579])?", "ZLE", "LZJB"),
    "sync": _any_case("STANDARD", "ALWAYS", "DISABLED"),
    "sparse": _FLAG,
    "forceDelete": _FLAG,
    "deleteExtentsWithTarget": _FLAG,
    "volblocksize": _one_of(*_VOLBLOCKS),
    "nfs.hosts": _TEXT,
    "nfs.networks": _NETWORKS,
    "nfs.mountOptions": _TEXT,
    "nfs.mapAllUser": _TEXT,
    "nfs.mapAllGroup": _TEXT,
    "nfs.rootSquash": _FLAG,
    "iscsi.blocksize": _BLOCKS,
    "iscsi.iqn-base": IQN_BASE,
    "iscsi.iqn-prefix": IQN_BASE,
    "iscsi.initiators": _TEXT,
    "iscsi.chapUser": _TEXT,
    "iscsi.chapSecret": _CHAP_SECRET,
    "iscsi.chapPeerUser": _TEXT,
    "iscsi.chapPeerSecret": _CHAP_SECRET,
    "iscsi.chapUsername": _TEXT,
    "iscsi.chapPassword": _SECRET,
    "iscsi.chapUsernameIn": _TEXT,
    "iscsi.chapPasswordIn": _SECRET,
    "iscsi.multipathEnabled": _FLAG,
    "iscsi.persistentSessions": _FLAG,
    "nvmeof.hostNQN": Key(kind="text", form=r"nqn\..+", wanted="an NQN, such as nqn.2014-08.org.nvmexpress:uuid:…"),
    "nvmeof.dhchapKey": _DHCHAP,
    "nvmeof.dhchapCtrlKey": _DHCHAP,
    "nvmeof.dhchapHash": _one_of("SHA-256", "SHA-384", "SHA-512"),
    "nvmeof.dhchapDHGroup": _one_of("2048-BIT", "3072-BIT", "4096-BIT", "6144-BIT", "8192-BIT"),
    "snapshot.schedule": Key(kind="text", form=r"\s*\S+(\s+\S+){4}\s*", wanted='five fields of cron: "0 0 * * *"'),
    "snapshot.retention": Key(kind="text", form="[1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-5]", wanted="1 to 365"),
    "snapshot.retentionUnit": _any_case("HOUR", "DAY", "WEEK", "MONTH", "YEAR"),
    "snapshot.naming": _TEXT,
    "snapshot.recursive": _FLAG,
    "encryption": _FLAG,
    "encryption.algorithm": _one_of(*_ENCRYPTIONS),
    "encryption.passphrase": Key(kind="text", secret=True, form="(?s:.{8,})", wanted="at least 8 characters"),
    "encryption.key": Key(kind="text", secret=True, form="[0-9a-fA-F]{64}", wanted="64 hex digits"),
    "encryption.generateKey": _FLAG,
    "encryption.pbkdf2iters": _WHOLE,
}
_TNS = {
    "protocol": _one_of("nfs", "nvmeof", "iscsi", "smb"),
    "pool": Key(
        kind="text",
        required=True,
        form="[^/]+",
        wanted="a pool's name",
        fix="give the pool here, the rest in parentDataset",
    ),
    "server": Key(kind="text", required=True, form=r"[^\s/]+", wanted="the address to which nodes connect"),
    "parentDataset": Key(
        kind="text",
        form=r"(?!/).*(?<!/)",
        wanted="a dataset with its pool, such as tank/k8s",
        fix='write the dataset with its pool and without "/" at either end',
    ),
    "deleteStrategy": _one_of("delete", "retain"),
    "nameTemplate": _TEMPLATE,
    "namePrefix": _TEXT,
    "nameSuffix": _TEXT,
    "commentTemplate": _TEMPLATE,
    "markAdoptable": _TRUE_FALSE,
    "adoptExisting": _TRUE_FALSE,
    "encryption": _FLAG,
    "encryptionAlgorithm": _one_of(*_ENCRYPTIONS),
    "encryptionGenerateKey": _FLAG,
    "transport": _one_of("tcp", "rdma"),
    "port": _WHOLE,
    "subsystemNQN": _TEXT,
    "portID": _WHOLE,
    "portalId": _WHOLE,
    "initiatorId": _WHOLE,
    "nvmeof.nr-io-queues": _WHOLE,
    "nvmeof.queue-size": _WHOLE,
    **{f"{how}VolumesFrom{of}": _TRUE_FALSE for how in ("detached", "promoted") for of in ("Snapshots", "Volumes")},
    **{f"zfs.{name}": _TEXT for name in ("compression", "dedup", "sync", "copies", "readonly")},
    **{f"zfs.{name}": _TEXT for name in ("atime", "recordsize", "snapdir", "exec", "aclmode", "acltype")},
    **{f"zfs.{name}": _TEXT for name in ("casesensitivity", "sparse", "volblocksize")},
}
_SCALE = {
    "protocol": _any_case("nfs", "iscsi", "nvmeof"),
    "snapshotRestoreMode": _one_of("clone", "detached"),
    "snapshotSchedule": _TEXT,
    "snapshotRetention": _TEXT,
    "nfsSecurity": _TEXT,
    "nfsExposeSnapshots": _GO_FLAG,
    "nfsReadOnly": _GO_FLAG,
    **{f"nfs{kind}{of}": _TEXT for kind in ("Maproot", "Mapall") for of in ("User", "Group")},
    "nfsAllowedNetworks": _TEXT,
    "nfsAllowedHosts": _TEXT,
    "nfsACLTemplate": _TEXT,
    "nfsACL": _TEXT,
    "nfsACLMode": _any_case("PASSTHROUGH", "RESTRICTED"),
    "zfsPerformanceClass": _one_of("database", "media", "vm", "backup", "general"),
    "encryption": _FLAG,
    "iscsi/blocksize": _BLOCKS,
    **{f"iscsi/{name}": _GO_FLAG for name in ("pblocksize", "insecureTpc", "readOnly", "stableSerial")},
    "iscsi.chapSecret": _FLAG,
    "iscsi/queuedCommands": _one_of("32", "128"),
    "iscsi/availThreshold": Key(kind="text", form="[1-9][0-9]?", wanted="1 to 99"),
    "iscsi/authNetworks": _TEXT,
    "nvmeof/qidMax": _WHOLE,
    "nvmeof/piEnable": _GO_FLAG,
    **{
        f"nvmeof/{name}": Key(kind="text", form="(?!)", wanted="nvmeof.portPerf in the driver's config", fix="move it")
        for name in ("inlineDataSize", "maxQueueSize", "portPiEnable")
    },
}
_DEMOCRATIC = {
    "detachedVolumesFromSnapshots": _TRUE_FALSE,
    "detachedVolumesFromVolumes": _TRUE_FALSE,
    "config": _TEMPLATE,  # branch next: the driver's own keys, for this class only
}

STORAGE_CLASS: Mapping[Name, Key] = {
    "democratic-csi": Key(kind="block", keys=_DEMOCRATIC),
    "truenas-csi": Key(kind="block", keys=_TRUENAS),
    "tns-csi": Key(kind="block", keys=_TNS),
    "scale-csi": Key(kind="block", keys=_SCALE),
}
SNAPSHOT_CLASS: Mapping[Name, Key] = {
    "democratic-csi": Key(kind="block", keys={"detachedSnapshots": _TRUE_FALSE, "config": _TEMPLATE}),
    "truenas-csi": Key(kind="block", rest=_ANY),
    "tns-csi": Key(kind="block", keys={"detachedSnapshots": _TRUE_FALSE, "detachedSnapshotsParentDataset": _TEXT}),
    "scale-csi": Key(kind="block", rest=_ANY),
}

# A parameter and those of which it needs one, unless a Secret is named that can hold them.
NEEDS: Mapping[Name, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "truenas-csi": (
        ("iscsi.chapUser", ("iscsi.chapSecret",)),
        ("iscsi.chapPeerUser", ("iscsi.chapUser",)),
        ("iscsi.chapPeerUser", ("iscsi.chapPeerSecret",)),
        ("nvmeof.dhchapKey", ("nvmeof.hostNQN",)),
        ("nvmeof.dhchapCtrlKey", ("nvmeof.dhchapKey",)),
    ),
    "scale-csi": (("nfsACLMode", ("nfsACLTemplate", "nfsACL")),),
}
# Parameters that must not both hold something.
EXCLUDE: Mapping[Name, tuple[tuple[str, str], ...]] = {
    "scale-csi": (
        ("nfsMaprootUser", "nfsMapallUser"),
        ("nfsMaprootGroup", "nfsMapallGroup"),
        ("nfsACLTemplate", "nfsACL"),
    ),
}
# What each driver can format a block device with; None: whatever its image has a mkfs for.
BLOCK_FILESYSTEMS: Mapping[Name, tuple[str, ...] | None] = {
    "democratic-csi": ("btrfs", "exfat", "ext3", "ext4", "ext4dev", "ntfs", "vfat", "xfs"),
    "tns-csi": ("ext4", "ext3", "xfs"),
    "truenas-csi": None,
    "scale-csi": None,
}
