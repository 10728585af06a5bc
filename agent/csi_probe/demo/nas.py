"""The simulated TrueNAS's server: TLS, HTTP and REST on loopback, and the way to JSON-RPC, as TrueNAS does it."""

from __future__ import annotations

import contextlib
import json
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from csi_probe.demo import certificates
from csi_probe.demo.array import Array
from csi_probe.demo.rpc import Conversation
from csi_probe.demo.websocket import WebSocket
from csi_probe.truenas.questions import QUESTIONS, VERSION

_METHODS = {question.resource: question.method for question in QUESTIONS}
_HTML = "text/html"


@dataclass
class Nas:
    """A server that runs, and what came in. `ca_file` is None where the client is not given one.

    `requests`: method and params of every call that was let in, logins included.
    """

    url: str
    fingerprint: str
    ca_file: Path | None
    array: Array
    requests: list[tuple[str, Sequence[Any]]] = field(default_factory=list)
    logins: int = 0
    connections: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def connected(self) -> None:
        """Note a connection."""
        with self._lock:
            self.connections += 1

    def logged_in(self) -> None:
        """Note an attempt to log in."""
        with self._lock:
            self.logins += 1

    def asked(self, method: str, params: Sequence[Any]) -> None:
        """Note a call."""
        with self._lock:
            self.requests.append((method, params))

    def still_starting(self) -> bool:
        """Whether this request is one of those that nginx answers alone."""
        with self._lock:
            self.array.manners.starting -= 1
            return self.array.manners.starting >= 0


@contextlib.contextmanager
def serve(array: Array) -> Iterator[Nas]:
    """A server for `array` on 127.0.0.1, while the block runs. Changes to `array` take effect at once."""
    with tempfile.TemporaryDirectory(prefix="csi-probe-nas-") as folder:
        certificate, private_key, fingerprint = certificates.make(array.manners.certificate, Path(folder))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, private_key)
        with _Server(context) as server:
            url = f"https://127.0.0.1:{server.server_port}"
            server.nas = Nas(url, fingerprint, certificate if array.manners.certificate.trusted else None, array)
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            try:
                yield server.nas
            finally:
                server.nas.stopping.set()
                server.shutdown()


class _Server(ThreadingHTTPServer):
    nas: Nas

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        # The handshake is left to the first read, in the connection's own thread: it must not hold up the others.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that refuses the certificate or leaves is nothing to be written to stderr."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece: the second of two would wait for a delayed acknowledgement
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self._nas = self.server.nas
        self._array = self._nas.array
        self._with_key = False
        self._nas.connected()

    def handle(self) -> None:
        if self._array.manners.speech == "silent":
            self._nas.stopping.wait()
        else:
            super().handle()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._nas.still_starting():
            self._send(502, "<html>502 Bad Gateway</html>", _HTML)
        elif self._array.manners.speech == "another-server":
            self._send(200, "<html>It works!</html>", _HTML)
        elif self.path == "/api/versions" and self._array.era.api_versions:
            self._send(200, json.dumps(self._array.era.api_versions))
        elif self.path == "/api/current" and self._array.era.api_versions:
            self._web_socket()
        elif self.path.startswith("/api/v2.0/"):
            self._rest(self.path.removeprefix("/api/v2.0"), body)
        else:
            self._send(302, "", _HTML, Location=f"{self._nas.url}/ui/")

    def _rest(self, resource: str, body: bytes) -> None:
        method = _METHODS.get(resource, "")
        if self._array.manners.shut_out:
            self._send(403, "<html>403 Forbidden</html>", _HTML)
        elif self._array.era.api_versions or method not in self._array.answers:
            self._send(404, "404: Not Found", "text/plain")
        elif not (user := self._user()):
            self._send(401, "Invalid API key", "text/plain")
        elif not self._array.may(user, method):
            self._send(403, "", "text/plain")
        else:
            self._answer(method, body)

    def _user(self) -> str | None:
        sent = self.headers.get("Authorization")
        if sent and not self._with_key:
            self._with_key = True
            self._nas.logged_in()
        return self._array.user_of((sent or "").removeprefix("Bearer "))

    def _answer(self, method: str, body: bytes) -> None:
        sent = json.loads(body) if body else {}
        params = [sent[name] for name in ("query-filters", "query-options") if name in sent]
        self._nas.asked(method, params)
        time.sleep(self._array.manners.slow.get(method, 0))
        speech = self._array.manners.speech
        answer = "<<< garbage >>>" if speech == "garbage" else json.dumps(self._array.answer(method, params))
        self._send(200, answer, half=speech == "half-answer" and method != VERSION.method)

    def _send(
        self, status: int, text: str, kind: str = "application/json", *, half: bool = False, **headers: str
    ) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in ({"Content-Type": kind, "Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        self.close_connection = half

    def version_string(self) -> str:
        """The Server header."""
        return "nginx"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name in the base class)
        """Nothing to stderr."""

    def _web_socket(self) -> None:
        self.close_connection = True
        head = [self.requestline, *(f"{name}: {value}" for name, value in self.headers.items()), "", ""]
        web_socket = WebSocket(self.connection, "\r\n".join(head).encode())
        conversation = Conversation(self._array, self._nas)
        if self._array.manners.shut_out:
            web_socket.close(1008, "You are not allowed to access this resource")

        def handle(text: str) -> None:
            answer = conversation.handle(text)
            match self._array.manners.speech:
                case "garbage":
                    web_socket.send("<<< garbage >>>")
                case "half-answer" if '"method": "auth.' not in text:
                    web_socket.send_half(answer)
                case _:
                    web_socket.send(answer)

        web_socket.serve(handle)
