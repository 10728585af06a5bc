"""Whatever listens at the address, the interview is over by its deadline and says what it saw."""

from __future__ import annotations

import socket
import ssl
import time

import pytest

from csi_probe.contact import Certificate, Contact, Refusal, Trouble
from csi_probe.deadline import Deadline
from csi_probe.demo import certificates
from csi_probe.demo.array import Certificate as Made
from csi_probe.demo.array import healthy
from csi_probe.demo.nas import serve
from csi_probe.demo.websocket import WebSocket
from csi_probe.errors import ConfigError, EndpointError
from csi_probe.facts import Known, Missing
from csi_probe.resolve import resolve
from csi_probe.secret import Secret
from csi_probe.truenas.interview import interview, lost
from csi_probe.truenas.line import netloc
from csi_probe.truenas.questions import POOLS, QUESTIONS

from .conftest import config, listening

VERSIONS = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n["v25.10.0"]'.replace(b"11", b"12")


def ask(url, seconds=1.0, **changes):
    return interview(config(url, **changes), Secret("1-abc"), [POOLS.method], [], Deadline(seconds), lambda _: None)


def drip(connection, data, pause=0.05):
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(pause)


def to_web_socket(connection) -> WebSocket:
    """The two requests before JSON-RPC, served."""
    connection.recv(65536)
    connection.sendall(VERSIONS)
    return WebSocket(connection, connection.recv(65536))


def timed(run, *args, **kwargs):
    began = time.monotonic()
    return run(*args, **kwargs), time.monotonic() - began


DRIPS = {
    "the head": lambda connection: drip(connection, b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000),
    "the body": lambda connection: (
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"),
        drip(connection, b"[" + b" " * 1000),
    ),
    "nothing": lambda connection: time.sleep(5),
}


@pytest.mark.parametrize("what", DRIPS)
def test_a_server_that_drips_is_cut_off(hostile, what):
    seen, seconds = timed(hostile, lambda connection: DRIPS[what](connection), 0.8)
    assert seen.api.get().trouble is Trouble.TIMEOUT
    assert isinstance(seen.reachable.get(), Contact)
    assert isinstance(seen.certificate.get(), Certificate)
    assert seconds < 1.8


def test_a_handshake_that_drips_is_cut_off():
    with listening(lambda connection: drip(connection, b"\x16\x03\x03\x40\x00" + b"\x00" * 1000)) as port:
        seen, seconds = timed(ask, f"https://127.0.0.1:{port}", 0.8)
    assert seen.certificate.get().trouble is Trouble.TIMEOUT
    assert seconds < 1.8


@pytest.mark.parametrize("message", ['{"jsonrpc": "2.0", "method": "collection_update", "params": {}}', "x"])
def test_a_web_socket_that_says_nothing_to_the_point_is_cut_off(hostile, message):
    """Notifications for ever are no answer; a message that is no JSON ends it at once."""

    def speak(connection):
        web_socket = to_web_socket(connection)
        while True:
            web_socket.send(message)
            time.sleep(0.01)

    seen, seconds = timed(hostile, speak, 0.8)
    assert seen.login.get().trouble is (Trouble.TIMEOUT if "json" in message else Trouble.BROKEN_ANSWER)
    assert seconds < 2.8


def test_a_web_socket_that_never_opens_is_cut_off(hostile):
    def speak(connection):
        connection.recv(65536)
        connection.sendall(VERSIONS)
        time.sleep(5)

    seen, seconds = timed(hostile, speak, 0.8)
    assert seen.api.get().trouble is Trouble.TIMEOUT
    assert seconds < 2.8


def test_an_answer_without_end_is_not_kept(hostile):
    def speak(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            connection.sendall(b" " * 1_000_000)

    seen = hostile(speak, 20.0)
    assert seen.api.get() == Refusal(Trouble.BROKEN_ANSWER, "the answer is longer than 64 MiB")


def test_a_message_that_is_too_long_is_not_read(hostile):
    def speak(connection):
        to_web_socket(connection)
        connection.sendall(b"\x81\x7f" + (2**40).to_bytes(8, "big"))
        time.sleep(0.1)

    assert hostile(speak).login.get().trouble is Trouble.BROKEN_ANSWER


def test_bytes_that_are_no_web_socket_frame_are_a_broken_answer(hostile):
    def speak(connection):
        to_web_socket(connection)
        connection.sendall(b"\xff" * 100)
        time.sleep(0.1)

    assert hostile(speak).login.get().trouble is Trouble.BROKEN_ANSWER


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", Trouble.BOOTING),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Trouble.ALLOW_LIST),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Trouble.NOT_TRUENAS),
        (b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/ui/\r\nContent-Length: 0\r\n\r\n", Trouble.NOT_TRUENAS),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Trouble.BROKEN_ANSWER),
    ],
)
def test_a_web_socket_that_is_refused_says_why(hostile, answer, trouble):
    def speak(connection):
        connection.recv(65536)
        connection.sendall(VERSIONS)
        connection.recv(65536)
        connection.sendall(answer)
        time.sleep(0.1)

    assert hostile(speak, 1.0).api.get().trouble is trouble


