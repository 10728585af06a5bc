"""The simulated TrueNAS's JSON-RPC at /api/current, as middlewared's own handler behaves.

Source: middlewared/api/base/server/ws_handler/rpc.py of TS-25.10.6.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from typing import Any, Protocol

from csi_probe.demo.array import Array
from csi_probe.demo.eras import Era

Json = dict[str, Any]

_QUERY_OPTIONS = {"count", "extra", "force_sql_filters", "get", "limit", "offset", "order_by", "select"}
_LOGINS = ("auth.login_ex", "auth.login_with_api_key")


class Log(Protocol):
    """Where the server notes what came in."""

    def asked(self, method: str, params: Sequence[Any]) -> None:
        """A call."""

    def logged_in(self) -> None:
        """An attempt to log in."""


class FaultError(Exception):
    """A call that ends with an error."""

    def __init__(self, code: int, message: str, errno: int = 0, errname: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message}
        self.data = {"error": errno, "errname": errname, "reason": reason, "extra": None} if errno else None


class Conversation:
    """One connection's calls. `handle` may run in several threads at once."""

    def __init__(self, array: Array, log: Log) -> None:
        self._array = array
        self._log = log
        self._user: str | None = None
        self._running = threading.Semaphore(array.manners.at_once)

    def handle(self, text: str) -> str:
        """The message that answers the message `text`."""
        try:
            message = json.loads(text)
        except ValueError:
            return _message(None, error={"code": -32700, "message": "Parse error"})
        id_, method, params = message.get("id"), message.get("method"), message.get("params", [])
        if not isinstance(params, list):
            return _message(id_, error={"code": -32600, "message": "'params' member must be of type array"})
        if not self._running.acquire(blocking=False):
            reason = f"Maximum number of concurrent calls ({self._array.manners.at_once}) has exceeded"
            return _message(id_, error={"code": -32000, "message": reason})
        try:
            return _message(id_, result=self._call(method, params))
        except FaultError as fault:
            # As the real one does: the frames of the trace show the arguments, and so the key.
            trace = {"class": "CallError", "frames": [{"locals": {"params": repr(params), "key": self._array.key}}]}
            data = {"data": fault.data | {"trace": trace}} if fault.data else {}
            return _message(id_, error=fault.body | data)
        finally:
            self._running.release()

    def _call(self, method: str, params: list[Any]) -> Any:
        if method in _LOGINS:
            return self._login(method, params)
        if method != "auth.me" and method not in self._array.answers:
            raise FaultError(-32601, "Method does not exist")
        if not self._user:
            raise FaultError(
                -32001, "Method call error", 207, "ENOTAUTHENTICATED", "[ENOTAUTHENTICATED] Not authenticated"
            )
        self._log.asked(method, params)
        if method == "auth.me":
            return self._whoami(self._user)
        if not self._array.may(self._user, method):
            raise FaultError(-32001, "Method call error", 13, "EACCES", "[EACCES] Not authorized")
        if method.endswith(".query") and len(params) > 1 and params[1].keys() - _QUERY_OPTIONS:
            raise FaultError(
                -32602, "Invalid params", 22, "EINVAL", "[EINVAL] query-options: Extra inputs are not permitted"
            )
        time.sleep(self._array.manners.slow.get(method, 0))
        return self._array.answer(method, params)

    def _login(self, method: str, params: list[Any]) -> Any:
        self._log.logged_in()
        self._log.asked(method, params)
        if self._array.manners.rate_limited:
            raise FaultError(-32001, "Method call error", 16, "EBUSY", "[EBUSY] Rate Limit Exceeded")
        if method == "auth.login_with_api_key":
            self._user = self._array.user_of(*params)
            return bool(self._user)
        self._validate(params)
        return self._response(params[0])

    def _validate(self, params: list[Any]) -> None:
        """Pydantic's extra="forbid": a field too many is an error, and which ones there are depends on the release."""
        fields = {"mechanism", "username", "api_key"}
        options = {"user_info"} | ({"reconnect_token"} if self._array.era.since(Era.V26) else set())
        sent = params[0] if len(params) == 1 and isinstance(params[0], dict) else {}
        given = sent.get("login_options", {})
        wrong = sent.keys() - {"login_options"} != fields or sent["mechanism"] != "API_KEY_PLAIN"
        if wrong or not isinstance(given, dict) or given.keys() - options:
            raise FaultError(
                -32602, "Invalid params", 22, "EINVAL", "[EINVAL] login_data: Extra inputs are not permitted"
            )

    def _response(self, sent: Json) -> Json:
        user = self._array.user_of(sent["api_key"])
        verdict = self._array.manners.login if sent["api_key"] == self._array.key else ""
        if not verdict and user != sent["username"]:
            verdict = "AUTH_ERR"
        if verdict == "REDIRECT":
            return {"response_type": verdict, "urls": ["https://192.0.2.11"]}
        if verdict or not user:
            return {"response_type": verdict}
        self._user = user
        success: Json = {"response_type": "SUCCESS", "user_info": self._whoami(user), "authenticator": "LEVEL_1"}
        return success | ({"reconnect_token": None} if self._array.era.since(Era.V26) else {})

    def _whoami(self, name: str) -> Json:
        user: Json = {"pw_name": name, "pw_gecos": "", "pw_dir": "/var/empty", "pw_shell": "/bin/false"}
        user |= {"pw_uid": 3001, "pw_gid": 3001, "grouplist": [3001], "sid": None, "source": "LOCAL", "local": True}
        user |= {"attributes": {}, "two_factor_config": {}, "account_attributes": ["LOCAL", "API_KEY"]}
        roles = sorted(self._array.roles_of(name) or ())
        return user | {"privilege": {"roles": roles, "allowlist": [], "web_shell": False, "webui_access": True}}


def _message(id_: Any, **outcome: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", **outcome, "id": id_})
