"""Breaks on the way to the answers: the key, TLS, and servers that do not behave."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from csi_probe.demo.array import Array, Certificate
from csi_probe.demo.breaks import Break
from csi_probe.demo.eras import Era
from csi_probe.demo.rows import KEY_ID, ejson
from csi_probe.truenas.roles import ROLES

SLOW_SECONDS = 6.0
JSON_RPC = (Era.V25_04, Era.V25_10, Era.V26)
_WITH_LEAST_PRIVILEGE = (Era.SCALE_24_10, *JSON_RPC)


def _manners(**changes: object) -> Callable[[Array], None]:
    def spoil(array: Array) -> None:
        for name, value in changes.items():
            setattr(array.manners, name, value)

    return spoil


def _revoked_key(array: Array) -> None:
    array.change("api_key.query", {"id": KEY_ID}, revoked=True)
    array.manners.login = "AUTH_ERR"


def _key_denied(array: Array) -> None:
    """26 says so; 25 does not tell it from a wrong key; before, a key has an allow-list."""
    array.forbidden.update(array.answers)
    array.manners.login = {Era.V26: "DENIED", Era.SCALE_24_10: ""}.get(array.era, "AUTH_ERR")  # type: ignore[assignment]  # all are among its words


def _key_expiring(array: Array) -> None:
    array.change("api_key.query", {"id": KEY_ID}, expires_at=ejson(datetime.now(UTC) + timedelta(days=5)))


def _missing_role(array: Array) -> None:
    if array.roles:
        array.roles.discard(ROLES["pool.dataset.query"])
    else:
        array.forbidden.add("pool.dataset.query")


def _slow(array: Array) -> None:
    array.manners.slow["pool.query"] = SLOW_SECONDS


ACCESS_BREAKS = (
    Break("wrong-key", "TrueNAS does not know the API key.", _manners(login="AUTH_ERR")),
    Break("expired-key", "The API key has expired.", _manners(login="EXPIRED"), JSON_RPC),
    Break("revoked-key", "TrueNAS has revoked the API key.", _revoked_key, JSON_RPC),
    Break("key-denied", "The API key is right, but its user may not use the API.", _key_denied, _WITH_LEAST_PRIVILEGE),
    Break("key-expiring", "The API key expires in five days.", _key_expiring, JSON_RPC),
    Break("missing-role", "The API key may not read datasets.", _missing_role, _WITH_LEAST_PRIVILEGE),
    Break("rate-limited", "There were too many logins; TrueNAS takes no more.", _manners(rate_limited=True), JSON_RPC),
    Break("ha-standby", "The address is that of the standby controller.", _manners(login="REDIRECT"), JSON_RPC),
    Break("allow-list", "The web interface's allow-list leaves the probe's machine out.", _manners(shut_out=True)),
    Break("booting", "TrueNAS is starting and does not come up in time.", _manners(starting=math.inf)),
    Break("booting-briefly", "TrueNAS is starting and comes up in time (stays ready).", _manners(starting=2)),
    Break("not-truenas", "Another web server answers at the address.", _manners(speech="another-server")),
    Break(
        "certificate-expired",
        "The NAS's certificate expired yesterday.",
        _manners(certificate=Certificate(to_day=-1)),
    ),
    Break(
        "certificate-wrong-name",
        "The NAS's certificate is for another name.",
        _manners(certificate=Certificate(names=("truenas.example",))),
    ),
    Break(
        "certificate-untrusted",
        "The NAS's certificate is self-made, and nobody said to trust it.",
        _manners(certificate=Certificate(trusted=False)),
    ),
    Break("silent", "The NAS takes the connection and never says a word.", _manners(speech="silent")),
    Break("half-answer", "The connection breaks in the middle of an answer.", _manners(speech="half-answer")),
    Break("garbage", "What comes back is no JSON.", _manners(speech="garbage")),
    Break("slow", f"The pools take {SLOW_SECONDS:g} seconds to come back.", _slow),
)
