"""TLS to the NAS: whom to trust, what it presented, and why a handshake failed."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
import ssl

from cryptography import x509

from csi_probe.config import TrueNAS
from csi_probe.contact import Certificate, Trouble, Trust
from csi_probe.deadline import Deadline
from csi_probe.errors import ConfigError, EndpointError
from csi_probe.facts import Fact, Known, Missing
from csi_probe.truenas.shapes import words

# OpenSSL's verify codes (x509_vfy.h) that say something better than "untrusted".
_VERIFY_CODES = {
    9: Trouble.TLS_EXPIRED,  # not valid yet
    10: Trouble.TLS_EXPIRED,
    62: Trouble.TLS_WRONG_NAME,  # host name mismatch
    64: Trouble.TLS_WRONG_NAME,  # IP address mismatch
}


class WrongFingerprintError(ssl.SSLError):
    """The NAS presented another certificate than the pinned one."""


def trust(nas: TrueNAS) -> Trust:
    """How the configuration wants the certificate to be trusted."""
    if nas.fingerprint:
        return Trust.FINGERPRINT
    if not nas.verify:
        return Trust.OFF
    if nas.ca_pem:
        return Trust.DRIVER
    return Trust.CA_FILE if nas.ca_file else Trust.SYSTEM


def context(nas: TrueNAS) -> ssl.SSLContext:
    """The context for every connection to the NAS. Raises ConfigError for authorities that are no certificate."""
    match trust(nas):
        case Trust.FINGERPRINT:
            return _pinned(str(nas.fingerprint).replace(":", "").lower())
        case Trust.OFF:
            return _unverified()
        case _:
            return _verified(nas)


def _verified(nas: TrueNAS) -> ssl.SSLContext:
    try:
        made = ssl.create_default_context(cafile=nas.ca_file.expanduser() if nas.ca_file else None)
        if nas.ca_pem:
            made.load_verify_locations(
                cadata=nas.ca_pem.encode("ascii", "replace").decode()
            )  # comments may be anything
    except OSError:  # ssl.SSLError is one too
        where = "what the driver trusts" if nas.ca_pem else f"truenas.ca_file: {nas.ca_file}"
        raise ConfigError(f"{where} holds no certificate in PEM form") from None
    # A ca_file may hold the NAS's own certificate or an intermediate one. Python 3.13's strict mode would refuse
    # TrueNAS's self-made certificates for want of extensions that no CSI driver asks for.
    made.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    made.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    return made


def _unverified() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def _pinned(wanted: str) -> ssl.SSLContext:
    """A context that compares fingerprints inside the handshake, so that no caller can send a byte before it."""

    class Pinned(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            seen = hashlib.sha256(self.getpeercert(binary_form=True) or b"").hexdigest()
            if seen != wanted:
                raise WrongFingerprintError(f"the fingerprint of the presented certificate is {seen}")

    made = _unverified()
    made.sslsocket_class = Pinned
    return made


def read_certificate(der: bytes | None) -> Fact[Certificate]:
    """The presented certificate, from its DER form."""
    try:
        parsed = x509.load_der_x509_certificate(der or b"")
        return Known(
            Certificate(
                subject=words(parsed.subject.rfc4514_string()),
                not_before=parsed.not_valid_before_utc,
                not_after=parsed.not_valid_after_utc,
                sha256=hashlib.sha256(der or b"").hexdigest(),
            )
        )
    except ValueError:
        return Missing("the certificate that the NAS presented cannot be read")


def refused(error: ssl.SSLError, nas: TrueNAS, address: str, deadline: Deadline) -> EndpointError:
    """Why the handshake failed, and what was presented: one more handshake, unverified, in which nothing is sent."""
    if not isinstance(error, (ssl.SSLCertVerificationError, WrongFingerprintError)):
        reason = (error.reason or "the handshake broke off").replace("_", " ").lower()
        return EndpointError(Trouble.TLS_BROKEN, f"no TLS with {nas.host} on port {nas.port}: {words(reason)}")
    presented = _describe(_presented(nas, address, deadline))
    if isinstance(error, WrongFingerprintError):
        return EndpointError(
            Trouble.TLS_FINGERPRINT, f"the certificate is not the pinned one; presented is {presented}"
        )
    trouble = _VERIFY_CODES.get(error.verify_code, Trouble.TLS_UNTRUSTED)
    return EndpointError(trouble, f"{words(error.verify_message).rstrip('.')}; presented is {presented}")


def _presented(nas: TrueNAS, address: str, deadline: Deadline) -> bytes | None:
    try:
        with (
            socket.create_connection((address, nas.port), max(deadline.left(5.0), 0.01)) as plain,
            _unverified().wrap_socket(plain, server_hostname=nas.host) as tls,
        ):
            return tls.getpeercert(binary_form=True)
    except OSError:
        return None


def _describe(der: bytes | None) -> str:
    match read_certificate(der):
        case Known(certificate):
            return (
                f"{certificate.subject or 'a certificate without a subject'} for {_names(der)}, "
                f"valid from {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}, "
                f"SHA-256 {certificate.sha256}"
            )
        case Missing():
            return "a certificate that could not be read"


def _names(der: bytes | None) -> str:
    try:
        extension = x509.load_der_x509_certificate(der or b"").extensions
        names = extension.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return "no name"
    return words(
        ", ".join(
            str(name.value)
            for name in names
            if isinstance(name.value, (str, ipaddress.IPv4Address, ipaddress.IPv6Address))
        )
    )
