"""A WebSocket on the socket of an HTTP request that asked for one: websockets' Sans-I/O protocol and a loop."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from websockets.exceptions import InvalidState
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import CLOSED
from websockets.server import ServerProtocol


class WebSocket:
    """The server's end. `request`: the head of the HTTP request, as bytes."""

    def __init__(self, connection: socket.socket, request: bytes) -> None:
        self._connection = connection
        self._protocol = ServerProtocol()
        self._lock = threading.Lock()
        self._gone = False
        self._protocol.receive_data(request)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._protocol.send_response(self._protocol.accept(event))
        self._flush()

    def serve(self, handle: Callable[[str], None]) -> None:
        """Give every text message to `handle`, each in a thread of its own, until the client leaves."""
        while self._protocol.state is not CLOSED:
            data = self._connection.recv(65536)
            with self._lock:
                if data:
                    self._protocol.receive_data(data)
                else:
                    self._protocol.receive_eof()
                events = self._protocol.events_received()
            for event in events:
                if not isinstance(event, Request) and getattr(event, "opcode", None) is Opcode.TEXT:
                    threading.Thread(target=handle, args=(bytes(event.data).decode(),), daemon=True).start()  # type: ignore[union-attr]  # a Frame
            self._do(lambda: None)

    def send(self, text: str) -> None:
        """One text message; nothing, when the client has gone."""
        self._do(lambda: self._protocol.send_text(text.encode()))

    def send_half(self, text: str) -> None:
        """A text message that breaks off, and the connection with it."""

        def act() -> None:
            self._protocol.send_text(text.encode())
            data = b"".join(self._protocol.data_to_send())
            self._connection.sendall(data[: len(data) // 2])
            self._hang_up()

        self._do(act)

    def close(self, code: int, reason: str) -> None:
        """A close frame."""
        self._do(lambda: self._protocol.send_close(code, reason))

    def _do(self, act: Callable[[], None]) -> None:
        with self._lock, contextlib.suppress(InvalidState, OSError):  # the client has left before its answer
            if not self._gone:
                act()
                self._flush()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._connection.sendall(data)
            else:  # the protocol's sign that the connection is to be closed
                self._hang_up()

    def _hang_up(self) -> None:
        self._gone = True  # what a TLS socket sends after this would go out in clear
        self._connection.shutdown(socket.SHUT_RDWR)
