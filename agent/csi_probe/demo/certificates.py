"""Certificates for simulated servers: self-signed, as TrueNAS makes its own at installation."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from csi_probe.demo.array import Certificate


def make(wanted: Certificate, folder: Path) -> tuple[Path, Path, str]:
    """A certificate and its private key as PEM files in `folder`, and its SHA-256 in lower-case hex."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "truenas_default")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=subject, subject_name=subject, public_key=private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=wanted.from_day))
        .not_valid_after(now + timedelta(days=wanted.to_day))
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in wanted.names]), critical=False)
        .sign(private, hashes.SHA256())
    )
    cert_file, key_file = folder / "certificate.pem", folder / "private-key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert_file, key_file, certificate.fingerprint(hashes.SHA256()).hex()


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
