"""What scale-csi reads from config.yaml and from its chart's values, as data; both are strict.

Sources: scale-csi pkg/driver/config.go (decoded with KnownFields) and charts/scale-csi/values.schema.json (7e04a0d).
"""

from __future__ import annotations

from csi_probe.drivers.schema import Key

_TEXT = Key(kind="text")
_ANY = Key(kind="any")
_NUMBER = Key(kind="number")
_FLAG = Key(kind="flag")
_TEXTS = Key(kind="list", item=_TEXT)
_FREE = Key(kind="block", rest=_ANY)
_SECRET = Key(kind="text", secret=True)
_HOST = Key(kind="text", required=True, form=r"[^\s/@]+", wanted="a host name or an address, without https:// and path")
_PARENT = Key(
    kind="text",
    required=True,
    form=r"(?!/)\S.*",
    wanted="a dataset such as tank/k8s/volumes",
    fix="write the dataset's name, without /mnt/ before it",
)
_TCP = Key(kind="text", choices=("tcp", "rdma"))


def _block(*any_of: str, **keys: Key) -> Key:
    return Key(kind="block", keys={**dict.fromkeys(any_of, _ANY), **keys})


_GROUPS = Key(kind="list", item=_block(portal=_NUMBER, initiator=_NUMBER, authMethod=_TEXT, auth=_NUMBER))
_CHAP = _block(enabled=_FLAG, tag=_NUMBER, mutual=_FLAG)
_SQUASH = {f"share{kind}{of}": _TEXT for kind in ("Maproot", "Mapall") for of in ("User", "Group")}
_EXPORT = {
    "enabled": _FLAG,
    "nconnect": _NUMBER,
    "trunking": _FLAG,
    "addresses": _TEXTS,
    "shareAllowedNetworks": _TEXTS,
    **_SQUASH,
    "shareSecurity": _TEXTS,
    "shareExposeSnapshots": _FLAG,
    "krbEnabled": _FLAG,
    "versionPreflight": _FLAG,
    "ensureProtocols": _TEXTS,
}
_TIMES = dict.fromkeys(("requestTimeout", "connectTimeout", "writeTimeout", "maxConcurrentRequests"), _NUMBER)
_ZFS = ("zvolBlocksize", "zvolEnableReservation", "zvolReadyTimeout", "destroyForeignSnapshotsOnDelete")
_ZFS_MORE = ("holdCsiSnapshots", "snapshotSchedule", "snapshotRetention", "promoteRestoredClones", "reportVolumeUsage")
_SESSIONS = ("enabled", "interval", "gracePeriod", "dryRun", "runOnStartup", "startupDelay", "iscsiEnabled")
_RECONCILE = ("enabled", "interval", "minOrphanAge", "tombstoneMinAge", "delete", "spentRestore", "bookkeeping")

