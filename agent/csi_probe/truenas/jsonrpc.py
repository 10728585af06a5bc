"""JSON-RPC 2.0 over a WebSocket, /api/current: TrueNAS 25.04 and later."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from csi_probe.config import TrueNAS
from csi_probe.contact import Api, Login, Trouble
from csi_probe.errors import EndpointError
from csi_probe.facts import Fact, Known, Missing
from csi_probe.secret import Secret
from csi_probe.truenas.client import BROKE_OFF, Reply
from csi_probe.truenas.fault import CALL_ERROR, EACCES, NO_SUCH_METHOD, Fault, FaultError
from csi_probe.truenas.line import MAX_ANSWER, USER_AGENT, Line, causes, netloc, unwilling
from csi_probe.truenas.login import log_in
from csi_probe.truenas.questions import Question
from csi_probe.truenas.shapes import ShapeError, decode, words

# TrueNAS holds back more than 10 concurrent calls of one connection, and refuses more than 20.
IN_FLIGHT = 8
CLOSE_SECONDS = 1.0
POLICY_VIOLATION, TOO_BIG = 1008, 1009  # close codes
PROTOCOL_ERRORS = (1002, 1003, 1007)

# At level DEBUG websockets logs every frame, and with the login's the key.
_SILENT = logging.getLogger(f"{__name__}.silent")
_SILENT.setLevel(logging.CRITICAL + 1)


class JsonRpc:
    """The client of the JSON-RPC era, on an open WebSocket."""

    def __init__(self, socket: ClientConnection, line: Line, api: Api) -> None:
        self.api = api
        self._socket = socket
        self._deadline = line.deadline
        self._where = line.nas.host
        self._user = "the key's user"
        self._last_id = 0

    def login(self, username: str | None, key: Secret) -> Login:
        """Log in, exactly once. Raises EndpointError."""
        login = log_in(self._call, username, key)
        self._user = f'the user "{words(login.user, 40)}"' if login.user else self._user
        return login

    def ask(self, questions: Sequence[Question[Any]]) -> Mapping[str, Reply]:
        """All at once, as far as TrueNAS takes them; answers come in any order."""
        replies: dict[str, Reply] = {}
        try:
            for question, message, seconds in self._pipeline(questions):
                replies[question.method] = Reply(self._fact(question, message), seconds)
        except EndpointError as lost:
            for question in questions:
                replies.setdefault(question.method, Reply(Missing(f"{question.method}: {lost}", fix=BROKE_OFF), 0.0))
        return replies

    def _pipeline(self, questions: Sequence[Question[Any]]) -> Iterator[tuple[Question[Any], dict[str, Any], float]]:
        waiting, open_calls = deque(questions), dict[int, tuple[Question[Any], float]]()
        while waiting or open_calls:
            while waiting and len(open_calls) < IN_FLIGHT:
                question = waiting.popleft()
                open_calls[self._send(question.method, question.params)] = (question, time.monotonic())
            message = self._receive()
            if type(message.get("id")) is int and message["id"] in open_calls:
                question, began = open_calls.pop(message["id"])
                yield question, message, time.monotonic() - began

    def _call(self, method: str, *params: object) -> Any:
        """One call and its result. Raises FaultError, EndpointError."""
        call = self._send(method, params)
        while True:
            message = self._receive()
            if message.get("id") == call:
                break
        if "error" in message:
            raise FaultError(Fault.of(message["error"]))
        return message.get("result")

    def _send(self, method: str, params: Sequence[object]) -> int:
        self._last_id += 1
        message = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": list(params)}
        try:
            self._socket.send(json.dumps(message))
        except (WebSocketException, OSError) as error:
            lost = self._lost(error)
        else:
            return self._last_id
        raise lost

    def _receive(self) -> dict[str, Any]:
        left = self._deadline.left()  # a peer that floods with notifications must not outlive it, either
        try:
            if not left:
                raise TimeoutError
            message = decode(self._socket.recv(timeout=left))
        except (WebSocketException, OSError) as error:
            raise self._lost(error) from None
        except ShapeError as wrong:
            raise EndpointError(Trouble.BROKEN_ANSWER, f"what {self._where} sends is no answer: {wrong}") from None
        if not isinstance(message, dict):
            raise EndpointError(Trouble.BROKEN_ANSWER, f"what {self._where} sends is no JSON-RPC")
        return message

    def _lost(self, error: Exception) -> EndpointError:
        """The one place in which an error of the open WebSocket becomes ours. Quotes no message."""
        if self._deadline.passed or isinstance(error, TimeoutError):
            return EndpointError(Trouble.TIMEOUT, f"no answer from {self._where} in time")
        code = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else None
        sent = error.sent.code if isinstance(error, ConnectionClosed) and error.sent else None
        if code == POLICY_VIOLATION:
            return EndpointError(
                Trouble.ALLOW_LIST, f"TrueNAS does not let this machine's address in (close code {POLICY_VIOLATION})"
            )
        if sent == TOO_BIG:
            return EndpointError(Trouble.BROKEN_ANSWER, f"the answer is longer than {MAX_ANSWER >> 20} MiB")
        if sent in PROTOCOL_ERRORS:
            return EndpointError(Trouble.BROKEN_ANSWER, f"what {self._where} sends is no WebSocket frame")
        how = f"closed the connection (code {code})" if code else "broke off the connection"
        return EndpointError(Trouble.UNREACHABLE, f"{self._where} {how}")

    def _fact(self, question: Question[Any], message: dict[str, Any]) -> Fact[Any]:
        if "result" in message:
            return Known(message["result"])
        fault = Fault.of(message.get("error"))
        if fault.code == CALL_ERROR and fault.errno == EACCES and question.role:
            return Missing(
                f"{self._user} lacks the role {question.role}, which {question.method} needs",
                fix=f"add the role {question.role} to a privilege of {self._user}",
            )
        if fault.code == NO_SUCH_METHOD:
            return Missing(f"this TrueNAS has no method {question.method}")
        return Missing(f"TrueNAS refuses {question.method}: {fault.reason} (error {fault.code}, errno {fault.errno})")


@contextlib.contextmanager
def session(line: Line, versions: tuple[str, ...]) -> Iterator[JsonRpc]:
    """A WebSocket on the line's own connection. Raises EndpointError when it does not open."""
    with contextlib.ExitStack() as stack:
        yield JsonRpc(_open(line, stack), line, Api("JSON-RPC", versions))


