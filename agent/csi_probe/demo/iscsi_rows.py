"""iSCSI on a healthy TrueNAS: rows of its answers in the exact shape of each era."""

from __future__ import annotations

from collections.abc import Sequence

from csi_probe.demo.eras import Era
from csi_probe.demo.rows import ADDRESSES, Row

PORT = 3260
PORTAL, OTHER_PORTAL = 2, 4  # ids; the UI shows the tags, 1 and 2
INITIATOR_GROUP = 3
AUTH_TAG = 5
TARGET = "csi-static"


def global_config(era: Era) -> Row:
    """iscsi.global.config."""
    row: Row = {"id": 1, "basename": "iqn.2005-10.org.freenas.ctl", "isns_servers": [], "alua": False}
    row |= {"pool_avail_threshold": None}
    if era is Era.CORE_13:
        return row
    row |= {"listen_port": PORT, "iser": False}
    return row | {"direct_config": None, "mode": 0} if era.since(Era.V26) else row


def portals(era: Era) -> list[Row]:
    """iscsi.portal.query."""
    numbers = ((PORTAL, 1), (OTHER_PORTAL, 2))
    rows = [
        {"id": id_, "tag": tag, "comment": f"storage network {tag}", "listen": [{"ip": address, "port": PORT}]}
        for (id_, tag), address in zip(numbers, ADDRESSES.values(), strict=True)
    ]
    if era.since(Era.V25_04):
        return rows
    return [row | {"discovery_authmethod": "NONE", "discovery_authgroup": None} for row in rows]


def initiators(era: Era, iqns: Sequence[str]) -> list[Row]:
    """iscsi.initiator.query: one group, with exactly `iqns`."""
    row: Row = {"id": INITIATOR_GROUP, "comment": "kubernetes nodes", "initiators": list(iqns)}
    return [row | {"auth_network": []} if era is Era.CORE_13 else row]


def auths(era: Era) -> list[Row]:
    """iscsi.auth.query. To a key with no more than read access the secrets are stars from 25.04 on."""
    secret = "********" if era.since(Era.V25_04) else "a-secret-of-chap"
    row: Row = {"id": 1, "tag": AUTH_TAG, "user": "csi", "peeruser": "nas", "secret": secret, "peersecret": secret}
    return [row | {"discovery_auth": "NONE"} if era.since(Era.V25_04) else row]


def targets(era: Era) -> list[Row]:
    """iscsi.target.query."""
    group = {"initiator": INITIATOR_GROUP, "authmethod": "CHAP_MUTUAL", "auth": AUTH_TAG}
    groups = [{"portal": portal} | group for portal in (PORTAL, OTHER_PORTAL)]
    row: Row = {"id": 11, "name": TARGET, "alias": None, "mode": "ISCSI", "groups": groups}
    if era.since(Era.SCALE_24_10):
        row |= {"auth_networks": []}
    if era.since(Era.V25_04):
        row |= {"rel_tgt_id": 1, "iscsi_parameters": None}
    return [row]


def extents(era: Era) -> list[Row]:
    """iscsi.extent.query."""
    zvol = "tank/k8s/static"
    row: Row = {"id": 21, "name": TARGET, "type": "DISK", "disk": f"zvol/{zvol}", "path": f"zvol/{zvol}", "comment": ""}
    row |= {"serial": "0a1b2c3d4e5f", "filesize": "0", "blocksize": 512, "pblocksize": False, "avail_threshold": None}
    row |= {"naa": "0x6589cfc000000a1b2c3d4e5f60718293", "insecure_tpc": True, "xen": False, "rpm": "SSD", "ro": False}
    row |= {"enabled": True, "vendor": "TrueNAS", "locked": False}
    if era.since(Era.V25_10):
        row |= {"product_id": "iSCSI Disk"}
    return [row | {"dataset": zvol, "relative_path": ""} if era.since(Era.V26) else row]


def mappings() -> list[Row]:
    """iscsi.targetextent.query."""
    return [{"id": 31, "target": 11, "lunid": 0, "extent": 21}]
