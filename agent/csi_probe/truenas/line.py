"""The line to the NAS: one TCP and TLS connection with HTTP on it, which can be handed on to a WebSocket."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx

from csi_probe import __version__
from csi_probe.config import TrueNAS
from csi_probe.contact import Certificate, Contact, Trouble
from csi_probe.deadline import Deadline
from csi_probe.errors import EndpointError
from csi_probe.facts import Fact, Known, Missing
from csi_probe.resolve import resolve
from csi_probe.secret import Secret
from csi_probe.truenas import tls
from csi_probe.truenas.shapes import decode, words

MAX_ANSWER = 64 * 1024 * 1024
CONNECT_SECONDS = 5.0
USER_AGENT = f"truenas-csi-probe/{__version__}"
HTTPS = 443
OK, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 401, 403, 404
STARTING = (502, 503, 504)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> Any:
        """The body. Raises ShapeError."""
        return decode(self.body)

    @property
    def is_html(self) -> bool:
        """Whether a web server wrote it rather than the API behind it."""
        return "html" in self.headers.get("content-type", "")


class Line:
    """The connection, and what became known by making it. Everything on it ends by the deadline.

    `contact`, `certificate` and `clock` say how far it came. Methods raise EndpointError.
    """

    def __init__(self, nas: TrueNAS, deadline: Deadline) -> None:
        self.nas = nas
        self.deadline = deadline
        self.contact: Contact | None = None
        self.certificate: Fact[Certificate] | None = None
        self.clock: Fact[float] = Missing("the NAS sent no HTTP Date")
        self._context = tls.context(nas)
        self._client = httpx.Client(
            verify=self._context,
            follow_redirects=False,
            trust_env=False,
            headers={
                "Host": netloc(nas.host, nas.port),
                "User-Agent": USER_AGENT,
                "Accept-Encoding": "identity",
            },
        )
        self._addresses: deque[str] = deque()
        self._began = 0.0
        self._socket: socket.socket | None = None
        self._tap: socket.socket | None = None
        # Time-outs of single reads do not end a peer that drips; the cut does.
        self._cut = threading.Timer(deadline.left(), self._hang_up)
        self._cut.daemon = True

    def __enter__(self) -> Self:
        self._cut.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._cut.cancel()
        self._client.close()
        if self._tap:
            self._tap.close()

    @property
    def address(self) -> str:
        """The IP address that is spoken to. Raises EndpointError when the name has none."""
        if not self._addresses:
            self._addresses.extend(resolve(self.nas.host, self.deadline))
        return self._addresses[0]

    def get(self, path: str, key: Secret | None = None, body: dict[str, Any] | None = None) -> Answer:
        """GET `path`; the key is sent only when it is given."""
        headers = {"Authorization": f"Bearer {key.reveal()}"} if key else {}
        url = f"https://{netloc(self.address, self.nas.port)}{path}"
        with (
            self._mapped(),
            self._client.stream(
                "GET", url, headers=headers, json=body, timeout=self._timeout(), extensions=self._extensions()
            ) as response,
        ):
            return self._read(response)

    def take_over(self) -> socket.socket:
        """The TLS socket, for another protocol; a new one where the NAS closed the first after its answer."""
        if self._socket is None or self._socket.fileno() < 0:
            with self._mapped():
                plain = socket.create_connection((self.address, self.nas.port), self._seconds(CONNECT_SECONDS))
                self._watch(plain)
                self._socket = self._context.wrap_socket(plain, server_hostname=self.nas.host)
        self._socket.settimeout(None)  # the reader of a WebSocket waits as long as it takes; the cut ends it
        return self._socket

    def broken(self, error: Exception) -> EndpointError:
        """The one place in which an error of TLS, TCP or HTTP becomes ours. Quotes no request."""
        system = next((cause for cause in causes(error) if isinstance(cause, OSError)), None)
        known = self._addresses and self._addresses[0] != self.nas.host
        where = f"{self.nas.host}{f' ({self._addresses[0]})' if known else ''}, port {self.nas.port}"
        if self.deadline.passed or isinstance(error, (TimeoutError, httpx.TimeoutException)):
            return EndpointError(Trouble.TIMEOUT, f"no complete answer from {where} in time")
        if isinstance(system, ssl.SSLError):
            return tls.refused(system, self.nas, self.address, self.deadline)
        if isinstance(system, ConnectionRefusedError):
            return EndpointError(Trouble.REFUSED, f"nothing listens at {where}")
        if isinstance(error, (httpx.RemoteProtocolError, httpx.DecodingError)) and "disconnected" not in str(error):
            return EndpointError(Trouble.BROKEN_ANSWER, f"the answer of {where} is incomplete, or no HTTP")
        reason = system.strerror if system and system.strerror else "the connection broke off"
        return EndpointError(Trouble.UNREACHABLE, f"{where}: {words(reason)}")

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, OSError) as error:
            broken = self.broken(error)
            if self.contact is None:
                self._addresses.rotate(-1)  # a name can have an address that is down; the next try takes the next one
        else:
            return
        raise broken

    def _read(self, response: httpx.Response) -> Answer:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER:
                raise EndpointError(Trouble.BROKEN_ANSWER, f"the answer is longer than {MAX_ANSWER >> 20} MiB")
        self._first_answer(response)
        return Answer(response.status_code, response.headers, bytes(body))

    def _first_answer(self, response: httpx.Response) -> None:
        if isinstance(self.clock, Missing):
            self.clock = _clock(response.headers.get("date", ""))
            if self.contact:
                self.contact = Contact(self.contact.address, time.monotonic() - self._began)

    def _extensions(self) -> dict[str, Any]:
        # The URL holds an IP address, so that each address of a name is tried on its own; SNI and the check of the
        # certificate's name go by the name all the same.
        return {"sni_hostname": self.nas.host, "trace": self._trace}

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """What httpcore does (its "trace" extension): the way to the sockets under HTTP."""
        if event == "connection.connect_tcp.started":
            self.contact, self.certificate, self._began = None, None, time.monotonic()
        elif event == "connection.connect_tcp.complete":
            self._watch(info["return_value"].get_extra_info("socket"))
            self.contact = Contact(self._addresses[0], time.monotonic() - self._began)
        elif event == "connection.start_tls.complete":
            self._socket = tls_socket = info["return_value"].get_extra_info("socket")
            self.certificate = tls.read_certificate(tls_socket.getpeercert(binary_form=True))

    def _watch(self, connected: socket.socket) -> None:
        if self._tap:
            self._tap.close()
        # A second descriptor of the same connection: TLS takes the first one away during its handshake.
        self._tap = connected.dup()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):  # it is gone already
            if self._tap:
                self._tap.shutdown(socket.SHUT_RDWR)

    def _timeout(self) -> httpx.Timeout:
        return httpx.Timeout(self._seconds(), connect=self._seconds(CONNECT_SECONDS))

    def _seconds(self, at_most: float = float("inf")) -> float:
        left = self.deadline.left(at_most)
        if not left:
            raise self.broken(TimeoutError())
        return left


def unwilling(path: str, status: int, headers: Mapping[str, str]) -> EndpointError:
    """Why an answer that was given without a key is not what a TrueNAS gives."""
    if status in STARTING:
        return EndpointError(
            Trouble.BOOTING, f"the web server is up, TrueNAS behind it is not (HTTP {status} at {path})"
        )
    if status == FORBIDDEN:
        return shut_out(status)
    to = f" to {words(headers['location'])}" if "location" in headers else ""
    server = f", server {words(headers['server'], 40)}" if "server" in headers else ""
    return EndpointError(Trouble.NOT_TRUENAS, f"GET {path} gives HTTP {status}{to}{server}")


def shut_out(status: int) -> EndpointError:
    """The web server itself refuses, whatever the key."""
    return EndpointError(Trouble.ALLOW_LIST, f"the web server does not let this machine's address in (HTTP {status})")


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it came from."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause and cause not in seen:  # an exception that is raised twice can be its own cause's context
        seen.append(cause)
        yield cause
        cause = cause.__cause__ or cause.__context__


def netloc(host: str, port: int) -> str:
    """Host and port as in a URL of https: IPv6 addresses in brackets, and no 443: proxies may match by the header."""
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port == HTTPS else f"{bracketed}:{port}"


def _clock(date: str) -> Fact[float]:
    try:
        # The header drops the fraction of its second: on average, half of one.
        return Known(parsedate_to_datetime(date).timestamp() + 0.5 - time.time())
    except (ValueError, OverflowError):
        return Missing("the NAS sent no HTTP Date")
