"""A simulated TrueNAS as data: what it answers in each era, and the switches by which its server misbehaves."""

from __future__ import annotations

import copy
import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from csi_probe.demo import iscsi_rows, nvmet_rows, rows
from csi_probe.demo.eras import Era
from csi_probe.truenas.questions import VERSION
from csi_probe.truenas.roles import ROLES

USERNAME = "csi-probe"
DRIVERS_USER = "csi-driver"
_ALPHABET = string.ascii_letters + string.digits


@dataclass
class Certificate:
    """The certificate to be made. Days count from now; `trusted`: the client gets it as its ca_file."""

    names: tuple[str, ...] = ("127.0.0.1", "localhost")
    from_day: int = -30
    to_day: int = 365
    trusted: bool = True


@dataclass
class Manners:
    """How the server behaves. The defaults are those of a healthy TrueNAS."""

    login: Literal["", "AUTH_ERR", "EXPIRED", "DENIED", "REDIRECT"] = ""  # "": by key and user
    rate_limited: bool = False
    shut_out: bool = False  # ui_allowlist does not hold the client
    starting: float = 0  # this many requests get 502
    at_once: int = 20  # calls that one connection may have open
    slow: dict[str, float] = field(default_factory=dict)  # method -> seconds before its answer
    speech: Literal["", "silent", "half-answer", "garbage", "another-server"] = ""
    certificate: Certificate = field(default_factory=Certificate)


@dataclass
class Array:
    """The state of a simulated TrueNAS.

    `answers`: method -> rows or object, in the era's shape. `roles`: those that the key's user holds; None where keys
    have no user (up to 24.10); there `forbidden` are the methods that the key's allow-list leaves out. `driver_key`
    and `driver_roles`: the same of the CSI driver's own key. `shell`: exit status and output, by question, of what a
    driver's SSH login is asked.
    """

    era: Era
    key: str
    driver_key: str
    answers: dict[str, Any]
    roles: set[str] | None
    driver_roles: set[str] | None
    shell: dict[str, tuple[int, str]]
    username: str = USERNAME
    forbidden: set[str] = field(default_factory=set)
    manners: Manners = field(default_factory=Manners)

    def rows(self, method: str) -> list[dict[str, Any]]:
        """The rows of a query, to be changed."""
        found: list[dict[str, Any]] = self.answers[method]
        return found

    def row(self, method: str, **fields: object) -> dict[str, Any]:
        """The one row of a query that has these fields, to be changed."""
        return next(row for row in self.rows(method) if fields.items() <= row.items())

    def change(self, method: str, where: Mapping[str, Any], **fields: object) -> None:
        """Set `fields` of the row that has the fields `where`, or of a config's answer when `where` is empty."""
        (self.row(method, **where) if where else self.answers[method]).update(fields)

    def drop(self, method: str, **fields: object) -> None:
        """Take the rows that have these fields (all rows, without any) out of a query's answer."""
        self.answers[method] = [row for row in self.rows(method) if not fields.items() <= row.items()]

    def user_of(self, key: str) -> str | None:
        """Whom the key belongs to; None where it is not known, or not let in."""
        if key == self.driver_key:
            return DRIVERS_USER
        return self.username if key == self.key and not self.manners.login else None

    def roles_of(self, user: str) -> set[str] | None:
        """The roles of a user."""
        return self.driver_roles if user == DRIVERS_USER else self.roles

    def may(self, user: str, method: str) -> bool:
        """Whether the user's key may call `method`."""
        role, roles = ROLES.get(method), self.roles_of(user)
        if user != DRIVERS_USER and method in self.forbidden:
            return False
        return roles is None or role is None or role in roles

    def answer(self, method: str, params: Sequence[Any]) -> Any:
        """The result of a call: a query's filters and select applied, as far as the probe uses them."""
        result = copy.deepcopy(self.answers[method])
        if not method.endswith(".query"):
            return result
        filters, options = [*params, [], {}][:2] if params else ([], {})
        chosen = [row for row in result if all(_matches(row, *one) for one in filters)]
        fields = options.get("select") if isinstance(options, dict) else None
        return [{name: row[name] for name in fields if name in row} for row in chosen] if fields else chosen


def _matches(row: dict[str, Any], name: str, operator: str, value: Any) -> bool:
    return bool(row.get(name) in value if operator == "in" else row.get(name) == value)


def healthy(era: str, node_iqns: Sequence[str], node_addresses: Sequence[str]) -> Array:
    """A TrueNAS on which everything is as a CSI driver needs it, for nodes of these names and addresses."""
    era = Era(era)
    readers, has_roles = set(ROLES.values()), era.since(Era.V25_04)
    return Array(  # noqa: S604  (its `shell` is data)
        era=era,
        key=_new_key(rows.KEY_ID),
        driver_key=_new_key(rows.DRIVER_KEY_ID),
        roles=readers if has_roles else None,
        driver_roles={"FULL_ADMIN", *readers} if has_roles else None,
        shell={
            "shell": (0, "/usr/bin/bash\n"),
            "zfs": (0, "/usr/sbin/zfs\n"),
            "zpool": (0, "/usr/sbin/zpool\n"),
            "may_zfs": (0, "tank\n"),
        },
        answers={
            VERSION.method: era.version,
            "api_key.query": rows.keys(era, USERNAME, DRIVERS_USER),
            "pool.query": rows.pools(era),
            "pool.dataset.query": rows.datasets(),
            "service.query": rows.services(era),
            "nfs.config": rows.nfs_config(era),
            "sharing.nfs.query": rows.nfs_shares(era, node_addresses),
            "interface.query": rows.interfaces(),
            "iscsi.global.config": iscsi_rows.global_config(era),
            "iscsi.portal.query": iscsi_rows.portals(era),
            "iscsi.initiator.query": iscsi_rows.initiators(era, node_iqns),
            "iscsi.auth.query": iscsi_rows.auths(era),
            "iscsi.target.query": iscsi_rows.targets(era),
            "iscsi.extent.query": iscsi_rows.extents(era),
            "iscsi.targetextent.query": iscsi_rows.mappings(),
        }
        | ({"nvmet.port.query": nvmet_rows.ports()} if era.since(Era.V25_10) else {}),
    )


def _new_key(number: int) -> str:
    return f"{number}-{''.join(secrets.choice(_ALPHABET) for _ in range(64))}"
