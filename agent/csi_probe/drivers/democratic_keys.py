"""What democratic-csi reads from its config file: the keys of the TrueNAS drivers, as data.

Sources: democratic-csi examples/freenas-*.yaml, ci/configs/truenas, src/driver/{index,freenas,controller-zfs} and
bin/democratic-csi of master (v1.9.4) and of next; the keys of sshConnection are those of npm's ssh2, Client.connect.
"""

from __future__ import annotations

from itertools import product

from csi_probe.drivers.schema import Key

# With -api- over the API alone; nvmeof, and truenas-api-*, only in images of branch next.
VARIANTS = tuple(
    f"{brand}-{api}{protocol}"
    for brand, api, protocol in product(("freenas", "truenas"), ("", "api-"), ("nfs", "iscsi", "smb", "nvmeof"))
)
# Drivers of democratic-csi that do without TrueNAS (src/driver/factory.js).
OTHERS = (
    *(f"{kind}-{protocol}" for kind in ("zfs-generic", "synology") for protocol in ("nfs", "iscsi", "smb", "nvmeof")),
    *("zfs-local-dataset", "zfs-local-zvol", "zfs-local-ephemeral-inline", "smb-client", "nfs-client", "lustre-client"),
    *("local-hostpath", "objectivefs", "node-manual"),
)

_TEXT = Key(kind="text")
_FLAG = Key(kind="flag")
_WHOLE = Key(kind="whole")
_ANY = Key(kind="any")
_TEMPLATE = Key(kind="text", template=True)
_SECRET = Key(kind="text", secret=True)
_TEXTS = Key(kind="list", item=_TEXT)
_FREE = Key(kind="block", rest=_ANY)
_ID = 'write the id that "midclt call {}" shows; it is not the number in the UI, and no name'
_HOST = Key(
    kind="text",
    required=True,
    form=r"[^\s/@]+",
    wanted="a host name or an address",
    fix="write the host alone, without https:// and path",
)
_DATASET = Key(
    kind="text",
    required=True,
    form=r"[A-Za-z][A-Za-z0-9_.: -]*(/[A-Za-z0-9_.: -]+)*/?",
    wanted="a dataset such as tank/k8s/volumes",
    fix="write the dataset's name, without /mnt/ before it",
)
_PROPERTIES = Key(kind="block", rest=Key(kind="text", template=True, fix="put the value in quotes"))

_SSH2 = (
    *("agent", "agentForward", "algorithms", "authHandler", "debug", "forceIPv4", "forceIPv6", "hostHash", "ident"),
    *("hostVerifier", "keepaliveCountMax", "keepaliveInterval", "localAddress", "localHostname", "localPort"),
    *("localUsername", "readyTimeout", "sock", "strictVendor", "timeout", "tryKeyboard"),
)

