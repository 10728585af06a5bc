"""TrueNAS's answers into entries: pure, tolerant of fields that come and go between releases.

Every parser raises ShapeError, and nothing else, when the answer is not what its method gives in any release.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from csi_probe.contact import Version
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
from csi_probe.facts import Fact, Known, Missing
from csi_probe.truenas.shapes import ShapeError, identity, items, leaf, moment, rows, text, typed

T = TypeVar("T")
Row = dict[str, Any]
Json = Any


def each(parse: Callable[[Row], T]) -> Callable[[Json], tuple[T, ...]]:
    """A parser for the rows of a query, from a parser for one row."""
    return lambda answer: tuple(parse(row) for row in rows(answer))


def version(answer: Json) -> Version:
    """Such as "25.10.6", "TrueNAS-SCALE-24.10.2.4", "TrueNAS-13.3-U1.2", "26.0.0-BETA.3"."""
    name = text(answer)[:100]
    number = re.search(r"\d{1,4}(\.\d{1,4})+", name, re.ASCII)
    if not number:
        raise ShapeError("no version number is in it")
    return Version(name, tuple(int(part) for part in number[0].split(".")))


def api_key(row: Row) -> ApiKeyEntry:
    """Up to 24.10 keys belong to no user, never expire and cannot be revoked; their rows have no such fields."""
    before_users = "username" not in row
    return ApiKeyEntry(
        id=identity(row, "id", int),
        name=identity(row, "name", str),
        expires=Known(None) if before_users else _expiry(row),
        revoked=Known(value=False) if before_users else leaf(row, "revoked", of=bool),
    )


def _expiry(row: Row) -> Fact[datetime | None]:
    if "expires_at" not in row:
        return Missing("this TrueNAS's answer has no field expires_at")
    try:
        return Known(None if row["expires_at"] is None else moment(row["expires_at"]))
    except ShapeError as wrong:
        return Missing(f"in the field expires_at of TrueNAS's answer, {wrong}")


def pool(row: Row) -> PoolEntry:
    """CORE's rows have no size and allocated (13.0-U6.8, plugins/pool.py, pool_extend); there the vdevs have."""
    return PoolEntry(
        name=identity(row, "name", str),
        status=leaf(row, "status", of=str),
        healthy=leaf(row, "healthy", of=bool),
        size=leaf(row, "size", of=int) if "size" in row else _vdevs(row, "size"),
        allocated=leaf(row, "allocated", of=int) if "allocated" in row else _vdevs(row, "allocated"),
    )


def _vdevs(row: Row, field: str) -> Fact[int]:
    total = 0
    for group in ("data", "special", "dedup"):
        vdevs = row["topology"].get(group) if isinstance(row.get("topology"), dict) else None
        for vdev in vdevs if isinstance(vdevs, list) else ():
            stat = leaf(vdev, "stats", field, of=int)
            if isinstance(stat, Missing):
                return stat
            total += stat.value
    return Known(total) if total else Missing(f"this TrueNAS's answer has no field {field}")


def dataset(row: Row) -> DatasetEntry:
    """ZFS properties come as {"parsed": value, "rawvalue": text, …}; a quota that is not set is parsed as null."""
    return DatasetEntry(
        name=identity(row, "id", str),
        type=leaf(row, "type", of=str),
        locked=leaf(row, "locked", of=bool),
        encrypted=leaf(row, "encrypted", of=bool),
        readonly=leaf(row, "readonly", "parsed", of=bool),
        available=leaf(row, "available", "parsed", of=int),
        used=leaf(row, "used", "parsed", of=int),
        quota=leaf(row, "quota", "parsed", of=int, null=0),
    )


def service(row: Row) -> ServiceEntry:
    return ServiceEntry(identity(row, "service", str), leaf(row, "state", of=str), leaf(row, "enable", of=bool))


def nfs_config(answer: Json) -> NfsConfig:
    """Up to 22.12 NFSv3 is always on and `v4` says whether NFSv4 is; later `protocols` lists them."""
    row = typed(answer, dict)
    protocols = items(row, "protocols", text).then(frozenset)
    if "protocols" not in row:
        protocols = leaf(row, "v4", of=bool).then(lambda v4: frozenset(("NFSV3", "NFSV4") if v4 else ("NFSV3",)))
    return NfsConfig(protocols, items(row, "bindip", text))


