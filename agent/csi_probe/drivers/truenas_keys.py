"""What truenas-csi reads, as data: the same settings, spelled differently in each place where they can stand.

Sources: truenas-csi cmd/main.go, deploy/truenas-csi-driver.yaml, operator/api/v1alpha1, the values of
charts/truenas-csi (1.3, 1.4) and of the older helm/chart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from csi_probe.drivers.parameters import IQN_BASE
from csi_probe.drivers.schema import Key

Setting = Literal[
    "url", "pool", "insecure", "nfs", "iscsi", "nvmeof", "iqn", "key", "name", "ca", "ca elsewhere", "secret key"
]

_TEXT = Key(kind="text")
_ANY = Key(kind="any")
_PORTAL = Key(kind="text", form=r"[^\s/]+", wanted="HOST:PORT")
_GO_FLAG = Key(kind="text", form="1|t|T|TRUE|true|True|0|f|F|FALSE|false|False", wanted="true or false")
_URL = Key(kind="text", required=True, form=r"(?i:wss?|https?)://[^\s/@]+(/\S*)?", wanted="wss://HOST")
_POOL = Key(
    kind="text",
    required=True,
    form="[^/]+",
    wanted="a pool's name",
    fix="give the pool alone; what is below it belongs into datasetPath of each StorageClass",
)


@dataclass(frozen=True, slots=True)
class Form:
    """One place for settings. `settings`: its key for each; `keys`: what lint() is to know of all its keys.

    `path`: the dotted path of the block that has them. `only`: keys by which the place is known.
    """

    settings: Mapping[Setting, str]
    keys: Mapping[str, Key]
    path: str = ""
    only: frozenset[str] = frozenset()


CONFIG_MAP = Form(
    {
        "url": "truenasURL",
        "pool": "defaultPool",
        "insecure": "truenasInsecure",
        "nfs": "nfsServer",
        "iscsi": "iscsiPortal",
        "nvmeof": "nvmeofPortal",
        "iqn": "iscsiIQNBase",
    },
    {
        "truenasURL": _URL,
        "defaultPool": _POOL,
        "truenasInsecure": _GO_FLAG,
        "nfsServer": _TEXT,
        "iscsiPortal": _PORTAL,
        "nvmeofPortal": _PORTAL,
        "iscsiIQNBase": IQN_BASE,
        **dict.fromkeys(("metricsAddr", "nodeMetricsAddr", "httpsProxy", "httpProxy", "noProxy"), _TEXT),
    },
)
RESOURCE = Form(
    {**CONFIG_MAP.settings, "insecure": "insecureSkipTLS", "ca elsewhere": "trustedCA"},
    {
        **{name: key for name, key in CONFIG_MAP.keys.items() if name in CONFIG_MAP.settings.values()},
        "insecureSkipTLS": Key(kind="flag"),
        "credentialsSecret": Key(kind="text", required=True, wanted="the name of the Secret with the key api-key"),
        **dict.fromkeys(("trustedCA", "driverImage", "controllerReplicas", "nodeSelector", "tolerations"), _ANY),
        **dict.fromkeys(("logLevel", "managementState", "namespace"), _ANY),
    },
    path="spec",
    only=frozenset({"credentialsSecret", "insecureSkipTLS", "trustedCA", "driverImage"}),
)
ENVIRONMENT = Form(
    {
        "url": "TRUENAS_URL",
        "pool": "TRUENAS_DEFAULT_POOL",
        "insecure": "TRUENAS_INSECURE_SKIP_VERIFY",
        "nfs": "TRUENAS_NFS_SERVER",
        "iscsi": "TRUENAS_ISCSI_PORTAL",
        "nvmeof": "TRUENAS_NVMEOF_PORTAL",
        "iqn": "TRUENAS_ISCSI_IQN_BASE",
        "key": "TRUENAS_API_KEY",
        "name": "CSI_DRIVER_NAME",
        "ca elsewhere": "TRUENAS_CA_BUNDLE",
    },
    {
        "TRUENAS_URL": _URL,
        "TRUENAS_DEFAULT_POOL": _POOL,
        "TRUENAS_INSECURE_SKIP_VERIFY": _GO_FLAG,
        "TRUENAS_ISCSI_PORTAL": _PORTAL,
        "TRUENAS_NVMEOF_PORTAL": _PORTAL,
        "TRUENAS_ISCSI_IQN_BASE": IQN_BASE,
        "TRUENAS_API_KEY": Key(kind="text", secret=True),
    },
    only=frozenset({"TRUENAS_URL"}),
)
VALUES = Form(
    {
        "url": "url",
        "pool": "defaultPool",
        "insecure": "insecureSkipTLS",
        "nfs": "nfsServer",
        "iscsi": "iscsiPortal",
        "nvmeof": "nvmeofPortal",
        "iqn": "iscsiIQNBase",
        "key": "apiKey",
        "ca": "caBundle",
        "ca elsewhere": "existingCABundleConfigMap",
        "secret key": "existingSecretKey",
    },
    {
        "url": _URL,
        "defaultPool": _POOL,
        "insecureSkipTLS": _ANY,
        "insecureSkipVerify": _ANY,
        "nfsServer": _TEXT,
        "iscsiPortal": _PORTAL,
        "nvmeofPortal": _PORTAL,
        "iscsiIQNBase": IQN_BASE,
        "apiKey": Key(kind="text", secret=True),
        **dict.fromkeys(("existingSecret", "existingSecretKey", "caBundle"), _TEXT),
        **dict.fromkeys(("existingCABundleConfigMap", "existingCABundleKey"), _TEXT),
    },
    path="truenas",
)
OLD_VALUES = Form({**VALUES.settings, "insecure": "insecureSkipVerify"}, VALUES.keys, VALUES.path)
