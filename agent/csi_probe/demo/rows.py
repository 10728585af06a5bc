"""Storage and sharing of a healthy TrueNAS: rows of its answers in the exact shape of each era."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from csi_probe.demo.eras import Era

Row = dict[str, Any]

TIB = 1024**4
POOL = "tank"
DATASETS = ("tank", "tank/k8s", "tank/k8s/nfs", "tank/k8s/nfs-snapshots", "tank/k8s/iscsi", "tank/k8s/iscsi-snapshots")
ADDRESSES = {"enp1s0": "192.0.2.10", "enp2s0": "198.51.100.10"}
KEY_ID, DRIVER_KEY_ID = 1, 2
KEY_DAYS = 200
_SIZE, _ALLOCATED = 8 * TIB, 8 * TIB * 35 // 100


def ejson(moment: datetime) -> Row:
    """A date as TrueNAS sends it."""
    return {"$date": int(moment.timestamp() * 1000)}


def keys(era: Era, username: str, drivers_user: str) -> list[Row]:
    """api_key.query: the probe's own key and the driver's."""
    return [_key(era, KEY_ID, username), _key(era, DRIVER_KEY_ID, drivers_user)]


def _key(era: Era, number: int, username: str) -> Row:
    now = datetime.now(UTC)
    row: Row = {"id": number, "name": username, "created_at": ejson(now - timedelta(days=30))}
    if era is Era.SCALE_24_10:
        row |= {"allowlist": [{"method": "*", "resource": "*"}]}
    if era.since(Era.V25_04):
        row |= {"username": username, "user_identifier": 3001, "local": True, "revoked": False}
        row |= {"expires_at": ejson(now + timedelta(days=KEY_DAYS))}
    if era in {Era.V25_04, Era.V25_10}:
        row |= {"keyhash": "********"}
    if era.since(Era.V25_10):
        row |= {"revoked_reason": None}
    if era.since(Era.V26):
        row |= {"iterations": 500000, "salt": "********", "stored_key": "********", "server_key": "********"}
    return row


def pools(era: Era) -> list[Row]:
    """pool.query."""
    stats = {"size": _SIZE, "allocated": _ALLOCATED, "read_errors": 0, "write_errors": 0, "checksum_errors": 0}
    disks = [{"name": "mirror-0", "type": "MIRROR", "status": "ONLINE", "stats": stats, "children": []}]
    topology: Row = {"data": disks} | {group: [] for group in ("log", "cache", "spare", "special", "dedup")}
    row: Row = {"id": 1, "name": POOL, "guid": "9170891410451010721", "path": f"/mnt/{POOL}", "status": "ONLINE"}
    row |= {"healthy": True, "status_detail": None, "scan": None, "topology": topology}
    row |= {"autotrim": _property("off", parsed="off")}
    if era is Era.CORE_13:
        return [row | {"encrypt": 0, "encryptkey": "", "encryptkey_path": None, "is_decrypted": True}]
    row |= {"warning": False, "status_code": "OK", "expand": None, "is_upgraded": True, "fragmentation": "3"}
    for field, size in {"size": _SIZE, "allocated": _ALLOCATED, "free": _SIZE - _ALLOCATED, "freeing": 0}.items():
        row |= {field: size, f"{field}_str": str(size)}
    row |= {"dedup_table_size": 0, "dedup_table_quota": "auto"}
    return [row | {"all_sed": False} if era.since(Era.V26) else row]


def datasets() -> list[Row]:
    """pool.dataset.query: alike in all eras, as far as the probe reads it."""
    return [_dataset(name) for name in DATASETS]


def _dataset(name: str) -> Row:
    available = (_SIZE - _ALLOCATED) * 9 // 10
    return {
        "id": name,
        "name": name,
        "pool": POOL,
        "type": "FILESYSTEM",
        "encrypted": False,
        "encryption_root": None,
        "key_loaded": False,
        "locked": False,
        "mountpoint": f"/mnt/{name}",
        "children": [],
        "readonly": _property("off", parsed=False),
        "available": _property(str(available), parsed=available),
        "used": _property(str(_ALLOCATED), parsed=_ALLOCATED),
        "quota": _property("0", parsed=None),
        "refquota": _property("0", parsed=None),
        "user_properties": {},
    }


def _property(raw: str, *, parsed: object) -> Row:
    return {"parsed": parsed, "rawvalue": raw, "value": raw.upper(), "source": "DEFAULT", "source_info": None}


def services(era: Era) -> list[Row]:
    """service.query."""
    names = {"ssh": True, "nfs": True, "iscsitarget": True, "cifs": True}
    if era.since(Era.V25_10):
        names["nvmet"] = True
    return [
        {
            "id": number,
            "service": name,
            "enable": on,
            "state": "RUNNING" if on else "STOPPED",
            "pids": [1000 + number] * on,
        }
        for number, (name, on) in enumerate(names.items(), start=1)
    ]


def nfs_config(era: Era) -> Row:
    """nfs.config."""
    row: Row = {"id": 1, "servers": 4, "allow_nonroot": False, "v4_krb": False, "v4_domain": "", "bindip": []}
    row |= {"mountd_port": None, "rpcstatd_port": None, "rpclockd_port": None, "mountd_log": True}
    row |= {"statd_lockd_log": False, "v4_krb_enabled": False, "userd_manage_gids": False}
    if era is Era.CORE_13:
        return row | {"udp": False, "v4": True, "v4_v3owner": False, "v4_owner_major": ""}
    return row | {"protocols": ["NFSV3", "NFSV4"], "keytab_has_nfs_spn": False, "managed_nfsd": True, "rdma": False}


def nfs_shares(era: Era, node_addresses: Sequence[str]) -> list[Row]:
    """sharing.nfs.query: one volume that a driver has made, shared with the networks of the nodes."""
    networks = {str(ipaddress.ip_network((address, 24), strict=False)) for address in node_addresses}
    path = "/mnt/tank/k8s/nfs/pvc-2c5e5b7e-6f1c-4c0b-8d1e-0a7b8c9d0e1f"
    row: Row = {
        "id": 7,
        "comment": "k8s volume",
        "networks": sorted(networks),
        "hosts": [],
        "ro": False,
        "enabled": True,
    }
    row |= {"maproot_user": "root", "maproot_group": "wheel", "mapall_user": None, "mapall_group": None}
    row |= {"security": [], "locked": False}
    if era is Era.CORE_13:
        return [row | {"paths": [path], "alldirs": False, "quiet": False}]
    row |= {"path": path, "aliases": []}
    if era.since(Era.V25_04):
        row |= {"expose_snapshots": False}
    if era.since(Era.V26):
        row |= {"dataset": path.removeprefix("/mnt/"), "relative_path": "", "tier": None}
    return [row]


def interfaces() -> list[Row]:
    """interface.query: one interface configured, one with an address by DHCP, which only its state has."""
    return [_interface(name, address, dhcp=number == 1) for number, (name, address) in enumerate(ADDRESSES.items())]


def _interface(name: str, address: str, *, dhcp: bool) -> Row:
    alias = {"type": "INET", "address": address, "netmask": 24}
    live = [alias | {"broadcast": address.rsplit(".", 1)[0] + ".255"}, {"type": "LINK", "address": "52:54:00:0a:0b:0c"}]
    live.append({"type": "INET6", "address": "fe80::5054:ff:fe0a:b0c", "netmask": 64})
    state: Row = {"name": name, "orig_name": name, "description": name, "mtu": 1500, "cloned": False, "flags": ["UP"]}
    state |= {"nd6_flags": [], "capabilities": [], "link_state": "LINK_STATE_UP", "supported_media": []}
    state |= {"media_type": "Ethernet", "media_subtype": "autoselect", "media_options": None}
    state |= {"active_media_type": "Ethernet", "active_media_subtype": "1000Mb/s Twisted Pair"}
    state |= {"link_address": "52:54:00:0a:0b:0c", "permanent_link_address": None, "hardware_link_address": ""}
    state |= {"aliases": live}
    row: Row = {"id": name, "name": name, "fake": False, "type": "PHYSICAL", "state": state}
    row |= {"aliases": [] if dhcp else [alias], "ipv4_dhcp": dhcp, "ipv6_auto": False, "description": "", "mtu": None}
    return row
