"""The one login of a run over JSON-RPC: whom the key belongs to, or what is wrong with it.

Source: middlewared/plugins/auth.py of TS-25.04.2.6 and TS-25.10.6, plugins/auth_/login_ex_impl.py of TS-26.0.0-BETA.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csi_probe.contact import Login, Trouble
from csi_probe.errors import EndpointError
from csi_probe.facts import Known
from csi_probe.secret import Secret
from csi_probe.truenas.fault import EACCES, EBUSY, EOPNOTSUPP, NO_SUCH_METHOD, Fault, FaultError
from csi_probe.truenas.shapes import items, leaf, text, words

Call = Callable[..., Any]

_RESPONSES = {
    "AUTH_ERR": (
        Trouble.KEY_WRONG,
        "TrueNAS does not accept the key (AUTH_ERR): wrong, revoked, another user's, or of a user without privileges",
    ),
    "EXPIRED": (
        Trouble.KEY_EXPIRED,
        "the key has expired, or TrueNAS revoked it because it came without TLS (EXPIRED says both)",
    ),
    "DENIED": (Trouble.KEY_DENIED, "the key is right, but its user has no privilege for the API (DENIED)"),
    "OTP_REQUIRED": (
        Trouble.KEY_DENIED,
        "TrueNAS wants a one-time password, which the probe does not have (OTP_REQUIRED)",
    ),
}


def log_in(call: Call, username: str | None, key: Secret) -> Login:
    """One login. `call(method, *params)` gives a result or raises FaultError. Raises EndpointError."""
    try:
        info = _with_name(call, username, key) if username else _by_key_alone(call, key)
        return _login(username, info)
    except FaultError as refused:
        trouble = _trouble(refused.fault, username)
    # Raised out here: the refusal, whose context has the call with the key, is not to hang on to it.
    raise trouble


def _with_name(call: Call, username: str, key: Secret) -> Any:
    """auth.login_ex. Other login_options than user_info are refused by one release or another."""
    result = call(
        "auth.login_ex",
        {
            "mechanism": "API_KEY_PLAIN",
            "username": username,
            "api_key": key.reveal(),
            "login_options": {"user_info": True},
        },
    )
    result = result if isinstance(result, dict) else {}
    response = result.get("response_type")
    if response == "SUCCESS":
        return result.get("user_info") or call("auth.me")
    if response == "REDIRECT":
        active = items(result, "urls", text).then(", ".join)
        where = words(active.value) if isinstance(active, Known) else "no other"
        raise EndpointError(Trouble.STANDBY, f"this is the standby controller; it points to {where}")
    if isinstance(response, str) and response in _RESPONSES:
        raise EndpointError(*_RESPONSES[response])
    raise EndpointError(
        Trouble.BROKEN_ANSWER, f"auth.login_ex answers {words(response, 40)}, which the probe does not know"
    )


def _by_key_alone(call: Call, key: Secret) -> Any:
    """auth.login_with_api_key, which 27 no longer has; its yes says nothing about the user, auth.me does."""
    if call("auth.login_with_api_key", key.reveal()) is not True:
        raise EndpointError(
            Trouble.KEY_WRONG,
            "TrueNAS does not accept the key; it is wrong, expired, revoked or not allowed to log in: "
            "with truenas.username in the config it says which",
        )
    return call("auth.me")


def _login(username: str | None, info: Any) -> Login:
    info = info if isinstance(info, dict) else {}
    name = leaf(info, "pw_name", of=str)
    return Login(user=name.value if isinstance(name, Known) else username, roles=_roles(info))


def _roles(info: dict[str, Any]) -> frozenset[str] | None:
    privilege = info.get("privilege")
    roles = privilege.get("roles") if isinstance(privilege, dict) else None
    if isinstance(roles, dict):
        roles = roles.get("$set")  # EJSON for a set
    return frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else None


def _trouble(fault: Fault, username: str | None) -> EndpointError:
    """A login's fault. Its reason is not quoted: it may repeat an argument."""
    if fault.errno == EBUSY:
        return EndpointError(Trouble.RATE_LIMITED, "TrueNAS takes no more logins from this address for now (EBUSY)")
    if fault.code == NO_SUCH_METHOD and not username:
        return EndpointError(
            Trouble.USERNAME_NEEDED, "this TrueNAS has no login by the key alone; it wants the user's name"
        )
    if fault.errno == EACCES:
        return EndpointError(Trouble.KEY_DENIED, "TrueNAS refuses the login (EACCES)")
    if fault.errno == EOPNOTSUPP:
        return EndpointError(Trouble.KEY_DENIED, "TrueNAS's security level (STIG) admits no API keys (EOPNOTSUPP)")
    return EndpointError(
        Trouble.BROKEN_ANSWER, f"the login fails with JSON-RPC error {fault.code}, errno {fault.errno}"
    )