def test_what_speaks_no_http_is_a_broken_answer(hostile):
    seen = hostile(lambda connection: (connection.recv(65536), connection.sendall(b"220 mail ESMTP\r\n\r\n")))
    assert seen.api.get().trouble is Trouble.BROKEN_ANSWER


def test_a_connection_that_is_closed_is_tried_three_times(hostile):
    times: list[int] = []
    seen = hostile(lambda connection: times.append(1))
    assert seen.api.get().trouble is Trouble.UNREACHABLE
    assert len(times) == 3


def test_a_nas_that_closes_after_each_answer_is_connected_to_again(hostile):
    """As behind a proxy without keep-alive."""

    def speak(connection):
        head = connection.recv(65536)
        if b"/api/versions" in head:
            connection.sendall(VERSIONS.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        else:
            WebSocket(connection, head).close(1008, "")

    assert hostile(speak).login.get().trouble is Trouble.ALLOW_LIST


def test_a_port_without_tls_is_told_from_an_untrusted_certificate():
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        seen = ask(f"https://127.0.0.1:{port}")
    assert seen.certificate.get().trouble is Trouble.TLS_BROKEN
    assert isinstance(seen.reachable.get(), Contact)


def test_a_closed_port_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    seen = ask(f"https://127.0.0.1:{port}", 2.0)
    assert seen.reachable.get().trouble is Trouble.REFUSED
    assert seen.certificate == Missing(seen.certificate.reason, blocked_by="truenas.reachable")


def test_a_name_without_an_address_is_unresolved():
    assert ask("https://nas.invalid").reachable.get().trouble in {Trouble.UNRESOLVED, Trouble.TIMEOUT}


def test_a_name_that_is_none_is_unresolved():
    with pytest.raises(EndpointError) as caught:
        resolve("a" * 64 + ".example", Deadline(1.0))
    assert caught.value.trouble is Trouble.UNRESOLVED


def test_an_address_is_its_own():
    assert resolve("192.0.2.1", Deadline(1.0)) == ("192.0.2.1",)
    assert resolve("2001:db8::1", Deadline(1.0)) == ("2001:db8::1",)


def test_a_name_is_tried_at_each_of_its_addresses(visit):
    """localhost is ::1 as well on many machines, and nothing listens there."""
    array = healthy("25.10", (), ())
    with serve(array) as nas:
        url = nas.url.replace("127.0.0.1", "localhost")
        seen = ask(url, 5.0, ca_file=nas.ca_file)
    assert seen.login.get().trouble is Trouble.KEY_WRONG


def test_an_ipv6_address_stands_in_brackets(tmp_path):
    heads = []

    def speak(connection):
        heads.append(connection.recv(65536))
        connection.sendall(VERSIONS)
        heads.append(connection.recv(65536))

    certificate, private_key, fingerprint = certificates.make(Made(), tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private_key)
    try:
        with listening(speak, context, "::1") as port:
            ask(f"https://[::1]:{port}", fingerprint=fingerprint)
    except OSError:
        pytest.skip("this machine has no IPv6 on loopback")
    assert len(heads) == 2
    assert all(f"Host: [::1]:{port}\r\n".encode() in head for head in heads)


def test_the_environment_s_proxies_are_left_alone(monkeypatch, visit):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for era in ("24.10", "26"):
        assert isinstance(visit(healthy(era, (), ())).interview.version, Known)


@pytest.mark.parametrize(
    ("host", "port", "written"),
    [("nas", 443, "nas"), ("nas", 8443, "nas:8443"), ("::1", 443, "[::1]"), ("::1", 444, "[::1]:444")],
)
def test_a_host_is_written_as_in_a_url(host, port, written):
    assert netloc(host, port) == written


def test_no_time_is_no_hang():
    seen = ask("https://127.0.0.1:9", 0.0)
    assert seen.reachable.get().trouble is Trouble.TIMEOUT


def test_a_ca_file_without_a_certificate_is_an_error_of_the_configuration(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="ca_file"):
        ask("https://127.0.0.1:9", ca_file=tmp_path / "ca.pem")


def test_an_interview_that_was_lost_blocks_all_but_its_first_fact():
    seen = lost("no time")
    assert seen.reachable == Missing("no time")
    assert {seen.answers.to(question).blocked_by for question in QUESTIONS} == {"truenas.reachable"}
    assert not isinstance(seen.version, Known)
