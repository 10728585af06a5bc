"""A visit to a simulated or hostile NAS on loopback, as a function that tests call."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from csi_probe.config import TrueNAS
from csi_probe.deadline import Deadline
from csi_probe.demo import certificates
from csi_probe.demo.array import Array, Certificate, healthy
from csi_probe.demo.eras import Era
from csi_probe.demo.nas import Nas, serve
from csi_probe.secret import Secret, SecretSource
from csi_probe.truenas.interview import Interview, interview
from csi_probe.truenas.questions import QUESTIONS

EVERYTHING = tuple(question.method for question in QUESTIONS)
IQNS = ("iqn.1993-08.org.debian:01:a", "iqn.1994-05.com.redhat:b")
NODES = ("192.0.2.21", "192.0.2.22")
PARENTS = ("tank/k8s/nfs", "tank/k8s/iscsi")


def config(url: str, **changes: object) -> TrueNAS:
    return TrueNAS(url=url, api_key=SecretSource(env="KEY"), **{"username": "csi-probe"} | changes)


@dataclass
class Visit:
    """What came of a visit, and the server's side of it."""

    interview: Interview
    nas: Nas
    progress: list[str]


@pytest.fixture(params=list(Era), ids=str)
def era(request) -> Era:
    return request.param


@pytest.fixture
def array(era) -> Array:
    return healthy(era, IQNS, NODES)


@pytest.fixture
def visit():
    """visit(array, seconds, methods, key, **config) -> Visit"""

    def run(array: Array, seconds: float = 5.0, methods=EVERYTHING, key: str | None = None, **changes) -> Visit:
        progress: list[str] = []
        with serve(array) as nas:
            trust = {} if changes.keys() & {"fingerprint", "verify"} else {"ca_file": nas.ca_file}
            seen = interview(
                config(nas.url, **trust | changes),
                Secret(key or array.key),
                methods,
                PARENTS,
                Deadline(seconds),
                progress.append,
            )
        return Visit(seen, nas, progress)

    return run


@contextlib.contextmanager
def listening(
    speak: Callable[[socket.socket], None], context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[int]:
    """A server on loopback that gives each connection to `speak`, over TLS when there is a context; yields the port."""

    def attend(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(connection):
            if context:
                with context.wrap_socket(connection, server_side=True) as tls:
                    speak(tls)
            else:
                speak(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=attend, args=(server.accept()[0],), daemon=True).start()

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def hostile(tmp_path):
    """hostile(speak, seconds) -> the Interview with a TLS server that does what `speak` does."""
    certificate, private_key, fingerprint = certificates.make(Certificate(), tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private_key)

    def run(speak: Callable[[socket.socket], None], seconds: float = 3.0) -> Interview:
        with listening(speak, context) as port:
            nas = config(f"https://127.0.0.1:{port}", fingerprint=fingerprint)
            return interview(nas, Secret("1-abc"), EVERYTHING, PARENTS, Deadline(seconds), lambda _: None)

    return run