_HTTP = Key(
    kind="block",
    required=True,
    keys={
        "protocol": Key(kind="text", choices=("http", "https")),
        "host": _HOST,
        "port": _WHOLE,
        "apiKey": _SECRET,
        "username": _TEXT,
        "password": _SECRET,
        "allowInsecure": _FLAG,
        "apiVersion": Key(
            kind="number",
            wanted="the number 2",
            fix='write apiVersion: 2 without quotes ("2" is an unknown apiVersion up to 1.9.4), or leave it out',
        ),
    },
    unread=dict.fromkeys(("socketTimeout", "requestTimeout", "timeout"), "nothing: the time-out is 60 s, built in"),
)
_SSH = Key(
    kind="block",
    required=True,
    keys={
        "host": _HOST,
        "port": _WHOLE,
        "username": _TEXT,
        "password": _SECRET,
        "privateKey": _SECRET,
        "passphrase": _SECRET,
        **dict.fromkeys(_SSH2, _ANY),
    },
)
_NUMERIC = Key(
    kind="whole", wanted="a numeric id", fix="write the number that id shows on the NAS; names are refused since v1.5.3"
)
_ZFS = Key(
    kind="block",
    required=True,
    keys={
        "datasetParentName": _DATASET,
        "detachedSnapshotsDatasetParentName": _DATASET,
        "datasetProperties": _PROPERTIES,
        "snapshotProperties": _PROPERTIES,
        "datasetEnableQuotas": _FLAG,
        "datasetEnableReservation": _FLAG,
        "datasetPermissionsMode": Key(
            kind="text",
            form=r"0?[0-7]{3,4}",
            wanted='octal digits in quotes, such as "0777"',
            fix='put it in quotes: "0777"; without them YAML makes another number of it',
        ),
        "datasetPermissionsUser": _NUMERIC,
        "datasetPermissionsGroup": _NUMERIC,
        "datasetPermissionsAcls": _TEXTS,
        "datasetPermissionsAclsBinary": _TEXT,
        "zvolCompression": Key(kind="text", fix='put the value in quotes, such as "lz4" or "off"'),
        "zvolDedup": Key(kind="text", fix='put the value in quotes: "on", "off" or "verify"'),
        "zvolEnableReservation": _FLAG,
        "zvolBlocksize": Key(
            kind="any", form=r"(?i)512|(1|2|4|8|16|32|64|128)K", wanted="512, 1K, 2K, 4K, 8K, 16K, 32K, 64K or 128K"
        ),
        "cli": Key(
            kind="block",
            keys={
                "sudoEnabled": _FLAG,
                "paths": Key(kind="block", keys={"zfs": _TEXT, "zpool": _TEXT, "sudo": _TEXT, "chroot": _TEXT}),
            },
        ),
    },
)
_NFS = Key(
    kind="block",
    required=True,
    keys={
        "shareHost": _HOST,
        "shareAlldirs": _FLAG,
        "shareAllowedHosts": _TEXTS,
        "shareAllowedNetworks": _TEXTS,
        "shareMaprootUser": _TEXT,
        "shareMaprootGroup": _TEXT,
        "shareMapallUser": _TEXT,
        "shareMapallGroup": _TEXT,
        "shareCommentTemplate": _TEMPLATE,
    },
)
_NAMES = {"nameTemplate": _TEMPLATE, "namePrefix": _TEXT, "nameSuffix": _TEXT}
_PORTAL = Key(
    kind="text",
    form=r"\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?|[^\s/:@]+(:[0-9]{1,5})?",
    wanted="ADDRESS or ADDRESS:PORT",
    fix="write ADDRESS:3260, an IPv6 address in brackets",
)
AUTH_TYPE = Key(kind="text", form=r"(?i)none|chap|chap[ _]mutual", wanted="None, CHAP or CHAP Mutual")
_TARGET_GROUP = Key(
    kind="block",
    keys={
        "targetGroupPortalGroup": Key(kind="whole", required=True, fix=_ID.format("iscsi.portal.query")),
        "targetGroupInitiatorGroup": Key(kind="whole", required=True, fix=_ID.format("iscsi.initiator.query")),
        "targetGroupAuthType": AUTH_TYPE,
        "targetGroupAuthGroup": Key(kind="whole", fix="write the Group ID of the CHAP user under Authorized Access"),
    },
)
_ISCSI = Key(
    kind="block",
    required=True,
    keys={
        "targetPortal": _PORTAL,
        "targetPortals": Key(kind="list", item=_PORTAL),
        "interface": _TEXT,
        **_NAMES,
        "targetGroups": Key(kind="list", required=True, item=_TARGET_GROUP),
        "extentInsecureTpc": _FLAG,
        "extentXenCompat": _FLAG,
        "extentDisablePhysicalBlocksize": _FLAG,
        "extentBlocksize": _WHOLE,
        "extentRpm": _ANY,
        "extentAvailThreshold": _WHOLE,
        "extentCommentTemplate": _TEMPLATE,
    },
)
_SMB = Key(
    kind="block",
    required=True,
    keys={
        "shareHost": _HOST,
        **_NAMES,
        "shareAuxiliaryConfigurationTemplate": _TEMPLATE,
        "shareAllowedHosts": _TEXTS,
        "shareDeniedHosts": _TEXTS,
        **{
            f"share{name}": _FLAG
            for name in (
                *("Home", "DefaultPermissions", "GuestOk", "GuestOnly", "ShowHiddenFiles", "RecycleBin", "Browsable"),
                *("AccessBasedEnumeration", "TimeMachine"),
            )
        },
        "shareStorageTask": _ANY,
    },
)
_TRANSPORT = Key(kind="text", form=r"(tcp|rdma|fc)://\S+", wanted="tcp://ADDRESS:4420", fix="write tcp://ADDRESS:4420")
_NVMEOF = Key(
    kind="block",
    required=True,
    keys={
        "transport": _TRANSPORT,
        "transports": Key(kind="list", item=_TRANSPORT),
        **_NAMES,
        "ports": Key(
            kind="list", required=True, item=Key(kind="whole", fix=_ID.format("nvmet.port.query")),
            wanted="a list of ids of NVMe-oF ports",
        ),
        "subsystemTemplate": _FREE,
        "namespaceTemplate": _FREE,
    },
)  # fmt: skip
_BY_PROTOCOL = {"nfs": _NFS, "iscsi": _ISCSI, "smb": _SMB, "nvmeof": _NVMEOF}
_VOLUME = Key(
    kind="block",
    keys={
        "idTemplate": _TEMPLATE,
        "idHash": Key(
            kind="block",
            keys={"strategy": Key(kind="text", form=r"(?i)md5|crc8|crc16|crc32", wanted="md5, crc8, crc16 or crc32")},
        ),
        "deleteStrategy": _ANY,
        "volumeContext": _FREE,
    },
)
_REST = {
    "driver": Key(kind="text", required=True),
    "instance_id": _ANY,
    "csi": Key(kind="block", keys={"access_modes": _TEXTS}),
    "node": Key(
        kind="block",
        keys={
            "mount": Key(kind="block", keys={"mount_flags": _SECRET, "checkFilesystem": _FREE}),
            "format": _FREE,
            "csiProxy": _FREE,
        },
    ),
    "service": _FREE,
    "_private": Key(kind="block", keys={"csi": Key(kind="block", keys={"volume": _VOLUME})}),
}


def keys(variant: str) -> Key:
    """The schema of one driver of VARIANTS; blocks of the others are known as such."""
    protocol = variant.rpartition("-")[2]
    blocks = {"httpConnection": _HTTP, "zfs": _ZFS, protocol: _BY_PROTOCOL[protocol]}
    unread = {name: f"nothing: {variant} does not read it" for name in _BY_PROTOCOL if name != protocol}
    if "-api-" in variant:
        unread["sshConnection"] = f"nothing: {variant} does everything over the API"
    else:
        blocks["sshConnection"] = _SSH
    return Key(kind="block", keys=_REST | blocks, unread=unread)