def nfs_share(row: Row) -> NfsShare:
    """SCALE's shares have one `path`, CORE's a list of `paths`."""
    paths = identity(row, "paths", list) if "path" not in row else [row["path"]]
    return NfsShare(
        id=identity(row, "id", int),
        paths=tuple(text(path) for path in paths),
        enabled=leaf(row, "enabled", of=bool),
        networks=items(row, "networks", text),
        hosts=items(row, "hosts", text),
    )


def addresses(answer: Json) -> tuple[str, ...]:
    """Every IP address of the NAS: configured, live (DHCP's are only there), and an HA pair's virtual ones."""
    found: dict[str, None] = {}
    for row in rows(answer):
        for alias in _aliases(row):
            try:
                ip = ipaddress.ip_address(str(alias.get("address")))
            except ValueError:  # a MAC address, in an alias of type LINK
                continue
            if not ip.is_loopback and not ip.is_link_local:
                found[str(ip)] = None
    return tuple(found)


def _aliases(row: Row) -> Iterator[Row]:
    for path in (("aliases",), ("state", "aliases"), ("failover_virtual_aliases",)):
        match leaf(row, *path, of=list):
            case Known(aliases):
                yield from (alias for alias in aliases if isinstance(alias, dict))


def iscsi_config(answer: Json) -> IscsiConfig:
    """CORE has no `listen_port`: there each portal's listen has a port of its own."""
    row = typed(answer, dict)
    port: Fact[int | None] = leaf(row, "listen_port", of=int) if "listen_port" in row else Known(None)
    return IscsiConfig(leaf(row, "basename", of=str), port)


def portal(row: Row) -> PortalEntry:
    return PortalEntry(
        id=identity(row, "id", int),
        tag=leaf(row, "tag", of=int),
        listen=items(row, "listen", _listen),
    )


def _listen(value: Json) -> Listen:
    row = typed(value, dict)
    port = row.get("port")
    return Listen(identity(row, "ip", str), None if port is None else typed(port, int))


def initiator(row: Row) -> InitiatorEntry:
    """Only CORE's groups have `auth_network`: the networks from which one may log in."""
    networks = items({"auth_network": []} | row, "auth_network", text)
    return InitiatorEntry(identity(row, "id", int), items(row, "initiators", text), networks)


def auth(row: Row) -> AuthEntry:
    """The row's secret and peersecret, which a key with more than read access gets in clear, are left behind here."""
    return AuthEntry(
        id=identity(row, "id", int),
        tag=identity(row, "tag", int),
        user=leaf(row, "user", of=str),
        peer_user=leaf(row, "peeruser", of=str, null=""),
    )


def target(row: Row) -> TargetEntry:
    return TargetEntry(identity(row, "id", int), identity(row, "name", str), items(row, "groups", _group))


def _group(value: Json) -> TargetGroup:
    row = typed(value, dict)
    initiators, tag = row.get("initiator"), row.get("auth")
    return TargetGroup(
        portal=identity(row, "portal", int),
        initiator=None if initiators is None else typed(initiators, int),
        method=identity(row, "authmethod", str),
        auth=None if tag is None else typed(tag, int),
    )


def extent(row: Row) -> ExtentEntry:
    return ExtentEntry(
        id=identity(row, "id", int),
        name=identity(row, "name", str),
        enabled=leaf(row, "enabled", of=bool),
        locked=leaf(row, "locked", of=bool, null=False),
    )


def nvmet_port(row: Row) -> NvmetPort:
    number = row.get("addr_trsvcid")
    digits = isinstance(number, str) and number.isascii() and number.isdigit()
    return NvmetPort(
        id=identity(row, "id", int),
        address=identity(row, "addr_traddr", str),
        transport=leaf(row, "addr_trtype", of=str),
        port=leaf(row | {"addr_trsvcid": int(str(number)[:6])} if digits else row, "addr_trsvcid", of=int, null=None),
        enabled=leaf(row, "enabled", of=bool),
    )


def mapping(row: Row) -> MappingEntry:
    return MappingEntry(identity(row, "target", int), identity(row, "extent", int), identity(row, "lunid", int))