def _open(line: Line, stack: contextlib.ExitStack) -> ClientConnection:
    try:
        return stack.enter_context(
            connect(
                _uri(line.nas),
                sock=line.take_over(),
                proxy=None,
                compression=None,  # a few bytes could unfold to gigabytes
                max_size=MAX_ANSWER,
                user_agent_header=USER_AGENT,
                open_timeout=line.deadline.left(),
                close_timeout=CLOSE_SECONDS,
                logger=_SILENT,
            )
        )
    except (WebSocketException, OSError, ValueError) as error:
        unopened = _unopened(line, error)
    raise unopened


def _uri(nas: TrueNAS) -> str:
    """ws:// and not wss://, because the socket that goes with it speaks TLS already; TLS in TLS would be the effect."""
    return f"ws://{netloc(nas.host, nas.port)}/api/current"


def _unopened(line: Line, error: Exception) -> EndpointError:
    """The one place in which an error of the opening handshake becomes ours; a redirect is behind a ValueError."""
    status = next((cause for cause in causes(error) if isinstance(cause, InvalidStatus)), None)
    if status:
        return unwilling("/api/current", status.response.status_code, status.response.headers)
    if isinstance(error, OSError):
        return line.broken(error)
    if line.deadline.passed:
        return line.broken(TimeoutError())
    return EndpointError(Trouble.BROKEN_ANSWER, f"{line.nas.host} does not open a WebSocket at /api/current")
