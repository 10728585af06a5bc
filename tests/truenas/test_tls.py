"""Trust: the pinned fingerprint is compared in the handshake of every connection, before anything is sent."""

from __future__ import annotations

import socket
import ssl

import pytest

from csi_probe.contact import Trouble, Trust
from csi_probe.deadline import Deadline
from csi_probe.demo import certificates
from csi_probe.demo.array import Certificate
from csi_probe.demo.nas import serve
from csi_probe.errors import ConfigError
from csi_probe.facts import Missing
from csi_probe.truenas import interview, tls

from .conftest import config, listening


@pytest.fixture
def server(tmp_path):
    """Port, fingerprint, and what arrived on each connection after its handshake."""
    certificate, private_key, fingerprint = certificates.make(Certificate(), tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private_key)
    arrived: list[bytes] = []
    with listening(lambda connection: arrived.append(connection.recv(100)), context) as port:
        yield port, fingerprint, arrived


def shake_hands(port, fingerprint):
    context = tls.context(config("https://nas.example", fingerprint=fingerprint))
    with (
        socket.create_connection(("127.0.0.1", port), 2.0) as plain,
        context.wrap_socket(plain, server_hostname="nas.example") as secured,
    ):
        secured.sendall(b"hello")


@pytest.mark.parametrize("form", [str, str.upper, lambda text: ":".join(text[i : i + 2] for i in range(0, 64, 2))])
def test_the_pinned_certificate_is_taken_whatever_its_name(server, form):
    port, fingerprint, _ = server
    shake_hands(port, form(fingerprint))


def test_another_certificate_is_refused_on_every_connection_before_a_byte_is_sent(server):
    port, fingerprint, arrived = server
    shake_hands(port, fingerprint)
    for _ in range(2):
        with pytest.raises(tls.WrongFingerprintError):
            shake_hands(port, "0" * 64)
    assert b"".join(arrived) == b"hello"


@pytest.mark.parametrize(
    ("changes", "trust"),
    [
        ({}, Trust.SYSTEM),
        ({"ca_file": "ca.pem"}, Trust.CA_FILE),
        ({"fingerprint": "0" * 64}, Trust.FINGERPRINT),
        ({"verify": False}, Trust.OFF),
        ({"ca_pem": "PEM"}, Trust.DRIVER),
    ],
)
def test_the_config_says_whom_to_trust(changes, trust):
    assert tls.trust(config("https://nas", **changes)) is trust


def test_the_system_s_authorities_check_name_and_chain():
    context = tls.context(config("https://nas"))
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_a_driver_s_authorities_stand_beside_the_system_s(server, tmp_path):
    pem = "# Bär\n" + (tmp_path / "certificate.pem").read_text()
    nas = config("https://localhost", ca_pem=pem)
    with (
        socket.create_connection(("127.0.0.1", server[0]), 2.0) as plain,
        tls.context(nas).wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        secured.sendall(b"hello")
    assert (
        tls.context(nas).cert_store_stats()["x509"] == tls.context(config("https://nas")).cert_store_stats()["x509"] + 1
    )


@pytest.mark.parametrize(
    "pem", ["no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "é"]
)
def test_authorities_that_are_none_are_an_error_that_does_not_quote_them(pem):
    with pytest.raises(ConfigError, match=r"^what the driver trusts holds no certificate in PEM form$"):
        tls.context(config("https://nas", ca_pem=pem))


@pytest.mark.parametrize("der", [None, b"", b"\x30\x03abc"])
def test_a_certificate_that_cannot_be_read_is_missing(der):
    assert isinstance(tls.read_certificate(der), Missing)


def test_a_handshake_that_fails_where_no_certificate_can_be_had_says_so(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    nas = config(f"https://127.0.0.1:{port}")
    refused = tls.refused(tls.WrongFingerprintError("x"), nas, "127.0.0.1", Deadline(1.0))
    assert refused.trouble is Trouble.TLS_FINGERPRINT
    assert "could not be read" in str(refused)


def test_a_certificate_without_names_is_described(tmp_path):
    certificate, private_key, fingerprint = certificates.make(Certificate(names=()), tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private_key)
    with listening(lambda connection: connection.recv(1), context) as port:
        nas = config(f"https://127.0.0.1:{port}")
        refused = tls.refused(tls.WrongFingerprintError("x"), nas, "127.0.0.1", Deadline(1.0))
    assert fingerprint in str(refused)


def test_a_certificate_can_be_looked_at_without_a_key(array, era):
    """As a driver would take it: what the probe trusts instead is no answer to that."""
    with serve(array) as nas:
        trusted = interview.certificate(config(nas.url, ca_file=nas.ca_file), Deadline(5.0))
        refused = interview.certificate(config(nas.url), Deadline(5.0))
    assert trusted.get().sha256 == nas.fingerprint
    assert refused.get().trouble is Trouble.TLS_UNTRUSTED
    assert (nas.logins, nas.requests) == (0, [])


def test_where_nobody_answers_there_is_no_certificate():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    seen = interview.certificate(config(f"https://127.0.0.1:{port}"), Deadline(2.0))
    assert seen.get().trouble is Trouble.REFUSED