CONFIG = _block(
    "driver",
    "driverInstanceId",
    "instance_id",
    fencing=_block("mode", "startupReconcileTimeout", "staleRecordGracePeriod"),
    truenas=Key(
        kind="block",
        required=True,
        keys={
            "host": _HOST,
            "port": _NUMBER,
            "protocol": Key(kind="text", choices=("https", "http")),
            "apiKey": _SECRET,
            "allowInsecure": _FLAG,
            "caCert": _TEXT,
            "caCertFile": _TEXT,
            "maxConnections": _NUMBER,
            **_TIMES,
        },
    ),
    zfs=Key(
        kind="block",
        required=True,
        keys={
            "datasetParentName": _PARENT,
            "datasetProperties": _FREE,
            **dict.fromkeys(("detachedVolumesFromSnapshots", "datasetEnableQuotas", "datasetEnableReservation"), _FLAG),
            **dict.fromkeys((*_ZFS, *_ZFS_MORE), _ANY),
        },
    ),
    nfs=_block("shareCommentTemplate", **_EXPORT, shareHost=_TEXT, shareAllowedHosts=_TEXTS),
    iscsi=_block(
        *("interface", "nameSuffix", "extentBlocksize", "extentDisablePhysicalBlocksize", "extentRpm"),
        *("extentAvailThreshold", "deviceWaitTimeout", "serviceReloadDebounce", "targetPortals"),
        enabled=_FLAG,
        targetPortal=_TEXT,
        multipath=_FLAG,
        portals=_TEXTS,
        targetGroups=_GROUPS,
        chap=_CHAP,
    ),
    nvmeof=_block(
        *("namePrefix", "nameSuffix", "nameTemplate", "deviceWaitTimeout", "commandTimeout", "portPerf"),
        enabled=_FLAG,
        transport=_TCP,
        transportAddress=_TEXT,
        transportServiceId=_NUMBER,
        subsystemAllowAnyHost=_FLAG,
        subsystemHosts=_TEXTS,
        multipath=_FLAG,
        addresses=_TEXTS,
    ),
    sessionGC=_block(*_SESSIONS, "nvmeofEnabled"),
    reconcile=_block(*_RECONCILE, "tombstoneReaper", "repair"),
    capacity=_block("reportMaximumVolumeSize", "gaugeEnabled", "gaugeInterval"),
    backendHealth=_block("enabled", "interval"),
    health=_block("cacheTTL"),
    debug=_block("listenAddress"),
    encryption=_block("enabled"),
    node=_block("topology", "sessionCleanupDelay", "maxVolumesPerNode"),
    resilience=_block("circuitBreaker", "retry", "rateLimiting"),
    commandTimeouts=_block("mount", "format", "iscsi", "nvme"),
)
# Keys of config.yaml that are taken and ignored (deprecatedConfigKeys and iscsi.targetPortals), by block.
INERT = (
    ("nfs", "shareCommentTemplate", "nothing"),
    ("iscsi", "extentAvailThreshold", "nothing"),
    ("iscsi", "targetPortals", "iscsi.multipath with iscsi.portals"),
    ("nvmeof", "nameTemplate", "nothing"),
    ("nvmeof", "commandTimeout", "commandTimeouts.nvme"),
)
VALUES = _block(
    *(
        "nameOverride",
        "fullnameOverride",
        "csiDriverName",
        "csidriver",
        "backendHealth",
        "encryption",
        "debug",
        "health",
    ),
    *("capacity", "driverInstanceId", "fencing", "image", "imagePullSecrets", "controller", "node", "kubeletDir"),
    *("storageClasses", "storageClass", "snapshotClass", "sidecars", "serviceAccount", "rbac", "podSecurityContext"),
    *("securityContext", "logging", "metrics", "reconcile", "sessionGC", "resilience", "commandTimeouts", "global"),
    truenas=Key(
        kind="block",
        required=True,
        keys={
            "host": _HOST,
            "port": _NUMBER,
            "secure": _FLAG,
            "skipTLSVerify": _FLAG,
            "caCert": _TEXT,
            "caCertFile": _TEXT,
            "apiKey": _SECRET,
            "existingSecret": _TEXT,
            "maxConnections": _NUMBER,
            **_TIMES,
        },
    ),
    zfs=Key(
        kind="block",
        required=True,
        keys={
            "parentDataset": _PARENT,
            **dict.fromkeys(("datasetProperties", "enforceQuota", "detachedVolumesFromSnapshots"), _ANY),
            **dict.fromkeys((*_ZFS, *_ZFS_MORE, "dedup", "compression", "compressionAlgorithm"), _ANY),
        },
    ),
    nfs=_block(**_EXPORT, server=_TEXT),
    iscsi=_block(
        *("extentBlocksize", "extentDisablePhysicalBlocksize", "extentRpm", "extentAvailThreshold"),
        *("deviceWaitTimeout", "serviceReloadDebounce"),
        enabled=_FLAG,
        portal=_TEXT,
        portalPort=_NUMBER,
        multipath=_FLAG,
        portals=_TEXTS,
        chap=_CHAP,
        targetGroups=_GROUPS,
    ),
    nvmeof=_block(
        "portPerf",
        "commandTimeout",
        enabled=_FLAG,
        transport=_TCP,
        address=_TEXT,
        port=_NUMBER,
        subsystemHosts=_TEXTS,
        subsystemAllowAnyHost=_FLAG,
        multipath=_FLAG,
        addresses=_TEXTS,
    ),
)
